"""The paired difference of one group whose cases may share roots.

A mutant and its parent tend to change together, so cases that share a root count as one cluster.
Within a group, `group_interval` picks the interval; across groups, `jackknife` leaves out one root
at a time from every group at once. Both are imported from here.
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.stats.paired import FloatArray, mcnemar_midp, normal_quantile, tango
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
        deff: Design effect, at least 1: how much the roots inflate the variance. None without an
            interval.
        deff_reason: Why ``deff`` is a convention or None; None when it was measured.
        effective_n: ``cases / deff``, the independent cases that would say as much.
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


def group_interval(d: npt.ArrayLike, root: Iterable[Hashable], *, alpha: float = 0.05) -> GroupEstimate:
    """Estimate one group's paired difference with the interval that its roots allow.

    Tango's score interval when every root has exactly one case, else `rao_scott_tango`. Under
    `MIN_ROOTS` roots the value stands without an interval.

    Args:
        d: Candidate minus baseline per case, shape (n,), from -1 to 1.
        root: The root of each case, n of them.
        alpha: One minus the confidence level.

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
        return _rao_scott(differences, code, described, alpha)
    low, high = tango(described.lost, described.gained, described.cases, alpha=alpha)
    whole = bool(np.isin(differences, (-1.0, 0.0, 1.0)).all())
    return replace(
        described,
        low=low,
        high=high,
        se=_root_error(differences, code, described.roots),
        method="Tango score",
        deff=1.0,
        effective_n=float(described.cases),
        p_midp=mcnemar_midp(round(described.lost), round(described.gained)) if whole else None,
        p_reason=None if whole else "McNemar's test counts whole cases; trials leave fractions.",
    )


def rao_scott_tango(d: npt.ArrayLike, root: Iterable[Hashable], *, alpha: float = 0.05) -> GroupEstimate:
    """Widen Tango's score interval by what the shared roots cost.

    The measured design effect is ``max(1, V_cl / V_iid)`` with the variances of the mean of d
    ``V_cl = G/(G-1) * sum_g (sum_i (d_i - mean))^2 / n^2`` and
    ``V_iid = sum_i (d_i - mean)^2 / n^2``, for G roots. It rests on the c roots that changed, and
    is seen too small when they are few: so one more root is counted with them, at the worst design
    effect, full correlation within roots, which is ``w = sum_g m_g^2 / n`` for roots of m_g cases:
    ``deff = (c * measured + max(w, measured)) / (c + 1)``. When all cases agree nothing is
    measured, the worst is taken, and ``deff_reason`` says so. Counts are divided by
    ``deff * (t_{G-1} / z)^2`` before Tango's interval is taken.

    What the one root is for: in simulated groups of 31 roots and 153 cases with 5 % lost, none
    gained and a correlation of 0.6 within roots, the 95 % interval covers the truth in 88 % of
    draws without it and in over 99 % with it; where 10 % change, both ways, it widens the interval
    by a twentieth.

    Args:
        d: Candidate minus baseline per case, shape (n,), from -1 to 1.
        root: The root of each case, n of them.
        alpha: One minus the confidence level.

    Returns:
        The estimate; without an interval under two roots. `MIN_ROOTS` is not applied here.

    Raises:
        ValueError: as `group_interval`.

    Source: Rao and Scott (1992), A simple method for the analysis of clustered binary data,
    Biometrics 48:577-585, applied to Tango (1998).

    Example:
        >>> estimate = rao_scott_tango([-1, -1, 0, 0, 0, 0, 1, 0], [1, 1, 2, 2, 3, 3, 4, 4])
        >>> round(estimate.deff, 2), round(estimate.effective_n, 1)
        (2.2, 3.6)
    """
    normal_quantile(alpha)
    differences, code = cases_by_root(d, root)
    return _rao_scott(differences, code, _describe(differences, code), alpha)


def _rao_scott(d: FloatArray, code: CodeArray, described: GroupEstimate, alpha: float) -> GroupEstimate:
    cases, roots = described.cases, described.roots
    described = replace(
        described,
        method="Rao-Scott Tango",
        p_reason=f"McNemar's test needs independent cases; {cases} cases share {roots} roots.",
    )
    if roots < 2:
        one = described.reason or "All cases share one root: its spread cannot be measured."
        return replace(described, reason=one, deff_reason=one, p_reason=one)
    se = _root_error(d, code, roots)
    independent = float(((d - d.mean()) ** 2).sum()) / cases**2
    ties = math.sqrt(independent) <= ROUNDING
    worst = float((np.bincount(code) ** 2).sum()) / cases
    measured = worst if ties else max(1.0, (se or 0.0) ** 2 / independent)
    changed = int((np.bincount(code, weights=np.abs(d)) > 0).sum())
    deff = (changed * measured + max(worst, measured)) / (changed + 1)
    df = roots - 1
    scale = deff * (t_quantile(alpha, df) / normal_quantile(alpha)) ** 2
    low, high = tango(described.lost / scale, described.gained / scale, cases / scale, alpha=alpha)
    convention = "All cases agree, so no design effect can be seen; full correlation within roots is assumed."
    return replace(
        described,
        low=low,
        high=high,
        se=se,
        df=df,
        deff=deff,
        deff_reason=convention if ties else None,
        effective_n=cases / deff,
    )


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
