"""What is in each cell: the seed, and the candidates from plan to review. Nothing falls out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.grid.placing import KINDS, UNKNOWN, Place, place, placed
from workbench.margins import unreconciled
from workbench.survival import fates, supply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from workbench.grid.cells import Plan

COUNTS = ("seed", "planned", "requested", "generated", "by_hand", "duplicate", "reviewed", "kept")
"""What is counted in each cell; every one of them adds up over cells and over the levels of any axis."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What is in each cell, and in each level of each axis.

    Attributes:
        plan: The grid.
        cells: One row per cell of the grid, masked ones too, and one for every other place that a
            case has: `cell`, `kind`, `levels` (see `workbench.grid.placing.Place`), the counts
            `seed`, `planned`, `requested`, `generated`, `by_hand`, `duplicate`, `reviewed`, `kept`
            (Int64; missing where it is not known, never 0), `filled` and `waiting` (see
            `workbench.survival.supply`), and `seed_most`: the seed cases that are or may be in the
            cell, with those known on some axes or on none.
        margins: The same counts, one row per `axis` and `level`, with `kind`: `level`, `outside`
            (a level that the grid does not have) or `unknown` (`*`).
    """

    plan: Plan
    cells: pd.DataFrame
    margins: pd.DataFrame

    @property
    def unreconciled(self) -> list[str]:
        """One sentence for each count whose sums differ; see `workbench.margins.unreconciled`."""
        return unreconciled(self.margins, COUNTS, cells=self.cells)

    def __str__(self) -> str:
        inside = self.cells[self.cells["kind"] == "grid"]
        seed = self.cells.groupby("kind")["seed"].sum()
        where = {
            "grid": "in a cell",
            "masked": "in a masked cell",
            "partial": "known on some axes only",
            "outside": "outside the grid",
            "unplaced": "not placed",
        }
        told = [f"{seed[kind]:,} {where[kind]}" for kind in KINDS if seed.get(kind, 0)]
        made, reviewed, kept = (inside[name].sum() for name in ("generated", "reviewed", "kept"))
        candidates = f"{made:,} of {self.plan.candidates:,} planned, {reviewed:,} reviewed, {kept:,} kept"
        return "\n".join(
            [
                str(self.plan),
                f"seed: {', '.join(told) or 'none'}",
                f"candidates in its cells: {candidates}",
                *self.unreconciled,
            ]
        )


def coverage(
    cases: pd.DataFrame,
    reviews: pd.DataFrame,
    plan: Plan,
    *,
    requested: Mapping[str, int] | None = None,
    measures: pd.DataFrame | None = None,
) -> Coverage:
    """Count the seed and the candidates in each cell.

    Args:
        cases: Rows of the table `cases`.
        reviews: The table `reviews`; a candidate is reviewed and kept as `workbench.survival` says.
        plan: The grid.
        requested: How many candidates were asked for, by cell; none while nothing has logged it.
        measures: Rows of the table `measures`, of one embedder and reference; none while nothing
            is measured. A cell with a candidate that is not measured has no count of duplicates.

    Returns:
        Counts in which every case is in one row: seed, generated (a candidate) or by_hand, which
        the text of a revision is too: a person corrected it, and its parent is counted as reviewed.
    """
    import pandas as pd

    places = placed(cases, plan)
    rows = _rows(places, plan, requested or {})
    counts = _counted(cases, reviews, places["cell"], measures)
    cells = rows.join(counts.reindex(rows["cell"]).fillna(0).reset_index(drop=True))
    unknown = [None] * len(cells)
    asked = unknown if requested is None else [requested.get(cell, 0) for cell in cells["cell"]]
    cells["planned"] = pd.array([plan.n if kind == "grid" else 0 for kind in cells["kind"]], dtype="Int64")
    cells["requested"] = pd.array(asked, dtype="Int64")
    if measures is None:
        cells["duplicate"] = pd.array(unknown, dtype="Int64")
    else:
        cells["duplicate"] = cells["duplicate"].mask(cells["unmeasured"] > 0)
    cells["seed_most"] = pd.array(_most(cells), dtype="Int64")
    return Coverage(
        plan=plan,
        cells=cells[["cell", "kind", "levels", *COUNTS, "filled", "waiting", "seed_most"]],
        margins=_margins(cells, plan),
    )


def _rows(places: pd.DataFrame, plan: Plan, requested: Iterable[str]) -> pd.DataFrame:
    """Return one row per place: the grid's in their order, then every other one that occurs."""
    import pandas as pd

    found: Iterable[Place] = [
        *(place(cell, None, plan) for cell in (*plan.cells, *plan.masked)),
        *sorted(
            {
                *(Place(*row) for row in places[["cell", "kind", "levels"]].itertuples(index=False)),
                *(place(cell, None, plan) for cell in requested),
            },
            key=lambda where: (KINDS.index(where.kind), where.cell),
        ),
    ]
    return pd.DataFrame(list(dict.fromkeys(found)), columns=["cell", "kind", "levels"])


def _counted(
    cases: pd.DataFrame, reviews: pd.DataFrame, cell: pd.Series[str], measures: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the counts of each cell that has a case."""
    told = fates(cases, reviews)
    seed, generated = cases["bucket"] == "seed", cases.index.to_series().isin(told.index)
    has = supply(cases, reviews)[["filled", "waiting"]].join(told[["reviewed", "kept"]])
    flags = has.reindex(cases.index).fillna(value=False).astype(bool)
    flags = flags.assign(cell=cell, seed=seed, generated=generated, by_hand=~seed & ~generated)
    if measures is not None:
        known = cases["case_id"].isin(measures["case_id"])
        repeats = cases["case_id"].isin(measures.loc[measures["duplicate_of"].notna(), "case_id"])
        flags = flags.assign(duplicate=generated & repeats, unmeasured=generated & ~known)
    return flags.groupby("cell", sort=False).sum().astype("Int64")


def _most(rows: pd.DataFrame) -> list[int]:
    """Return how many seed cases are or may be in each row; only in the grid can there be more."""
    open_ = rows[rows["kind"].isin(["partial", "unplaced"]) & (rows["seed"] > 0)]
    vague = [(levels, int(seed)) for levels, seed in zip(open_["levels"], open_["seed"], strict=True)]
    return [
        int(seed) + (sum(more for known, more in vague if _may_be(known, levels)) if kind == "grid" else 0)
        for kind, levels, seed in zip(rows["kind"], rows["levels"], rows["seed"], strict=True)
    ]


def _may_be(known: tuple[str, ...], levels: tuple[str, ...]) -> bool:
    return all(one in {UNKNOWN, other} for one, other in zip(known, levels, strict=True))


def _margins(cells: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the sums of the cells by each level of each axis; a sum with a missing part is missing."""
    import pandas as pd

    parts = []
    for number, (axis, levels) in enumerate(plan.axes.items()):
        level = cells["levels"].str[number].rename("level")
        sums = cells[list(COUNTS)].groupby(level).sum(skipna=False)
        others = sorted(set(level) - {*levels, UNKNOWN})
        order = [*levels, *others, *([UNKNOWN] if UNKNOWN in set(level) else [])]
        kinds = ["level" if name in levels else "unknown" if name == UNKNOWN else "outside" for name in order]
        parts.append(sums.loc[order].reset_index().assign(axis=axis, kind=kinds))
    return pd.concat(parts, ignore_index=True)[["axis", "level", "kind", *COUNTS]]
