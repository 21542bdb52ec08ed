"""A remark about something else comes first, and changes nothing that is asked."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from workbench.generate.operators.preamble import CIRCUMSTANCES, EXCUSES, REMARKS, preamble
from workbench.generate.operators.protected import protected
from workbench.text import words

MATTERS = frozenset(
    words(
        "order refund money pay paid price cost return returned send sent parcel package delivery delivered card charge"
        " broken broke damaged wrong late cancel replace credit product item bought buy today yesterday tomorrow"
    )
)
"""Words of what customers write about, and of dates."""


def made(text: str) -> set[str]:
    found = (preamble([{"role": "user", "text": text}], np.random.default_rng(seed)) for seed in range(80))
    return {done.turns[0]["text"] for done in found if done.changed}


def test_no_remark_says_anything_of_orders_money_or_dates() -> None:
    remarks = [*REMARKS, *(f"{one}, {other}." for one, other in product(EXCUSES, CIRCUMSTANCES))]

    assert len(remarks) > 100
    assert [remark for remark in remarks if protected(remark) or "?" in remark] == []
    assert [remark for remark in remarks if not MATTERS.isdisjoint(words(remark))] == []


def test_the_message_follows_whole_and_remarks_vary() -> None:
    text = "Where is order 4481? I want my money back."
    found = made(text)

    assert len(found) > 30
    assert all(said.endswith(f". {text}") for said in found)


def test_a_greeting_stays_in_front_and_the_rest_begins_a_sentence() -> None:
    found = made("Hello, my kettle leaks.")

    assert all(said.startswith("Hello, ") and said.endswith(". My kettle leaks.") for said in found)
    assert any(said.startswith("Hello, sorry for the typing, ") for said in found)
    assert all(
        said.startswith("Hi there! ") and said.endswith(" 4481 is my order.")
        for said in made("Hi there! 4481 is my order.")
    )


def test_who_writes_no_capitals_writes_none_here() -> None:
    assert all(said == said.lower() for said in made("hey, my kettle leaks"))


def test_only_the_first_message_gets_one_and_the_label_stays() -> None:
    turns = [{"role": "user", "text": text} for text in ("is it there", "it is not")]
    done = preamble(turns, np.random.default_rng(1))

    assert done.keeps_label
    assert done.turns[1:] == turns[1:]


@pytest.mark.parametrize(
    "text", ["refund status", "wo bleibt mein Paket", "4481", "quiero mi dinero, ¿vale?"]
)
def test_a_message_that_is_not_surely_english_gets_none(text: str) -> None:
    assert made(text) == set()
