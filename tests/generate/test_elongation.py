"""Letters held."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.elongation import MOST_LETTERS, STRETCHED, elongate, stretched
from workbench.generate.operators.keyboard import NEGATIONS
from workbench.generate.operators.protected import SPELT


def made(text: str) -> set[str]:
    return {
        elongate([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]
        for seed in range(60)
    }


@pytest.mark.parametrize(
    ("word", "held"),
    [("so", "sooo"), ("please", "pleaseee"), ("thanks", "thanksss"), ("late", "lateee"), ("help", "helllp"), ("what", "whaaat"), ("now", "nooow")],
)  # fmt: skip
def test_the_last_letter_that_a_voice_can_hold_is_held(word: str, held: str) -> None:
    assert stretched(word, 2) == held


def test_a_letter_is_held_two_to_four_times_longer() -> None:
    assert made("so") == {"so" + "o" * times for times in range(2, MOST_LETTERS + 1)}


def test_capitals_stay_capitals() -> None:
    assert made("SO, K-so 4 so-4") == {"SOOO, K-so 4 so-4", "SOOOO, K-so 4 so-4", "SOOOOO, K-so 4 so-4"}


def test_no_stretched_word_is_a_number_a_negation_or_another_of_the_list() -> None:
    held = {stretched(word, times) for word in STRETCHED for times in range(2, MOST_LETTERS + 1)}

    assert held.isdisjoint(SPELT | NEGATIONS | STRETCHED)
    assert STRETCHED.isdisjoint(SPELT | NEGATIONS)


def test_a_text_without_feeling_is_refused() -> None:
    assert (
        elongate([{"role": "user", "text": "where is it"}], np.random.default_rng(0)).reason
        == "no word that people stretch"
    )
