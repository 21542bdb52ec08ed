"""What a set could decide, before anything is paid: how many real roots it takes, and what does not help."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import counted, listed
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.charts import ALERT, BETTER, NEUTRAL, SHIPS, WORSE, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.grid.gaps import dollars
from workbench.report.markup import sentence
from workbench.report.numbers import count, rate, rounded
from workbench.stats.planning import (
    POWER,
    detectable_difference,
    effective_n,
    needed_roots,
    smallest_n_to_ship,
)
from workbench.stats.trials import best_trials, trials_gain

if TYPE_CHECKING:
    from workbench.report.charts import Chart
    from workbench.report.markup import Shown
    from workbench.settings import Costs, Gate

DISCORDANCES = (0.05, 0.10, 0.15, 0.20, 0.30)
"""Shares of answers that change between two models that are planned for."""

SIZES = (50, 65, 184, 500, 1_000)
"""Real roots that are planned for beside those at hand. Source: the floor, and the sizes of the long text."""

MARGINS_PP = (2.0, 3.0, 5.0)
"""Margins that are planned for beside the gate's own, percentage points."""

LIKENESS = (0.1, 0.3, 0.5, 0.8)
"""Correlations of two mutants of one parent that are planned for."""

FLAKINESS = (0.1, 0.5, 1.0, 2.0)
"""Variances within a case over that between cases that are planned for."""

MUTANTS = 5
"""Mutants per real root that are planned for. Source: the long text, its section 7."""

TRIAL_USD = 0.02
"""Dollars of one short answer of a model, for an order of magnitude; a notebook gives its own."""

IMPOSSIBLE = "when so few answers change, no difference is as large as this size could tell"


def real_roots(cases: pd.DataFrame) -> int:
    """Return the roots of the seed's eval split, which decide."""
    return int(cases.loc[(cases["bucket"] == "seed") & (cases["split"] == "eval"), "root_id"].nunique())


def detectable_chart(roots: int, gate: Gate) -> Chart:
    """Return the smallest difference that a number of real roots tells from none, with the seed at hand marked."""
    import altair as alt

    largest = max(2 * roots, SIZES[-1])
    sizes = np.unique(np.geomspace(20, largest, 60).round().astype(int))
    rows = [
        {"roots": int(n), "changed": _percent(changed), "points": 100 * found}
        for changed in DISCORDANCES
        for n in sizes
        if (found := _found(n, changed, gate)) <= changed
    ]
    names = [_percent(changed) for changed in DISCORDANCES]
    x = alt.X(
        "roots:Q",
        scale=alt.Scale(type="log", domain=[20, largest], nice=False),
        axis=alt.Axis(title="real roots", values=_ticks(largest)),
    )
    colours = alt.Scale(domain=names, range=[BETTER, SHIPS, NEUTRAL, ALERT, WORSE])
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("points:Q", axis=alt.Axis(title="smallest difference found, points")),
            color=alt.Color(
                "changed:N", scale=colours, legend=alt.Legend(title="answers that change", orient="bottom")
            ),
            tooltip=[
                "roots:Q",
                alt.Tooltip("changed:N", title="answers that change"),
                alt.Tooltip("points:Q", format=".1f"),
            ],
        )
    )
    marks = pd.DataFrame([(gate.floor_roots, "floor"), (roots, "seed at hand")], columns=["roots", "name"])
    marks = marks[marks["roots"] >= sizes[0]]
    base = alt.Chart(marks).encode(x="roots:Q")
    named = base.mark_text(align="left", baseline="top", dx=3, color=NEUTRAL, fontSize=11).encode(
        text="name:N", y=alt.value(0)
    )
    chart = alt.layer(lines, base.mark_rule(color=NEUTRAL, strokeDash=[4, 4]), named)
    return safe_chart(
        chart.properties(width=WIDTH, height=260),
        title="The smallest difference that a seed can tell",
        summary=_at_hand(roots, gate),
    )


def detectable(roots: int, gate: Gate, *, wished: int = 0) -> Shown:
    """Return the smallest true difference found by so many real roots, as a table.

    Args:
        roots: Those at hand; see `real_roots`.
        gate: `[gate]` of workbench.toml.
        wished: A size to look at beside `SIZES` and those at hand; 0 for none.
    """
    sizes = sorted({*SIZES, *(n for n in (roots, wished) if n > 0)})
    rows: list[dict[str, Any]] = []
    remarks = {}
    for i, n in enumerate(sizes):
        row: dict[str, Any] = {"roots": f"{count(n)}{', at hand' if n == roots else ''}"}
        for changed in DISCORDANCES:
            found = _found(n, changed, gate)
            row[_percent(changed)] = rounded(100 * found, 1) if found <= changed else None
            if found > changed:
                remarks[i, _percent(changed)] = Remark(IMPOSSIBLE)
        rows.append(row)
    looks = {"roots": Look("real roots", "word")}
    spanner = "points, when so many answers change"
    looks |= {
        _percent(changed): Look(_percent(changed), "interval", spanner=spanner) for changed in DISCORDANCES
    }
    note = f"Found in {rate(POWER)} of swaps at alpha {gate.alpha:g}, first look. Roots count, not cases: mutants and trials add none."
    return safe_table(
        pd.DataFrame(rows, columns=list(looks), dtype=object),
        caption="The smallest true difference that is found",
        looks=looks,
        notes=[note],
        remarks=remarks,
    )


def needed(roots: int, gate: Gate) -> Shown:
    """Return the real roots that ship an equally good model, by margin and share of changed answers, as a table."""
    looks = {"margin": Look("margin", "word", unit="points")}
    spanner = "real roots, when so many answers change"
    looks |= {
        _percent(changed): Look(_percent(changed), "count", spanner=spanner) for changed in DISCORDANCES
    }
    looks["least"] = Look("fewest that ship", "count", unit="none lost")
    rows = []
    for margin_pp in sorted({*MARGINS_PP, gate.margin_pp}):
        own = ", the gate's" if margin_pp == gate.margin_pp else ""
        margin = margin_pp / 100
        row: dict[str, Any] = {
            "margin": f"{margin_pp:g}{own}",
            "least": smallest_n_to_ship(margin, gate.alpha),
        }
        rows.append(
            row | {_percent(changed): needed_roots(changed, margin, gate.alpha) for changed in DISCORDANCES}
        )
    notes = [
        f"With no true difference, SHIP in {rate(POWER)} of swaps at alpha {gate.alpha:g}, first look. At hand: {counted(roots, 'real root')}."
    ]
    return safe_table(
        pd.DataFrame(rows, columns=list(looks)),
        caption="Real roots that ship an equally good model",
        looks=looks,
        notes=notes,
    )


def mutants(roots: int, cases: pd.DataFrame) -> Shown:
    """Return how many independent cases the mutants are worth, those at hand or as many as are planned."""
    made = cases[cases["bucket"] == "mutation"]
    parents = made["root_id"].nunique()
    many, of, whose = (len(made), parents, "at hand") if parents else (MUTANTS * roots, roots, "planned")
    if not many:
        return sentence("Without a real case there is no parent, and no mutant to plan with.")
    # Rounded down, so that nobody counts on a case that is not quite there.
    rows = [{"icc": icc, "worth": math.floor(effective_n(many, many / of, icc))} for icc in LIKENESS]
    looks = {
        "icc": Look("two mutants of one parent agree", "number", unit="correlation"),
        "worth": Look("worth", "count", unit="independent cases"),
    }
    planned, together = count(MUTANTS * roots), count((MUTANTS + 1) * roots)
    note = f"{planned} mutants of {counted(roots, 'real root')} do not buy {together} real cases: they are synthetic, they share their parents' roots, and the real cases stay {count(roots)}."
    caption = f"What {counted(many, 'mutant')} of {counted(of, 'parent')} are worth ({whose})"
    return safe_table(pd.DataFrame(rows), caption=caption, looks=looks, notes=[note] if roots else [])


def trials(costs: Costs, *, trial_usd: float = TRIAL_USD) -> Shown:
    """Return how many trials of a case make the most of a budget, and what they are worth, as a table."""
    rows = []
    for flaky in FLAKINESS:
        best = round(best_trials(costs.prompted, trial_usd, flaky)) if costs.prompted else 1
        rows.append({"flaky": flaky, "trials": best, "gain": trials_gain(best, flaky), "most": 1 + flaky})
    looks = {
        "flaky": Look("flakiness", "number", unit="within over between"),
        "trials": Look("best trials", "count", unit="of a case"),
        "gain": Look("worth", "number", unit="times the cases"),
        "most": Look("at most", "number", unit="times the cases"),
    }
    notes = [
        f"Reckoned with {dollars(costs.prompted)} for a reviewed case and {dollars(trial_usd)} for an answer. Trials are averaged and are never cases: they steady a flaky answer, and no number of them passes the last column."
    ]
    return safe_table(pd.DataFrame(rows), caption="What repeating an answer buys", looks=looks, notes=notes)


def _at_hand(roots: int, gate: Gate) -> str:
    said = []
    for changed in DISCORDANCES if roots else ():
        found = _found(roots, changed, gate)
        said.append(
            f"{rounded(100 * found, 1)} when {_percent(changed)} change"
            if found <= changed
            else f"nothing when only {_percent(changed)} change"
        )
    if not said:
        return f"There is no real root to plan with. The floor is {count(gate.floor_roots)} real roots."
    return f"{counted(roots, 'real root')} at hand find, in points, by the share of answers that change: {listed(said, most=9)}. The floor is {count(gate.floor_roots)}."


def _found(roots: float, changed: float, gate: Gate) -> float:
    """Return the smallest difference that is found, as a fraction; infinite where so few roots find none."""
    try:
        return detectable_difference(float(roots), changed, gate.alpha)
    except ValueError:
        return math.inf


def _percent(share: float) -> str:
    return f"{rounded(100 * share, 0)}%"


def _ticks(largest: int) -> list[int]:
    return [n for n in (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000) if n <= largest]
