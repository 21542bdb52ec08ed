"""From outcomes to the evidence that the rule looks at, and the numbers that stand beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.provenance import GROUP_OF_BUCKET, GROUPS
from workbench.stats.clusters import MIN_ROOTS, jackknife
from workbench.stats.planning import needed_roots, operating_characteristics, smallest_n_to_ship
from workbench.swap.comparison import Comparison, Interval, Number, comparison, difference
from workbench.swap.must_hold import CONFIRMED_TRIALS, MustHold
from workbench.swap.verdict import Evidence, Families

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.stats.clusters import Estimate

FEW_DISCORDANT = 10
"""Discordant pairs under which their share is too uncertain to plan with."""

TRUE_DIFFERENCES = (-0.12, -0.05, 0.0, 0.05)
"""True differences for which a report says how often each verdict comes out: a disaster, a loss, no
change, and a gain."""

SHOWN_CELLS = 5
"""How many cells a coverage regression names."""


@dataclass(frozen=True)
class Gate:
    """What is asked of a candidate.

    Attributes:
        margin_pp: The largest harm on the real cases that still ships, percentage points.
        alpha: One minus the confidence level of the first look.
        floor_roots: Real roots below which nothing is decided.
    """

    margin_pp: float = 3.0
    alpha: float = 0.05
    floor_roots: int = 50


@dataclass(frozen=True)
class Numbers:
    """What the report shows beside the verdict; see the fields of verdict.json."""

    weights: Mapping[str, float]
    buckets: Mapping[str, Comparison]
    mixed: Interval
    contradiction: Interval
    tipping_weight: Number
    excluded_harm_pp: Number
    needed_real_cases: Number
    characteristics: tuple[Mapping[str, Any], ...] = ()
    characteristics_why: str = ""


def evidence_of(
    frame: pd.DataFrame,
    *,
    alpha: float,
    gate: Gate,
    families: Families,
    gate_changed: bool = False,
    overdue: Mapping[str, int] | None = None,
) -> Evidence:
    """Collect what the rule looks at.

    Args:
        frame: Rows of `paired_cases` with the flags `must_hold`, `origin_missing`, `content_changed`
            and the texts `text`, `cell` and `slice` (the last two may be missing).
        alpha: This look's alpha.
        gate: The gate in force.
        families: The lineages.
        gate_changed: Whether the gate differs from the one sealed when the results came.
        overdue: For each owner the cases that left the gate with an overdue provisional label.
    """
    margin = gate.margin_pp / 100
    by_group = {name: frame[frame["group"] == name] for name in GROUPS}
    present = {name: rows for name, rows in by_group.items() if len(rows) or name == "real"}
    groups = {
        name: comparison(rows, alpha=alpha, margin=margin, whole_roots=name == "real")
        for name, rows in present.items()
    }
    real = by_group["real"]
    against = real["worst_d"].to_numpy(float), real["root_id"].to_numpy()
    worst = difference(*against, alpha=alpha, margin=margin, whole_roots=True)
    red = by_group["redteam"]
    held = frame[frame["must_hold"].astype(bool)]
    regressed, eligible = _must_hold(held)
    some = (frame["baseline_trials"] > 0) & (frame["candidate_trials"] > 0)
    return Evidence(
        groups=groups,
        redteam_half=comparison(red, alpha=alpha / 2, margin=margin) if len(red) else None,
        real_worst_low_pp=worst.low_pp,
        margin_pp=gate.margin_pp,
        floor_roots=gate.floor_roots,
        families=families,
        unreviewed=int((~frame["reviewed"].astype(bool)).sum()),
        origin_missing=tuple(frame.loc[frame["origin_missing"], "case_id"]),
        changed_content=tuple(frame.loc[frame["content_changed"], "case_id"]),
        must_hold=regressed,
        must_hold_cases=eligible,
        must_hold_lost=tuple(held.loc[_is_lost(held), "case_id"]),
        absent_trials={
            side: int(frame.loc[some, f"{side}_absent"].sum()) for side in ("baseline", "candidate")
        },
        stubs=int((frame["text"] == "").sum()),
        overdue=overdue or {},
        needed=needed_cases(groups["real"], margin=margin, alpha=alpha),
        contradiction=contradiction_of(frame, alpha=alpha),
        worse_cells={name: _worst_cells(rows) for name, rows in present.items()},
        smallest_n=smallest_n_to_ship(margin, alpha),
        gate_changed=gate_changed,
    )


def numbers_of(
    frame: pd.DataFrame, evidence: Evidence, *, alpha: float, weights: Mapping[str, float]
) -> Numbers:
    """Compute what stands beside the verdict.

    Args:
        frame: Rows of `paired_cases`.
        evidence: The evidence of the same rows.
        alpha: This look's alpha.
        weights: The declared weight of each group in the mixed estimate.
    """
    margin = evidence.margin_pp / 100
    buckets = {
        str(name): comparison(
            rows, alpha=alpha, margin=margin, whole_roots=GROUP_OF_BUCKET[str(name)] == "real"
        )
        for name, rows in frame.groupby("bucket", sort=True)
    }
    real = evidence.groups["real"]
    rows, rows_why = _characteristics(real, margin=margin, alpha=alpha)
    return Numbers(
        weights=weights,
        buckets=buckets,
        mixed=_mixed(frame, evidence, weights, alpha=alpha),
        contradiction=evidence.contradiction,
        tipping_weight=tipping_weight(evidence.groups),
        excluded_harm_pp=_excluded_harm(real),
        needed_real_cases=evidence.needed,
        characteristics=rows,
        characteristics_why=rows_why,
    )


def contradiction_of(frame: pd.DataFrame, *, alpha: float) -> Interval:
    """Return real minus synthetic difference; without an interval when a group has too few roots."""
    found = Interval.of(_across(frame, {"real": 1.0, "synthetic": -1.0}, alpha=alpha))
    complete = frame[frame["d"].notna()]
    few = [
        name
        for name in ("real", "synthetic")
        if complete.loc[complete["group"] == name, "root_id"].nunique() < MIN_ROOTS
    ]
    if found.low_pp is None or not few:
        return found
    return Interval(found.delta_pp, None, None, f"fewer than {MIN_ROOTS} roots in {' and '.join(few)}")


def tipping_weight(groups: Mapping[str, Comparison]) -> Number:
    """Return the seed's weight at which the mix of real and synthetic changes its sign.

    It is synthetic / (synthetic - real) for the two differences; the sign of a mixed number is a
    choice of weight whenever this lies strictly inside 0..1.

    Example:
        With 5 gained of 153 synthetic and 8 lost of 65 real cases it is 0.21: a mix of 30 % seed
        blocks and one of 20 % ships, on the same outcomes.
    """
    real, synthetic = groups.get("real"), groups.get("synthetic")
    if real is None or synthetic is None or real.delta_pp is None or synthetic.delta_pp is None:
        return Number(None, "it takes real and synthetic pairs")
    gap = synthetic.delta_pp - real.delta_pp
    if gap == 0:
        return Number(None, "real and synthetic differ by the same amount, so no weight changes the sign")
    weight = synthetic.delta_pp / gap
    if weight in (0, 1):
        return Number(None, "one of the two does not change, so no weight changes the sign")
    if not 0 < weight < 1:
        return Number(None, "real and synthetic point the same way, so no weight changes the sign")
    return Number(weight)


def _mixed(
    frame: pd.DataFrame, evidence: Evidence, weights: Mapping[str, float], *, alpha: float
) -> Interval:
    used = [name for name, weight in weights.items() if weight]
    if not used:
        return Interval(None, None, None, "no group carries weight")
    if len(used) > 1:
        return Interval.of(_across(frame, weights, alpha=alpha))
    # Within a group its own interval stands.
    alone = evidence.groups[used[0]]
    why = alone.why.get("delta_pp", alone.why.get("low_pp", ""))
    return Interval(alone.delta_pp, alone.low_pp, alone.high_pp, why)


def _across(frame: pd.DataFrame, weights: Mapping[str, float], *, alpha: float) -> Estimate:
    complete = frame[frame["d"].notna()]
    groups = {
        name: (rows["d"].to_numpy(float), rows["root_id"].to_numpy())
        for name in weights
        for rows in [complete[complete["group"] == name]]
    }
    return jackknife(groups, weights, alpha=alpha)


def _must_hold(rows: pd.DataFrame) -> tuple[tuple[MustHold, ...], int]:
    enough = rows[
        (rows["baseline_trials"] >= CONFIRMED_TRIALS) & (rows["candidate_trials"] >= CONFIRMED_TRIALS)
    ]
    lost = enough[_is_lost(enough)]
    columns = (lost[name] for name in ("case_id", "baseline_trials", "candidate_trials"))
    found = tuple(MustHold(str(case), int(b), int(c)) for case, b, c in zip(*columns, strict=True))
    return found, len(enough)


def _is_lost(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say of each case whether the baseline passed it in all its trials and the candidate in none."""
    return (rows["baseline_score"] == 1) & (rows["candidate_score"] == 0)


def _worst_cells(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name the cells, or else the slices, with the largest net loss in cases."""
    cell = rows["cell"].fillna(rows["slice"])
    net = rows["d"][rows["d"].notna() & cell.notna()].groupby(cell).sum().sort_values()
    return tuple(f"{cell} ({loss:+.4g})" for cell, loss in net[net < 0].head(SHOWN_CELLS).items())


def _excluded_harm(real: Comparison) -> Number:
    if real.low_pp is None:
        return Number(None, real.why.get("low_pp", "the real cases have no interval"))
    if real.low_pp >= 0:
        return Number(0.0, "the whole interval of the real cases lies at or above 0: any harm is excluded")
    return Number(-real.low_pp)


def too_few(real: Comparison) -> str:
    """Return why the share of real pairs that differ is too uncertain to plan with; empty where it is not."""
    discordant = real.lost + real.gained
    if discordant >= FEW_DISCORDANT:
        return ""
    return f"{discordant:.4g} discordant real pairs are too few to plan with ({FEW_DISCORDANT} are needed)"


def needed_cases(real: Comparison, *, margin: float, alpha: float) -> Number:
    """Return the real roots that would decide at the observed discordance and this alpha, or why nobody can say."""
    if few := too_few(real):
        return Number(None, few)
    # Trials and shared roots change what a discordant case is worth.
    worth = real.paired / (real.effective_n or real.paired)
    needed = needed_roots(min(1.0, worth * (real.lost + real.gained) / real.paired), margin, alpha)
    return Number(needed)


def worth(real: Comparison) -> tuple[int, float]:
    """Return the independent cases that the pairs are worth, and the share (0-1) on which the models differ."""
    cases = max(1, round(real.effective_n or real.paired))
    return cases, min(1.0, (real.lost + real.gained) / real.paired)


def _characteristics(
    real: Comparison, *, margin: float, alpha: float
) -> tuple[tuple[Mapping[str, Any], ...], str]:
    if not real.paired or too_few(real):
        return (), too_few(real) if real.paired else "no real case has a pair"
    cases, discordance = worth(real)
    rows = operating_characteristics(
        cases, discordance, margin=margin, alpha=alpha, differences=TRUE_DIFFERENCES
    )
    return tuple(
        {
            "true_delta_pp": 100 * row.true_difference,
            "real_cases": cases,
            "discordance": row.discordance,
            "ship": row.ship,
            "block": row.block,
            "no_verdict": row.no_verdict,
        }
        for row in rows
    ), ""
