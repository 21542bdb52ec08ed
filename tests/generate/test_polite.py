"""Courtesies put in."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.blunt import blunt
from workbench.generate.operators.polite import CLOSERS, OPENERS, polite


def made(text: str) -> set[str]:
    return {
        polite([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]
        for seed in range(3000)
    }


def test_every_opener_and_closer_is_used_alone_and_together() -> None:
    said = made("I want my money back.")

    assert {f"{opener}, I want my money back." for opener in OPENERS} < said
    assert {f"I want my money back. {closer}." for closer in CLOSERS} < said
    assert len(said) == len(OPENERS) + len(CLOSERS) + len(OPENERS) * len(CLOSERS)


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("where is my order", "hi, where is my order thanks"),
        ("WHERE IS MY ORDER", "HI. WHERE IS MY ORDER THANKS"),
        ("My kettle broke!", "Hi. My kettle broke! Thanks."),
        ("I have order 4481", "Hi, I have order 4481 thanks"),
        ("  my kettle broke \n", "  hi, my kettle broke thanks \n"),
    ],
)
def test_it_is_written_as_the_message_is(text: str, one: str) -> None:
    assert one in made(text)


def test_what_is_there_already_is_not_said_twice() -> None:
    assert all(text.endswith("thanks") for text in made("where is my order, thanks"))
    assert all(text.startswith("Hello, where is my") for text in made("Hello, where is my order?"))


@pytest.mark.parametrize("text", ["I said no", "can you make it stop", "is it refunded", "it came and"])
def test_thanks_are_not_joined_to_a_word_that_would_turn(text: str) -> None:
    assert all(said.endswith(text) for said in made(text))


@pytest.mark.parametrize("text", ["4481", "wo ist mein Paket", "hello, where is my order, thanks", ""])
def test_other_languages_and_polite_messages_are_refused(text: str) -> None:
    done = polite([{"role": "user", "text": text}], np.random.default_rng(0))

    assert done.reason == "it is polite already, or not surely English"


def test_a_conversation_is_opened_first_and_closed_last() -> None:
    turns = [
        {"role": "user", "text": "it is my kettle"},
        {"role": "assistant", "text": "What of it?"},
        {"role": "user", "text": "it leaks and I want my money"},
        {"role": "user", "text": "can you send it"},
    ]
    done = [polite(turns, np.random.default_rng(seed)) for seed in range(60)]

    assert {span.turn for one in done for span in one.spans} == {0, 3}
    assert {len(one.spans) for one in done} == {1, 2}


def test_what_bluntness_knows_it_takes_out_again() -> None:
    assert {
        blunt([{"role": "user", "text": text}], np.random.default_rng(0)).turns[0]["text"]
        for text in made("My kettle leaks.")
    } == {"My kettle leaks."}
