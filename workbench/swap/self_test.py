"""The questions to ask before a synthetic evaluation set is trusted, answered from evidence.

Source: the five questions of the long text's section 13. An answer is `yes`, `no` or `not known`;
what has not been measured is not known, and never yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import counted, listed
from workbench.provenance import UNKNOWN, clash
from workbench.stats.bands import HEALTHY_SURVIVAL, read
from workbench.survival import fates
from workbench.tables import CASES, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.store import Store, Transaction
    from workbench.swap.verdict import Families

SWAPS_TO_COMPARE = 3
"""Swaps over which real and synthetic must move together. Source: long text, section 13."""

RESOLVED = {"better": 1, "worse": -1}

ANSWERS = {"inside": "yes", "outside low": "no", "outside high": "no", "unclear": "not known"}
"""What a reading of the healthy band answers."""


class Answer(NamedTuple):
    """One question, its answer, and what the answer rests on."""

    question: str
    answer: str
    evidence: str


class Survival(NamedTuple):
    """How a batch of candidates came through review.

    Attributes:
        candidates: How many there are.
        reviewed: How many were kept, rejected or revised.
        kept: How many were kept.
        from_run: Whether they are those of one generation run.
    """

    candidates: int
    reviewed: int
    kept: int
    from_run: bool


def last_survival(store: Store | Transaction, case_ids: Sequence[str] | None = None) -> Survival:
    """Return the survival of the last reviewed generation run, with what it lost as well as what it kept.

    A run that nobody has reviewed says nothing yet, so the last one with a decision is asked. A frozen
    set holds kept candidates alone, so what became of those that were made with them is asked.
    Without a run all candidates are one batch. What counts is in `workbench.survival`.

    Args:
        store: The store, or an open transaction.
        case_ids: The cases of a set, and so the last run that any of them came from; by default
            the last run of all.
    """
    of_set = None if case_ids is None else set(case_ids)
    found = fates(store.read(CASES), store.read(REVIEWS))
    runs = [{slot["case_id"] for slot in slots} for slots in store.read(RUNS)["slots"].tolist()]
    batches = [
        found[found["case_id"].isin(made)]
        for made in reversed(runs)
        if of_set is None or not of_set.isdisjoint(made)
    ]
    if batches:
        reviewed = (batch for batch in batches if batch["reviewed"].any())
        return _survival(next(reviewed, batches[0]), from_run=True)
    if of_set is not None and of_set.isdisjoint(found["case_id"]):
        found = found.head(0)
    return _survival(found, from_run=False)


def self_test(
    *,
    untagged: Sequence[str],
    cases: int,
    history: Sequence[Mapping[str, Any]],
    families: Families,
    survival: Survival | None = None,
) -> tuple[Answer, ...]:
    """Answer the five questions for a set and a swap, or for a workspace as it is.

    Args:
        untagged: Ids of the cases without a provenance tag.
        cases: How many cases there are.
        history: The readings {real, synthetic} of the last swaps, the last one last.
        families: The lineages; only generators and judges are looked at.
        survival: How the last batch of candidates came through review; see `last_survival`.
    """
    return (
        _tagged(untagged, cases),
        _together(history),
        _survived(survival),
        Answer(
            "Is the vocabulary entropy of the key words within 15 % of the seed's?",
            "not known",
            "the vocabulary has not been measured",
        ),
        _other_family(families),
    )


def _survival(batch: pd.DataFrame, *, from_run: bool) -> Survival:
    return Survival(len(batch), int(batch["reviewed"].sum()), int(batch["kept"].sum()), from_run)


def _survived(survival: Survival | None) -> Answer:
    low, high = (f"{100 * end:.0f}" for end in HEALTHY_SURVIVAL)
    question = f"Is the review survival of the last generation run within {low}-{high} %?"
    if survival is None or not survival.candidates:
        return Answer(question, "not known", "there is no candidate whose review could be counted")
    last = "last reviewed" if survival.reviewed else "last"
    batch = f"of the {last} generation run" if survival.from_run else "here"
    rest = "" if survival.from_run else "; no generation run is recorded"
    if not survival.reviewed:
        made = counted(survival.candidates, "candidate")
        why = f"none of {made} {batch} has a review that could be counted{rest}"
        return Answer(question, "not known", why)
    unread = survival.candidates - survival.reviewed
    reading = read(survival.kept, survival.reviewed)
    share = 100 * survival.kept / survival.reviewed
    evidence = (
        f"{survival.kept:,} of {survival.reviewed:,} reviewed candidates {batch} were kept ({share:.1f} %)"
    )
    evidence += f", {unread:,} have no review that could be counted" if unread else ""
    evidence += "; too few to tell" if reading == "unclear" else ""
    return Answer(question, ANSWERS[reading], evidence + rest)


def _tagged(untagged: Sequence[str], cases: int) -> Answer:
    question = "Does every case carry a provenance tag?"
    if untagged:
        return Answer(question, "no", f"{len(untagged):,} of {cases:,} cases lack one: {listed(untagged)}")
    if not cases:
        return Answer(question, "not known", "there is no case")
    return Answer(question, "yes", f"{cases:,} of {cases:,} cases")


def _together(history: Sequence[Mapping[str, Any]]) -> Answer:
    question = (
        f"Do real and synthetic cases move in the same direction over the last {SWAPS_TO_COMPARE} swaps?"
    )
    if not history:
        return Answer(question, "not known", "no swap was decided yet")
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
        return Answer(question, "yes", "no case was generated")
    if not families.judges:
        return Answer(question, "not known", "nothing was graded yet")
    same = [f"{generator} and {judge}" for generator, judge in pairs if clash(generator, judge)]
    if same:
        return Answer(question, "no", f"shared lineage: {listed(same)}")
    if UNKNOWN in families.generators or UNKNOWN in families.judges:
        return Answer(question, "not known", "a family is unknown")
    return Answer(question, "yes", listed([f"{generator} graded by {judge}" for generator, judge in pairs]))
