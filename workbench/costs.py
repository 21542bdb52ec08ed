"""What candidates cost: generating is cheap, and every candidate is paid for again in review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.settings import Costs

GENERATION_USD: Mapping[str, tuple[float, float]] = {
    "prompted": (0.01, 0.05),
    "mutation": (0.0, 0.0),
    "persona": (0.02, 0.08),
    "redteam": (0.05, 0.20),
}
"""Dollars to generate one candidate, from and to. Source: the long text, the table of section 1 and
section 7. It calls mutation near-free and gives no number: operators run here, without a model."""


def forecast(candidates: int, costs: Costs) -> pd.DataFrame:
    """Return what a number of candidates costs by each technique.

    A review is paid for per candidate reviewed, kept or not.

    Args:
        candidates: How many, 0 or more.
        costs: `[costs]` of workbench.toml, dollars per candidate reviewed.

    Returns:
        One row per technique: `technique`, `candidates`, `generate_low_usd`, `generate_high_usd`,
        `review_usd`, `low_usd`, `high_usd` (the sums).

    Raises:
        UsageError: The number is negative.

    Example:
        >>> from workbench.settings import Costs
        >>> forecast(200, Costs()).set_index("technique").loc["prompted", ["low_usd", "high_usd"]].tolist()
        [202.0, 210.0]
    """
    import pandas as pd

    if candidates < 0:
        raise UsageError(f"a forecast for {candidates:,} candidates cannot be made; give 0 or more")
    rows = []
    for technique, (low, high) in GENERATION_USD.items():
        review = candidates * per_review(technique, costs)
        rows.append(
            {
                "technique": technique,
                "candidates": candidates,
                "generate_low_usd": candidates * low,
                "generate_high_usd": candidates * high,
                "review_usd": review,
                "low_usd": candidates * low + review,
                "high_usd": candidates * high + review,
            }
        )
    return pd.DataFrame(rows)


def per_review(technique: str, costs: Costs) -> float:
    """Return the dollars that the review of one candidate costs.

    Raises:
        UsageError: The technique is none of `GENERATION_USD`.
    """
    if technique not in GENERATION_USD:
        raise UsageError(f"the technique {shown(technique)} is none of {', '.join(GENERATION_USD)}")
    return float(getattr(costs, technique))
