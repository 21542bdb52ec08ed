"""How likely the candidate is worse, group by group: a reading beside the verdict that decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.stats.chances import chances
from workbench.swap.part import Part

if TYPE_CHECKING:
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped
    from workbench.swap.comparison import Comparison

FIELDS = ("p_worse", "p_worse_than_margin", "p_better")

ASSUMES = (
    "Before the outcomes nothing was known: the prior is worth two cases and leans neither way. "
    "Cases that share roots, and trials that were averaged, count as the effective cases of the group's interval."
)


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return for each group the chances (0-1) that the candidate is worse, worse by the margin, and better."""
    del tx
    margin_pp = swapped.evidence.margin_pp
    groups: dict[str, dict[str, Any]] = {}
    why: dict[str, str] = {}
    for name, group in swapped.evidence.groups.items():
        groups[name] = _chances(group, margin_pp)
        if groups[name]["p_worse"] is None:
            reason = group.why.get("effective_n", "the group has no effective number of cases")
            why |= {f"groups.{name}.{field}": reason for field in (*FIELDS, "effective_n")}
    return Part({"margin_pp": margin_pp, "assumes": ASSUMES, "groups": groups}, why)


def _chances(group: Comparison, margin_pp: float) -> dict[str, Any]:
    if not group.effective_n:
        return {"effective_n": None, **dict.fromkeys(FIELDS)}
    worth = group.effective_n / group.paired
    found = chances(worth * group.lost, worth * group.gained, group.effective_n, margin=margin_pp / 100)
    return {"effective_n": group.effective_n, **dict(zip(FIELDS, found, strict=True))}
