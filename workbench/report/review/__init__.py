"""What notebook 05 shows of a review: the queue, survival, reasons, forecasts, and who decided.

Notebook review_desk shows `waits` and nothing else of it, so that no number sways who decides there.
The frames are those of `workbench.review`; nothing is decided here.
"""

from workbench.report.review.audit import agreement, audited, doubts, sittings
from workbench.report.review.audit_charts import checks_chart, drift_chart, pace_chart
from workbench.report.review.forecasts import forecast_chart, scores, surprises
from workbench.report.review.provisional import provisional
from workbench.report.review.queue import queue, queue_map, reasons, waits
from workbench.report.review.record import claims, disagreements, labels, reviewers
from workbench.report.review.survival import cells, cells_map, headline, levels, levels_chart, origins

__all__ = [
    "agreement",
    "audited",
    "cells",
    "cells_map",
    "checks_chart",
    "claims",
    "disagreements",
    "doubts",
    "drift_chart",
    "forecast_chart",
    "headline",
    "labels",
    "levels",
    "levels_chart",
    "origins",
    "pace_chart",
    "provisional",
    "queue",
    "queue_map",
    "reasons",
    "reviewers",
    "scores",
    "sittings",
    "surprises",
    "waits",
]
