"""A mix whose groups are weighed inside by declared shares of their cells, not by the cases that there are."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.paired import FloatArray
from workbench.stats.roots import CodeArray, Estimate, cases_by_root, jackknife_of, t_quantile
from workbench.stats.unseen import departures, lacks

OUTSIDE = -1
"""The stratum of a case that no declared share speaks of."""


SMALL = 0.02
"""The share (0-1) that strata of few roots may have of what a group is weighed by.

Taking one in moves the number by its share times how far it is from the largest: a fiftieth of 25 points
is half a point. Coverage: tests/stats/test_strata.py.
"""


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
    a case: an empty one is left out and the rest renormalised. Cases outside every stratum are not used,
    but a group that has no other stands by its plain mean. Strata in which a group has fewer than
    `MIN_ROOTS` roots are taken into its largest one, cases and share, where they have `SMALL` of what it
    is weighed by at most; where they have more, there is a value without an interval. To the jackknife
    variance comes what each stratum lacks, see `workbench.stats.unseen`.

    Args:
        groups: The groups by name; they may share roots.
        weights: Weight per group; groups with weight 0 are not used.
        shares: The declared share of each stratum, 0 or more.
        alpha: One minus the confidence level.

    Returns:
        The estimate, with (fewest roots of a group used - 1) degrees of freedom; no value without a
        case in a group used, or where all that a group has weighs 0; no interval where strata of few
        roots weigh too much, or a group used has one root.

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
    parts = {name: _part(groups[name], share) for name in used}
    d, stratum = (np.concatenate([getattr(p, of) for p in parts.values()]) for of in ("d", "stratum"))
    owner = np.repeat(list(used), [part.d.size for part in parts.values()])

    def mixed(keep: npt.NDArray[np.bool_]) -> float:
        kept = {name: keep & (owner == name) for name in used}
        return sum(
            used[name] * _level(d[mine], stratum[mine], parts[name].share) for name, mine in kept.items()
        )

    root = [key for name in used for key in groups[name].root]
    estimate = jackknife_of(mixed, root, alpha=alpha)
    small = [f"{part.small:.0%} of the {name} shares" for name, part in parts.items() if part.small > SMALL]
    if estimate.value is not None and small:
        few = f"Fewer than {MIN_ROOTS} roots in strata with {' and '.join(small)}: without an interval."
        return replace(estimate, low=None, high=None, se=None, df=None, reason=few)
    if estimate.value is None or estimate.se is None:
        return estimate
    lacking = sum(used[name] ** 2 * part.lacks(alpha) for name, part in parts.items())
    se = math.sqrt(estimate.se**2 + lacking)
    df = min(len(set(groups[name].root)) for name in used) - 1
    reach = t_quantile(alpha, df) * se
    low, high = max(-1.0, estimate.value - reach), min(1.0, estimate.value + reach)
    return replace(estimate, low=low, high=high, se=se, df=df)


class _Part(NamedTuple):
    """The cases of a group, strata of few roots taken in, and how much these had of what it is weighed by."""

    d: FloatArray
    code: CodeArray
    stratum: CodeArray
    share: FloatArray
    small: float

    def lacks(self, alpha: float) -> float:
        """Return the variance that the group's strata lack together."""
        there = np.unique(self.stratum[self.stratum != OUTSIDE])
        shares = self.share[there] / self.share[there].sum()
        inside = [self.stratum == stratum for stratum in there]
        lacking = [lacks(*departures(self.d[mine], self.code[mine]), alpha=alpha) for mine in inside]
        return float(shares**2 @ np.array(lacking))


def _part(group: Strata, declared: FloatArray) -> _Part:
    d, code = cases_by_root(group.d, group.root)
    stratum, share = np.array(group.stratum, dtype=np.intp), declared.copy()
    if (stratum == OUTSIDE).all():
        return _Part(d, code, np.full(stratum.shape, share.size - 1), share, 0.0)
    there, cases = np.unique(stratum[stratum != OUTSIDE], return_counts=True)
    few = np.array([np.unique(code[stratum == one]).size < MIN_ROOTS for one in there])
    total = float(share[there].sum())
    small = float(share[there[few]].sum()) / total if total else 0.0
    if small <= SMALL and few.any():
        largest = there[np.argmax(cases)]
        stratum[np.isin(stratum, there[few])] = largest
        share[largest] = share[there[few | (there == largest)]].sum()
    return _Part(d, code, stratum, share, small)


def _level(d: FloatArray, stratum: CodeArray, share: FloatArray) -> float:
    told = stratum != OUTSIDE
    counts = np.bincount(stratum[told], minlength=share.size)
    sums = np.bincount(stratum[told], weights=d[told], minlength=share.size)
    there = counts > 0
    weight = float(share[there].sum())
    return float((share[there] * sums[there] / counts[there]).sum()) / weight if weight else math.nan
