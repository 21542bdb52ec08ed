"""Survival: in one sentence, by the levels of each axis, by origin, and by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.charts import ALERT, BETTER, NEUTRAL, WORSE, safe_chart
from workbench.report.facts import headed
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, is_missing, rate
from workbench.report.tiles import NO_GRID, UNKNOWN, Tile, named, tile_map
from workbench.stats.bands import HEALTHY_SURVIVAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.charts import Chart

LOW, HIGH = HEALTHY_SURVIVAL
CARICATURE = 0.40
"""The healthy band and the line of caricature, as drawn. Source: the long text, sections 8 and 11."""

BANDS: Mapping[str, tuple[str, str, str]] = {
    "inside": (BETTER, "circle", "yes"),
    "outside high": (ALERT, "triangle-up", "no"),
    "outside low": (WORSE, "triangle-down", "no"),
    "unclear": (NEUTRAL, "diamond", "open"),
}
"""The colour, shape and sign of each reading."""

COUNTS: Mapping[str, Look] = {
    "generated": Look("all", "count", spanner="candidates"),
    **{
        name: Look(name, "count", spanner="candidates")
        for name in ("reviewed", "kept", "rejected", "revised")
    },
}

LIES: Mapping[str, str] = {
    "inside": "which lies inside",
    "outside high": "which lies above",
    "outside low": "which lies below",
    "unclear": "so it is unclear whether it lies in",
}
"""What the headline says of each reading."""

ORIGINS = ("bucket", "persona")
"""What candidates are counted by besides the axes of the grid."""

MOST_BLURB = 36
"""Characters of a persona's blurb that name it in a table."""

_UNDER = "Survival is under 40%, as on runs heavy with caricature; the reasons of the review say whether these are."
_MAYBE = "Survival may be under 40%."
_READ = (
    "A reading is given from 10 reviewed on where it is 90% sure, so a 95% interval may still cross its edge."
)

_POOLED_NOTE = (
    "Pooled: a cell of few candidates is pulled towards what its row, its column and all cells say, the more "
    "the fewer it has. A cell that really differs from its neighbours is pulled too; the counts stand beside it."
)

NO_CANDIDATE = "There is no candidate yet. Generate some, or bring them in with workbench import cases FILE."
NO_REVIEW = "No candidate is reviewed yet, so nothing is known about survival."


class Survival(Protocol):
    """What became of the candidates; see `workbench.review.Survival` for what each frame holds."""

    axes: Mapping[str, Sequence[str]]
    cells: pd.DataFrame
    margins: pd.DataFrame
    total: pd.DataFrame
    roots: int
    disputed: int

    @property
    def unreconciled(self) -> list[str]:
        """One sentence for each count whose sums differ."""


def headline(found: Survival, queue: pd.DataFrame, *, name: str, demo: bool) -> Shown:
    """Return the review in one sentence and a few numbers."""
    row = found.total.iloc[0]
    said = f"{name} has {counted(row['generated'], 'candidate')}, of which {count(row['reviewed'])} {'is' if row['reviewed'] == 1 else 'are'} reviewed."
    if row["reviewed"]:
        said += f" Survival is {rate(row['survival'])} ({_between(row)}), {LIES[row['band']]} the healthy band of 65 to 85%."
    elif not row["generated"]:
        said = NO_CANDIDATE
    facts = [
        (label, count(row[key]))
        for label, key in (("Kept", "kept"), ("Rejected", "rejected"), ("Revised", "revised"), ("Kept elsewhere", "survivors"), ("Corrected texts", "corrected"))
    ]  # fmt: skip
    if found.disputed:
        said += f" Reviewers disagree on {counted(found.disputed, 'candidate')}, and nobody adjudicated."
    facts = [("Candidates", count(row["generated"])), ("Reviewed", count(row["reviewed"])), *facts]
    facts += [
        ("Waiting", count(len(queue))),
        ("Roots reviewed", count(found.roots)),
        ("Disputed", count(found.disputed)),
    ]
    said += " The decisions were composed too, so no reviewer is audited." if demo else ""
    return headed(said, facts, demo=demo)


def levels_chart(found: Survival) -> Chart | Shown:
    """Return the survival of each level of the grid's axes with its interval, beside the band."""
    import altair as alt

    rows = _levels(found)
    rows = rows[rows["reviewed"] > 0]
    if rows.empty:
        return sentence(NO_REVIEW if found.axes else NO_GRID)
    total = found.total.assign(axis="", level="all candidates")
    drawn = pd.concat([total, rows], ignore_index=True)
    drawn["name"] = [
        ": ".join(filter(None, pair)) for pair in zip(drawn["axis"], drawn["level"], strict=True)
    ]
    drawn["of"] = _of(drawn)
    there = [band for band in BANDS if band in set(drawn["band"])]
    x = alt.Axis(
        format="%", values=[0, 0.2, CARICATURE, LOW, HIGH, 1], title="kept of reviewed, with a 95% interval"
    )
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(drawn[["name", "survival", "low", "high", "band", "of"]]).encode(
        y=alt.Y(
            "name:N",
            sort=list(drawn["name"]),
            axis=alt.Axis(ticks=False, domain=False, title=None, labelLimit=220),
        ),
        color=alt.Color("band:N", scale=alt.Scale(domain=there, range=[BANDS[band][0] for band in there])),
        tooltip=["name:N", alt.Tooltip("survival:Q", format=".1%"), "of:N", "band:N"],
    )
    shape = alt.Shape("band:N", scale=alt.Scale(domain=there, range=[BANDS[band][1] for band in there]))
    band = alt.Chart(pd.DataFrame({"from": [LOW], "to": [HIGH]})).mark_rect(color=BETTER, opacity=0.12)
    line = alt.Chart(pd.DataFrame({"at": [CARICATURE]})).mark_rule(color=NEUTRAL, strokeDash=[4, 4])
    spans = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", axis=x, scale=scale), x2="high:Q")
    dots = base.mark_point(filled=True, size=120, opacity=1).encode(x="survival:Q", shape=shape)
    under = [band.encode(x=alt.X("from:Q", axis=x, scale=scale), x2="to:Q"), line.encode(x="at:Q")]
    said = [
        f"{row['name']} {rate(row['survival'])} ({row['of']}), {row['band']}"
        for row in drawn.to_dict("records")
    ]
    return safe_chart(
        alt.layer(*under, spans, dots).properties(width=WIDTH, height=30 * len(drawn)),
        title="Survival by level",
        summary=f"{'; '.join(said)}. The shade is the healthy band of 65 to 85%, the dashed line stands at 40%, under which runs heavy with caricature lie.",
    )


def levels(found: Survival) -> Shown:
    """Return the counts and the survival of each level of the grid's axes."""
    rows = _levels(found)
    total = found.total.assign(axis="all candidates", level="")
    reviewed, survivors, corrected = (
        int(found.total[name].iloc[0]) for name in ("reviewed", "survivors", "corrected")
    )
    said = found.unreconciled or ["Every axis adds up to the same sums."]
    if corrected:
        said = [
            *said,
            f"Corrected texts stand outside these counts: {count(corrected)}. What was corrected is counted as revised.",
        ]
    if survivors:
        said = [
            *said,
            f"Kept elsewhere before they came in: {count(survivors)}. What was rejected there is not known, so they are not among the reviewed.",
        ]
    if reviewed > found.roots:
        said = [
            *said,
            f"The {count(reviewed)} reviewed candidates have {counted(found.roots, 'root')}. Candidates of one root are alike, so the intervals are narrower than they should be.",
        ]
    frame = pd.concat([rows, total], ignore_index=True)
    looks = {"axis": Look("by", "word"), "level": Look("level", "word"), **COUNTS}
    return _table(frame, caption="Survival by level", looks=looks, notes=said)


def origins(found: Survival) -> Shown:
    """Return the counts and the survival of each bucket and persona."""
    rows = found.margins[found.margins["axis"].isin(ORIGINS)]
    order = rows.sort_values("axis", kind="stable", ignore_index=True)
    short = order.assign(level=[_short(level) for level in order["level"].replace("(none)", "no persona")])
    few = {name: COUNTS[name] for name in ("generated", "reviewed", "kept")}
    looks = {"axis": Look("by", "word"), "level": Look("bucket or persona", "word"), **few}
    return _table(short, caption="Survival by bucket and persona", looks=looks)


def cells_map(found: Survival) -> Chart | Shown:
    """Return how many of each cell's reviewed candidates were kept, as tiles."""
    few = found.cells[found.cells["reviewed"] > 0]
    if few.empty:
        return sentence(NO_REVIEW)
    of = zip(_of(found.cells), found.cells.to_dict("records"), strict=True)
    tiles = [
        Tile(cell["levels"], cell["survival"] if cell["reviewed"] else None, told, _tip(cell))
        for told, cell in of
    ]
    lowest = few.sort_values("survival", kind="stable").head(3)
    said = ", ".join(f"{named(cell)} {of}" for cell, of in zip(lowest["cell"], _of(lowest), strict=True))
    unclear = int((few["band"] == "unclear").sum())
    summary = f"Cells with a reviewed candidate: {count(len(few))}. Lowest: {said}. With too few reviewed to say where they lie to the band: {count(unclear)}. The tooltip has what the row and column make of it."
    says = {"unit": "survival, 0 to 1", "title": "Kept of reviewed by cell", "summary": summary}
    return tile_map(tiles, found.axes, **says)


def _tip(cell: Mapping[Any, Any]) -> str:
    if not cell["reviewed"]:
        return f"{counted(cell['generated'], 'candidate')}, none reviewed"
    pooled = f"pooled {rate(cell['pooled'])} ({_pooled(cell)})"
    return f"{count(cell['kept'])} of {counted(cell['reviewed'], 'reviewed candidate')} kept; {pooled}"


def cells(found: Survival) -> Shown:
    """Return each cell's counts beside its pooled survival, the lowest first."""
    few = found.cells[found.cells["reviewed"] > 0].sort_values("pooled", kind="stable")
    if few.empty:
        return sentence(NO_REVIEW)
    rows = few.to_dict("records")
    told = few.assign(cell=few["cell"].map(named), of=_of(few), between=[_between(row) for row in rows])
    looks = {
        "cell": Look("cell", "word"), "of": Look("kept", "interval", spanner="counted"),
        "survival": Look("survival", "rate", spanner="counted"), "between": Look("95% interval", "interval", spanner="counted"),
        "pooled": Look("survival", "rate", spanner="pooled"), "pulled": Look("95% interval", "interval", spanner="pooled"),
    }  # fmt: skip
    told = told.assign(pulled=[_pooled(row) for row in rows])
    return safe_table(told, caption="Survival by cell, counted and pooled", looks=looks, notes=[_POOLED_NOTE])


def _levels(found: Survival) -> pd.DataFrame:
    """Return the rows of the grid's levels as they are shown, what is not known last of its axis."""
    rows = found.margins[found.margins["axis"].isin(found.axes)]
    axes = list(found.axes)
    last = [
        (axes.index(one), level == UNKNOWN) for one, level in zip(rows["axis"], rows["level"], strict=True)
    ]
    order = rows.iloc[sorted(range(len(rows)), key=last.__getitem__)]
    return order.assign(level=[named(level) for level in order["level"]]).reset_index(drop=True)


def _short(text: str) -> str:
    return text if len(text) <= MOST_BLURB else f"{text[:MOST_BLURB].rstrip(' .,;')}…"


def _of(frame: pd.DataFrame) -> list[str]:
    return [
        f"{kept}/{reviewed}" if reviewed else MISSING
        for kept, reviewed in zip(frame["kept"], frame["reviewed"], strict=True)
    ]


def _between(row: Any) -> str:
    return MISSING if is_missing(row["low"]) else f"{rate(row['low'])} to {rate(row['high'])}"


def _pooled(row: Any) -> str:
    return f"{rate(row['pooled_low'])} to {rate(row['pooled_high'])}"


def _table(
    frame: pd.DataFrame, *, caption: str, looks: Mapping[str, Look], notes: Sequence[str] = ()
) -> Shown:
    """Return survival and reading behind the columns that are asked for."""
    rows = frame.to_dict("records")
    told = frame.assign(between=[_between(row) for row in rows], reading=[_reading(row) for row in rows])
    remarks = {
        (place, "reading"): Remark(_caricature(row), BANDS[row["band"]][2])
        for place, row in enumerate(rows)
        if not is_missing(row["band"])
    }
    shown = {
        **looks,
        "survival": Look("survival", "rate"),
        "between": Look("95% interval", "interval"),
        "reading": Look("reading", "word"),
    }
    below = [*notes, *([_READ] if remarks else [])]
    return safe_table(told, caption=caption, looks=shown, notes=below, remarks=remarks)


def _caricature(row: Mapping[Any, Any]) -> str:
    """Return the remark on a rate that is as low as on runs heavy with caricature, or may be."""
    if row["caricature"] == "yes":
        return _UNDER
    return _MAYBE if row["caricature"] == "unclear" and row["low"] < CARICATURE else ""


def _reading(row: Mapping[Any, Any]) -> Any:
    """Return where a rate lies to the band; one as low as on runs heavy with caricature says so."""
    return "under 40%" if row["caricature"] == "yes" else row["band"]
