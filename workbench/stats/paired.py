"""The difference between two models on the same, independent cases.

A pair is one case answered by both models. ``lost`` counts the pairs that the baseline passed and
the candidate failed, ``gained`` the reverse; all other pairs agree. The difference is
``(gained - lost) / pairs``, a fraction from -1 to 1. Cases that share a root are not independent:
`workbench.stats.clusters` serves them.
"""

import math
from functools import lru_cache
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtri

FloatArray = npt.NDArray[np.float64]
NumberArray = npt.NDArray[np.floating | np.integer]

BISECTIONS = 44
"""Halvings of a bracket at most 2 wide: the limits are exact to 2 / 2**44, about 1e-13."""

COUNT_SLACK = 1e-9
"""Rounding that scaled, fractional counts may carry before they are called impossible."""


class Interval(NamedTuple):
    """Two limits, as fractions."""

    low: float
    high: float


class Intervals(NamedTuple):
    """Two arrays of limits, as fractions, one entry per table."""

    low: FloatArray
    high: FloatArray


def normal_quantile(alpha: float) -> float:
    """Return the two-sided normal quantile, 1.96 for ``alpha=0.05``.

    Raises:
        ValueError: ``alpha`` is not strictly between 0 and 1.

    Example:
        >>> round(normal_quantile(0.05), 4)
        1.96
    """
    if not 0 < alpha < 1:
        msg = f"alpha must lie strictly between 0 and 1, got {alpha}; 0.05 is the usual choice."
        raise ValueError(msg)
    return -float(ndtri(alpha / 2))


@overload
def tango(lost: float, gained: float, pairs: float, *, alpha: float = 0.05) -> Interval: ...
@overload
def tango(
    lost: NumberArray,
    gained: NumberArray,
    pairs: NumberArray | float,
    *,
    alpha: float = 0.05,
) -> Intervals: ...


def tango(
    lost: float | NumberArray,
    gained: float | NumberArray,
    pairs: float | NumberArray,
    *,
    alpha: float = 0.05,
) -> Interval | Intervals:
    """Return Tango's score interval of ``(gained - lost) / pairs``.

    It keeps its level where the Wald interval does not: under about 200 pairs, and when all
    changes go one way. Counts may be fractional, as means over trials and the Rao-Scott
    correction make them. Numbers give an `Interval` (and are cached), arrays of a common shape
    give `Intervals`.

    Args:
        lost: Pairs that only the baseline passed, 0 or more.
        gained: Pairs that only the candidate passed, 0 or more.
        pairs: All pairs, more than 0 and at least ``lost + gained``.
        alpha: One minus the confidence level.

    Raises:
        ValueError: the counts are no possible table, or ``alpha`` is out of range.

    Source: Tango (1998), Equivalence test and confidence interval for the difference in
    proportions for the paired-sample design, Statistics in Medicine 17:891-908.

    Example:
        >>> low, high = tango(8, 0, 65)
        >>> f"{low:.3f} {high:.3f}"
        '-0.225 -0.060'
    """
    if np.ndim(lost) == np.ndim(gained) == np.ndim(pairs) == 0:
        return _tango_once(float(lost), float(gained), float(pairs), alpha)
    return _tango_all(*_as_tables(lost, gained, pairs), alpha)


@lru_cache(maxsize=1 << 16)
def _tango_once(lost: float, gained: float, pairs: float, alpha: float) -> Interval:
    low, high = _tango_all(*_as_tables([lost], [gained], [pairs]), alpha)
    return Interval(float(low[0]), float(high[0]))


def _tango_all(lost: FloatArray, gained: FloatArray, pairs: FloatArray, alpha: float) -> Intervals:
    spread = normal_quantile(alpha) ** 2 / pairs
    down, up = lost / pairs, gained / pairs
    # Swapping the two models mirrors the interval, so one search serves both limits.
    return Intervals(low=-_upper_limit(up, down, spread), high=_upper_limit(down, up, spread))


def _upper_limit(down: FloatArray, up: FloatArray, spread: FloatArray) -> FloatArray:
    """Bisect for the largest difference that the score test does not reject.

    ``down`` and ``up`` are the shares of lost and gained pairs, ``spread`` is z^2 / pairs. The
    test statistic falls in the difference, so there is one crossing between estimate and 1.
    """
    estimate = up - down
    inside, outside = estimate.copy(), np.ones_like(estimate)
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        product = middle * (1 - middle)
        # The share of lost pairs that is likeliest when `middle` is the true difference is the
        # larger root of 2 q^2 + slope q - down * product = 0.
        slope = (2 - estimate) * middle - (down + up)
        root = np.sqrt(np.maximum(slope * slope + 8 * down * product, 0))
        variance = (root - slope) / 2 + product
        accepted = (middle - estimate) ** 2 <= spread * variance
        inside = np.where(accepted, middle, inside)
        outside = np.where(accepted, outside, middle)
    return (inside + outside) / 2


def _as_tables(
    lost: npt.ArrayLike, gained: npt.ArrayLike, pairs: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    down, up, total = np.broadcast_arrays(
        np.asarray(lost, dtype=np.float64),
        np.asarray(gained, dtype=np.float64),
        np.asarray(pairs, dtype=np.float64),
    )
    # Written so that a NaN is impossible too.
    possible = (down >= 0) & (up >= 0) & (total > 0) & (down + up <= total + COUNT_SLACK)
    possible &= np.isfinite(total)
    if not possible.all():
        first = int(np.argmin(possible.ravel()))
        msg = (
            "Counts of pairs must satisfy pairs > 0, lost >= 0, gained >= 0 and "
            f"lost + gained <= pairs, got lost={down.flat[first]:g}, gained={up.flat[first]:g}, "
            f"pairs={total.flat[first]:g}; count every case with both outcomes once."
        )
        raise ValueError(msg)
    return down, up, total


def newcombe(lost: int, gained: int, both: int, neither: int, *, alpha: float = 0.05) -> Interval:
    """Return Newcombe's square-and-add interval (his method 10), shown beside Tango's for audit.

    Args:
        lost: Pairs that only the baseline passed.
        gained: Pairs that only the candidate passed.
        both: Pairs that both passed.
        neither: Pairs that neither passed.
        alpha: One minus the confidence level.

    Raises:
        ValueError: a count is negative, there is no pair, or ``alpha`` is out of range.

    Source: Newcombe (1998), Improved confidence intervals for the difference between binomial
    proportions based on paired data, Statistics in Medicine 17:2635-2650.

    Example:
        >>> low, high = newcombe(2, 12, 20, 16)
        >>> f"{low:.4f} {high:.4f}"
        '0.0562 0.3292'
    """
    pairs = lost + gained + both + neither
    if min(lost, gained, both, neither) < 0 or pairs == 0:
        msg = (
            "Newcombe's interval needs four counts of at least 0 and one pair, got "
            f"lost={lost}, gained={gained}, both={both}, neither={neither}."
        )
        raise ValueError(msg)
    rate, reference = (both + gained) / pairs, (both + lost) / pairs
    candidate = wilson(both + gained, pairs, alpha=alpha)
    baseline = wilson(both + lost, pairs, alpha=alpha)
    phi = _corrected_phi(lost, gained, both, neither)
    down = _square_and_add(rate - candidate.low, baseline.high - reference, phi)
    up = _square_and_add(candidate.high - rate, reference - baseline.low, phi)
    return Interval(rate - reference - down, rate - reference + up)


def _square_and_add(first: float, second: float, correlation: float) -> float:
    square = first**2 - 2 * correlation * first * second + second**2
    return math.sqrt(max(square, 0.0))


def _corrected_phi(lost: int, gained: int, both: int, neither: int) -> float:
    pairs = lost + gained + both + neither
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    if margins == 0:
        return 0.0
    covariance = float(both * neither - lost * gained)
    if covariance > 0:
        # Method 10 shrinks a positive correlation by a continuity correction.
        covariance = max(covariance - pairs / 2, 0.0)
    return covariance / math.sqrt(margins)


def mcnemar_midp(lost: int, gained: int) -> float:
    """Return McNemar's two-sided mid-p value for independent pairs, 0 to 1.

    With no discordant pair there is no evidence of change and the value is 1.

    Raises:
        ValueError: a count is negative.

    Source: Fagerland, Lydersen and Laake (2013), The McNemar test for binary matched-pairs data,
    BMC Medical Research Methodology 13:91.

    Example:
        >>> round(mcnemar_midp(8, 5), 2)
        0.42
    """
    discordant, fewer = _discordant(lost, gained)
    strictly_fewer = float(bdtr(fewer - 1, discordant, 0.5)) if fewer else 0.0
    return float(bdtr(fewer, discordant, 0.5)) + strictly_fewer


def mcnemar_exact(lost: int, gained: int) -> float:
    """Return McNemar's exact conditional two-sided p value for independent pairs, 0 to 1.

    Five changes that all go one way give 0.0625, six 0.031: fewer than six discordant pairs can
    never reach 0.05.

    Raises:
        ValueError: a count is negative.

    Example:
        >>> mcnemar_exact(5, 0)
        0.0625
    """
    discordant, fewer = _discordant(lost, gained)
    return min(1.0, 2 * float(bdtr(fewer, discordant, 0.5)))


def _discordant(lost: int, gained: int) -> tuple[int, int]:
    if min(lost, gained) < 0:
        msg = f"McNemar's test needs counts of at least 0, got lost={lost}, gained={gained}."
        raise ValueError(msg)
    return lost + gained, min(lost, gained)


def wilson(successes: int, n: int, *, alpha: float = 0.05) -> Interval:
    """Return Wilson's score interval of one rate, 0 to 1.

    Args:
        successes: Cases that passed, 0 to ``n``.
        n: Independent cases, at least 1.
        alpha: One minus the confidence level.

    Raises:
        ValueError: the counts are impossible, or ``alpha`` is out of range.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference,
    JASA 22:209-212, as SciPy computes it.

    Example:
        >>> low, high = wilson(153, 200)
        >>> f"{low:.3f} {high:.3f}"
        '0.702 0.818'
    """
    from scipy.stats import binomtest

    if not 0 <= successes <= n or n < 1:
        msg = f"A rate needs 0 <= successes <= n and n >= 1, got {successes} of {n}."
        raise ValueError(msg)
    normal_quantile(alpha)
    limits = binomtest(successes, n).proportion_ci(1 - alpha, method="wilson")
    return Interval(float(limits.low), float(limits.high))
