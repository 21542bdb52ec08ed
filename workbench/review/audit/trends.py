"""Whether the rate of keeping moves over a sitting, runs on, or differs by cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, expit, logit, ndtr

from workbench.review.audit.number import LEVEL, Number, missing
from workbench.stats.paired import normal_quantile
from workbench.stats.roots import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from workbench.stats.paired import FloatArray

PER = 100
"""Decisions that a slope is told per."""

RARE_RUN = 0.001
"""Chance p^k under which a run of k keeps at the keep rate p is flagged. Source: methods 5.4."""

FEWEST = 20
"""Decisions from which a trend is fitted: one block of the queue."""

SEPARATED, STEPS = 20.0, 40
"""Log-odds at which a fit has no end, as when all rejects come before all keeps, and most Newton steps."""

RISE = 0.10
"""Points by which a tired sitting is imagined to start under and end over its rate, when its power is told."""

ONE_KIND = "All decisions are of one kind, so nothing can move."


def drift(kept: npt.NDArray[np.bool_], position: FloatArray, offset: FloatArray) -> Number:
    """Return the slope of keeping over positions, in log-odds per `PER` decisions.

    A logistic regression on the position, with each cell's own log-odds as offset. The note tells what
    chance this sitting gives of finding a rate that rises by twice `RISE` from start to end.

    Args:
        kept: Whether each decision is a keep.
        position: Its place in the sitting.
        offset: The log-odds of its cell in all sittings.
    """
    n = len(kept)
    if n < FEWEST:
        return missing("drift", f"Fewer than {FEWEST} decisions with a position ({n}).", n)
    if kept.all() or not kept.any():
        return missing("drift", ONE_KIND, n)
    x = (position - position.mean()) / PER
    if not x.any():
        return missing("drift", "All decisions have one position.", n)
    design, found = np.stack([np.ones(n), x], axis=1), np.zeros(2)
    for _ in range(STEPS):
        rate = expit(offset + design @ found)
        information = (design * (rate * (1 - rate))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (kept - rate))
        found = found + step
        if not np.abs(design @ found).max() < SEPARATED:
            return missing("drift", "Keeps and rejects do not overlap in the sitting; no slope fits.", n)
        if np.abs(step).max() < 1e-9:
            break
    se = math.sqrt(np.linalg.inv(information)[1, 1])
    slope, reach = float(found[1]), normal_quantile(LEVEL) * se
    share = float(kept.mean())
    start, end = max(share - RISE, 0.01), min(share + RISE, 0.99)
    note = f"power {trend_power(n, start, end):.2f} for {start:.0%} to {end:.0%}"
    return Number(
        "drift", slope, slope - reach, slope + reach, float(2 * ndtr(-abs(slope) / se)), n, "logistic, Wald", note
    )  # fmt: skip


def trend_power(n: int, start: float, end: float) -> float:
    """Return how likely the two-sided test of `drift` finds a rate that goes from start to end.

    Args:
        n: Decisions of the sitting.
        start: Rate at its first decision, 0 to 1.
        end: Rate at its last.

    Example:
        >>> [round(trend_power(200, *rates), 2) for rates in ((0.72, 0.82), (0.67, 0.87), (0.60, 0.90))]
        [0.16, 0.5, 0.82]
    """
    first, last = float(logit(start)), float(logit(end))
    at = np.linspace(-0.5, 0.5, n)
    rate = expit((first + last) / 2 + (last - first) * at)
    weight = rate * (1 - rate)
    away = at - np.average(at, weights=weight)
    z, limit = abs(last - first) * math.sqrt(float(weight @ away**2)), normal_quantile(LEVEL)
    return float(ndtr(z - limit) + ndtr(-z - limit))


def pooled_drift(slopes: Sequence[float]) -> Number:
    """Return the mean slope of several sittings, each of which counts once.

    Decisions of one sitting are alike, so the interval is Student's over the sittings' own slopes.

    Source: Ibragimov and Mueller (2010), t-statistic based correlation and heterogeneity robust
    inference, Journal of Business and Economic Statistics 28:453-468, which holds with few clusters.
    """
    found = np.asarray([slope for slope in slopes if math.isfinite(slope)])
    if len(found) < 2:
        return missing("drift", "It takes two sittings with a slope each.", len(found))
    mean, se = float(found.mean()), float(found.std(ddof=1)) / math.sqrt(len(found))
    reach = t_quantile(LEVEL, len(found) - 1) * se
    return Number(
        "drift", mean, mean - reach, mean + reach, n=len(found), method="mean of sittings, Student's t"
    )


def longest(kept: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return where the longest run of keeps starts, and how long it is.

    Example:
        >>> longest(np.array([True, False, True, True]))
        (2, 2)
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], kept.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])


def streak(kept: npt.NDArray[np.bool_]) -> Number:
    """Return the longest run of keeps; p is the chance of one as long anywhere in such a sitting.

    The keep rate is the sitting's own, so a sitting that keeps everything shows no streak: planted
    checks tell of that one.
    """
    n = len(kept)
    if n < FEWEST:
        return missing("streak", f"Fewer than {FEWEST} decisions ({n}).", n)
    if kept.all() or not kept.any():
        return missing("streak", ONE_KIND, n)
    _, run = longest(kept)
    rate = float(kept.mean())
    note = f"p^k {rate**run:.1g}" + (", flagged" if rare(kept) else "")
    return Number(
        "streak", run, p=run_chance(n, run, rate), n=n, method="exact chance of a run", note=note,
        reason="A longest run has no interval.",
    )  # fmt: skip


def rare(kept: npt.NDArray[np.bool_]) -> bool:
    """Return whether the longest run of k keeps has p^k under `RARE_RUN` at the sitting's keep rate."""
    return bool(len(kept) and kept.mean() ** longest(kept)[1] < RARE_RUN)


def run_chance(n: int, run: int, rate: float) -> float:
    """Return the chance that n decisions at a keep rate hold a run of keeps as long.

    Source: Feller (1968), An Introduction to Probability Theory and Its Applications, vol. 1, XIII.7.

    Example:
        >>> run_chance(3, 2, 0.5)
        0.375
    """
    if run <= 0:
        return 1.0
    whole = rate**run
    without = [1.0] * run + [1.0 - whole]
    for _ in range(n - run):
        without.append(without[-1] - (1 - rate) * whole * without[-1 - run])
    return 1.0 - without[n] if n >= run else 0.0


def change_point(kept: npt.NDArray[np.bool_], position: FloatArray, offset: FloatArray) -> Number:
    """Return after which position the rate of keeping changes most, by the cumulated residuals.

    It only describes: every sitting has such a point.
    """
    n = len(kept)
    if n < FEWEST or kept.all() or not kept.any():
        return missing("change_point", f"Fewer than {FEWEST} decisions, or all of one kind.", n)
    residual = kept - expit(offset)
    path = np.cumsum(residual - residual.mean())[:-1]
    at = int(np.argmax(np.abs(path)))
    before, after = (f"{100 * float(part.mean()):.0f}%" for part in (kept[: at + 1], kept[at + 1 :]))
    return Number(
        "change_point", float(position[at]), n=n, method="CUSUM of residuals, descriptive",
        note=f"{before} kept before, {after} after", reason="It describes, so it has no interval.",
    )  # fmt: skip


def cell_bias(own: FloatArray, others: FloatArray, cells: Sequence[str]) -> Number:
    """Return in which cell a sitting departs most from the other sittings, once its mean departure is out.

    p tests that the odds of keeping, against the other sittings', are the same in every cell: a sitting
    may be more generous than others, but then everywhere. Cells where all are kept, or none, say nothing.

    Args:
        own: Keeps, and decisions, of the sitting by cell, shape (2, cells).
        others: The same of all other sittings together, in the same cells.
        cells: The names of the cells.

    Source: `equal_odds`.
    """
    total, decided = own + others
    speaks = (own[1] > 0) & (others[1] > 0) & (total > 0) & (total < decided)
    (k, m), (a, b) = own[:, speaks], others[:, speaks]
    many = int(m.sum())
    if speaks.sum() < 2:
        reason = "Fewer than two cells that other sittings decided on too, with keeps and rejects."
        return missing("cell_bias", reason, many)
    p = equal_odds(k, m, a, b)
    if not math.isfinite(p):
        return missing("cell_bias", ONE_KIND, many)
    apart = k / m - a / b
    apart -= np.average(apart, weights=m)
    worst = int(np.argmax(np.abs(apart)))
    name = [cell for cell, told in zip(cells, speaks, strict=True) if told][worst]
    return Number(
        "cell_bias", float(apart[worst]), p=p, n=many, method="Breslow-Day, Tarone", note=name,
        reason="The largest departure was picked, so its own interval would be too narrow.",
    )  # fmt: skip


def equal_odds(kept: FloatArray, n: FloatArray, others_kept: FloatArray, others_n: FloatArray) -> float:
    """Return p of the Breslow-Day test, with Tarone's correction, that one odds ratio holds in all cells.

    statsmodels has it too, and divides by 0 where the common odds ratio is 1. NaN where there is no
    common odds ratio.

    Source: Breslow and Day (1980), Statistical Methods in Cancer Research, vol. 1, 4.4; Tarone (1985),
    On heterogeneity tests based on efficient scores, Biometrika 72:91-95.
    """
    total, column = n + others_n, kept + others_kept
    for_, against = (kept * (others_n - others_kept) / total).sum(), ((n - kept) * others_kept / total).sum()
    if not for_ or not against:
        return math.nan
    odds = for_ / against
    # The keeps that this odds ratio lets expect solve (1 - odds) e^2 + b e - odds * n * column = 0.
    product, b = odds * n * column, total - n - column + odds * (n + column)
    expected = 2 * product / (b + np.sqrt(b**2 + 4 * (1 - odds) * product))
    parts = (expected, n - expected, column - expected, total - n - column + expected)
    variance = 1 / sum(1 / part for part in parts)
    off = kept - expected
    statistic = (off**2 / variance).sum() - off.sum() ** 2 / variance.sum()
    return float(chdtrc(len(kept) - 1, statistic))
