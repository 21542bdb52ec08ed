"""The declared composition of a set by bucket: what is found of it, and which one is meant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.errors import UsageError, shown
from workbench.evalset.sizes import undropped
from workbench.mixes import mixes
from workbench.provenance import GROUP_OF_BUCKET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.mixes import Mix
    from workbench.settings import Settings

MOST_REDTEAM = 0.25
"""The largest share of the red team in a mix. Source: the larger of the two texts' own; by the long text, section
1, the red team never dominates, because real traffic is mostly not adversarial. It has a gate of its own and no
weight in the mixed estimate, so a larger share would cost reviews and decide nothing."""


def composed(buckets: Sequence[str], parts: Mix | None) -> dict[str, dict[str, float | int | None]]:
    """Compare the buckets of a set with a mix.

    Args:
        buckets: The bucket of each case.
        parts: The mix: for each part (a tuple of buckets) its target share. None for as found.

    Returns:
        For each part: `target` (share 0-1, None as found), `found` (cases), `share` (0-1) and
        `short`: how many cases the part lacks until the mix holds with no case dropped.

    Example:
        >>> from workbench.mixes import PRESETS
        >>> composed(["seed"] * 30 + ["prompted"] * 35, PRESETS["70/30"])["prompted+persona+mutation"]
        {'target': 0.7, 'found': 35, 'share': 0.5384615384615384, 'short': 35}
    """
    asked = parts or {(bucket,): math.nan for bucket in GROUP_OF_BUCKET if bucket in set(buckets)}
    found = {part: sum(bucket in part for bucket in buckets) for part in asked}
    wanted = undropped(found, parts) if parts else found
    rows: dict[str, dict[str, float | int | None]] = {}
    for part, target in asked.items():
        declared = not math.isnan(target)
        rows["+".join(part)] = {
            "target": target if declared else None,
            "found": found[part],
            "share": found[part] / len(buckets) if buckets else None,
            "short": max(0, wanted[part] - found[part]),
        }
    outside = sum(not any(bucket in part for part in asked) for bucket in buckets)
    if outside:
        rows["outside the mix"] = {
            "target": 0.0,
            "found": outside,
            "share": outside / len(buckets),
            "short": 0,
        }
    return rows


def mix_named(settings: Settings, name: str) -> Mix:
    """Return a mix by its name.

    Raises:
        UsageError: It is neither a preset nor declared under `[mix]` of workbench.toml, or the red team has more
            than `MOST_REDTEAM` of it.
    """
    known = mixes(settings)
    if name not in known:
        raise UsageError(
            f"no mix {shown(name)}; there are {', '.join(known)}; declare your own under [mix] in workbench.toml"
        )
    redteam = math.fsum(share for part, share in known[name].items() if "redteam" in part)
    if redteam > MOST_REDTEAM:
        raise UsageError(
            f"the red team is {redteam:.0%} of the mix {shown(name)}, and {MOST_REDTEAM:.0%} is the most: it has a gate of "
            "its own, and real traffic is mostly not adversarial; lower redteam under [mix] in workbench.toml"
        )
    return known[name]


def declared_weights(settings: Settings) -> Mix | None:
    """Return `[weights]` of workbench.toml as a mix by bucket, or None for as found."""
    bucket_of = {"real": "seed", "synthetic": "prompted", "golden": "golden"}
    return {(bucket_of[group],): share for group, share in settings.weights.items()} or None
