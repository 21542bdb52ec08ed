"""What repeats an earlier case is flagged with the pair and its cosine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from workbench import embed
from workbench.generate import mutate
from workbench.measure import DUPLICATE, measure, removal
from workbench.measure.duplicates import flags, ordered, repeats, same_closing
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

SENTENCES = (
    "Hello, I ordered the blue kettle three weeks ago and it still has not come.",
    "Your tracking page has said out for delivery since the second of the month.",
    "My neighbour was at home all day and nobody rang, I asked her twice.",
    "The driver's note says it was left in a safe place, and there is none here.",
    "I wrote to you last Friday and got an answer that had nothing to do with it.",
    "It was meant as a birthday present, so you can imagine how the day went.",
    "The shop on the corner sells the same kettle for less, as I found out since.",
    "I have looked behind the bins, in the shed and at the post office.",
)


def _long(ending: str) -> str:
    """Return a conversation of 3,000 characters with an ending of its own."""
    rng = np.random.default_rng(5)
    said = ""
    while len(said) < 3_000:
        said += SENTENCES[rng.integers(len(SENTENCES))] + "\n"
    return said + ending


def _misspelt(text: str, *, letters: int) -> str:
    """Return a text in which so many letters have a wrong neighbour, in words of five letters or more."""
    rng = np.random.default_rng(11)
    words = text.split(" ")
    places = [n for n, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    for place in rng.choice(places, letters, replace=False):
        word = words[place]
        at = rng.integers(1, len(word) - 2)
        words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    refund = _long("So I have decided, please refund me")
    return {
        "refund": refund,
        "replacement": _long("So I have decided, please send a replacement"),
        "not": _long("So I have decided, please do not refund me"),
        "typos": _misspelt(refund, letters=6),
        "typo at the end": refund.replace("please refund", "pleaes refnd"),
        "shouted": refund.upper(),
        "no ending": _long(""),
    }


@pytest.fixture(scope="module")
def long_pairs(told: dict[str, str]) -> set[frozenset[str]]:
    """The pairs among the long conversations."""
    found = repeats(list(told), list(told.values()), embed.embedded(list(told.values())), {})
    return {frozenset(pair) for pair in zip(found["case_id"], found["earlier_id"], strict=True)}


@pytest.mark.parametrize("other", ["replacement", "not", "no ending"])
def test_long_conversations_with_different_endings_are_no_duplicates(
    other: str, long_pairs: set[frozenset[str]]
) -> None:
    assert not any(other in pair for pair in long_pairs)


@pytest.mark.parametrize("other", ["typos", "typo at the end", "shouted"])
def test_a_long_conversation_with_a_few_typos_repeats_the_one_without(
    other: str, long_pairs: set[frozenset[str]]
) -> None:
    assert frozenset(("refund", other)) in long_pairs


def test_in_a_whole_workspace_neither_other_endings_nor_parents_and_their_mutants_are_listed(
    workspace: Workspace, add: Callable[..., None], told: dict[str, str]
) -> None:
    """Only the copy is, which descends from none of them; a shouted mutant has its parent's vector."""
    add(("refund", told["refund"]), ("replacement", told["replacement"]), ("kettle", " ".join(SENTENCES[:3])))
    mutants = mutate(workspace.cases, ["shout"], seed=3).cases
    workspace.store.append(CASES, mutants)
    add(("copy", told["typos"]), bucket="prompted", created_at=pd.Timestamp("2100-01-01", tz="UTC"))
    measured = measure(workspace)
    found = measured.measures.set_index("case_id")

    assert len(mutants) == 3
    assert found.loc[mutants["case_id"], "cosine_to_seed"].min() == pytest.approx(1, abs=1e-5)
    assert found.loc[["refund", "replacement"], "windows"].min() > 1
    assert measured.pairs[["case_id", "duplicate_of"]].to_numpy().tolist() == [["copy", "refund"]]


def test_the_vector_alone_would_have_called_them_duplicates(told: dict[str, str]) -> None:
    vectors = embed.vectors([told["refund"], told["replacement"]])

    assert vectors[0] @ vectors[1] > 0.98


def test_short_texts_have_their_plain_cosine() -> None:
    texts = ["please refund me, it is broken", "please refund me, it's broken!", "where is it????"]
    embedded = embed.embedded(texts)
    found = repeats(["a", "b", "c"], texts, embedded, {})

    assert found[["case_id", "earlier_id"]].to_numpy().tolist() == [["b", "a"]]
    assert found["cosine"].tolist() == [pytest.approx(embedded.vectors[0] @ embedded.vectors[1], abs=1e-5)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("I can wait", "I can't wait", False),
        ("send it to me now", "send it to me not", False),
        ("yes", "no", False),
        ("refund 50 dollars", "refund 80 dollars", False),
        ("refund it", "refund it please", False),
        ("please charge it back", "please chrage it back", True),
        ("please charge it back", "please charg it back", True),
        ("please charge it back", "please chargee it back", True),
        ("please charge it back", "PLEASE, charge it   back!", True),
        ("please charge it back", "please chare itt back", False),
        ("????", "!!!!", True),
    ],
)
def test_endings_are_the_same_but_for_one_letter_in_a_word(one: str, other: str, same: bool) -> None:
    assert same_closing(one, other) is same
    assert same_closing(other, one) is same


def _plane(*degrees: float) -> embed.Embedded:
    turns = np.radians(degrees)
    vectors = np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)
    return embed.Embedded(vectors=vectors, windows=vectors, offsets=np.arange(len(degrees) + 1))


def _found(parents: dict[str, list[str]], **degrees: float) -> dict[str, str]:
    """Return what is flagged, of cases in their order at these degrees."""
    pairs = repeats(list(degrees), list(degrees), _plane(*degrees.values()), parents)
    return flags(pairs).set_index("case_id")["duplicate_of"].to_dict()


def test_the_later_case_repeats_the_most_alike_of_the_earlier_ones() -> None:
    assert _found({}, a=0, b=30, c=10, d=90) == {"c": "a"}
    assert _found({}, a=0, b=30, c=20) == {"c": "b"}


def test_what_is_flagged_itself_is_not_repeated_by_another() -> None:
    assert _found({}, a=0, b=20, c=40) == {"b": "a"}
    assert _found({}, a=0, b=20, c=22) == {"b": "a", "c": "a"}


def test_no_case_repeats_its_parent_or_any_ancestor_and_siblings_may() -> None:
    lineage = {"m1": ["s"], "m2": ["s"], "m3": ["m1"], "twin": []}

    assert _found(lineage, s=0, m1=1, m3=2) == {}
    assert _found(lineage, s=0, m1=1, m2=2) == {"m2": "m1"}
    assert _found(lineage, s=0, m2=2, m3=1) == {"m3": "m2"}
    assert _found(lineage, s=0, m1=1, twin=2) == {"twin": "m1"}


def test_a_circle_of_parents_ends() -> None:
    assert _found({"a": ["b"], "b": ["a"]}, a=0, b=1) == {}


def test_the_seed_stands_before_all_others_and_golden_before_the_rest(
    new_case: Callable[..., dict[str, object]],
) -> None:
    early = pd.Timestamp("2026-01-01", tz="UTC")
    cases = pd.DataFrame(
        [
            new_case("p2", bucket="prompted"),
            new_case("p1", bucket="prompted"),
            new_case("old", bucket="redteam", created_at=early),
            new_case("g", bucket="golden"),
            new_case("s", bucket="seed"),
        ]
    )
    for seed in range(5):
        shuffled = cases.sample(frac=1, random_state=seed)
        assert ordered(shuffled)["case_id"].tolist() == ["s", "g", "old", "p1", "p2"]


def test_removal_stands_beside_the_seeds_own_rate() -> None:
    cases = pd.DataFrame({"case_id": list("abcdefg"), "bucket": ["seed"] * 4 + ["prompted"] * 2 + ["golden"]})
    measures = cases[["case_id"]].assign(duplicate_of=[None, "a", None, None, "a", "b", None])
    found = removal(measures, cases).set_index("bucket")

    assert found.index.tolist() == ["seed", "golden", "prompted"]
    assert found["duplicates"].tolist() == [1, 0, 2]
    assert found["share"].tolist() == [0.25, 0, 1]
    assert found["seed_share"].tolist() == [0.25] * 3
    assert removal(measures[4:], cases)["seed_share"].isna().all()
    assert removal(measures[:0], cases).empty
    assert DUPLICATE == 0.92
