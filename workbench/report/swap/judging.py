"""What humans say of the judge that gates: its agreement, its corrected difference, its malformed verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.provenance import GROUPS
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.charts import BETTER, NEUTRAL, SHIPS, Chart, safe_chart
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, interval, is_missing, points, rate, rounded
from workbench.report.swap.folder import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.swap.folder import SwapRun

NOT_KEPT = (
    "This run was made before judges were checked; make it again to see how far its judge agrees with humans."
)

KINDS: Mapping[str, str] = {
    "human": "A human gates: {judge}. There is no judge to correct.",
    "programmatic": "A programmatic check gates: {judge}.",
    "model": "A model gates as judge: {judge} ({family}).",
    "unknown": "Who judged is not known: import the results with --judge NAME=FAMILY.",
}

AGREEMENT: Mapping[str, Look] = {
    "name": Look("group", "word"),
    "answers": Look("answers", "count"),
    "kappa": Look("kappa", "number", spanner="agreement"),
    "ac1": Look("AC1", "number", spanner="agreement"),
    "sensitivity": Look("of passes", "rate", spanner="seen by the judge"),
    "specificity": Look("of fails", "rate", spanner="seen by the judge"),
    "specificity_between": Look("interval", "interval", spanner="seen by the judge"),
    "both_pass": Look("both pass", "count", spanner="humans and judge"),
    "both_fail": Look("both fail", "count", spanner="humans and judge"),
    "too_kind": Look("judge too kind", "count", spanner="humans and judge"),
    "too_harsh": Look("judge too harsh", "count", spanner="humans and judge"),
}

WHO = {"raw": ("judge alone", NEUTRAL, "circle"), "value": ("corrected", BETTER, "diamond"), "humans": ("humans alone", SHIPS, "square")}  # fmt: skip
"""The word, colour and shape of each reading of a group's difference."""


def judge(run: SwapRun) -> Shown:
    """Say who gates, what humans make of it, what the correction changes, and whether it favours its own."""
    found = run.get("judging")
    if not found:
        return sentence(NOT_KEPT)
    groups, doubts = found["groups"], (found["doubts"].get("real") or [])
    said = [KINDS[found["kind"]].format(**found)]
    if not groups and found["kind"] != "human":
        said.append("No human labelled an answer that it judged, so its errors are not known.")
    elif groups:
        said.append(_agreement_said(found, groups["all"]))
        said += [f"On the real cases it {text}." for text in doubts]
        said.append(_correction_said(run, groups))
    if found["collusion"] or found["kind"] not in {"human", "programmatic"}:
        said.append(_favour_said(run, found["collusion"]))
    return sentence(" ".join(said), kind="warning" if doubts else "note")


def _agreement_said(found: Mapping[str, Any], everything: Mapping[str, Any]) -> str:
    right = everything["both_pass"] + everything["both_fail"]
    left = [
        f"{count(found[name])} {text}"
        for name, text in (
            ("ties", "answers on which as many humans pass as fail are left out"),
            ("other_answers", "labels belong to another answer than the one judged"),
            ("unjudged", "labels belong to an answer without its verdict"),
        )
        if found[name]
    ]
    return (
        f"It agrees with humans on {count(right)} of {count(everything['answers'])} answers that both judged."
        + "".join(f" {text}." for text in left)
    )


def _correction_said(run: SwapRun, groups: Mapping[str, Any]) -> str:
    said = []
    for name in GROUPS:
        told = groups.get(name, {}).get("difference")
        if told is None:
            continue
        if is_missing(told["value_pp"]):
            why = run.why("judging", "groups", name, "difference", "value_pp")
            said.append(f"{NAMES[name]}: {why.rstrip('.')}")
        else:
            between = interval(told["low_pp"], told["high_pp"])
            said.append(
                f"{NAMES[name]} {points(told['raw_pp'])} by the judge, {points(told['value_pp'])} ({between}) corrected"
            )
    return f"The difference in points without its errors, which decides nothing here: {'; '.join(said)}."


def _favour_said(run: SwapRun, told: Mapping[str, Any] | None) -> str:
    if not told:
        return f"Whether a judge favours cases of its own vendor: {run.why('judging', 'collusion')}"
    if told["not_estimable"]:
        return f"Whether {told['judge']} favours cases by {told['generator']}: {told['not_estimable']}"
    return (
        f"Beside {told['beside']}, {told['judge']} passes cases by {told['generator']}, of its own vendor, more often "
        f"than others by {points(told['inflation_pp'])} points "
        f"({interval(told['inflation_low_pp'], told['inflation_high_pp'])}): its favour, if {told['beside']} is neutral to both."
    )


def judge_agreement(run: SwapRun) -> Shown | None:
    """Return how far the judge agrees with humans, per group and over all; nothing where `judge` says there are no labels."""
    groups = run.get("judging", "groups") or {}
    if not groups:
        return None
    order = [name for name in ("all", *GROUPS) if name in groups]
    rows = [{"name": NAMES.get(name, "all groups"), "part": name, **groups[name]} for name in order]
    frame = pd.DataFrame(
        rows, columns=[*AGREEMENT, "part", "specificity_low", "specificity_high"], dtype=object
    )
    ends = zip(frame["specificity_low"], frame["specificity_high"], strict=True)
    frame["specificity_between"] = [
        None if is_missing(low) else f"{rate(low)} to {rate(high)}" for low, high in ends
    ]
    remarks = {
        (i, name): Remark(run.why("judging", "groups", row["part"], name.replace("between", "low")))
        for i, row in enumerate(frame.to_dict("records"))
        for name in AGREEMENT
        if is_missing(row[name])
    }
    among = run.get("judging", "human_agreement")
    notes = ["Answers were weighed by the chance with which they were drawn, where that is known."]
    if among and not is_missing(among["ac1"]):
        notes.append(
            f"Humans agree with each other on the {count(among['answers'])} answers that two or more judged by "
            f"an AC1 of {rounded(among['ac1'], 2)}; a judge cannot do better than that."
        )
    return safe_table(frame, caption="Judge and humans on the same answers", looks=AGREEMENT, notes=notes, remarks=remarks)  # fmt: skip


def judge_correction(run: SwapRun) -> Chart | Shown | None:
    """Return each group's difference by the judge, corrected, and by humans as a chart; nothing without labels, as above."""
    if not run.get("judging", "groups"):
        return None
    drawn = _readings(run)
    if drawn.empty:
        return sentence("No group has enough human labels to correct its judge, so no correction is drawn.")
    import altair as alt

    words, colours, shapes = ([who[i] for who in WHO.values()] for i in range(3))
    names = list(dict.fromkeys(drawn["name"]))
    tooltip: list[str | alt.Tooltip] = [
        "name:N",
        "who:N",
        *(alt.Tooltip(f"{part}:Q", format="+.1f") for part in ("delta", "low", "high")),
    ]
    base = alt.Chart(drawn).encode(
        y=alt.Y("name:N", sort=names, axis=alt.Axis(ticks=False, domain=False, title=None)),
        yOffset=alt.YOffset("who:N", sort=words),
        color=alt.Color("who:N", scale=alt.Scale(domain=words, range=colours)),
        tooltip=tooltip,
    )
    axis = alt.Axis(tickCount=6, title="candidate minus baseline, percentage points")
    spans = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    shape = alt.Shape("who:N", scale=alt.Scale(domain=words, range=shapes))
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(x="delta:Q", shape=shape)
    zero = alt.Chart(pd.DataFrame({"delta": [0.0]})).mark_rule(color=NEUTRAL).encode(x="delta:Q")
    said = [
        f"{row['name']}, {row['who']}: {points(row['delta'])} ({interval(row['low'], row['high'])})"
        for row in drawn.to_dict("records")
    ]
    return safe_chart(
        alt.layer(zero, spans, dots).properties(width=640, height=78 * len(names)),
        title="Difference by the judge, corrected, and by humans alone",
        summary=f"Candidate minus baseline in points. {'; '.join(said)}. The line marks zero.",
    )


def _readings(run: SwapRun) -> pd.DataFrame:
    """Return one row per group and reading that has an interval, of the groups that are corrected."""
    rows = []
    for name in GROUPS:
        told = run.get("judging", "groups", name, "difference") or {}
        if is_missing(told.get("value_pp")):
            continue
        own = run.get("groups", name) or {}
        ends = {"raw": (own.get("low_pp"), own.get("high_pp"))}
        ends |= {
            "value": (told["low_pp"], told["high_pp"]),
            "humans": (told["humans_low_pp"], told["humans_high_pp"]),
        }
        rows += [
            {"name": NAMES[name], "who": WHO[kind][0], "delta": told[f"{kind}_pp"], "low": low, "high": high}
            for kind, (low, high) in ends.items()
            if not is_missing(low)
        ]
    return pd.DataFrame(rows, columns=["name", "who", "delta", "low", "high"])


def verdicts(run: SwapRun) -> Shown:
    """Return how many verdicts each judge gave of each model, and how many were malformed or missing."""
    looks = {
        "judge": Look("judge"),
        "model": Look("model", "id"),
        "rows": Look("answers", "count"),
        "malformed": Look("malformed", "count"),
        "not_scored": Look("otherwise without a score", "count"),
    }
    rows = run.get("judging", "verdicts")
    if not rows:
        return sentence(NOT_KEPT)
    note = "Malformed: the judge answered, and it was no verdict. Such an answer is missing, never a fail."
    frame = pd.DataFrame(rows, columns=list(looks))
    return safe_table(frame, caption="Verdicts by judge and model", looks=looks, notes=[note])
