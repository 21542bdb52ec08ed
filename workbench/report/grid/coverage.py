"""What is in each cell: the seed, and the candidates from plan to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.facts import headed
from workbench.report.numbers import count
from workbench.report.tiles import Tile, named, tile_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart
    from workbench.report.markup import Shown

KINDS: Mapping[str, str] = {
    "grid": "",
    "masked": "masked",
    "partial": "known in part",
    "outside": "outside the grid",
    "unplaced": "not placed",
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
    size = " by ".join(f"{counted(len(levels), 'level')} of {axis}" for axis, levels in plan.axes.items())
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
    told = (
        f"the slice of a case says its {plan.slice_axis}"
        if plan.slice_axis
        else "slices say no level, because no single axis has only declared slices as its levels"
    )
    said = (
        f"The grid of {name} has {size}: {counted(len(plan.cells), 'cell')} for {counted(plan.n, 'candidate')} each. "
        f"A case is in the cell that it names; where it names none, {told}, and nothing is guessed."
    )
    return headed(said, facts, demo=demo)


def seed_map(coverage: Coverage) -> Chart | Shown:
    """Return where the seed lies, with what is outside the grid or not known, as tiles."""
    cells = coverage.cells[coverage.cells["kind"].isin(["grid", "masked"]) | (coverage.cells["seed"] > 0)]
    tiles = []
    for cell in cells.to_dict("records"):
        least, most = int(cell["seed"]), int(cell["seed_most"])
        told = count(least) if least == most else f"{count(least)}-{count(most)}"
        more = f", and {count(most - least)} more may be" if most > least else ""
        tiles.append(_tile(cell, least, told, f"{counted(least, 'seed case')} known to be here{more}"))
    seed = _by_kind(cells)
    summary = (
        f"Of {counted(sum(seed.values()), 'seed case')}: {count(seed['grid'])} in a cell of the grid, "
        f"{count(seed['partial'])} known on some axes only, {count(seed['outside'] + seed['masked'])} outside, "
        f"{count(seed['unplaced'])} not placed. The colour counts what is known to be in a cell; a range ends at what may be in it."
    )
    says = {"unit": "known seed cases", "title": "Seed cases by cell", "summary": summary}
    return tile_map(tiles, coverage.plan.axes, **says)


def fill_map(coverage: Coverage) -> Chart | Shown:
    """Return how many candidates each cell of the grid keeps of those planned, as tiles."""
    cells = coverage.cells[coverage.cells["kind"].isin(["grid", "masked"])]
    tiles = []
    for cell in cells.to_dict("records"):
        told = f"{cell['kept']} of {cell['planned']}"
        tiles.append(_tile(cell, int(cell["kept"]), told, f"{told} planned candidates are kept"))
    inside = cells[cells["kind"] == "grid"]
    least = inside.sort_values("kept", kind="stable").head(3)
    fewest = ", ".join(f"{cell} {kept}" for cell, kept in zip(least["cell"], least["kept"], strict=True))
    summary = (
        f"Kept: {count(int(inside['kept'].sum()))} of {count(coverage.plan.candidates)} planned candidates, "
        f"with {count(int(inside['generated'].sum()))} generated. Fewest: {fewest}."
    )
    says = {"unit": "kept candidates", "title": "Kept candidates by cell", "summary": summary}
    return tile_map(tiles, coverage.plan.axes, **says)


def counts(coverage: Coverage) -> Shown:
    """Return the way of the candidates in each cell and every other place, as a table."""
    frame = coverage.cells.assign(
        cell=coverage.cells["cell"].map(named), place=coverage.cells["kind"].map(dict(KINDS))
    )
    looks = {"cell": Look("cell", "word"), "place": Look("", "word"), **COUNTS}
    return safe_table(frame, caption="Cases by cell", looks=looks, notes=_not_yet(frame))


def margins(coverage: Coverage) -> Shown:
    """Return the same sums by the levels of each axis, as a table."""
    frame = coverage.margins.assign(
        level=coverage.margins["level"].map(named),
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
    why = {
        "requested": "no run has logged what it asked for yet.",
        "duplicate": "a candidate is not measured yet; run workbench measure.",
    }
    said = [
        f"Column {name} is missing because {reason}"
        for name, reason in why.items()
        if frame[name].isna().all()
    ]
    if frame["requested"].notna().any():
        said.append("Runs request candidates by cell; mutants and red-team cases are generated without.")
    return said


def _tile(cell: Mapping[Any, Any], value: int | None, told: str, tip: str) -> Tile:
    """Return a tile; a masked cell that is empty says so."""
    if cell["kind"] == "masked" and not value:
        return Tile(cell["levels"], None, "masked", "masked: this cell is left out")
    return Tile(cell["levels"], value, told, tip)


def _by_kind(cells: pd.DataFrame) -> dict[str, int]:
    """Return the seed cases of each kind of row, 0 where there is none."""
    return {kind: int(cells.loc[cells["kind"] == kind, "seed"].sum()) for kind in KINDS}
