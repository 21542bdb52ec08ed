"""How far synthetic and real cases are apart in sum, and what is said of any gap between subsets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from scipy.special import ndtr

from workbench.stats.subsets import Subset, change_gap, rate_gap
from workbench.swap.comparison import points
from workbench.swap.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from workbench.stats.roots import Estimate
    from workbench.swap.comparison import Interval

BAND_PP = 10.0
"""Points that two subsets may be apart. Source: the short text."""

MOST_ROWS = 60
"""Cells, modes or words that verdict.json holds; how many more there are is said."""

SERIES: Mapping[str, tuple[str, Callable[..., Estimate]]] = {
    "baseline": ("baseline_score", rate_gap),
    "candidate": ("candidate_score", rate_gap),
    "difference": ("d", change_gap),
}
"""What is compared: each model's pass rate, and candidate minus baseline."""

GAP_REMEDY = (
    "The synthetic cases do not ask what the real ones ask. Take fresh cases from production, have people "
    "label them, and rebalance the set; begin with the cells that differ."
)
"""Source: the short text, which has one remedy for all three diagnostics."""


class Sides(NamedTuple):
    """The cases of both groups."""

    real: pd.DataFrame
    synthetic: pd.DataFrame

    def counts(self, column: str) -> dict[str, int]:
        """Return how many distinct values of a column each group has."""
        return {name: int(rows[column].nunique()) for name, rows in self._asdict().items()}


def sides(compared: pd.DataFrame) -> Sides:
    """Part cases by their group."""
    return Sides(*(compared[compared["group"] == name] for name in Sides._fields))


def lacking(found: Sides) -> str:
    """Say which group has no case with both outcomes, or nothing."""
    none = [name for name, rows in found._asdict().items() if rows.empty]
    if not none:
        return ""
    return f"no {' and no '.join(none)} case has an outcome of both models; freeze and answer a set with both groups"


def reading(low_pp: float | None, high_pp: float | None) -> str:
    """Read an interval against the band: `beyond` and `within` when it lies so as a whole.

    Example:
        >>> reading(11.0, 30.0), reading(-9.0, 4.0), reading(4.0, 14.0), reading(None, None)
        ('beyond', 'within', 'unresolved', 'unresolved')
    """
    if low_pp is None or high_pp is None:
        return "unresolved"
    if low_pp > BAND_PP or high_pp < -BAND_PP:
        return "beyond"
    return "within" if low_pp > -BAND_PP and high_pp < BAND_PP else "unresolved"


def interval(found: Estimate) -> dict[str, Any]:
    """Return an estimate as verdict.json has it, with its own reason where it has no interval."""
    low, high = points(found.low), points(found.high)
    told = {"gap_pp": points(found.value), "low_pp": low, "high_pp": high, "reading": reading(low, high)}
    return {**told, "method": found.method, "why": found.reason or ""}


def point_rule_false_alarm(rate: float, real: int, synthetic: int) -> float:
    """Return how often two equal groups are more than `BAND_PP` points apart by chance (normal approximation).

    Args:
        rate: The pass rate of both, 0 to 1.
        real: Independent real cases.
        synthetic: Independent synthetic cases.

    Example:
        >>> [f"{point_rule_false_alarm(0.8, real, synthetic):.0%}" for real, synthetic in ((65, 153), (184, 153), (30, 30))]
        ['9%', '2%', '33%']
    """
    se = math.sqrt(rate * (1 - rate) * (1 / real + 1 / synthetic))
    return float(2 * ndtr(-BAND_PP / 100 / se)) if se else 0.0


def gaps(compared: pd.DataFrame, contradiction: Interval, *, alpha: float) -> Part:
    """Return synthetic minus real of each model's pass rate, and of the difference.

    Args:
        compared: Real and synthetic cases with both outcomes.
        contradiction: Real minus synthetic difference, as the verdict names it.
        alpha: This look's alpha.
    """
    both = sides(compared)
    lack = lacking(both)
    if lack:
        return Part({}, {"": lack})
    roots, table = both.counts("root_id"), {}
    for name, (column, gap) in SERIES.items():
        means = {side: float(rows[column].mean()) for side, rows in both._asdict().items()}
        table[name] = {**means, **interval(gap(*subsets(both, column), alpha=alpha))}
    table["difference"] |= _as_the_verdict(contradiction)
    models = [table[name] for name in ("baseline", "candidate")]
    readings = {row["reading"] for row in models}
    shown = "shown" if "beyond" in readings else "excluded" if readings == {"within"} else "unresolved"
    pooled = [sum(row[side] * roots[side] for side in roots) / sum(roots.values()) for row in models]
    fields = {
        "reading": shown,
        "remedy": GAP_REMEDY if shown == "shown" else "",
        "cases": both.counts("case_id"),
        "roots": roots,
        "point_rule_false_alarm": max(point_rule_false_alarm(share, **roots) for share in pooled),
        "rows": table,
    }
    return Part(fields, reasons(table, "rows."))


def _as_the_verdict(contradiction: Interval) -> dict[str, Any]:
    """Return the difference's gap from the verdict's own interval, which is of real minus synthetic."""
    if contradiction.delta_pp is None or contradiction.low_pp is None or contradiction.high_pp is None:
        return {"low_pp": None, "high_pp": None, "reading": "unresolved", "why": contradiction.why}
    low, high = -contradiction.high_pp, -contradiction.low_pp
    return {
        "low_pp": low,
        "high_pp": high,
        "reading": reading(low, high),
        "method": "root jackknife",
        "why": "",
    }


def reasons(rows: Mapping[str, Mapping[str, Any]], path: str) -> dict[str, str]:
    """Return the reason of each number that is none, by its path."""
    return {
        f"{path}{name}.{key}": row["why"]
        for name, row in rows.items()
        for key, value in row.items()
        if value is None
    }


def subsets(both: Sides, column: str) -> tuple[Subset, Subset]:
    """Return the synthetic cases and the real ones, as a gap takes them."""
    return tuple(Subset(rows[column].to_numpy(float), rows["root_id"].tolist()) for rows in reversed(both))  # type: ignore[return-value]
