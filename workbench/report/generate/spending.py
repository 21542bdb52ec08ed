"""What runs cost: planned before anything is asked, spent after, and what the review of it will cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from workbench.costs import per_review
from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.generate.made import NO_RUN, SHORT, once
from workbench.report.grid.gaps import dollars
from workbench.report.markup import Shown, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.settings import Costs

NO_CALL = "No run has asked a model over a network, so nothing was spent on calls."


class Asked(Protocol):
    """One slot of a plan; see `workbench.generate.Slot`."""

    bucket: str
    technique: str


class Run(Protocol):
    """A plan; see `workbench.generate.Run`."""

    generator_model: str
    generator_family: str
    generator_provider: str
    slots: Sequence[Asked]


class Forecast(Protocol):
    """What its open slots will cost; see `workbench.generate.Forecast`."""

    calls: int
    low_usd: float | None
    expected_usd: float | None
    high_usd: float | None
    basis: str
    why: str


def planned(run: Run | None, forecast: Forecast | None, *, prices: Costs) -> Shown | None:
    """Return what a plan asks for and costs, before anything is asked; nothing without a plan.

    Args:
        run: The plan.
        forecast: What its open slots will cost.
        prices: `[costs]` of workbench.toml, dollars per candidate reviewed.
    """
    if run is None or forecast is None:
        return None
    rows = [
        {"bucket": bucket, "slots": number, "review": dollars(number * per_review(bucket, prices))}
        for bucket, number in Counter(slot.bucket for slot in run.slots).items()
    ]
    looks = {
        "bucket": Look("bucket", "word"),
        "slots": Look("candidates", "count"),
        "review": Look("review of all of them", "interval", unit="USD"),
    }
    usd = (
        forecast.why
        if forecast.low_usd is None or forecast.high_usd is None
        else f"{dollars(forecast.low_usd)} to {dollars(forecast.high_usd)}, by {forecast.basis}"
    )
    notes = [
        f"Asked of {run.generator_model} ({run.generator_family}, by {run.generator_provider}).",
        f"{counted(forecast.calls, 'call')} still to be made: {usd}.",
    ]
    return safe_table(pd.DataFrame(rows), caption="Planned, and not asked yet", looks=looks, notes=notes)


def spending(spent: pd.DataFrame) -> Shown:
    """Return what the calls of each run were forecast to cost, and what they have cost.

    Args:
        spent: As `workbench.generate.spent` returns it.
    """
    called = spent[spent["calls"] > 0]
    if called.empty:
        return sentence(NO_CALL)
    ends = zip(called["low_usd"], called["high_usd"], strict=True)
    frame = called.assign(
        run=called["run_id"].str[:SHORT],
        forecast=[f"{dollars(low)} to {dollars(high)}" for low, high in ends],
        spent=called["usd"].map(dollars),
        most=[
            dollars(usd) if number else ""
            for usd, number in zip(called["unknown_usd"], called["unknown"], strict=True)
        ],
    )
    looks = {
        "run": Look("run", "word"),
        "forecast": Look("forecast", "interval", unit="USD"),
        "spent": Look("spent", "interval", unit="USD"),
        "calls": Look("calls", "count"),
        "unpriced": Look("without a price", "count", unit="calls"),
        "unknown": Look("outcome unknown", "count", unit="calls"),
        "most": Look("which cost at most", "interval", unit="USD"),
    }
    notes = ["A reply that several runs were filled with was paid once, and counts for each of them."]
    return safe_table(frame, caption="Calls of models", looks=looks, notes=notes)


def costs(slots: pd.DataFrame, cases: pd.DataFrame, *, prices: Costs) -> Shown:
    """Return by bucket what the cases that came have cost, and what their review will cost.

    Args:
        slots: The slots.
        cases: The table `cases`.
        prices: `[costs]` of workbench.toml, dollars per candidate reviewed.
    """
    if slots.empty:
        return sentence(NO_RUN)
    made = cases[cases["case_id"].isin(slots["case_id"].dropna())]
    rows = []
    for bucket, part in once(slots).groupby("bucket", sort=False):
        mine = made[made["bucket"] == bucket]
        rows.append(
            {
                "bucket": bucket,
                "asked": int(part["count"].sum()),
                "came": len(mine),
                "spent": dollars(mine["cost_usd"].sum()),
                "unknown": int(mine["cost_usd"].isna().sum()),
                "review": dollars(len(mine) * per_review(str(bucket), prices)),
            }
        )
    looks = {
        "bucket": Look("bucket", "word"),
        "asked": Look("asked or tried", "count"),
        "came": Look("came", "count"),
        "spent": Look("spent on them", "interval", unit="USD"),
        "unknown": Look("cost not known", "count", unit="cases"),
        "review": Look("review of what came", "interval", unit="USD"),
    }
    notes = [
        "Stored replies and operators cost nothing here. What came to nothing was paid too: see the calls."
    ]
    return safe_table(pd.DataFrame(rows), caption="What came, and its review", looks=looks, notes=notes)
