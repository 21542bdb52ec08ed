"""A number of an option that is one: `nan` passes every range, and `inf` is no cap."""

from __future__ import annotations

import math
from typing import Any

import click


class Finite(click.FloatRange):
    """A finite number within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number.

        Raises:
            click.BadParameter: It is none, is not finite, or is out of range.

        Example:
            >>> Finite(min=0).convert("nan", None, None)
            Traceback (most recent call last):
            click.exceptions.BadParameter: nan is not a finite number.
        """
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number
