"""Whether the synthetic set has drifted, how old the set is, and whether newer traffic looks like its seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, interval, is_missing, number, points, rounded
from workbench.report.swap.history import ABSENT, places_of, swaps_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.swap.history import Told

WORDS: Mapping[str, tuple[str, str]] = {
    "drift": ("drift", "no"),
    "no_drift": ("no drift", "yes"),
    "apart": ("apart", "no"),
    "together": ("together", "yes"),
    "climbing": ("climbing", "open"),
    "falling": ("falling", "open"),
    "flat": ("flat", "yes"),
    "alike": ("alike", "yes"),
    "unresolved": ("unresolved", "open"),
}
"""How a reading of a window is named, and the sign of its colour and shape."""

TESTS = (("drift", "abrupt"), ("drift", "slow"), ("trend", "gap"), ("trend", "synthetic"), ("trend", "real"))

ANSWERS: Mapping[str, Look] = {
    "question": Look("question"),
    "word": Look("reading", "word"),
    "says": Look("what it says"),
}


def history_drift(told: Told) -> Shown:
    """Return each test of drift with its reading and how often it is wrong; a sentence where none could be made."""
    if not told.get("history"):
        return sentence(ABSENT)
    drift, trend = told.get("history", "drift"), told.get("history", "trend")
    if all(is_missing(told.get("history", *path)["p"]) for path in TESTS):
        reasons = dict.fromkeys(told.why("history", *path, "estimate_pp") for path in TESTS)
        return sentence(f"Whether the synthetic set has drifted is not known. {' '.join(reasons)}")
    alarms = " to ".join(rounded(100 * share, 0) for share in drift["false_alarms"])
    wrong = f" Both lines together raise a false alarm in {alarms}% of windows without drift."
    slopes = " to ".join(rounded(100 * share, 0) for share in trend["false_alarms"])
    places = places_of(told)
    worst = "" if drift["swap"] is None else f"at {places[drift['swap']]}, "
    rows = [
        ("Did one swap contradict the real cases abruptly?", drift["abrupt"]["reading"],
         _says(told, ("drift", "abrupt"), f"Real minus synthetic stands out most {worst}by {{}} points.", wrong)),
        ("Do they contradict each other a little, every time?", drift["slow"]["reading"],
         _says(told, ("drift", "slow"), "Real minus synthetic is {} points on average.", wrong)),
        ("Do synthetic pass rates climb away from real ones?", trend["gap"]["reading"],
         _says(told, ("trend", "gap"), "The gap of levels moves by {} points a swap.",
               f" A slope that is not there is seen in {slopes}% of windows.{_mixed(told)}")),
        ("Synthetic alone", trend["synthetic"]["reading"], _says(told, ("trend", "synthetic"), "{} points a swap.")),
        ("Real alone", trend["real"]["reading"], _says(told, ("trend", "real"), "{} points a swap.")),
    ]  # fmt: skip
    frame = pd.DataFrame(
        [(question, WORDS[reading][0], says) for question, reading, says in rows], columns=list(ANSWERS)
    )
    remarks = {(i, "word"): Remark(sign=WORDS[reading][1]) for i, (_, reading, _) in enumerate(rows)}
    return safe_table(frame, caption="Has the synthetic set drifted?", looks=ANSWERS, remarks=remarks)


def history_age(told: Told) -> Shown:
    """Return how often the set was used, and how old it and its red team are."""
    if not told.get("history"):
        return sentence(ABSENT)
    rows = (
        (
            "Swaps decided on this set",
            "times_used",
            "each one tunes towards it a little; renew it, and keep a holdout",
        ),
        ("Age of the set, days", "set_age_days", "since it was frozen"),
        ("Age of the red team, days", "redteam_age_days", "since its newest case came; attacks age"),
    )
    use = told.get("history", "use")
    found = [
        {"what": what, "value": None, "meaning": told.why("history", "use", name)}
        if is_missing(use[name])
        else {"what": what, "value": count(use[name]), "meaning": meaning}
        for what, name, meaning in rows
    ]
    found.append({"what": "Newer traffic", "value": None, "meaning": told.why("history", "staleness")})
    looks = {"what": Look("what", "word"), "value": Look("value", "interval"), "meaning": Look("meaning")}
    return safe_table(pd.DataFrame(found, dtype=object), caption="Use and age of the set", looks=looks)


class Compared(Protocol):
    """What `wb.swap.staleness` found."""

    @property
    def apart(self) -> Any:
        """How well a classifier tells newer cases from the set's seed."""

    @property
    def held(self) -> int:
        """Seed cases of the set."""

    @property
    def later(self) -> int:
        """Newer cases."""

    @property
    def basis(self) -> str:
        """What makes them newer."""


def history_staleness(found: Compared) -> Shown:
    """Say whether newer traffic still looks like the seed of the set."""
    apart = found.apart
    if is_missing(apart.auc):
        return sentence(f"Whether the seed is stale is not known: {apart.reason}")
    numbers = f"{number(apart.auc)} ({number(apart.low)} to {number(apart.high)}, where 0.5 is a guess)"
    against = f"{count(found.later)} real cases {found.basis}, against {count(found.held)} of the set"
    if apart.reading == "apart":
        said = f"Newer traffic differs from the seed of the set: a classifier tells them apart at {numbers}; {against}. Renew the seed."
        return sentence(said, kind="warning")
    shown = (
        "looks like the seed of the set"
        if apart.reading == "alike"
        else "cannot be told from the seed of the set, nor shown to be alike"
    )
    return sentence(f"Newer traffic {shown}: a classifier reaches {numbers}; {against}.")


def _says(told: Told, path: Sequence[str], template: str, wrong: str = "") -> str:
    """Return a finding in words with its interval, p value, swaps and how often it is wrong; or why there is none."""
    found = told.get("history", *path)
    if is_missing(found["estimate_pp"]):
        return f"Not known. {told.why('history', *path, 'estimate_pp')}"
    numbers = f"{points(found['estimate_pp'])} ({interval(found['low_pp'], found['high_pp'])})"
    return f"{template.format(numbers)} p {number(found['p'])}, {count(found['n'])} swaps.{wrong}"


def _mixed(told: Told) -> str:
    """Warn when the cases themselves changed within the window."""
    changed = any(mark["kind"] == "set" for swap in swaps_of(told)[1:] for mark in swap["marks"] or [])
    return " The set changed in between, so part of a slope may be other cases." if changed else ""
