"""What comes next: the candidates of an order that wait, and the hidden checks when they are due."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.review.sittings import FORGOTTEN, REPEAT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.review.waiting import Waiting


@dataclass(frozen=True, eq=False)
class Showing:
    """A case on the screen, or about to be.

    Attributes:
        ticket: What the browser knows it by.
        case_id: Its id, which the browser never learns.
        row: The row of `cases` or `checks`.
        planted: Which hidden check it is; None for none.
    """

    ticket: str
    case_id: str
    row: Mapping[str, Any]
    planted: str | None = None


class Dealer:
    """Deals the cases of a sitting, one after the other.

    Args:
        told: The row of `sittings`.
        waiting: What waits for the reviewer.
        checks: Rows of `checks` by id.
    """

    def __init__(
        self, told: Mapping[str, Any], waiting: Waiting, checks: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._told, self._waiting, self._checks = told, waiting, checks

    def deal(
        self,
        there: Sequence[Showing],
        *,
        done: Sequence[Mapping[str, Any]],
        deciding: Showing | None = None,
        others: Mapping[str, int],
    ) -> list[Showing]:
        """Return what comes on the screen and what comes after it, as far as anything waits.

        Args:
            there: What is in hand already.
            done: The decisions of the sitting that stand.
            deciding: What is decided in this moment.
            others: How many other people have a case in hand, by its id.
        """
        gone, chosen = [deciding] if deciding else [], list(there[:2])
        while len(chosen) < 2:
            one = self._due(done, [*gone, *chosen]) or self._free(others, [*gone, *chosen])
            if one is None:
                break
            chosen.append(one)
        return chosen

    def again(
        self, held: Sequence[tuple[str, str | None]], done: Sequence[Mapping[str, Any]]
    ) -> list[Showing]:
        """Return what was in hand when the window went away, as far as it is still open.

        Args:
            held: The cases that were in hand, and which hidden checks they are.
            done: The decisions of the sitting that stand.
        """
        decided = {(event["case_id"], event["planted"]) for event in done}
        planted = {slot["case_id"] for slot in self._told["planted"]} | {event["case_id"] for event in done}
        return [
            self.showing(case_id, kind)
            for case_id, kind in held
            if (
                case_id in planted and (case_id, kind) not in decided
                if kind
                else case_id in self._waiting.open
            )
        ]

    def left(self, done: Sequence[Mapping[str, Any]]) -> int:
        """Return how many showings are to come, hidden checks among them, so that their count tells nothing."""
        places = sum(case_id in self._waiting.open for case_id in self._told["places"])
        planted = sum(event["planted"] is not None for event in done)
        return places + max(0, len(self._told["planted"]) - planted)

    def showing(self, case_id: str, planted: str | None = None) -> Showing:
        """Return a case under a new ticket."""
        row = self._checks[case_id] if case_id in self._checks else self._waiting.rows[case_id]
        return Showing(secrets.token_hex(12), case_id, row, planted)

    def _free(self, others: Mapping[str, int], taken: Sequence[Showing]) -> Showing | None:
        """Return the next candidate of the order that waits and is in nobody's hands."""
        ids = {one.case_id for one in taken}
        free = (
            case_id
            for case_id in self._told["places"]
            if case_id in self._waiting.open
            and case_id not in ids
            and others.get(case_id, 0) < self._waiting.lacks(case_id)
        )
        case_id = next(free, None)
        return self.showing(case_id) if case_id else None

    def _due(self, done: Sequence[Mapping[str, Any]], taken: Sequence[Showing]) -> Showing | None:
        """Return the hidden check that comes now, if one does."""
        shown = [(event["case_id"], event["planted"]) for event in done]
        shown += [(one.case_id, one.planted) for one in taken]
        repeats = sum(planted == REPEAT for _, planted in shown)
        for slot in self._told["planted"]:
            if slot["after"] > len(shown):
                break
            if slot["planted"] == REPEAT:
                repeats -= 1
                if repeats < 0 and (case_id := self._forgotten(done, shown)):
                    return self.showing(case_id, REPEAT)
            elif (slot["case_id"], slot["planted"]) not in shown:
                return self.showing(slot["case_id"], slot["planted"])
        return None

    def _forgotten(
        self, done: Sequence[Mapping[str, Any]], shown: Sequence[tuple[str, str | None]]
    ) -> str | None:
        """Draw a case of this sitting that was decided a while ago and not repeated yet."""
        repeated = {case_id for case_id, planted in shown if planted == REPEAT}
        old = [
            event["case_id"]
            for event in done[:-FORGOTTEN]
            if event["planted"] is None and event["decision"] != "skip" and event["case_id"] not in repeated
        ]
        rng = random.Random(f"{self._told['session_id']} {len(repeated)}")  # noqa: S311 - it draws, it hides nothing
        return rng.choice(old) if old else None
