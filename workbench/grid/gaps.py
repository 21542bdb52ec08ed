"""Which gap am I filling? Asked before how many candidates are generated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.costs import GENERATION_USD, per_review
from workbench.errors import UsageError
from workbench.grid.placing import UNKNOWN
from workbench.stats.bands import HEALTHY_SURVIVAL

if TYPE_CHECKING:
    import pandas as pd

    from workbench.grid.coverage import Coverage
    from workbench.settings import Costs

SURVIVAL = HEALTHY_SURVIVAL[0]
"""The survival that is reckoned with where none is measured: the lower edge of the healthy band of 65
to 85 %, so that a plan does not come out short. Source: the long text, section 8."""

SHARES = ("seed_share", "seed_share_most", "target_share", "reading")


def gaps(
    coverage: Coverage, *, costs: Costs, survival: float = SURVIVAL, technique: str = "prompted"
) -> pd.DataFrame:
    """Rank the cells: those that need candidates first, and of them those the seed has least of.

    Args:
        coverage: What is in each cell.
        costs: `[costs]` of workbench.toml, dollars per candidate reviewed.
        survival: The share of reviewed candidates that is kept, above 0 and up to 1.
        technique: How the candidates are made, one of `GENERATION_USD`.

    Returns:
        One row per cell of the grid, the first gap first: `cell`, `seed`, `seed_most`,
        `seed_share`, `seed_share_most`, `target_share`, `reading` (see `levels`), `filled`
        (candidates that were kept, here or elsewhere, or after they were corrected), `short` (what
        the cell lacks of the grid's n), `waiting` (candidates that nobody decided on), `to_generate`
        (beyond those, until nothing is short at this survival), `low_usd` and `high_usd` (generation and review of them), and what it was reckoned with:
        `survival` and `technique`.

    Raises:
        UsageError: The survival is not a share above 0, or the technique is unknown.
    """
    import pandas as pd

    if not 0 < survival <= 1:
        raise UsageError(f"survival {survival:g} is not above 0 and up to 1; write 0.7 for 70 %")
    review = per_review(technique, costs)
    low, high = GENERATION_USD[technique]
    cells = coverage.cells
    inside = _read(cells[cells["kind"] == "grid"], coverage)
    short = (coverage.plan.n - inside["filled"]).clip(lower=0)
    # 7 / 0.7 is a little above 10 in floating point, and must not become 11.
    needed = [math.ceil(round(int(count) / survival, 9)) for count in short]
    more = (pd.Series(needed, index=short.index, dtype="Int64") - inside["waiting"]).clip(lower=0)
    found = inside.assign(short=short, to_generate=more, survival=survival, technique=technique)
    found = found.assign(
        low_usd=found["to_generate"] * (review + low), high_usd=found["to_generate"] * (review + high)
    )
    found["_done"] = found["to_generate"] == 0
    ranked = found.sort_values(["_done", "seed_most", "seed"], kind="stable").reset_index(drop=True)
    needs = ["filled", "short", "waiting", "to_generate", "low_usd", "high_usd", "survival", "technique"]
    return ranked[["cell", "seed", "seed_most", *SHARES, *needs]]


def levels(coverage: Coverage) -> pd.DataFrame:
    """Return the seed's share of each level beside the grid's.

    Shares are of the seed cases that are or may be in the grid (0-1). The seed's lies between
    `seed_share`, of the cases that are known to be there, and `seed_share_most`, with those that
    may be there.

    Args:
        coverage: What is in each cell.

    Returns:
        One row per `axis` and `level` of the grid: `seed`, `seed_most`, `seed_share`,
        `seed_share_most`, `target_share` (of the planned candidates) and `reading`:
        `underweighted` (even the most is below the target), `not underweighted` (even the least
        reaches it), `unclear`, or missing where the grid has no seed.
    """
    import pandas as pd

    there = _inside(coverage)
    rows = []
    for number, (axis, names) in enumerate(coverage.plan.axes.items()):
        found = there["levels"].str[number]
        unknown = int(there.loc[found == UNKNOWN, "seed"].sum())
        for level in names:
            sums = there.loc[found == level, ["seed", "planned"]].sum()
            most = sums["seed"] + unknown
            rows.append({"axis": axis, "level": level, **sums.to_dict(), "seed_most": most})
    read = _read(pd.DataFrame(rows), coverage)
    return read[["axis", "level", "seed", "seed_most", *SHARES]]


def _inside(coverage: Coverage) -> pd.DataFrame:
    """Return the rows of the grid's cells and of what may be in them."""
    return coverage.cells[coverage.cells["kind"].isin(["grid", "partial", "unplaced"])]


def _read(rows: pd.DataFrame, coverage: Coverage) -> pd.DataFrame:
    """Add the seed's share, the target, and how they compare."""
    import numpy as np

    seed = int(_inside(coverage)["seed"].sum())
    least, most = (rows[name].astype("float64") / (seed or math.nan) for name in ("seed", "seed_most"))
    target = rows["planned"].astype("float64") / coverage.plan.candidates
    reading = np.select(
        [most < target, least >= target], ["underweighted", "not underweighted"], default="unclear"
    )
    read = rows.assign(seed_share=least, seed_share_most=most, target_share=target, reading=reading)
    return read if seed else read.assign(reading=None)
