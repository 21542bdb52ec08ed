"""What holds for every operator: pure, logged, harmless to numbers and addresses, and the user's turns only."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.generate import OPERATORS
from workbench.generate.operators import chain
from workbench.generate.operators.changes import fault
from workbench.generate.operators.protected import SPELT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.generate.operators import Mutated

OF_CASES = {
    "split_turns", "merge_turns", "preamble", "quoted_reply", "entity_swap", "product_swap", "negation_flip", "window_edge",
    "merge_issues",
}  # fmt: skip
"""Operators that change more than words: see test_case_operators.py."""
NAMES = [name for name in OPERATORS if name not in OF_CASES]

TELLING = re.compile(r"https?://[^\s.,!?]+|[\w.+-]+@[\w.-]*\w|\w*\d[\w.,:/-]*\w|\d")
"""A second, simpler reading of numbers and addresses than the one under test."""

TEXTS = st.lists(
    st.sampled_from(
        [
            "I", "want", "my", "money", "back", ".", ",", "?", "!", "\n", "order", "4481", "$64.90", "kim@shop.example",
            "where", "is", "it", "Hello,", "because", "https://shop.example/a?b=1", "3 May", "two weeks", "größe", "MUG", "😡",
            "don't", "and", "need", "K-1,", "(7)", "please", "definitely", "you", "so late", "AB 12 34 56 C", "ABC-DEF", "RR 9 GB,", "'used'", "thanks", "the", "box", "was", "opened", "...", "4481.",
        ]
    ),
    min_size=1, max_size=25,
).map(" ".join)  # fmt: skip


def said(turns: Sequence[dict[str, str]]) -> str:
    return "\n".join(turn["text"] for turn in turns if turn["role"] == "user")


def told(text: str) -> list[str]:
    return sorted(found.rstrip(".,:/-") for found in TELLING.findall(text))


def spelt(text: str) -> list[str]:
    return sorted(word for word in re.findall("[a-z]+", text.lower()) if word in SPELT)


def replayed(turns: Sequence[dict[str, str]], done: Mutated) -> list[dict[str, str]]:
    """Apply a log of changes to the turns before, from its end; then part and join turns where it says so."""
    texts = [turn["text"] for turn in turns]
    for span in reversed(done.spans):
        text = texts[span.turn]
        assert text[span.start : span.end] == span.before
        mark = {"cut": "\x1c", "join": "\x1d"}.get(span.kind, "")
        texts[span.turn] = text[: span.start] + span.after + mark + text[span.end :]
    made: list[dict[str, str]] = []
    for turn, text in zip(turns, texts, strict=True):
        first, *others = text.split("\x1c")
        if made and made[-1]["text"].endswith("\x1d"):
            made[-1]["text"] = made[-1]["text"][:-1] + first
        else:
            made.append({**turn, "text": first})
        made += [{**turn, "text": other} for other in others]
    return made


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS, seed=st.integers(0, 99))
def test_whatever_is_said_numbers_and_addresses_stay_and_the_log_replays(
    name: str, text: str, seed: int
) -> None:
    turns = [{"role": "user", "text": text}]
    done = OPERATORS[name](turns, np.random.default_rng(seed))

    assert told(said(done.turns)) == told(text)
    assert spelt(said(done.turns)) == spelt(text)
    assert replayed(turns, done) == done.turns
    assert done.changed == (done.turns != turns)
    assert bool(done.reason) == (not done.changed)


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_is_pure(name: str, demo: list[list[dict[str, str]]]) -> None:
    for turns in demo[:60]:
        before = copy.deepcopy(turns)
        one, other = (OPERATORS[name](turns, np.random.default_rng(4)) for _ in range(2))
        one.turns.clear()

        assert turns == before
        assert other == OPERATORS[name](turns, np.random.default_rng(4))


@pytest.mark.parametrize("name", NAMES)
def test_only_the_user_is_changed(name: str) -> None:
    others = ["You answer for a shop.", "I want to help, my friend. I have 2 ideas!", "[tool result]"]
    turns = [
        {"role": "system", "text": others[0]},
        {
            "role": "user",
            "text": "Hello, I want my Money because it's so late. The kettle broke. I need help!",
        },
        {"role": "assistant", "text": others[1]},
        {"role": "tool", "text": others[2]},
    ]
    done = OPERATORS[name](turns, np.random.default_rng(1))

    assert done.changed
    assert [turn["text"] for turn in done.turns if turn["role"] != "user"] == others
    assert {span.turn for span in done.spans} == {1}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["4481", "???", "😡", "K-20817 $64.90", "你好"])
def test_where_nothing_can_be_said_otherwise_it_says_why(name: str, text: str) -> None:
    done = OPERATORS[name]([{"role": "user", "text": text}], np.random.default_rng(1))

    assert (done.turns, done.spans) == ([{"role": "user", "text": text}], ())
    assert done.reason


@pytest.mark.parametrize("name", [name for name, operator in OPERATORS.items() if operator.in_place])
def test_what_is_not_checked_again_needs_no_check(
    name: str, demo: list[list[dict[str, str]]], messages: list[tuple[str, list[str]]]
) -> None:
    for turns in [*demo, *([{"role": "user", "text": message}] for message, _ in messages)]:
        assert fault(turns, OPERATORS[name](turns, np.random.default_rng(2)).turns) == ""


def test_every_operator_has_a_name_and_one_line_of_meaning() -> None:
    assert [operator.name for operator in OPERATORS.values()] == list(OPERATORS)
    assert all(operator.meaning and "\n" not in operator.meaning for operator in OPERATORS.values())


def test_an_unknown_operator_is_named_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match=r"operator 'tpyo' is none of typo, .*subject_swap"):
        chain("typo+tpyo")
