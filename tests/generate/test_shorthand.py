"""Words as people text them."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.shorthand import shorthand


def made(text: str) -> set[str]:
    return {
        shorthand([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]
        for seed in range(60)
    }


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("please", {"pls", "plz"}),
        ("Because", {"Bc", "Cuz", "Coz"}),
        ("right now", {"rn"}),
        ("AS SOON AS POSSIBLE", {"ASAP"}),
        ("Thanks", {"Thx", "Tnx"}),
        ("are you there", {"r u there", "are u there", "r you there"}),
    ],
)
def test_words_and_phrases_become_short(text: str, short: set[str]) -> None:
    assert made(text) == short


def test_negations_numbers_and_days_have_no_shorthand_here() -> None:
    text = "no, not without 2 weeks before tomorrow"

    assert made(text) == {text}
    assert shorthand([{"role": "user", "text": text}], np.random.default_rng(0)).reason == (
        "no word or phrase that has a shorthand"
    )


def test_a_placeholder_keeps_its_words() -> None:
    assert made("{{Thank You Code}} please") == {"{{Thank You Code}} pls", "{{Thank You Code}} plz"}
