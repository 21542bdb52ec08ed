"""What notebook 05 shows of a review: the queue, survival, reasons, forecasts, and who decided.

The frames are those of `workbench.review`; nothing is decided here.
"""

from workbench.report.review.forecasts import forecast_chart, scores, surprises
from workbench.report.review.queue import queue, queue_map, reasons
from workbench.report.review.record import claims, disagreements, labels, reviewers
from workbench.report.review.survival import cells_map, headline, levels, levels_chart, origins

__all__ = [
    "cells_map",
    "claims",
    "disagreements",
    "forecast_chart",
    "headline",
    "labels",
    "levels",
    "levels_chart",
    "origins",
    "queue",
    "queue_map",
    "reasons",
    "reviewers",
    "scores",
    "surprises",
]
