"""The rates of many small cells, each estimated with the help of its neighbours.

7 of 10 says next to nothing about a cell: Wilson's interval is 40 to 89 %. Cells of one row or column
of a grid are alike, so their counts help: logit of the rate = mean + effects of the cell's levels +
the cell's own effect, all normal. How alike cells are is not known, so the fit is made on a grid of
both spreads and mixed by how well each explains the counts.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from workbench.stats.paired import FloatArray, normal_quantile

LEVEL_SPREADS = (0.05, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Standard deviations of the effect of a level that are mixed, in log-odds."""

CELL_SPREADS = (0.05, 0.2, 0.4, 0.6, 0.9, 1.3)
"""Standard deviations of a cell's own effect that are mixed, in log-odds."""

SPREAD_SCALE = 1.0
"""Scale of the half-normal prior of both spreads: most effects lie within two log-odds, as from 50 to
88 %. Source: Gelman (2006), Prior distributions for variance parameters in hierarchical models,
Bayesian Analysis 1:515-534, for a weak prior where levels are few."""

MEAN_SPREAD = 2.5
"""Standard deviation of the prior of the mean, which is centred on 50 %: 0.7 to 99.3 % lie within two.
Source: Gelman, Jakulin, Pittau and Su (2008), Annals of Applied Statistics 2:1360-1383."""

NEWTON_STEPS, CLOSE = 60, 1e-9
"""Most steps to the mode, and the change of the largest log-odds at which it is reached."""

BISECTIONS = 44
"""Halvings of a bracket at most 80 log-odds wide: limits are exact to 5e-12."""

NODES = 24
"""Points of the Gauss-Hermite rule for the mean rate of a normal log-odds."""


class Pooled(NamedTuple):
    """The rate of each cell, 0 to 1, with its interval; NaN where nothing was counted.

    Attributes:
        rate: Posterior mean.
        low: Lower end of the central interval.
        high: Its upper end.
    """

    rate: FloatArray
    low: FloatArray
    high: FloatArray


class _Mode(NamedTuple):
    """The normal log-odds of each cell, by pair of spreads, and how well each pair explains the counts."""

    mean: FloatArray
    sd: FloatArray
    weight: FloatArray


def pooled(
    kept: npt.ArrayLike,
    n: npt.ArrayLike,
    levels: Sequence[Sequence[Hashable]] = (),
    *,
    alpha: float = 0.05,
) -> Pooled:
    """Return the rate of each cell, pulled towards what its row, column and all cells say.

    In 300 simulated grids of 4 x 5 cells with 10 counts each the root mean squared error falls from
    12.9 to 8.6 points, and the 95 % interval is 0.34 wide where Wilson's is 0.43 and covers the truth
    in 95 % of cells (tests/stats/test_pooling.py).

    Args:
        kept: Successes of each cell, shape (cells,).
        n: Counts of each cell; a cell of 0 counts helps nobody and stays NaN.
        levels: For each axis the level of every cell; none pools all cells alike.
        alpha: One minus the probability of the interval.

    Raises:
        ValueError: The counts are impossible, an axis has another length, or ``alpha`` is out of range.

    Source: the additive logit with Laplace's approximation at each pair of spreads is that of
    Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, algorithms 3.1 and 3.2;
    the mixture over the spreads is that of Rue, Martino and Chopin (2009), JRSS B 71:319-392.

    Example:
        >>> told = pooled([7, 10, 9, 8], [10, 10, 10, 10])
        >>> np.round(told.rate, 2).tolist(), round(float(told.low[0]), 2), round(float(told.high[0]), 2)
        ([0.79, 0.87, 0.84, 0.82], 0.54, 0.92)
    """
    reach = normal_quantile(alpha)
    successes, counts = np.asarray(kept, dtype=np.float64), np.asarray(n, dtype=np.float64)
    _check(successes, counts, levels)
    rate, low, high = (np.full(counts.shape, np.nan) for _ in range(3))
    told = counts > 0
    if told.any():
        mode = _modes(successes[told], counts[told], [_indicators(axis)[told] for axis in levels])
        rate[told] = _mean_rate(mode)
        low[told], high[told] = (_quantile(mode, share) for share in (ndtr(-reach), ndtr(reach)))
    return Pooled(rate, low, high)


def _check(kept: FloatArray, n: FloatArray, levels: Sequence[Sequence[Hashable]]) -> None:
    if kept.shape != n.shape or n.ndim != 1 or not ((kept >= 0) & (kept <= n)).all():
        raise ValueError("every cell needs 0 <= kept <= n; count each reviewed candidate once.")
    wrong = [len(axis) for axis in levels if len(axis) != n.size]
    if wrong:
        raise ValueError(f"every axis names the level of each of {n.size} cells, got {wrong[0]} levels.")


def _indicators(axis: Sequence[Hashable]) -> FloatArray:
    """Return a column for each level of an axis: 1 where a cell has it, else 0."""
    _, code = np.unique([str(level) for level in axis], return_inverse=True)
    return np.eye(int(code.max()) + 1)[code]


def _modes(kept: FloatArray, n: FloatArray, axes: Sequence[FloatArray]) -> _Mode:
    """Fit the log-odds of every cell at each pair of spreads, all pairs at once.

    The log-odds are `effects @ z` plus the cell's own effect. The own effects are solved for cell by cell,
    so the systems are as large as the number of levels, however many cells there are.
    """
    effects = np.concatenate([np.ones((n.size, 1)), *axes], axis=1)
    spreads = LEVEL_SPREADS if axes else LEVEL_SPREADS[:1]
    level, own = (axis.ravel() for axis in np.meshgrid(spreads, CELL_SPREADS))
    prior = np.repeat(level[:, None] ** 2, effects.shape[1], axis=1)
    prior[:, 0] = MEAN_SPREAD**2
    own_2, odds = own[:, None] ** 2, np.zeros((level.size, n.size))
    for _ in range(NEWTON_STEPS):
        curve, system = _system(n, odds, effects, prior, own_2)
        right = (curve * odds + kept - n * expit(odds)) / (1 + own_2 * curve)
        solved = np.linalg.solve(system, (right @ effects)[:, :, None])[:, :, 0]
        pull = right - curve / (1 + own_2 * curve) * (solved @ effects.T)
        moved = (pull @ effects * prior) @ effects.T + own_2 * pull
        change, odds = float(np.abs(moved - odds).max()), moved
        if change < CLOSE:
            break
    curve, system = _system(n, odds, effects, prior, own_2)
    likelihood = (kept * odds - n * np.logaddexp(0, odds)).sum(axis=1) - (pull * odds).sum(axis=1) / 2
    volume = np.linalg.slogdet(system)[1] + np.log(prior).sum(axis=1) + np.log1p(own_2 * curve).sum(axis=1)
    belief = -(level**2 + own**2) / (2 * SPREAD_SCALE**2)
    evidence = likelihood - volume / 2 + belief + np.log(_widths(spreads, level) * _widths(CELL_SPREADS, own))
    weight = np.exp(evidence - evidence.max())
    spread = np.einsum("iq,gqr,ir->gi", effects, np.linalg.inv(system), effects, optimize=True)
    shrunk = 1 + own_2 * curve
    return _Mode(odds, np.sqrt(spread / shrunk**2 + own_2 / shrunk), weight / weight.sum())


def _system(
    n: FloatArray, odds: FloatArray, effects: FloatArray, prior: FloatArray, own_2: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the curvature of each cell's likelihood, and the precision of the effects by pair of spreads."""
    rate = expit(odds)
    curve = n * rate * (1 - rate)
    weight = curve / (1 + own_2 * curve)
    precision = np.einsum("iq,gi,ir->gqr", effects, weight, effects, optimize=True)
    return curve, precision + np.eye(effects.shape[1]) / prior[:, None, :]


def _widths(grid: Sequence[float], values: FloatArray) -> FloatArray:
    """Return how much of the line each point of an uneven grid stands for."""
    if len(grid) == 1:
        return np.ones(values.shape)
    widths: FloatArray = np.gradient(np.asarray(grid))
    return widths[np.searchsorted(grid, values)]


def _mean_rate(mode: _Mode) -> FloatArray:
    node, share = np.polynomial.hermite_e.hermegauss(NODES)
    rates = expit(mode.mean[:, :, None] + mode.sd[:, :, None] * node) @ (share / share.sum())
    return np.asarray(mode.weight @ rates)


def _quantile(mode: _Mode, share: float) -> FloatArray:
    """Return the rate below which ``share`` of each cell's mixture lies."""
    low = (mode.mean - 8 * mode.sd).min(axis=0)
    high = (mode.mean + 8 * mode.sd).max(axis=0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = mode.weight @ ndtr((middle - mode.mean) / mode.sd) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(expit((low + high) / 2))
