"""What is decided so far, kept up with the log while others append to it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from workbench.chain import FIRST, broken, following
from workbench.decided import DECISIONS, replayed
from workbench.errors import StoreError
from workbench.review.decisions import plain
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from workbench.store import Transaction

Thing = tuple[str, str | None]
"""What is decided on: a case, or a case or check as a hidden check."""

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
        self._events: defaultdict[Thing, list[dict[str, Any]]] = defaultdict(list)
        self._things: defaultdict[str, dict[Thing, None]] = defaultdict(dict)
        self._folded: dict[Thing, list[dict[str, Any]]] = {}
        self._last: dict[str, dt.datetime] = {}
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

    def on(self, case_id: str, planted: str | None = None) -> list[dict[str, Any]]:
        """Return the decisions on a case that stand, in their order; see `workbench.decided.replayed`.

        Args:
            case_id: The case or planted check.
            planted: Which hidden check, for what was decided on it as one.
        """
        thing = (case_id, planted)
        if thing not in self._folded:
            self._folded[thing] = replayed(self._events.get(thing, ()))[0]
        return self._folded[thing]

    def by(self, reviewer: str) -> list[dict[str, Any]]:
        """Return the decisions of a reviewer that stand, planted ones too, in their order."""
        made = (event for thing in self._things.get(reviewer, ()) for event in self.on(*thing))
        return sorted((e for e in made if e["reviewer"] == reviewer), key=lambda event: event["event_id"])

    def shown_to(self, reviewer: str) -> set[str]:
        """Return the ids of everything that a reviewer was ever shown."""
        return {case_id for case_id, _ in self._things.get(reviewer, ())}

    def reviewers(self) -> set[str]:
        """Return everybody who ever sat down or decided."""
        return {*self._things}

    def last_at(self, case_id: str) -> dt.datetime | None:
        """Return the latest moment of an event about a case, by whatever clock it was told."""
        return self._last.get(case_id)

    def took(self, events: Iterable[Mapping[str, Any]]) -> set[str]:
        """Fold in what this process appended itself, once it is committed; return the ids of its cases."""
        return self._take([dict(event) for event in events])

    def _take(self, events: Iterable[dict[str, Any]]) -> set[str]:
        touched = set()
        for event in events:
            verdict = event["verdict"] if event["event"] in {"imported", "adjudicate"} else event["event"]
            thing = (event["case_id"], event["planted"])
            decision = verdict if verdict in DECISIONS else None
            self._events[thing].append(event | {"decision": decision})
            self._things[event["reviewer"]][thing] = None
            self._folded.pop(thing, None)
            self._last[thing[0]] = max(event["at"], self._last.get(thing[0], event["at"]))
            self._newest = event["event_id"], event["event_sha256"]
            touched.add(event["case_id"])
        return touched
