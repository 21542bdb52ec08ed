"""The questions to ask before a synthetic evaluation set is trusted, answered from evidence.

Source: the five questions of the long text's section 13, and the three of its last page, of which two
ask again what the five ask and are answered from the same evidence. An answer is `yes`, `no` or
`not known`; what has not been measured is not known, and never yes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import counted, listed
from workbench.provenance import UNKNOWN, clash
from workbench.stats.bands import HEALTHY_SURVIVAL, read
from workbench.survival import fates
from workbench.tables import CASES, REVIEWS, RUNS, SEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.store import Store, Transaction
    from workbench.swap.verdict import Families

SWAPS_TO_COMPARE = 3
"""Swaps over which real and synthetic must move together. Source: long text, section 13."""

RESOLVED = {"better": 1, "worse": -1}

NAMES = ("tags", "direction", "survival", "vocabulary", "families", "anchor", "which tags", "last swap")
"""What the eight questions are called where there is no room for them."""

ANSWERS = {"inside": "yes", "outside low": "no", "outside high": "no", "unclear": "not known"}
"""What a reading of the healthy band answers."""


class Answer(NamedTuple):
    """One question, its answer, what the answer rests on, and its short name."""

    question: str
    answer: str
    evidence: str
    name: str = ""


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


class Anchor(NamedTuple):
    """The real cases that stand for production.

    Attributes:
        roots: How many roots of them can be used.
        floor: Roots under which they anchor nothing.
        splits: How many cases are of each split.
        seeds: The rows of the table `seeds`.
    """

    roots: int
    floor: int
    splits: Mapping[str, int]
    seeds: pd.DataFrame

    @classmethod
    def of(cls, store: Store | Transaction, real: pd.DataFrame, *, roots: int, floor: int) -> Anchor:
        """Return the anchor that real cases are: rows with their `split`."""
        return cls(roots, floor, Counter(map(str, real["split"])), store.read(SEEDS))


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
    tags: Mapping[str, int],
    history: Sequence[Mapping[str, Any]],
    families: Families,
    survival: Survival | None = None,
    anchor: Anchor | None = None,
) -> tuple[Answer, ...]:
    """Answer the eight questions for a set and a swap, or for a workspace as it is.

    Args:
        untagged: Ids of the cases without a provenance tag.
        tags: How many cases carry each tag.
        history: The readings {real, synthetic} of the last swaps, the last one last.
        families: The lineages; only generators and judges are looked at.
        survival: How the last batch of candidates came through review; see `last_survival`.
        anchor: The real cases; none when nothing was asked about them.
    """
    found = (
        _tagged(untagged, tags),
        _together(history),
        _survived(survival),
        _vocabulary(),
        _other_family(families),
        _anchored(anchor, cases=sum(tags.values()) + len(untagged)),
        _which_tags(untagged, tags),
        _last_together(history),
    )
    return tuple(answer._replace(name=name) for name, answer in zip(NAMES, found, strict=True))


def _survival(batch: pd.DataFrame, *, from_run: bool) -> Survival:
    return Survival(len(batch), int(batch["reviewed"].sum()), int(batch["kept"].sum()), from_run)


def _vocabulary() -> Answer:
    """Say which measure is missing: no table of `workbench.tables` holds one of vocabulary."""
    return Answer(
        "Is the vocabulary entropy of the key words within 15 % of the seed's?",
        "not known",
        "no measure of vocabulary is stored here; the entropy of the key words of lexicon.toml in the seed and in "
        "the synthetic cases, at as many words of each, would answer",
    )


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


def _tagged(untagged: Sequence[str], tags: Mapping[str, int]) -> Answer:
    question = "Does every case carry a provenance tag?"
    cases = sum(tags.values()) + len(untagged)
    if untagged:
        return Answer(question, "no", f"{len(untagged):,} of {cases:,} cases lack one: {listed(untagged)}")
    if not cases:
        return Answer(question, "not known", "there is no case")
    return Answer(question, "yes", f"{cases:,} of {cases:,} cases")


def _which_tags(untagged: Sequence[str], tags: Mapping[str, int]) -> Answer:
    """Answer the last page's question about tags, which is the first of the five again, with the tags."""
    found = _tagged(untagged, tags)
    most = sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))
    told = listed([f"{tag} {cases:,}" for tag, cases in most], most=4)
    evidence = f"as question 1, {found.evidence}{': ' + told if most and not untagged else ''}"
    return Answer("What is the provenance tag on every case?", found.answer, evidence)


def _anchored(anchor: Anchor | None, *, cases: int) -> Answer:
    """Say which seed the set is anchored to; with fewer roots than the floor it is anchored to none."""
    question = "What is the seed that the set is anchored to?"
    if anchor is None or not cases:
        return Answer(question, "not known", "there is no case")
    if not anchor.splits:
        return Answer(question, "no", "no case is real, so nothing ties the set to production")
    splits = ", ".join(f"{split} {anchor.splits[split]:,}" for split in sorted(anchor.splits))
    real = (
        f"{counted(anchor.roots, 'usable real root')} (cases: {splits}), and {anchor.floor:,} are asked for"
    )
    if anchor.seeds.empty:
        return Answer(question, "not known", f"no import of a seed is recorded; {real}")
    imports = [_seed(row) for row in anchor.seeds.tail(3).iloc[::-1].to_dict("records")]
    more = len(anchor.seeds) - len(imports)
    earlier = f" and {counted(more, 'earlier import')}" if more else ""
    answer = "yes" if anchor.roots >= anchor.floor else "no"
    return Answer(question, answer, f"{'; '.join(imports)}{earlier}; {real}")


def _seed(row: Mapping[Any, Any]) -> str:
    age = (dt.datetime.now(dt.UTC) - row["created_at"].to_pydatetime()).days
    owner = f"owner {row['owner']}" if isinstance(row["owner"], str) and row["owner"] else "no owner named"
    return f"seed v{row['version']} ({counted(row['cases'], 'case')}, {owner}, sha256 {row['sha256'][:12]}, {counted(age, 'day')} old)"


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


def _last_together(history: Sequence[Mapping[str, Any]]) -> Answer:
    """Answer the last page's question about direction from the last swap that question 2 looks at."""
    question = "Does the pass rate of the seed move in the same direction as that of the synthetic set?"
    if not history:
        return Answer(question, "not known", "no swap was decided yet")
    real, synthetic = (history[-1].get(group) for group in ("real", "synthetic"))
    evidence = f"of the swaps of question 2 the last one: real {_word(real)}, synthetic {_word(synthetic)}"
    if real not in RESOLVED or synthetic not in RESOLVED:
        return Answer(question, "not known", f"{evidence}; only better and worse have a direction")
    return Answer(question, "yes" if real == synthetic else "no", evidence)


def _word(reading: str | None) -> str:
    return reading.replace("_", " ") if reading else "not there"


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
