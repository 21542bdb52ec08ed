"""The chain of review events: each one holds the hash of the one before it, so that a change shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.provenance import FIRST_SHA256, chained
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


def linked(stored: pd.DataFrame, events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return events as the rows that come next in the chain.

    Read the stored events and append the new ones in one transaction, so that nobody else comes
    between; see `workbench.store.Store.transaction`.

    Args:
        stored: The whole table `reviews`.
        events: Columns of `reviews` by name; absent ones are missing, numbers and hashes are set here.

    Returns:
        Rows of `reviews`, in the order of the events.

    Example:
        >>> first, second = linked(REVIEWS.frame(), [{"event": "shown"}, {"event": "keep"}])
        >>> second["event_id"], second["previous_sha256"] == first["event_sha256"]
        (2, True)
    """
    first, previous = 1, FIRST_SHA256
    if len(stored):
        first, previous = int(stored["event_id"].iloc[-1]) + 1, str(stored["event_sha256"].iloc[-1])
    rows = []
    for number, event in enumerate(events, first):
        row = {name: event.get(name) for name in REVIEWS.names} | {"event_id": number}
        digest = chained(previous, row)
        rows.append(row | {"previous_sha256": previous, "event_sha256": digest})
        previous = digest
    return rows


def broken(reviews: pd.DataFrame) -> str:
    """Say in a sentence where the chain of events is broken; nothing when it is whole.

    An event that was changed, taken out or put elsewhere is found. Events that were cut off at the
    end leave no trace in the chain itself: compare the newest hash with the one in an older report.

    Args:
        reviews: The whole table `reviews`.
    """
    previous = FIRST_SHA256
    rows = reviews.sort_values("event_id").astype("object")
    for number, row in enumerate(rows.where(rows.notna(), None).to_dict("records"), 1):
        event = {str(name): value for name, value in row.items()}
        if event["event_id"] != number:
            return f"event {number} is missing: the next one is {event['event_id']}"
        if event["previous_sha256"] != previous:
            return f"event {number} does not follow the one before it"
        if chained(previous, event) != event["event_sha256"]:
            return (
                f"event {number} ({event['event']} of {event['case_id']} by {event['reviewer']}) was changed "
                "after it was recorded"
            )
        previous = event["event_sha256"]
    return ""
