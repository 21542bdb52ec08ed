"""A Bayesian reading of one group's paired outcomes, in chances that people can say aloud.

It stands beside the interval and never decides: it has a prior, and no error rate that is kept.
"""

import math
from typing import NamedTuple

from scipy.integrate import quad
from scipy.special import betainc, betaincinv, betaln, xlog1py, xlogy

from workbench.stats.paired import COUNT_SLACK

PRIOR = (0.5, 0.5, 1.0)
"""Cases that the prior adds to the lost, the gained and the rest: a flat guess, worth two cases.
Source: Jeffreys' half for which way a changed case goes; the rest is worth as much as both."""

TAIL = 1e-13
"""Chance per tail of the share of changed cases that the integral leaves out."""


class Chances(NamedTuple):
    """Chances, 0 to 1, that the candidate is worse, worse by more than the margin, and better.

    Worse and better add up to 1, as two models are never exactly equal.
    """

    worse: float
    worse_than_margin: float
    better: float


def chances(lost: float, gained: float, pairs: float, *, margin: float) -> Chances:
    """Return how likely the candidate is worse, after paired outcomes were seen.

    The shares of lost, gained and other cases are Dirichlet with the counts and `PRIOR`. So the
    share that changed is ``s ~ Beta(lost + gained + 1, rest + 1)`` and, independent of it, the part
    of those that was lost ``x ~ Beta(lost + 1/2, gained + 1/2)``. The candidate is worse where
    ``x > 1/2``, and worse by more than the margin where ``s (2x - 1) > margin``. Both are computed
    without drawing at random.

    Args:
        lost: Independent pairs that only the baseline passed, 0 or more; a fraction where cases
            share roots or trials were averaged.
        gained: Pairs that only the candidate passed, 0 or more.
        pairs: All pairs, at least ``lost + gained``.
        margin: Largest harm that is accepted, as a fraction above 0 and under 1.

    Raises:
        ValueError: an argument is out of range.

    Source: Altham (1971), The analysis of matched proportions, Biometrika 58:561-576.

    Example:
        >>> [f"{chance:.3f}" for chance in chances(11, 3, 65, margin=0.03)]
        ['0.986', '0.951', '0.014']
    """
    # Written so that a NaN is impossible too.
    if not (lost >= 0 and gained >= 0 and lost + gained <= pairs + COUNT_SLACK and 0 < margin < 1):
        raise ValueError(
            "Counts must satisfy lost >= 0, gained >= 0 and lost + gained <= pairs, and margin lie between 0 "
            f"and 1, got lost={lost:g}, gained={gained:g}, pairs={pairs:g}, margin={margin:g}."
        )
    down, up = lost + PRIOR[0], gained + PRIOR[1]
    changed, rest = down + up, max(0.0, pairs - lost - gained) + PRIOR[2]
    norm = float(betaln(changed, rest))

    def harmed(share: float) -> float:
        density = xlogy(changed - 1, share) + xlog1py(rest - 1, -share) - norm
        return float(math.exp(density) * betainc(up, down, (1 - margin / share) / 2))

    low = max(margin, float(betaincinv(changed, rest, TAIL)))
    high = float(betaincinv(changed, rest, 1 - TAIL))
    beyond = quad(harmed, low, high, limit=200)[0] if high > low else 0.0
    better = float(betainc(down, up, 0.5))
    worse = float(betainc(up, down, 0.5))
    return Chances(worse, min(float(beyond), worse), better)
