"""Ids of capitals are told from shouted words."""

from __future__ import annotations

import pytest

from workbench.generate.operators.codes import SHORT, codes


def found(text: str) -> list[str]:
    """Return the codes of a text in order, those within another left out."""
    told: list[tuple[int, int]] = []
    for start, end in sorted(codes(text), key=lambda place: (place[0], -place[1])):
        if not told or start >= told[-1][1]:
            told.append((start, end))
    return [text[start:end] for start, end in told]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("RR 123 456 785 GB", ["RR 123 456 785 GB"]),
        ("is RR123456785 IT lost", ["RR123456785 IT"]),
        ("ni AB 12 34 56 A ok", ["AB 12 34 56 A"]),
        ("IBAN GB00 WEST 1234 5698", ["IBAN", "WEST"]),
        ("licence ABC DEF 123", ["ABC", "DEF"]),
        ("plate AB12 CDE.", ["CDE"]),
        ("RMA #4481 (PO 12)", ["RMA", "PO"]),
        ("at 10:30 PM", ["PM"]),
        ("parcel\u00a0RR\u00a0123", ["RR"]),
        ("booking number XKJQPL, ref: ABCDE", ["XKJQPL", "ABCDE"]),
        ("key ABC-DEF-GHI.", ["ABC-DEF-GHI"]),
        ("GB-RR", ["GB-RR"]),
    ],
)
def test_an_id_is_found(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("WHERE IS RR 123 456 785 GB", ["RR 123 456 785 GB"]),
        ("MY ORDER ABC 123 IS LATE", ["ABC"]),
        ("SIZE UK 10 PLEASE", ["UK"]),
        ("AB12 CDE IS MY PLATE", ["CDE"]),
        ("I PAID 40 FOR 2 FORKS AND 3 PANS", []),
        ("SEND 2 BACK, ALL 3 OF THEM", []),
        ("MY KEY ABC-DEF", []),
    ],
)
def test_in_a_shout_only_what_is_no_word_is_an_id(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "WHERE IS 2 of my items", "I got ONLY 1, NOT 2", "I AM 2 days late", "I bought 2 I want 3", "this is TOTALLY broken, 2 times",
        "it's 2 o'clock", "MONEY BACK or nothing", "DON'T 2", "out of stock since 3 May", "a T-shirt", "",
    ],
)  # fmt: skip
def test_ordinary_words_beside_numbers_are_no_id(text: str) -> None:
    assert found(text) == []


def test_the_short_words_are_four_letters_at_most() -> None:
    assert {word for word in SHORT if len(word) > 4} == set()
