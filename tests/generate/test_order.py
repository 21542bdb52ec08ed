"""Statements change places, or are joined, only where that keeps their sense."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.order import merge, reorder


def user(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "text": text} for text in texts]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("My kettle leaks. I want my money back!", "I want my money back! My kettle leaks."),
        ("I lost my card! What should I do?", "What should I do? I lost my card!"),
        ("my card is broken. can i get help", "can i get help. my card is broken"),
        ("Hello. My kettle leaks. I want my money.", "Hello. I want my money. My kettle leaks."),
    ],
)
def test_two_statements_change_places_with_their_marks(text: str, made: str) -> None:
    done = reorder(user(text), np.random.default_rng(0))

    assert done.turns[0]["text"] == made
    assert done.keeps_label


@pytest.mark.parametrize(
    "text",
    [
        "My kettle leaks. It was not cheap, you know.",
        "You sent a cat bed. I want the right one.",
        "I bought a lamp. The lamp is not what I want.",
        "I paid for my lamp. Then you sent my money to nobody.",
        "I want my money. But not today, you know that.",
        "Can I return my lamp? and can i get money",
        "My kettle leaks. Now.",
        "Falsche Größe geliefert. I want my money.",
        "You said 'I can wait'. I want my money.",
        "- my lamp is broken\n- i want my money",
        "My lamp is broken.\nI want my money.",
    ],
)
def test_what_points_back_follows_or_is_quoted_stays_in_its_place(text: str) -> None:
    assert reorder(user(text), np.random.default_rng(0)).reason


def test_a_message_that_answers_keeps_its_order_and_turns_are_never_exchanged() -> None:
    text = "My kettle leaks. I want my money back."
    turns = [*user("hi"), {"role": "assistant", "text": "What is the matter?"}, *user(text)]

    assert not reorder(turns, np.random.default_rng(0)).changed
    assert not reorder(
        [{"role": "assistant", "text": "What is the matter?"}, *user(text)], np.random.default_rng(0)
    ).changed
    assert reorder([{"role": "system", "text": "Be kind."}, *user(text)], np.random.default_rng(0)).changed


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("My kettle leaks. It is new.", "My kettle leaks, it is new."),
        ("plate is cracked. plate pls", "plate is cracked, plate pls"),
        ("My kettle leaks. I WANT my money.", "My kettle leaks, I WANT my money."),
    ],
)
def test_two_statements_are_joined_by_a_comma(text: str, made: str) -> None:
    assert merge(user(text), np.random.default_rng(0)).turns[0]["text"] == made


@pytest.mark.parametrize(
    "text",
    [
        "Where is my lamp? It is late.",
        "No way, just no. Refund me please.",
        "My kettle leaks. Acme promised a new one.",
        "I paid $64.90. 4481 is my order.",
        "I wait for it... nothing.",
    ],
)
def test_questions_pivots_names_and_numbers_are_not_joined(text: str) -> None:
    assert merge(user(text), np.random.default_rng(0)).reason
