"""The mean of a group without its judge's errors, from a sample of human labels.

Arrays have one entry per case of one group: ``judge`` is the judge's number of every case, ``human`` the
humans' number and NaN where no human looked, ``root`` the case's root. Numbers are outcomes (0 or 1) or
paired differences (-1 to 1), as fractions. Labels must be drawn at random within the group: those of real
cases say nothing of the judge's errors on synthetic ones.
"""

import math
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.paired import FloatArray, normal_quantile
from workbench.stats.roots import ROUNDING, CodeArray, cases_by_root, jackknife, t_quantile

MIN_LABELS = 50
"""Human labels of a group from which its judge is corrected: a convention, as the level hangs on the next."""

MIN_RARER = 10
"""Labels that do not have the commonest number, from which a judge is corrected. In simulated groups of
500 cases, 90 % passed by humans, a sensitivity of 0.9 and a specificity of 0.8, the interval of 40 labels
(4 of them rarer) covers the truth in 91 % of draws, of 100 labels (10 rarer) in 93 %."""

Uncalibrated = Literal["few labels", "few rarer labels", "few roots", "no better than chance", "no spread"]
"""Why the judge's own number is all there is."""


class Corrected(NamedTuple):
    """A group's mean without the judge's errors, or the judge's mean and why no more is known.

    Attributes:
        raw: The judge's own mean over all cases, None without a case.
        value: The corrected mean, None when uncalibrated.
        low: Lower limit.
        high: Upper limit.
        method: Name of the estimate, as a report prints it.
        n: Human labels that it rests on.
        weight: Mean weight of the judge's numbers, lambda, 0 (humans alone) to 1; None where not used.
        uncalibrated: The kind of reason, None when corrected.
        reason: The same as a sentence.
    """

    raw: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = "uncalibrated"
    n: int = 0
    weight: float | None = None
    uncalibrated: Uncalibrated | None = None
    reason: str | None = None


class Judged(NamedTuple):
    """Checked cases: the numbers, the chance of a label and the number of the root of each."""

    human: FloatArray
    judge: FloatArray
    chance: FloatArray
    code: CodeArray


def judged_cases(
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    root: Sequence[Hashable],
    inclusion: npt.ArrayLike | None,
    bounds: tuple[float, float],
) -> Judged:
    """Check the numbers of a judge and of humans, and number their roots.

    Raises:
        ValueError: An argument has another length or is out of range.

    Example:
        >>> judged_cases([1, float("nan")], [1, 0], ["late", "lost"], None, (0, 1)).code.tolist()
        [0, 1]
    """
    f, code = cases_by_root(judge, root)
    y = np.asarray(human, dtype=np.float64)
    chance = np.ones(f.size) if inclusion is None else np.asarray(inclusion, dtype=np.float64)
    if not y.shape == chance.shape == f.shape:
        raise ValueError(
            f"every case needs a number of the judge, a label or NaN, and a chance of a label; got {f.size}, "
            f"{y.size} and {chance.size}."
        )
    low, high = bounds
    seen = np.concatenate([f, y[~np.isnan(y)]])
    if not ((seen >= low) & (seen <= high)).all() or not ((chance > 0) & (chance <= 1)).all():
        raise ValueError(f"numbers must lie from {low:g} to {high:g}, and chances above 0 up to 1.")
    return Judged(y, f, chance, code)


def prediction_powered(
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    root: Sequence[Hashable],
    *,
    inclusion: npt.ArrayLike | None = None,
    bounds: tuple[float, float] = (-1.0, 1.0),
    alpha: float = 0.05,
) -> Corrected:
    """Return a group's mean by PPI++: the judge's numbers of all cases, corrected by a sample of labels.

    ``lambda * mean(f_U) + mean(Y - lambda f_L)`` over the N unlabelled (U) and n labelled (L) cases, N
    without the labelled, and ``lambda = cov(Y, f) / ((1 + n/N) var(f))`` cut to 0..1: a judge that is of
    no use gets no weight. Cases of one inclusion probability are a stratum: each stratum is corrected by
    itself and weighs as many cases as it has. The variance is that of the linearised values summed by
    root, and t has (labelled roots - strata) degrees of freedom.

    Args:
        human: The humans' number of each case, NaN without a label, shape (n,).
        judge: The judge's number of every case, shape (n,).
        root: The root of each case.
        inclusion: Chance of each case to be labelled, above 0 to 1, as a sample by verdict makes them;
            None when all are alike.
        bounds: Smallest and largest possible number: -1 and 1 of a paired difference, 0 and 1 of a rate.
        alpha: One minus the confidence level.

    Returns:
        The corrected mean; uncalibrated under `MIN_LABELS` labels, under `MIN_RARER` that are not the
        commonest, under `workbench.stats.clusters.MIN_ROOTS` labelled roots, or with fewer than two
        labels in a stratum.

    Raises:
        ValueError: An argument has another length or is out of range.

    Source: Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv 2311.01453; strata as in Fisch and others
    (2024), arXiv 2406.04291.

    Example:
        >>> judge = ([1.0] * 4 + [0.0]) * 100
        >>> human = [one if at % 7 else 0.0 for at, one in enumerate(judge[:70])] + [float("nan")] * 430
        >>> found = prediction_powered(human, judge, range(500), bounds=(0, 1))
        >>> print(f"{found.raw:.2f} {found.value:.2f} ({found.low:.2f}, {found.high:.2f}), {found.n}")
        0.80 0.69 (0.60, 0.77), 70
    """
    y, f, chance, code = judged_cases(human, judge, root, inclusion, bounds)
    labelled = ~np.isnan(y)
    _, stratum = np.unique(chance.round(12), return_inverse=True)
    strata = [stratum == number for number in range(int(stratum.max(initial=-1)) + 1)]
    raw = float(f.mean()) if f.size else None
    n, roots = int(labelled.sum()), np.unique(code[labelled]).size
    short = _short(y[labelled], min((int((one & labelled).sum()) for one in strata), default=0), roots)
    if short:
        return Corrected(raw, n=n, uncalibrated=short[0], reason=short[1])
    linear, weight = np.empty(f.size), 0.0
    for cases in strata:
        part = _linearised(y[cases], f[cases])
        linear[cases] = part.values
        weight += part.weight * float(cases.mean())
    value, top = float(linear.mean()), float(np.abs(linear).max()) or 1.0
    # `jackknife` takes values from -1 to 1, and weights of any size.
    se = jackknife({"cases": (linear / top, root)}, {"cases": top}, alpha=alpha).se
    # Of values that are all alike it would count unseen changes at the weight of a case, not at a label's.
    if se is None or np.ptp(linear) <= ROUNDING:
        return Corrected(raw, n=n, uncalibrated="no spread", reason="No root changes the corrected mean.")
    reach = t_quantile(alpha, max(1, roots - len(strata))) * se
    value, low, high = (float(np.clip(one, *bounds)) for one in (value, value - reach, value + reach))
    return Corrected(raw, value, low, high, "PPI++ over roots", n, weight)


class _Linearised(NamedTuple):
    values: FloatArray
    weight: float


def _linearised(y: FloatArray, f: FloatArray) -> _Linearised:
    """Return values per case whose mean is the estimate of PPI++, and whose spread is its own."""
    labelled = ~np.isnan(y)
    n, others = int(labelled.sum()), int((~labelled).sum())
    weight, spread = 0.0, float(f.var(ddof=1))
    if others and spread > 0:
        shared = float(np.cov(y[labelled], f[labelled])[0, 1])
        weight = min(max(shared / ((1 + n / others) * spread), 0.0), 1.0)
    rest = y[labelled] - weight * f[labelled]
    guess = weight * f[~labelled]
    value = float(rest.mean()) + (float(guess.mean()) if others else 0.0)
    values = np.full(f.size, value)
    # n - 1 as in a sample variance; the unlabelled are many.
    values[labelled] += f.size / math.sqrt(n * (n - 1)) * (rest - rest.mean())
    if others:
        values[~labelled] += f.size / others * (guess - guess.mean())
    return _Linearised(values, weight)


def _short(labels: FloatArray, fewest: int, roots: int) -> tuple[Uncalibrated, str] | None:
    """Return which floor the labels miss, if any."""
    n = labels.size
    if n < MIN_LABELS:
        return "few labels", f"Uncalibrated: {n} human labels of this group, {MIN_LABELS} are needed."
    if fewest < 2:
        return "few labels", "Uncalibrated: a stratum of the sample has fewer than two human labels."
    rarer = n - int(np.unique(labels, return_counts=True)[1].max())
    if rarer < MIN_RARER:
        few = f"Uncalibrated: {rarer} of {n} human labels are not the commonest, {MIN_RARER} are needed."
        return "few rarer labels", few
    if roots < MIN_ROOTS:
        return "few roots", f"Uncalibrated: the human labels share {roots} roots, {MIN_ROOTS} are needed."
    return None


def rogan_gladen(
    judged: tuple[int, int],
    *,
    sensitivity: tuple[int, int],
    specificity: tuple[int, int],
    alpha: float = 0.05,
) -> Corrected:
    """Return the pass rate that a judge's rate stands for, from its sensitivity and specificity elsewhere.

    ``(p + specificity - 1) / (sensitivity + specificity - 1)`` cut to 0..1, for independent cases. Use it
    only where labels could not be drawn within the group and the judge errs there as it does here: its
    interval is often wider than that of the labels alone.

    Args:
        judged: Cases that the judge passed, of how many.
        sensitivity: Labels that humans and the judge passed, of those that humans passed.
        specificity: Labels that humans and the judge failed, of those that humans failed.
        alpha: One minus the confidence level.

    Returns:
        The corrected rate; uncalibrated under `MIN_LABELS` labels, under `MIN_RARER` of the rarer
        answer, or where the judge is no better than chance.

    Raises:
        ValueError: Counts are impossible, or ``alpha`` is out of range.

    Source: Rogan and Gladen (1978), American Journal of Epidemiology 107:71-76; interval of Lang and
    Reiczigel (2014), Preventive Veterinary Medicine 113:13-22, as in Lee and others (2025), arXiv
    2511.21140.

    Example:
        >>> found = rogan_gladen((400, 1000), sensitivity=(180, 200), specificity=(140, 200))
        >>> print(f"{found.value:.4f} ({found.low:.4f}, {found.high:.4f})")
        0.1667 (0.0564, 0.2627)
    """
    z = normal_quantile(alpha)
    (passed, n), (q1, m1), (q0, m0) = (_checked(one) for one in (judged, sensitivity, specificity))
    raw, labels = passed / n, m0 + m1
    short = _short(np.repeat([0.0, 1.0], [m0, m1]), labels, labels)
    if short:
        return Corrected(raw, n=labels, uncalibrated=short[0], reason=short[1])
    better = q0 / m0 + q1 / m1 - 1
    hit, kept = (q1 + 1) / (m1 + 2), (q0 + 1) / (m0 + 2)
    if better <= 0 or hit + kept <= 1:
        chance = "Uncalibrated: against humans the judge is no better than chance."
        return Corrected(raw, n=labels, uncalibrated="no better than chance", reason=chance)
    rate, size = (passed + z * z / 2) / (n + z * z), n + z * z
    value = (rate + kept - 1) / (hit + kept - 1)
    missed = value**2 * hit * (1 - hit) / (m1 + 2)
    waved = (1 - value) ** 2 * kept * (1 - kept) / (m0 + 2)
    se = math.sqrt(rate * (1 - rate) / size + missed + waved) / (hit + kept - 1)
    shift = 2 * z * z * (value * hit * (1 - hit) / (m1 + 2) - (1 - value) * kept * (1 - kept) / (m0 + 2))
    limits = (raw + q0 / m0 - 1) / better, value + shift - z * se, value + shift + z * se
    value, low, high = (min(max(one, 0.0), 1.0) for one in limits)
    return Corrected(raw, value, low, high, "Rogan-Gladen, Lang-Reiczigel", labels)


def _checked(pair: tuple[int, int]) -> tuple[int, int]:
    count, of = pair
    if not 0 <= count <= of or of < 1:
        raise ValueError(f"a count must lie from 0 to a size of at least 1, got {count} of {of}.")
    return count, of
