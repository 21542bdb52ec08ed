"""Forecasts of survival held against what came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import counted

if TYPE_CHECKING:
    import pandas as pd

    from workbench.review.survival import Survival

CONFIDENCE = 0.95
"""Of the interval of the bias."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How good the sealed forecasts were. Numbers that cannot be computed are missing, with `why`.

    With p the forecast of a cell, n its reviewed candidates, r the share of them that was kept, and
    N all scored candidates: brier = sum n (p - r)^2 / N + sum n r (1 - r) / N = miss + noise. No
    forecast of a cell removes the noise. Source: Brier, Monthly Weather Review 78, 1950; the
    partition is Murphy's, Journal of Applied Meteorology 12, 1973.

    Attributes:
        cells: One row per cell with a forecast and a review, the most surprising first: `cell`,
            `predicted`, `kept`, `reviewed`, `survival`, `low`, `high` (Wilson), and `p_two_sided`:
            how likely an outcome at most as likely as this one is when the forecast is right
            (exact binomial).
        candidates: How many reviewed candidates are scored.
        brier: Mean squared error per candidate, 0 to 1; less is better.
        miss: The part of it that better forecasts would remove.
        noise: The part of it inside the cells.
        chance_miss: The miss that chance alone would bring if every forecast were right.
        skill: 1 - brier / the Brier score of calling the overall rate in each cell. The overall
            rate is known only afterwards, so above 0 is good.
        bias: Mean over cells of forecast minus outcome; above 0 the forecasts hoped for too much.
        bias_low: Lower end of its interval, Student's t over cells.
        bias_high: Its upper end.
        why: For a missing number the reason; empty when all are known.
    """

    cells: pd.DataFrame
    candidates: int
    brier: float
    miss: float
    noise: float
    chance_miss: float
    skill: float
    bias: float
    bias_low: float
    bias_high: float
    why: str

    def __str__(self) -> str:
        if math.isnan(self.brier):
            return f"forecasts: not known, because {self.why}"
        return f"{counted(len(self.cells), 'cell')} scored: Brier {self.brier:.3f}, bias {self.bias:+.3f}"


def score(found: Survival, predictions: pd.DataFrame) -> Score:
    """Hold sealed forecasts against the survival of their cells.

    Args:
        found: What became of the candidates.
        predictions: One forecast per cell, as `workbench.grid.predictions` returns them.
    """
    sealed = predictions[["cell", "predicted_survival"]].rename(columns={"predicted_survival": "predicted"})
    both = sealed.merge(found.cells[found.cells["reviewed"] > 0], on="cell")
    n, p, r = both["reviewed"].astype("float64"), both["predicted"], both["survival"]
    tails = [
        _two_sided(int(kept), int(many), float(chance))
        for kept, many, chance in zip(both["kept"], n, p, strict=True)
    ]
    columns = ["cell", "predicted", "kept", "reviewed", "survival", "low", "high", "p_two_sided"]
    cells = both.assign(p_two_sided=tails).astype({"p_two_sided": "float64"})[columns]
    total = float(n.sum())
    if not total:
        nothing = (
            "no forecast was sealed" if sealed.empty else "no cell with a forecast has a reviewed candidate"
        )
        return Score(cells=cells, candidates=0, **dict.fromkeys(_NUMBERS, math.nan), why=nothing)
    miss, noise = float((n * (p - r) ** 2).sum()) / total, float((n * r * (1 - r)).sum()) / total
    overall = float((n * r).sum()) / total
    constant = overall * (1 - overall)
    half, why = _half_width(p - r)
    bias = float((p - r).mean())
    return Score(
        cells=cells.sort_values(["p_two_sided", "cell"], ignore_index=True),
        candidates=int(total),
        brier=miss + noise,
        miss=miss,
        noise=noise,
        chance_miss=float((p * (1 - p)).sum()) / total,
        skill=1 - (miss + noise) / constant if constant else math.nan,
        bias=bias,
        bias_low=bias - half,
        bias_high=bias + half,
        why="; ".join([*([] if constant else ["all outcomes are the same, so there is no skill"]), *why]),
    )


_NUMBERS = ("brier", "miss", "noise", "chance_miss", "skill", "bias", "bias_low", "bias_high")


def _two_sided(kept: int, reviewed: int, predicted: float) -> float:
    from scipy import stats

    return float(stats.binomtest(kept, reviewed, predicted).pvalue)


def _half_width(differences: pd.Series[float]) -> tuple[float, list[str]]:
    """Return half the width of the interval of a mean, or why there is none."""
    from scipy import stats

    many = len(differences)
    if many < 2:
        return math.nan, ["one cell has no spread, so the bias has no interval"]
    quantile = float(stats.t.ppf(0.5 + CONFIDENCE / 2, many - 1))
    return quantile * float(differences.std()) / math.sqrt(many), []
