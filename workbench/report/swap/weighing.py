"""How much of a mixed number is the choice of weights: the line, and what each named mix says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import listed
from workbench.provenance import GROUPS
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.charts import ALERT, BETTER, NEUTRAL, WORSE, safe_chart
from workbench.report.figures import READINGS, WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, interval, is_missing, points, rounded
from workbench.report.swap.folder import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt

    from workbench.report.charts import Chart
    from workbench.report.swap.folder import SwapRun

TITLE = "The mixed difference, by the weight of the real cases"
ABSENT = "This run is older than the line of weights; decide the swap again to see it."
NEAR = 0.05
"""Weights closer than that share one label: on a telephone two would overprint."""
NEVER = "A mix decides nothing: the real cases do."


def weights(run: SwapRun) -> Chart | Shown:
    """Return the mixed difference against the seed's weight as a line with its band; a sentence without one."""
    import altair as alt

    frame = _line_of(run)
    if frame.empty:
        return sentence(
            ABSENT if run.get("weighing") is None else f"No line is drawn: {run.why('weighing', 'tipping')}"
        )
    axis = alt.Axis(format="%", title="weight of the real cases among real and synthetic")
    x = alt.X("seed_weight:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("low_pp:Q", axis=alt.Axis(title="candidate minus baseline, percentage points"))
    base = alt.Chart(frame).encode(x=x)
    tooltip = [
        alt.Tooltip("seed_weight:Q", format=".0%", title="real"),
        *(alt.Tooltip(f"{end}_pp:Q", format="+.1f", title=end) for end in ("delta", "low", "high")),
        alt.Tooltip("word:N", title="reading"),
    ]
    layers = [
        *_open(run),
        base.mark_area(color=BETTER, opacity=0.18).encode(y=y, y2="high_pp:Q"),
        base.mark_line(color=BETTER, strokeWidth=2.5).encode(y="delta_pp:Q"),
        base.mark_point(color=BETTER, filled=True, size=45, opacity=1).encode(
            y="delta_pp:Q", tooltip=tooltip
        ),
        *_across(run),
        *_marked(run),
    ]
    chart = alt.layer(*layers).properties(width=WIDTH, height=260)
    return safe_chart(chart, title=f"{TITLE}{_mark(run)}", summary=_summary(run))


def tipping(run: SwapRun) -> Shown:
    """Say at which weights the mix is better, worse, or not told from zero."""
    if run.get("weighing") is None:
        return sentence(ABSENT)
    return sentence(f"{_told(run)} {NEVER}")


def mixes(run: SwapRun) -> Shown:
    """Return what the declared weights, each named mix, and the shares of production say, as a table."""
    found = run.get("weighing", "mixes")
    if found is None:
        return sentence(ABSENT)
    rows = [_row("declared", run.get("weighing", "declared") or {}, ("weighing", "declared"))]
    rows += [_row(name, mix, ("weighing", "mixes", name)) for name, mix in found.items()]
    stratified = run.get("weighing", "post_stratified")
    if stratified:
        told = {**stratified, "weights": run.get("weighing", "declared", "weights")}
        rows.append(_row("declared, in the shares of production", told, ("weighing", "post_stratified")))
    used = [name for name in GROUPS if any(row.get(name) is not None for row in rows)]
    looks = {
        "name": Look("mix"),
        **{name: Look(NAMES[name], "rate", spanner="weight") for name in used},
        "delta_pp": Look("points", "points", spanner="difference"),
        "between": Look("interval", "interval", spanner="difference"),
        "word": Look("reading", "word"),
    }
    frame = pd.DataFrame(rows, dtype=object).reindex(columns=[*looks, "path", "reading"])
    remarks: dict[tuple[int, str], Remark] = {}
    for i, row in enumerate(rows):
        if is_missing(row["between"]):
            remarks |= {
                (i, name): Remark(run.why(*row["path"], field))
                for name, field in (("delta_pp", "delta_pp"), ("between", "low_pp"))
                if is_missing(row[name])
            }
        remarks[i, "word"] = Remark(sign=row["reading"])
    frame[used] = frame[used].astype(object).where(frame[used].notna(), "")
    return safe_table(
        frame.drop(columns=["path", "reading"]),
        caption=f"What each mix would say of the same outcomes{_mark(run)}",
        looks=looks,
        notes=[*_absent(found), *_effective(run), *_shares(run)],
        remarks=remarks,
    )


def _row(name: str, told: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    ends = [told.get("low_pp"), told.get("high_pp")]
    reading = str(told.get("reading") or "unresolved")
    return {
        "name": name,
        **(told.get("weights") or {}),
        "delta_pp": told.get("delta_pp"),
        "between": None if is_missing(ends[0]) else interval(*ends),
        "word": READINGS.get(reading, READINGS["unresolved"])[0],
        "reading": reading,
        "path": path,
    }


def _line_of(run: SwapRun) -> pd.DataFrame:
    """Return the steps of the line that have a difference; none where no step has an interval."""
    columns = ["seed_weight", "delta_pp", "low_pp", "high_pp", "reading"]
    rows = run.get("weighing", "line") or []
    frame = pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=columns)
    frame["word"] = [READINGS.get(str(r), READINGS["unresolved"])[0] for r in frame["reading"]]
    return frame if frame["low_pp"].notna().any() else frame.iloc[:0]


def _open(run: SwapRun) -> list[alt.Chart]:
    """Shade the weights at which the sign is open, over the whole height."""
    import altair as alt

    pieces = pd.DataFrame((run.get("weighing", "tipping") or {}).get("pieces", []), columns=["from", "to"])
    if pieces.empty:
        return []
    base = alt.Chart(pieces.assign(word="not told from zero"))
    word = base.mark_text(align="left", baseline="top", dx=3, dy=2, color=ALERT, fontSize=11)
    return [
        base.mark_rect(color=ALERT, opacity=0.14).encode(x="from:Q", x2="to:Q"),
        word.encode(x="from:Q", y=alt.value(0), text="word:N"),
    ]


def _across(run: SwapRun) -> list[alt.Chart]:
    """Return the lines of no change and of the margin, named at their right end."""
    import altair as alt

    margin = run.get("gate", "margin_pp")
    lines = [(0.0, "no change", [1, 0], NEUTRAL)]
    lines += [(-float(margin), "margin", [4, 4], WORSE)] if margin else []
    layers = []
    for at_pp, word, dash, colour in lines:
        base = alt.Chart(pd.DataFrame({"at_pp": [at_pp], "line": [word]})).encode(y="at_pp:Q")
        named = base.mark_text(align="right", baseline="bottom", dx=-3, dy=-2, color=colour, fontSize=11)
        layers += [
            base.mark_rule(color=colour, strokeDash=dash),
            named.encode(text="line:N", x=alt.value("width")),
        ]
    return layers


def _marked(run: SwapRun) -> list[alt.Chart]:
    """Return a line up at the tipping weight, the declared one and those of the named mixes."""
    import altair as alt

    places = _places(run)
    labels: dict[float, list[str]] = {}
    for weight, name in places:
        near = [first for first in labels if round(weight - first, 2) < NEAR]
        labels.setdefault(near[-1] if near else weight, []).append(name)
    told = pd.DataFrame({"weight": [*labels], "name": [", ".join(names) for names in labels.values()]})
    base = alt.Chart(pd.DataFrame(places, columns=["weight", "name"])).encode(x="weight:Q")
    named = alt.Chart(told).encode(x="weight:Q")
    named = named.mark_text(align="left", baseline="top", dx=3, color=NEUTRAL, fontSize=11, angle=270)
    return [
        base.mark_rule(color=NEUTRAL, strokeDash=[2, 3]).encode(
            tooltip=["name:N", alt.Tooltip("weight:Q", format=".0%")]
        ),
        named.encode(text="name:N", y=alt.value("height")),
    ]


def _places(run: SwapRun) -> list[tuple[float, str]]:
    """Return where on the line, to a percent, the tipping weight, the declared one and the named mixes lie."""
    named: dict[float, list[str]] = {}
    if not is_missing(run.get("tipping_weight")):
        named.setdefault(round(run.get("tipping_weight"), 2), []).append("tips")
    if not is_missing(run.get("weighing", "seed_weight")):
        named.setdefault(round(run.get("weighing", "seed_weight"), 2), []).append("declared")
    for name, mix in (run.get("weighing", "mixes") or {}).items():
        real, synthetic = (mix["weights"].get(group, 0.0) for group in ("real", "synthetic"))
        if real + synthetic:
            named.setdefault(round(real / (real + synthetic), 2), []).append(str(name))
    return [(weight, ", ".join(names)) for weight, names in sorted(named.items())]


def _told(run: SwapRun) -> str:
    """Say where the sign is open, and what the mix is elsewhere."""
    found = run.get("weighing", "tipping")
    if not found:
        return (
            f"At which weight of the real cases the mix tips is not known: {run.why('weighing', 'tipping')}"
        )
    weight = run.get("tipping_weight")
    tips = (
        ""
        if is_missing(weight)
        else f"The mix of real and synthetic changes its sign where the real cases weigh {_percent(weight)}. "
    )
    pieces = [f"{_percent(low)} to {_percent(high)}" for low, high in found["pieces"]]
    if found["kind"] == "everything":
        return f"{tips}At no weight is the mix told from zero: whatever sign it shows is a choice of weight and chance."
    if found["kind"] == "none":
        return f"{tips}At every weight of the real cases the mix is {_word(run, 0.5)}."
    elsewhere = [
        f"{_word(run, (low + high) / 2)} from {_percent(low)} to {_percent(high)}"
        for low, high in _outside(found["pieces"])
    ]
    return f"{tips}It is not told from zero where they weigh {' and '.join(pieces)}; it is {' and '.join(elsewhere)}."


def _outside(pieces: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Return the gaps that the pieces leave of 0 to 1."""
    ends = [0.0, *(end for piece in pieces for end in piece), 1.0]
    return [(low, high) for low, high in zip(ends[::2], ends[1::2], strict=True) if high > low]


def _percent(weight: float) -> str:
    return f"{rounded(100 * weight, 0)}%"


def _word(run: SwapRun, weight: float) -> str:
    """Return better or worse, at a weight where the sign is told."""
    line = run.get("weighing", "line")
    at = line[0]["delta_pp"] + weight * (line[-1]["delta_pp"] - line[0]["delta_pp"])
    return "better" if at > 0 else "worse"


def _absent(mixes: Mapping[str, Any]) -> list[str]:
    """Say of each mix which groups it names and the set lacks."""
    return [
        f"{name} also weighs {' and '.join(NAMES[group] for group in mix['absent'])} cases, of which this set has none."
        for name, mix in mixes.items()
        if mix.get("absent")
    ]


def _effective(run: SwapRun) -> list[str]:
    cases, paired = run.get("weighing", "effective_cases"), run.parts("groups")
    if is_missing(cases):
        return []
    used = run.get("weighing", "declared", "weights") or {}
    total = paired.loc[paired["part"].isin([name for name, share in used.items() if share]), "paired"].sum()
    return [
        f"With the declared weights {count(total)} paired cases are worth {count(round(cases))} that weigh alike (Kish); shared roots take more off."
    ]


def _shares(run: SwapRun) -> list[str]:
    """Say what the shares of production could not be applied to."""
    found = run.get("weighing", "post_stratified")
    if not found:
        return [f"Not weighed to shares of production: {run.why('weighing', 'post_stratified')}."]
    said = [
        f"The {NAMES.get(name, name)} cases have none in {listed(cells, most=9)}: left out, and the rest renormalised."
        for name, cells in found["left_out"].items()
        if cells
    ]
    said += [
        f"The {NAMES.get(name, name)} cases are in no declared slice or cell, and stand as found."
        for name in found["as_found"]
    ]
    return said + [
        f"{count(cases)} {NAMES.get(name, name)} cases are outside every declared slice and cell, and are not used there."
        for name, cases in found["outside"].items()
        if cases and name not in found["as_found"]
    ]


def _summary(run: SwapRun) -> str:
    frame = _line_of(run)
    ends = [
        f"{points(row['delta_pp'])} ({interval(row['low_pp'], row['high_pp']).replace(MISSING, 'no interval')})"
        for row in (frame.iloc[0], frame.iloc[-1])
    ]
    marks = [f"{name} at {_percent(weight)}" for weight, name in _places(run)]
    return (
        f"With synthetic cases alone {ends[0]} points, with real cases alone {ends[1]}. {_told(run)} "
        f"Marked: {', '.join(marks) or 'nothing'}. The band is the root jackknife's, at its ends the group's own interval."
    )


def _mark(run: SwapRun) -> str:
    return " (smoke test only)" if run.refused else ""
