"""The pictures of an audit: time against length, the keep rate over a sitting, and hidden checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from workbench.errors import counted
from workbench.report.charts import ALERT, BETTER, NEUTRAL, WORSE, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, is_missing, number, rate, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.charts import Chart

READING_SPEED = 8.0
"""Words a second, as drawn. Source: methods 5.4."""

BLOCK = 20
"""Decisions that are drawn as one point of the rate over a sitting: one block of the queue."""

MOST_DOTS = 3_000
"""Decisions that are drawn in the picture of times; they are drawn by lot, and how many is said."""

TIMES = ["long enough to read", "faster than reading"]
SIGHTS = ["does not stand out", "stands out"]
"""What a dot of a picture says, the rarer one last."""

MOST_LINES = 12
"""Sittings that are drawn as lines, those with the most decisions; more cannot be told apart."""

NOT_TIMED = "Time on screen was not measured: the decisions came in from elsewhere."
NOT_PLACED = "No positions were recorded, so nothing is known about the course of a sitting."
NO_CHECKS = "No planted check was decided on, so nothing is known about what sittings overlook."


class Audit(Protocol):
    """What the sittings of a review show; see `workbench.review.audit.Audit` for what each frame holds."""

    decisions: pd.DataFrame
    numbers: pd.DataFrame
    agreement: pd.DataFrame
    survival: pd.DataFrame

    @property
    def standing_out(self) -> Sequence[str]:
        """The sittings of which a number stands out."""


def pace_chart(found: Audit) -> Chart | Shown:
    """Return time on screen against length, with the line that nobody reads faster than."""
    import altair as alt

    timed = found.decisions[found.decisions["seconds"].gt(0) & found.decisions["words"].gt(0)]
    if timed.empty:
        return sentence(NOT_TIMED)
    some = timed.sample(min(len(timed), MOST_DOTS), random_state=0)
    drawn = some[["words", "seconds"]].assign(reading=np.where(some["fast"], *reversed(TIMES)))
    ends = np.array([float(timed["words"].min()), float(timed["words"].max())])
    line = pd.DataFrame({"words": ends, "seconds": ends / READING_SPEED})
    log = alt.Scale(type="log", nice=False, padding=12)
    x = alt.X("words:Q", scale=log, axis=alt.Axis(title="words of the conversation", tickCount=6, grid=False))
    y = alt.Y("seconds:Q", scale=log, axis=alt.Axis(title="seconds on screen", tickCount=5, grid=False))
    kinds = alt.Scale(domain=TIMES, range=[BETTER, WORSE])
    shapes = alt.Scale(domain=TIMES, range=["circle", "triangle-down"])
    dots = alt.Chart(drawn).mark_point(filled=True, size=36, opacity=0.55)
    dots = dots.encode(
        x=x, y=y, color=alt.Color("reading:N", scale=kinds), shape=alt.Shape("reading:N", scale=shapes),
        tooltip=["words:Q", alt.Tooltip("seconds:Q", format=".1f"), "reading:N"],
    )  # fmt: skip
    floor = alt.Chart(line).mark_line(color=NEUTRAL, strokeDash=[4, 4]).encode(x=x, y=y)
    under, half = int(timed["fast"].sum()), float(timed["seconds"].median())
    cut = f" {count(MOST_DOTS)} of them are drawn." if len(timed) > MOST_DOTS else ""
    summary = (
        f"{counted(len(timed), 'timed decision')}, half of them in {number(half)} seconds or less. Under the dashed line, "
        f"faster than {READING_SPEED:g} words a second: {count(under)} ({rate(under / len(timed))}).{cut}"
    )
    return safe_chart(
        alt.layer(floor, dots).properties(width=WIDTH, height=300),
        title="Time on screen and length",
        summary=summary,
    )


def drift_chart(found: Audit) -> Chart | Shown:
    """Return the share of keeps over the course of each sitting, in blocks of `BLOCK` decisions."""
    import altair as alt

    own = found.decisions[
        (found.decisions["kind"] == "case")
        & (found.decisions["verdict"] != "skip")
        & found.decisions["position"].notna()
    ]
    if own.empty:
        return sentence(NOT_PLACED)
    largest = own["session_id"].value_counts().head(MOST_LINES).index
    some = own[own["session_id"].isin(largest)]
    block = (some["position"].astype("float64") // BLOCK * BLOCK + BLOCK / 2).rename("place")
    drawn = some.groupby([some["session_id"], block])["kept"].agg(["mean", "size"]).reset_index()
    drawn = drawn.rename(columns={"mean": "share", "size": "decisions", "session_id": "sitting"})
    slopes = found.numbers[(found.numbers["measure"] == "drift") & found.numbers["session_id"].isin(largest)]
    drifts = drawn["sitting"].isin(slopes.loc[slopes["stands_out"].astype(bool), "session_id"])
    drawn["reading"] = np.where(drifts, *reversed(SIGHTS))
    base = alt.Chart(drawn).encode(
        x=alt.X("place:Q", axis=alt.Axis(title="place in the sitting", tickMinStep=BLOCK)),
        y=alt.Y("share:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", title=f"kept, by {BLOCK} decisions")),
        detail="sitting:N",
        color=alt.Color("reading:N", scale=alt.Scale(domain=SIGHTS, range=[BETTER, ALERT])),
        tooltip=["sitting:N", alt.Tooltip("share:Q", format=".0%"), "decisions:Q"],
    )  # fmt: skip
    said = [f"{row['session_id']}: {_slope(row)}" for row in slopes.to_dict("records")]
    rest = own["session_id"].nunique() - len(largest)
    more = f" {count(rest)} more sittings are not drawn." if rest else ""
    summary = (
        f"Drift of the keep rate in log-odds per 100 decisions. {'; '.join(said)}. {_power(slopes)}{more}"
    )
    lines = base.mark_line(opacity=0.5, strokeWidth=2)
    dots = base.mark_point(filled=True, size=40, opacity=0.8)
    return safe_chart(
        alt.layer(lines, dots).properties(width=WIDTH, height=240),
        title="Keep rate over a sitting",
        summary=summary,
    )


def checks_chart(found: Audit) -> Chart | Shown:
    """Return which share of the bad checks each sitting kept, with its bounds."""
    import altair as alt

    told = found.numbers[(found.numbers["measure"] == "missed_bad") & found.numbers["estimate"].notna()]
    if told.empty:
        return sentence(NO_CHECKS)
    drawn = told[["session_id", "estimate", "low", "high", "note"]].rename(
        columns={"session_id": "name", "note": "of"}
    )
    drawn["reading"] = np.where(told["stands_out"].astype(bool), *reversed(SIGHTS))
    words = alt.Scale(domain=SIGHTS, range=[NEUTRAL, ALERT])
    shapes = alt.Scale(domain=SIGHTS, range=["circle", "triangle-up"])
    axis = alt.Axis(format="%", tickCount=6, title="bad checks kept, with 95% bounds")
    base = alt.Chart(drawn).encode(
        y=alt.Y(
            "name:N",
            sort=list(drawn["name"]),
            axis=alt.Axis(ticks=False, domain=False, title=None, labelPadding=10),
        ),
        color=alt.Color("reading:N", scale=words),
        tooltip=["name:N", "of:N", alt.Tooltip("high:Q", format=".0%", title="up to"), "reading:N"],
    )
    spans = base.mark_rule(strokeWidth=2.5).encode(
        x=alt.X("low:Q", axis=axis, scale=alt.Scale(domain=[0, 1])), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=120, opacity=1)
    dots = dots.encode(x="estimate:Q", shape=alt.Shape("reading:N", scale=shapes))
    said = [f"{row['name']} {row['of']}, so up to {rate(row['high'])}" for row in drawn.to_dict("records")]
    return safe_chart(
        alt.layer(spans, dots).properties(width=WIDTH, height=34 * len(drawn)),
        title="Bad checks that were kept", summary=f"{'; '.join(said)}.",
    )  # fmt: skip


def _slope(row: Mapping[Any, Any]) -> str:
    if is_missing(row["estimate"]):
        return str(row["reason"]).rstrip(".").lower()
    return f"{signed(row['estimate'])} ({signed(row['low'])} to {signed(row['high'])})"


def _power(slopes: pd.DataFrame) -> str:
    """Return what the largest sitting could have found, as a sentence."""
    fitted = slopes[slopes["estimate"].notna()]
    if fitted.empty:
        return ""
    best = fitted.sort_values("n").iloc[-1]
    return f"The largest sitting, of {counted(best['n'], 'decision')}, has {best['note']}: a drift that is not seen may well be there."


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign."""
    text = rounded(value, digits)
    return text if value <= 0 else f"+{text}"
