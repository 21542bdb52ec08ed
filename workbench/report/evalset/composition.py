"""What would be frozen, against the mix, and what the mixed estimate would weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.charts import BETTER, INK, safe_chart
from workbench.report.facts import headed
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart


GROUPS = {"real": "Real", "synthetic": "Synthetic", "golden": "Golden", "redteam": "Red team"}


class Gate(Protocol):
    """What the verdict holds a candidate to; see `[gate]` of workbench.toml."""

    margin_pp: float
    alpha: float
    floor_roots: int


class Plan(Protocol):
    """What would be frozen, and what a mix takes from there; see `workbench.evalset.Plan`."""

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


def headline(plan: Plan, *, name: str, demo: bool) -> Shown:
    """Return what would be frozen now, in one sentence and a few numbers, with what stands in the way."""
    groups = plan.members["group"].value_counts()
    real = real_roots(plan)
    facts = [
        ("Cases", count(len(plan.members))),
        ("Roots", count(plan.members["root_id"].nunique())),
        ("Real roots", count(real)),
        *((GROUPS[group], count(int(groups.get(group, 0)))) for group in GROUPS),
    ]
    warnings = _too_much_redteam(plan)
    if real < plan.gate.floor_roots:
        warnings.insert(
            0,
            f"{counted(real, 'real root')} against a floor of {count(plan.gate.floor_roots)}: every swap on this set would be refused.",
        )
    said = (
        f"Frozen now, a set of {name} would hold {counted(len(plan.members), 'case')}: the eval split of the seed, golden cases, and the candidates that were kept. Freezing drops no case."
        if len(plan.members)
        else f"Nothing of {name} would be frozen now: import a seed first, with workbench import seed FILE."
    )
    return headed(said, facts, demo=demo, warnings=warnings)


def composition_chart(plan: Plan) -> Chart | Shown:
    """Return the share of each part as a bar, with its target as a line across it."""
    import altair as alt

    if plan.members.empty:
        return sentence("No case would be frozen, so there is no composition to draw.")
    drawn = named(plan.parts)[["part", "target", "share", "found"]]
    order, axis = drawn["part"].tolist(), alt.Axis(format="%", tickCount=6, title="share of the cases")
    names = alt.Y("part:N", sort=order, axis=alt.Axis(ticks=False, domain=False, title=None, labelLimit=220))
    shares = [alt.Tooltip(f"{kind}:Q", format=".1%") for kind in ("share", "target")]
    base = alt.Chart(drawn).encode(y=names, tooltip=["part:N", *shares, alt.Tooltip("found:Q", format=",")])
    top = alt.Scale(domain=[0, max(drawn["share"].max(), drawn["target"].max())])
    legend = alt.Scale(domain=["found", "target"], range=[BETTER, INK])
    bars = base.transform_calculate(what="'found'").mark_bar(height={"band": 0.6})
    ticks = base.transform_calculate(what="'target'").mark_tick(thickness=3, size=26)
    tint = alt.Color("what:N", scale=legend, legend=alt.Legend(symbolType="square", symbolOpacity=1))
    bars = bars.encode(x=alt.X("share:Q", axis=axis, scale=top), color=tint)
    chart = alt.layer(bars, ticks.encode(x="target:Q", color=tint))
    said = [
        f"{row['part']} {rate(row['share'])} of {rate(row['target'])}" for row in drawn.to_dict("records")
    ]
    return safe_chart(
        chart.properties(width=WIDTH, height=38 * len(drawn)),
        title=f"Found share of each part against the mix {plan.mix}",
        summary=f"Found, of its target: {', '.join(said)}.",
    )


def composition(plan: Plan) -> Shown:
    """Return the composition against the mix, with what is short until it holds, as a table."""
    looks = {
        "part": Look("part"),
        "found": Look("cases", "count"),
        "share": Look("found", "rate", spanner="share"),
        "target": Look("target", "rate", spanner="share"),
        "short": Look("short", "count", unit="cases"),
    }
    outside = plan.parts["part"] == "outside the mix"
    lacking, found = (int(plan.parts[name].sum()) for name in ("short", "found"))
    told = f"Short until the mix {plan.mix} holds with no case dropped, in a set of {count(found + lacking)}: {counted(lacking, 'case')}."
    notes = [told] if len(plan.members) else []
    if outside.any():
        unnamed = counted(int(plan.parts.loc[outside, "found"].sum()), "case")
        notes.append(f"Of buckets that the mix does not name, and in the set all the same: {unnamed}.")
    return safe_table(
        named(plan.parts), caption=f"Composition against the mix {plan.mix}", looks=looks, notes=notes
    )


def weights(plan: Plan) -> Shown:
    """Return what the mixed estimate would weigh, as a table."""
    if not plan.weights:
        return sentence(
            "No case that could be weighed would be frozen, so the mixed estimate has no weights."
        )
    found = plan.members["group"].value_counts()
    frame = pd.DataFrame(
        {
            "group": list(plan.weights),
            "cases": [int(found[group]) for group in plan.weights],
            "weight": list(plan.weights.values()),
        }
    )
    frame["share"] = frame["cases"] / max(1, frame["cases"].sum())
    looks = {
        "group": Look("group", "word"),
        "cases": Look("cases", "count"),
        "share": Look("as found", "rate", spanner="weight"),
        "weight": Look(f"by {plan.mix}", "rate", spanner="weight"),
    }
    note = (
        "The red team has a gate of its own and no weight. The mixed estimate never decides: the seed does."
    )
    return safe_table(frame, caption="Weights of the mixed estimate", looks=looks, notes=[note])


def named(parts: pd.DataFrame) -> pd.DataFrame:
    """Return parts whose names can be broken over lines."""
    return parts.assign(part=parts["part"].str.replace("+", " + "))


def real_roots(plan: Plan) -> int:
    """Return how many roots of real cases a set has, which is what decides."""
    return int(plan.members.loc[plan.members["group"] == "real", "root_id"].nunique())


def _too_much_redteam(plan: Plan) -> list[str]:
    """Name a red team that is larger than its share: real traffic is mostly not adversarial."""
    share = plan.members["bucket"].eq("redteam").mean()
    target = plan.parts.loc[plan.parts["part"] == "redteam", "target"].sum()
    if not share > target:
        return []
    return [
        f"The red team is {rate(share)} of the cases and {rate(target)} of the mix {plan.mix}; real traffic is mostly not adversarial."
    ]
