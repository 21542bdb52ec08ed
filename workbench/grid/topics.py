"""How concentrated a batch is: a generator left to itself writes the easy topic again and again."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench import folds
from workbench.errors import listed
from workbench.grid.placing import UNKNOWN, placed
from workbench.provenance import BETWEEN
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.grid.cells import Plan


class Concentration(NamedTuple):
    """How evenly cases are spread over levels.

    Attributes:
        largest: The level with most cases; the first of several.
        share: Its share of the cases (0-1).
        effective: The effective number of levels, exp of the entropy: so many levels of equal size
            would be spread as evenly (Hill, 1973, order 1). From 1 to the number of levels.
    """

    largest: str
    share: float
    effective: float


def concentration(counts: Mapping[str, int]) -> Concentration | None:
    """Return how concentrated cases are; none when there are none.

    Args:
        counts: Cases by level.

    Example:
        >>> concentration({"delay": 71, "damaged": 18, "wrong item": 8, "other": 3})
        Concentration(largest='delay', share=0.71, effective=2.36...)
    """
    total = sum(counts.values())
    if not total:
        return None
    shares = [count / total for count in counts.values() if count]
    largest = max(counts, key=lambda level: counts[level])
    entropy = -math.fsum(share * math.log(share) for share in shares)
    # Five equal levels are 5, and not 5.000000000000001.
    return Concentration(largest, counts[largest] / total, round(math.exp(entropy), 9))


def topics(cases: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return how concentrated the plan, the seed and the candidates are on each axis.

    A candidate without a cell was not asked for by a grid: those are the freeform batch. Mutants and the
    red team, whose topics nobody asked a generator for, are in neither. Levels
    outside the grid are topics too and count; a case whose level is not known does not.

    Args:
        cases: Rows of the table `cases`.
        plan: The grid.

    Returns:
        One row per `axis` and `batch` (`plan`, `seed`, `grid`, `freeform`; without a batch that
        has no case): `cases`, `known` (those whose level is known), `topics` (levels that occur),
        `largest` (with how many others are as large), `largest_share` (0-1) and `effective`; the
        last three are missing when no level is known. See `Concentration`.
    """
    import pandas as pd

    candidate = folds.candidates(cases, REVIEWS.frame())["candidate"] & cases["bucket"].isin(
        ["prompted", "persona"]
    )
    found = placed(cases, plan)["levels"]
    batches: dict[str, list[tuple[str, ...]]] = {
        "plan": [tuple(cell.split(BETWEEN)) for cell in plan.cells for _ in range(plan.n)],
        "seed": found[cases["bucket"] == "seed"].tolist(),
        "grid": found[candidate & cases["cell"].notna()].tolist(),
        "freeform": found[candidate & cases["cell"].isna()].tolist(),
    }
    rows = [
        {"axis": axis, "batch": batch, **_row([place[number] for place in levels])}
        for number, axis in enumerate(plan.axes)
        for batch, levels in batches.items()
        if levels
    ]
    return pd.DataFrame(rows)


def _row(levels: Sequence[str]) -> dict[str, Any]:
    known = Counter(level for level in levels if level != UNKNOWN)
    row: dict[str, Any] = {"cases": len(levels), "known": known.total(), "topics": len(known)}
    spread = concentration(known)
    if spread is None:
        return row | {"largest": None, "largest_share": math.nan, "effective": math.nan}
    tied = [level for level in known if known[level] == known[spread.largest]]
    largest = listed(tied, most=1)
    return row | {"largest": largest, "largest_share": spread.share, "effective": spread.effective}
