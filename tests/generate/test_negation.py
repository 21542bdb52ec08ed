"""A statement is turned into its opposite, in English that people write, and its label goes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.negation import negation_flip


def flipped(text: str) -> set[str]:
    found = (
        negation_flip([{"role": "user", "text": text}], np.random.default_rng(seed)) for seed in range(30)
    )
    return {done.turns[0]["text"] for done in found if done.changed}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("The box was never opened, it is for you.", "The box was opened, it is for you."),
        ("It hasn't been opened.", "It has been opened."),
        ("It Wasn\u2019t opened by my son.", "It Was opened by my son."),
        ("I DON'T want it", "I DO want it"),
        ("I did not order it", "I did order it"),
        ("Never got my parcel", "Got my parcel"),
        ("I cannot find my parcel", "I can find my parcel"),
        ("I have opened the box", "I have not opened the box"),
        ("The box was opened by my son.", "The box was not opened by my son."),
        ("I'VE TRIED IT", "I'VE NOT TRIED IT"),
        ("They're still wrapped, you know.", "They're no longer wrapped, you know."),
    ],
)
def test_a_negation_goes_out_or_comes_in(text: str, made: str) -> None:
    assert flipped(text) == {made}


@pytest.mark.parametrize(
    "text",
    [
        "Is it not opened?",
        "isn't it yours",
        "I can't see anything of it yet",
        "I have nothing of it",
        "It was not that I never opened it.",
        "Das ist nicht geöffnet, the box",
        "I would like my money",
        "I am writing about my order",
        "I only opened it once, it was opened",
        "4481",
    ],
)
def test_questions_bound_words_and_other_languages_stay(text: str) -> None:
    assert flipped(text) == set()


def test_neither_the_label_nor_the_cell_is_kept() -> None:
    done = negation_flip(
        [{"role": "user", "text": "It was opened. It was never used. I want my money."}],
        np.random.default_rng(2),
    )

    assert len(done.spans) == 1
    assert not done.keeps_label
    assert not done.keeps_cell
