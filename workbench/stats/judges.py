"""How far a judge agrees with humans, and how many human labels to draw among its verdicts.

Arrays have one entry per case of one group: ``judge`` is the judge's number of every case, ``human`` the
humans' number and NaN where no human looked, ``root`` the case's root. A rate or a difference without the
judge's errors is in `workbench.stats.corrected`, favours to its own family in `workbench.stats.collusion`.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.corrected import MIN_LABELS, MIN_RARER, judged_cases
from workbench.stats.paired import FloatArray, normal_quantile
from workbench.stats.rates import rate
from workbench.stats.roots import CodeArray, Estimate

PLANS = 2001
"""Sizes of a label sample that are tried, from the floors to all cases."""


class Accuracy(NamedTuple):
    """How often a judge agrees with humans, by what humans said.

    Attributes:
        sensitivity: Share of the cases passed by humans that the judge passes.
        specificity: Share of the cases failed by humans that the judge fails: what hides failures.
        passed: Labels that pass.
        failed: Labels that fail.
    """

    sensitivity: Estimate
    specificity: Estimate
    passed: int
    failed: int


def accuracy(
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    root: Sequence[Hashable],
    *,
    inclusion: npt.ArrayLike | None = None,
    alpha: float = 0.05,
) -> Accuracy:
    """Return a judge's sensitivity and specificity against humans, over the labelled cases.

    The interval is that of `workbench.stats.rates.rate`; a label weighs 1 / inclusion.

    Args:
        human: 1 for pass, 0 for fail, NaN without a label, shape (n,).
        judge: 1 or 0, shape (n,).
        root: The root of each case.
        inclusion: Chance of each case to be labelled, above 0 to 1; None when all are alike.
        alpha: One minus the confidence level.

    Returns:
        Both shares, each None with its reason where humans gave no such label, and without an
        interval where all share one root.

    Raises:
        ValueError: An argument has another length or is out of range.

    Example:
        >>> human = [1] * 50 + [0] * 30
        >>> judge = [1] * 45 + [0] * 5 + [1] * 6 + [0] * 24
        >>> found = accuracy(human, judge, range(80))
        >>> [f"{one.value:.2f} ({one.low:.2f}, {one.high:.2f})" for one in found[:2]]
        ['0.90 (0.79, 0.96)', '0.80 (0.63, 0.90)']
    """
    y, f, chance, code = judged_cases(human, judge, root, inclusion, (0.0, 1.0))
    if not np.isin(f, (0, 1)).all() or not np.isin(y[~np.isnan(y)], (0, 1)).all():
        raise ValueError(
            "a judge is checked on outcomes of 0 or 1, and here are fractions; check single trials."
        )
    passed, failed = y == 1, y == 0
    return Accuracy(
        _share(f[passed], 1 / chance[passed], code[passed], alpha),
        _share(1 - f[failed], 1 / chance[failed], code[failed], alpha),
        int(passed.sum()),
        int(failed.sum()),
    )


def _share(hit: FloatArray, weight: FloatArray, code: CodeArray, alpha: float) -> Estimate:
    found = rate(hit, code.tolist(), weight=weight, alpha=alpha)
    return found if hit.size else replace(found, reason="Humans gave no such label.")


class LabelPlan(NamedTuple):
    """How many labels to draw at random among the cases of each verdict.

    Attributes:
        labels: Labels per verdict of the judge.
        inclusion: Chance of a case to be labelled, per verdict; keep it with the label.
        half_width: What the plan reaches, as a fraction.
        reason: Why it is more than was wanted, or the group stays uncalibrated; None otherwise.
    """

    labels: dict[float, int]
    inclusion: dict[float, float]
    half_width: float
    reason: str | None


def label_plan(
    cases: Mapping[float, int], wrong: Mapping[float, float], half_width: float, *, alpha: float = 0.05
) -> LabelPlan:
    """Return the fewest labels, by verdict, that give the corrected mean a wanted half width.

    Labels per verdict are proportional to ``cases * sqrt(wrong * (1 - wrong))`` (Neyman), at least
    `MIN_RARER` of each verdict and `MIN_LABELS` in all. The variance is
    ``sum_h W_h^2 s_h^2 / n_h + sum_h W_h (m_h - mean)^2 / N``, with ``m_h`` the mean
    expected of a verdict: the second part is the set's own size, which no label can reduce.

    Args:
        cases: Independent cases per number of the judge, as ``{1: 400, 0: 100}`` of outcomes or
            ``{-1: 20, 0: 470, 1: 10}`` of differences.
        wrong: For each of them the share that humans are expected to overturn, above 0 and under 1.
        half_width: Half the wanted interval, as a fraction above 0.
        alpha: One minus the confidence level.

    Raises:
        ValueError: An argument is out of range, or the verdicts of both differ.

    Source: Neyman (1934), Journal of the Royal Statistical Society 97:558-625.

    Example:
        >>> plan = label_plan({1: 400, 0: 100}, {1: 0.15, 0: 0.05}, 0.07)
        >>> plan.labels, f"{plan.half_width:.3f}"
        ({1: 88, 0: 14}, '0.070')
    """
    if cases.keys() != wrong.keys() or not cases:
        raise ValueError(f"both name the judge's numbers, got {sorted(cases)} and {sorted(wrong)}.")
    sizes = np.array([cases[at] for at in cases], dtype=np.float64)
    errors = np.array([wrong[at] for at in cases])
    if sizes.min() < 1 or not ((errors > 0) & (errors < 1)).all() or not half_width > 0:
        raise ValueError(
            "a plan needs a case of each number, shares between 0 and 1 and a half width above 0."
        )
    share, judged = sizes / sizes.sum(), np.array(list(cases), dtype=np.float64)
    # What humans overturn is taken to be like the cases of the other numbers: exact for outcomes.
    others = (sizes @ judged - sizes * judged) / np.maximum(sizes.sum() - sizes, 1)
    judged = (1 - errors) * judged + errors * others
    own = float((share * (judged - (share * judged).sum()) ** 2).sum() / sizes.sum())
    ideal = sizes * np.sqrt(errors * (1 - errors))
    # One row per plan; the last labels every case.
    efforts = np.linspace(0, (sizes / ideal).max(), PLANS)[:, None]
    draws = np.clip(np.ceil(efforts * ideal), np.minimum(sizes, MIN_RARER), sizes)
    reached = normal_quantile(alpha) * np.sqrt(own + (share**2 * errors * (1 - errors) / draws).sum(axis=1))
    enough = (reached <= half_width) & (draws.sum(axis=1) >= MIN_LABELS)
    at = int(np.argmax(enough)) if enough.any() else PLANS - 1
    reason = None
    if draws[at].sum() < MIN_LABELS:
        reason = f"Uncalibrated: the group has {sizes.sum():.0f} cases, {MIN_LABELS} labels are needed."
    elif not enough.any():
        reason = f"{half_width:g} is out of reach: with all labels it is {reached[at]:.3f}."
    labels, inclusion = draws[at].astype(int).tolist(), (draws[at] / sizes).tolist()
    return LabelPlan(
        dict(zip(cases, labels, strict=True)),
        dict(zip(cases, inclusion, strict=True)),
        float(reached[at]),
        reason,
    )
