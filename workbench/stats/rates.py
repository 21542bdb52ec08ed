"""The interval of one rate, whose cases may share roots, be answered more than once, or be drawn unequally."""

import math
from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.stats.paired import normal_quantile
from workbench.stats.roots import Estimate, cases_by_root, t_quantile


def rate(
    hit: npt.ArrayLike, root: Iterable[Hashable], *, weight: npt.ArrayLike | None = None, alpha: float = 0.05
) -> Estimate:
    """Return a rate with its interval.

    Wilson's where cases are independent and weigh alike. Else it is that of ``n / deff / (t_{G-1} / z)^2``
    cases: the design effect is the linearised variance over roots divided by the binomial one, at least 1;
    one more root is counted with those that hold the rarer answer, at the worst effect, as in
    `workbench.stats.clusters.rao_scott_tango`. A mean over trials varies less than one outcome and is taken
    as if it did not, so the interval is then wider than need be.

    Args:
        hit: 1 for a pass, 0 for a fail, or a share of trials, shape (n,).
        root: The root of each case.
        weight: Of each case, above 0; None when all weigh alike.
        alpha: One minus the confidence level.

    Returns:
        The rate; None without a case, and without an interval where several cases all share one root.

    Raises:
        ValueError: ``root`` has another length, or an argument is out of range.

    Source: Wilson (1927); at the effective size of complex samples, Franco, Little, Louis and Slud
    (2019), Journal of Survey Statistics and Methodology 7:334-364.

    Example:
        >>> one, shared = rate([1] * 45 + [0] * 5, range(50)), rate([1] * 45 + [0] * 5, [n // 5 for n in range(50)])
        >>> [f"{found.value:.2f} ({found.low:.2f}, {found.high:.2f})" for found in (one, shared)]
        ['0.90 (0.79, 0.96)', '0.90 (0.52, 0.99)']
    """
    normal_quantile(alpha)
    passed, code = cases_by_root(hit, root)
    weights = np.ones(passed.size) if weight is None else np.asarray(weight, dtype=np.float64)
    n, roots = passed.size, np.unique(code).size
    if weights.shape != passed.shape or not (weights > 0).all() or (passed < 0).any():
        raise ValueError("a rate takes outcomes from 0 to 1 and a weight above 0 for each case.")
    if n == 0:
        return Estimate(value=None, roots=0, method="Wilson", reason="No case: there is no rate.")
    share = float((weights * passed).sum() / weights.sum())
    if roots == n and np.ptp(weights) == 0:
        return wilson_at(Estimate(value=share, roots=roots, method="Wilson"), n, alpha=alpha)
    if roots < 2:
        one = "All cases share one root: their spread cannot be measured."
        return Estimate(value=share, roots=roots, method="Wilson", reason=one)
    total = float(weights.sum())
    worst = float((np.bincount(code, weights=weights) ** 2).sum()) * n / total**2
    binomial = share * (1 - share) / n
    residual = np.bincount(code, weights=weights * (passed - share))
    variance = roots / (roots - 1) * float((residual**2).sum()) / total**2
    measured = max(1.0, variance / binomial) if 0 < share < 1 else worst
    rarer = min(np.unique(code[passed > 0]).size, np.unique(code[passed < 1]).size)
    deff = (rarer * measured + max(worst, measured)) / (rarer + 1)
    deff *= (t_quantile(alpha, roots - 1) / normal_quantile(alpha)) ** 2
    found = Estimate(value=share, roots=roots, df=roots - 1, method="Wilson, effective size")
    return wilson_at(found, n / deff, alpha=alpha)


def wilson_at(found: Estimate, n: float, *, alpha: float) -> Estimate:
    """Add Wilson's limits at any effective size; `workbench.stats.paired.wilson` takes whole counts only."""
    share, z = float(found.value or 0.0), normal_quantile(alpha)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return replace(found, low=max(0.0, centre - reach), high=min(1.0, centre + reach))
