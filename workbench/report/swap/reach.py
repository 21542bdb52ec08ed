"""What a swap's set can and cannot decide, before anybody believes its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.report.cells import Look, Remark, safe_table
from workbench.report.figures import outcomes_chart
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, is_missing, number, rounded

if TYPE_CHECKING:
    from workbench.report.charts import Chart
    from workbench.report.swap.folder import SwapRun

NUMBERS = (
    ("Harm excluded", ("excluded_harm_pp",), "the candidate is not worse on real cases by more than this"),
    (
        "Real roots needed",
        ("needed_real_cases",),
        "that decide at the observed share of changed cases, if the models were equally good",
    ),
    (
        "Fewest that can ship",
        ("gate", "smallest_n_to_ship"),
        "real roots, for a candidate that gains no more than it loses",
    ),
    ("Floor", ("gate", "floor_roots"), "real roots below which every swap is refused"),
)


def power(run: SwapRun) -> Shown:
    """Return what this set can and cannot decide, as numbers with their meaning."""
    rows = []
    for name, path, meaning in NUMBERS:
        value = run.get(*path)
        if is_missing(value):
            rows.append({"what": name, "value": None, "meaning": f"not available: {run.why(*path)}"})
        else:
            shown = f"{rounded(value, 1)} points" if path[-1].endswith("_pp") else count(value)
            # A 0 has a reason too: it may say that any harm is excluded, or that none is.
            reason = "" if value else f": {run.why(*path)}"
            rows.append({"what": name, "value": shown, "meaning": f"{meaning}{reason}"})
    looks = {"what": Look("what", "word"), "value": Look("value", "interval"), "meaning": Look("meaning")}
    return safe_table(pd.DataFrame(rows, dtype=object), caption="Numbers to plan with", looks=looks)


def outcomes(run: SwapRun) -> Chart | Shown:
    """Return how often each verdict comes out for a set like this one, by the true difference."""
    columns = ["true_delta_pp", "ship", "block", "no_verdict"]
    rows = [{name: row.get(name) for name in columns} for row in run.get("operating_characteristics") or []]
    frame = pd.DataFrame(rows, columns=columns).dropna().sort_values("true_delta_pp")
    if frame.empty:
        return sentence(
            f"How often each verdict comes out is not known for this set: {run.why('operating_characteristics')}."
        )
    return outcomes_chart(frame)


def assumptions(run: SwapRun) -> Shown:
    """Say what the chart of outcomes assumes."""
    texts = run.get("reach", "assumes", "texts")
    if not texts:
        if run.get("reach"):
            return sentence(f"No chances are shown, so nothing is assumed: {run.why('reach', 'assumes')}.")
        return sentence("What these chances assume is not stored: the run is older than they are.")
    return sentence(f"These chances assume: {'; '.join(map(str, texts))}.")


def looks(run: SwapRun) -> Shown:
    """Return what this look and the next ones cost, as a table."""
    rows = run.get("reach", "looks")
    if not rows:
        return sentence("This run is older than the price of looks; decide the swap again to see it.")
    taken = run.get("look")
    frame = pd.DataFrame(rows, dtype=object)
    frame["look"] = [f"{row['look']}{', this one' if row['look'] == taken else ''}" for row in rows]
    frame["alpha"] = [number(row["alpha"]) for row in rows]
    columns = {
        "look": Look("look", "word"),
        "alpha": Look("alpha", "number"),
        "smallest_n_to_ship": Look("fewest that can ship", "count", spanner="real roots"),
        "needed_real_cases": Look("needed if nothing changed", "count", spanner="real roots"),
    }
    remarks = {
        (i, "needed_real_cases"): Remark(str(row.get("why") or "no reason is stored"))
        for i, row in enumerate(rows)
        if is_missing(row["needed_real_cases"])
    }
    notes = [
        "Every further look at the same pair is another chance of a false alarm, so each is paid for with alpha; a run again on the same contents is no new look."
    ]
    if taken is None:
        notes.append(f"This swap took none: {run.why('look')}.")
    return safe_table(frame, caption="What each look costs", looks=columns, notes=notes, remarks=remarks)
