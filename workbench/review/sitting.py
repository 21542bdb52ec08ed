"""A sitting: one reviewer at the queue, case after case, each decision in one transaction."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.chain import following
from workbench.decided import adjudication
from workbench.review.answers import Refused, answered, edit_of, read
from workbench.review.dealing import Dealer, Showing
from workbench.review.events import append, as_event
from workbench.review.outcomes import Outcome, outcome, who
from workbench.review.sittings import drawn, earlier
from workbench.review.standing import Standing
from workbench.review.waiting import Waiting
from workbench.tables import CASES, CHECKS, HOLDS, REVIEWS
from workbench.text import turns_text, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.review.sittings import Chair
    from workbench.store import Transaction
    from workbench.workspace import Workspace

HOLD = dt.timedelta(minutes=15)
"""How long a case stays in the hands of a reviewer who does nothing. Langfuse holds 5 minutes and
superintendent 10; a long conversation is read for longer. A hold that lapses costs a second opinion, no
decision."""

A_MOMENT = dt.timedelta(microseconds=1)
"""By how much an event is later than the one before it on its case, whatever the clock says."""

AS_CASE = {"candidate": True, "made_here": True, "split": "eval", "bucket": "prompted"}
"""What makes a check be judged by every rule that a candidate is, so that no refusal tells the two apart."""


class Sitting:
    """One reviewer at the queue.

    What comes next is chosen in the transaction that records a decision, so two reviewers on one queue
    get different cases, and one reviewer may have several windows open.

    Args:
        workspace: The workspace.
        chair: Who sits down, and to what.

    Attributes:
        current: What is on the screen; None when nothing waits.
        next: What comes after it.
        drafts: The half-filled forms by case.

    Raises:
        UsageError: The reviewer has the name of a generator.
        StoreError: The chain of events is broken, or the store refused.
    """

    def __init__(self, workspace: Workspace, chair: Chair) -> None:
        self._store, self._rubric, self.chair = workspace.store, workspace.rubric, chair
        self._saw = workspace.saw
        # First what was seen: others append meanwhile, and a log may be ahead of it, never behind.
        seen, cases, reviews = workspace.seen, workspace.cases, workspace.reviews
        self._standing = Standing(reviews, seen=seen)
        self._waiting = Waiting(
            cases,
            self._standing,
            workspace.settings.review,
            reviewer=chair.reviewer,
            only=chair.only,
            adjudicates=chair.adjudicates,
        )
        with self._store.transaction() as tx:
            self._waiting.refresh(self._standing.catch_up(tx))
            before = self._goes_on(earlier(tx, reviews, chair))
            seen_before = self._standing.shown_to(chair.reviewer)
            self._told = before or drawn(tx, workspace, self._waiting, chair, seen=seen_before)
            self._checks = {row["check_id"]: row | AS_CASE for row in tx.rows(CHECKS)}
        self._dealer = Dealer(self._told, self._waiting, self._checks)
        self._no_cases = cases.iloc[:0]
        self._was_here = before is not None
        self.current: Showing | None = None
        self.next: Showing | None = None
        self.drafts: dict[str, Any] = {}
        self._words: dict[str, int] = {}

    def _goes_on(self, before: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return an earlier sitting if something of its order waits yet."""
        if before:
            self._waiting.refresh(self._waiting.rows, session_id=before["session_id"])
            if self._waiting.open.intersection(before["places"]):
                return before
            # What it skipped waits for the sitting after it.
            self._waiting.refresh(self._waiting.rows)
        return None

    @property
    def session_id(self) -> str:
        """The sitting, as its events name it."""
        return str(self._told["session_id"])

    @property
    def buttons(self) -> list[str]:
        """The verdicts in the order that was drawn."""
        return list(self._told["buttons"])

    @property
    def decided(self) -> list[dict[str, Any]]:
        """The decisions of this sitting that stand, in their order."""
        mine = self._standing.by(self.chair.reviewer)
        return [event for event in mine if event["session_id"] == self.session_id]

    @property
    def is_over(self) -> bool:
        """Whether all of its order is done, so that what waits now needs a new one."""
        return self.current is None and self._was_here

    @property
    def left(self) -> int:
        """How many showings are to come."""
        return self._dealer.left(self.decided)

    def said(self, showing: Showing) -> list[dict[str, Any]] | None:
        """Return what reviewers said of a case that is adjudicated; None where nothing is."""
        return self._waiting.said(showing.case_id) if self.chair.adjudicates else None

    def words(self, case_id: str) -> int:
        """Return how many words a case of this sitting has."""
        if case_id not in self._words:
            row = self._checks.get(case_id) or self._waiting.rows[case_id]
            self._words[case_id] = len(words(turns_text(row["turns"])))
        return self._words[case_id]

    def begin(self) -> None:
        """Take the first cases in hand; after a restart, those that were on the screen."""
        with self._store.transaction() as tx:
            self._catch_up(tx)
            mine = tx.rows(HOLDS, reviewer=self.chair.reviewer)
            self.drafts = {row["case_id"]: row["draft"] for row in mine if row["draft"]} | self.drafts
            there = [one for one in (self.current, self.next) if one]
            there = there or self._dealer.again(
                [(row["case_id"], row["planted"]) for row in mine], self.decided
            )
            chosen = self._dealt(tx, there)
            resumed = [self._event("resume", chosen[0])] if self._was_here and chosen else []
            events = self._record(tx, None, [*resumed, *self._shown(chosen)])
            self._hold(tx, chosen)
        self._was_here = True
        self._go_on(chosen, events)

    def decide(self, ticket: str, message: Mapping[str, Any]) -> Outcome:
        """Record a decision on what is on the screen, and go on.

        Args:
            ticket: Which showing.
            message: The answers; see `workbench.review.answers.read`.

        Raises:
            Refused: It lacks something; nothing was recorded.
            StoreError: The store refused; nothing was recorded.
        """
        shown = self._on_screen(ticket)
        told = read(message, shown.row, self._rubric, about=self._about(shown))
        if self.chair.adjudicates and told["verdict"] != "skip":
            told["event"] = "adjudicate"
        with self._store.transaction() as tx:
            self._catch_up(tx)
            done = outcome(
                shown, self._standing, self._waiting, self.chair.reviewer, session_id=self.session_id
            )
            # What comes next is painted already, whatever became of it.
            chosen = self._dealt(tx, [self.next] if self.next else [], deciding=shown)
            position = len(self.decided) + done.is_recorded
            made = (shown, told) if done.is_recorded else None
            events = self._record(tx, made, self._shown(chosen, position))
            self._hold(tx, chosen)
        self.drafts.pop(shown.case_id, None)
        self._go_on(chosen, events)
        return done

    def undo(self) -> None:
        """Take back the newest decision that stands, of this sitting or an earlier one, and show its case.

        What was answered becomes the draft of the case.

        Raises:
            Refused: There is none, or others built on it since.
            StoreError: The store refused; nothing was recorded.
        """
        with self._store.transaction() as tx:
            self._catch_up(tx)
            undone: dict[str, Any] | None = next(reversed(self._undoable()), None)
            if not undone:
                raise Refused("There is no decision of yours to take back.")
            case_id = undone["case_id"]
            on = self._standing.on(case_id) if undone["planted"] is None else []
            above = adjudication(on)
            if above and above["event_id"] != undone["event_id"]:
                raise Refused(f"{who(above)}; it cannot be taken back any more.")
            child = edit_of(tx, undone)
            if child and (judged := self._standing.on(child["case_id"])):
                raise Refused(f"{who(judged[-1])}, your edited text; the edit cannot be taken back any more.")
            showing = self._dealer.showing(case_id, undone["planted"])
            self.drafts[case_id] = answered(tx, undone, child)
            chosen = [showing, *([self.current] if self.current else [])]
            position = len(self.decided) - (undone["session_id"] == self.session_id)
            events = self._record(tx, None, [self._event("undo", showing), *self._shown(chosen, position)])
            self._hold(tx, chosen)
        self._go_on(chosen, events)

    def note(self, ticket: str, text: str) -> None:
        """Record a remark on a case without a decision."""
        shown = self._on_screen(ticket)
        with self._store.transaction() as tx:
            self._catch_up(tx)
            events = self._record(tx, None, [self._event("note", shown) | {"note": text}])
        self._took(events)

    def draft(self, ticket: str, form: Any) -> None:
        """Keep a half-filled form, so that a reload or a restart finds it."""
        shown = next((one for one in (self.current, self.next) if one and one.ticket == ticket), None)
        if shown:
            self.drafts[shown.case_id] = form
            with self._store.transaction() as tx:
                self._hold(tx, [one for one in (self.current, self.next) if one])

    def _catch_up(self, tx: Transaction) -> None:
        self._waiting.refresh(self._standing.catch_up(tx), session_id=self.session_id)

    def _took(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._waiting.refresh(self._standing.took(events), session_id=self.session_id)
        self._saw(self._standing.newest)

    def _go_on(self, chosen: Sequence[Showing], events: Sequence[Mapping[str, Any]]) -> None:
        self.current, self.next = [*chosen, None, None][:2]
        self._took(events)

    def _on_screen(self, ticket: str) -> Showing:
        if self.current is None or self.current.ticket != ticket:
            raise Refused("This case is not on the screen any more; the window is set up anew.", "window")
        return self.current

    def _undoable(self) -> list[dict[str, Any]]:
        """Return the decisions that were made in a window: imported ones are taken back by nobody here."""
        mine = self._standing.by(self.chair.reviewer)
        known = {*self._waiting.rows, *self._checks}
        return [event for event in mine if event["event"] != "imported" and event["case_id"] in known]

    def _dealt(
        self, tx: Transaction, there: Sequence[Showing], *, deciding: Showing | None = None
    ) -> list[Showing]:
        """Return what comes on the screen and after it; what others have in hand is left to them."""
        now, me = dt.datetime.now(dt.UTC), self.chair.reviewer
        held = (row for row in tx.rows(HOLDS) if row["reviewer"] != me and row["until"] > now)
        others = Counter(row["case_id"] for row in held)
        return self._dealer.deal(there, done=self.decided, deciding=deciding, others=others)

    def _about(self, shown: Showing) -> dict[str, Any]:
        now, last = dt.datetime.now(dt.UTC), self._standing.last_at(shown.case_id)
        return {
            "case_id": shown.case_id,
            "content_sha256": shown.row["content_sha256"],
            "reviewer": self.chair.reviewer,
            "session_id": self.session_id,
            "position": len(self.decided),
            # Decisions are read in the order of their moments, and clocks step back and differ.
            "at": max(now, last + A_MOMENT) if last else now,
        }

    def _event(self, kind: str, shown: Showing) -> dict[str, Any]:
        about = self._about(shown) | {"event": kind, "planted": shown.planted, "reasons": []}
        return about | {"rubric_version": self._rubric.version}

    def _shown(self, chosen: Sequence[Showing], position: int | None = None) -> list[dict[str, Any]]:
        """Return the event that the first of them is on the screen."""
        place = {} if position is None else {"position": position}
        return [self._event("shown", one) | place for one in chosen[:1]]

    def _record(
        self,
        tx: Transaction,
        made: tuple[Showing, Mapping[str, Any]] | None,
        around: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        """Append a decision and what happened around it; a hidden check brings about nothing else."""
        if made and not made[0].planted:
            told = made[1]
            cases = self._no_cases if told["turns"] is None else tx.read(CASES, case_id=told["case_id"])
            return append(tx, [told], cases, self._rubric, newest=self._standing.newest, around=around).events
        own = [as_event(made[1], self._rubric) | {"planted": made[0].planted}] if made else []
        events = following(self._standing.newest, [*own, *around])
        tx.append(REVIEWS, events)
        return events

    def _hold(self, tx: Transaction, chosen: Sequence[Showing]) -> None:
        """Say to others what is in this reviewer's hands."""
        about = {"reviewer": self.chair.reviewer, "session_id": self.session_id}
        until = dt.datetime.now(dt.UTC) + HOLD
        rows = [
            about
            | {
                "case_id": one.case_id,
                "planted": one.planted,
                "until": until,
                "draft": self.drafts.get(one.case_id),
            }
            for one in {one.case_id: one for one in chosen}.values()
        ]
        tx.replace(HOLDS, rows, reviewer=self.chair.reviewer)
