"""Decisions about candidates, what is left of them, and how good the forecasts were.

review.decide(shop, [{...}])                         record decisions, all of them or none
review.import_reviews(shop, "decisions.csv", ...)    the same from a file of another tool
review.verify(shop.reviews)                          where the chain of events is broken
review.queue(shop.cases, shop.reviews, places)       what waits, the least reviewed cells first
review.survival(shop.cases, shop.reviews, places, axes=plan.axes)   kept of reviewed, with bands
review.reasons(shop.reviews)                         why candidates were rejected or revised
review.disagreements(shop.reviews)                   on what reviewers differ, and nobody adjudicated
review.score(survival, wb.grid.predictions(shop))    the sealed forecasts beside what came out
"""

from workbench.folds import disagreements
from workbench.review.events import Decided, decide, verify
from workbench.review.imported import ReviewOptions, import_reviews
from workbench.review.queue import queue, reasons
from workbench.review.scoring import Score, score
from workbench.review.survival import Reading, Survival, reading, survival

__all__ = [
    "Decided",
    "Reading",
    "ReviewOptions",
    "Score",
    "Survival",
    "decide",
    "disagreements",
    "import_reviews",
    "queue",
    "reading",
    "reasons",
    "score",
    "survival",
    "verify",
]
