"""Where synthetic and real cases are apart: by cell or slice, and how much of the gap is composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.provenance import BETWEEN
from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.roots import jackknife_of
from workbench.swap.comparison import points
from workbench.swap.diagnostics_gaps import (
    MOST_ROWS,
    SERIES,
    Sides,
    interval,
    lacking,
    reading,
    reasons,
    sides,
    subsets,
)
from workbench.swap.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from workbench.stats.roots import Estimate

UNKNOWN = "*"
"""A level of a cell that nothing says anything about."""

PLACES = {
    "cell": "import cases with --column cell=..., or generate them for cells of the grid",
    "slice": "import cases with --column slice=...",
}
"""What gives cases a place to be compared by."""


def drill_down(compared: pd.DataFrame, by: str, *, alpha: float) -> Part:
    """Compare the groups within each cell or slice that both have, and part the gap of all by its causes.

    The gap of the placed cases is the sum of three: `within_pp`, what is left when synthetic cases are
    weighed by the real cases' shares of the common cells (direct standardisation); `shares_pp`, what other
    shares of those cells add; and `elsewhere_pp`, what cells add that one group alone has, or where a group
    has one root. The intervals of cells share alpha equally, so that the table as a whole holds.

    Args:
        compared: Real and synthetic cases with both outcomes.
        by: `cell` or `slice`.
        alpha: This look's alpha.
    """
    whole = sides(compared)
    lack = lacking(whole)
    if lack:
        return Part({}, {"": lack})
    placed = compared[[_is_place(place) for place in compared[by]]]
    both = sides(placed)
    bare = [name for name, rows in both._asdict().items() if rows.empty]
    if bare:
        return Part({}, {"": f"no {' and no '.join(bare)} case names a {by}; {PLACES[by]}"})
    roots = placed.pivot_table("root_id", by, "group", aggfunc="nunique", fill_value=0)
    common = roots[(roots["real"] > 0) & (roots["synthetic"] > 0)]
    if common.empty:
        return Part(
            {},
            {
                "": f"real and synthetic cases have no {by} in common; label or generate cases for the same {by}s"
            },
        )
    told = int((common.min(axis=1) >= MIN_ROOTS).sum())
    rows = [
        _row(str(place), sides(placed[placed[by] == place]), alpha=alpha / max(1, told))
        for place in common.index
    ]
    rows.sort(
        key=lambda row: (
            -sum(row[name]["reading"] == "beyond" for name in SERIES),
            -abs(row["candidate"]["gap_pp"]),
            row["place"],
        )
    )
    split = {
        name: _parted(placed, by, roots, column, gap, alpha=alpha) for name, (column, gap) in SERIES.items()
    }
    fields = {
        "rows": rows[:MOST_ROWS],
        "more_rows": max(0, len(rows) - MOST_ROWS),
        "placed": both.counts("case_id"),
        "cases": whole.counts("case_id"),
        "only": {name: int((roots[name] > 0).sum()) - len(common) for name in Sides._fields},
        "composition": split,
    }
    return Part(fields, reasons(split, "composition."))


def _is_place(place: object) -> bool:
    return isinstance(place, str) and bool(place) and UNKNOWN not in place.split(BETWEEN)


def _row(place: str, both: Sides, *, alpha: float) -> dict[str, Any]:
    found = {
        name: interval(gap(*subsets(both, column), alpha=alpha)) for name, (column, gap) in SERIES.items()
    }
    return {"place": place, "cases": both.counts("case_id"), "roots": both.counts("root_id"), **found}


def _parted(
    placed: pd.DataFrame,
    by: str,
    roots: pd.DataFrame,
    column: str,
    gap: Callable[..., Estimate],
    *,
    alpha: float,
) -> dict[str, Any]:
    """Part the gap of the placed cases by its causes; see `drill_down`."""
    everything = gap(*subsets(sides(placed), column), alpha=alpha)
    whole = interval(everything)
    # With two roots of each group in a cell, leaving one out never empties it.
    steady = roots.index[(roots[["real", "synthetic"]] >= 2).all(axis=1)]
    inside = placed[placed[by].isin(steady)]
    limits = {"gap_pp": whole["gap_pp"], "low_pp": None, "high_pp": None, "reading": "unresolved"}
    if inside.empty:
        empty = {"within_pp": None, "shares_pp": None, "elsewhere_pp": None, "cause": "unresolved"}
        return {**limits, **empty, "why": f"no {by} has two roots of both groups"}
    common = sides(inside)
    mean = {name: float(rows[column].mean()) for name, rows in common._asdict().items()}
    within = jackknife_of(_standardised(inside, by, column), inside["root_id"].tolist(), alpha=alpha)
    enough = min(common.counts("root_id").values()) >= MIN_ROOTS
    low, high = (points(end) if enough else None for end in (within.low, within.high))
    inner, shares = float(within.value or 0.0), mean["synthetic"] - mean["real"] - float(within.value or 0.0)
    read = reading(low, high)
    causes = {"within": "composition", "beyond": "same_places"}
    return {
        "gap_pp": whole["gap_pp"],
        "within_pp": 100 * inner,
        "low_pp": low,
        "high_pp": high,
        "reading": read,
        "shares_pp": 100 * shares,
        "elsewhere_pp": whole["gap_pp"] - 100 * (inner + shares),
        "cause": causes.get(read, "unresolved") if whole["reading"] == "beyond" else "no_gap_shown",
        "why": ""
        if low is not None
        else within.reason or f"fewer than {MIN_ROOTS} roots of a group in common",
    }


def _standardised(inside: pd.DataFrame, by: str, column: str) -> Callable[[npt.NDArray[np.bool_]], float]:
    """Return the statistic of the synthetic minus the real mean, at the real shares of the cells."""
    cell, places = inside[by].factorize()
    at = cell + len(places) * (inside["group"] == "synthetic").to_numpy()
    values, size = inside[column].to_numpy(float), 2 * len(places)
    sums, counts = np.bincount(at, weights=values, minlength=size), np.bincount(at, minlength=size)

    def statistic(keep: npt.NDArray[np.bool_]) -> float:
        out = np.flatnonzero(~keep)
        left = counts - np.bincount(at[out], minlength=size)
        means = (sums - np.bincount(at[out], weights=values[out], minlength=size)) / left
        real, synthetic = means.reshape(2, -1)
        shares = left[: len(places)]
        return float((shares * (synthetic - real)).sum() / shares.sum())

    return statistic
