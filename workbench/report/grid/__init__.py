"""What notebook 02 shows of a grid: what fills it, which gap comes next, what that costs.

The frames are those of `workbench.grid`; nothing is generated or sealed here.
"""

from workbench.report.grid.coverage import counts, fill_map, headline, margins, seed_map
from workbench.report.grid.forecasts import claims, predictions
from workbench.report.grid.gaps import costs, gaps, levels, topics

__all__ = [
    "claims",
    "costs",
    "counts",
    "fill_map",
    "gaps",
    "headline",
    "levels",
    "margins",
    "predictions",
    "seed_map",
    "topics",
]
