"""Why synthetic and real cases are apart: ways to fail that one group alone shows, and words that decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.markup import sentence
from workbench.report.numbers import count, is_missing, points, rate, rounded
from workbench.report.swap.diagnostics import GROUPS, PART, absent, captioned, remedies, signs, told, worded
from workbench.report.swap.diagnostics_charts import words_chart
from workbench.stats.clusters import MIN_ROOTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart
    from workbench.report.markup import Shown
    from workbench.report.swap.folder import SwapRun


def exclusive_modes(run: SwapRun) -> Shown:
    """Return how often each failure mode occurs among synthetic and real failures, and which one group alone shows."""
    found = run.get(PART, "failure_modes")
    if not found:
        return absent(run, "Failure modes cannot be compared", "failure_modes")
    rows = found["rows"]
    frame = pd.DataFrame(
        [
            {
                "model": row["model"],
                "mode": row["mode"],
                "reading": row["reading"],
                **{f"{group}_{key}": value for group in GROUPS for key, value in _mode(row[group]).items()},
            }
            for row in rows
        ],
        dtype=object,
    )
    looks = {
        "mode": Look("failure mode", "word"),
        "model": Look("model", "word"),
        "reading": Look("seen", "word"),
    }
    for group in GROUPS:
        looks |= {
            f"{group}_failures": Look("cases", "count", spanner=group),
            f"{group}_of_failures": Look("of failures", "interval", spanner=group),
            f"{group}_of_cases": Look("of cases", "interval", spanner=group),
        }
    named = (
        f"{group} {_named(found, 'baseline', group)} and {_named(found, 'candidate', group)}"
        for group in GROUPS
    )
    notes = [
        *(_mode_said(found, group) for group in ("synthetic", "real")),
        *remedies(found),
        f"Failures with a named mode, baseline and candidate: {'; '.join(named)}.",
        "A mode is said to be of one group only where so many failures of the other were looked at that it would hardly have been missed, and where chance is excluded over all modes (Benjamini-Hochberg).",
    ]
    notes += [f"{count(found['more_rows'])} more modes are not stored."] if found["more_rows"] else []
    return safe_table(
        worded(frame),
        caption=captioned(run, "Ways to fail, synthetic beside real"),
        looks=looks,
        notes=notes,
        remarks=signs(frame),
    )


def _mode(counts: Mapping[str, Any]) -> dict[str, Any]:
    shares = {name: _share(counts[name]) for name in ("of_failures", "of_cases")}
    return {"failures": counts["failures"], **shares}


def _share(found: Mapping[str, Any]) -> str | None:
    if is_missing(found["rate"]):
        return None
    limits = [rounded(100 * found[end], 1) for end in ("low", "high") if not is_missing(found[end])]
    return f"{rate(found['rate'])} ({' to '.join(limits)})" if limits else rate(found["rate"])


def _named(found: Mapping[str, Any], model: str, group: str) -> str:
    counts = found["failures"][model][group]
    return f"{count(counts['named'])} of {count(counts['failed'])}"


def _mode_said(found: Mapping[str, Any], group: str) -> str:
    only = f"only_{group}"
    other = "real" if group == "synthetic" else "synthetic"
    alone = [f"{row['mode']} ({row['model']})" for row in found["rows"] if row["reading"] == only]
    if alone:
        return f"Shown: {counted(len(alone), 'mode')} only in {group} cases: {', '.join(alone[:3])}."
    if found[only] == "excluded":
        return f"Excluded: each mode of the {group} cases is seen in {other} ones too."
    return f"Unresolved: no mode is shown to be of {group} cases only; too few failures were looked at to exclude one."


def trigger_words(run: SwapRun) -> Shown:
    """Return the pass rates of cases with and without each listed word, and what the swap changes in both."""
    found = run.get(PART, "trigger_words")
    if not found:
        return absent(run, "Cases with and without a word cannot be compared", "trigger_words")
    rows, rest = found["rows"], found["untested"]
    frame = pd.DataFrame([_word_row(row) for row in rows], dtype=object)
    looks = {
        "word": Look("word", "word"),
        "group": Look("cases", "word"),
        "reading": Look("the swap's change", "word"),
        "change_with": Look("with", "points", spanner="candidate minus baseline"),
        "change_without": Look("without", "points", spanner="candidate minus baseline"),
        "between": Look("with minus without", "interval", spanner="candidate minus baseline"),
    }
    for name in ("baseline", "candidate"):
        looks |= {f"{name}_{side}": Look(side, "rate", spanner=name) for side in ("with", "without")}
    looks |= {f"cases_{side}": Look(side, "count", spanner="number") for side in ("with", "without")}
    notes = [
        *_words_said(found),
        *remedies(found),
        f"{count(found['tested'])} comparisons of {counted(found['words'], 'word')} have an interval; over all of them chance is excluded by Benjamini-Hochberg. A word counts with its English inflections, in what the customer writes.",
    ]
    if found["more_rows"]:
        notes.append(f"{count(found['more_rows'])} more rows are not stored.")
    if rest:
        notes.append(
            f"{counted(rest, 'comparison')} with fewer than {MIN_ROOTS} roots on one side: nothing can be told."
        )
    if not rows:
        return sentence(" ".join(notes))
    return safe_table(
        worded(frame),
        caption=captioned(run, "Cases with and without a word"),
        looks=looks,
        notes=notes,
        remarks=signs(frame),
    )


def _word_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a word in one group as a table prints it: what the swap changes, then both models' pass rates."""
    sides, models = ("with", "without"), ("baseline", "candidate")
    rates = {f"{name}_{side}": row[side][name] for name in models for side in sides}
    change = {f"change_{side}": 100 * row[side]["difference"] for side in sides}
    cases = {f"cases_{side}": row[side]["cases"] for side in sides}
    found = row["difference"]
    named = {"word": row["word"], "group": row["group"], "reading": found["reading"]}
    return {**named, **told(found), **rates, **change, **cases}


def _words_said(found: Mapping[str, Any]) -> list[str]:
    shown = [row for row in found["rows"] if row["difference"]["reading"] == "shown"]
    if shown:
        return [
            f"Shown on {row['group']} cases: with {row['word']} the candidate changes {points(100 * row['with']['difference'])} points, without it {points(100 * row['without']['difference'])}."
            for row in shown[:3]
        ]
    if found["reading"] == "excluded":
        return ["Excluded: with and without each word the swap changes the same, within 10 points."]
    return ["Unresolved: the cases cannot tell whether what the swap changes hangs on a word."]


def trigger_words_chart(run: SwapRun) -> Chart | Shown:
    """Return what the swap changes in cases with and without each word, as a chart."""
    found = run.get(PART, "trigger_words")
    if not found:
        return absent(run, "No words are drawn", "trigger_words")
    rows = found["rows"]
    if not rows:
        return sentence(f"No word is drawn: none is in {MIN_ROOTS} roots and missing in {MIN_ROOTS} more.")
    return words_chart(rows, title=captioned(run, "What the swap changes, with and without a word"))
