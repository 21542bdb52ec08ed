"""Which gap comes next, what it costs, and how concentrated the topics are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import counted
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.numbers import MISSING, count, is_missing, rate, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from workbench.report.markup import Shown

SHARES: Mapping[str, Look] = {
    "share": Look("share", "interval", unit="of the seed"),
    "target_share": Look("target", "rate", unit="of the grid"),
    "reading": Look("reading", "word"),
}


def levels(found: pd.DataFrame) -> Shown:
    """Return the seed's share of each level beside the grid's."""
    looks = {
        "axis": Look("axis", "word"),
        "level": Look("level", "word"),
        "cases": Look("seed cases", "interval"),
        **SHARES,
    }
    note = "Shares are of the seed cases that are or may be in the grid. What is known in part may be in any level of the other axis."
    return safe_table(
        _spans(found), caption="The seed beside the grid", looks=looks, notes=[note], remarks=_readings(found)
    )


def gaps(found: pd.DataFrame) -> Shown:
    """Return the ranked gaps: which one to fill, with how many candidates, at what cost."""
    frame = _spans(found).assign(
        rank=range(1, len(found) + 1), cost=_between(found["low_usd"], found["high_usd"], dollars)
    )
    survival, technique = found["survival"].iloc[0], found["technique"].iloc[0]
    total = f"{dollars(found['low_usd'].sum())} to {dollars(found['high_usd'].sum())}"
    looks = {
        "rank": Look("", "count"),
        "cell": Look("cell", "word"),
        **{name: look for name, look in SHARES.items() if name != "target_share"},
        "short": Look("short", "count", spanner="candidates"),
        "waiting": Look("waiting", "count", spanner="candidates"),
        "to_generate": Look("to generate", "count", spanner="candidates"),
        "cost": Look("cost", "interval", unit="with review"),
    }
    notes = [
        f"At a survival of {rate(survival)} it takes {counted(int(found['to_generate'].sum()), f'{technique} candidate')}, {total} with their review, until no cell is short; what waits for a review is counted on.",
        f"Of the grid each cell is {rate(found['target_share'].iloc[0])}. Cells that need candidates come first, and among them those of which the seed has or may have least.",
    ]
    return safe_table(
        frame, caption="Which gap am I filling?", looks=looks, notes=notes, remarks=_readings(frame)
    )


def costs(forecast: pd.DataFrame) -> Shown:
    """Return what the planned candidates cost by each technique."""
    frame = forecast.assign(
        generate=_between(forecast["generate_low_usd"], forecast["generate_high_usd"], dollars),
        review=[dollars(value) for value in forecast["review_usd"]],
        both=_between(forecast["low_usd"], forecast["high_usd"], dollars),
    )
    looks = {
        "technique": Look("technique", "word"),
        "candidates": Look("candidates", "count"),
        "generate": Look("generation", "interval", unit="USD"),
        "review": Look("review", "interval", unit="USD"),
        "both": Look("together", "interval", unit="USD"),
    }
    note = "A review is paid for per candidate reviewed, kept or not. Mutation operators run here, without a model."
    return safe_table(frame, caption="What the plan costs", looks=looks, notes=[note])


def topics(found: pd.DataFrame) -> Shown:
    """Return how concentrated the plan, the seed, and the candidates with and without a cell are."""
    looks = {
        "axis": Look("axis", "word"),
        "batch": Look("batch", "word"),
        "cases": Look("cases", "count"),
        "known": Look("with a known level", "count"),
        "topics": Look("levels", "count"),
        "largest": Look("largest"),
        "largest_share": Look("share of the largest", "rate"),
        "effective": Look("effective levels", "number"),
    }
    note = "Effective levels: so many of equal size would be spread as evenly (the exponential of the entropy). Freeform candidates name no cell."
    return safe_table(found, caption="How concentrated each batch is", looks=looks, notes=[note])


def dollars(value: float) -> str:
    """Return an amount in dollars, rounded half up to cents.

    Example:
        >>> dollars(1230), dollars(16.165)
        ('$1,230.00', '$16.17')
    """
    return f"${rounded(value, 2)}"


def _between(low: pd.Series[Any], high: pd.Series[Any], printed: Callable[[Any], str]) -> list[str]:
    """Return ranges, with one value where both ends are the same, and a sign where they are missing."""
    ends = zip(low, high, strict=True)
    return [
        MISSING
        if is_missing(most)
        else printed(most)
        if least == most
        else f"{printed(least)} to {printed(most)}"
        for least, most in ends
    ]


def _spans(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the seed's cases and share as from what is known to what may be."""
    cases = _between(frame["seed"], frame["seed_most"], count)
    return frame.assign(cases=cases, share=_between(frame["seed_share"], frame["seed_share_most"], rate))


def _readings(frame: pd.DataFrame) -> dict[tuple[int, str], Remark]:
    signs = {"underweighted": "no", "not underweighted": "yes", "unclear": "open"}
    return {
        (i, "reading"): Remark(sign=signs.get(str(value), "")) for i, value in enumerate(frame["reading"])
    }
