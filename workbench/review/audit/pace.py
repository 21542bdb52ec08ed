"""Time on screen against the length of what stood there. Idle time and hidden tabs are not in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.review.audit.number import LEVEL, Number, missing
from workbench.stats.paired import normal_quantile, wilson

if TYPE_CHECKING:
    import pandas as pd

    from workbench.stats.paired import FloatArray

READING_SPEED = 8.0
"""Words a second that nobody reads faster with understanding: 480 a minute, where silent reading is at
about 240. Source: methods 5.4; Brysbaert (2019), How many words do we read per minute?, Journal of
Memory and Language 109:104047. Only the conversation counts, not the context beside it."""

FAST_SHARE = 0.10
"""Share of decisions under the reading floor that a careful sitting may have. Our convention: one in ten
covers texts that are known by their first words."""

FEWEST = 10
"""Timed decisions from which times are compared, as everywhere in `workbench.stats`."""

NOT_MEASURED = "Time on screen was not measured, as for decisions that came in from elsewhere."


def floor_seconds(words: FloatArray) -> FloatArray:
    """Return the seconds under which a text of so many words was not read."""
    return words / READING_SPEED


def robust_z(seconds: FloatArray, words: FloatArray) -> FloatArray:
    """Return how far each log time lies from what its length lets expect, in robust deviations.

    The line of log time on log words is Theil's incomplete one (the median slope of pairs half the
    texts apart, by length); the deviation is the median absolute one times 1.4826.

    Args:
        seconds: Time on screen, more than 0; NaN where it was not measured.
        words: Length of the text.

    Returns:
        NaN where the time is missing, everywhere under `FEWEST` times, or when all lie on the line.

    Source: Theil (1950), A rank-invariant method of linear and polynomial regression analysis,
    Proceedings of the KNAW 53:386-392; Rousseeuw and Croux (1993), JASA 88:1273-1283.
    """
    found = np.full(seconds.shape, np.nan)
    timed = np.isfinite(seconds) & np.isfinite(words)
    if timed.sum() < FEWEST:
        return found
    x, y = np.log1p(words[timed]), np.log(np.maximum(seconds[timed], 0.001))
    order, half = np.argsort(x, kind="stable"), int(timed.sum()) // 2
    near, far = order[:half], order[-half:]
    apart = x[far] > x[near]
    slope = float(np.median((y[far] - y[near])[apart] / (x[far] - x[near])[apart])) if apart.any() else 0.0
    off = y - slope * x
    off = off - np.median(off)
    spread = 1.4826 * float(np.median(np.abs(off)))
    found[timed] = off / spread if spread > 0 else np.nan
    return found


def pace(shown: pd.DataFrame) -> list[Number]:
    """Return the numbers of one sitting's time: seconds, pace, whether it follows length, and how many fast.

    Args:
        shown: Decisions of the sitting with `seconds`, `words`, `z` and `fast`; see `workbench.review.audit.timed`.
    """
    read = shown[shown["seconds"].notna()]
    names = ("seconds", "pace", "follows_length", "fast")
    if read.empty:
        return [missing(name, NOT_MEASURED) for name in names]
    return [
        _median("seconds", read["seconds"].to_numpy()),
        _median("pace", read["z"].dropna().to_numpy()),
        _follows(read["seconds"].to_numpy(), read["words"].to_numpy()),
        fast(int(read["fast"].sum()), len(read)),
    ]


def fast(under: int, n: int) -> Number:
    """Return the share of timed decisions under the reading floor, tested against `FAST_SHARE`.

    Example:
        >>> told = fast(30, 100)
        >>> told.estimate, round(told.low, 2), told.p < 0.001
        (0.3, 0.22, True)
    """
    from scipy.stats import binom

    low, high = wilson(under, n)
    chance = float(binom.sf(under - 1, n, FAST_SHARE))
    return Number("fast", under / n, low, high, chance, n, "Wilson; exact binomial test")


def _median(measure: str, values: FloatArray) -> Number:
    """Return a median with the interval of its order statistics (Conover 1999, section 3.2)."""
    from scipy.stats import binom

    n = len(values)
    if n < FEWEST:
        return missing(measure, f"Fewer than {FEWEST} timed decisions ({n}).", n)
    rank = int(binom.ppf(LEVEL / 2, n, 0.5))
    ordered = np.sort(values)
    return Number(
        measure, float(np.median(values)), float(ordered[max(rank - 1, 0)]), float(ordered[n - max(rank, 1)]),
        n=n, method="order statistics",
    )  # fmt: skip


def _follows(seconds: FloatArray, words: FloatArray) -> Number:
    """Return Spearman's correlation of time and length (interval: Bonett and Wright 2000)."""
    from scipy.stats import spearmanr

    n = len(seconds)
    if n < FEWEST or len({*words}) == 1 or len({*seconds}) == 1:
        return missing("follows_length", "Too few timed decisions, or all of one length or time.", n)
    rho = float(spearmanr(seconds, words).statistic)
    inside = min(max(rho, -0.999999), 0.999999)
    reach = normal_quantile(LEVEL) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inside) - reach), math.tanh(math.atanh(inside) + reach)
    return Number("follows_length", rho, low, high, n=n, method="Spearman, Bonett-Wright")
