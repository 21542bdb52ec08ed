"""What would be frozen now, what a mix takes from there, and what the set can decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.evalset.members import members, unlabelled
from workbench.evalset.mixes import composed, mix_named
from workbench.evalset.needs import needs, progress
from workbench.evalset.sizes import LAUNCH_CASES, carries
from workbench.mixes import group_weights, mixes
from workbench.stats.planning import operating_characteristics

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.settings import Gate
    from workbench.workspace import Workspace

DISCORDANCES = (0.10, 0.15)
"""Shares of pairs on which two models differ that a set is planned for before its first swap.
Source: those that the rule of the verdict was simulated with."""

TRUE_DIFFERENCES = (0.0, -0.05, -0.12)
"""True differences that a set should tell: no change, a loss, and a disaster."""


@dataclass(frozen=True)
class Plan:
    """What would be frozen now, and what a mix takes from there.

    Attributes:
        mix: The mix's name.
        total: The size that is planned for, cases.
        members: What freezing takes; see `workbench.evalset.members`.
        parts: For each part of the mix `part`, `target`, `found`, `share` and `short` until the mix
            holds with no case dropped; see `composed`.
        weights: The weight of each group in the mixed estimate, as freezing with this mix has it.
        carried: See `carries`.
        needs: See `needs`.
        decides: See `decides`.
        unlabelled: See `workbench.evalset.unlabelled`.
        gate: `[gate]` of workbench.toml.
    """

    mix: str
    total: int
    members: pd.DataFrame
    parts: pd.DataFrame
    weights: Mapping[str, float]
    carried: pd.DataFrame
    needs: pd.DataFrame
    decides: pd.DataFrame
    unlabelled: pd.DataFrame
    gate: Gate


def plan(workspace: Workspace, mix: str = "mature", *, total: int = 0) -> Plan:
    """Plan a set from what the workspace has; nothing is frozen, and no case is dropped.

    Args:
        workspace: The workspace.
        mix: A preset, or a mix named in `[mix]` of workbench.toml.
        total: The size that is wanted, cases; 0 for as far as the seed carries the mix, or
            `LAUNCH_CASES` where the mix holds no seed.

    Raises:
        UsageError: The mix is not known, or the total is negative.
    """
    import pandas as pd

    if total < 0:
        raise UsageError(f"a set of {total:,} cases cannot be planned; give 0 or more")
    settings = workspace.settings
    parts = mix_named(settings, mix)
    cases, reviews = workspace.cases, workspace.reviews
    found = members(cases, reviews)
    carried = carries(found, mixes(settings))
    reach: Any = carried.set_index("mix")["carried"][mix]
    size = total or (LAUNCH_CASES if pd.isna(reach) else int(reach))
    buckets = found["bucket"].tolist()
    rows = [{"part": part, **row} for part, row in composed(buckets, parts).items()]
    done = progress(cases, reviews)
    return Plan(
        mix=mix,
        total=size,
        members=found,
        parts=pd.DataFrame(rows, columns=["part", "target", "found", "share", "short"]),
        weights=group_weights(found["group"].tolist(), parts),
        carried=carried,
        needs=needs(found, parts, total=size, done=done, costs=settings.costs),
        decides=decides(found.loc[found["group"] == "real", "root_id"].nunique(), settings.gate),
        unlabelled=unlabelled(found, cases, workspace.labels),
        gate=settings.gate,
    )


def decides(roots: int, gate: Gate) -> pd.DataFrame:
    """Return how often a set with so many real roots comes to each verdict, at the first look.

    The rule of the real group alone: whatever else stands in the way of a SHIP takes its share of
    it. One row per share of changed pairs and true difference: `discordance` (0-1, as it was asked),
    `true_delta_pp`, and the chances `ship`, `block`, `no_verdict` (0-1); no row without a root.
    """
    import pandas as pd

    rows = [
        {
            "discordance": discordance,
            "true_delta_pp": 100 * row.true_difference,
            "ship": row.ship,
            "block": row.block,
            "no_verdict": row.no_verdict,
        }
        for discordance in (DISCORDANCES if roots else ())
        for row in operating_characteristics(
            roots,
            discordance,
            margin=gate.margin_pp / 100,
            alpha=gate.alpha,
            differences=TRUE_DIFFERENCES,
        )
    ]
    return pd.DataFrame(rows, columns=["discordance", "true_delta_pp", "ship", "block", "no_verdict"])
