"""What notebook 04 shows: how far each case lies from the seed, what repeats another, and a map.

The frames are those of `workbench.measure`; nothing is measured or removed here.
"""

from workbench.report.measure.bands import bands, bands_chart, distance_chart
from workbench.report.measure.claims import claims
from workbench.report.measure.pairs import duplicates, farthest, flagged
from workbench.report.measure.places import headline, map_chart, map_note, notes

__all__ = [
    "bands",
    "bands_chart",
    "claims",
    "distance_chart",
    "duplicates",
    "farthest",
    "flagged",
    "headline",
    "map_chart",
    "map_note",
    "notes",
]
