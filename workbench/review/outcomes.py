"""What becomes of a decision that others, or another window, were quicker than."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.decided import adjudication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.review.dealing import Showing
    from workbench.review.standing import Standing
    from workbench.review.waiting import Waiting


class Outcome(NamedTuple):
    """What became of a decision.

    Attributes:
        is_recorded: Whether it is recorded; not, where the case is settled already.
        news: What others, or the reviewer in another window, did to the case meanwhile; empty for nothing.
    """

    is_recorded: bool
    news: str


def outcome(
    shown: Showing, standing: Standing, waiting: Waiting, reviewer: str, *, session_id: str
) -> Outcome:
    """Say whether a decision is to be recorded, and what happened since its case came on the screen.

    Args:
        shown: What is decided on.
        standing: What is decided so far.
        waiting: What waits for the reviewer.
        reviewer: Who decides.
        session_id: The sitting.
    """
    on = standing.on(shown.case_id, shown.planted)
    # What was skipped, or was a hidden check, in another sitting is free to be decided.
    mine = [
        event
        for event in on
        if event["reviewer"] == reviewer
        and (event["session_id"] == session_id or (event["decision"] != "skip" and not shown.planted))
    ]
    if settled := adjudication(on) or next(reversed(mine), None):
        return Outcome(
            is_recorded=False,
            news=f"{who(settled)} ({settled['decision']}); that stands, and nothing was recorded now.",
        )
    others = [event for event in on if event["decision"] != "skip"]
    if others and not shown.planted and waiting.lacks(shown.case_id) <= 0:
        # What the other one decided is not told: the two are blind to each other.
        return Outcome(
            is_recorded=True,
            news=f"{who(others[-1])} while you had it open; both decisions are recorded.",
        )
    return Outcome(is_recorded=True, news="")


def who(event: Mapping[str, Any]) -> str:
    """Say who decided, and when."""
    verb = "adjudicated" if event["event"] == "adjudicate" else "decided"
    at = event["at"].astimezone(dt.UTC)
    return f"{event['reviewer']} {verb} on that case at {at:%H:%M} UTC on {at:%Y-%m-%d}"
