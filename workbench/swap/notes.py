"""What is always named beside a verdict and never decides one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import counted, listed, shown
from workbench.provenance import clash
from workbench.stats.corrected import MIN_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.swap.verdict import Evidence, Families

SMALL_SYNTHETIC = 80
"""Paired synthetic cases under which a drift of the synthetic set would rarely be seen."""

MANY_UNPAIRED = 0.20
"""Share of unpaired real cases that is always named: the pairs may no longer be the seed."""


LEAST_KAPPA = 0.6
"""Agreement with humans from which a judge is called substantial: Landis and Koch (1977), Biometrics 33:159-174."""

LEAST_SPECIFICITY = 0.7
"""Share of the failures that a judge has to see, by the interval's lower limit: a convention, since what it
passes hides a harm."""

MANY_MALFORMED = 0.01
"""Share of malformed verdicts that is always named. Published judges: 0.2 % on LLMBar (65 judges), 0.5 % on
XSTest (GPT-4), 2.5 % on PandaLM's test set (GPT-3.5); above 1 % the prompt or its parser deserves a look."""


class Reason(NamedTuple):
    """Why a verdict is what it is: a stable code for machines and a sentence for people."""

    code: str
    text: str


def notes(evidence: Evidence) -> Iterator[Reason]:
    """What is always named and never decides."""
    low, high = evidence.contradiction.low_pp, evidence.contradiction.high_pp
    if low is not None and high is not None and not low <= 0 <= high:
        yield Reason(
            "contradiction",
            f"real and synthetic cases contradict each other (real minus synthetic {low:+.1f} to {high:+.1f} points): "
            "the synthetic set has drifted from production",
        )
    synthetic = evidence.groups.get("synthetic")
    paired = synthetic.paired if synthetic else 0
    if paired < SMALL_SYNTHETIC:
        yield Reason(
            "synthetic_too_small_to_warn",
            f"{counted(paired, 'paired synthetic case')}, too few to warn of anything ({SMALL_SYNTHETIC} are needed)",
        )
    real = evidence.groups["real"]
    unpaired = real.cases - real.paired
    if real.cases and unpaired / real.cases > MANY_UNPAIRED:
        yield Reason(
            "many_unpaired",
            f"{unpaired} of {counted(real.cases, 'real case')} without a pair of outcomes: the pairs may not stand for the seed",
        )
    if evidence.gate_changed:
        yield Reason(
            "gate_changed",
            "the gate differs from the one in force when the results came; this counts as a new look",
        )
    yield from _gaps(evidence)
    yield from _same_vendor(evidence.families)


def _gaps(evidence: Evidence) -> Iterator[Reason]:
    """What the set or the results lack, and what is counted all the same."""
    absent = [f"{counted(n, 'trial')} of the {side}" for side, n in evidence.absent_trials.items() if n]
    if absent:
        yield Reason("absent_trials", f"{listed(absent)} absent on cases where the other model has them")
    if evidence.stubs:
        yield Reason("stubs", f"{counted(evidence.stubs, 'case')} of the set without a text (stubs)")
    if evidence.overdue:
        owners = [f"{owner} {count}" for owner, count in evidence.overdue.items()]
        yield Reason(
            "overdue_labels",
            f"{counted(sum(evidence.overdue.values()), 'case')} left the gate, since their provisional labels are "
            f"overdue (by owner: {listed(owners)})",
        )


def _same_vendor(families: Families) -> Iterator[Reason]:
    models = [("the baseline", families.baseline), ("the candidate", families.candidate)]
    judges = [("the judge", judge) for judge in families.judges]
    writers = [("the generator", generator) for generator in families.generators]
    for roles, others in ((writers, models + judges), (judges, models)):
        for role, name in roles:
            same = [f"{other} ({lineage})" for other, lineage in others if clash(name, lineage) == "vendor"]
            if same:
                yield Reason("same_vendor", f"{role} {name} shares its vendor with {listed(same)}")


def judge_notes(judging: Mapping[str, Any]) -> Iterator[Reason]:
    """What is named of the judge that gates, from the part `judging` of verdict.json."""
    judge = f"the judge {shown(judging['judge'])}"
    doubts = list(judge_doubts(judging["groups"].get("real")))
    if doubts:
        yield Reason("judge_unreliable", f"on the real cases {judge} {listed(doubts)}")
    mine = [row for row in judging["verdicts"] if row["judge"] == judging["judge"]]
    malformed, rows = (sum(row[name] for row in mine) for name in ("malformed", "rows"))
    if malformed > MANY_MALFORMED * rows:
        yield Reason(
            "judge_malformed",
            f"{judge} gave {counted(malformed, 'malformed verdict')} of {rows:,} ({malformed / rows:.1%}): these answers are missing",
        )


def judge_doubts(group: Mapping[str, Any] | None) -> Iterator[str]:
    """Say what is wrong with a judge in a group; nothing under `MIN_LABELS` answers with a human label."""
    if group is None or group["answers"] < MIN_LABELS:
        return
    kappa, low = group["kappa"], group["specificity_low"]
    if kappa is not None and kappa < LEAST_KAPPA:
        yield (
            f"agrees with humans by a kappa of {kappa:.2f}, under {LEAST_KAPPA:g} (Landis and Koch 1977), on "
            f"{counted(group['answers'], 'answer')}"
        )
    if low is not None and low < LEAST_SPECIFICITY:
        yield (
            f"sees {group['specificity']:.0%} of what humans fail ({low:.0%} to {group['specificity_high']:.0%}): "
            f"with a lower limit under {LEAST_SPECIFICITY:.0%} it may hide a harm"
        )
