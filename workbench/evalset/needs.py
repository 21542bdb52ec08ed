"""What a set of a mix lacks, how many candidates that takes, and what they cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.costs import GENERATION_USD, per_review
from workbench.evalset.sizes import whole_numbers
from workbench.stats.bands import HEALTHY_SURVIVAL
from workbench.stats.paired import wilson
from workbench.survival import fates, supply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.mixes import Mix
    from workbench.settings import Costs


COLUMNS = [
    "part", "target", "wanted", "have", "short", "over", "survival", "kept", "reviewed", "measured_on",
    "to_review", "waiting", "to_generate", "low_usd", "high_usd",
]  # fmt: skip


class Progress(NamedTuple):
    """How far the review of one bucket is.

    Attributes:
        kept: Candidates that were kept.
        reviewed: Candidates that were kept, rejected or revised.
        waiting: Candidates of eval that nobody has decided on, corrected texts among them.
    """

    kept: int = 0
    reviewed: int = 0
    waiting: int = 0


def progress(cases: pd.DataFrame, reviews: pd.DataFrame) -> dict[str, Progress]:
    """Return how far the review of each bucket is, as `workbench.survival` counts it."""
    waiting = supply(cases, reviews)["waiting"]
    told = fates(cases, reviews)[["kept", "reviewed"]].reindex(waiting.index, fill_value=False)
    sums = told.assign(waiting=waiting).groupby(cases["bucket"]).sum()
    return {str(bucket): Progress(*(int(number) for number in row)) for bucket, row in sums.iterrows()}


def needs(
    found: pd.DataFrame,
    parts: Mix,
    *,
    total: int,
    done: Mapping[str, Progress],
    costs: Costs,
) -> pd.DataFrame:
    """Return what each part of a mix lacks at a size, how many candidates that takes, and their cost.

    Candidates are reckoned at the lower 95 % limit (Wilson) of the survival of the part's own
    techniques; where none of them was reviewed at that of all techniques; and where nothing was
    reviewed at the lower edge of the healthy band. What waits for review is not generated again.

    Args:
        found: What freezing takes; see `workbench.evalset.members`.
        parts: The mix.
        total: The size that is wanted, cases.
        done: How far the review of each bucket is; see `progress`.
        costs: `[costs]` of workbench.toml, dollars per candidate reviewed.

    Returns:
        One row per part: `part`, `target` (0-1), `wanted`, `have`, `short`, `over`; `survival`
        (0-1), the `kept` of `reviewed` it rests on, and `measured_on` (`its own`, `all` or
        `nothing`); `to_review`, `waiting`, `to_generate`; `low_usd` and `high_usd`, of the
        cheapest and the dearest technique of the part. Seed and golden cases are mined and written
        by hand: the columns from `survival` on are missing. So are the last ones of a part of
        which no reviewed candidate was ever kept.
    """
    import pandas as pd

    rows = []
    for part, wanted in whole_numbers(total, parts).items():
        have = int(found["bucket"].isin(part).sum())
        short, over = max(0, wanted - have), max(0, have - wanted)
        row = {"part": "+".join(part), "target": parts[part], "wanted": wanted, "have": have}
        row |= {"short": short, "over": over, **_making(part, short, done=done, costs=costs)}
        rows.append(row)
    counts = ["kept", "reviewed", "to_review", "waiting", "to_generate"]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(counts, "Int64") | dict.fromkeys(["survival", "low_usd", "high_usd"], "float64")
    )


def _making(
    part: tuple[str, ...], short: int, *, done: Mapping[str, Progress], costs: Costs
) -> dict[str, Any]:
    """Return what it takes to fill a part that is short, as far as that can be said."""
    techniques = [bucket for bucket in part if bucket in GENERATION_USD]
    if not techniques:
        return {}
    own = _summed(done, techniques)
    basis, measured_on = (own, "its own") if own.reviewed else (_summed(done, list(done)), "all")
    row: dict[str, Any] = {"kept": basis.kept, "reviewed": basis.reviewed, "waiting": own.waiting}
    row |= {"survival": HEALTHY_SURVIVAL[0], "measured_on": "nothing"}
    if basis.reviewed:
        survival = wilson(basis.kept, basis.reviewed).low if basis.kept else 0.0
        row |= {"survival": survival, "measured_on": measured_on}
    if short and not row["survival"]:
        return row
    # 7 / 0.7 is a little above 10 in floating point, and must not become 11.
    to_review = math.ceil(round(short / row["survival"], 9)) if short else 0
    to_generate = max(0, to_review - own.waiting)
    review = {technique: to_review * per_review(technique, costs) for technique in techniques}
    low, high = ({t: to_generate * GENERATION_USD[t][end] + review[t] for t in techniques} for end in (0, 1))
    return row | {
        "to_review": to_review,
        "to_generate": to_generate,
        "low_usd": min(low.values()),
        "high_usd": max(high.values()),
    }


def _summed(done: Mapping[str, Progress], buckets: Sequence[str]) -> Progress:
    found = [done.get(bucket, Progress()) for bucket in buckets]
    return Progress(*(sum(column) for column in zip(*found, strict=True))) if found else Progress()
