"""Does the classifier stay silent where two sets are alike, and does it say when it cannot tell?

How the data are made. Vectors have 24 numbers of falling spread and length 1. In *alone* every text is its
own root. In *mutants* the second set has roots of 5 texts each, which share all but a tenth of their
spread. R is the number of draws; a bound is met when it still is with 2 Monte Carlo errors against it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from workbench.embed.apart import ALIKE, FEWEST_ROOTS, Apart, apart

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

SPREAD = np.geomspace(1, 0.05, 24)
R = 200


def texts(
    rng: np.random.Generator, n: int, *, per_root: int = 1, shift: float = 0.0
) -> tuple[Array, list[float]]:
    """Return unit vectors and the root of each, which no other draw has."""
    root = np.arange(n) // per_root
    own, shared = rng.normal(size=(n, 24)), rng.normal(size=(n, 24))[root]
    mixed = own if per_root == 1 else math.sqrt(0.9) * shared + math.sqrt(0.1) * own
    vectors = SPREAD * mixed
    vectors[:, 1] += shift * SPREAD[1]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), (root + rng.random()).tolist()


def found(
    rng: np.random.Generator, first: int, second: int, *, per_root: int = 1, shift: float = 0.0
) -> Apart:
    (held, held_roots), (later, later_roots) = (
        texts(rng, first),
        texts(rng, second, per_root=per_root, shift=shift),
    )
    return apart(held, later, held_roots, later_roots)


@pytest.mark.parametrize(
    ("first", "second", "per_root"), [(FEWEST_ROOTS, FEWEST_ROOTS, 1), (150, 60, 1), (65, 150, 5)]
)
def test_two_sets_of_one_distribution_are_rarely_told_apart(first: int, second: int, per_root: int) -> None:
    """The interval leaves a guess out, on either side, in 7 % of draws at most; it covers in 92 % or more."""
    rng = np.random.default_rng([first, per_root])
    draws = [found(rng, first, second, per_root=per_root) for _ in range(R)]
    wrong = float(np.mean([not one.low <= 0.5 <= one.high for one in draws]))

    assert wrong + 2 * math.sqrt(wrong * (1 - wrong) / R) <= 0.07
    assert np.mean([one.reading == "apart" for one in draws]) <= wrong
    assert np.mean([one.auc for one in draws]) == pytest.approx(0.5, abs=0.03)


def test_a_shift_that_a_test_should_see_is_seen_in_most_draws() -> None:
    """R = 100, 65 and 153 texts: the area is that of `ALIKE` or somewhat more."""
    rng = np.random.default_rng(5)
    draws = [found(rng, 65, 153, shift=0.9) for _ in range(100)]
    mean = float(np.mean([one.auc for one in draws]))
    covered = float(np.mean([one.low <= mean <= one.high for one in draws]))

    assert ALIKE <= mean <= 0.75
    assert np.mean([one.reading == "apart" for one in draws]) > 0.6
    assert covered >= 0.92


def test_mutants_are_not_recognised_by_their_parents() -> None:
    """Copies of the first set's own texts fall into the folds of their roots, and are no other set."""
    vectors, roots = texts(np.random.default_rng(2), 60)

    copies = apart(vectors, np.repeat(vectors, 5, axis=0), roots, np.repeat(roots, 5).tolist())

    assert copies.auc == pytest.approx(0.5)
    assert copies.roots == 60


def test_the_same_texts_give_the_same_number() -> None:
    one, two = (found(np.random.default_rng(3), 80, 70) for _ in range(2))

    assert one == two


def test_other_texts_are_told_apart_always() -> None:
    seen = found(np.random.default_rng(4), 40, 40, shift=40)

    assert (seen.reading, seen.high) == ("apart", 1.0)
    assert seen.auc > 0.98


def test_large_sets_that_are_alike_are_said_to_be() -> None:
    assert found(np.random.default_rng(6), 300, 300).reading == "alike"


def test_too_few_roots_say_nothing_however_many_texts_they_have() -> None:
    held, roots = texts(np.random.default_rng(7), 50)
    later, _ = texts(np.random.default_rng(8), 95)

    seen = apart(held, later, roots, [n // 5 for n in range(95)])

    assert (seen.auc, seen.low, seen.high, seen.reading) == (None, None, None, "unresolved")
    assert seen.reason == "50 roots in the first set and 19 in the second; 20 of each are needed."


def test_a_text_without_a_root_is_a_mistake() -> None:
    held, roots = texts(np.random.default_rng(9), 30)

    with pytest.raises(ValueError, match="needs the root"):
        apart(held, held, roots, roots[:-1])
