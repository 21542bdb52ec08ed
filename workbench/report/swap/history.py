"""The last swaps together: of a swap's run folder, or of a workspace by `wb.swap.history(shop)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.report.cells import Look, Remark, safe_table
from workbench.report.figures import READINGS
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, interval, is_missing, points, rounded
from workbench.report.swap.folder import NAMES
from workbench.report.swap.history_chart import course_chart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart

ABSENT = "This swap was decided before histories were kept; run it again to see it with the swaps before it."
TABLE: Mapping[str, Look] = {
    "place": Look("swap", "word"),
    "verdict": Look("verdict", "word"),
    "baseline": Look("baseline"),
    "candidate": Look("candidate"),
    "evalset": Look("set", "word"),
    "look": Look("look", "count"),
    "changed": Look("changed since the one before"),
    "apart": Look("real minus synthetic", "interval", "points"),
}
SIGNS: Mapping[str, Look] = {
    "place": Look("swap", "word"),
    "real": Look("points", "points", spanner="real"),
    "real_word": Look("reading", "word", spanner="real"),
    "synthetic": Look("points", "points", spanner="synthetic"),
    "synthetic_word": Look("reading", "word", spanner="synthetic"),
    "signs": Look("signs of the estimates", "word"),
    "counts": Look("counted"),
}


class Told(Protocol):
    """What a history is read from: a swap's run, or the history of a workspace."""

    def get(self, *path: str) -> Any:
        """Return a field of verdict.json by its path, or none."""

    def why(self, *path: str) -> str:
        """Return why a field is none."""


def history_headline(told: Told) -> Shown:
    """Say in one sentence whether the synthetic cases have drifted from the real ones over the last swaps."""
    if not told.get("history"):
        return sentence(ABSENT)
    used = sum(not swap["unused"] for swap in swaps_of(told))
    if not used:
        return sentence("No swap with stored pairs was decided yet, so there is no history.")
    over = f"Over the last {used} swaps" if used > 1 else "With one swap"
    drift = told.get("history", "drift")
    slow = drift["slow"]
    if drift["reading"] == "drift":
        said = f"{over} the synthetic cases have drifted from the real ones: trust the real ones, and renew the others."
        return sentence(said, kind="warning")
    if is_missing(drift["p"]):
        return sentence(
            f"{over} drift of the synthetic cases cannot be told yet. {told.why('history', 'drift', 'p')}"
        )
    bound = f"{interval(slow['low_pp'], slow['high_pp'])} points of steady drift are not excluded"
    shown = (
        "no drift of the synthetic cases from the real ones is seen"
        if drift["reading"] == "no_drift"
        else "drift of the synthetic cases is neither shown nor excluded"
    )
    return sentence(f"{over} {shown}" + ("." if is_missing(slow["low_pp"]) else f"; {bound}."))


def history_chart(told: Told, kind: str = "group") -> Chart | Shown:
    """Return the candidates' pass rates by `group` or `bucket` over the last swaps, with what changed."""
    if not told.get("history"):
        return sentence(ABSENT)
    every, swaps = told.get("history", "rates"), swaps_of(told)
    rows = [row for row in every if row["kind"] == kind]
    if not rows:
        return sentence("No swap with stored pairs was decided yet, so no course is drawn.")
    if kind == "bucket" and 2 * len(rows) == len(every):
        return sentence("No group has cases of two buckets, so the courses by bucket are those by group.")
    places = [f"{i}, this" if swap["current"] else f"{i}" for i, swap in enumerate(swaps, start=1)]
    dated = places_of(told)
    frame = pd.DataFrame(
        [
            {
                "place": places[row["swap"]],
                "swap": dated[row["swap"]],
                "name": NAMES.get(row["part"], row["part"]),
            }
            | {end: row[f"candidate_{end}"] for end in ("rate", "low", "high")}
            for row in rows
        ]
    )
    changes = {
        place: list(dict.fromkeys(mark["kind"] for mark in swap["marks"] or []))
        for place, swap in zip(places, swaps, strict=True)
        if not swap["unused"]
    }
    return course_chart(frame, changes, title=f"Pass rate of the candidates over the last swaps, by {kind}")


def history_swaps(told: Told) -> Shown:
    """Return the last swaps, oldest first, with what changed before each of them."""
    if not told.get("history"):
        return sentence(ABSENT)
    rows: list[dict[str, Any]] = []
    remarks: dict[tuple[int, str], Remark] = {}
    for i, (place, swap) in enumerate(zip(places_of(told), swaps_of(told), strict=True)):
        between = swap["contradiction"]
        marks = swap["marks"]
        row = {
            **{name: swap[name] for name in ("verdict", "baseline", "candidate", "evalset", "look")},
            "place": place,
            "changed": None if marks is None else "; ".join(mark["text"] for mark in marks) or "nothing",
            "apart": None
            if is_missing(between["low_pp"])
            else f"{points(between['delta_pp'])} ({interval(between['low_pp'], between['high_pp'])})",
        }
        rows.append(row)
        remarks |= {(i, name): Remark(swap["why"]) for name, value in row.items() if is_missing(value)}
        if swap["unused"]:
            remarks[i, "verdict"] = Remark(f"Not used: {swap['unused']}.")
    level = rounded(100 * (1 - told.get("history", "alpha")), 0)
    note = (
        f"Pass rates have {level}% intervals; a difference has the level of its own look, as its verdict had."
    )
    frame = pd.DataFrame(rows, columns=list(TABLE), dtype=object)
    return safe_table(
        frame, caption="The last swaps, oldest first", looks=TABLE, notes=[note], remarks=remarks
    )


def history_signs(told: Told) -> Shown:
    """Return for each swap which way the two groups moved, and whether that counts as agreement."""
    if not told.get("history"):
        return sentence(ABSENT)
    places = places_of(told)
    of = {(row["swap"], row["part"]): row for row in told.get("history", "rates") if row["kind"] == "group"}
    rows = [
        {"place": place, **_signs(of.get((i, "real")), of.get((i, "synthetic")))}
        for i, (place, swap) in enumerate(zip(places, swaps_of(told), strict=True))
        if not swap["unused"]
    ]
    signs = told.get("history", "signs")
    notes = [
        f"Only swaps in which both groups are resolved count: {count(signs['resolved'])} of {count(len(rows))}.",
    ]
    if signs["agree"] is not None:
        luck = f"; coins all agree in {rounded(100 * signs['by_luck'], 0)}% of windows"
        notes.append(
            f"{count(signs['agree'])} of them agree{luck if signs['agree'] == signs['resolved'] else ''}."
        )
    if signs["estimates_apart"]:
        low, high = (rounded(100 * share, 0) for share in signs["false_alarms"])
        notes.append(
            f"The bare estimates point apart in {count(signs['estimates_apart'])}: an alarm on signs alone would have fired. "
            f"Without any drift it does so in {low} to {high}% of windows of five, so it says nothing by itself."
        )
    frame = pd.DataFrame(rows, columns=list(SIGNS), dtype=object)
    return safe_table(frame, caption="Which way real and synthetic cases moved", looks=SIGNS, notes=notes)


def swaps_of(told: Told) -> list[dict[str, Any]]:
    """Return the swaps of a history, oldest first."""
    return list(told.get("history", "swaps") or [])


def places_of(told: Told) -> list[str]:
    """Return a label for each swap, by its number and day."""
    return [
        f"{i}, this swap" if swap["current"] else f"{i}, {swap['at'][:10]}"
        for i, swap in enumerate(swaps_of(told), start=1)
    ]


def _signs(real: Mapping[str, Any] | None, synthetic: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return one row of the table of signs."""
    deltas = [None if row is None else row["delta_pp"] for row in (real, synthetic)]
    readings = ["" if row is None else str(row["reading"]) for row in (real, synthetic)]
    words = [READINGS[reading][0] if reading else MISSING for reading in readings]
    product = None if None in deltas else deltas[0] * deltas[1]  # type: ignore[operator]
    agree = product is not None and product > 0
    resolved = {"worse", "better"}.issuperset(readings)
    return {
        "real": deltas[0],
        "real_word": words[0],
        "synthetic": deltas[1],
        "synthetic_word": words[1],
        "signs": None if product is None else "same" if agree else "one is 0" if product == 0 else "opposite",
        "counts": ("yes, agrees" if agree else "yes, points apart")
        if resolved
        else "no: unresolved in one or both",
    }
