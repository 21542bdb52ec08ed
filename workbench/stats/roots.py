"""Cases and the roots that they share, and the jackknife that leaves out one root at a time.

``d`` is candidate minus baseline per case, from -1 to 1 (a mean over trials may lie between), and
``root`` names each case's root. Cases with a missing outcome are left out by the caller. What
cannot be computed is None with a reason: never NaN, and never a 0 that stands for nothing.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from workbench.stats.paired import FloatArray, normal_quantile
from workbench.stats.unseen import departures, lacks, overlap

CodeArray = npt.NDArray[np.intp]

ROUNDING = 1e-12
"""A standard error this small is what rounding leaves of 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A difference with its interval, or the reason why there is none.

    Attributes:
        value: The estimate as a fraction, None when no case supports it.
        low: Lower limit, None without an interval.
        high: Upper limit, None without an interval.
        se: Standard error, None when nothing varies.
        roots: Distinct roots that the estimate rests on.
        df: Degrees of freedom of the t quantile, None where a normal one is used or no interval.
        method: Name of the interval, as a report prints it.
        reason: Why the value or the interval is None; None when both are there.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    roots: int
    df: int | None = None
    method: str
    reason: str | None = None


class Cases(NamedTuple):
    """The differences of n cases and the number of each one's root."""

    d: FloatArray
    code: CodeArray


def jackknife(
    groups: Mapping[str, tuple[npt.ArrayLike, Iterable[Hashable]]],
    weights: Mapping[str, float],
    *,
    alpha: float = 0.05,
) -> Estimate:
    """Estimate a weighted sum of group means, leaving out one root at a time.

    ``{"real": 1}`` is a group's difference, ``{"real": 0.3, "synthetic": 0.7}`` a mix,
    ``{"real": 1, "synthetic": -1}`` a contradiction. A root is left out of every group at once,
    so groups may share roots. The variance is ``(G-1)/G * sum_g (theta_(-g) - mean)^2`` over the
    G distinct roots of the groups used, and of each group what `workbench.stats.unseen` adds where
    hardly a root changes; t has (fewest roots of a group used - 1) degrees of freedom. Leaving out a root can only empty a group that has no other root, and such a group
    has no measurable spread: there is then a value without an interval.

    Args:
        groups: Per group its ``d`` (shape (n,), from -1 to 1) and the root of each case.
        weights: Weight per group name; groups with weight 0 or no weight are not used.
        alpha: One minus the confidence level.

    Returns:
        The estimate, its limits cut at the largest possible sum. No value when a group used is
        empty; no interval when a group used has one root, or when the groups' changes cancel root by
        root.

    Raises:
        ValueError: no group is used, a weighted group is not in ``groups``, or as
            `group_interval`.

    Source: Efron and Stein (1981), The jackknife estimate of variance, Annals of Statistics
    9:586-596; leaving out whole clusters, Cameron and Miller (2015).

    Example:
        >>> real = ([-1.0] * 6 + [0.0] * 34, range(40))
        >>> synthetic = ([1.0] * 3 + [0.0] * 37, [number % 20 for number in range(40)])
        >>> contradiction = jackknife(
        ...     {"real": real, "synthetic": synthetic}, {"real": 1, "synthetic": -1}
        ... )
        >>> round(contradiction.value, 3), contradiction.roots, contradiction.df
        (-0.225, 40, 19)
    """
    normal_quantile(alpha)
    used = _used_weights(groups, weights)
    codes: dict[Hashable, int] = {}
    cases = {name: cases_by_root(*groups[name], codes=codes) for name in used}
    method = "root jackknife"
    empty = [name for name, (d, _) in cases.items() if d.size == 0]
    if empty:
        reason = f"No case in {', '.join(empty)}: there is nothing to estimate."
        return Estimate(value=None, roots=len(codes), method=method, reason=reason)
    value = float(sum(used[name] * d.mean() for name, (d, _) in cases.items()))
    roots_by_group = {name: len(np.unique(code)) for name, (_, code) in cases.items()}
    single = [name for name, roots in roots_by_group.items() if roots < 2]
    if single:
        reason = f"One root in {', '.join(single)}: its spread cannot be measured."
        return Estimate(value=value, roots=len(codes), method=method, reason=reason)
    weight = np.array(list(used.values()))
    variance = weight @ covariance(list(cases.values()), len(codes), np.sign(weight), alpha=alpha) @ weight
    described = Estimate(value=value, roots=len(codes), method=method)
    estimate = _with_limits(described, float(variance), df=min(roots_by_group.values()) - 1, alpha=alpha)
    return _cut(estimate, sum(map(abs, used.values())))


def covariance(cases: Sequence[Cases], roots: int, signs: FloatArray, *, alpha: float) -> FloatArray:
    """Return the covariance of group means, leaving out one root at a time.

    To a group's variance comes what it lacks when hardly a root changes, see `workbench.stats.unseen`.

    Args:
        cases: Per group its cases, none with fewer than two roots; codes are shared between groups.
        roots: Distinct roots of all groups.
        signs: Of the weight of each group: what groups lack may widen a sum, and never narrows a difference.
        alpha: One minus the confidence level of the interval to be made.

    Returns:
        Shape (groups, groups).
    """
    without, there = np.empty((2, len(cases), roots))
    for row, (d, code) in enumerate(cases):
        sums = np.bincount(code, weights=d, minlength=roots)
        counts = np.bincount(code, minlength=roots)
        without[row], there[row] = (d.sum() - sums) / (d.size - counts), counts > 0
    apart = without - without.mean(axis=1, keepdims=True)
    lacking = np.sqrt([lacks(*departures(d, code), alpha=alpha) for d, code in cases])
    unseen = np.outer(lacking, lacking) * overlap(there) * np.maximum(np.outer(signs, signs), 0)
    return np.asarray((roots - 1) / roots * (apart @ apart.T) + unseen)


def jackknife_of(
    statistic: Callable[[npt.NDArray[np.bool_]], float],
    root: Iterable[Hashable],
    *,
    alpha: float = 0.05,
) -> Estimate:
    """Estimate any statistic of cases, leaving out one root at a time.

    For statistics that are no weighted sum of means, such as an entropy or a ratio.

    Args:
        statistic: Takes a boolean array of shape (n,), True for the cases to use, and returns the
            statistic of those cases.
        root: The root of each case, n of them.
        alpha: One minus the confidence level.

    Returns:
        The estimate, with G - 1 degrees of freedom for G roots; no interval under two roots, when
        no root changes the statistic, or when it cannot be computed without some root.

    Raises:
        ValueError: ``alpha`` is out of range.

    Example:
        >>> words = np.array([3.0, 5.0, 4.0, 9.0])
        >>> estimate = jackknife_of(lambda keep: words[keep].mean(), ["a", "b", "c", "d"])
        >>> round(estimate.value, 2), round(estimate.se, 2)
        (5.25, 1.31)
    """
    normal_quantile(alpha)
    code = _code(root, {})
    roots = int(code.max()) + 1 if code.size else 0
    method = "root jackknife"
    if roots == 0:
        reason = "No case: there is nothing to estimate."
        return Estimate(value=None, roots=0, method=method, reason=reason)
    value = float(statistic(np.ones(code.size, dtype=np.bool_)))
    if not math.isfinite(value):
        reason = "The statistic cannot be computed from these cases."
        return Estimate(value=None, roots=roots, method=method, reason=reason)
    if roots < 2:
        reason = "All cases share one root: its spread cannot be measured."
        return Estimate(value=value, roots=roots, method=method, reason=reason)
    without = np.array([float(statistic(code != left_out)) for left_out in range(roots)])
    return _from_replicates(value, without, df=roots - 1, alpha=alpha)


def _from_replicates(value: float, without: FloatArray, *, df: int, alpha: float) -> Estimate:
    roots = without.size
    estimate = Estimate(value=value, roots=roots, method="root jackknife")
    if not np.isfinite(without).all():
        return replace(estimate, reason="The statistic cannot be computed without one of its roots.")
    variance = (roots - 1) / roots * float(((without - without.mean()) ** 2).sum())
    return _with_limits(estimate, variance, df=df, alpha=alpha)


def _with_limits(estimate: Estimate, variance: float, *, df: int, alpha: float) -> Estimate:
    se = math.sqrt(max(0.0, variance))
    if estimate.value is None or se <= ROUNDING:
        return replace(estimate, reason="No root changes the estimate: its spread cannot be measured.")
    reach = t_quantile(alpha, df) * se
    return replace(estimate, low=estimate.value - reach, high=estimate.value + reach, se=se, df=df)


def _cut(estimate: Estimate, limit: float) -> Estimate:
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(estimate.low, -limit), high=min(estimate.high, limit))


def _used_weights(groups: Mapping[str, object], weights: Mapping[str, float]) -> dict[str, float]:
    used = {name: float(weight) for name, weight in weights.items() if weight != 0}
    unknown = sorted(set(used) - set(groups))
    if unknown or not used or not all(map(math.isfinite, used.values())):
        msg = (
            "Weights must be finite and name groups that are there, at least one of them not 0; "
            f"got {dict(weights)} for groups {sorted(groups)}."
        )
        raise ValueError(msg)
    return used


def cases_by_root(
    d: npt.ArrayLike, root: Iterable[Hashable], *, codes: dict[Hashable, int] | None = None
) -> Cases:
    """Check the differences and number their roots in order of appearance.

    Args:
        d: Candidate minus baseline per case, shape (n,), from -1 to 1.
        root: The root of each case, n of them.
        codes: Numbers given so far, to share roots across groups; it is added to.

    Raises:
        ValueError: ``d`` is out of range or not finite, or ``root`` has another length.

    Example:
        >>> cases_by_root([1, 0, -1], ["late", "lost", "late"]).code.tolist()
        [0, 1, 0]
    """
    differences = np.asarray(d, dtype=np.float64)
    code = _code(root, {} if codes is None else codes)
    if differences.shape != code.shape:
        msg = (
            f"Every case needs one difference and one root, got d of shape {differences.shape} "
            f"and {code.size} roots."
        )
        raise ValueError(msg)
    # Written so that a NaN is out of range too.
    if not (np.abs(differences) <= 1).all():
        first = int(np.argmin(np.abs(differences) <= 1))
        msg = (
            f"Differences must lie between -1 and 1, got {differences[first]:g} at position "
            f"{first}; leave cases with a missing outcome out."
        )
        raise ValueError(msg)
    return Cases(differences, code)


def _code(root: Iterable[Hashable], codes: dict[Hashable, int]) -> CodeArray:
    """Number the roots in order of appearance; ``codes`` carries numbers across groups."""
    return np.array([codes.setdefault(name, len(codes)) for name in root], dtype=np.intp)


def t_quantile(alpha: float, df: int) -> float:
    """Return the two-sided quantile of Student's t with ``df`` degrees of freedom.

    Example:
        >>> round(t_quantile(0.05, 9), 3)
        2.262
    """
    return float(stdtrit(df, 1 - alpha / 2))
