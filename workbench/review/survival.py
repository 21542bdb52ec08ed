"""Survival: which share of the reviewed candidates was kept, and whether that is as it should be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from workbench import folds
from workbench.errors import counted
from workbench.margins import unreconciled
from workbench.stats.bands import read
from workbench.stats.paired import wilson
from workbench.stats.pooling import pooled
from workbench.survival import fates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

CARICATURE = 0.40
"""Survival under which a run is heavy with caricature. Source: the long text, section 11."""

COUNTS = ("generated", "reviewed", "kept", "rejected", "revised", "survivors", "corrected")
"""What is counted in each cell and level; every one of them adds up to the same total on every axis."""

NONE = "(none)"
"""The cell or persona of a candidate that has none."""


class Reading(NamedTuple):
    """A rate of survival with what can be said of it; all of it missing where nothing is reviewed.

    Attributes:
        survival: kept / reviewed (0-1).
        low: Lower end of Wilson's 95 % interval.
        high: Its upper end.
        band: Where it lies to `workbench.stats.bands.HEALTHY_SURVIVAL`: inside, outside high, outside low, or unclear.
        caricature: Whether it lies under `CARICATURE`: yes, no, or unclear.
    """

    survival: float
    low: float
    high: float
    band: str | None
    caricature: str | None


def reading(kept: int, reviewed: int) -> Reading:
    """Read a count of kept candidates, as far as `workbench.stats.bands.read` can tell.

    Args:
        kept: How many were kept.
        reviewed: Of how many.

    Example:
        >>> told = reading(38, 40)
        >>> round(told.low, 3), round(told.high, 3), told.band, told.caricature
        (0.835, 0.986, 'outside high', 'no')
        >>> reading(7, 10).band
        'unclear'
    """
    if not reviewed:
        return Reading(math.nan, math.nan, math.nan, None, None)
    caricature = {"inside": "yes", "outside high": "no"}
    return Reading(
        kept / reviewed,
        *wilson(kept, reviewed),
        read(kept, reviewed),
        caricature.get(read(kept, reviewed, (0.0, CARICATURE)), "unclear"),
    )


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What became of the candidates.

    The child of a revision is `corrected` and nothing else: its parent is counted as revised. Of cases
    that came in as kept elsewhere it is not known what was rejected beside them, so they are
    `survivors` and not reviewed; see `workbench.survival`.

    Attributes:
        axes: The levels of each axis of the grid; empty without a grid.
        cells: One row per cell that has a candidate: `cell`, `levels` (a tuple), the counts
            `generated`, `reviewed`, `kept`, `rejected`, `revised`, `survivors`, `corrected`, and the
            columns of `Reading`; `pooled`, `pooled_low` and `pooled_high` are the survival that the
            cells of its row and column help to estimate (`workbench.stats.pooling`), missing like it.
        margins: The same by `axis` and `level`: the axes of the grid, `persona` and `bucket`.
        total: The same in one row, over all candidates.
        roots: How many roots the reviewed candidates have; intervals take each candidate as
            independent, which candidates of one root are not.
        disputed: On how many candidates reviewers disagree and nobody adjudicated; the later
            decision counts until somebody does. See `workbench.folds.disagreements`.
    """

    axes: Mapping[str, Sequence[str]]
    cells: pd.DataFrame
    margins: pd.DataFrame
    total: pd.DataFrame
    roots: int
    disputed: int

    @property
    def unreconciled(self) -> list[str]:
        """One sentence for each count whose sums differ; see `workbench.margins.unreconciled`."""
        return unreconciled(self.margins, COUNTS, cells=self.cells)

    def __str__(self) -> str:
        row = self.total.iloc[0]
        rate = f"{row['kept']} of {row['reviewed']} reviewed candidates kept"
        told = f"{rate}: {row['band']}" if row["reviewed"] else "no candidate is reviewed yet"
        open_ = f"{counted(self.disputed, 'candidate')} and nobody adjudicated"
        return f"{told}; reviewers disagree on {open_}" if self.disputed else told


def survival(
    cases: pd.DataFrame,
    reviews: pd.DataFrame,
    places: pd.DataFrame | None = None,
    *,
    axes: Mapping[str, Sequence[str]] | None = None,
) -> Survival:
    """Count what became of each candidate: kept / (kept + rejected + revised).

    What is decided is `workbench.folds.decisions`: after adjudication, without planted checks and
    repeats. A skip leaves a candidate open.

    Args:
        cases: The whole table `cases`.
        reviews: The table `reviews`.
        places: Where each case lies, as `workbench.grid.placed` returns it; none without a grid.
        axes: The levels of each axis of the grid, as `workbench.grid.Plan.axes` has them.

    Returns:
        Counts and rates by cell, level, persona and bucket, which all add up to the same totals.
    """
    import pandas as pd

    axes = {} if places is None else axes or {}
    state = folds.candidates(cases, reviews)
    there, decision = cases[state["candidate"]], state.loc[state["candidate"], "decision"]
    told = fates(cases, reviews)
    where = placed(cases, places).loc[there.index]
    generated = pd.Series(there.index.isin(told.index), index=there.index)
    reviewed, kept = (told[name].reindex(there.index, fill_value=False) for name in ("reviewed", "kept"))
    lost = reviewed & ~kept
    flags = pd.DataFrame(
        {
            "generated": generated,
            "reviewed": reviewed,
            "kept": kept,
            "rejected": lost & (decision != "revise"),
            "revised": lost & (decision == "revise"),
            "survivors": generated & ~reviewed & (decision == "keep"),
            "corrected": ~generated,
        }
    )
    named = {
        **{axis: where["levels"].str[number] for number, axis in enumerate(axes)},
        "persona": there["persona"].fillna(NONE),
        "bucket": there["bucket"],
    }
    cells = flags.groupby(where["cell"], sort=False).sum().reset_index()
    levels = where.drop_duplicates("cell").set_index("cell")["levels"]
    cells.insert(1, "levels", cells["cell"].map(levels))
    parts = [_margin(flags, axis, level, axes.get(axis, ())) for axis, level in named.items()]
    return Survival(
        axes=axes,
        cells=_pooled(_read(cells), axes),
        margins=_read(pd.concat(parts, ignore_index=True)),
        total=_read(flags.sum().to_frame().T),
        roots=int(folds.roots(cases)[flags.index[flags["reviewed"]]].nunique()),
        disputed=int(there["case_id"].isin(folds.disagreements(reviews)["case_id"]).sum()),
    )


def placed(cases: pd.DataFrame, places: pd.DataFrame | None) -> pd.DataFrame:
    """Return `cell` and `levels` of each case; without a grid the cell is what the case says."""
    if places is not None:
        return places[["cell", "levels"]]
    cell = cases["cell"].fillna(NONE)
    return cell.to_frame().assign(levels=cell.map(lambda name: (name,)))


def _margin(flags: pd.DataFrame, axis: str, level: pd.Series[str], known: Sequence[str]) -> pd.DataFrame:
    """Return the sums by the levels of an axis: the grid's in their order, then every other one."""
    sums = flags.groupby(level.rename("level"), sort=False).sum()
    order = [*known, *sorted(set(sums.index) - {*known})]
    made = sums.reindex(order, fill_value=0).rename_axis("level").reset_index()
    made.insert(0, "axis", axis)
    return made


def _pooled(cells: pd.DataFrame, axes: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return cells with their pooled survival; by one axis alone every cell is its own level."""
    numbers = range(len(axes)) if len(axes) > 1 else ()
    levels = [[places[number] for places in cells["levels"]] for number in numbers]
    found = pooled(cells["kept"].to_numpy(), cells["reviewed"].to_numpy(), levels)
    return cells.assign(pooled=found.rate, pooled_low=found.low, pooled_high=found.high)


def _read(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with their readings."""
    import pandas as pd

    typed = counts.astype(dict.fromkeys(COUNTS, "int64")).reset_index(drop=True)
    told = [
        reading(int(kept), int(reviewed))
        for kept, reviewed in zip(typed["kept"], typed["reviewed"], strict=True)
    ]
    readings = pd.DataFrame(told, columns=Reading._fields, index=typed.index)
    return typed.join(
        readings.astype(
            {"survival": "float64", "low": "float64", "high": "float64", "band": "str", "caricature": "str"}
        )
    )
