"""Which candidates wait for one reviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.decided import adjudication, differ, latest, standing
from workbench.errors import UsageError, listed, shown
from workbench.labels import wrote
from workbench.provenance import BETWEEN
from workbench.review.decisions import plain
from workbench.review.order import is_double, is_for
from workbench.review.revisions import REVISION
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import pandas as pd

    from workbench.review.standing import Standing
    from workbench.settings import Review


class Waiting:
    """The candidates that wait for one reviewer, kept up as decisions come.

    A candidate waits until one person has decided on it, and until two have if it is one of the
    doubly reviewed ones. One's own decision closes it; a skip closes it for this sitting.

    Args:
        cases: The table `cases`.
        standing: What is decided so far.
        settings: Shares and assignments.
        reviewer: For whom.
        only: Names of levels or buckets that a candidate must all have.
        adjudicates: Whether what waits is what reviewers disagree on.

    Attributes:
        rows: The candidates that this reviewer may ever see, by id: rows of `cases`.
        open: The ids of those that wait.

    Raises:
        UsageError: The reviewer has the name of a generator, or no candidate has a name of `only`.
    """

    def __init__(
        self,
        cases: pd.DataFrame,
        standing: Standing,
        settings: Review,
        *,
        reviewer: str,
        only: Collection[str] = (),
        adjudicates: bool = False,
    ) -> None:
        state = folds.candidates(cases, REVIEWS.frame())
        judged = state["candidate"] & (cases["split"] != "holdout") & cases["content_sha256"].notna()
        # A window never shows what a run is about to make, so no decision can be older than its text.
        found = plain(cases[judged].assign(candidate=True, made_here=True))
        if any(wrote(reviewer, row) for row in found):
            raise UsageError(
                f"{shown(reviewer)} is the name of a model that wrote candidates; models propose and people "
                "decide, so give the name of a person"
            )
        known = {name for row in found for name in names(row)}
        if unknown := sorted({*only} - known):
            raise UsageError(
                f"no candidate is of {listed([shown(name) for name in unknown])}; there are {listed(sorted(known), most=20)}"
            )
        self._standing, self._reviewer, self._adjudicates = standing, reviewer, adjudicates
        self.rows = {
            row["case_id"]: row
            for row in found
            if {*only} <= names(row) and is_for(reviewer, names(row), settings.assign)
        }
        self._double = settings.double
        self.open: set[str] = set()
        self.refresh(self.rows)

    def refresh(self, case_ids: Iterable[str], *, session_id: str = "") -> None:
        """Look again at cases that something happened to.

        Args:
            case_ids: Their ids; others than candidates may be among them.
            session_id: The sitting, in which what was skipped is not shown again.
        """
        for case_id in case_ids:
            if case_id in self.rows and self._waits(case_id, session_id):
                self.open.add(case_id)
            else:
                self.open.discard(case_id)

    def lacks(self, case_id: str) -> int:
        """Return how many people have to decide on a case yet."""
        if self._adjudicates:
            return 1
        return lacking(case_id, self._standing.on(case_id), self._double)

    def said(self, case_id: str) -> list[dict[str, Any]]:
        """Return what reviewers said of a case, without their names."""
        return [
            {"verdict": event["decision"], **{name: event[name] for name in ("expected", "reasons", "note")}}
            for event in latest(self._standing.on(case_id))
        ]

    def _waits(self, case_id: str, session_id: str) -> bool:
        on, me = self._standing.on(case_id), self._reviewer
        mine = [event for event in on if event["reviewer"] == me]
        # A skip closes a case for its sitting; who decided on it settles no dispute about it.
        if any(event["decision"] != "skip" or event["session_id"] == session_id for event in mine):
            return False
        if self._adjudicates:
            return differ(latest(on)) and not adjudication(on)
        row = self.rows[case_id]
        # Nobody judges an edit of their own, unless nobody else was ever here.
        is_own = is_edit(row) and row["author"] == me and self._standing.reviewers() - {me}
        return self.lacks(case_id) > 0 and is_current(row, self._standing.on) and not is_own


def lacking(case_id: str, stack: Iterable[Mapping[str, Any]], double: float) -> int:
    """Return how many people have to decide on a case yet: none on one that is adjudicated.

    Args:
        case_id: The case.
        stack: The decisions on it that stand; see `workbench.decided.replayed`.
        double: The share of candidates that two people decide on (0-1).
    """
    told = [*stack]
    return 0 if adjudication(told) else 1 + is_double(case_id, double) - len(latest(told))


def is_edit(row: Mapping[str, Any]) -> bool:
    """Say whether a candidate is the edited text of a revision."""
    return [step["name"] for step in row["operators"][-1:]] == [REVISION]


def is_current(row: Mapping[str, Any], on: Callable[[str], list[dict[str, Any]]]) -> bool:
    """Say whether a candidate is no edited text, or one whose parent stands as revised.

    Args:
        row: A row of `cases`.
        on: Returns the decisions on a case that stand.
    """
    return not is_edit(row) or standing(on(row["parent_ids"][0]))["decision"] == "revise"


def names(row: Mapping[str, Any]) -> set[str]:
    """Return what a candidate can be filtered and assigned by: its levels and its bucket."""
    return {*(row["cell"].split(BETWEEN) if row["cell"] else []), row["bucket"]}
