"""The sealed forecasts beside what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.charts import BETTER, NEUTRAL, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, interval, is_missing, points, rate, rounded

if TYPE_CHECKING:
    from workbench.report.charts import Chart

SURPRISES = 10
"""Cells that are shown, the most surprising first."""

UNLIKELY = 0.05
"""Chance under which a cell is said to be surprising by itself."""


class Score(Protocol):
    """How good the forecasts were; see `workbench.review.Score`."""

    cells: pd.DataFrame
    candidates: int
    brier: float
    miss: float
    noise: float
    chance_miss: float
    skill: float
    bias: float
    bias_low: float
    bias_high: float
    why: str


def forecast_chart(score: Score) -> Chart | Shown:
    """Return the forecast of each cell against its survival."""
    import altair as alt

    if score.cells.empty:
        return sentence(f"How good the forecasts are is not known: {score.why}.")
    drawn = score.cells[["cell", "predicted", "survival", "low", "high"]].assign(
        of=[f"{k}/{n}" for k, n in zip(score.cells["kept"], score.cells["reviewed"], strict=True)]
    )
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("predicted:Q", scale=scale, axis=alt.Axis(format="%", title="sealed forecast of survival"))
    y = alt.Axis(format="%", title="survival, with a 95% interval")
    shares = [alt.Tooltip(f"{name}:Q", format=".0%") for name in ("predicted", "survival")]
    base = alt.Chart(drawn).encode(x=x, tooltip=["cell:N", "of:N", *shares])
    ideal = alt.Chart(pd.DataFrame({"predicted": [0.0, 1.0], "survival": [0.0, 1.0]}))
    line = ideal.mark_line(color=NEUTRAL, strokeDash=[4, 4], strokeWidth=1).encode(x=x, y="survival:Q")
    spans = base.mark_rule(color=BETTER, opacity=0.35, strokeWidth=2)
    dots = base.mark_point(filled=True, size=80, opacity=0.9, color=BETTER).encode(y="survival:Q")
    first = score.cells.iloc[0]
    summary = (
        f"{counted(len(drawn), 'cell')} with {counted(score.candidates, 'reviewed candidate')}. The dashed line is a forecast that came true. "
        f"Farthest from what was forecast: {first['cell']}, {rate(first['predicted'])} forecast and {first['kept']} of {first['reviewed']} kept."
    )
    chart = alt.layer(line, spans.encode(y=alt.Y("low:Q", scale=scale, axis=y), y2="high:Q"), dots)
    return safe_chart(
        chart.properties(width=WIDTH, height=300), title="Forecast and outcome by cell", summary=summary
    )


def scores(score: Score) -> Shown:
    """Return how good the forecasts were, as a table; why a number is not known is below it."""
    if score.cells.empty:
        return sentence("So there is no score.")
    rows = [
        ("Brier score", score.brier, "mean squared error per candidate, 0 is best"),
        ("noise in it", score.noise, "what no forecast of a whole cell can remove"),
        ("miss in it", score.miss, "what better forecasts would remove"),
        ("miss by chance", score.chance_miss, "the miss to expect if every forecast were right"),
        ("skill", score.skill, "above 0: better than calling the overall rate for every cell"),
    ]
    told = [(name, _printed(value), meaning) for name, value, meaning in rows]
    bias = MISSING if is_missing(score.bias) else f"{points(100 * score.bias)} points"
    between = interval(100 * score.bias_low, 100 * score.bias_high)
    told.append(
        ("bias", bias, f"forecast minus outcome, 95% interval {between}; above 0 they hoped for too much")
    )
    frame = pd.DataFrame(told, columns=["name", "value", "meaning"])
    looks = {"name": Look("", "word"), "value": Look("value", "interval"), "meaning": Look("meaning")}
    notes = [f"Not known: {score.why}."] if score.why else []
    return safe_table(frame, caption="How good the forecasts are", looks=looks, notes=notes)


def _printed(value: float) -> str:
    """Return a score to three decimals with a true minus, or the sign for missing."""
    return MISSING if is_missing(value) else rounded(value, 3)


def surprises(score: Score) -> Shown:
    """Return the cells whose outcome is the least likely under their forecast, as a table."""
    if score.cells.empty:
        return sentence("No cell has both a forecast and a reviewed candidate.")
    many = len(score.cells)
    unlikely = int((score.cells["p_two_sided"] < UNLIKELY).sum())
    frame = score.cells.head(SURPRISES)
    frame = frame.assign(
        between=[
            f"{rate(low)} to {rate(high)}" for low, high in zip(frame["low"], frame["high"], strict=True)
        ]
    )
    looks = {
        "cell": Look("cell", "word"), "predicted": Look("forecast", "rate"), "kept": Look("kept", "count"),
        "reviewed": Look("reviewed", "count"), "survival": Look("survival", "rate"),
        "between": Look("95% interval", "interval"), "p_two_sided": Look("chance", "number", unit="if right"),
    }  # fmt: skip
    note = (
        f"Under {UNLIKELY:g}: {count(unlikely)} of {counted(many, 'cell')}; "
        f"about {rounded(UNLIKELY * many, 1)} would be by chance if every forecast were right."
    )
    return safe_table(frame, caption="The most surprising cells", looks=looks, notes=[note])
