"""How far the seed carries a mix, what the rest takes, and what the set can decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import counted, listed
from workbench.report.cells import Look, safe_table
from workbench.report.evalset.composition import named, real_roots
from workbench.report.figures import counts_chart
from workbench.report.grid.gaps import dollars
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, is_missing, points, rate
from workbench.stats.bands import HEALTHY_SURVIVAL
from workbench.stats.planning import smallest_n_to_ship

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart
    from workbench.report.evalset.composition import Plan


def carried_chart(plan: Plan) -> Chart | Shown:
    """Return how large a set of each mix can be with this seed, as bars."""
    rows = plan.carried[plan.carried["carried"].fillna(0) > 0]
    if rows.empty:
        return sentence("The seed has no case of eval, so it carries no mix.")
    bars = pd.concat(
        [
            rows.assign(part="seed", cases=rows["seed_cases"]),
            rows.assign(part="everything else", cases=rows["carried"] - rows["seed_cases"]),
        ]
    )
    return counts_chart(
        bars.astype({"cases": "int64"}),
        name="mix",
        part="part",
        title="The largest set of each mix that this seed carries",
    )


def carried(plan: Plan) -> Shown:
    """Return how far the seed carries each mix, as a table and in words."""
    looks = {
        "mix": Look("mix", "word"),
        "target": Look("seed", "rate", unit="of the mix"),
        "carried": Look("by cases", "count", spanner="carried set"),
        "carried_by_roots": Look("by roots", "count", spanner="carried set"),
        "seed_for_launch": Look("seed cases needed", "count", unit="for 1,000"),
    }
    rows = plan.carried.to_dict("records")
    cases, roots = (rows[0][name] for name in ("seed_cases", "seed_roots"))
    said = [
        f"{row['mix']} ends at {counted(int(row['carried']), 'case')}"
        for row in rows
        if not is_missing(row["carried"])
    ]
    notes = [
        f"With {counted(int(cases), 'seed case')} of eval, from {counted(int(roots), 'root')}, {'; '.join(said)}. A larger set needs more real cases first."
    ]
    if any(is_missing(row["carried"]) for row in rows):
        notes.append("A mix without a share for the seed has no limit, and cannot ship a model.")
    return safe_table(plan.carried, caption="How far this seed carries each mix", looks=looks, notes=notes)


def needs(plan: Plan) -> Shown:
    """Return what a set of the planned size has and lacks of each part, as a table."""
    if not plan.total:
        return sentence(
            "There is no size to plan for: the seed has no case of eval. Import one, or set total."
        )
    looks = {
        "part": Look("part"),
        "target": Look("target", "rate"),
        **{name: Look(name, "count", spanner="cases") for name in ("wanted", "have", "short", "over")},
    }
    over = plan.needs[plan.needs["over"] > 0]
    told = [f"{count(n)} of {part}" for part, n in zip(named(over)["part"], over["over"], strict=True)]
    notes = (
        [f"This size has no room for {listed(told, most=9)}. No case is dropped; a larger set has it."]
        if told
        else []
    )
    caption = f"What a set of {counted(plan.total, 'case')} lacks of the mix {plan.mix}"
    return safe_table(named(plan.needs), caption=caption, looks=looks, notes=notes)


def candidates(plan: Plan) -> Shown:
    """Return how many candidates fill what is short, and what they cost, as a table."""
    if not plan.total:
        return sentence("Without a size no candidate is asked for.")
    made = plan.needs[plan.needs["survival"].notna()]
    rows = made.to_dict("records")
    frame = made.assign(
        rests=[_rests(row) for row in rows], cost=[_cost(row["low_usd"], row["high_usd"]) for row in rows]
    )
    looks = {
        "part": Look("part"),
        "short": Look("short", "count", unit="cases"),
        "survival": Look("survival", "rate", spanner="reckoned with"),
        "rests": Look("from", "word", spanner="reckoned with"),
        "to_review": Look("to review", "count", spanner="candidates"),
        "waiting": Look("waiting", "count", spanner="candidates"),
        "to_generate": Look("to generate", "count", spanner="candidates"),
        "cost": Look("cost", "interval", unit="with review"),
    }
    lost = made[made["to_review"].isna()]
    low, high = (made[end].sum(skipna=False) for end in ("low_usd", "high_usd"))
    notes = [
        f"Together {'not known' if is_missing(low) else _cost(low, high)}. Mining real cases and writing golden ones is not reckoned.",
        f"The lower 95% limit of the survival is reckoned with, so that the plan does not come out short; where no review counts, {rate(HEALTHY_SURVIVAL[0])}, the lower edge of the healthy band. Cases that came in as kept elsewhere do not say what was rejected beside them, and do not count.",
        *(
            f"Of the reviewed candidates that {part} is reckoned from none was kept, so what it takes is not known."
            for part in named(lost)["part"]
        ),
    ]
    return safe_table(named(frame), caption="Candidates that fill it", looks=looks, notes=notes)


def decides(plan: Plan) -> Shown:
    """Return how often a set like this one ships and blocks, by the true difference."""
    gate, real = plan.gate, real_roots(plan)
    if not real:
        return sentence("Without a real case nothing can be decided: every swap would be refused.")
    looks = {"difference": Look("true difference", "word", unit="points")}
    rows: dict[float, dict[str, Any]] = {}
    for row in plan.decides.to_dict("records"):
        line = rows.setdefault(row["true_delta_pp"], {"difference": points(row["true_delta_pp"])})
        for verdict in ("ship", "block"):
            name = f"{verdict} {row['discordance']}"
            line[name] = row[verdict]
            changed = f"when {row['discordance']:.0%} of the answers change"
            looks[name] = Look(verdict.upper(), "rate", spanner=changed)
    smallest = smallest_n_to_ship(gate.margin_pp / 100, gate.alpha)
    notes = [
        f"Reckoned with {counted(real, 'real root')}, a margin of {gate.margin_pp:g} points and alpha {gate.alpha:g}; the rest is NO VERDICT. More synthetic cases change nothing here.",
        "Where the difference is larger than the share of answers that change, the share is raised to it.",
        f"Under {count(smallest)} real roots only a candidate that gains more than it loses can ship; under {count(gate.floor_roots)} every swap is refused.",
    ]
    return safe_table(
        pd.DataFrame(list(rows.values()), columns=list(looks)),
        caption="What the set can decide",
        looks=looks,
        notes=notes,
    )


def _rests(row: Mapping[Any, Any]) -> str:
    """Say where the survival of a part comes from."""
    if row["measured_on"] == "nothing":
        return "no review that counts"
    whose = "" if row["measured_on"] == "its own" else ", all techniques"
    return f"{count(row['kept'])} of {count(row['reviewed'])} kept{whose}"


def _cost(low: float, high: float) -> str:
    if is_missing(low):
        return MISSING
    return dollars(low) if low == high else f"{dollars(low)} to {dollars(high)}"
