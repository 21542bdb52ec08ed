"""The rule: what a swap's evidence decides.

In this order: REFUSED when the set cannot carry a verdict, BLOCK when the real cases or a
confirmed red-team regression say worse, SHIP when nothing stands in the way, and NO VERDICT
otherwise. The seed decides; synthetic cases alone never ship a model and never block one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import counted, listed
from workbench.provenance import UNKNOWN, clash
from workbench.swap.advice import next_action
from workbench.swap.must_hold import CONFIRMED_TRIALS, MustHold, chance_under_no_change, confirmed
from workbench.swap.notes import Reason, notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.swap.comparison import Comparison, Interval, Number

EXIT_CODES: Mapping[str, int] = {"SHIP": 0, "BLOCK": 10, "NO VERDICT": 11, "REFUSED": 12}


@dataclass(frozen=True)
class Families:
    """Who wrote the cases, who judged, and who is compared; each `vendor/line` or a special word.

    Attributes:
        generators: For each generator family the ids of its cases in the set.
        judges: Families of the judges whose scores gate.
        baseline: Family of the model in use.
        candidate: Family of the model that would replace it.
    """

    generators: Mapping[str, Sequence[str]]
    judges: Sequence[str]
    baseline: str
    candidate: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that the rule looks at.

    Attributes:
        groups: The comparison of each group at this look's alpha; `real` is always there.
        redteam_half: The red team compared at half of this look's alpha, which is what blocks.
        real_worst_low_pp: The real group's lower limit with every missing candidate outcome a
            fail and every missing baseline outcome a pass; none when it has no interval.
        margin_pp: The gate's margin, percentage points.
        floor_roots: Real roots with a complete pair below which nothing is decided.
        families: The lineages.
        unreviewed: Cases of the set that nobody reviewed.
        origin_missing: Cases without bucket or tag, or synthetic ones without a generator.
        changed_content: Cases whose answered content differs from the frozen one.
        must_hold: Regressions of must-hold cases.
        must_hold_cases: Must-hold cases with enough trials of both models to regress.
        must_hold_lost: Must-hold cases that the baseline passed in all its trials, however few, and the
            candidate failed in all.
        absent_trials: For each side the trials that the other side has on the same cases and it has not.
        stubs: Cases without a text.
        overdue: For each owner the cases that left the gate with an overdue provisional label.
        needed: Real roots that would decide, or why that cannot be said.
        contradiction: Real minus synthetic difference.
        worse_cells: For a group, its cells or slices with the largest net loss.
        smallest_n: The fewest real roots that can ship at this margin and look.
        gate_changed: Whether the gate differs from the one sealed before the results came.
    """

    groups: Mapping[str, Comparison]
    redteam_half: Comparison | None
    real_worst_low_pp: float | None
    margin_pp: float
    floor_roots: int
    families: Families
    unreviewed: int
    origin_missing: Sequence[str]
    changed_content: Sequence[str]
    must_hold: Sequence[MustHold]
    must_hold_cases: int
    must_hold_lost: Sequence[str]
    absent_trials: Mapping[str, int]
    stubs: int
    overdue: Mapping[str, int]
    needed: Number
    contradiction: Interval
    worse_cells: Mapping[str, Sequence[str]]
    smallest_n: int
    gate_changed: bool


@dataclass(frozen=True)
class Decision:
    """A verdict, its reasons with the deciding one first, and the next thing to do."""

    verdict: str
    reasons: tuple[Reason, ...]
    next_action: str


def decide(evidence: Evidence) -> Decision:
    """Apply the rule to the evidence.

    Returns:
        The verdict. Its deciding reason comes first, what else stands in the way next, and last what
        is always named and never decides (drift, unpaired cases, ...).
    """
    named = tuple(notes(evidence))
    for verdict, reasons in (("REFUSED", tuple(_refusals(evidence))), ("BLOCK", tuple(_blocks(evidence)))):
        if reasons:
            return Decision(verdict, reasons + named, next_action(verdict, reasons[0].code, evidence))
    obstacles = tuple(_obstacles(evidence))
    if obstacles:
        return Decision(
            "NO VERDICT", obstacles + named, next_action("NO VERDICT", obstacles[0].code, evidence)
        )
    return Decision("SHIP", (_ship_reason(evidence), *named), next_action("SHIP", "", evidence))


def _refusals(evidence: Evidence) -> Iterator[Reason]:
    real = evidence.groups["real"]
    if real.roots < evidence.floor_roots:
        yield Reason(
            "seed_too_small",
            f"only {counted(real.roots, 'real root')} with a complete pair, and the floor is {evidence.floor_roots}: "
            "the set would be anchored by synthetic cases, not by users",
        )
    if evidence.origin_missing:
        yield Reason(
            "provenance_missing",
            f"{counted(len(evidence.origin_missing), 'case')} without bucket, tag or generator: {listed(evidence.origin_missing)}",
        )
    yield from _same_line(evidence.families)
    if evidence.changed_content:
        yield Reason(
            "content_differs",
            f"the answered content of {counted(len(evidence.changed_content), 'case')} differs from the frozen one: "
            f"{listed(evidence.changed_content)}",
        )


def _same_line(families: Families) -> Iterator[Reason]:
    models = (("baseline", families.baseline), ("candidate", families.candidate))
    for generator, cases in families.generators.items():
        named = f"{counted(len(cases), 'case')} by it: {listed(cases)}"
        if any(clash(generator, judge) == "line" for judge in families.judges):
            yield Reason("generator_is_grader", f"{generator} wrote cases and judges them ({named})")
        for role, model in models:
            if clash(generator, model) == "line":
                yield Reason(f"generator_is_{role}", f"{generator} wrote cases and is the {role} ({named})")
    for judge in families.judges:
        for role, model in models:
            if clash(judge, model) == "line":
                yield Reason(f"judge_is_{role}", f"{judge} is the judge and the {role}")


def _blocks(evidence: Evidence) -> Iterator[Reason]:
    real = evidence.groups["real"]
    if real.reading == "worse":
        within = real.low_pp is not None and real.low_pp > -evidence.margin_pp
        code = "worse_within_margin" if within else "real_worse"
        yield Reason(
            code,
            f"the candidate is worse on the real cases (seed): {_numbers(real)}"
            + (f", although by less than the margin of {evidence.margin_pp:g} points" if within else ""),
        )
    half = evidence.redteam_half
    if half is not None and half.reading == "worse":
        yield Reason(
            "redteam_worse", f"the candidate is worse on the red team: {_numbers(half)} at half of alpha"
        )
    proven = confirmed(evidence.must_hold, evidence.must_hold_cases)
    if proven:
        chance = chance_under_no_change(proven, evidence.must_hold_cases)
        yield Reason(
            "must_hold_lost",
            f"the candidate failed {counted(len(proven), 'must-hold case')} in every trial and the baseline passed "
            f"them in every one: {listed([case.case_id for case in proven])} (chance under no change {chance:.2%})",
        )


def _obstacles(evidence: Evidence) -> Iterator[Reason]:
    real, margin = evidence.groups["real"], evidence.margin_pp
    if real.low_pp is None or real.low_pp <= -margin:
        yield Reason(
            "unresolved",
            f"the real cases do not exclude a harm of {margin:g} points: {_numbers(real)}",
        )
    elif evidence.real_worst_low_pp is None or evidence.real_worst_low_pp <= -margin:
        worst = (
            "no interval"
            if evidence.real_worst_low_pp is None
            else f"{evidence.real_worst_low_pp:+.1f} points"
        )
        yield Reason(
            "missing_outcomes",
            f"if every missing outcome went against the candidate, the harm could reach {worst}",
        )
    for name in ("synthetic", "golden"):
        if name in evidence.groups and evidence.groups[name].reading == "worse":
            cells = evidence.worse_cells.get(name) or ()
            where = f"; most in {listed(cells)}" if cells else ""
            yield Reason(
                "coverage_regression", f"the {name} cases are worse: {_numbers(evidence.groups[name])}{where}"
            )
    if "redteam" in evidence.groups and evidence.groups["redteam"].reading == "worse":
        yield Reason(
            "redteam_unconfirmed",
            f"the red team is worse, but not at half of alpha: {_numbers(evidence.groups['redteam'])}",
        )
    if evidence.must_hold_lost:
        yield Reason("must_hold_second_run", _unproven_text(evidence))
    unknown = list(_unknown_roles(evidence.families))
    if unknown:
        yield Reason(
            "unknown_family",
            f"the family of {listed(unknown, most=4)} is unknown, so collusion cannot be excluded",
        )
    if evidence.unreviewed:
        yield Reason(
            "unreviewed_candidates",
            f"{counted(evidence.unreviewed, 'case')} of the set not reviewed by anybody",
        )


def _unknown_roles(families: Families) -> Iterator[str]:
    for role, name in (("the candidate", families.candidate), ("the baseline", families.baseline)):
        if name == UNKNOWN:
            yield role
    if UNKNOWN in families.judges:
        yield "the judge"
    if UNKNOWN in families.generators:
        yield f"the generator of {counted(len(families.generators[UNKNOWN]), 'case')}"


def _unproven_text(evidence: Evidence) -> str:
    text = (
        f"the candidate lost {counted(len(evidence.must_hold_lost), 'must-hold case')} in every trial: "
        f"{listed(evidence.must_hold_lost)}"
    )
    if not evidence.must_hold:
        return f"{text}; a regression takes {CONFIRMED_TRIALS} trials of each model"
    chance = chance_under_no_change(evidence.must_hold, evidence.must_hold_cases)
    return f"{text} (chance under no change {chance:.2%})"


def _ship_reason(evidence: Evidence) -> Reason:
    real = evidence.groups["real"]
    words = {"better": "better", "equivalent": "equivalent", "not_worse": "not worse"}
    return Reason(
        f"real_{real.reading}",
        f"the candidate is {words[real.reading]} on the real cases (seed): {_numbers(real)}, margin {evidence.margin_pp:g}",
    )


def _numbers(group: Comparison) -> str:
    if group.delta_pp is None:
        return f"{group.paired} pairs"
    between = "no interval" if group.low_pp is None else f"{group.low_pp:+.1f} to {group.high_pp:+.1f}"
    return (
        f"{group.delta_pp:+.1f} points ({between}) on {counted(group.paired, 'case')}, "
        f"lost {group.lost:.4g}, gained {group.gained:.4g}"
    )
