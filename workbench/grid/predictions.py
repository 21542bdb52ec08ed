"""Survival forecasts and the gap of each cell, sealed before any candidate of the cell is there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, counted, listed, shown
from workbench.grid.cells import plan
from workbench.provenance import sha256
from workbench.tables import CASES, PREDICTIONS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.grid.cells import Plan
    from workbench.store import Transaction
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """What was sealed.

    Attributes:
        sealed: The cells with a new forecast.
        known: The cells whose forecast says what was sealed before; they are left alone.
        without_gap: How many of the new ones name no case that the seed underweights.
    """

    sealed: tuple[str, ...]
    known: tuple[str, ...]
    without_gap: int

    def __str__(self) -> str:
        again = f", {len(self.known):,} sealed before" if self.known else ""
        bare = f"; {self.without_gap:,} of them name no gap" if self.without_gap else ""
        return f"{counted(len(self.sealed), 'forecast')} sealed{again}{bare}"


def seal(
    workspace: Workspace, survival: Mapping[str, float], *, author: str, gaps: Mapping[str, str] | None = None
) -> Sealing:
    """Seal the survival that is expected of each cell: all of these forecasts, or none.

    A forecast may be replaced until its cell has a candidate; every earlier one stays on record.
    The same forecast again changes nothing, so that a notebook can be run twice. Candidates that
    were generated elsewhere and are not imported yet cannot be seen.

    Args:
        workspace: The workspace.
        survival: For a cell of the grid the share of reviewed candidates that will be kept (0-1).
        author: Whose forecast.
        gaps: For a cell one case that the seed underweights there, in a sentence.

    Raises:
        UsageError: A cell is unknown or masked, a survival is outside 0 to 1, a gap is empty or
            belongs to no forecast, the author is empty, or a cell has a candidate already.
        SettingsError: The workspace has no grid of 2 or 3 axes.
    """
    gaps = gaps or {}
    _check(survival, gaps, author, plan(workspace.settings))
    now = dt.datetime.now(dt.UTC)
    with workspace.store.transaction() as tx:
        held = _held(tx.read(PREDICTIONS)).set_index("cell")
        told = {cell: _told(cell, value, gaps.get(cell), author) for cell, value in survival.items()}
        known = {
            cell for cell, forecast in told.items() if cell in held.index and forecast == _row(held, cell)
        }
        new = {cell: forecast for cell, forecast in told.items() if cell not in known}
        _check_begun(tx, list(new))
        rows = [
            forecast | {"sealed_at": now, "seal_sha256": _seal(forecast, now)} for forecast in new.values()
        ]
        tx.append(PREDICTIONS, rows)
    return Sealing(
        sealed=tuple(new), known=tuple(sorted(known)), without_gap=sum(row["gap"] is None for row in rows)
    )


def predictions(workspace: Workspace) -> pd.DataFrame:
    """Return the forecast that holds for each cell: the one that was sealed last.

    Returns:
        The columns of the table `predictions`, `earlier` (how many forecasts this one replaced)
        and `intact` (bool: the row still has the hash that it was sealed with).
    """
    return _held(workspace.store.read(PREDICTIONS))


def _held(stored: pd.DataFrame) -> pd.DataFrame:
    earlier = stored.groupby("cell").cumcount()
    last = stored.assign(earlier=earlier).drop_duplicates("cell", keep="last").reset_index(drop=True)
    intact = [
        row["seal_sha256"]
        == _seal(
            _told(row["cell"], row["predicted_survival"], row["gap"], row["author"]),
            row["sealed_at"].to_pydatetime(),
        )
        for row in last.to_dict("records")
    ]
    return last.assign(intact=intact).astype({"intact": "bool"})


def _check(survival: Mapping[str, float], gaps: Mapping[str, str], author: str, plan: Plan) -> None:
    """Refuse what is no forecast, before anything is written."""
    if not author.strip():
        raise UsageError("a forecast needs an author; pass author='a name'")
    if not survival:
        raise UsageError(
            f"no forecast was given; pass {{cell: survival}}, such as {{{plan.cells[0]!r}: 0.7}}"
        )
    for what, wrong, step in (
        ("masked cells", {*survival} & {*plan.masked}, "take them out, or the mask in workbench.toml"),
        ("no cells of the grid", {*survival} - {*plan.cells}, f"it has {listed(plan.cells)}"),
        ("a gap without a forecast", {*gaps} - {*survival}, "give both or neither"),
    ):
        if wrong:
            named = listed([shown(cell) for cell in sorted(wrong)])
            raise UsageError(f"{what}: {named}; nothing was sealed, {step}")
    for cell, value in survival.items():
        # A comparison with NaN is false, so NaN is refused here as well.
        if isinstance(value, bool) or not 0 <= value <= 1:
            raise UsageError(
                f"the survival {shown(value)} of {shown(cell)} is outside 0 to 1 and nothing was sealed; write 0.7 for 70 %"
            )
    blank = [shown(cell) for cell, gap in gaps.items() if not gap.strip()]
    if blank:
        raise UsageError(
            f"the gap of {listed(blank)} is empty and nothing was sealed; name one case that the seed underweights"
        )


def _check_begun(tx: Transaction, cells: list[str]) -> None:
    """Refuse a forecast for a cell that has a candidate; kept or not, somebody may have seen it."""
    there = tx.read(CASES, cell=cells)
    begun = there[folds.candidates(there, REVIEWS.frame())["candidate"]]
    if len(begun):
        counts = [
            f"{cell} ({counted(n, 'candidate')})"
            for cell, n in begun["cell"].value_counts(sort=False).items()
        ]
        raise UsageError(
            f"generation has begun in {listed(counts)} and nothing was sealed; a forecast comes before the first candidate, so leave these cells out"
        )


def _told(cell: Any, survival: Any, gap: Any, author: Any) -> dict[str, Any]:
    import pandas as pd

    return {
        "cell": str(cell),
        "predicted_survival": float(survival),
        "gap": None if pd.isna(gap) else str(gap),
        "author": str(author),
    }


def _row(held: pd.DataFrame, cell: str) -> dict[str, Any]:
    row = held.loc[cell]
    return _told(cell, row["predicted_survival"], row["gap"], row["author"])


def _seal(forecast: Mapping[str, Any], at: dt.datetime) -> str:
    """Return the hash of a forecast and of the moment it was sealed at."""
    return sha256({**forecast, "sealed_at": at.astimezone(dt.UTC).isoformat()})
