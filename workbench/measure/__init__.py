"""Stage measure: how far each case lies from the seed, and which cases repeat another.

measured = measure.measure(shop)            computed once, then read from the store
measure.stored(shop)                        what is in the store, without embedding anything
measured.measures                           nearest seed, cosine, band, duplicate of each case
measured.pairs                              the duplicates, as flags with their cosine
measure.bands(measured.measures, shop.cases)    how each bucket spreads between copy and off the map
measure.removal(measured.measures, shop.cases)  flagged shares, beside the seed's own rate
measure.edges(measured.seed_distances)          the cosines at which the bands begin
measure.placed(shop, measured.measures)         a map to look at; distances are not read from it
"""

from workbench.measure.bands import BANDS, alarms, bands
from workbench.measure.duplicates import DUPLICATE, removal
from workbench.measure.edges import edges
from workbench.measure.map import Map, placed
from workbench.measure.run import Measured, measure, stored

__all__ = [
    "BANDS",
    "DUPLICATE",
    "Map",
    "Measured",
    "alarms",
    "bands",
    "edges",
    "measure",
    "placed",
    "removal",
    "stored",
]
