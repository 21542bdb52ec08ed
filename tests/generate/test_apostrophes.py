"""Apostrophes left out."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.apostrophes import no_apostrophes


def said(text: str) -> str:
    return no_apostrophes([{"role": "user", "text": text}], np.random.default_rng(0)).turns[0]["text"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("I don't know, it's Kim's", "I dont know, its Kims"),
        ("DON\u2019T YOU'VE", "DONT YOUVE"),
        ("I'm sure they're late", "Im sure theyre late"),
        ("she's in, can't you?", "shes in, cant you?"),
    ],
)
def test_contractions_and_possessives_lose_it(text: str, made: str) -> None:
    assert said(text) == made


@pytest.mark.parametrize(
    "text",
    ["we're he'll SHE'LL I'd I\u2019ll we'd who're", "rock 'n' roll", "it said 'used'", "4481's 6'2\"", "the customers' box"],
)  # fmt: skip
def test_what_would_be_another_word_and_what_is_no_contraction_stays(text: str) -> None:
    done = no_apostrophes([{"role": "user", "text": text}], np.random.default_rng(0))

    assert (done.turns[0]["text"], done.reason) == (text, "no apostrophe that people leave out")


def test_only_the_apostrophe_is_logged() -> None:
    (span,) = no_apostrophes([{"role": "user", "text": "it isn't here"}], np.random.default_rng(0)).spans

    assert (span.start, span.end, span.before, span.after) == (6, 7, "'", "")
