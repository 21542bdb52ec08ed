"""The paired difference of one group whose cases may share roots and be answered more than once.

A mutant and its parent tend to change together, so cases that share a root count as one cluster.
A case answered in several trials counts once, by the mean of its trials. Within a group,
`group_interval` picks the interval; across groups, `jackknife` leaves out one root at a time from
every group at once. Both are imported from here.
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.paired import FloatArray, Interval, mcnemar_midp, normal_quantile, tango
from workbench.stats.roots import (
    ROUNDING,
    CodeArray,
    Estimate,
    cases_by_root,
    jackknife,
    jackknife_of,
    t_quantile,
)

__all__ = [
    "MIN_ROOTS",
    "Estimate",
    "GroupEstimate",
    "group_interval",
    "jackknife",
    "jackknife_of",
    "rao_scott_tango",
]

MIN_ROOTS = 10
"""Below this a group is only described.

Source: inference from few clusters does not hold its level, Cameron and Miller (2015), Journal of
Human Resources 50:317-372, section VI.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupEstimate(Estimate):
    """The paired difference of one group.

    Attributes:
        cases: Cases with both outcomes.
        lost: Sum of ``max(-d, 0)``; a whole number without trials.
        gained: Sum of ``max(d, 0)``.
        deff: Design effect of shared roots alone, at least 1: how much they inflate the variance.
            None without an interval.
        deff_reason: Why ``deff`` is a convention or None; None when it was measured.
        effective_n: Independent cases with whole outcomes that would say as much: ``cases / deff``,
            and more where trials were averaged, then perhaps more than ``cases``.
        p_midp: McNemar's mid-p value, 0 to 1.
        p_reason: Why ``p_midp`` is None.
    """

    cases: int
    lost: float
    gained: float
    deff: float | None = None
    deff_reason: str | None = None
    effective_n: float | None = None
    p_midp: float | None = None
    p_reason: str | None = None


def group_interval(
    d: npt.ArrayLike, root: Iterable[Hashable], *, alpha: float = 0.05, whole_roots: bool = False
) -> GroupEstimate:
    """Estimate one group's paired difference with the interval that its roots allow.

    Tango's score interval when every root has exactly one case, else `rao_scott_tango`. Under
    `MIN_ROOTS` roots the value stands without an interval.

    Where trials were averaged d holds fractions, and Tango's variance of their sums is that of
    ``sum |d|`` whole changes, though they vary by ``sum d^2`` only. So the counts are divided by
    ``(sum d^2 + z^2) / (sum |d| + z^2)``: z^2 whole changes, about 4, are counted with those seen, as
    flaky answers say nothing of cases that are rarely, but wholly, lost. The variance is then an
    estimate, so the counts are divided by ``(t_{n-1} / z)^2`` too, but never by less than makes
    Tango's interval of the sums. Whole outcomes (-1, 0, 1) get Tango's interval as it is.

    With z^2 and no fewer (as Agresti and Coull, 1998, The American Statistician 52:119-126, count for
    one rate) a case that loses more never improves a reading.

    Args:
        d: Candidate minus baseline per case, shape (n,), from -1 to 1.
        root: The root of each case, n of them.
        alpha: One minus the confidence level.
        whole_roots: Take the cases of a root as fully correlated and measure nothing: for what decides.

    Returns:
        The estimate, with a mid-p value when cases are independent and outcomes whole.

    Raises:
        ValueError: ``d`` is out of range or not finite, ``root`` has another length, or ``alpha``
            is out of range.

    Example:
        >>> d = [-1] * 8 + [0] * 57
        >>> estimate = group_interval(d, range(65))
        >>> f"{estimate.value:.3f} {estimate.low:.3f} {estimate.high:.3f} {estimate.method}"
        '-0.123 -0.225 -0.060 Tango score'
        >>> group_interval(d[:9], range(9)).reason
        'Fewer than 10 roots (9): the difference is described without an interval.'
    """
    normal_quantile(alpha)
    differences, code = cases_by_root(d, root)
    described = _describe(differences, code)
    if described.cases == 0:
        return described
    if described.roots < MIN_ROOTS:
        few = (
            f"Fewer than {MIN_ROOTS} roots ({described.roots}): the difference is described "
            "without an interval."
        )
        return replace(described, reason=few, deff_reason=few, p_reason=few)
    if described.roots < described.cases:
        return _rao_scott(differences, code, described, alpha, whole_roots=whole_roots)
    whole, effect = _is_whole(differences), _trials_effect(differences, 1.0, alpha)
    scale = 1.0 if whole else min(1.0, effect * _estimated(alpha, described.roots - 1))
    low, high = _tango(differences, scale, alpha)
    return replace(
        described,
        low=low,
        high=high,
        effective_n=described.cases / effect,
        df=None if whole else described.roots - 1,
        se=_root_error(differences, code, described.roots),
        deff=1.0,
        method="Tango score" if whole else "Tango score, trials averaged",
        p_midp=mcnemar_midp(round(described.lost), round(described.gained)) if whole else None,
        p_reason=None if whole else "McNemar's test counts whole cases; trials leave fractions.",
    )


def rao_scott_tango(
    d: npt.ArrayLike, root: Iterable[Hashable], *, alpha: float = 0.05, whole_roots: bool = False
) -> GroupEstimate:
    """Widen Tango's score interval by what the shared roots cost.

    The measured design effect is ``max(1, V_cl / V_iid)`` with the variances of the mean of d
    ``V_cl = G/(G-1) * sum_g (sum_i (d_i - mean))^2 / n^2`` and
    ``V_iid = sum_i (d_i - mean)^2 / n^2``, for G roots. It rests on the c roots that changed, and
    is seen too small when they are few: so z^2 more, about 4, are counted with them at the worst
    design effect, full correlation within roots, which is ``w = sum_g m_g^2 / n`` for roots of m_g
    cases: ``deff = (c * measured + z^2 * w) / (c + z^2)``. When all cases agree nothing is
    measured, the worst is taken, and ``deff_reason`` says so. Counts are divided by
    ``deff * (t_{G-1} / z)^2`` before Tango's interval is taken. Where trials were averaged c counts
    each root by its largest ``|d|``, and the measured part is ``measured * sum d^2 / sum |d|``.

    A root that goes on losing is measured as more correlated, which would widen the interval. So the
    upper limit is the lowest of those with 1, 2, ... and all lost cases of each root counted, each an
    upper limit for fewer losses than there are; the lower one likewise. With ``whole_roots`` the design
    effect is w, and nothing is measured.

    Args:
        d: Candidate minus baseline per case, shape (n,), from -1 to 1.
        root: The root of each case, n of them.
        alpha: One minus the confidence level.
        whole_roots: Take the cases of a root as fully correlated.

    Returns:
        The estimate; without an interval under two roots. `MIN_ROOTS` is not applied here.

    Raises:
        ValueError: as `group_interval`.

    Source: Rao and Scott (1992), A simple method for the analysis of clustered binary data,
    Biometrics 48:577-585, applied to Tango (1998). Coverage: tests/stats/test_coverage.py.

    Example:
        >>> estimate = rao_scott_tango([-1, -1, 0, 0, 0, 0, 1, 0], [1, 1, 2, 2, 3, 3, 4, 4])
        >>> round(estimate.deff, 2), round(estimate.effective_n, 1)
        (2.07, 3.9)
    """
    normal_quantile(alpha)
    differences, code = cases_by_root(d, root)
    return _rao_scott(differences, code, _describe(differences, code), alpha, whole_roots=whole_roots)


def _rao_scott(
    d: FloatArray, code: CodeArray, described: GroupEstimate, alpha: float, *, whole_roots: bool
) -> GroupEstimate:
    cases, roots = described.cases, described.roots
    method = "Rao-Scott Tango" + (", full correlation" if whole_roots else "")
    described = replace(
        described,
        method=method if _is_whole(d) else f"{method}, trials averaged",
        p_reason=f"McNemar's test needs independent cases; {cases} cases share {roots} roots.",
    )
    if roots < 2:
        one = described.reason or "All cases share one root: its spread cannot be measured."
        return replace(described, reason=one, deff_reason=one, p_reason=one)
    worst = float((np.bincount(code) ** 2).sum()) / cases
    estimated = _estimated(alpha, roots - 1)
    if whole_roots:
        effects = _Effects(worst, worst * _trials_effect(d, worst, alpha))
        limits = _tango(d, effects.all * estimated, alpha)
        convention = "Full correlation within roots is assumed."
    else:
        effects = _measured(d, code, worst, alpha)
        limits = Interval(-_upper(-d, code, worst, alpha), _upper(d, code, worst, alpha))
        seen = "All cases agree, so no design effect can be seen"
        convention = f"{seen}; full correlation within roots is assumed."
    return replace(
        described,
        low=limits.low,
        high=limits.high,
        df=roots - 1,
        se=_root_error(d, code, roots),
        deff=effects.shared,
        deff_reason=convention if whole_roots or not np.ptp(d) else None,
        effective_n=cases / effects.all,
    )


class _Effects(NamedTuple):
    """The variance over that of independent cases: for shared roots, and with what trials take away."""

    shared: float
    all: float


def _measured(d: FloatArray, code: CodeArray, worst: float, alpha: float) -> _Effects:
    size, unseen = np.abs(d), normal_quantile(alpha) ** 2
    centred = d - d.mean()
    independent, roots = float((centred**2).sum()), int(code.max()) + 1
    if independent <= ROUNDING:
        return _Effects(worst, worst)
    together = roots / (roots - 1) * float((np.bincount(code, weights=centred) ** 2).sum())
    measured = max(1.0, together / independent)
    largest = np.zeros(roots)
    np.maximum.at(largest, code, size)
    smaller = float((d**2).sum() / size.sum())
    changed, whole = float(largest.sum()), float((largest > 0).sum())
    shared = (whole * measured + unseen * worst) / (whole + unseen)
    return _Effects(shared, min(shared, (changed * measured * smaller + unseen * worst) / (changed + unseen)))


def _upper(d: FloatArray, code: CodeArray, worst: float, alpha: float) -> float:
    """Return the lowest upper limit with 1, 2, ... and all lost cases of each root counted."""
    order = np.lexsort((d, code))
    rank = np.empty(d.size, dtype=np.intp)
    rank[order] = np.arange(d.size) - np.searchsorted(code[order], code[order])
    most = int(np.bincount(code[d < 0], minlength=1).max())
    estimated = _estimated(alpha, int(code.max()))
    tables = []
    for count in range(1, max(most, 1) + 1):
        counted = np.where(rank < count, d, np.maximum(d, 0))
        scale = _measured(counted, code, worst, alpha).all * estimated
        tables.append((-counted[counted < 0].sum() / scale, d[d > 0].sum() / scale, d.size / scale))
    return float(tango(*np.array(tables).T, alpha=alpha).high.min())


def _trials_effect(d: FloatArray, worst: float, alpha: float) -> float:
    """Return the variance of d over Tango's of its sums: 1 for whole outcomes."""
    unseen = normal_quantile(alpha) ** 2 * worst
    return (float((d**2).sum()) + unseen) / (float(np.abs(d).sum()) + unseen)


def _estimated(alpha: float, df: int) -> float:
    """Return what an estimated variance costs."""
    return (t_quantile(alpha, df) / normal_quantile(alpha)) ** 2


def _tango(d: FloatArray, scale: float, alpha: float) -> Interval:
    lost, gained = float(np.maximum(-d, 0).sum()), float(np.maximum(d, 0).sum())
    return tango(lost / scale, gained / scale, d.size / scale, alpha=alpha)


def _is_whole(d: FloatArray) -> bool:
    return bool(np.isin(d, (-1.0, 0.0, 1.0)).all())


def _describe(d: FloatArray, code: CodeArray) -> GroupEstimate:
    nothing = "No case has both outcomes: there is nothing to compare." if d.size == 0 else None
    return GroupEstimate(
        value=float(d.mean()) if d.size else None,
        roots=int(code.max()) + 1 if code.size else 0,
        method="descriptive",
        reason=nothing,
        cases=d.size,
        lost=float(np.maximum(-d, 0).sum()),
        gained=float(np.maximum(d, 0).sum()),
        deff_reason=nothing,
        p_reason=nothing,
    )


def _root_error(d: FloatArray, code: CodeArray, roots: int) -> float | None:
    by_root = np.bincount(code, weights=d - d.mean(), minlength=roots)
    se = math.sqrt(roots / (roots - 1) * float((by_root**2).sum())) / d.size
    return se if se > ROUNDING else None
