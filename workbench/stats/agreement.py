"""How far raters agree on a choice without an order, each measure with its interval or why it has none.

Ratings are a table of cases by raters, with the number of the chosen category, and -1 where a rater did
not judge. Percent agreement counts what chance alone would bring; the others take that away, each with
its own idea of chance. Cohen's kappa falls to 0 where nearly all cases are of one kind, however well
raters agree; Gwet's AC1 does not; Krippendorff's alpha takes any number of raters.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.paired import FloatArray, wilson
from workbench.stats.roots import Estimate, jackknife_of

IntArray = npt.NDArray[np.int_]

NOBODY = -1
"""What stands where a rater did not judge a case."""

MEASURES = ("percent", "kappa", "AC1", "alpha")
"""Percent agreement, Cohen's kappa, Gwet's AC1, Krippendorff's alpha."""


def agreement(
    ratings: npt.ArrayLike,
    root: Iterable[Hashable],
    *,
    categories: int,
    weight: npt.ArrayLike | None = None,
    alpha: float = 0.05,
) -> dict[str, Estimate]:
    """Return each of `MEASURES` with its interval, over the cases that two raters or more judged.

    Intervals are the jackknife's that leaves out one root at a time, cut at 1; where every root has
    one case and all weigh alike, percent agreement has Wilson's. In simulated reviews of 30 cases with 82 and 90 % agreement
    and 77 % kept, they cover the truth in 88 to 97 % of draws, of 100 cases in 93 to 97 %
    (tests/stats/test_agreement.py).

    Args:
        ratings: Category 0 to ``categories - 1`` or `NOBODY`, shape (cases, raters).
        root: The root of each case.
        categories: How many there are to choose from, used or not; AC1 rests on it.
        weight: Of each case, above 0: 1 / its chance to be rated, where cases were drawn unequally; None
            when all are alike.
        alpha: One minus the confidence level.

    Returns:
        By name an estimate whose value or interval is None with its reason: no case of two raters,
        one category only, fewer than `workbench.stats.clusters.MIN_ROOTS` roots. Kappa is of two
        raters; of more it is None.

    Raises:
        ValueError: A rating is no category, or ``root`` or ``weight`` has another length.

    Source: Cohen (1960), Educational and Psychological Measurement 20:37-46; Gwet (2008), British
    Journal of Mathematical and Statistical Psychology 61:29-48; Krippendorff (2011), Computing
    Krippendorff's alpha-reliability; the jackknife is Efron and Stein's (1981).

    Example:
        >>> told = [[1, 1]] * 20 + [[1, 0]] * 5 + [[0, 1]] * 10 + [[0, 0]] * 15
        >>> found = agreement(told, range(50), categories=2)
        >>> {name: round(one.value, 2) for name, one in found.items()}
        {'percent': 0.7, 'kappa': 0.4, 'AC1': 0.41, 'alpha': 0.4}
        >>> agreement([[1, 1]] * 20, range(20), categories=2)["kappa"].reason
        'All ratings are of one category, so chance alone would agree as well.'
    """
    table, names = np.asarray(ratings, dtype=np.int_), list(root)
    if table.ndim != 2 or len(names) != len(table):
        raise ValueError(f"every case needs one root, got {len(names)} roots for {len(table)} cases.")
    if not ((table >= NOBODY) & (table < categories)).all():
        raise ValueError(f"a rating is 0 to {categories - 1}, or {NOBODY} for none.")
    counts = np.stack([(table == number).sum(axis=1) for number in range(categories)], axis=1)
    twice = counts.sum(axis=1) >= 2
    if not twice.any():
        return dict.fromkeys(MEASURES, _without(0, "No case was judged by two raters."))
    shares, w = _agreed(counts[twice]), _weights(weight, twice)
    measures: dict[str, Callable[[npt.NDArray[np.bool_]], float]] = {
        "percent": lambda keep: _mean(_agreed(counts[keep & twice]), w[keep & twice]),
        "kappa": lambda keep: _kappa(table[keep & twice], w[keep & twice]),
        "AC1": lambda keep: _gwet(counts[keep], twice[keep], w[keep]),
        "alpha": lambda keep: _krippendorff(counts[keep & twice], w[keep & twice]),
    }
    found = {name: _told(measures[name], names, alpha) for name in MEASURES}
    if (table != NOBODY).any(axis=0).sum() > 2:
        found["kappa"] = _without(
            len({*names}), "Cohen's kappa is of two raters, and here are more; see alpha."
        )
    if len({*names}) == len(names) and np.isin(shares, (0.0, 1.0)).all() and np.ptp(w[twice]) == 0:
        limits = wilson(int(shares.sum()), len(shares), alpha=alpha)
        found["percent"] = Estimate(
            value=float(shares.mean()), low=limits.low, high=limits.high, roots=len(shares), method="Wilson"
        )
    return found


def _told(measure: Callable[[npt.NDArray[np.bool_]], float], root: list[Hashable], alpha: float) -> Estimate:
    """Return a measure with the root jackknife, or why it is not computable."""
    roots = len(set(root))
    value = measure(np.ones(len(root), dtype=np.bool_))
    if not np.isfinite(value):
        return _without(roots, "All ratings are of one category, so chance alone would agree as well.")
    if roots < MIN_ROOTS:
        few = f"Fewer than {MIN_ROOTS} roots ({roots}): agreement is described without an interval."
        return Estimate(value=value, roots=roots, method="descriptive", reason=few)
    found = jackknife_of(measure, root, alpha=alpha)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))


def _without(roots: int, reason: str) -> Estimate:
    return Estimate(value=None, roots=roots, method="not computable", reason=reason)


def _weights(weight: npt.ArrayLike | None, twice: npt.NDArray[np.bool_]) -> FloatArray:
    """Return weights that are 1 on average over the cases used, so that alpha's counts stay counts."""
    given = np.ones(twice.size) if weight is None else np.asarray(weight, dtype=np.float64)
    if given.shape != twice.shape or not (given > 0).all():
        raise ValueError(f"every case needs a weight above 0, got {given.size} for {twice.size} cases.")
    return np.asarray(given / given[twice].mean())


def _mean(values: FloatArray, weight: FloatArray) -> float:
    return float((weight * values).sum() / weight.sum()) if weight.size else float("nan")


def _agreed(counts: IntArray) -> FloatArray:
    """Return for each case the share of pairs of raters that agree."""
    raters = counts.sum(axis=1)
    return np.asarray((counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1)))


def _over_chance(agreed: float, chance: float) -> float:
    # Rounding leaves of a chance of 1 a little less.
    return (agreed - chance) / (1 - chance) if chance < 1 - 1e-12 else float("nan")


def _kappa(table: IntArray, weight: FloatArray) -> float:
    used = table[:, (table != NOBODY).any(axis=0)]
    first, second = used[:, 0], used[:, -1]
    chance = sum(_mean(first == one, weight) * _mean(second == one, weight) for one in np.unique(used))
    return _over_chance(_mean(first == second, weight), chance)


def _gwet(counts: IntArray, twice: npt.NDArray[np.bool_], weight: FloatArray) -> float:
    if counts.shape[1] < 2:
        return float("nan")
    told = counts / counts.sum(axis=1, keepdims=True)
    share = (weight[:, None] * told).sum(axis=0) / weight.sum()
    chance = float((share * (1 - share)).sum()) / (counts.shape[1] - 1)
    return _over_chance(_mean(_agreed(counts[twice]), weight[twice]), chance)


def _krippendorff(counts: IntArray, weight: FloatArray) -> float:
    raters, by_category = weight * counts.sum(axis=1), (weight[:, None] * counts).sum(axis=0)
    total = float(raters.sum())
    agreed = float((raters * _agreed(counts)).sum()) / total
    return _over_chance(agreed, float((by_category * (by_category - 1)).sum()) / (total * (total - 1)))
