"""Bytes become text without a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.exchange.decoding import decode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(
    lambda text: not text.startswith("\ufeff")
)


@given(TEXTS, st.sampled_from(["utf-8-sig", "utf-16"]))
def test_a_marked_text_comes_back_character_by_character(text: str, encoding: str) -> None:
    assert decode("seed.csv", text.encode(encoding)) == text


@given(TEXTS.filter(lambda text: "\0" not in text))
def test_utf_8_comes_back_character_by_character(text: str) -> None:
    assert decode("seed.csv", text.encode()) == text


def test_the_place_of_a_wrong_byte_is_its_line_and_its_byte_there() -> None:
    with pytest.raises(
        InputError, match=r"^seed\.jsonl line 3 byte 4: not UTF-8 \(looks like Windows-1252\)"
    ):
        decode("seed.jsonl", b"one\ntwo\nthr\xe9e")


def test_single_nuls_are_not_taken_for_utf_16() -> None:
    assert decode("seed.csv", b"case_id,text\nr1,where\0is it") == "case_id,text\nr1,where\0is it"
