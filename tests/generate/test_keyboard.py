"""Typing slips: where they fall, how many, and what they never touch."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.keyboard import NEGATIONS, NEIGHBOURS, RATE, typo
from workbench.generate.operators.protected import SPELT

LONG = "I was going through my bank papers and I wonder about the charge that comes every single time " * 20


def slips(text: str, seed: int = 0, rate: float = RATE) -> list[tuple[str, str]]:
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
    expected = RATE * len(LONG) / 100

    # A Poisson mean of 200 draws lies within four standard errors.
    assert abs(np.mean(counts) - expected) < 4 * np.sqrt(expected / 200)
    assert len(slips(LONG, rate=6.0)) > len(slips(LONG, rate=0.5))


def test_a_short_text_gets_one_slip() -> None:
    assert {len(slips("refund", seed)) for seed in range(30)} == {1}


@pytest.mark.parametrize(
    "text", ["do u do it", "eta?", "4481 K-20817", "cannot never nothing", "won't don't", "größe über"]
)
def test_short_words_negations_contractions_and_foreign_letters_are_left_alone(text: str) -> None:
    done = typo([{"role": "user", "text": text}], np.random.default_rng(0))

    assert done.reason == "no word of four letters or more that may be mistyped"


def test_no_slip_makes_a_number_a_date_or_a_negation() -> None:
    text = "then often note notes event tend weed heaven severe farther mayor knot" * 3
    after = {word for seed in range(300) for _, word in slips(text, seed, rate=20)}

    assert after.isdisjoint(SPELT | NEGATIONS)


def test_capitals_stay_capitals() -> None:
    assert all(after.isupper() for seed in range(30) for _, after in slips("WHERE IS MY PARCEL", seed))


def test_neighbours_are_mutual() -> None:
    assert all(key in NEIGHBOURS[near] for key, around in NEIGHBOURS.items() for near in around)
