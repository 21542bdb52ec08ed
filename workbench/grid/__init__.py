"""The grid: which cells there are, what the seed and the candidates have in each, and what a gap costs.

grid.plan(shop.settings)                    the cells: 2 or 3 axes, without the masked ones
grid.coverage(shop.cases, shop.reviews, plan)   what is in each cell, and outside all of them
grid.gaps(coverage, costs=...)              which gap am I filling? ranked, with what it takes
grid.levels(coverage)                       the same question per level of each axis
grid.forecast(200, costs)                   what so many candidates cost, by technique
grid.topics(shop.cases, plan)               how concentrated the topics are, freeform beside grid
grid.seal(shop, {cell: 0.7}, author=...)    survival forecasts, before any candidate is there
grid.predictions(shop)                      the forecasts that hold, and whether they are intact
"""

from workbench.costs import GENERATION_USD, forecast
from workbench.grid.cells import Plan, plan
from workbench.grid.coverage import Coverage, coverage
from workbench.grid.gaps import gaps, levels
from workbench.grid.placing import placed
from workbench.grid.predictions import Sealing, predictions, seal
from workbench.grid.topics import Concentration, concentration, topics

__all__ = [
    "GENERATION_USD",
    "Concentration",
    "Coverage",
    "Plan",
    "Sealing",
    "concentration",
    "coverage",
    "forecast",
    "gaps",
    "levels",
    "placed",
    "plan",
    "predictions",
    "seal",
    "topics",
]
