"""Words that people misspell."""

from __future__ import annotations

import numpy as np

from workbench.generate.operators.lexicon import lexicon
from workbench.generate.operators.misspelling import misspell


def said(text: str, seed: int = 0) -> str:
    return misspell([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]


def test_the_best_known_misspellings_are_there() -> None:
    ways = lexicon("misspellings").ways

    assert ways["receive"] == ["recieve", "recive"]
    assert {"definitely", "separate", "address", "believe", "weird", "until", "immediately"} < set(ways)


def test_a_word_is_misspelt_in_its_own_capitals() -> None:
    assert said("I did not RECEIVE it") in {"I did not RECIEVE it", "I did not RECIVE it"}
    assert said("Until then") == "Untill then"


def test_a_text_without_such_words_is_refused() -> None:
    done = misspell([{"role": "user", "text": "where is it"}], np.random.default_rng(0))

    assert (done.changed, done.reason) == (False, "no word that is commonly misspelt")


def test_the_label_is_kept() -> None:
    assert misspell([{"role": "user", "text": "I believe it broke"}], np.random.default_rng(0)).keeps_label
