"""Whether the mix is bad: where synthetic and real cases are apart, and how far; `diagnostics_causes` says why.

What is shown stands with its remedy; what is not resolved is said as that, and alarms nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, interval, is_missing, points, rate, rounded
from workbench.report.swap.diagnostics_charts import band_chart
from workbench.report.swap.folder import placed
from workbench.stats.clusters import MIN_ROOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.report.charts import Chart
    from workbench.report.swap.folder import SwapRun

PART = "diagnostics"
OLDER = "This run is older than the diagnostics of the mix; decide the swap again to see them."

SERIES: Mapping[str, str] = {
    "baseline": "baseline",
    "candidate": "candidate",
    "difference": "candidate minus baseline",
}
GROUPS = ("real", "synthetic")

SIGNS: Mapping[str, str] = {
    **dict.fromkeys(("shown", "beyond", "only_synthetic", "only_real"), "open"),
    **dict.fromkeys(("excluded", "within", "both"), "yes"),
}
"""The sign of a reading; what is not resolved has none."""

WORDS: Mapping[str, str] = {
    "beyond": "beyond 10",
    "within": "within 10",
    "both": "in both",
    "only_synthetic": "only synthetic",
    "only_real": "only real",
}

NO_BAND = "Taken as a rule on points, more than 10 points apart, two equal groups would be called apart"


def drill_down(run: SwapRun, by: str = "cell") -> Shown:
    """Return the gap between synthetic and real cases by `cell` or `slice`, and how much of the sum is composition."""
    found = run.get(PART, "drill_down", by)
    if not found:
        return absent(run, f"Synthetic and real cases cannot be compared by {by}", "drill_down", by)
    rows = [row for row in found["rows"] if any(not is_missing(row[name]["low_pp"]) for name in SERIES)]
    notes = [*_by_place(found, by, shown=len(rows)), *_composition(found, by)]
    if not rows:
        return sentence(" ".join(notes))
    frame = pd.DataFrame(
        [
            {
                "place": placed(str(row["place"])),
                **{group: row["cases"][group] for group in GROUPS},
                **{f"{name}_{key}": value for name in SERIES for key, value in told(row[name]).items()},
                "reading": _worst([row[name]["reading"] for name in SERIES]),
            }
            for row in rows
        ],
        dtype=object,
    )
    looks = {"place": Look(by), "reading": Look("reading", "word")}
    for name, label in SERIES.items():
        looks[f"{name}_gap_pp"] = Look("points", "points", spanner=label)
        looks[f"{name}_between"] = Look("interval", "interval", spanner=label)
    looks |= {group: Look(group, "count", spanner="cases") for group in GROUPS}
    remarks = {
        (i, f"{name}_between"): Remark(str(row[name]["why"]))
        for i, row in enumerate(rows)
        for name in SERIES
        if is_missing(row[name]["low_pp"])
    }
    return safe_table(
        worded(frame),
        caption=captioned(run, f"Synthetic minus real, by {by}"),
        looks=looks,
        notes=notes,
        remarks=remarks | signs(frame),
    )


def _by_place(found: Mapping[str, Any], by: str, *, shown: int) -> list[str]:
    """Say how many places differ, and what the table leaves out."""
    rows = found["rows"]
    small = len(rows) - shown
    apart = [str(row["place"]) for row in rows if "beyond" in {row[name]["reading"] for name in SERIES}]
    said = f"{len(apart)} of {counted(len(rows) + found['more_rows'], by)} that both groups have {'is' if len(apart) == 1 else 'are'} shown to differ by more than 10 points{': ' + ', '.join(apart[:3]) if apart else ''}."
    unplaced = {group: found["cases"][group] - found["placed"][group] for group in GROUPS}
    notes = [f"{said} The intervals share the level among them, so that they hold as a whole."]
    if small:
        notes.append(
            f"{counted(small, by)} with fewer than {MIN_ROOTS} roots on one side: verdict.json lists what is there."
        )
    if any(unplaced.values()):
        notes.append(
            f"{count(unplaced['real'])} real and {count(unplaced['synthetic'])} synthetic cases name no {by} and are left out."
        )
    if any(found["only"].values()):
        notes.append(
            f"{counted(found['only']['real'], by)} of real cases alone, {count(found['only']['synthetic'])} of synthetic ones alone."
        )
    return notes + (
        [f"{count(found['more_rows'])} more are in verdict.json no longer."] if found["more_rows"] else []
    )


def _composition(found: Mapping[str, Any], by: str) -> list[str]:
    """Say for each model whether its gap is composition."""
    notes = []
    for name in ("baseline", "candidate"):
        part = found["composition"][name]
        label, gap = SERIES[name].capitalize(), points(part["gap_pp"])
        if part["cause"] == "no_gap_shown":
            notes.append(
                f"{label}: no gap beyond 10 points is shown in sum ({gap}), so there is none to explain."
            )
            continue
        if is_missing(part["low_pp"]):
            notes.append(
                f"{label}: how much of the gap of {gap} points is composition is not known: {part['why']}."
            )
            continue
        inner = f"within the same {by}s it is {points(part['within_pp'])} ({interval(part['low_pp'], part['high_pp'])}), other shares of them add {points(part['shares_pp'])}, and {by}s that one group alone fills add {points(part['elsewhere_pp'])}"
        word = {
            "composition": "is composition, and no difference between like cases",
            "same_places": f"is there between cases of the same {by} too",
        }.get(part["cause"], "may or may not be composition")
        notes.append(f"{label}: the gap of {gap} points {word}: {inner}.")
    return notes


def gap(run: SwapRun) -> Shown:
    """Return how far synthetic and real pass rates are apart, as intervals against ten points."""
    found = run.get(PART, "gap")
    if not found:
        return absent(run, "Synthetic and real cases cannot be compared", "gap")
    rows = found["rows"]
    frame = pd.DataFrame(
        [{"name": label, **rows[name], **told(rows[name])} for name, label in SERIES.items()], dtype=object
    )
    for group in GROUPS:
        frame[group] = [_mean(name, rows[name][group]) for name in SERIES]
    looks = {
        "name": Look("of", "word"),
        "gap_pp": Look("points", "points", spanner="synthetic minus real"),
        "between": Look("interval", "interval", spanner="synthetic minus real"),
        "reading": Look("reading", "word"),
        **{group: Look(group, "interval", spanner="mean") for group in GROUPS},
        "method": Look("method"),
    }
    remarks = {
        (i, "between"): Remark(str(rows[name]["why"]))
        for i, name in enumerate(SERIES)
        if is_missing(rows[name]["low_pp"])
    }
    cases, roots = found["cases"], found["roots"]
    alarm = f"{NO_BAND} in {_share(found['point_rule_false_alarm'])} of sets of this size, and in 9% of sets of 153 and 65 cases and 33% of 30 and 30 (at a pass rate of 80%); so the whole interval is asked for."
    counts = ", ".join(
        f"{count(cases[group])} {group} cases of {counted(roots[group], 'root')}" for group in GROUPS
    )
    return safe_table(
        worded(frame),
        caption=captioned(run, "How far synthetic and real cases are apart"),
        looks=looks,
        notes=[_gap_said(found), *remedies(found), alarm, f"{counts}, with outcomes of both models."],
        remarks=remarks | signs(frame),
    )


def _share(chance: float) -> str:
    return "under 1%" if chance < 0.01 else f"{rounded(100 * chance, 0)}%"


def _gap_said(found: Mapping[str, Any]) -> str:
    rows = found["rows"]
    beyond = [name for name in ("baseline", "candidate") if rows[name]["reading"] == "beyond"]
    if beyond:
        models = " and ".join(f"the {name}'s by {points(rows[name]['gap_pp'])}" for name in beyond)
        return f"Shown: pass rates differ by more than 10 points, {models}: the synthetic cases do not probe the same surface."
    if found["reading"] == "excluded":
        return "Excluded: both models' pass rates are within 10 points."
    return "Unresolved: the cases cannot tell whether the pass rates are within 10 points."


def gap_chart(run: SwapRun) -> Chart | Shown:
    """Return the gaps as a chart with the band of ten points."""
    rows = run.get(PART, "gap", "rows")
    if not rows:
        return absent(run, "No gap is drawn", "gap")
    drawn = pd.DataFrame(
        [
            {"name": name, **{key: rows[name][key] for key in ("gap_pp", "low_pp", "high_pp", "reading")}}
            for name in SERIES
        ]
    )
    return band_chart(
        drawn,
        band_pp=float(run.get(PART, "band_pp")),
        title=captioned(run, "Synthetic minus real, and the band of 10 points"),
    )


def captioned(run: SwapRun, caption: str) -> str:
    """Return what a figure shows; of a refused swap with its mark."""
    return f"{caption} (smoke test only)" if run.refused else caption


def absent(run: SwapRun, said: str, *path: str) -> Shown:
    """Say why a diagnostic is not there."""
    if run.get(PART) is None:
        return sentence(OLDER)
    return sentence(f"{said}: {run.why(PART, *path)}.")


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a gap and its interval as a table prints them."""
    between = None if is_missing(found["low_pp"]) else interval(found["low_pp"], found["high_pp"])
    return {"gap_pp": found["gap_pp"], "between": between}


def _mean(name: str, value: float) -> str:
    return f"{points(100 * value)}" if name == "difference" else rate(value)


def _worst(readings: Iterable[str]) -> str:
    found = set(readings)
    return "beyond" if "beyond" in found else "within" if found == {"within"} else "unresolved"


def worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its readings in words."""
    return frame.assign(reading=[WORDS.get(str(word), str(word)) for word in frame["reading"]])


def signs(frame: pd.DataFrame) -> dict[tuple[int, str], Remark]:
    """Return the sign of each row's reading."""
    return {
        (i, "reading"): Remark(sign=SIGNS.get(str(word), "unresolved"))
        for i, word in enumerate(frame["reading"])
    }


def remedies(found: Mapping[str, Any]) -> list[str]:
    """Return what to do about what is shown; nothing where nothing is."""
    remedy: str | Sequence[str] = found["remedy"]
    return [f"What to do: {text}" for text in ([remedy] if isinstance(remedy, str) else remedy) if text]
