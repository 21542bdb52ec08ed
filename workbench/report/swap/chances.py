"""How likely the candidate is worse, in plain words, and how far missing outcomes could move each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.report.cells import Look, Remark, safe_table
from workbench.report.figures import READINGS
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import interval, is_missing, rate
from workbench.report.swap.folder import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.report.swap.folder import SwapRun

WORDS = ((0.99, "virtually certain"), (0.90, "very likely"), (0.66, "likely"))
"""From which chance on which word is used. Source: Mastrandrea et al. (2010), IPCC guidance note on
the treatment of uncertainties, table 1."""

LEAST_CHANCE = 0.001
"""The smallest chance that is printed; a model with a prior knows no smaller one."""

UNDECIDED = "about as likely worse as better"

CHANCES = {"p_worse": "worse", "p_worse_than_margin": "worse by more than the margin", "p_better": "better"}


def chances(run: SwapRun) -> Shown:
    """Return how likely the candidate is worse in each group, as a table with a word for each."""
    found = run.get("chances", "groups")
    if found is None:
        return sentence("This run is older than the chances; decide the swap again to see them.")
    rows = [
        {"part": name, **row, "word": _word(row), **{field: _printed(row[field]) for field in CHANCES}}
        for name, row in _ordered(run, found)
    ]
    looks = {
        "name": Look("group", "word"),
        "word": Look("in words"),
        **{field: Look(label, "interval", spanner="chance of") for field, label in CHANCES.items()},
        "effective_n": Look("effective cases", "number"),
    }
    remarks = {
        (i, field): Remark(run.why("chances", "groups", row["part"], "p_worse"))
        for i, row in enumerate(rows)
        for field in ("word", *CHANCES, "effective_n")
        if is_missing(row[field])
    }
    notes = [f"A second opinion that decides nothing. {run.get('chances', 'assumes')}"]
    frame = pd.DataFrame(rows, columns=["part", *looks], dtype=object)
    return safe_table(
        frame,
        caption=f"How likely is the candidate worse?{_mark(run)}",
        looks=looks,
        notes=notes,
        remarks=remarks,
    )


def missing_bounds(run: SwapRun) -> Shown:
    """Return how far the missing outcomes could move each group's difference, either way, as a table."""
    found = run.get("missing_bounds")
    if found is None:
        return sentence(
            "This run is older than the bounds of missing outcomes; decide the swap again to see them."
        )
    rows = []
    for name, row in _ordered(run, found):
        limits = interval(row["low_pp"], row["high_pp"]) if not is_missing(row["low_pp"]) else None
        word = READINGS.get(str(row["reading"]), READINGS["unresolved"])[0]
        rows.append({"part": name, **row, "between": limits, "word": word})
    looks = {
        "name": Look("group", "word"),
        "missing": Look("cases", "count", unit="with a missing outcome"),
        "low_delta_pp": Look("all against it", "points", spanner="difference if they went"),
        "high_delta_pp": Look("all for it", "points", spanner="difference if they went"),
        "between": Look("interval over both", "interval"),
        "word": Look("reading", "word"),
    }
    remarks = {(i, "word"): Remark(sign=str(row["reading"])) for i, row in enumerate(rows)}
    for i, row in enumerate(rows):
        lacks = {"low_delta_pp": "low_delta_pp", "high_delta_pp": "high_delta_pp", "between": "low_pp"}
        remarks |= {
            (i, name): Remark(run.why("missing_bounds", row["part"], field))
            for name, field in lacks.items()
            if is_missing(row[name])
        }
    notes = [
        "Nothing is assumed of why an outcome is missing. SHIP has to hold at the lower end of the real cases."
    ]
    frame = pd.DataFrame(rows, columns=["part", *looks], dtype=object)
    caption = f"How far the missing outcomes could move it{_mark(run)}"
    return safe_table(frame, caption=caption, looks=looks, notes=notes, remarks=remarks)


def _ordered(run: SwapRun, found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each group with its numbers and the name that people give it, in the usual order."""
    for name in run.parts("groups")["part"]:
        if name in found:
            yield str(name), {"name": NAMES.get(str(name), str(name)), **found[name]}


def _printed(chance: float | None) -> str | None:
    """Return a chance as a percentage that never reads as certainty."""
    if chance is None:
        return None
    if chance < LEAST_CHANCE:
        return f"under {rate(LEAST_CHANCE)}"
    return rate(chance) if chance <= 1 - LEAST_CHANCE else f"over {rate(1 - LEAST_CHANCE)}"


def _word(row: Mapping[str, Any]) -> str | None:
    if is_missing(row["p_worse"]):
        return None
    worse, better = float(row["p_worse"]), float(row["p_better"])
    chance, side = max((worse, "worse"), (better, "better"))
    return next((f"{word} {side}" for least, word in WORDS if chance >= least), UNDECIDED)


def _mark(run: SwapRun) -> str:
    return " (smoke test only)" if run.refused else ""
