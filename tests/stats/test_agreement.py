"""Agreement against published tables, and intervals that hold the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from workbench.stats.agreement import MEASURES, NOBODY, agreement

if TYPE_CHECKING:
    from workbench.stats.roots import Estimate

NA = 0
FOUR_RATERS = np.array(
    [
        [1, 1, NA, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [NA, 5, 5, 5], [NA, NA, 1, 1], [NA, NA, 3, NA],
    ]
)  # fmt: skip
"""Krippendorff's canonical data of 12 units and 4 observers, which Gwet (2014), page 120, uses too."""


def raters(table: list[list[int]]) -> np.ndarray:
    """Return the ratings of two raters from their table of counts."""
    cells = [[(i, j)] * many for i, row in enumerate(table) for j, many in enumerate(row)]
    return np.array([pair for cell in cells for pair in cell])


def values(found: dict[str, Estimate]) -> dict[str, float | None]:
    return {name: None if one.value is None else round(one.value, 4) for name, one in found.items()}


def test_krippendorffs_and_gwets_canonical_data() -> None:
    found = agreement(FOUR_RATERS - 1, range(12), categories=5)

    assert NOBODY == NA - 1
    assert values(found) == {"percent": 0.8182, "kappa": None, "AC1": 0.7754, "alpha": 0.7434}
    assert found["kappa"].reason == "Cohen's kappa is of two raters, and here are more; see alpha."


def test_gwets_abstractors() -> None:
    """The table cont3x3abstractors of Gwet's package irrCAC, with the standard errors it prints."""
    ratings = raters([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    found = agreement(ratings, range(100), categories=3)

    assert values(found) == {"percent": 0.89, "kappa": 0.7964, "AC1": 0.8493, "alpha": 0.7973}
    for name, se in (("kappa", 0.0589), ("AC1", 0.0432), ("alpha", 0.0591)):
        assert found[name].se == pytest.approx(se, rel=0.02)
    assert (found["AC1"].low, found["AC1"].high) == pytest.approx((0.764, 0.935), abs=0.002)


@pytest.mark.parametrize("table", [[[90, 5], [4, 1]], [[20, 5], [10, 15]], [[118, 5], [2, 0]], [[13, 0, 0], [0, 20, 7], [0, 4, 56]]])  # fmt: skip
def test_kappa_is_that_of_statsmodels(table: list[list[int]]) -> None:
    ratings = raters(table)
    ours, theirs = (
        agreement(ratings, range(len(ratings)), categories=len(table))["kappa"],
        cohens_kappa(table),
    )

    assert ours.value == pytest.approx(theirs.kappa)
    # The published variance is that of large tables; the jackknife is no narrower in sparse ones.
    assert ours.se == pytest.approx(theirs.std_kappa, rel=0.06 if np.min(table) > 3 else 0.2)
    assert ours.se > theirs.std_kappa


def test_where_nearly_all_are_kept_kappa_says_nothing_and_ac1_does() -> None:
    found = agreement(raters([[90, 5], [4, 1]]), range(100), categories=2)
    assert values(found) == {"percent": 0.91, "kappa": 0.1346, "AC1": 0.8996, "alpha": 0.1385}

    paradox = agreement(raters([[118, 5], [2, 0]]), range(125), categories=2)
    assert (values(paradox)["kappa"], values(paradox)["AC1"]) == (-0.0234, 0.9408)


@pytest.mark.parametrize(
    ("ratings", "names", "measure", "reason"),
    [
        ([[0, NOBODY]] * 20, range(20), "alpha", "No case was judged by two raters."),
        ([[1, 1]] * 20, range(20), "kappa", "All ratings are of one category, so chance alone would agree as well."),
        ([[1, 1]] * 20, range(20), "alpha", "All ratings are of one category, so chance alone would agree as well."),
        ([[1, 1], [0, 0], [1, 0]], range(3), "AC1", "Fewer than 10 roots (3): agreement is described without an interval."),
        ([[1, 1], [0, 0], [1, 0]] * 10, [0] * 30, "kappa", "Fewer than 10 roots (1): agreement is described without an interval."),
        ([[1, 1]] * 10 + [[0, 0]] * 10, range(20), "AC1", "No root changes the estimate: its spread cannot be measured."),
    ],
)  # fmt: skip
def test_what_is_not_computable_says_why(
    ratings: list[list[int]], names: list[int], measure: str, reason: str
) -> None:
    found = agreement(ratings, names, categories=2)[measure]

    assert found.reason == reason
    assert (found.low, found.high) == (None, None)


def test_full_agreement_has_an_interval_for_the_percentage_alone() -> None:
    found = agreement([[1, 1]] * 20, range(20), categories=2)

    assert (found["percent"].value, found["percent"].method) == (1.0, "Wilson")
    assert found["percent"].low == pytest.approx(0.839, abs=0.001)
    assert found["AC1"].value == 1.0


def test_cases_of_one_root_make_the_intervals_wider() -> None:
    ratings = np.repeat(raters([[20, 5], [10, 15]]), 2, axis=0)
    alone, together = (agreement(ratings, names, categories=2) for names in (range(100), np.arange(100) // 2))

    for name in MEASURES:
        wide, narrow = (one[name].high - one[name].low for one in (together, alone))
        assert wide > 1.3 * narrow


@pytest.mark.parametrize(("cases", "least"), [(30, 0.86), (100, 0.92)])
def test_intervals_hold_the_truth_as_often_as_they_say(cases: int, least: float) -> None:
    """Two raters who are right on 95 % of cases, of which 77 % are to be kept."""
    rng = np.random.default_rng(cases)

    def draw(n: int) -> np.ndarray:
        truth = rng.random(n) < 0.77
        return np.stack([truth ^ (rng.random(n) > 0.95) for _ in range(2)], axis=1).astype(int)

    big = agreement(draw(200_000), np.zeros(200_000, dtype=int), categories=2)
    runs = [agreement(draw(cases), range(cases), categories=2) for _ in range(150)]
    for name in MEASURES:
        given = [one[name] for one in runs if one[name].low is not None]
        held = [one.low <= big[name].value <= one.high for one in given]  # type: ignore[operator]

        assert len(given) > 0.9 * len(runs)
        assert np.mean(held) > least - 2 * np.sqrt(0.05 * 0.95 / 150)


def test_ratings_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="a rating is 0 to 1"):
        agreement([[0, 2]], [0], categories=2)
    with pytest.raises(ValueError, match="got 1 roots for 2 cases"):
        agreement([[0, 1], [1, 1]], [0], categories=2)


def test_weights_count_a_case_as_often_as_they_say() -> None:
    """Kappa, AC1 and agreement of weights 1, 2 and 3 are those of cases that are there once, twice and thrice."""
    told = np.array([[1, 1], [1, 0], [0, 0], [0, 1], [1, 1], [0, 0]] * 5)
    weight = np.array([1, 2, 3, 1, 2, 1] * 5)
    weighed = agreement(told, range(30), categories=2, weight=weight)
    repeated = agreement(
        np.repeat(told, weight, axis=0), np.repeat(np.arange(30), weight).tolist(), categories=2
    )

    for name in ("percent", "kappa", "AC1"):
        assert weighed[name].value == pytest.approx(repeated[name].value)
        assert weighed[name].low == pytest.approx(repeated[name].low)
    with pytest.raises(ValueError, match="every case needs a weight above 0"):
        agreement(told, range(30), categories=2, weight=[0.0] * 30)
