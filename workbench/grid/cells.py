"""The cells of a grid: one level per axis, without those that make no sense."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from workbench.errors import SettingsError, counted
from workbench.provenance import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.settings import Settings

LEAST_AXES, MOST_AXES = 2, 3
"""Axes of a grid. Source: the long text, sections 4 and 11: keep grids to 2-3 active axes, and fold
the rest into persona variation inside a cell."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A grid that can be filled.

    Attributes:
        axes: The levels of each axis, in the order of workbench.toml.
        n: Candidates planned for each cell.
        cells: The cells to fill, such as `angry_escalator/delay`, the last axis running fastest.
        masked: The cells that are left out because they make no sense.
        slices: The slices that the owner of the seed declared.
        slice_axis: The axis whose every level is a declared slice, so that the slice of a case says
            its level there; none when there is no such axis, or more than one.

    Example:
        >>> from workbench.settings import Settings
        >>> axes = {"customer": ["new", "angry"], "case": ["delay", "damaged"]}
        >>> made = plan(Settings.model_validate({"grid": {"axes": axes, "masks": [{"case": "damaged", "customer": "new"}]}}))
        >>> made.cells, made.masked, made.candidates
        (('new/delay', 'angry/delay', 'angry/damaged'), ('new/damaged',), 30)
    """

    axes: Mapping[str, tuple[str, ...]]
    n: int
    cells: tuple[str, ...]
    masked: tuple[str, ...]
    slices: tuple[str, ...]
    slice_axis: str | None

    @property
    def candidates(self) -> int:
        """How many candidates the plan asks for."""
        return self.n * len(self.cells)

    def __str__(self) -> str:
        sizes = " x ".join(f"{len(levels)} {axis}" for axis, levels in self.axes.items())
        masked = f", {len(self.masked):,} masked" if self.masked else ""
        return f"{sizes}: {counted(len(self.cells), 'cell')}{masked}, {counted(self.candidates, 'candidate')}"


def plan(settings: Settings) -> Plan:
    """Return the cells that `[grid]` of workbench.toml makes.

    Args:
        settings: What workbench.toml says; its grid, the declared slices, and what a review costs.

    Raises:
        SettingsError: The grid has fewer than 2 axes or more than 3, or every cell is masked. The
            message says how many cells and candidates that is, and what their review costs.
    """
    axes = {axis: tuple(levels) for axis, levels in settings.grid.axes.items()}
    if not LEAST_AXES <= len(axes) <= MOST_AXES:
        raise SettingsError(_refusal(axes, settings))
    named = [dict(zip(axes, levels, strict=True)) for levels in product(*axes.values())]
    # A mask that names no level names no cell.
    masks = [mask for mask in settings.grid.masks if mask]
    masked = [any(mask.items() <= cell.items() for mask in masks) for cell in named]
    names = [BETWEEN.join(cell.values()) for cell in named]
    if all(masked):
        raise SettingsError(
            f"workbench.toml [grid] masks: all {len(names):,} cells are masked, so there is none to fill; take a mask away"
        )
    slices = tuple(settings.seed.slices)
    told = [axis for axis, levels in axes.items() if set(levels) <= set(slices)]
    return Plan(
        axes=axes,
        n=settings.grid.n,
        cells=tuple(name for name, out in zip(names, masked, strict=True) if not out),
        masked=tuple(name for name, out in zip(names, masked, strict=True) if out),
        slices=slices,
        slice_axis=told[0] if len(told) == 1 else None,
    )


def _refusal(axes: Mapping[str, tuple[str, ...]], settings: Settings) -> str:
    where = "workbench.toml [grid.axes]"
    if not axes:
        return f"{where} names no axis, so there is no cell to fill; write {LEAST_AXES} or {MOST_AXES} axes with their levels"
    cells = math.prod(len(levels) for levels in axes.values())
    candidates = cells * settings.grid.n
    review = f"${candidates * settings.costs.prompted:,.2f}".removesuffix(".00")
    size = f"{'x'.join(str(len(levels)) for levels in axes.values())} is {counted(cells, 'cell')}, {counted(candidates, 'candidate')}, {review} of review"
    if len(axes) < LEAST_AXES:
        return f"{where} names 1 axis: {size}; a grid crosses {LEAST_AXES} or {MOST_AXES} axes, so name another one"
    return f"{where} names {len(axes)} axes: {size}; keep {LEAST_AXES} or {MOST_AXES} and fold an axis into personas, which vary inside a cell"
