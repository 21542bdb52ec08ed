"""A message sent in pieces, and pieces sent as one."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.turns import merge_turns, split_turns


def user(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "text": text} for text in texts]


def pieces(text: str) -> set[tuple[str, ...]]:
    """Return every way in which chance sends a message in pieces."""
    found = (split_turns(user(text), np.random.default_rng(seed)) for seed in range(60))
    return {tuple(turn["text"] for turn in done.turns) for done in found if done.changed}


def test_a_message_is_sent_as_two_or_three_between_statements_and_at_commas() -> None:
    assert pieces("Hello, my kettle leaks. I want my money back.") == {
        ("Hello", "my kettle leaks. I want my money back."),
        ("Hello, my kettle leaks.", "I want my money back."),
        ("Hello", "my kettle leaks.", "I want my money back."),
    }


def test_pieces_keep_the_label_the_role_and_what_stands_around_them() -> None:
    turns = [
        *user("hi"),
        {"role": "assistant", "text": "Yes? Go on, please."},
        *user("it leaks. what now then"),
    ]
    done = split_turns(turns, np.random.default_rng(3))

    assert done.keeps_label
    assert done.keeps_cell
    assert done.turns == [*turns[:2], *user("it leaks.", "what now then")]


@pytest.mark.parametrize(
    "text",
    [
        "where is it????",
        "eta? pls",
        "I paid 1,099 for it",
        "It costs (as I said, and wrote) too much",
        'The label says "do not wash, ever again" on it',
        "Nothing more to ask. Thank you so much for your help.",
    ],
)
def test_numbers_brackets_quotations_and_mere_thanks_are_no_place_to_cut(text: str) -> None:
    assert pieces(text) == set()


def test_other_languages_are_sent_in_pieces_too() -> None:
    assert ("falsche Größe geliefert", "ich brauch die für den Urlaub") in pieces(
        "falsche Größe geliefert, ich brauch die für den Urlaub"
    )


def test_messages_in_a_row_become_one_and_others_stay() -> None:
    turns = [
        *user("hello?", "my kettle leaks", "what now"),
        {"role": "assistant", "text": "Hi!"},
        *user("well"),
    ]
    done = merge_turns(turns, np.random.default_rng(0))

    assert [turn["text"] for turn in done.turns] == ["hello? my kettle leaks\nwhat now", "Hi!", "well"]
    assert done.keeps_label
    assert (
        merge_turns(turns[2:], np.random.default_rng(0)).reason
        == "no two messages of the user follow each other"
    )
