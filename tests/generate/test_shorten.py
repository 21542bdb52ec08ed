"""Shorter messages that still ask what they asked."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.protected import protected
from workbench.generate.operators.shorten import ASKING, ASKING_STEMS, asks, shorten


def values(text: str) -> list[str]:
    return [span.text for span in protected(text)]


def outcomes(text: str) -> dict[str, bool]:
    """Return every shorter text that chance brings, and whether it keeps the label."""
    found = {}
    for seed in range(60):
        done = shorten([{"role": "user", "text": text}], np.random.default_rng(seed))
        if done.changed:
            found[done.turns[0]["text"]] = done.keeps_label
    return found


def test_greetings_and_thanks_go_and_the_label_stays() -> None:
    text = "Good morning, could you send it once more? Thank you so much for your help."

    assert outcomes(text) == {
        "Could you send it once more? Thank you so much for your help.": True,
        "Good morning, could you send it once more?": True,
        "Could you send it once more?": True,
    }


def test_a_side_statement_may_decide_so_the_label_goes_with_it() -> None:
    assert outcomes("I bought a tent. It was never opened. Can it go back?") == {
        "I bought a tent. Can it go back?": False,
        "It was never opened. Can it go back?": False,
        "Can it go back?": False,
    }


def test_an_aside_goes_from_within_the_ask() -> None:
    text = "I want my money back, because the lamp never worked, and an apology."

    assert outcomes(text) == {"I want my money back, and an apology.": False}


@pytest.mark.parametrize(
    "text",
    [
        "tracking frozen, resend pls",
        "It broke after two weeks. Can I get a new one?",
        "Nach 3 Monaten kaputt?! ich will mein Geld zurück",
        "no me queda la blusa. can i change it",
        "Lost. Refund.",
        "The light flickers. The switch got warm",
        "Hello!",
    ],
)
def test_asks_facts_with_numbers_other_languages_and_calls_stay(text: str) -> None:
    assert outcomes(text) == {}


def test_a_last_word_stays_though_no_word_of_it_is_known_to_ask() -> None:
    assert outcomes("The party was fun without it. What now? Take the thing away") == {
        "What now? Take the thing away": False
    }


def test_on_the_demo_no_message_loses_its_ask_or_a_protected_place(demo: list[list[dict[str, str]]]) -> None:
    done = [shorten(turns, np.random.default_rng(number)) for number, turns in enumerate(demo)]
    pairs = [
        (old["text"], new["text"])
        for turns, made in zip(demo, done, strict=True)
        for old, new in zip(turns, made.turns, strict=True)
    ]

    assert sum(made.changed for made in done) > 40
    assert [old for old, new in pairs if asks(old) != asks(new)] == []
    assert [old for old, new in pairs if values(old) != values(new)] == []


@pytest.mark.parametrize("word", [*ASKING, *ASKING_STEMS, *(f"{stem}ed" for stem in ASKING_STEMS)])
def test_every_word_of_an_ask_is_known_in_any_case_and_beside_marks(word: str) -> None:
    assert all(asks(said) for said in (word, f"it, ({word.upper()})", f"so\n{word}..."))
    assert not asks(f"x{word}")


@pytest.mark.parametrize(
    "text", ["", "eta", "it was never opened", "scandal, outcalls and an aisle", "I wanting"]
)
def test_a_word_within_another_asks_nothing(text: str) -> None:
    assert not asks(text)
