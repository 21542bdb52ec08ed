"""Mixes by bucket, those of the texts and the owner's own, and the weights that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.provenance import GROUP_OF_BUCKET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.settings import Settings

Mix = Mapping[tuple[str, ...], float]
"""The share (0-1) of each part of a set; a part pools the buckets it names."""

SYNTHETIC = ("prompted", "persona", "mutation")

WEIGHED = ("real", "synthetic", "golden")
"""The groups of a mixed estimate."""

PRESETS: Mapping[str, Mix] = {
    "70/30": {SYNTHETIC: 0.70, ("seed",): 0.30},
    "mature": {
        ("seed",): 0.30,
        ("mutation",): 0.35,
        ("persona", "prompted"): 0.20,
        ("redteam",): 0.10,
        ("golden",): 0.05,
    },
    "50/25/25": {("seed",): 0.50, SYNTHETIC: 0.25, ("redteam",): 0.25},
}
"""Source: 70/30 is the launch mix of the long text (its sections 3 and 12), `mature` the mix of its
section 1; 50/25/25 is the short text's: half sampled from production, a quarter synthetic, a
quarter adversarial cases written by the team.
"""


def group_weights(groups: Sequence[str], parts: Mix | None) -> dict[str, float]:
    """Return the weight of each group in the mixed estimate.

    The mix is summed by group, the red team is dropped, and the rest is renormalised over the
    groups present. As found, a group weighs what its cases are.

    Args:
        groups: The group of each case.
        parts: The mix by buckets, or None for as found.

    Returns:
        `{group: weight}` summing to 1, or empty when nothing but red team is there.

    Example:
        >>> {g: round(w, 3) for g, w in group_weights(["real", "synthetic", "golden"], PRESETS["mature"]).items()}
        {'real': 0.333, 'synthetic': 0.611, 'golden': 0.056}
    """
    present = [group for group in WEIGHED if group in set(groups)]
    if parts is None:
        raw = {group: float(sum(g == group for g in groups)) for group in present}
    else:
        raw = dict.fromkeys(present, 0.0)
        for part, share in parts.items():
            group = GROUP_OF_BUCKET[part[0]]
            if group in raw:
                raw[group] += share
    total = sum(raw.values())
    return {group: weight / total for group, weight in raw.items()} if total else {}


def absent(groups: Sequence[str], parts: Mix) -> list[str]:
    """Return the groups that a mix weighs and of which no case is there; the red team weighs nothing.

    Args:
        groups: The group of each case.
        parts: The mix by buckets.

    Example:
        >>> absent(["real"], PRESETS["mature"])
        ['synthetic', 'golden']
    """
    named = {GROUP_OF_BUCKET[part[0]] for part, share in parts.items() if share}
    return [group for group in WEIGHED if group in named - set(groups)]


def mixes(settings: Settings) -> dict[str, Mix]:
    """Return every mix by its name, the presets first; an owner's never takes a preset's place."""
    own: dict[str, Mix] = {
        name: {(bucket,): share for bucket, share in declared.items()}
        for name, declared in settings.mix.items()
    }
    return {**PRESETS, **own, **PRESETS}
