"""What notebook 02 shows of a grid: what fills it, which gap comes next, what that costs.

The frames are those of `workbench.grid`; nothing is generated or sealed here.
"""

from workbench.report.grid.coverage import counts, fill_map, headline, margins, seed_map
from workbench.report.grid.forecasts import claims, predictions
from workbench.report.grid.gaps import costs, gaps, levels, topics
from workbench.report.grid.planning import (
    detectable,
    detectable_chart,
    mutants,
    needed,
    real_roots,
    trials,
)

__all__ = [
    "claims",
    "costs",
    "counts",
    "detectable",
    "detectable_chart",
    "fill_map",
    "gaps",
    "headline",
    "levels",
    "margins",
    "mutants",
    "needed",
    "predictions",
    "real_roots",
    "seed_map",
    "topics",
    "trials",
]
