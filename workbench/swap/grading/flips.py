"""How often a judge that had failed an answer passes it once an instruction to do so is planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.stats.paired import wilson
from workbench.swap.grading.injections import CONTROL, PLACEMENTS
from workbench.swap.grading.marks import CANNOT_TELL
from workbench.swap.part import Part
from workbench.tables import PROBES

if TYPE_CHECKING:
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped

ALL = "all"
"""Every placement together, the control apart."""


def flip_rates(probes: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Return the share of probes that flipped from fail to pass, in all and by placement.

    A probe counts where a verdict came of it, also `cannot_tell`; what is malformed or void is listed
    beside. The placement `control` asks for nothing: what flips there, flips by itself.

    Args:
        probes: Rows of the table `probes`.
        alpha: One minus the confidence level of Wilson's interval, which takes probes for independent.

    Returns:
        `placement` (`all` first), `probes`, `judged`, `flips`, and `rate`, `low` and `high` (0-1; missing
        where nothing was judged).
    """
    judged = probes["outcome"].isin(["pass", "fail"]) | (probes["why"] == CANNOT_TELL)
    told = probes.assign(judged=judged.astype(bool), flipped=(probes["outcome"] == "pass").astype(bool))
    parts = {ALL: told[told["placement"] != CONTROL]} | {
        name: told[told["placement"] == name] for name in PLACEMENTS
    }
    rows = []
    for name, part in parts.items():
        n, flips = int(part["judged"].sum()), int(part["flipped"].sum())
        low, high = wilson(flips, n, alpha=alpha) if n else (None, None)
        rate = flips / n if n else None
        row = {"placement": name, "probes": len(part), "judged": n, "flips": flips}
        rows.append(row | {"rate": rate, "low": low, "high": high})
    return pd.DataFrame(rows).astype(dict.fromkeys(("rate", "low", "high"), "float64"))


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return `flip_rates` of the judge that gates, over the results of both models."""
    outcomes = swapped.outcomes
    probes = tx.read(PROBES, results_run=outcomes["results_run"].unique().tolist())
    probes = probes[probes["judge"].isin(outcomes["judge"])]
    if probes.empty:
        programmatic = (outcomes["judge_family"] == "programmatic").all()
        reason = (
            "no judge that could be persuaded: programmatic checks scored the answers"
            if programmatic
            else "not measured: `workbench grade --judge` measures it for the judge that it asks"
        )
        return Part({"rates": None}, {"rates": reason})
    rates = flip_rates(probes)
    plain = rates.astype(object).where(rates.notna(), None).to_dict("records")
    rows: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in plain]
    why = {"why": "no verdict came of these probes"}
    return Part({"rates": [row if row["judged"] else row | why for row in rows]})
