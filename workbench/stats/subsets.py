"""The difference between the means of two subsets of cases, such as synthetic and real ones.

It is for means that are read one beside the other, as pass rates with and without a word. Limits are
added square by square, so that a subset in which nothing varies keeps the width that its size asks for;
the plain jackknife would take it for certain.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.clusters import MIN_ROOTS, group_interval
from workbench.stats.paired import FloatArray, normal_quantile
from workbench.stats.rates import rate
from workbench.stats.roots import Estimate, cases_by_root

SURE = 1e-12
"""The smallest level at which an interval is asked whether it holds 0."""

HALVINGS = 9
"""Halvings of a level on a log scale: 5 % too large at most, which is the safe side."""


class Subset(NamedTuple):
    """Some cases: a value of each, and its root.

    Attributes:
        values: Of each case, 0 to 1 for a rate, -1 to 1 for a change.
        roots: The root of each case.
    """

    values: npt.ArrayLike
    roots: Sequence[Hashable]


def rate_gap(one: Subset, other: Subset, *, alpha: float = 0.05) -> Estimate:
    """Return one subset's rate minus the other's.

    Newcombe's interval for independent cases; where cases share roots, Wilson's limits at the effective
    size, see `workbench.stats.rates.rate`, with the correlation of the two rates over the roots that the
    subsets share. No interval with under `MIN_ROOTS` roots on either side.

    Raises:
        ValueError: a value or ``alpha`` is out of range, or roots and values differ in number.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17:873-890, method 10; the same with a correlation, Zou (2008), On the
    estimation of additive interaction, American Journal of Epidemiology 168:212-224.

    Example:
        >>> found = rate_gap(Subset([1] * 129 + [0] * 24, range(153)), Subset([1] * 26 + [0] * 39, range(65)))
        >>> f"{found.value:.3f} ({found.low:.3f}, {found.high:.3f})"
        '0.443 (0.305, 0.564)'
    """
    return _gap(rate, one, other, alpha, most=1.0)


def change_gap(one: Subset, other: Subset, *, alpha: float = 0.05) -> Estimate:
    """Return one subset's mean change minus the other's, each with its own `group_interval`.

    Args:
        one: Candidate minus baseline per case.
        other: The same of other cases.
        alpha: One minus the confidence level.

    Raises:
        ValueError: as `rate_gap`.

    Source: notes on `rate_gap`; adding Tango's limits this way is MOVER.

    Example:
        >>> without, holding = Subset([1] * 58 + [0] * 7, range(65)), Subset([0] * 32, range(32))
        >>> found = change_gap(holding, without)
        >>> f"{found.value:.3f} ({found.low:.3f}, {found.high:.3f})"
        '-0.892 (-1.013, -0.742)'
    """
    return _gap(group_interval, one, other, alpha, most=2.0)


def level_of_zero(gap: Callable[[float], Estimate], *, alpha: float) -> float:
    """Return the smallest level at which an interval excludes 0, as a p value; 1 where it holds 0 at alpha.

    That is all that the Benjamini-Hochberg rule at alpha asks: a p value above alpha is never rejected.

    Args:
        gap: The estimate at a level.
        alpha: The level of the whole family.

    Example:
        >>> holding, without = Subset([1] * 30 + [0] * 10, range(40)), Subset([1] * 20 + [0] * 20, range(40))
        >>> level_of_zero(lambda level: rate_gap(holding, without, alpha=level), alpha=0.05) < 0.05
        True
    """
    if _holds_zero(gap(alpha)):
        return 1.0
    low, high = math.log(SURE), math.log(alpha)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _holds_zero(gap(math.exp(middle))) else (low, middle)
    return math.exp(high)


def _holds_zero(found: Estimate) -> bool:
    return found.low is None or found.high is None or found.low <= 0 <= found.high


def _gap(side: Callable[..., Estimate], one: Subset, other: Subset, alpha: float, *, most: float) -> Estimate:
    normal_quantile(alpha)
    first, second = (side(subset.values, subset.roots, alpha=alpha) for subset in (one, other))
    roots = len({*one.roots, *other.roots})
    if first.value is None or second.value is None:
        return Estimate(value=None, roots=roots, method="descriptive", reason="One side has no case.")
    value = first.value - second.value
    few = min(first.roots, second.roots)
    if few < MIN_ROOTS:
        reason = f"Fewer than {MIN_ROOTS} roots on one side ({few}): the difference is described without an interval."
        return Estimate(value=value, roots=roots, method="descriptive", reason=reason)
    if first.low is None or first.high is None or second.low is None or second.high is None:
        none = first.reason or second.reason
        return Estimate(value=value, roots=roots, method="descriptive", reason=none)
    shared = _correlation(one, other)
    down = _added(first.value - first.low, second.high - second.value, shared)
    up = _added(first.high - first.value, second.value - second.low, shared)
    plain = first.method == second.method == "Wilson" and not shared
    both = dict.fromkeys([first.method, second.method])
    method = (
        "Newcombe" if plain else f"square and add of {' and '.join(both)}{', shared roots' * bool(shared)}"
    )
    return Estimate(
        value=value, low=max(-most, value - down), high=min(most, value + up), roots=roots, method=method
    )


def _added(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))


def _correlation(one: Subset, other: Subset) -> float:
    """Return the correlation of two means over their shared roots, 0 without any.

    One more shared root is counted, in which the two do not go together: a few that happen to agree
    do not make an interval narrow.
    """
    codes: dict[Hashable, int] = {}
    sides = [cases_by_root(*subset, codes=codes) for subset in (one, other)]
    common = np.intersect1d(sides[0].code, sides[1].code).size
    if not common:
        return 0.0
    first, second = (_parts(*side, roots=len(codes)) for side in sides)
    size = math.sqrt(float((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / size * common / (common + 1) if size else 0.0


def _parts(values: FloatArray, code: npt.NDArray[np.intp], *, roots: int) -> FloatArray:
    """Return what each root adds to the deviation of a mean."""
    return np.asarray(np.bincount(code, weights=values - values.mean(), minlength=roots) / values.size)
