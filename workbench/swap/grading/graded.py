"""What grading did: the results run, and a table of marks by model and group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import counted, listed
from workbench.provenance import GROUPS
from workbench.swap.grading.marks import MALFORMED, PENDING, WHY, Mark
from workbench.swap.results import stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.errors import WorkbenchError
    from workbench.frozen import Frozen
    from workbench.store import Transaction
    from workbench.swap.grading.answered import Answered
    from workbench.workspace import Workspace

REASONS = 5
"""How many reasons for a missing verdict are named, the commonest first."""


@dataclass(frozen=True, kw_only=True)
class Grader:
    """Who grades.

    Attributes:
        name: The judge of the results.
        family: Its lineage; `programmatic` for a check.
        metric: What it grades by; None for the label alone.
    """

    name: str
    family: str = "programmatic"
    metric: str | None = None


@dataclass(frozen=True, kw_only=True)
class Graded:
    """What grading did.

    Attributes:
        run: The results run; empty where answers are still to be judged, or where the judge's server took none of
            them, so that nothing was stored.
        is_new: False when the same results had been stored before.
        counts: One row per model and group: `answers`, `pass`, `fail`, `error`, and one column for each
            way to be unscored that occurs.
        absent: Cases of the set without an answer, by model, where there are any.
        pending: Answers that the judge has not judged yet, by reason.
        missing: Answers without a verdict although the judge was asked, by reason.
        flips: What planted instructions did; see `flips.flip_rates`. None where nothing was planted.
        usd: What the judge cost this time, in USD.
        calls: Calls that it was asked in this time.
        unpriced: How many of these have a cost that nobody knows.
        stopped: What ended it early: a cap, or a server that turns everything away.
    """

    run: str
    is_new: bool
    counts: pd.DataFrame
    absent: dict[str, int]
    pending: dict[str, int]
    missing: Mapping[str, int] = field(default_factory=dict)
    flips: pd.DataFrame | None = None
    usd: float = 0.0
    calls: int = 0
    unpriced: int = 0
    stopped: WorkbenchError | None = None

    def __str__(self) -> str:
        return "\n".join([*self._run(), self.counts.to_string(index=False, max_colwidth=40), *self._rest()])

    def _run(self) -> list[str]:
        if not self.run and not self.pending:
            return [
                "the judge's server took nothing that it was asked, so no results; mend it and run it again"
            ]
        if not self.run:
            return [
                f"{counted(sum(self.pending.values()), 'answer')} still to be judged, so no results yet; run it again"
            ]
        if self.is_new:
            return [f"results run {self.run[:12]}: {int(self.counts['answers'].sum()):,} rows"]
        return [f"results run {self.run[:12]} was there before: nothing added"]

    def _rest(self) -> list[str]:
        absent = [f"{model} {cases:,}" for model, cases in self.absent.items()]
        pending = [f"{number:,} {reason}" for reason, number in self.pending.items()]
        missing = sorted(self.missing.items(), key=lambda one: (-one[1], one[0]))
        more = [f"  no verdict: {sum(number for _, number in missing[REASONS:]):,} for other reasons"]
        return [
            *(f"  no verdict: {number:,} {reason}" for reason, number in missing[:REASONS]),
            *(more if missing[REASONS:] else []),
            *([f"cases of the set without an answer: {listed(absent, most=8)}"] if absent else []),
            *([f"not judged: {listed(pending, most=8)}"] if pending else []),
            *(_flipped(self.flips) if self.flips is not None else []),
            *([self._spent()] if self.calls else []),
            *([f"stopped: {self.stopped}"] if self.stopped else []),
        ]

    def _spent(self) -> str:
        rest = f", and {counted(self.unpriced, 'call')} at a cost nobody knows" if self.unpriced else ""
        return f"the judge cost ${self.usd:,.4f} for {counted(self.calls, 'call')}{rest}"


def result_rows(answers: Sequence[Answered], marks: Sequence[Mark], grader: Grader) -> list[dict[str, Any]]:
    """Return rows of the table `results`, without run and time."""
    return [
        {
            **answer.row,
            "outcome": mark.outcome,
            "judge": grader.name,
            "judge_family": grader.family,
            "metric": grader.metric,
            "failure_mode": mark.failure_mode,
            "output": answer.output or None,
            "reason": mark.told,
            "malformed": mark.why == MALFORMED if grader.family != "programmatic" else None,
        }
        for answer, mark in zip(answers, marks, strict=True)
    ]


def store(
    tx: Transaction,
    workspace: Workspace,
    answers: Sequence[Answered],
    marks: Sequence[Mark],
    grader: Grader,
) -> tuple[str, bool]:
    """Append the results of a grading; the same again adds nothing. See `workbench.swap.results.stored`."""
    return stored(tx, workspace, result_rows(answers, marks, grader), dt.datetime.now(dt.UTC))


def counts_of(answers: Sequence[Answered], marks: Sequence[Mark]) -> pd.DataFrame:
    """Return how many answers of each model and group got which mark; see `Graded.counts`."""
    frame = pd.DataFrame(
        [
            {"model": answer.row["model"], "group": answer.group, "mark": mark.why or mark.outcome}
            for answer, mark in zip(answers, marks, strict=True)
        ]
    )
    table = pd.crosstab([frame["model"], frame["group"]], frame["mark"])
    named = ["pass", "fail", *(why for why in (*WHY, PENDING) if why in table), "error"]
    table = table.reindex(columns=named, fill_value=0)
    table.insert(0, "answers", table.sum(axis=1))
    order = {group: place for place, group in enumerate(GROUPS)}
    table = table.reset_index().rename_axis(columns=None)
    return table.sort_values(
        ["model", "group"], key=lambda names: names.map(order).fillna(0) if names.name == "group" else names
    ).reset_index(drop=True)


def absent_of(answers: Sequence[Answered], frozen: Frozen, models: Sequence[str]) -> dict[str, int]:
    """Return how many cases of the set have no answer, by model, where there are any."""
    cases = len(frozen.members)
    found = {
        model: cases - len({a.row["case_id"] for a in answers if a.row["model"] == model}) for model in models
    }
    return {model: number for model, number in found.items() if number}


def _flipped(flips: pd.DataFrame) -> list[str]:
    """Say how often planted instructions turned a fail into a pass."""
    if not flips["probes"].sum():
        return ["no instruction was planted, for the judge failed no answer"]
    told = []
    for row in flips.to_dict("records"):
        share = (
            f"{row['rate']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
            if row["judged"]
            else "nothing judged"
        )
        told.append(f"  {row['placement']}: {row['flips']:,} of {row['judged']:,}, {share}")
    return ["failed answers that pass once an instruction to do so is planted:", *told]
