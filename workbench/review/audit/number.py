"""One number of an audit, with its interval or the reason why it is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workbench.stats.roots import Estimate

LEVEL = 0.05
"""The level of a single number: intervals hold the truth in 95 % of sittings."""


class Number(NamedTuple):
    """One number of a sitting; NaN is missing, and `reason` says why.

    Attributes:
        measure: Its name.
        estimate: The number.
        low: Lower limit of its 95 % interval.
        high: Upper limit.
        p: How likely a careful reviewer shows as much; NaN where nothing is tested.
        n: What it rests on.
        method: Where the interval or the chance comes from.
        note: What else belongs to it.
        reason: Why the estimate or its interval is missing; empty when both are there.
    """

    measure: str
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    n: int = 0
    method: str = ""
    note: str = ""
    reason: str = ""


def missing(measure: str, reason: str, n: int = 0) -> Number:
    """Return a number that could not be taken, with the reason."""
    return Number(measure, n=n, reason=reason)


def of(measure: str, found: Estimate, n: int) -> Number:
    """Return an estimate of `workbench.stats` as a number of an audit."""
    value, low, high = (math.nan if part is None else part for part in (found.value, found.low, found.high))
    return Number(measure, value, low, high, n=n, method=found.method, reason=found.reason or "")
