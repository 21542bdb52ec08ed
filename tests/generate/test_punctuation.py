"""Marks left out and repeated, without joining what must stay apart."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate import OPERATORS


def said(name: str, text: str, seed: int = 0) -> str:
    return OPERATORS[name]([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Where is it????", "Where is it"),
        ("I paid $64.90.", "I paid $64.90"),
        ("Lost. It is lost...", "Lost. It is lost"),
        ("see https://shop.example/a.", "see https://shop.example/a."),
    ],
)
def test_only_the_last_mark_goes_and_never_one_of_a_link(text: str, made: str) -> None:
    assert said("no_final_mark", text) == made


def test_marks_are_repeated_two_to_five_times() -> None:
    found = {said("repeated_marks", "Where is it? NOW!", seed) for seed in range(200)}
    counts = {(text.count("?"), text.count("!")) for text in found}

    assert counts == {(asks, shouts) for asks in range(2, 6) for shouts in range(2, 6)}


def test_what_is_repeated_already_and_what_belongs_to_a_link_stay() -> None:
    assert (
        said("repeated_marks", "What?? see https://shop.example/a?") == "What?? see https://shop.example/a?"
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("No. Refund me, please.", "No. Refund me please"),
        ("I cancelled, refund it.", "I cancelled, refund it"),
        ("OKAY, send it! I said STOP.  ", "OKAY, send it I said STOP  "),
        ("my piano, a casino, and I can... wait", "my piano a casino and I can... wait"),
        ("not sent, but charged", "not sent, but charged"),
        ("I paid 4481, 4482 and 3.50; why?", "I paid 4481, 4482 and 3.50 why"),
        ("It's broken :( don't ask!", "It's broken :( don't ask"),
    ],
)
def test_leaving_out_marks_joins_no_opposites_and_no_numbers(text: str, made: str) -> None:
    assert said("no_marks", text) == made
