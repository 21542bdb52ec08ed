"""Decisions about candidates, what is left of them, and how good the forecasts were.

review.window(shop, reviewer="Kim")                  the window in a notebook in which candidates are reviewed
review.decide(shop, [{...}])                         record decisions, all of them or none
review.import_reviews(shop, "decisions.csv", ...)    the same from a file of another tool
review.export_review(shop, "csv", Path("pack"))      what waits, for people who review elsewhere
review.label(shop, check)                            labels that a programmatic check computes
review.verify(shop.reviews, seen=shop.seen)          where the chain of events is broken
review.queue(shop.cases, shop.reviews, places)       what waits, the least reviewed cells first
review.survival(shop.cases, shop.reviews, places, axes=plan.axes)   kept of reviewed, with bands
review.reasons(shop.reviews)                         why candidates were rejected or revised
review.disagreements(shop.reviews)                   on what reviewers differ, and nobody adjudicated
review.audit(shop.cases, shop.reviews, shop.checks)  what the sittings show of pace, drift, checks, agreement
review.score(survival, wb.grid.predictions(shop))    the sealed forecasts beside what came out
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.folds import disagreements
from workbench.review import programmatic
from workbench.review.audit import Audit, audit
from workbench.review.events import Decided, decide, verify
from workbench.review.imported import ReviewOptions, import_reviews
from workbench.review.packs import Pack, export_review
from workbench.review.programmatic import Check, Labelled, label
from workbench.review.queue import queue, reasons
from workbench.review.scoring import Score, score
from workbench.review.survival import Reading, Survival, reading, survival

if TYPE_CHECKING:
    from workbench.review.widget import ReviewWidget
    from workbench.workspace import Workspace

__all__ = [
    "Audit",
    "Check",
    "Decided",
    "Labelled",
    "Pack",
    "Reading",
    "ReviewOptions",
    "Score",
    "Survival",
    "audit",
    "decide",
    "disagreements",
    "export_review",
    "import_reviews",
    "label",
    "programmatic",
    "queue",
    "reading",
    "reasons",
    "score",
    "survival",
    "verify",
    "window",
]


def window(
    workspace: Workspace, reviewer: str = "", *, only: str = "", adjudicates: bool = False
) -> ReviewWidget:
    """Return the window in which candidates are reviewed, for the last line of a notebook's cell.

    Nothing is read or recorded before a browser shows it.

    Args:
        workspace: The workspace.
        reviewer: Who decides. Empty: the user of JupyterHub, or whoever answers the question for it.
        only: Names of levels or buckets that a candidate must all have, parted by commas.
        adjudicates: Whether to settle what reviewers disagree on.
    """
    from workbench.review.desk import Desk
    from workbench.review.widget import ReviewWidget

    names = [name.strip() for name in only.split(",") if name.strip()]
    return ReviewWidget(Desk(workspace, reviewer=reviewer, only=names, adjudicates=adjudicates))
