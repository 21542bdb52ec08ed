"""A mix whose groups are weighed inside by declared shares of their cells, not by the cases that there are."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.paired import FloatArray
from workbench.stats.roots import CodeArray, Estimate, jackknife_of, t_quantile

OUTSIDE = -1
"""The stratum of a case that no declared share speaks of."""


class Strata(NamedTuple):
    """The cases of a group: each one's difference (-1 to 1), root, and place in the shares or `OUTSIDE`."""

    d: npt.ArrayLike
    root: Sequence[Hashable]
    stratum: npt.ArrayLike


def poststratified(
    groups: Mapping[str, Strata],
    weights: Mapping[str, float],
    shares: Iterable[float],
    *,
    alpha: float = 0.05,
) -> Estimate:
    """Estimate a mix of groups whose strata weigh what was declared, leaving out one root at a time.

    A group's difference is ``sum_c share_c mean_c / sum_c share_c`` over the strata c of which it has
    a case: an empty one is left out and the rest renormalised, also when it is empty for want of the
    root that is left out. Cases outside every stratum are not used, but a group that has no other
    stands by its plain mean.

    Args:
        groups: The groups by name; they may share roots.
        weights: Weight per group; groups with weight 0 are not used.
        shares: The declared share of each stratum, 0 or more.
        alpha: One minus the confidence level.

    Returns:
        The estimate, with (fewest roots of a group used - 1) degrees of freedom; no value without a
        case in a group used, or where all that a group has weighs 0; no interval where a group used has one root.

    Raises:
        ValueError: ``alpha`` is out of range.

    Source: Holt and Smith (1979), Post stratification, JRSS A 142:33-46; the jackknife as `jackknife`.

    Example:
        >>> real = Strata([-1, -1, 0, 0, 0, 1], range(6), [0, 0, 0, 0, 1, 1])
        >>> round(poststratified({"real": real}, {"real": 1}, [0.2, 0.8]).value, 3)
        0.3
    """
    # A stratum more, for groups that stand by their plain mean.
    share = np.array([*shares, 1.0])
    used = {name: weight for name, weight in weights.items() if weight}
    parts = {name: _part(groups[name], plain=share.size - 1) for name in used}
    d, stratum = (np.concatenate([part[i] for part in parts.values()]) for i in range(2))
    owner = np.repeat(list(used), [len(part[0]) for part in parts.values()])

    def mixed(keep: npt.NDArray[np.bool_]) -> float:
        kept = {name: keep & (owner == name) for name in used}
        return sum(used[name] * _level(d[mine], stratum[mine], share) for name, mine in kept.items())

    root = [key for name in used for key in groups[name].root]
    estimate = jackknife_of(mixed, root, alpha=alpha)
    if estimate.value is None or estimate.se is None:
        return estimate
    df = min(len(set(groups[name].root)) for name in used) - 1
    reach = t_quantile(alpha, df) * estimate.se
    low, high = max(-1.0, estimate.value - reach), min(1.0, estimate.value + reach)
    return replace(estimate, low=low, high=high, df=df)


def _part(group: Strata, *, plain: int) -> tuple[FloatArray, CodeArray]:
    stratum = np.asarray(group.stratum, dtype=np.intp)
    if (stratum == OUTSIDE).all():
        stratum = np.full(stratum.shape, plain)
    return np.asarray(group.d, dtype=np.float64), stratum


def _level(d: FloatArray, stratum: CodeArray, share: FloatArray) -> float:
    told = stratum != OUTSIDE
    counts = np.bincount(stratum[told], minlength=share.size)
    sums = np.bincount(stratum[told], weights=d[told], minlength=share.size)
    there = counts > 0
    weight = float(share[there].sum())
    return float((share[there] * sums[there] / counts[there]).sum()) / weight if weight else math.nan
