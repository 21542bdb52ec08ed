"""Typing slips: where they fall, how many, and what they never touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.generate import OPERATORS
from workbench.generate.operators.keyboard import DATING, LAYOUTS, NEGATIONS, RATES, neighbours, typo
from workbench.generate.operators.protected import SPELT, is_damaged, protected

if TYPE_CHECKING:
    from conftest import Loaded

LONG = "I was going through my bank papers and I wonder about the charge that comes every single time " * 20


def slips(text: str, seed: int = 0, rate: float = RATES["phone"]) -> list[tuple[str, str]]:
    done = typo([{"role": "user", "text": text}], np.random.default_rng(seed), rate=rate)
    return [(span.before, span.after) for span in done.spans]


def edits_apart(one: str, other: str) -> int:
    """Count the edits of Damerau between two words: insert, omit, substitute, swap neighbours."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            same = one[i - 1] == other[j - 1]
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (not same))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(other)]


def test_a_slip_is_one_edit_and_leaves_the_first_letter() -> None:
    found = [slip for seed in range(20) for slip in slips(LONG, seed)]

    assert found
    assert {edits_apart(before, after) for before, after in found} == {1}
    assert all(before[0] == after[0] for before, after in found)


def test_all_four_kinds_of_slip_occur() -> None:
    changes = {len(after) - len(before) for seed in range(20) for before, after in slips(LONG, seed)}
    swapped = [pair for seed in range(20) for pair in slips(LONG, seed) if sorted(pair[0]) == sorted(pair[1])]

    assert changes == {-1, 0, 1}
    assert swapped


def test_the_rate_is_slips_per_100_characters() -> None:
    counts = [len(slips(LONG, seed)) for seed in range(200)]
    expected = RATES["phone"] * len(LONG) / 100

    # A Poisson mean of 200 draws lies within four standard errors.
    assert abs(np.mean(counts) - expected) < 4 * np.sqrt(expected / 200)
    assert len(slips(LONG, rate=6.0)) > len(slips(LONG, rate=0.5))


def test_a_short_text_gets_one_slip() -> None:
    assert {len(slips("refund", seed)) for seed in range(30)} == {1}


@pytest.mark.parametrize(
    "text",
    [
        "do u do it",
        "eta?",
        "4481 K-20817",
        "cannot never nothing",
        "won't don't",
        "größe über",
        "last week, next June",
    ],
)
def test_short_words_negations_contractions_and_foreign_letters_are_left_alone(text: str) -> None:
    done = typo([{"role": "user", "text": text}], np.random.default_rng(0))

    assert done.reason == "no word of four letters or more that may be mistyped"


def test_no_slip_makes_a_number_a_date_or_a_negation() -> None:
    text = "then often note notes event tend weed heaven severe farther mayor knot" * 3
    after = {word for seed in range(300) for _, word in slips(text, seed, rate=20)}

    assert after.isdisjoint(SPELT | NEGATIONS | DATING)


PIECES = (
    "where", "is my", "(parcel)", "two weeks", "MONDAY", "code", "WINTERSALE", "k-20817", "4481", "$64.90", "a@b.example",
    "shop.example/returns", "GB82", "WEST", "MT84 MALT", "ABCD 123", "KLMN-PQRS", "abcd efgh", "{{order number}}", "<NAME_1>", "[tool call]", "xoxb-abcdefghij",
    "Bearer abcdefghijklmnopqrst", "-----BEGIN PRIVATE KEY-----", "then", "can't", "and/or", "größe", "iPhone", "STILL", "\n", "...", "?",
)  # fmt: skip
"""What stands beside words, with spaces and without."""


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from([" ", "", "\n"]), st.integers(0, 999))
def test_every_slip_lies_outside_of_what_is_protected(pieces: list[str], gap: str, seed: int) -> None:
    text = gap.join(pieces)
    done = typo([{"role": "user", "text": text}], np.random.default_rng(seed), rate=20)
    held = [(place.start, place.end) for place in protected(text)]

    assert not [slip for slip in done.spans for start, end in held if slip.start < end and start < slip.end]
    assert not is_damaged(text, done.turns[0]["text"])


def test_a_message_full_of_values_keeps_them_at_any_rate(messages: list[Loaded]) -> None:
    made = [typo([{"role": "user", "text": message.text}], np.random.default_rng(n), rate=20)
            for n, message in enumerate(messages)]  # fmt: skip

    assert sum(done.changed for done in made) > 900
    assert not [
        message
        for message, done in zip(messages, made, strict=True)
        if is_damaged(message.text, done.turns[0]["text"])
    ]


@pytest.mark.parametrize("text", ["refund today", "not today, monday, never: refund", "two days tell nobody"])
def test_one_word_among_others_that_must_stay_always_takes_a_slip(text: str) -> None:
    assert {len(slips(text, seed, rate=0.1)) for seed in range(200)} == {1}


def test_a_word_in_capitals_among_others_may_be_a_code_or_a_name() -> None:
    assert {before for seed in range(60) for before, _ in slips("my DELL never came, code WINTERSALE either", seed)} == {
        "came", "either",
    }  # fmt: skip


def test_slips_fall_on_every_word_and_letter_but_the_first() -> None:
    found = [slip for seed in range(3000) for slip in slips("where is the parcel", seed)]

    assert {before for before, _ in found} == {"where", "parcel"}
    assert {after for before, after in found if before == "where" and len(after) == 4} == {
        "were",
        "whre",
        "whee",
        "wher",
    }


def test_capitals_stay_capitals() -> None:
    assert all(after.isupper() for seed in range(30) for _, after in slips("WHERE IS MY PARCEL", seed))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_has_every_letter_once_and_its_neighbours_are_mutual(layout: str) -> None:
    around = neighbours(layout)

    assert sorted(around) == list("abcdefghijklmnopqrstuvwxyz")
    assert all(key in around[near] for key, keys in around.items() for near in keys)


@pytest.mark.parametrize(
    ("layout", "near"),
    [("qwerty", {"q": "wa", "s": "awedzx", "z": "asx", "m": "njk", "l": "kop"}),
     ("qwertz", {"z": "tugh", "y": "asx", "s": "awedyx"}),
     ("azerty", {"a": "zq", "q": "azsw", "m": "lp", "w": "qsx"})],
)  # fmt: skip
def test_the_letters_around_a_letter_are_those_of_its_keyboard(layout: str, near: dict[str, str]) -> None:
    assert {key: sorted(neighbours(layout)[key]) for key in near} == {
        key: sorted(keys) for key, keys in near.items()
    }


def test_a_slip_on_each_keyboard_hits_a_key_beside_the_right_one() -> None:
    for layout in LAYOUTS:
        turns = [{"role": "user", "text": LONG}]
        spans = [
            span
            for seed in range(30)
            for span in typo(turns, np.random.default_rng(seed), layout=layout).spans
        ]
        hits = {
            (old, new)
            for _, _, _, before, after, *_ in spans
            if len(before) == len(after) and sorted(before) != sorted(after)
            for old, new in zip(before, after, strict=True)
            if old != new
        }

        assert len(hits) > 50
        assert all(new in neighbours(layout)[old] for old, new in hits)


def test_people_at_desktops_leave_half_as_many_slips_as_on_phones() -> None:
    turns = [{"role": "user", "text": LONG}]
    phone, desktop = (
        np.mean([len(OPERATORS[name](turns, np.random.default_rng(seed)).spans) for seed in range(200)])
        for name in ("typo_qwertz", "typo_qwertz_desktop")
    )

    # Two Poisson means of 200 draws each; the ratio lies within four standard errors.
    assert abs(desktop / phone - RATES["desktop"] / RATES["phone"]) < 4 * np.sqrt(1 / (200 * desktop))
