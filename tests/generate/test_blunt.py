"""Courtesies left out."""

from __future__ import annotations

import pytest

from workbench.generate import OPERATORS


def said(text: str) -> str:
    return OPERATORS["blunt"]([{"role": "user", "text": text}], None).turns[0]["text"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Hi there, sorry to bother you but could you please cancel it? Thanks!", "Could you cancel it?"),
        ("Please send me a new one.", "Send me a new one."),
        ("Good morning. I'm sorry, but where is my order 4481, please?", "Where is my order 4481?"),
        ("hi where is it pls", "where is it"),
        ("Could you, please, send it?", "Could you send it?"),
        ("Send it, please, I waited 3 weeks", "Send it, I waited 3 weeks"),
        ("Hello,\n\nWhere is it?\n\nThank you for your help,\nKim", "Where is it?\n\nKim"),
        ("PLEASE HELP, THANKS", "HELP"),
        ("Can you refund me if possible? I\u2019d appreciate it. Best wishes", "Can you refund me?"),
        ("Thanks, but it never came", "It never came"),
        ("Yes please", "Yes"),
        ("Hello! K-1 is broken, thanks in advance.", "K-1 is broken."),
        ("Kindly refund 4481. Many thanks.\n", "Refund 4481.\n"),
        ("Dear Sir or Madam,\nI ordered 2. Yours", "I ordered 2. Yours"),
        ("hope you are well. i want it back", "i want it back"),
    ],
)
def test_greetings_thanks_pleas_and_apologies_go(text: str, made: str) -> None:
    assert said(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "no thanks", "I wanted to say thank you", "Thanks to your courier my vase is gone", "do as you please", "I like to please",
        "the sorry state of it", "Sorry I ordered 2", "a big thank you", "is the hello kitty mug in", "that was very kind", "",
        "Dear me, it fell", "cheers me up", "was kindly told no", "hey there is a hole in it",
    ],
)  # fmt: skip
def test_the_same_words_in_another_sense_stay(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize("text", ["Hello, thanks!", "Thanks. Thank you. Cheers", "please", "Hi\n\nthank you"])
def test_a_message_that_is_nothing_else_stays(text: str) -> None:
    done = OPERATORS["blunt"]([{"role": "user", "text": text}], None)  # type: ignore[arg-type]

    assert (done.turns[0]["text"], done.reason) == (text, "there is no courtesy, or nothing else")


@pytest.mark.parametrize(
    "part", ["thanks thanks please sorry ", " ", ", please", "appreciate really ", "hi, "]
)
def test_a_hostile_message_is_read_to_its_end(part: str) -> None:
    text = f"refund it please{part * 5_000}x"

    assert said(text).endswith("x")


def test_the_label_is_kept() -> None:
    assert OPERATORS["blunt"]([{"role": "user", "text": "refund me please"}], None).keeps_label  # type: ignore[arg-type]
