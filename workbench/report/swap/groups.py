"""Where the two models differ: groups and buckets side by side, slices, and how they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.provenance import GROUPS
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.figures import READINGS, interval_chart, rates_chart
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, interval, is_missing, points, rounded
from workbench.report.swap.folder import NAMES, placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart
    from workbench.report.swap.folder import SwapRun

SMOKE_TEST = "Smoke test only: the set was refused, so these numbers are no evidence for or against the swap."
DESCRIPTIVE = "Descriptive: many small parts are compared, so some of these differences are chance."

DIFFERENCE: Mapping[str, Look] = {
    "delta_pp": Look("points", "points", spanner="difference"),
    "between": Look("interval", "interval", spanner="difference"),
    "word": Look("reading", "word"),
    "lost": Look("lost", "count", spanner="changed"),
    "gained": Look("gained", "count", spanner="changed"),
}
SIDE_BY_SIDE: Mapping[str, Look] = {
    "name": Look("group", "word"),
    **DIFFERENCE,
    "paired": Look("paired", "count", spanner="cases"),
    "cases": Look("in set", "count", spanner="cases"),
    "baseline_rate": Look("baseline", "rate", spanner="pass rate"),
    "candidate_rate": Look("candidate", "rate", spanner="pass rate"),
}
"""The answer first: on a phone, what follows is scrolled to."""

AUDIT: Mapping[str, Look] = {
    "name": Look("part", "word"),
    **DIFFERENCE,
    "paired": Look("paired", "count"),
    "roots": Look("roots", "count"),
    "p_midp": Look("mid-p", "number"),
    "deff": Look("design effect", "number"),
    "method": Look("method"),
}


def side_by_side(run: SwapRun) -> Shown:
    """Return the groups and the mixed estimate in one table, with counts, intervals and readings."""
    frame = _with_mixed(run)
    weights = run.get("mixed", "weights") or {}
    weighed = ", ".join(
        f"{NAMES.get(name, name)} {rounded(100 * share, 1)}%" for name, share in weights.items()
    )
    mixed = f"mixed weighs {weighed}; it has no cases of its own and decides nothing by itself."
    absent = ", ".join(NAMES[name] for name in GROUPS if name not in set(frame["part"]))
    return safe_table(
        frame,
        caption=f"Candidate against baseline, by where the cases come from{_mark(run)}",
        looks=SIDE_BY_SIDE,
        notes=[
            *_smoke_test(run),
            *([mixed] if weights else []),
            *([f"Not in this set: {absent}."] if absent else []),
        ],
        remarks=_remarks(run, "groups", frame, SIDE_BY_SIDE),
    )


def audit(run: SwapRun, kind: str = "buckets") -> Shown:
    """Return `groups` or `buckets` with the method behind each interval."""
    frame = _worded(run.parts(kind))
    caption = f"By {kind.removesuffix('s')}, with the method of each interval{_mark(run)}"
    remarks = _remarks(run, kind, frame, AUDIT)
    return safe_table(frame, caption=caption, looks=AUDIT, notes=_smoke_test(run), remarks=remarks)


def intervals(run: SwapRun) -> Chart | Shown:
    """Return the differences of the groups and of the mix as a chart; a sentence where none has an interval."""
    frame = _with_mixed(run)
    if frame["low_pp"].isna().all():
        return sentence(
            f"No group has an interval, so no difference is drawn; the table above says why{_mark(run)}."
        )
    title = f"Difference by group{_mark(run)}"
    return interval_chart(frame, margin_pp=run.get("gate", "margin_pp"), title=title)


def levels(run: SwapRun) -> Chart | Shown:
    """Return both models' pass rates per group as a chart; a sentence where none has a pair."""
    groups = run.parts("groups")
    if groups[["baseline_rate", "candidate_rate"]].isna().any(axis="columns").all():
        return sentence("No group has a paired case, so no pass rates are drawn.")
    return rates_chart(groups)


def slices(run: SwapRun, by: str = "slice", *, group: str = "real") -> Shown:
    """Return what changed within a group by slice, cell, tag or split; descriptive only."""
    cases = run.cases[run.cases["group"] == group]
    if cases[by].isna().all():
        return sentence(f"No {NAMES.get(group, group)} case names a {by}, so nothing can be shown by {by}.")
    parts = cases[by].map(placed, na_action="ignore") if by == "cell" else cases[by]
    named = pd.DataFrame({by: parts.fillna("(none)"), "change": cases["change"]})
    counts = pd.crosstab(named[by], named["change"]).reindex(
        columns=["lost", "gained", "same", "unpaired"], fill_value=0
    )
    frame = counts.assign(cases=counts.sum(axis=1), net=counts["gained"] - counts["lost"]).reset_index()
    looks = {
        by: Look(by),
        **{name: Look(name, "count") for name in ("cases", "unpaired", "lost", "gained", "net")},
    }
    ordered = frame.sort_values(["net", "cases"], ascending=[True, False], kind="stable")
    return safe_table(
        ordered,
        caption=f"{NAMES.get(group, group).capitalize()} cases by {by}, most lost first",
        looks=looks,
        notes=[DESCRIPTIVE],
    )


def failure_modes(run: SwapRun, group: str = "real") -> Shown:
    """Return how each model failed within a group, and how often on a lost case."""
    cases = run.cases[run.cases["group"] == group]
    lost = cases[cases["change"] == "lost"]
    counts = pd.DataFrame(
        {
            "baseline": cases["baseline_failure_mode"].value_counts(),
            "candidate": cases["candidate_failure_mode"].value_counts(),
            "lost": lost["candidate_failure_mode"].value_counts(),
        }
    )
    if counts.empty:
        return sentence("The results name no failure modes.")
    frame = (
        counts.fillna(0)
        .astype("int64")
        .rename_axis("mode")
        .reset_index()
        .sort_values("lost", ascending=False, kind="stable")
    )
    looks = {
        "mode": Look("failure mode"),
        "baseline": Look("baseline", "count", spanner="fails by it"),
        "candidate": Look("candidate", "count", spanner="fails by it"),
        "lost": Look("lost by it", "count"),
    }
    return safe_table(
        frame, caption=f"How {NAMES.get(group, group)} cases fail", looks=looks, notes=[DESCRIPTIVE]
    )


def contradiction(run: SwapRun) -> Shown:
    """Say what synthetic cases alone would have said, and whether they contradict the real ones."""
    synthetic = run.get("groups", "synthetic") or {}
    delta, low, high = (run.get("contradiction", name) for name in ("delta_pp", "low_pp", "high_pp"))
    apart = not is_missing(low) and not is_missing(high) and (low > 0 or high < 0)
    said = []
    if is_missing(synthetic.get("delta_pp")):
        said.append("The set has no paired synthetic case, so nothing can contradict the real ones.")
    else:
        word = READINGS.get(str(synthetic.get("reading")), READINGS["unresolved"])[0]
        between = interval(synthetic.get("low_pp"), synthetic.get("high_pp"))
        would = run.get("synthetic_only", "would_say")
        said.append(f"Synthetic cases alone read {word}: {points(synthetic['delta_pp'])} points ({between}).")
        said.append(
            f"Had they decided, they would have said {would}; they never do."
            if would
            else "They never decide."
        )
    if apart:
        said.append(
            f"Real minus synthetic is {points(delta)} points ({interval(low, high)}): the two contradict each other, so the synthetic set has drifted from production."
        )
    elif not is_missing(delta):
        between = (
            f"no interval: {run.why('contradiction', 'low_pp')}" if is_missing(low) else interval(low, high)
        )
        said.append(f"Real minus synthetic is {points(delta)} points ({between}): no contradiction is shown.")
    weight = run.get("tipping_weight")
    if not is_missing(weight):
        said.append(
            f"In a mix of real and synthetic the estimate changes its sign where the real cases weigh {rounded(100 * weight, 0)}%: a mixed number alone is a choice of weight."
        )
    return sentence(" ".join(said), kind="warning" if apart else "note")


def _mark(run: SwapRun) -> str:
    return " (smoke test only)" if run.refused else ""


def _smoke_test(run: SwapRun) -> list[str]:
    return [SMOKE_TEST] if run.refused else []


def _with_mixed(run: SwapRun) -> pd.DataFrame:
    """Return the groups and, as the last row, the mixed estimate."""
    mixed = run.get("mixed") or {}
    frame = run.parts("groups")
    # What a mix cannot have stays empty; what it has and lacks is missing.
    row: dict[str, Any] = dict.fromkeys(frame.columns, "") | {"part": "mixed", "name": "mixed"}
    row |= {name: mixed.get(name) for name in ("delta_pp", "low_pp", "high_pp")}
    return _worded(pd.concat([frame, pd.DataFrame([row], dtype=object)], ignore_index=True))


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the interval and the reading in words."""
    worded = frame.copy()
    ends = zip(frame["low_pp"], frame["high_pp"], strict=True)
    worded["between"] = pd.Series([interval(*pair) for pair in ends], dtype=object).replace(MISSING, None)
    worded["word"] = frame["reading"].map(
        lambda word: READINGS[word][0] if word and word in READINGS else word
    )
    return worded


def _remarks(
    run: SwapRun, kind: str, frame: pd.DataFrame, looks: Mapping[str, Look]
) -> dict[tuple[int, str], Remark]:
    """Return the reason of every missing number and the sign of every reading."""
    fields = {"between": "low_pp", "word": "reading"}
    remarks: dict[tuple[int, str], Remark] = {}
    for i, row in enumerate(frame.to_dict("records")):
        path = ("mixed",) if kind == "groups" and row["part"] == "mixed" else (kind, str(row["part"]))
        missing = [name for name in looks if is_missing(row[name])]
        remarks |= {(i, name): Remark(run.why(*path, fields.get(name, name))) for name in missing}
        if not is_missing(row["reading"]) and row["reading"]:
            remarks[i, "word"] = Remark(sign=str(row["reading"]))
    return remarks
