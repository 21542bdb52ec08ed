"""The questions to ask before a synthetic evaluation set is trusted, answered from evidence.

Source: the five questions of the long text's section 13. An answer is `yes`, `no` or `not known`;
what has not been measured is not known, and never yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import listed
from workbench.provenance import UNKNOWN, clash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.swap.verdict import Families

SWAPS_TO_COMPARE = 3
"""Swaps over which real and synthetic must move together. Source: long text, section 13."""

RESOLVED = {"better": 1, "worse": -1}


class Answer(NamedTuple):
    """One question, its answer, and what the answer rests on."""

    question: str
    answer: str
    evidence: str


def self_test(
    *, untagged: Sequence[str], cases: int, history: Sequence[Mapping[str, Any]], families: Families
) -> tuple[Answer, ...]:
    """Answer the five questions for a set and a swap.

    Args:
        untagged: Ids of the cases without a provenance tag.
        cases: Cases in the set.
        history: The readings {real, synthetic} of the last swaps, this one last.
        families: The lineages of this swap.
    """
    return (
        _tagged(untagged, cases),
        _together(history),
        Answer(
            "Is the review survival of the last generation run within 65-85 %?",
            "not known",
            "no generation run has been reviewed in this workspace",
        ),
        Answer(
            "Is the vocabulary entropy of the key words within 15 % of the seed's?",
            "not known",
            "the vocabulary of this set has not been measured",
        ),
        _other_family(families),
    )


def _tagged(untagged: Sequence[str], cases: int) -> Answer:
    question = "Does every case in the set carry a provenance tag?"
    if untagged:
        return Answer(question, "no", f"{len(untagged)} of {cases} cases lack one: {listed(untagged)}")
    return Answer(question, "yes", f"{cases} of {cases} cases")


def _together(history: Sequence[Mapping[str, Any]]) -> Answer:
    question = (
        f"Do real and synthetic cases move in the same direction over the last {SWAPS_TO_COMPARE} swaps?"
    )
    last = history[-SWAPS_TO_COMPARE:]
    resolved = [
        (RESOLVED[swap["real"]], RESOLVED[swap["synthetic"]])
        for swap in last
        if swap.get("real") in RESOLVED and swap.get("synthetic") in RESOLVED
    ]
    evidence = f"{len(resolved)} of {len(last)} swaps have both resolved"
    apart = sum(real != synthetic for real, synthetic in resolved)
    if apart:
        return Answer(question, "no", f"{evidence}; {apart} of them point apart")
    if len(resolved) < SWAPS_TO_COMPARE:
        return Answer(question, "not known", f"{evidence}, and {SWAPS_TO_COMPARE} are asked for")
    return Answer(question, "yes", evidence)


def _other_family(families: Families) -> Answer:
    question = "Is the generator of another model family than the grader?"
    pairs = [(generator, judge) for generator in families.generators for judge in families.judges]
    if not families.generators:
        return Answer(question, "yes", "no case of the set was generated")
    same = [f"{generator} and {judge}" for generator, judge in pairs if clash(generator, judge)]
    if same:
        return Answer(question, "no", f"shared lineage: {listed(same)}")
    if UNKNOWN in families.generators or UNKNOWN in families.judges:
        return Answer(question, "not known", "a family is unknown")
    return Answer(question, "yes", listed([f"{generator}, graded by {judge}" for generator, judge in pairs]))
