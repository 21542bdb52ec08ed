"""Small letters and capitals."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate import OPERATORS

RNG = np.random.default_rng(0)


def said(name: str, text: str) -> str:
    return OPERATORS[name]([{"role": "user", "text": text}], RNG).turns[0]["text"]


def test_addresses_ids_and_codes_keep_their_case_and_words_do_not() -> None:
    text = "My code WINTERSALE for K-20817 fails at https://Shop.example/Pay since Monday"

    assert (
        said("lowercase", text)
        == "my code WINTERSALE for K-20817 fails at https://Shop.example/Pay since monday"
    )
    assert (
        said("shout", text) == "MY CODE WINTERSALE FOR K-20817 FAILS AT https://Shop.example/Pay SINCE MONDAY"
    )


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("Track RR 123 456 785 GB for me", "track RR 123 456 785 GB for me"),
        ("My postcode is SW1A 1AA, I am AB 12 34 56 C", "my postcode is SW1A 1AA, i am AB 12 34 56 C"),
        ("Key ABC-DEF-GHI or GB-RR", "key ABC-DEF-GHI or GB-RR"),
        ("WHERE IS RR 123 456 785 GB", "where is RR 123 456 785 GB"),
        ("WHERE IS 2 of my items", "where is 2 of my items"),
        ("I got ONLY 1 and NOT 2", "i got only 1 and not 2"),
        ("WHERE ARE MY 2 FORKS", "where are my 2 forks"),
        ("OUT-OF-DATE again?", "out-of-date again?"),
    ],
)
def test_capitals_of_ids_stay_and_shouted_words_beside_numbers_do_not(text: str, small: str) -> None:
    assert said("lowercase", text) == small


def test_letters_that_grow_in_capitals_are_logged_where_they_stood() -> None:
    done = OPERATORS["shout"]([{"role": "user", "text": "die Straße, 4481 heißt sie"}], RNG)

    assert done.turns[0]["text"] == "DIE STRASSE, 4481 HEISST SIE"
    assert [(span.start, span.end) for span in done.spans] == [(0, 12), (16, 26)]


@pytest.mark.parametrize(("name", "text"), [("lowercase", "where is it????"), ("shout", "WHERE IS IT")])
def test_what_is_written_so_already_is_refused(name: str, text: str) -> None:
    assert "already" in OPERATORS[name]([{"role": "user", "text": text}], RNG).reason
