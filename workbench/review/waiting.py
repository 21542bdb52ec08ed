"""Which candidates wait for one reviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.decided import differ, latest, standing
from workbench.errors import UsageError, listed, shown
from workbench.labels import wrote
from workbench.review.decisions import plain
from workbench.review.order import is_double, is_for
from workbench.review.revisions import REVISION
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from workbench.review.standing import Standing
    from workbench.settings import Review

BETWEEN = "/"
"""What stands between the levels of a cell."""


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
        self._needed = {case_id: 1 + is_double(case_id, settings.double) for case_id in self.rows}
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
        return self._needed[case_id] - len(latest(self._standing.on(case_id)))

    def said(self, case_id: str) -> list[dict[str, Any]]:
        """Return what reviewers said of a case, without their names."""
        return [
            {"verdict": event["decision"], **{name: event[name] for name in ("expected", "reasons", "note")}}
            for event in latest(self._standing.on(case_id))
        ]

    def _waits(self, case_id: str, session_id: str) -> bool:
        on = self._standing.on(case_id)
        said = latest(on)
        if any(event["event"] == "adjudicate" for event in on) or any(
            event["reviewer"] == self._reviewer and event["session_id"] == session_id for event in on
        ):
            return False
        # Who differs with somebody settles nothing.
        if any(event["reviewer"] == self._reviewer for event in said):
            return False
        if self._adjudicates:
            return differ(said)
        return self.lacks(case_id) > 0 and self._is_to_be_read(self.rows[case_id])

    def _is_to_be_read(self, row: Mapping[str, Any]) -> bool:
        """Say whether an edited text is still one, and one that this reviewer may judge."""
        if not any(step["name"] == REVISION for step in row["operators"][-1:]):
            return True
        parent = standing(self._standing.on(row["parent_ids"][0]))
        # Nobody judges an edit of their own, unless nobody else was ever here.
        is_own = row["author"] == self._reviewer and self._standing.reviewers() - {self._reviewer}
        return parent["decision"] == "revise" and not is_own


def names(row: Mapping[str, Any]) -> set[str]:
    """Return what a candidate can be filtered and assigned by: its levels and its bucket."""
    return {*(row["cell"].split(BETWEEN) if row["cell"] else []), row["bucket"]}
