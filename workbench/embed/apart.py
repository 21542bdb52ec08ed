"""How well a classifier tells two sets of texts apart by their vectors: 0.5 not at all, 1 always."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.errors import counted
from workbench.stats.roots import t_quantile

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]

FOLDS = 5
"""Parts of the roots, each scored by a classifier that was trained on the others."""

FEWEST_ROOTS = 20
"""Roots of each set under which nothing is said: the interval would be as wide as the scale.
Source: simulated, width 0.67 at 20 and 20 (tests/embed/test_apart.py states the settings)."""

ALIKE = 0.65
"""An area that an upper limit under it excludes. Source: shared by 65 and 153 texts it is a shift that a
test finds in four of five draws, so one that is worth looking at."""


class Apart(NamedTuple):
    """How far apart two sets lie, or the reason why that cannot be said.

    Attributes:
        auc: Chance that a text of the second set is told from one of the first, 0 to 1; 0.5 is a guess.
        low: Lower limit of its interval.
        high: Upper limit.
        n: Texts of both sets.
        roots: Distinct roots of both sets.
        method: As a report prints it.
        reason: Why there is no number; None when there is one.
    """

    auc: float | None
    low: float | None
    high: float | None
    n: int
    roots: int
    method: str = "logistic regression on vectors, 5 folds by root"
    reason: str | None = None

    @property
    def reading(self) -> str:
        """`apart` when the interval lies above a guess, `alike` when under `ALIKE`, else `unresolved`."""
        if self.low is None or self.high is None:
            return "unresolved"
        if self.low > 0.5:
            return "apart"
        return "alike" if self.high < ALIKE else "unresolved"


def apart(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    first_roots: Sequence[Hashable],
    second_roots: Sequence[Hashable],
    *,
    alpha: float = 0.05,
) -> Apart:
    """Train a classifier to tell two sets apart, and say how well it does on roots that it has not seen.

    All texts of a root fall into one fold, so that a mutant is never recognised by its parent. The area
    under the curve is that of the pairs within a fold, since the scores of two classifiers do not compare.
    Its standard error is the root jackknife's, times the square root of
    ``(1 / k + 1 / (k - 1)) / (1 / k)``: the k classifiers share most of what they were trained on, and
    without that the interval at 95 % leaves a guess out in 12 to 17 % of draws from one distribution. With
    it, in 3 to 4 %. Chance has no part in it: the same texts give the same number.

    Args:
        first: Unit vectors, shape (n, d), such as those of `workbench.embed.vectors`.
        second: Unit vectors, shape (m, d).
        first_roots: The root of each text of the first set.
        second_roots: The root of each text of the second set; a root may be in both.
        alpha: One minus the confidence level.

    Returns:
        The area with its interval; a reason under `FEWEST_ROOTS` roots in either set.

    Raises:
        ValueError: A set has not one root for each vector.

    Source: Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR; the standard error
    of a cross-validated estimate, Nadeau and Bengio (2003), Machine Learning 52:239-281.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> now, later = rng.normal(size=(60, 8)), rng.normal(size=(60, 8)) + [1, 0, 0, 0, 0, 0, 0, 0]
        >>> found = apart(now, later, range(60), range(60, 120))
        >>> f"{found.auc:.2f} ({found.low:.2f}, {found.high:.2f})", found.reading
        ('0.72 (0.58, 0.87)', 'apart')
        >>> apart(now[:9], later, range(9), range(60, 120)).reason
        '9 roots in the first set and 60 in the second; 20 of each are needed.'
    """
    sets = [np.asarray(one, dtype=np.float64) for one in (first, second)]
    names = [*first_roots, *second_roots]
    if [len(one) for one in sets] != [len(first_roots), len(second_roots)]:
        raise ValueError("every vector needs the root of its text.")
    seen: dict[Hashable, int] = {}
    code = np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.intp)
    later = np.repeat([False, True], [len(one) for one in sets])
    few = [np.unique(code[later == side]).size for side in (False, True)]
    if min(few) < FEWEST_ROOTS:
        reason = f"{counted(few[0], 'root')} in the first set and {few[1]:,} in the second; {FEWEST_ROOTS} of each are needed."
        return Apart(None, None, None, len(names), len(seen), reason=reason)
    auc, se = _area(np.concatenate(sets), later, code, len(seen))
    reach = t_quantile(alpha, min(few) - 1) * se
    return Apart(auc, max(0.0, auc - reach), min(1.0, auc + reach), len(names), len(seen))


def _area(vectors: Array, later: npt.NDArray[np.bool_], code: Codes, roots: int) -> tuple[float, float]:
    """Return the area and its standard error, from the pairs that each root has a part in."""
    won, pairs = np.zeros(roots), np.zeros(roots)
    right, total = 0.0, 0
    for beats, upper, lower in _folds(vectors, later, code, roots):
        right, total = right + float(beats.sum()), total + beats.size
        np.add.at(won, upper, beats.sum(axis=1))
        np.add.at(won, lower, beats.sum(axis=0))
        np.add.at(pairs, upper, lower.size)
        np.add.at(pairs, lower, upper.size)
        # A pair within one root goes with it once.
        both, same = np.nonzero(upper[:, None] == lower[None, :])
        np.subtract.at(won, upper[both], beats[both, same])
        np.subtract.at(pairs, upper[both], 1)
    without = (right - won) / (total - pairs)
    spread = math.sqrt((roots - 1) / roots * float(((without - without.mean()) ** 2).sum()))
    return right / total, spread * math.sqrt(1 + FOLDS / (FOLDS - 1))


def _folds(
    vectors: Array, later: npt.NDArray[np.bool_], code: Codes, roots: int
) -> Iterator[tuple[Array, Codes, Codes]]:
    """Yield for each fold which texts of the second set score above which of the first, and their roots."""
    from sklearn.linear_model import LogisticRegression

    of_later = np.zeros(roots, dtype=bool)
    of_later[code[later]] = True
    fold = np.empty(roots, dtype=np.intp)
    # Dealt set by set, so that each fold has its share of both.
    fold[np.argsort(of_later, kind="stable")] = np.arange(roots) % FOLDS
    own = fold[code]
    for part in range(FOLDS):
        out = own == part
        # The one solver without threads of its own, which at this size cost more than they bring.
        model = LogisticRegression(class_weight="balanced", solver="liblinear").fit(
            vectors[~out], later[~out]
        )
        score = model.decision_function(vectors[out])
        upper, lower = score[later[out]][:, None], score[~later[out]][None, :]
        beats = (upper > lower) + 0.5 * (upper == lower)
        yield beats, code[out][later[out]], code[out][~later[out]]
