"""Gaps between synthetic and real cases against the band of ten points, and what a swap changes by word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.report.charts import ALERT, BETTER, FAINT, NEUTRAL, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.numbers import MISSING, interval, points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.charts import Chart

READINGS: Mapping[str, tuple[str, str, str]] = {
    "beyond": ("beyond the band", ALERT, "triangle-up"),
    "within": ("within the band", BETTER, "square"),
    "unresolved": ("unresolved", NEUTRAL, "circle"),
}
"""The word, colour and shape of each reading; what is not resolved is grey."""

SIDES: Mapping[str, tuple[str, str]] = {"with": (ALERT, "triangle-up"), "without": (BETTER, "circle")}

MOST_WORDS, MOST_READ = 20, 8
"""Words that are drawn, how many more there are being said, and words that the summary reads out."""


def band_chart(gaps: pd.DataFrame, *, band_pp: float, title: str) -> Chart:
    """Return gaps with their intervals, against a band around zero.

    Args:
        gaps: One row per gap: name, gap_pp, low_pp, high_pp (missing without an interval) and reading.
        band_pp: Half the width of the band, percentage points.
        title: What the chart shows.
    """
    import altair as alt

    drawn = gaps.assign(word=[READINGS[str(word)][0] for word in gaps["reading"]])
    there = [look for look in READINGS.values() if look[0] in set(drawn["word"])]
    words, colours, shapes = ([look[i] for look in there] for i in range(3))
    axis = alt.Axis(tickCount=6, title="synthetic minus real, points")
    tips = [alt.Tooltip(f"{name}_pp:Q", format="+.1f", title=name) for name in ("gap", "low", "high")]
    base = alt.Chart(drawn).encode(
        y=alt.Y("name:N", sort=list(drawn["name"]), axis=alt.Axis(ticks=False, domain=False, title=None)),
        color=alt.Color("word:N", scale=alt.Scale(domain=words, range=colours), legend=alt.Legend(columns=1)),
        tooltip=["name:N", *tips, alt.Tooltip("word:N", title="reading")],
    )
    band = alt.Chart(pd.DataFrame({"from": [-band_pp], "to": [band_pp]})).mark_rect(color=FAINT, opacity=0.5)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=NEUTRAL)
    shape = alt.Shape("word:N", scale=alt.Scale(domain=words, range=shapes), legend=alt.Legend(columns=1))
    chart = alt.layer(
        band.encode(x=alt.X("from:Q", axis=axis), x2="to:Q"),
        zero.encode(x="at:Q"),
        base.mark_rule(strokeWidth=2.5).encode(x="low_pp:Q", x2="high_pp:Q"),
        base.mark_point(filled=True, size=130, opacity=1).encode(x="gap_pp:Q", shape=shape),
    ).properties(width=WIDTH, height=38 * len(drawn))
    said = [
        f"{row['name']}: {points(row['gap_pp'])} ({interval(row['low_pp'], row['high_pp']).replace(MISSING, 'no interval')}), {row['word']}"
        for row in drawn.to_dict("records")
    ]
    return safe_chart(
        chart,
        title=title,
        summary=f"Synthetic minus real in points. {'; '.join(said)}. The band is {band_pp:g} points wide on either side of zero.",
    )


def words_chart(rows: Sequence[Mapping[str, Any]], *, title: str) -> Chart:
    """Return what the candidate changes in cases with a word and in those without, by word and group.

    Args:
        rows: The rows of `trigger_words` in verdict.json, those that are shown first.
        title: What the chart shows.
    """
    import altair as alt

    told, drawn = _drawn(rows)
    colours, shapes = ([look[i] for look in SIDES.values()] for i in range(2))
    y = alt.Y("name:N", sort=told, axis=alt.Axis(ticks=False, domain=False, title=None))
    axis = alt.Axis(tickCount=6, title="candidate minus baseline, points")
    ends = drawn.pivot_table("change", "name", "side", sort=False).reset_index()
    dots = alt.Chart(drawn).mark_point(filled=True, size=110, opacity=1)
    dots = dots.encode(
        y=y,
        x=alt.X("change:Q", axis=axis),
        color=alt.Color("side:N", scale=alt.Scale(domain=list(SIDES), range=colours)),
        shape=alt.Shape("side:N", scale=alt.Scale(domain=list(SIDES), range=shapes)),
        tooltip=[
            "name:N",
            "side:N",
            alt.Tooltip("change:Q", format="+.1f"),
            alt.Tooltip("cases:Q", format=","),
            "reading:N",
        ],
    )
    links = (
        alt.Chart(ends)
        .mark_rule(color=NEUTRAL, opacity=0.6, strokeWidth=2)
        .encode(y=y, x="with:Q", x2="without:Q")
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=FAINT).encode(x="at:Q")
    return safe_chart(
        alt.layer(zero, links, dots).properties(width=WIDTH, height=26 * len(told)),
        title=title,
        summary=_changes(told, rows),
    )


def _drawn(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], pd.DataFrame]:
    """Return the names of the rows that are drawn, and a row for each side of each."""
    told = [f"{row['word']} ({row['group']})" for row in rows[:MOST_WORDS]]
    sides = [
        {
            "name": name,
            "side": side,
            "change": 100 * row[side]["difference"],
            "cases": row[side]["cases"],
            "reading": row["difference"]["reading"],
        }
        for name, row in zip(told, rows, strict=False)
        for side in SIDES
    ]
    return told, pd.DataFrame(sides)


def _changes(told: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what the swap changes on both sides of the first words as a sentence."""
    said = [
        f"{name}: with {points(100 * row['with']['difference'])}, without "
        f"{points(100 * row['without']['difference'])}, {row['difference']['reading']}"
        for name, row in zip(told[:MOST_READ], rows, strict=False)
    ]
    rest = f" {len(rows) - len(told):,} more rows are not drawn." if len(rows) > len(told) else ""
    return f"Candidate minus baseline in points. {'; '.join(said)}.{rest}"
