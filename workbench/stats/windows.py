"""The last few swaps together: has the synthetic group drifted from the real one?

At 65 real and 153 synthetic cases their differences have opposite signs in every second swap or so when
neither moved. So the last k swaps are read together, against what each root adds to each of them. Roots
come back, and so does a baseline: two swaps are then no two pieces of evidence. Leaving out a root leaves
it out of the whole window.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, stdtr

from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.paired import FloatArray, Intervals, normal_quantile, wilson
from workbench.stats.roots import ROUNDING, CodeArray, cases_by_root, t_quantile
from workbench.stats.unseen import departures, lacks, overlap

LAST = 5
"""Swaps of a window. Source: the long text's "last five swaps"."""

MIN_SWAPS = 3
"""Swaps from which a window is read: two make one step, which is no course."""

ABRUPT, SLOW, TREND = "Holm max |z|", "Stouffer, root jackknife", "least squares, root jackknife"
SIGNS = "signs of resolved swaps"


class Window(NamedTuple):
    """A weighted sum of group means by swap, oldest first, and what each root adds to it.

    Attributes:
        value: The sum of each swap, shape (swaps,); NaN where a group had no case.
        pull: Value minus the value without that root, shape (swaps, roots); NaN where a root had no
            part in the swap, or where leaving it out would leave nothing.
        roots: Fewest roots of a group used, by swap.
        departed: `workbench.stats.unseen.Departures` of each swap's groups, with the `each` of their
            weighted means, shape (2, swaps, groups); NaN where a group had no case.
    """

    value: FloatArray
    pull: FloatArray
    roots: CodeArray
    departed: FloatArray


class Finding(NamedTuple):
    """What a window says, or the reason why it says nothing.

    Attributes:
        estimate: None, as are limits and p, when there is a reason.
        low: Lower limit.
        high: Upper limit.
        p: Two-sided p value, 0 to 1, but for signs, where it is of as much agreement or more.
        method: As a report prints it.
        n: Swaps that the estimate rests on.
        reason: Why there is none.
    """

    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    method: str
    n: int
    reason: str | None = None


class Drift(NamedTuple):
    """The two lines of the test of drift, and both as one.

    Attributes:
        abrupt: The value of the swap that stands out most.
        slow: The mean over the window, swaps weighted by 1 / standard error.
        p: Of both together, ``min(1, 2 * smaller p)``; None without a line.
        row: Row of the `Window` that `abrupt` is of, from 0; None without a line.
    """

    abrupt: Finding
    slow: Finding
    p: float | None
    row: int | None


def window(
    swaps: Sequence[Mapping[str, tuple[npt.ArrayLike, Iterable[Hashable]]]], weights: Mapping[str, float]
) -> Window:
    """Return the weighted sum of group means of each swap, with what each root adds.

    ``{"real": 1, "synthetic": -1}`` of differences is the contradiction; ``{"synthetic": 1, "real": -1}`` of
    pass rates is the gap of levels, ``{"synthetic": 1}`` one group's course.

    Args:
        swaps: Oldest first; per group the number of each case, from -1 to 1, and the root of each.
            Cases and roots may come and go; a root is the same by name, in all groups and swaps.
        weights: Weight per group name, not 0; a group that a swap lacks has no case there.

    Raises:
        ValueError: No group is weighted, a weight is 0 or not finite, or as `cases_by_root`.

    Example:
        >>> swap = {"real": ([0, 1, 1], "abc"), "synthetic": ([0, 0, 1, 1], "aabb")}
        >>> seen = window([swap, swap], {"real": 1, "synthetic": -1})
        >>> seen.value.round(3).tolist(), seen.pull[0].round(3).tolist(), seen.roots.tolist()
        ([0.167, 0.167], [0.167, -0.333, 0.167], [2, 2])
    """
    if not weights or not all(weight and math.isfinite(weight) for weight in weights.values()):
        raise ValueError(f"Weights must be finite and not 0, and name a group at least; got {dict(weights)}.")
    codes: dict[Hashable, int] = {}
    cases = [
        {name: cases_by_root(*swap.get(name, ((), ())), codes=codes) for name in weights} for swap in swaps
    ]
    value, pull = np.full(len(cases), np.nan), np.full((len(cases), len(codes)), np.nan)
    roots = np.zeros(len(cases), dtype=np.intp)
    departed = np.full((2, len(cases), len(weights)), np.nan)
    for row, groups in enumerate(cases):
        roots[row] = min(np.unique(code).size for _, code in groups.values())
        if roots[row]:
            value[row] = sum(weights[name] * d.mean() for name, (d, _) in groups.items())
            departed[:, row] = np.transpose([departures(*group) for group in groups.values()])
        if roots[row] > 1:
            there = np.unique(np.concatenate([code for _, code in groups.values()]))
            pull[row, there] = 0
            for name, (d, code) in groups.items():
                sums = np.bincount(code, weights=d, minlength=len(codes))
                counts = np.bincount(code, minlength=len(codes))
                pull[row] += weights[name] * (d.mean() - (d.sum() - sums) / (d.size - counts))
    departed[1] *= np.array(list(weights.values())) ** 2
    return Window(value, pull, roots, departed)


def drift(seen: Window, k: int = LAST, *, alpha: float = 0.05) -> Drift:
    """Ask whether the last k values lie away from 0: one of them far, or all of them a little.

    With ``z_s = D_s / SE_s``, the root jackknife's with what few changes lack at each line's own level
    (`workbench.stats.unseen`), the abrupt line is Holm's p of the largest ``|z|``,
    k times its own, which holds however the swaps depend on each other. The slow line is Stouffer's sum
    of z over its standard error: sqrt(k) for swaps that share nothing, and here the root jackknife's of
    the whole sum, with the SE_s as they are. Both have t with (fewest roots - 1) degrees of freedom, and
    each has half of alpha: an interval leaves 0 out where its line alone raises the alarm. That of the
    abrupt line holds for all k swaps at once.

    Without drift both together raise an alarm in 0 to 7 % of simulated windows, with mutants that share
    roots and where cases rarely change too (tests/stats/test_windows.py and test_unseen.py). With sqrt(k) the slow line alone would in 25 % where five
    candidates meet one baseline on the same cases, and in none where each is the next one's baseline.

    Args:
        seen: Values of which 0 is the one without drift.
        k: How many of the last swaps, at least `MIN_SWAPS`.
        alpha: Level of both lines together.

    Returns:
        Findings as fractions. Left out are swaps with fewer than `MIN_ROOTS` roots in a group; under
        `MIN_SWAPS` there is a reason.

    Raises:
        ValueError: ``k`` or ``alpha`` is out of range.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65-70; Stouffer et al. (1949), The American
    Soldier, vol. 1, p. 45; Efron and Stein (1981), Annals of Statistics 9:586-596.

    Example:
        >>> groups = {"real": ([-1] * 9 + [0] * 56, range(65)), "synthetic": ([1] * 6 + [0] * 54, range(60))}
        >>> found = drift(window([groups] * 5, {"real": 1, "synthetic": -1}))
        >>> f"{found.slow.estimate:.2f} {found.slow.low:.2f} {found.slow.high:.2f} {found.slow.p:.4f}"
        '-0.24 -0.42 -0.06 0.0033'
        >>> drift(window([groups] * 2, {"real": 1, "synthetic": -1})).slow.reason
        'It takes 3 swaps with 10 roots in every group; the window has 2.'
    """
    normal_quantile(alpha)
    rows, reason = _usable(seen, k)
    value, df, n = seen.value[rows], seen.roots[rows] - 1, rows.size
    se = _errors(seen, rows, alpha / 2 / max(n, 1))
    if reason is None and (se <= ROUNDING).any():
        reason = "In one swap the groups change alike root by root: its spread cannot be measured."
    if reason is not None:
        return Drift(_missing(ABRUPT, n, reason), _missing(SLOW, n, reason), None, None)
    worst = int(np.argmin(stdtr(df, -np.abs(value / se))))
    told = float(value[worst]), float(se[worst]), int(df[worst])
    abrupt = _finding(*told, alpha / 2, method=ABRUPT, n=n, tests=n)
    weights = 1 / _errors(seen, rows, alpha / 2)
    weights /= weights.sum()
    error = _error(seen, rows, weights, alpha / 2)
    slow = _missing(SLOW, n, "The swaps cancel: no root changes their sum.")
    if error > ROUNDING:
        slow = _finding(float(weights @ value), error, int(df.min()), alpha / 2, method=SLOW, n=n)
    smaller = min(line.p for line in (abrupt, slow) if line.p is not None)
    return Drift(abrupt, slow, min(1.0, 2 * smaller), int(rows[worst]))


def trend(seen: Window, k: int = LAST, *, alpha: float = 0.05) -> Finding:
    """Return the slope of the last k values per swap, by least squares with the root jackknife.

    Of the gap of levels it is one slope minus the other: "synthetic climbing, seed flat". It speaks of
    these very models on other cases, not of models to come.

    Args:
        seen: Pass rates: of the gap, or of one group.
        k: How many of the last swaps, at least `MIN_SWAPS`. One with fewer than `MIN_ROOTS` roots in a
            group is left out, and the others keep their places.
        alpha: One minus the confidence level.

    Returns:
        A fraction per swap, with t of (fewest roots - 1) degrees of freedom.

    Raises:
        ValueError: ``k`` or ``alpha`` is out of range.

    Example:
        >>> passed = [[1] * (20 + 2 * step) + [0] * (20 - 2 * step) for step in range(5)]
        >>> swaps = [{"synthetic": (each, range(40))} for each in passed]
        >>> found = trend(window(swaps, {"synthetic": 1}))
        >>> f"{found.estimate:.3f} {found.low:.3f} {found.high:.3f}"
        '0.050 0.017 0.083'
    """
    normal_quantile(alpha)
    rows, reason = _usable(seen, k)
    if reason is not None:
        return _missing(TREND, rows.size, reason)
    weights = (rows - rows.mean()) / ((rows - rows.mean()) ** 2).sum()
    se = _root_error(_pull(seen, rows, weights))
    if se <= ROUNDING:
        return _missing(TREND, rows.size, "No root changes the slope: its spread cannot be measured.")
    slope, df = float(weights @ seen.value[rows]), int(seen.roots[rows].min()) - 1
    return _finding(slope, se, df, alpha, method=TREND, n=rows.size)


def sign_agreement(real: Intervals, synthetic: Intervals, *, alpha: float = 0.05) -> Finding:
    """Return how often the two groups moved the same way, over the swaps where both are resolved.

    A swap is resolved when neither interval holds 0. At 65 and 153 cases, with both groups truly 4 points
    better, the signs of all five estimates agree in one window of six.

    Args:
        real: Limits of the real difference, one entry per swap; NaN where there is no interval.
        synthetic: Limits of the synthetic one, in the same order.
        alpha: One minus the confidence level.

    Returns:
        The share that agrees with Wilson's interval, n the resolved swaps, and p the chance that as many
        or more agree where each sign is a fair coin. Swaps are taken to be independent.

    Raises:
        ValueError: The groups have other numbers of swaps, or ``alpha`` is out of range.

    Example:
        >>> worse = Intervals(np.full(5, -0.2), np.full(5, -0.1))
        >>> found = sign_agreement(worse, worse)
        >>> f"{found.estimate:.0%} of {found.n}, by luck {found.p:.0%}"
        '100% of 5, by luck 3%'
    """
    normal_quantile(alpha)
    first, second = (np.sign(group.low) * (group.low * group.high > 0) for group in (real, synthetic))
    if first.shape != second.shape:
        raise ValueError(f"Every swap needs an interval of both groups, got {first.size} and {second.size}.")
    resolved = (np.abs(first) > 0) & (np.abs(second) > 0)
    n, agree = int(resolved.sum()), int((first == second)[resolved].sum())
    if not n:
        return _missing(SIGNS, 0, f"No swap of {first.size} is resolved in both groups.")
    low, high = wilson(agree, n, alpha=alpha)
    p = float(bdtrc(agree - 1, n, 0.5)) if agree else 1.0
    return Finding(agree / n, low, high, p, SIGNS, n)


def _usable(seen: Window, k: int) -> tuple[CodeArray, str | None]:
    if k < MIN_SWAPS:
        raise ValueError(f"A window takes at least {MIN_SWAPS} swaps, got k={k}.")
    last = np.arange(max(0, seen.value.size - k), seen.value.size)
    rows = last[seen.roots[last] >= MIN_ROOTS]
    few = f"It takes {MIN_SWAPS} swaps with {MIN_ROOTS} roots in every group; the window has {rows.size}."
    return rows, None if rows.size >= MIN_SWAPS else few


def _pull(seen: Window, rows: CodeArray, weights: FloatArray) -> FloatArray:
    """Return what each root adds to a weighted sum over swaps; NaN where it had no part in any."""
    pull = seen.pull[rows]
    return np.where(np.isnan(pull).all(axis=0), np.nan, weights @ np.nan_to_num(pull))


def _errors(seen: Window, rows: CodeArray, alpha: float) -> FloatArray:
    return np.array([_error(seen, rows[[i]], np.ones(1), alpha) for i in range(rows.size)])


def _error(seen: Window, rows: CodeArray, weights: FloatArray, alpha: float) -> float:
    """Return the root jackknife's error of a weighted sum over swaps, with what each swap lacks."""
    own = np.sqrt(lacks(*seen.departed[:, rows], alpha=alpha).sum(axis=1)) * weights
    together = overlap(~np.isnan(seen.pull[rows]))
    return math.sqrt(_root_error(_pull(seen, rows, weights)) ** 2 + float(own @ together @ own))


def _root_error(pull: FloatArray) -> float:
    told = pull[~np.isnan(pull)]
    return math.sqrt((told.size - 1) / told.size * float(((told - told.mean()) ** 2).sum()))


def _missing(method: str, n: int, reason: str) -> Finding:
    return Finding(None, None, None, None, method, n, reason)


def _finding(
    estimate: float, se: float, df: int, alpha: float, *, method: str, n: int, tests: int = 1
) -> Finding:
    reach = t_quantile(alpha / tests, df) * se
    p = min(1.0, 2 * tests * float(stdtr(df, -abs(estimate) / se)))
    return Finding(estimate, estimate - reach, estimate + reach, p, method, n)
