"""Which cell a case is in: as the case says, else as far as its slice says, else not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbench.provenance import BETWEEN

if TYPE_CHECKING:
    import pandas as pd

    from workbench.grid.cells import Plan

Kind = Literal["grid", "masked", "partial", "outside", "unplaced"]

KINDS: tuple[Kind, ...] = ("grid", "masked", "partial", "outside", "unplaced")
"""Kinds of place, in the order in which they are shown."""

UNKNOWN = "*"
"""The level of a case on an axis that nothing says anything about; no axis can have such a level."""

NO_LEVEL = "(outside)"
"""The level, on every axis, of a cell that is not one level per axis."""


class Place(NamedTuple):
    """Where a case lies.

    Attributes:
        cell: The name of its row: a cell of the grid, `*/delay` where only the second axis is
            known, `*/*` where none is, or whatever else the case says.
        kind: `grid`, `masked`, `partial` (known on some axes), `outside`, or `unplaced`.
        levels: One level per axis, `*` where it is not known.
    """

    cell: str
    kind: Kind
    levels: tuple[str, ...]


def place(cell: str | None, slice_: str | None, plan: Plan) -> Place:
    """Return where a case lies. What it says itself counts; nothing is guessed from its text.

    A declared slice places a case on one axis: the one whose every level is a declared slice. A
    case of another declared slice is then outside the grid, and one of no declared slice unplaced.

    Args:
        cell: `cases.cell`.
        slice_: `cases.slice`, looked at where there is no cell.
        plan: The grid.

    Example:
        >>> from workbench.grid.cells import plan
        >>> from workbench.settings import Settings
        >>> made = plan(Settings.model_validate({
        ...     "seed": {"slices": ["delay", "damaged", "billing"]},
        ...     "grid": {"axes": {"customer": ["new", "angry"], "case": ["delay", "damaged"]}}}))
        >>> place("angry/delay", None, made).kind, place("angry/lost", None, made).kind
        ('grid', 'outside')
        >>> place(None, "delay", made)
        Place(cell='*/delay', kind='partial', levels=('*', 'delay'))
        >>> place(None, "billing", made).kind, place(None, None, made).kind
        ('outside', 'unplaced')
    """
    if cell is None:
        told = {plan.slice_axis: slice_} if slice_ in plan.slices else {}
        levels = tuple(told.get(axis) or UNKNOWN for axis in plan.axes)
        cell = BETWEEN.join(levels)
    else:
        levels = tuple(cell.split(BETWEEN))
        if len(levels) != len(plan.axes):
            levels = (NO_LEVEL,) * len(plan.axes)
    return Place(cell, _kind(cell, levels, plan), levels)


def placed(cases: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return where each case lies.

    Args:
        cases: Rows of the table `cases`.
        plan: The grid.

    Returns:
        One row per case, with the index of `cases`: `case_id`, `cell`, `kind` (str) and `levels`
        (a tuple, one level per axis); see `Place`.
    """
    import pandas as pd

    places = [
        place(_text(cell), _text(slice_), plan)
        for cell, slice_ in zip(cases["cell"], cases["slice"], strict=True)
    ]
    return cases[["case_id"]].join(pd.DataFrame(places, columns=Place._fields, index=cases.index))


def _kind(cell: str, levels: tuple[str, ...], plan: Plan) -> Kind:
    if cell in plan.cells:
        return "grid"
    if cell in plan.masked:
        return "masked"
    if any(level not in {UNKNOWN, *known} for level, known in zip(levels, plan.axes.values(), strict=True)):
        return "outside"
    return "unplaced" if set(levels) == {UNKNOWN} else "partial"


def _text(value: Any) -> str | None:
    import pandas as pd

    return None if pd.isna(value) else str(value)
