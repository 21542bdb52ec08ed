"""Cells as tiles: the one picture of a grid, and what a cell is called before a reader."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from workbench.provenance import BETWEEN
from workbench.report.charts import BETTER, FAINT, INK, safe_chart
from workbench.report.figures import MOST_BARS, WIDTH
from workbench.report.markup import Shown, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.report.charts import Chart

UNKNOWN, NOT_KNOWN = "*", "not known"
"""A level of which nothing says anything, as tables have it and as it is shown."""

NO_GRID = "This workspace has no grid, so there are no cells to map; [grid.axes] of workbench.toml makes one."

GLYPH = 0.62
"""Width of a digit to the size of its letters, at most, in the fonts of a page."""

LEAST_FONT = 6
"""Pixels of the smallest text in a tile; in a narrower tile the tooltip alone tells."""


def named(cell: str) -> str:
    """Return the name of a cell or of a level as it is shown.

    Example:
        >>> named("angry/delay"), named("*/delay"), named("*/*")
        ('angry/delay', 'not known/delay', 'not known')
    """
    levels = cell.split(BETWEEN)
    if set(levels) == {UNKNOWN}:
        return NOT_KNOWN
    return BETWEEN.join(NOT_KNOWN if level == UNKNOWN else level for level in levels)


class Tile(NamedTuple):
    """One cell: a level per axis, its value (none leaves it white), what stands in it, and its tooltip."""

    levels: tuple[str, ...]
    value: float | None
    told: str
    tip: str


def tile_map(
    tiles: Sequence[Tile], axes: Mapping[str, Sequence[str]], *, unit: str, title: str, summary: str
) -> Chart | Shown:
    """Draw cells as tiles, darker where there is more: the last axis across, the others down.

    Levels stand in the order of the grid, then come others, and what is not known last. The first
    `MOST_BARS` rows are drawn. A workspace without a grid is told so in a sentence.

    Args:
        tiles: The cells.
        axes: The levels of each axis of the grid.
        unit: What the colour counts.
        title: What the chart shows.
        summary: The same in words and numbers.
    """
    if not axes:
        return sentence(NO_GRID)
    import altair as alt

    known, whole = list(axes.values()), [*(tile.levels for tile in tiles), *product(*axes.values())]
    rows = _ordered({levels[:-1] for levels in whole}, known[:-1])
    columns = _ordered({levels[-1:] for levels in whole}, known[-1:])
    drawn = pd.DataFrame(tiles, columns=["levels", "value", "told", "tip"]).astype({"value": "float64"})
    drawn["row"] = [named(BETWEEN.join(levels[:-1])) for levels in drawn["levels"]]
    drawn["column"] = [named(levels[-1]) for levels in drawn.pop("levels")]
    # Python's own maximum passes over a missing one.
    top = max(1.0, float(drawn["value"].max()))
    *inner, over = axes
    # Names that do not fit above their tiles stand upright; both follow the width of the page.
    fits = f"bandwidth('x') > {12 * GLYPH * max(map(len, columns)):.0f}"
    angle, align, baseline = (
        alt.ExprRef(f"{fits} ? {one}") for one in ("0 : -90", "'center' : 'left'", "'bottom' : 'middle'")
    )
    bare: dict[str, Any] = {"ticks": False, "domain": False}
    upright: dict[str, Any] = {"labelAngle": angle, "labelAlign": align, "labelBaseline": baseline, **bare}
    across = alt.Axis(title=f"{over} across, {BETWEEN.join(inner)} down", orient="top", **upright)
    tips = {"row:N": BETWEEN.join(inner), "column:N": over, "tip:N": " "}
    base = alt.Chart(drawn[drawn["row"].isin(rows[:MOST_BARS])]).encode(
        y=alt.Y("row:N", scale=alt.Scale(domain=rows[:MOST_BARS]), axis=alt.Axis(title=None, **bare)),
        x=alt.X("column:N", scale=alt.Scale(domain=columns), axis=across),
        tooltip=[alt.Tooltip(field, title=name) for field, name in tips.items()],
    )
    legend = alt.Legend(title=unit, orient="bottom", gradientLength=180, values=[0, top], format=",d")
    scale = alt.Scale(domain=[0, top], range=["#eef3f8", BETTER])
    full = base.transform_filter("isValid(datum.value)").mark_rect(stroke="#ffffff")
    size = f"min(12, (bandwidth('x') - 4) / ({GLYPH} * length(datum.told)))"
    dark = alt.condition(f"datum.value > {0.8 * top!r}", alt.value("#ffffff"), alt.value(INK))
    words = base.mark_text(fontSize=alt.ExprRef(f"{size} < {LEAST_FONT} ? 0 : {size}"))
    chart = alt.layer(
        base.mark_rect(fill="#ffffff", stroke=FAINT),
        full.encode(color=alt.Color("value:Q", scale=scale, legend=legend)),
        words.encode(text="told:N", color=dark),
    ).properties(width=WIDTH, height=34 * min(len(rows), MOST_BARS))
    rest = f" {len(rows) - MOST_BARS:,} more rows are not drawn." if len(rows) > MOST_BARS else ""
    return safe_chart(chart, title=title, summary=f"{summary}{rest}")


def _ordered(places: Iterable[tuple[str, ...]], axes: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of places: levels of the grid in their order, then others, then not known."""

    def order(place: tuple[str, ...]) -> list[tuple[bool, int, str]]:
        both = [(level, list(names)) for level, names in zip(place, axes, strict=True)]
        return [
            (one == UNKNOWN, names.index(one) if one in names else len(names), one) for one, names in both
        ]

    return [named(BETWEEN.join(levels)) for levels in sorted(places, key=order)]
