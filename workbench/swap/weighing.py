"""What a mix of the groups says, and how much of it is the choice of weights. It decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.mixes import absent, group_weights, mixes
from workbench.stats.clusters import jackknife
from workbench.stats.strata import OUTSIDE, Strata, poststratified
from workbench.stats.weighing import effective_cases, mix_line
from workbench.swap.comparison import points, reading
from workbench.swap.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.stats.clusters import Estimate
    from workbench.stats.weighing import Line
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped
    from workbench.swap.comparison import Comparison

STEPS = 20
"""Steps of 5 points in which the line is told."""

NO_SHARES = "workbench.toml declares no [shares] of production"
ALONE = "real and synthetic cases carry no weight together"


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return the line of the mix against the seed's weight, what the named mixes say, and the cells' shares.

    The interval is the root jackknife's, as for every number across groups; where one group has all the
    weight, the group's own.
    """
    del tx
    complete = swapped.frame[swapped.frame["d"].notna()]
    parts = {str(name): rows for name, rows in complete.groupby("group", sort=False)}
    weights, why = swapped.frozen.weights, dict[str, str]()
    both = weights.get("real", 0.0) + weights.get("synthetic", 0.0)
    groups = swapped.frame["group"].tolist()
    line = mix_line(_arrays(parts, "real"), _arrays(parts, "synthetic"), alpha=swapped.alpha)
    tipping = line.tipping_set()
    fields: dict[str, Any] = {
        "declared": _mix("declared", weights, parts, swapped, why),
        "seed_weight": weights.get("real", 0.0) / both if both else None,
        "effective_cases": _effective_cases(parts, weights, why),
        "line": _rows(line, swapped),
        "tipping": None
        if tipping is None
        else {"kind": tipping.kind, "pieces": [list(p) for p in tipping.pieces]},
        "mixes": {
            name: _mix(f"mixes.{name}", group_weights(groups, mix), parts, swapped, why)
            | {"absent": absent(groups, mix)}
            for name, mix in mixes(swapped.workspace.settings).items()
        },
        "post_stratified": _post_stratified(parts, swapped, why),
    }
    if not both:
        why["seed_weight"] = ALONE
    if tipping is None:
        why["tipping"] = line.reason or ALONE
    return Part(fields, why)


def _arrays(parts: Mapping[str, pd.DataFrame], name: str) -> tuple[Any, Any]:
    rows = parts.get(name)
    return ([], []) if rows is None else (rows["d"].to_numpy(float), rows["root_id"].to_numpy())


def _effective_cases(
    parts: Mapping[str, pd.DataFrame], weights: Mapping[str, float], why: dict[str, str]
) -> float | None:
    used = {name: weight for name, weight in weights.items() if weight}
    empty = [name for name in used if name not in parts]
    if empty or not used:
        why["effective_cases"] = f"no pair in {', '.join(empty)}" if empty else "no group carries weight"
        return None
    return effective_cases(used, {name: len(parts[name]) for name in used})


def _rows(line: Line, swapped: Swapped) -> list[dict[str, Any]]:
    rows = []
    for step in range(STEPS + 1):
        found = line.at(step / STEPS)
        row = {"seed_weight": step / STEPS, **_told(found, swapped)}
        rows.append(row | {"why": found.reason} if found.reason else row)
    if line.variance is not None:
        rows[0] |= _alone(swapped.evidence.groups["synthetic"])
        rows[-1] |= _alone(swapped.evidence.groups["real"])
    return rows


def _alone(group: Comparison) -> dict[str, Any]:
    """Return what the interval within a group says."""
    return {name: getattr(group, name) for name in ("delta_pp", "low_pp", "high_pp", "reading")}


def _mix(
    path: str,
    weights: Mapping[str, float],
    parts: Mapping[str, pd.DataFrame],
    swapped: Swapped,
    why: dict[str, str],
) -> dict[str, Any]:
    """Return what a mix says of these outcomes; with all weight on one group, what that group says."""
    used = [name for name, weight in weights.items() if weight]
    if len(used) == 1:
        group = swapped.evidence.groups[used[0]]
        told = _alone(group)
        why |= {f"{path}.{name}": group.why.get(name, "") for name, value in told.items() if value is None}
        return {"weights": dict(weights), **told}
    groups = {group: _arrays(parts, group) for group in weights}
    found = jackknife(groups, weights, alpha=swapped.alpha) if used else None
    return {"weights": dict(weights)} | _interval(path, found, swapped, why)


def _post_stratified(
    parts: Mapping[str, pd.DataFrame], swapped: Swapped, why: dict[str, str]
) -> dict[str, Any] | None:
    """Return the declared mix with each group's cases weighed to the declared shares of production."""
    shares = swapped.workspace.settings.shares
    weights = {name: weight for name, weight in swapped.frozen.weights.items() if weight}
    if not shares or not weights:
        why["post_stratified"] = "no group carries weight" if shares else NO_SHARES
        return None
    strata = {name: _strata(parts.get(name), list(shares)) for name in weights}
    found = poststratified(strata, weights, shares.values(), alpha=swapped.alpha)
    told = {name: np.asarray(group.stratum) for name, group in strata.items()}
    return {
        "shares": dict(shares),
        **_interval("post_stratified", found, swapped, why),
        "as_found": [name for name, at in told.items() if (at == OUTSIDE).all()],
        "left_out": {
            name: [cell for i, cell in enumerate(shares) if i not in at]
            for name, at in told.items()
            if not (at == OUTSIDE).all()
        },
        "outside": {name: int((at == OUTSIDE).sum()) for name, at in told.items()},
    }


def _strata(rows: pd.DataFrame | None, names: list[str]) -> Strata:
    """Place each case in the share of its slice, or else of its cell."""
    if rows is None:
        return Strata([], [], [])
    named = rows["slice"].where(rows["slice"].isin(names), rows["cell"])
    stratum = named.map({name: i for i, name in enumerate(names)}).fillna(OUTSIDE)
    return Strata(rows["d"].to_numpy(float), rows["root_id"].tolist(), stratum.to_numpy(int))


def _interval(path: str, found: Estimate | None, swapped: Swapped, why: dict[str, str]) -> dict[str, Any]:
    if found is None:
        told: dict[str, Any] = {**dict.fromkeys(("delta_pp", "low_pp", "high_pp")), "reading": "unresolved"}
    else:
        told = _told(found, swapped)
    reason = "no group of this set has a share of it" if found is None else found.reason or ""
    why |= {f"{path}.{name}": reason for name, value in told.items() if value is None}
    return told


def _told(found: Estimate, swapped: Swapped) -> dict[str, Any]:
    return {
        "delta_pp": points(found.value),
        "low_pp": points(found.low),
        "high_pp": points(found.high),
        "reading": reading(found.low, found.high, margin=swapped.evidence.margin_pp / 100),
    }
