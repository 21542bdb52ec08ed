"""What the sittings of a review show: pace, drift, hidden checks, agreement, and survival without doubt.

It speaks of sittings and not of people, so no reviewer is named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import counted, listed
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, is_missing, rate, rounded
from workbench.report.review.audit_charts import signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.review.audit_charts import Audit

NO_SITTING = "No decision is recorded yet, so there is no sitting to look at."
MEASURES: Mapping[str, str] = {
    "fast": "many decisions faster than reading",
    "drift": "keep rate that moves",
    "streak": "long run of keeps",
    "missed_bad": "bad checks kept",
    "rejected_good": "good checks called unreal",
    "cell_bias": "cells treated unlike elsewhere",
}
"""What it is called in a sentence when a number stands out."""

DOUBTS: Mapping[str, str] = {
    "": "all decisions",
    "fast": "without keeps faster than reading",
    "streak": "without keeps in a flagged streak",
    "checks": "without sittings that missed many bad checks",
    "any": "without any of these",
}

COLUMNS: Mapping[str, Look] = {
    "keep_rate": Look("keep rate", "rate"), "seconds": Look("median time", "number", unit="s"),
    "fast": Look("faster than reading", "rate"), "drift": Look("drift", "interval", unit="log-odds per 100"),
    "streak": Look("longest run", "count"), "missed_bad": Look("bad kept", "interval"),
    "rejected_good": Look("good called unreal", "interval"), "consistency": Look("same again", "rate"),
    "cell_bias": Look("farthest cell", "interval"),
}  # fmt: skip
"""The numbers of the table of sittings."""


def audited(found: Audit) -> Shown:
    """Return the audit in a few sentences: how many sittings stand out, and by what."""
    if found.decisions.empty:
        return sentence(NO_SITTING)
    many, out = found.decisions["session_id"].nunique(), found.standing_out
    said = [f"{counted(many, 'sitting')} with {counted(len(found.decisions), 'decision')}."]
    flagged = found.numbers[found.numbers["stands_out"].astype(bool)]
    by = [
        f"{session} ({', '.join(MEASURES[name] for name in flagged.loc[flagged['session_id'] == session, 'measure'])})"
        for session in out
    ]
    said.append(f"Standing out: {listed(by)}." if out else "None stands out.")
    said.append("Of twenty careful sittings one stands out by chance at most.")
    tested = [
        name for name in MEASURES if found.numbers.loc[found.numbers["measure"] == name, "p"].notna().any()
    ]
    open_ = [words for name, words in MEASURES.items() if name not in tested]
    said += [f"Not tested, for want of data: {', '.join(open_)}."] if open_ else []
    slope = found.numbers[found.numbers["measure"] == "drift"].iloc[-1]
    if not is_missing(slope["low"]):
        between = f"{signed(slope['low'])} to {signed(slope['high'])}"
        said.append(f"Over {counted(slope['n'], 'sitting')} the keep rate drifts by {signed(slope['estimate'])} log-odds per 100 decisions ({between}).")  # fmt: skip
    return sentence(" ".join(said))


def sittings(found: Audit) -> Shown:
    """Return the numbers of each sitting as a table; why one is missing is below it."""
    if found.decisions.empty:
        return sentence(NO_SITTING)
    made = found.decisions.groupby("session_id", sort=False)
    frame = made.agg(first=("at", "min"), decisions=("verdict", "size")).reset_index()
    frame["first"] = frame["first"].dt.strftime("%Y-%m-%d")
    by = {(row["session_id"], row["measure"]): row for row in found.numbers.to_dict("records")}
    remarks: dict[tuple[int, str], Remark] = {}
    for name in COLUMNS:
        rows = [by[session, name] for session in frame["session_id"]]
        frame[name] = [_cell(row) for row in rows]
        for place, row in enumerate(rows):
            reason = row["reason"] if is_missing(row["estimate"]) else ""
            if reason or row["stands_out"]:
                remarks[place, name] = Remark(reason, "no" if row["stands_out"] else "")
    looks = {
        "session_id": Look("sitting", "word"), "first": Look("day", "word", unit="UTC"), "decisions": Look("decisions", "count"),
        **COLUMNS,
    }  # fmt: skip
    notes = [
        "A marked number stands out at 5% over all that was tested of its sitting. Look at the cases before you make anything of it.",
        "Skips and repeats are not timed. Drift: above 0 the later cases were kept more often. Bad kept: of the planted checks, with the upper 95% bound.",
    ]
    return safe_table(frame, caption="Sittings", looks=looks, notes=notes, remarks=remarks)


SURE_CASES = 60
"""Cases from which intervals of agreement hold the truth in 92 % of simulated reviews or more. Source: 300 draws
each of two raters who are right on 90 or 95 % of cases, of which 50 or 77 % are kept; see `workbench.stats.agreement`."""


def agreement(found: Audit) -> Shown:
    """Return how far reviewers agree who decided on the same candidates, as a table."""
    if found.agreement.empty or not found.agreement["n"].any():
        return sentence("No candidate was decided on by two reviewers, so agreement is not known.")
    rows = found.agreement.to_dict("records")
    frame = found.agreement.assign(
        value=[MISSING if is_missing(row["estimate"]) else rounded(row["estimate"], 2) for row in rows],
        between=[MISSING if is_missing(row["low"]) else f"{rounded(row['low'], 2)} to {rounded(row['high'], 2)}" for row in rows],
    )  # fmt: skip
    looks = {
        "question": Look("question", "word"), "measure": Look("measure", "word"), "value": Look("agreement", "interval"),
        "between": Look("95% interval", "interval"), "n": Look("cases", "count"), "method": Look("interval by", "word"),
    }  # fmt: skip
    remarks = {(place, "value" if is_missing(row["estimate"]) else "between"): Remark(row["reason"]) for place, row in enumerate(rows) if row["reason"]}  # fmt: skip
    notes = [
        "First decisions of two reviewers, before anybody adjudicated. 1 is full agreement; 0 is what chance brings, for all but percent.",
        "Where nearly all cases are kept, kappa and alpha are low however well reviewers agree; AC1 is not.",
    ]
    if found.agreement["n"].min() < SURE_CASES:
        notes.append(
            f"Under {SURE_CASES} cases a 95% interval of kappa, AC1 or alpha holds the truth less often than that: in 86 to 97% of simulated reviews of 30."
        )
    return safe_table(frame, caption="Agreement between reviewers", looks=looks, notes=notes, remarks=remarks)


def doubts(found: Audit) -> Shown:
    """Return survival with all decisions and without doubtful ones, side by side."""
    if not found.survival["reviewed"].fillna(0).any():
        return sentence(NO_SITTING)
    rows = found.survival.to_dict("records")
    frame = found.survival.assign(
        without=found.survival["without"].map(DOUBTS),
        between=[
            MISSING if is_missing(row["low"]) else f"{rate(row['low'])} to {rate(row['high'])}"
            for row in rows
        ],
    )
    looks = {
        "without": Look("survival", "word"), "decisions": Look("left out", "count", unit="decisions"), "kept": Look("kept", "count"),
        "reviewed": Look("reviewed", "count"), "survival": Look("survival", "rate"), "between": Look("95% interval", "interval"),
    }  # fmt: skip
    notes = [
        "The first line is survival. Fast keeps and streaks are keeps alone, so without them survival can only fall: that is how far it could, not what it is."
    ]
    own = found.decisions[(found.decisions["kind"] == "case") & (found.decisions["verdict"] != "skip")]
    untimed = int(own["seconds"].isna().sum())
    if 0 < untimed < len(own):
        notes.append(
            f"Not timed: {count(untimed)} of {counted(len(own), 'decision')}; none of them is called fast."
        )
    remarks = {(place, "survival"): Remark(row["reason"]) for place, row in enumerate(rows) if row["reason"]}
    return safe_table(
        frame, caption="Survival without doubtful decisions", looks=looks, notes=notes, remarks=remarks
    )


def _cell(row: Mapping[Any, Any]) -> Any:
    """Return a number as the table of sittings prints it."""
    name, value = row["measure"], row["estimate"]
    if is_missing(value):
        return None
    if name == "drift":
        return f"{signed(value)} ({signed(row['low'])} to {signed(row['high'])})"
    if name in {"missed_bad", "rejected_good"}:
        return f"{row['note']} (up to {rate(row['high'])})"
    return f"{row['note']} {signed(100 * value, 0)} points" if name == "cell_bias" else value
