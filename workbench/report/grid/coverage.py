"""What is in each cell: the seed, and the candidates from plan to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.report.cells import Look, safe_table
from workbench.report.figures import heat_chart
from workbench.report.markup import Shown, filled
from workbench.report.numbers import count
from workbench.report.swap.verdict import DEMO
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.charts import Chart

NOT_KNOWN = "not known"
"""What stands for a level that nothing says anything about."""

BETWEEN = "/"
"""What stands between levels, as in the names of cells."""

KINDS: Mapping[str, str] = {
    "grid": "",
    "masked": "masked",
    "partial": "known in part",
    "outside": "outside the grid",
    "unplaced": NOT_KNOWN,
}
"""What a table says of each kind of row."""

COUNTS: Mapping[str, Look] = {
    "seed": Look("seed", "count"),
    "planned": Look("planned", "count", spanner="candidates"),
    "requested": Look("requested", "count", spanner="candidates"),
    "generated": Look("generated", "count", spanner="candidates"),
    "duplicate": Look("duplicate", "count", spanner="candidates"),
    "reviewed": Look("reviewed", "count", spanner="candidates"),
    "kept": Look("kept", "count", spanner="candidates"),
    "by_hand": Look("by hand", "count"),
}


class Plan(Protocol):
    """A grid; see `workbench.grid.Plan`."""

    axes: Mapping[str, tuple[str, ...]]
    n: int
    cells: tuple[str, ...]
    slice_axis: str | None
    candidates: int


class Coverage(Protocol):
    """What is in each cell; see `workbench.grid.Coverage` for what each frame holds."""

    plan: Plan
    cells: pd.DataFrame
    margins: pd.DataFrame
    unreconciled: list[str]


def headline(coverage: Coverage, *, name: str, demo: bool) -> Shown:
    """Return the grid in one sentence and a few numbers."""
    plan = coverage.plan
    seed = _by_kind(coverage.cells)
    inside = coverage.cells[coverage.cells["kind"] == "grid"]
    size = " by ".join(f"{len(levels)} levels of {axis}" for axis, levels in plan.axes.items())
    facts = [
        ("Cells", count(len(plan.cells))),
        ("Masked", count(int((coverage.cells["kind"] == "masked").sum()))),
        ("Candidates planned", count(plan.candidates)),
        ("Generated", count(int(inside["generated"].sum()))),
        ("Reviewed", count(int(inside["reviewed"].sum()))),
        ("Kept", count(int(inside["kept"].sum()))),
        ("Seed in a cell", count(seed["grid"])),
        ("Seed known in part", count(seed["partial"])),
        ("Seed outside", count(seed["outside"] + seed["masked"])),
        ("Seed not placed", count(seed["unplaced"])),
    ]
    warnings = [DEMO] if demo else []
    told = (
        f"the slice of a case says its {plan.slice_axis}"
        if plan.slice_axis
        else "slices say no level, because no single axis has only declared slices as its levels"
    )
    said = (
        f"The grid of {name} has {size}: {count(len(plan.cells))} cells for {count(plan.n)} candidates each. "
        f"A case is in the cell that it names; where it names none, {told}, and nothing is guessed."
    )
    html = filled("facts.html", warnings=warnings, said=said, facts=facts)
    return Shown(html, text=marked("\n".join([*warnings, said])))


def seed_map(coverage: Coverage) -> Chart:
    """Return where the seed lies, with what is outside the grid or not known, as a heat map."""
    cells = coverage.cells[coverage.cells["kind"].isin(["grid", "masked"]) | (coverage.cells["seed"] > 0)]
    tiles = []
    for cell in cells.to_dict("records"):
        least, most = int(cell["seed"]), int(cell["seed_most"])
        # A cell that may hold cases known in part is not a cell with none.
        told = count(least) if least == most else f"{count(least)}-{count(most)}"
        tiles.append(_tile(cell, None if most > least else least, told))
    seed = _by_kind(cells)
    summary = (
        f"Of {count(sum(seed.values()))} seed cases {count(seed['grid'])} are in a cell of the grid, "
        f"{count(seed['partial'])} are known on some axes only, {count(seed['outside'] + seed['masked'])} are "
        f"outside and {count(seed['unplaced'])} are not placed. A white tile says how few and how many it may hold."
    )
    return _map(tiles, coverage.plan, unit="seed cases", title="Seed cases by cell", summary=summary)


def fill_map(coverage: Coverage) -> Chart:
    """Return how many candidates each cell of the grid keeps of those planned, as a heat map."""
    cells = coverage.cells[coverage.cells["kind"].isin(["grid", "masked"])]
    tiles = [
        _tile(cell, int(cell["kept"]), f"{cell['kept']} of {cell['planned']}")
        for cell in cells.to_dict("records")
    ]
    inside = cells[cells["kind"] == "grid"]
    least = inside.sort_values("kept", kind="stable").head(3)
    named = ", ".join(f"{cell} {kept}" for cell, kept in zip(least["cell"], least["kept"], strict=True))
    summary = (
        f"Kept: {count(int(inside['kept'].sum()))} of {count(coverage.plan.candidates)} planned candidates, "
        f"with {count(int(inside['generated'].sum()))} generated. Fewest: {named}."
    )
    return _map(
        tiles, coverage.plan, unit="kept candidates", title="Kept candidates by cell", summary=summary
    )


def counts(coverage: Coverage) -> Shown:
    """Return the way of the candidates in each cell and every other place, as a table."""
    frame = coverage.cells.assign(place=coverage.cells["kind"].map(dict(KINDS)))
    looks = {"cell": Look("cell", "word"), "place": Look("", "word"), **COUNTS}
    return safe_table(frame, caption="Cases by cell", looks=looks, notes=_not_yet(frame))


def margins(coverage: Coverage) -> Shown:
    """Return the same sums by the levels of each axis, as a table."""
    frame = coverage.margins.assign(
        level=coverage.margins["level"].replace("*", NOT_KNOWN),
        place=coverage.margins["kind"].map({"level": "", "outside": "outside the grid", "unknown": ""}),
    )
    totals = frame.groupby("axis", sort=False)[list(COUNTS)].sum(skipna=False).reset_index()
    frame = pd.concat([frame, totals.assign(level="sum", place="")]).sort_values(
        "axis", key=lambda axis: axis.map(list(coverage.plan.axes).index), kind="stable"
    )
    looks = {
        "axis": Look("axis", "word"),
        "level": Look("level", "word"),
        "place": Look("", "word"),
        **COUNTS,
    }
    said = coverage.unreconciled or ["Every axis adds up to the same sums."]
    return safe_table(
        frame.reset_index(drop=True), caption="Cases by level", looks=looks, notes=[*said, *_not_yet(frame)]
    )


def _not_yet(frame: pd.DataFrame) -> list[str]:
    why = {"requested": "no run has logged what it asked for", "duplicate": "nothing has been measured"}
    return [
        f"Column {name} is missing because {reason} yet."
        for name, reason in why.items()
        if frame[name].isna().all()
    ]


def _tile(cell: Mapping[Any, Any], value: int | None, told: str) -> dict[str, Any]:
    """Return a tile; a masked cell that is empty says so."""
    if cell["kind"] == "masked" and not value:
        value, told = None, "masked"
    return {"levels": cell["levels"], "value": value, "told": told}


def _map(tiles: Sequence[Mapping[str, Any]], plan: Plan, **says: str) -> Chart:
    """Draw tiles: the last axis across, the others down, each in the order of the grid."""
    axes = list(plan.axes)
    ordered = sorted((tile["levels"] for tile in tiles), key=lambda levels: _order(levels, plan))
    across = sorted({levels[-1:] for levels in ordered}, key=lambda levels: _order(levels, plan))
    rows = [
        {**tile, "row": _named(tile["levels"][:-1]), "column": _named(tile["levels"][-1:])} for tile in tiles
    ]
    return heat_chart(
        pd.DataFrame(rows),
        axes={
            BETWEEN.join(axes[:-1]): list(dict.fromkeys(_named(levels[:-1]) for levels in ordered)),
            axes[-1]: [_named(levels) for levels in across],
        },
        **says,
    )


def _order(levels: tuple[str, ...], plan: Plan) -> list[tuple[int, str]]:
    """Return where levels of the last axes stand: those of the grid, then others, then not known."""
    known = list(plan.axes.values())[-len(levels) :]
    return [
        (names.index(level), "") if level in names else (len(names) + (level == "*"), level)
        for names, level in zip(known, levels, strict=True)
    ]


def _named(levels: tuple[str, ...]) -> str:
    return BETWEEN.join(NOT_KNOWN if level == "*" else level for level in levels)


def _by_kind(cells: pd.DataFrame) -> dict[str, int]:
    """Return the seed cases of each kind of row, 0 where there is none."""
    return {kind: int(cells.loc[cells["kind"] == kind, "seed"].sum()) for kind in KINDS}
