"""Cells pooled with their rows and columns: closer to the truth, and intervals that still hold it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from workbench.stats.paired import wilson
from workbench.stats.pooling import pooled

ROWS, COLUMNS = np.repeat(range(4), 5), np.tile(range(5), 4)
GRID = [ROWS.tolist(), COLUMNS.tolist()]
RUNS = 300


def grids(spread: float, own: float, *, mean: float = 1.3) -> tuple[np.ndarray, np.ndarray]:
    """Draw the true rates of 300 grids of 4 x 5 cells, and how many of 10 each cell keeps."""
    rng = np.random.default_rng([int(100 * spread), int(100 * own)])
    level = rng.normal(0, spread, (RUNS, 4))[:, ROWS] + rng.normal(0, spread, (RUNS, 5))[:, COLUMNS]
    truth = expit(mean + level + rng.normal(0, own, (RUNS, 20)))
    return truth, rng.binomial(10, truth)


def error_pp(rate: np.ndarray, truth: np.ndarray) -> float:
    return 100 * float(np.sqrt(((rate - truth) ** 2).mean()))


@pytest.mark.parametrize(("spread", "own"), [(0.6, 0.3), (1.0, 0.6)])
def test_ten_candidates_a_cell_say_more_together_than_alone(spread: float, own: float) -> None:
    truth, kept = grids(spread, own)
    found = [pooled(row, np.full(20, 10), GRID) for row in kept]
    rate, low, high = (np.array([one[part] for one in found]) for part in range(3))
    alone = np.array([wilson(k, 10) for k in range(11)])[kept]
    coverage = float(((low <= truth) & (truth <= high)).mean())

    assert 11.5 < error_pp(kept / 10, truth) < 13
    assert error_pp(rate, truth) < {0.6: 9.0, 1.0: 10.3}[spread]
    # Cells of one grid are estimated together, so 300 grids count, not 6,000 cells.
    assert coverage > 0.92
    assert (high - low).mean() < 0.88 * (alone[..., 1] - alone[..., 0]).mean()


def test_cells_that_do_not_differ_are_pulled_to_one_rate() -> None:
    truth, kept = grids(0.0, 0.0)
    rate = np.array([pooled(row, np.full(20, 10), GRID).rate for row in kept])

    assert error_pp(rate, truth) < 0.45 * error_pp(kept / 10, truth)


def test_many_counts_are_left_alone() -> None:
    kept = np.array([3_000, 9_500, 6_000, 8_000])

    np.testing.assert_allclose(pooled(kept, np.full(4, 10_000)).rate, kept / 10_000, atol=0.002)


def test_a_row_tells_of_its_cells_where_the_columns_do_not() -> None:
    kept = np.where(ROWS == 0, 2, 9)
    kept[0] = 9
    by_grid, alone = pooled(kept, np.full(20, 10), GRID), pooled(kept, np.full(20, 10))

    assert by_grid.rate[0] < alone.rate[0] - 0.1
    assert by_grid.rate[5] > by_grid.rate[1] + 0.4


def test_a_cell_without_counts_stays_missing_and_changes_nothing() -> None:
    with_one = pooled([7, 0, 9], [10, 0, 10], [["a", "a", "b"], ["x", "y", "x"]])
    without = pooled([7, 9], [10, 10], [["a", "b"], ["x", "x"]])

    assert np.isnan([with_one.rate[1], with_one.low[1], with_one.high[1]]).all()
    np.testing.assert_allclose(with_one.rate[[0, 2]], without.rate)
    assert np.isnan(pooled([0], [0]).rate).all()


@pytest.mark.parametrize("kept", [0, 10, 10_000])
def test_all_or_none_kept_stays_inside_0_and_1(kept: int) -> None:
    n = 10_000 if kept > 10 else 10
    found = pooled(np.full(20, kept), np.full(20, n), GRID)

    assert ((found.low > 0) & (found.low < found.rate) & (found.rate < found.high) & (found.high < 1)).all()


def test_the_order_of_cells_and_the_names_of_levels_do_not_matter() -> None:
    _, kept = grids(0.6, 0.3)
    order = np.random.default_rng(1).permutation(20)
    names = [[f"level {20 - level}" for level in axis[order]] for axis in (ROWS, COLUMNS)]

    np.testing.assert_allclose(
        pooled(kept[0][order], np.full(20, 10), names).rate,
        pooled(kept[0], np.full(20, 10), GRID).rate[order],
    )


def test_one_cell_is_what_integration_says() -> None:
    """The worst case of the approximation, a cell that stands alone: summed over a fine grid of log-odds."""
    from workbench.stats.pooling import CELL_SPREADS, MEAN_SPREAD, SPREAD_SCALE

    odds = np.linspace(-15, 15, 20_001)
    spreads = np.array(CELL_SPREADS)
    share = np.exp(-(spreads**2) / (2 * SPREAD_SCALE**2)) * np.gradient(spreads)
    sd = np.sqrt(MEAN_SPREAD**2 + spreads**2)[:, None]
    prior = (share[:, None] * np.exp(-(odds**2) / (2 * sd**2)) / sd).sum(axis=0)
    weight = prior * np.exp(7 * odds - 10 * np.logaddexp(0, odds))
    exact = float((weight * expit(odds)).sum() / weight.sum())

    assert pooled([7], [10]).rate[0] == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(
    ("kept", "n", "levels", "said"),
    [([3], [2], [], "kept <= n"), ([-1], [2], [], "kept <= n"), ([1, 2], [2], [], "kept <= n"), ([1], [2], [["a", "b"]], "got 2 levels")],
)  # fmt: skip
def test_impossible_counts_are_refused(
    kept: list[int], n: list[int], levels: list[list[str]], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        pooled(kept, n, levels)
