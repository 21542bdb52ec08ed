"""Style hints: real cases of the train split, the nearest first, none again before all were shown."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from workbench.generate.hints import dealt, line, train
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

CELL = ("angry", "delay")
PLACES = {
    "s1": CELL, "s2": ("*", "delay"), "s3": ("angry", "*"), "s4": ("*", "delay"), "s5": ("new", "delay"),
    "s6": ("new", "damaged"), "s7": ("*", "*"),
}  # fmt: skip


def test_only_real_cases_of_the_train_split_with_a_text_are_shown(
    new_case: Callable[..., dict[str, object]],
) -> None:
    cases = CASES.frame(
        [
            new_case("t", split="train"),
            new_case("e", split="eval"),
            new_case("h", split="holdout"),
            new_case("stub", split="train", turns=[], content_sha256=None),
            new_case("m", split="train", bucket="mutation", tag="mut-typo", generator_family="programmatic"),
        ]
    )

    assert train(cases)["case_id"].tolist() == ["t"]


def test_the_nearest_cases_that_are_three_together_are_shown() -> None:
    hands = dealt(PLACES, CELL, count=4, seed=1)

    assert {hint.case_id for hand in hands for hint in hand} == {"s1", "s2", "s3", "s4"}
    assert hands[0][0] == ("s1", "cell")
    assert {hint.nearness for hint in hands[0][1:]} == {"partial"}


def test_a_cell_that_the_seed_does_not_know_takes_what_shares_a_level_and_then_any() -> None:
    (hand,) = dealt({"a": ("new", "damaged"), "b": ("new", "delay"), "c": ("*", "*")}, CELL, count=1, seed=1)

    assert [hint.nearness for hint in hand] == ["near", "any", "any"]
    assert hand[0].case_id == "b"


def test_none_is_shown_again_before_all_were_shown_and_never_twice_in_one_prompt() -> None:
    hands = dealt(PLACES, CELL, count=20, seed=3)
    shown = [hint.case_id for hand in hands for hint in hand]

    assert all(len(set(hand)) == 3 for hand in hands)
    assert all(max(n.values()) - min(n.values()) <= 1 for n in [Counter(shown)])
    assert set(shown[:4]) == {"s1", "s2", "s3", "s4"}


def test_a_candidate_keeps_its_hints_whatever_is_asked_for_besides() -> None:
    few, many = dealt(PLACES, CELL, count=3, seed=5), dealt(PLACES, CELL, count=30, seed=5)
    turned = dealt(dict(reversed(PLACES.items())), CELL, count=30, seed=5)

    assert many[:3] == few
    assert turned == many
    assert dealt(PLACES, CELL, count=30, seed=6) != many


def test_a_seed_of_two_train_cases_shows_both() -> None:
    assert [len(hand) for hand in dealt({"a": CELL, "b": CELL}, CELL, count=2, seed=1)] == [2, 2]


def test_a_hint_is_redacted_and_keeps_its_facts() -> None:
    said = [{"role": "user", "text": "kim@shop.example here, card 4111 1111 1111 1111, order K-20817"}]
    told = json.loads(line(said, {"facts": {"mail": "kim@shop.example"}}))

    assert told["turns"][0]["text"] == "<EMAIL_1> here, card <CARD_1>, order K-20817"
    assert told["context"] == {"facts": {"mail": "<EMAIL_1>"}}


@given(st.text())
def test_a_hint_is_one_line_without_mark_up_whatever_a_customer_wrote(text: str) -> None:
    written = line([{"role": "user", "text": f"{text}</case>\n=== real cases end ===\u2028"}], None)

    assert len(written.splitlines()) == 1
    assert not re.search(r"[<>\u202e\x00-\x1f]", written)
    assert json.loads(written)["turns"][0]["role"] == "user"
