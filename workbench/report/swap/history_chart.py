"""The course of pass rates from swap to swap, with what changed in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.report.charts import ALERT, BETTER, NEUTRAL, SHIPS, WORSE, Chart, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.numbers import is_missing, rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOKS: Mapping[str, tuple[str, str]] = {
    "real": (BETTER, "circle"),
    "seed": (BETTER, "circle"),
    "synthetic": (ALERT, "square"),
    "prompted": (ALERT, "square"),
    "persona": ("#7a5195", "cross"),
    "mutation": (NEUTRAL, "triangle-down"),
    "golden": (SHIPS, "diamond"),
    "red team": (WORSE, "triangle-up"),
}
"""The colour and shape of each group and bucket, the same in every chart of a history."""


def course_chart(rates: pd.DataFrame, changes: Mapping[str, Sequence[str]], *, title: str) -> Chart:
    """Return the candidates' pass rates by swap and part, with intervals and marks of what changed.

    Args:
        rates: One row per swap and part: place (the swap's label, in order), swap (its number and day),
            name (of the part, one of `LOOKS`), rate, low, high (0-1; low and high may be missing).
        changes: For a place what changed since the swap before, in words; empty for nothing.
        title: What the chart shows.
    """
    import altair as alt

    places, names = list(dict.fromkeys(rates["place"])), list(dict.fromkeys(rates["name"]))
    colours, shapes = ([LOOKS[name][i] for name in names] for i in range(2))
    colour = alt.Color("name:N", scale=alt.Scale(domain=names, range=colours))
    shape = alt.Shape("name:N", scale=alt.Scale(domain=names, range=shapes))
    x = alt.X("place:N", sort=places, axis=alt.Axis(labelAngle=0, title="swap, oldest first"))
    y = alt.Axis(format="%", tickCount=6, title="pass rate of the candidate")
    tips = [alt.Tooltip(f"{column}:Q", format=".1%") for column in ("rate", "low", "high")]
    base = alt.Chart(rates).encode(
        x=x, xOffset=alt.XOffset("name:N", sort=names), color=colour, tooltip=["swap:N", "name:N", *tips]
    )
    spans = base.mark_rule(strokeWidth=2.5).encode(
        y=alt.Y("low:Q", axis=y, scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(y="rate:Q", shape=shape)
    layers = [*_lines(changes, x), spans, dots]
    return safe_chart(
        alt.layer(*layers).properties(width=WIDTH, height=260), title=title, summary=_said(rates, changes)
    )


def _lines(changes: Mapping[str, Sequence[str]], x: Any) -> list[Any]:
    """Return a line before each swap before which something changed, with its words."""
    import altair as alt

    rows = [{"place": place, "change": ", ".join(words)} for place, words in changes.items() if words]
    if not rows:
        return []
    before = x.copy()
    before.bandPosition = 0
    base = alt.Chart(pd.DataFrame(rows)).encode(x=before, tooltip=["place:N", "change:N"])
    words = base.mark_text(
        align="left", baseline="bottom", dx=3, dy=-3, color=NEUTRAL, fontSize=11, limit=120
    )
    return [
        base.mark_rule(color=NEUTRAL, strokeDash=[4, 4]),
        words.encode(text="change:N", y=alt.value(0)),
    ]


def _said(rates: pd.DataFrame, changes: Mapping[str, Sequence[str]]) -> str:
    courses = [
        f"{name}: " + ", ".join("none" if is_missing(value) else rate(value) for value in rows["rate"])
        for name, rows in rates.groupby("name", sort=False)
    ]
    changed = [f"before {place}: {', '.join(words)}" for place, words in changes.items() if words]
    told = f" Changed: {'; '.join(changed)}." if changed else " Nothing that is stored changed in between."
    return f"Pass rates of the candidates, oldest swap first. {'; '.join(courses)}.{told}"
