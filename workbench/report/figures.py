"""The charts of the notebooks: differences with their intervals, rates, counts and lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from workbench.report.charts import ALERT, BETTER, NEUTRAL, SHIPS, WORSE, Chart, safe_chart
from workbench.report.numbers import MISSING, count, interval, is_missing, points, rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt

READINGS: Mapping[str, tuple[str, str, str]] = {
    "worse": ("worse", WORSE, "triangle-down"),
    "better": ("better", BETTER, "triangle-up"),
    "equivalent": ("equivalent", BETTER, "square"),
    "not_worse": ("not worse", BETTER, "diamond"),
    "unresolved": ("unresolved", NEUTRAL, "circle"),
    "": ("never decides", NEUTRAL, "cross"),
}
"""The word, colour and shape of each reading; shape as well, for print and colour-blind eyes."""

VERDICTS: Mapping[str, tuple[str, str]] = {
    "ship": ("SHIP", SHIPS),
    "no_verdict": ("NO VERDICT", NEUTRAL),
    "block": ("BLOCK", WORSE),
}

WIDTH = 640
"""Pixels in a notebook; a page makes the chart as wide as its column."""

MOST_BARS = 60
"""Bars that fit on two screens; from about 1,500 on the drawing itself fails. How many more there are is said."""


def interval_chart(
    groups: pd.DataFrame, *, margin_pp: float | None, title: str = "Difference by group"
) -> Chart:
    """Return each group's difference with its interval, against zero and the margin.

    Args:
        groups: One row per group: name, delta_pp, low_pp, high_pp, reading; missing stays out
            of the picture and is named in the summary.
        margin_pp: The margin, percentage points; none draws no line.
        title: What the chart shows.
    """
    import altair as alt

    drawn = groups.loc[groups["delta_pp"].notna(), ["name", "delta_pp", "low_pp", "high_pp", "reading"]]
    drawn["word"] = [READINGS.get(str(r), READINGS["unresolved"])[0] for r in drawn.pop("reading")]
    there = [reading for reading in READINGS.values() if reading[0] in set(drawn["word"])]
    words, colours, shapes = ([reading[i] for reading in there] for i in range(3))
    numbers = [alt.Tooltip(f"{part}_pp:Q", format="+.1f", title=part) for part in ("delta", "low", "high")]
    base = alt.Chart(drawn).encode(
        y=_names(list(drawn["name"])),
        color=alt.Color("word:N", scale=alt.Scale(domain=words, range=colours)),
        tooltip=["name:N", *numbers, alt.Tooltip("word:N", title="reading")],
    )
    axis = alt.Axis(tickCount=6, title="candidate minus baseline, percentage points")
    spans = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low_pp:Q", axis=axis), x2="high_pp:Q")
    shape = alt.Shape("word:N", scale=alt.Scale(domain=words, range=shapes))
    dots = base.mark_point(filled=True, size=130, opacity=1).encode(x="delta_pp:Q", shape=shape)
    lines = _line(0.0, "no change", dash=[1, 0], align="left")
    lines += _line(-margin_pp, "margin", dash=[4, 4], align="right") if margin_pp else []
    chart = alt.layer(*lines, spans, dots).properties(width=WIDTH, height=38 * max(1, len(drawn)))
    return safe_chart(chart, title=title, summary=_differences(groups, margin_pp))


def rates_chart(groups: pd.DataFrame) -> Chart:
    """Return both models' pass rates per group on one line each.

    Args:
        groups: One row per group: name, baseline_rate, candidate_rate (0-1).
    """
    import altair as alt

    rates = ["baseline_rate", "candidate_rate"]
    drawn = groups.loc[groups[rates].notna().all(axis="columns"), ["name", *rates]]
    long = drawn.melt("name", rates, "model", "rate")
    long["model"] = long["model"].str.removesuffix("_rate")
    y, models = _names(list(drawn["name"])), ["baseline", "candidate"]
    axis = alt.Axis(format="%", tickCount=6, title="pass rate of the paired cases")
    start = alt.X("baseline_rate:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    links = alt.Chart(drawn).mark_rule(strokeWidth=2.5, color=NEUTRAL, opacity=0.6)
    dots = alt.Chart(long).mark_point(filled=True, size=130, opacity=1)
    dots = dots.encode(
        y=y,
        x="rate:Q",
        color=alt.Color("model:N", scale=alt.Scale(domain=models, range=[NEUTRAL, BETTER])),
        shape=alt.Shape("model:N", scale=alt.Scale(domain=models, range=["circle", "diamond"])),
        tooltip=["name:N", "model:N", alt.Tooltip("rate:Q", format=".1%")],
    )
    chart = alt.layer(links.encode(y=y, x=start, x2="candidate_rate:Q"), dots)
    said = [
        f"{row['name']}: baseline {rate(row['baseline_rate'])}, candidate {rate(row['candidate_rate'])}"
        for row in drawn.to_dict("records")
    ]
    return safe_chart(
        chart.properties(width=WIDTH, height=34 * max(1, len(drawn))),
        title="Pass rates by group",
        summary="; ".join(said) + "." if said else "No group has a paired case.",
    )


def outcomes_chart(rows: pd.DataFrame) -> Chart:
    """Return how often each verdict comes out, by the true difference.

    Args:
        rows: true_delta_pp and the shares ship, block, no_verdict (0-1), in the order shown.
    """
    import altair as alt

    long = rows.melt("true_delta_pp", list(VERDICTS), "verdict", "share")
    long["order"] = long["verdict"].map(list(VERDICTS).index)
    long["verdict"] = long["verdict"].map(lambda verdict: VERDICTS[verdict][0])
    long["difference"] = [points(value).removesuffix(".0") for value in long.pop("true_delta_pp")]
    words, colours = ([verdict[i] for verdict in VERDICTS.values()] for i in range(2))
    x = alt.Axis(labelAngle=0, title="true difference, percentage points")
    y = alt.Axis(format="%", title="share of swaps")
    chart = alt.Chart(long).mark_bar(width={"band": 0.7})
    chart = chart.encode(
        x=alt.X("difference:N", sort=None, axis=x),
        y=alt.Y("share:Q", stack="zero", axis=y, scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("verdict:N", scale=alt.Scale(domain=words, range=colours)),
        order="order:Q",
        tooltip=["difference:N", "verdict:N", alt.Tooltip("share:Q", format=".0%")],
    )
    said = [
        f"at {points(row['true_delta_pp'])} "
        + ", ".join(f"{word} {rate(row[name])}" for name, (word, _) in VERDICTS.items())
        for row in rows.to_dict("records")
    ]
    return safe_chart(
        chart.properties(width=WIDTH, height=170),
        title="How often each verdict comes out",
        summary="By true difference in points: " + "; ".join(said) + ".",
    )


def counts_chart(counts: pd.DataFrame, *, name: str, part: str, title: str) -> Chart:
    """Return counts as bars, stacked by their parts; the `MOST_BARS` largest are drawn.

    Args:
        counts: One row per bar and part: the columns `name`, `part` and `cases`.
        name: The column that names a bar.
        part: The column that names a part of it.
        title: What the chart shows.
    """
    import altair as alt

    totals = counts.groupby(name, observed=True, sort=False)["cases"].sum().sort_values(ascending=False)
    largest = totals.head(MOST_BARS)
    shown = counts[counts[name].isin(largest.index)]
    # A legend without an entry has no size, and cannot be drawn.
    parts = [str(value) for value in dict.fromkeys(shown[part])] or ["no part"]
    drawn = pd.DataFrame(
        {"name": shown[name].astype(str), "part": shown[part].astype(str), "cases": shown["cases"]}
    )
    drawn["order"] = drawn["part"].map(parts.index)
    chart = alt.Chart(drawn).mark_bar(height={"band": 0.72})
    chart = chart.encode(
        y=_names([str(value) for value in largest.index]),
        x=alt.X("cases:Q", axis=alt.Axis(tickMinStep=1, tickCount=8)),
        color=alt.Color("part:N", scale=alt.Scale(domain=parts, range=[BETTER, NEUTRAL, ALERT, WORSE])),
        order="order:Q",
        tooltip=["name:N", "part:N", alt.Tooltip("cases:Q", format=",")],
    )
    said = [f"{value} {count(cases)}" for value, cases in totals.head(12).items()]
    rest = f" and {len(totals) - len(said):,} more" if len(totals) > len(said) else ""
    cut = f" The {MOST_BARS} largest are drawn." if len(totals) > MOST_BARS else ""
    return safe_chart(
        chart.properties(width=WIDTH, height=22 * max(1, len(largest))),
        title=title,
        summary=f"{', '.join(said)}{rest}.{cut}" if said else "No cases.",
    )


def lengths_chart(lengths: pd.Series[Any], *, unit: str, title: str) -> Chart:
    """Return how many cases have which length.

    Args:
        lengths: One whole number per case, 0 or more.
        unit: What is counted, e.g. `words`.
        title: What the chart shows.
    """
    import altair as alt

    longest = int(lengths.max()) if len(lengths) else 0
    # About thirty bins of whole numbers.
    step = longest // 30 + 1
    bins = (lengths // step * step).value_counts().sort_index()
    drawn = pd.DataFrame({"low": bins.index, "high": bins.index + step, "cases": bins.to_numpy()})
    chart = alt.Chart(drawn).mark_bar(color=BETTER)
    chart = chart.encode(
        x=alt.X("low:Q", bin="binned", title=unit, axis=alt.Axis(tickMinStep=1, tickCount=8)),
        x2="high:Q",
        y=alt.Y("cases:Q", axis=alt.Axis(tickMinStep=1, tickCount=5)),
        tooltip=["low:Q", alt.Tooltip("high:Q", title="below"), alt.Tooltip("cases:Q", format=",")],
    )
    summary = "No case has a length."
    if len(lengths):
        low, half, high = (count(round(value)) for value in lengths.quantile([0.05, 0.5, 0.95]))
        summary = f"Half of the cases have {half} {unit} or fewer; nine in ten have {low} to {high}; the longest has {count(longest)}."
    return safe_chart(chart.properties(width=WIDTH, height=200), title=title, summary=summary)


def _names(order: Sequence[str]) -> Any:
    """Return an axis of names in a given order, without ticks."""
    import altair as alt

    axis = alt.Axis(ticks=False, domain=False, title=None)
    return alt.Y("name:N", sort=list(order), axis=axis)


def _line(at_pp: float, word: str, *, dash: list[int], align: Literal["left", "right"]) -> list[alt.Chart]:
    """Return a line through the chart with its name above it."""
    import altair as alt

    base = alt.Chart(pd.DataFrame({"at_pp": [at_pp], "line": [word]})).encode(x="at_pp:Q")
    beside = 3 if align == "left" else -3
    named = base.mark_text(align=align, baseline="bottom", dx=beside, dy=-3, color=NEUTRAL, fontSize=11)
    return [base.mark_rule(color=NEUTRAL, strokeDash=dash), named.encode(text="line:N", y=alt.value(0))]


def _differences(groups: pd.DataFrame, margin_pp: float | None) -> str:
    """Return the differences as a sentence."""
    said = []
    for row in groups.to_dict("records"):
        between = interval(row["low_pp"], row["high_pp"]).replace(MISSING, "no interval")
        word = READINGS.get(str(row["reading"]), READINGS["unresolved"])[0]
        told = (
            "no paired case"
            if is_missing(row["delta_pp"])
            else f"{points(row['delta_pp'])} ({between}), {word}"
        )
        said.append(f"{row['name']}: {told}")
    lines = (
        f"Lines mark zero and the margin of {margin_pp:g} points." if margin_pp else "The line marks zero."
    )
    return f"Candidate minus baseline in points. {'; '.join(said)}. {lines}"
