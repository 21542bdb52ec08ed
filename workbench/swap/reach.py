"""What the numbers on power assume, and what each further look at the pair costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import counted
from workbench.stats.planning import look_alpha, smallest_n_to_ship
from workbench.swap.evidence import needed_cases, too_few, worth
from workbench.swap.part import Part

if TYPE_CHECKING:
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped

LOOKS_AHEAD = 2
"""Looks after this one that are priced."""


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return under `assumes` what the operating characteristics rest on, and under `looks` what looks cost.

    A row of looks has its `look`, its `alpha`, the `smallest_n_to_ship` at it, and the `needed_real_cases` at
    the share of changed cases of this swap; the first row is this look.
    """
    del tx
    real, margin = swapped.evidence.groups["real"], swapped.evidence.margin_pp / 100
    unknown = too_few(real) if real.paired else "no real case has a pair"
    why = {"assumes": unknown} if unknown else {}
    looks = []
    for look in range(swapped.look, swapped.look + LOOKS_AHEAD + 1):
        alpha = look_alpha(look, swapped.workspace.settings.gate.alpha)
        needed = needed_cases(real, margin=margin, alpha=alpha)
        row = {"look": look, "alpha": alpha, "smallest_n_to_ship": smallest_n_to_ship(margin, alpha)}
        told = {"why": needed.why} if needed.why else {}
        looks.append(row | {"needed_real_cases": needed.value} | told)
    return Part({"assumes": None if unknown else _assumes(swapped), "looks": looks}, why)


def _assumes(swapped: Swapped) -> dict[str, Any]:
    real, margin_pp = swapped.evidence.groups["real"], swapped.evidence.margin_pp
    cases, discordance = worth(real)
    rows = swapped.frame[(swapped.frame["group"] == "real") & swapped.frame["d"].notna()]
    trials = int(rows[["baseline_trials", "candidate_trials"]].to_numpy().max())
    return {
        "real_cases": cases,
        "roots": real.roots,
        "trials": trials,
        "discordance": discordance,
        "alpha": swapped.alpha,
        "margin_pp": margin_pp,
        "texts": [
            f"{counted(cases, 'independent real case')}, which {counted(real.paired, 'pair')} of {counted(real.roots, 'root')} are worth",
            f"{counted(trials, 'trial')} of a case and model at most; trials are averaged and are no cases",
            f"the models differ on {discordance:.1%} of the cases, as they did here; a larger true difference raises it",
            f"alpha {swapped.alpha:.3g}, that of this look, and a margin of {margin_pp:g} points",
            "the rule of the real cases alone: whatever else stands in the way of SHIP takes its share of it",
            "exact sums over every table of lost and gained cases, without simulation",
        ],
    }
