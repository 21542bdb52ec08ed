"""What is decided so far, kept up with the log while others append to it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.chain import FIRST, broken, following
from workbench.errors import StoreError
from workbench.review.decisions import plain
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from workbench.store import Transaction

HASHES = frozenset({"event_id", "previous_sha256", "event_sha256"})
"""What an event gets when it is appended."""


class Standing:
    """The fold of the review log as far as it was read: whose decisions stand on a case.

    It is opened on the whole log, whose chain is checked once; what comes after is read and checked
    event by event, so that a decision costs the same however long the log is.

    Args:
        reviews: The whole table `reviews`.
        seen: The newest event that was seen; see `workbench.chain.broken`.

    Raises:
        StoreError: The chain is broken.
    """

    def __init__(self, reviews: pd.DataFrame, *, seen: tuple[int, str] = FIRST) -> None:
        if fault := broken(reviews, seen=seen):
            raise StoreError(
                f"the chain of review events is broken: {fault}; restore the database from a backup"
            )
        self._newest = FIRST
        self._on: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._by: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._take(plain(reviews))

    @property
    def newest(self) -> tuple[int, str]:
        """The number and the hash of the newest event, to which the next one is linked."""
        return self._newest

    def catch_up(self, tx: Transaction) -> set[str]:
        """Read what others appended, and return the ids of the cases that it is about.

        Raises:
            StoreError: It does not follow what was read before.
        """
        events = tx.after(REVIEWS, event_id=self._newest[0])
        told = [{name: event[name] for name in event if name not in HASHES} for event in events]
        if following(self._newest, told) != events:
            raise StoreError(
                f"the chain of review events is broken after event {self._newest[0]}; nothing was recorded; "
                "restore the database from a backup"
            )
        return self._take(events)

    def on(self, case_id: str) -> list[dict[str, Any]]:
        """Return the decisions on a case that stand, in their order; see `workbench.folds.replayed`."""
        return folds.replayed(self._on.get(case_id, ()))[0]

    def by(self, reviewer: str) -> list[dict[str, Any]]:
        """Return the decisions of a reviewer that stand, planted ones too, in their order."""
        return self._by.get(reviewer, [])

    def took(self, events: Iterable[Mapping[str, Any]]) -> set[str]:
        """Fold in what this process appended itself, once it is committed; return the ids of its cases."""
        return self._take([dict(event) for event in events])

    def _take(self, events: Iterable[dict[str, Any]]) -> set[str]:
        touched = set()
        for event in events:
            verdict = event["verdict"] if event["event"] in {"imported", "adjudicate"} else event["event"]
            told = event | {"decision": verdict if verdict in folds.DECISIONS else None}
            if event["planted"] is None:
                self._on[event["case_id"]].append(told)
            self._fold(self._by[event["reviewer"]], told)
            self._newest = event["event_id"], event["event_sha256"]
            touched.add(event["case_id"])
        return touched

    @staticmethod
    def _fold(stack: list[dict[str, Any]], event: dict[str, Any]) -> None:
        if event["decision"]:
            stack.append(event)
        elif event["event"] == "undo":
            same = [
                place
                for place, made in enumerate(stack)
                if (made["case_id"], made["planted"]) == (event["case_id"], event["planted"])
            ]
            if same:
                del stack[same[-1]]
