"""Copies are found by the longest run of words, exactly, and flagged beside the seed's own; nothing is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.generate.copies import copies, longest
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TRAIN = "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money"
EVAL = "the courier marked it delivered but nothing is here, neighbour says nobody came"

LITTLE = st.lists(st.lists(st.sampled_from("abc"), max_size=9), max_size=7)


@pytest.fixture
def batch(new_case: Callable[..., dict[str, Any]]) -> Callable[..., pd.DataFrame]:
    """A seed of three, and candidates with these texts that were shown t1."""

    def make(*said: str, **changes: Any) -> pd.DataFrame:
        made = {
            "bucket": "prompted",
            "tag": "synth-delay",
            "hint_ids": ["t1"],
            "generator_family": "acme/writer",
        }
        rows = [
            new_case("t1", TRAIN, split="train"),
            new_case("e1", EVAL),
            new_case("h1", "where is it????", split="holdout"),
            *(new_case(f"c{number}", text, **{**made, **changes}) for number, text in enumerate(said, 1)),
        ]
        return copies(CASES.frame(rows)).set_index("case_id")

    return make


def by_hand(texts: Sequence[Sequence[str]], place: int, real: int, own: int) -> tuple[int, int, set[int]]:
    """Return the length of the longest shared run, its first place, and every text that has it."""
    mine = texts[place]
    for size in range(len(mine), 0, -1):
        for start in range(len(mine) - size + 1):
            run = mine[start : start + size]
            having = {
                other
                for other, text in enumerate(texts[:real])
                if other not in {place, own}
                and any(text[at : at + size] == run for at in range(len(text) - size + 1))
            }
            if having:
                return size, start, having
    return 0, 0, {-1}


@settings(max_examples=400)
@given(LITTLE, st.integers(0, 7), st.lists(st.integers(-1, 6), min_size=7, max_size=7))
def test_the_longest_run_is_the_one_that_a_search_of_every_pair_finds(
    texts: list[list[str]], real: int, own: list[int]
) -> None:
    real = min(real, len(texts))
    # Only what is not real was made of another text.
    made_of = [own[n] if n >= real > own[n] else -1 for n in range(len(texts))]
    found = longest(texts, real, made_of)
    for place, (size, start, source) in enumerate(zip(*found, strict=True)):
        expected = by_hand(texts, place, real, made_of[place])
        assert (size, start) == expected[:2]
        assert source in expected[2]
        # Of several real texts, one that is neither real nor made of a real one names the first.
        assert place < real or made_of[place] >= 0 or source == min(expected[2])


def test_a_copied_hint_is_flagged_with_the_words_it_shares(batch: Callable[..., pd.DataFrame]) -> None:
    found = batch("Hello! Ordered 9 DAYS ago: kid's birthday was yesterday. What now?").loc["c1"]

    assert found[["longest", "from_id", "from_split", "from_hint", "flagged"]].tolist() == [
        8,
        "t1",
        "train",
        True,
        True,
    ]
    assert found["words"] == "ordered 9 days ago kid's birthday was yesterday"


def test_seven_words_are_a_phrase_and_eight_a_copy(batch: Callable[..., pd.DataFrame]) -> None:
    found = batch(
        "ordered 9 days ago, kid's birthday was fun", "ordered 9 days ago, kid's birthday was yesterday"
    )

    assert found.loc[["c1", "c2"], "longest"].tolist() == [7, 8]
    assert found.loc[["c1", "c2"], "flagged"].tolist() == [False, True]


def test_a_copy_of_a_case_that_nobody_showed_names_its_split(batch: Callable[..., pd.DataFrame]) -> None:
    """Such a run was in no prompt: the model knows the case from elsewhere, or the phrase is common."""
    found = batch("marked it delivered but nothing is here, neighbour says hi").loc["c1"]

    assert found[["from_id", "from_split", "from_hint", "flagged"]].tolist() == ["e1", "eval", False, True]


def test_a_paraphrase_may_repeat_its_parent_and_no_other_case(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    """A model wrote it, who was shown its parent alone; mutants of operators are no business of this."""
    made = {
        "bucket": "mutation",
        "tag": "mut-x",
        "generator_family": "acme/writer",
        "root_id": "e1",
        "parent_ids": ["e1"],
    }
    rows = [
        new_case("t1", TRAIN, split="train"),
        new_case("e1", f"{EVAL}. ring me"),
        new_case("p1", EVAL, prompt_sha256="0" * 64, **made),
        new_case("p2", f"{EVAL}, {TRAIN}", prompt_sha256="0" * 64, **made),
        new_case("m1", EVAL, **made),
    ]
    found = copies(CASES.frame(rows)).set_index("case_id")

    assert set(found.index) == {"t1", "e1", "p1", "p2"}
    assert found.loc["p1", ["longest", "flagged"]].tolist() == [0, False]
    assert found.loc["p2", ["longest", "from_id", "flagged"]].tolist() == [14, "t1", True]


def test_of_two_runs_as_long_the_hints_counts(new_case: Callable[..., dict[str, Any]]) -> None:
    made = {
        "bucket": "persona",
        "tag": "synth-x",
        "hint_ids": ["gone", "b"],
        "generator_family": "acme/writer",
    }
    rows = [
        new_case("a", "my parcel is late", split="train"),
        new_case("b", "i want my money", split="train"),
        new_case("c", "my parcel is late and i want my money", **made),
    ]
    found = copies(CASES.frame(rows)).set_index("case_id").loc["c"]

    assert found[["longest", "from_id", "from_hint", "words"]].tolist() == [4, "b", True, "i want my money"]


def test_the_seed_stands_beside_each_case_without_itself(new_case: Callable[..., dict[str, Any]]) -> None:
    rows = [new_case("a", TRAIN), new_case("b", f"again: {TRAIN}"), new_case("c", "hello there")]
    found = copies(CASES.frame(rows))

    assert found["longest"].tolist() == [14, 14, 0]
    assert found["from_id"].tolist()[:2] == ["b", "a"]
    assert pd.isna(found.loc[2, "from_id"])
    assert found["flagged"].tolist() == [True, True, False]
    assert not found["from_hint"].any()


def test_personal_data_is_compared_as_the_prompt_showed_it(new_case: Callable[..., dict[str, Any]]) -> None:
    """A hint says <EMAIL_1>; a copy of it says so too, or has an address of its own."""
    told = "please write to {} about the parcel that never came to my door"
    made = {"bucket": "prompted", "tag": "synth-x", "hint_ids": ["a"], "generator_family": "acme/writer"}
    rows = [
        new_case("a", told.format("kim@shop.example"), split="train"),
        new_case("b", told.format("<EMAIL_1>"), **made),
        new_case("c", told.format("pat@post.example"), **made),
    ]

    assert copies(CASES.frame(rows))["longest"].tolist()[1:] == [14, 14]


def test_mutants_stubs_and_what_people_wrote_are_not_compared(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    rows = [
        new_case("a", TRAIN, split="train"),
        new_case("m", TRAIN.upper(), bucket="mutation", tag="mut-shout", generator_family="programmatic"),
        new_case("g", TRAIN + "!", bucket="golden", tag="golden"),
        new_case("s", turns=[], content_sha256=None),
    ]

    assert copies(CASES.frame(rows))["case_id"].tolist() == ["a"]
    assert copies(CASES.frame([])).empty


def test_only_what_the_customer_wrote_is_compared(new_case: Callable[..., dict[str, Any]]) -> None:
    """Support answers everybody in the same words."""
    canned = {"role": "assistant", "text": "Thank you for contacting us, how may I help you today?"}
    turns = [canned, {"role": "user", "text": "where is it????"}]
    made = {"bucket": "prompted", "tag": "synth-x", "generator_family": "acme/writer"}
    rows = [
        new_case("a", turns=turns),
        new_case("c", turns=[canned, {"role": "user", "text": "it leaks"}], **made),
    ]

    assert copies(CASES.frame(rows))["words"].tolist()[1] == "it"


def test_the_table_of_cases_is_not_changed(new_case: Callable[..., dict[str, Any]]) -> None:
    cases = CASES.frame([new_case("a", TRAIN), new_case("b", EVAL)])
    before = cases.copy(deep=True)
    copies(cases)

    pd.testing.assert_frame_equal(cases, before)
