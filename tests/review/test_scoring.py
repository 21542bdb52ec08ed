"""Forecasts of survival held against what came out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from workbench.review import Score, Survival, score
from workbench.review.survival import reading

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def outcome() -> Callable[..., Survival]:
    """Make the survival of cells from their counts: kept and reviewed."""

    def make(**counts: tuple[int, int]) -> Survival:
        rows = [
            {"cell": cell, "kept": kept, "reviewed": many, **reading(kept, many)._asdict()}
            for cell, (kept, many) in counts.items()
        ]
        cells = pd.DataFrame(rows, columns=["cell", "kept", "reviewed", "survival", "low", "high"])
        return Survival(axes={}, cells=cells, margins=cells, total=cells, roots=0, disputed=0)

    return make


def sealed(**forecasts: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"cell": list(forecasts), "predicted_survival": list(forecasts.values()), "intact": True}
    )


@pytest.fixture
def scored(outcome: Callable[..., Survival]) -> Score:
    return score(
        outcome(a=(9, 10), b=(2, 10), c=(3, 5), unseen=(0, 0), unforecast=(4, 10)),
        sealed(a=0.8, b=0.7, c=0.6, unseen=0.5, elsewhere=0.9),
    )


def test_only_cells_with_a_forecast_and_a_review_are_scored(scored: Score) -> None:
    assert sorted(scored.cells["cell"]) == ["a", "b", "c"]
    assert scored.candidates == 25


def test_the_brier_score_is_that_of_each_candidate(scored: Score) -> None:
    outcomes = [1] * 9 + [0] + [1] * 2 + [0] * 8 + [1] * 3 + [0] * 2
    forecasts = [0.8] * 10 + [0.7] * 10 + [0.6] * 5

    assert scored.brier == pytest.approx(brier_score_loss(outcomes, forecasts))
    assert scored.miss == pytest.approx((10 * 0.01 + 10 * 0.25 + 0) / 25)
    assert scored.noise == pytest.approx((10 * 0.09 + 10 * 0.16 + 5 * 0.24) / 25)
    assert scored.brier == pytest.approx(scored.miss + scored.noise)


def test_the_skill_is_against_calling_the_overall_rate_everywhere(scored: Score) -> None:
    overall = 14 / 25

    assert scored.skill == pytest.approx(1 - scored.brier / (overall * (1 - overall)))


def test_the_bias_is_forecast_minus_outcome_over_cells(scored: Score) -> None:
    differences = np.array([-0.1, 0.5, 0.0])
    half = 4.302652729749464 * differences.std(ddof=1) / math.sqrt(3)

    assert scored.bias == pytest.approx(differences.mean())
    assert (scored.bias_low, scored.bias_high) == pytest.approx((scored.bias - half, scored.bias + half))
    assert str(scored) == f"3 cells scored: Brier {scored.brier:.3f}, bias +0.133"


def test_the_most_surprising_cell_comes_first_with_its_exact_chance(scored: Score) -> None:
    first = scored.cells.iloc[0]

    # P(X <= 2) and, on the other side, nothing is as unlikely as P(X = 2) at n = 10, p = 0.7.
    below = sum(math.comb(10, k) * 0.7**k * 0.3 ** (10 - k) for k in range(3))
    assert first["cell"] == "b"
    assert first["p_two_sided"] == pytest.approx(below)
    assert scored.cells["p_two_sided"].is_monotonic_increasing


def test_forecasts_that_are_right_miss_by_as_much_as_chance_does(outcome: Callable[..., Survival]) -> None:
    rng = np.random.default_rng(20260301)
    truth = {f"c{n}": float(p) for n, p in enumerate(rng.uniform(0.3, 0.95, 20))}
    drawn = [
        score(outcome(**{cell: (int(rng.binomial(10, p)), 10) for cell, p in truth.items()}), sealed(**truth))
        for _ in range(40)
    ]

    assert np.mean([one.miss for one in drawn]) == pytest.approx(drawn[0].chance_miss, rel=0.15)
    assert np.mean([one.bias_low <= 0 <= one.bias_high for one in drawn]) >= 0.85


def test_certain_forecasts_are_scored_too(outcome: Callable[..., Survival]) -> None:
    found = score(outcome(a=(10, 10), b=(1, 10)), sealed(a=1.0, b=0.0))

    assert found.cells.set_index("cell")["p_two_sided"].to_dict() == {"a": 1.0, "b": 0.0}
    assert found.chance_miss == 0


def test_what_cannot_be_computed_is_missing_with_its_reason(outcome: Callable[..., Survival]) -> None:
    one = score(outcome(a=(5, 5)), sealed(a=0.8))

    assert math.isnan(one.skill)
    assert math.isnan(one.bias_low)
    assert one.bias == pytest.approx(-0.2)
    assert one.why == (
        "all outcomes are the same, so there is no skill; one cell has no spread, so the bias has no interval"
    )


def test_without_forecasts_or_reviews_nothing_is_known(outcome: Callable[..., Survival]) -> None:
    for found, forecasts, why in (
        (outcome(a=(5, 5)), sealed(), "no forecast was sealed"),
        (outcome(a=(0, 0)), sealed(a=0.5), "no cell with a forecast has a reviewed candidate"),
        (outcome(), sealed(a=0.5), "no cell with a forecast has a reviewed candidate"),
    ):
        empty = score(found, forecasts)
        assert math.isnan(empty.brier)
        assert empty.cells.empty
        assert str(empty) == f"forecasts: not known, because {why}"
