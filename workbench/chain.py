"""The chain of review events: each one holds the hash of the one before it, so that a change shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.provenance import FIRST_SHA256, chained
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd


FIRST = (0, FIRST_SHA256)
"""What stands for the newest event before there is one."""


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
    return following(newest(stored), events)


def newest(reviews: pd.DataFrame) -> tuple[int, str]:
    """Return the number and the hash of the newest event; `FIRST` where there is none."""
    if reviews.empty:
        return FIRST
    return int(reviews["event_id"].iloc[-1]), str(reviews["event_sha256"].iloc[-1])


def following(last: tuple[int, str], events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return events as the rows that come after an event; see `linked`.

    Args:
        last: The number and the hash of the newest event; `FIRST` before the first one.
        events: Columns of `reviews` by name.
    """
    number, previous = last
    rows = []
    for event in events:
        number += 1
        row = {name: event.get(name) for name in REVIEWS.names} | {"event_id": number}
        digest = chained(previous, row)
        rows.append(row | {"previous_sha256": previous, "event_sha256": digest})
        previous = digest
    return rows


def broken(reviews: pd.DataFrame, *, seen: tuple[int, str] = FIRST) -> str:
    """Say in a sentence where the chain of events is broken; nothing when it is whole.

    An event that was changed, taken out or put elsewhere is found by the chain alone. Events that were
    cut off at the end leave no trace in it: they are found by the newest event that was seen before.

    Args:
        reviews: The whole table `reviews`.
        seen: The number and the hash of the newest event that was seen; see `remembered`.
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
        if number == seen[0] and previous != seen[1]:
            return f"event {number} is another one than the one that {WITNESS} holds"
    if seen[0] > len(reviews):
        return (
            f"it ends at event {len(reviews)}, and {WITNESS} holds event {seen[0]}: the newest events were cut off, "
            "or the database is an older one; delete that file if this is meant"
        )
    return ""


WITNESS = "reviews.newest.json"
"""The file of a workspace that holds the newest event that was seen on this machine."""


def remember(file: Path, database: str, newest: tuple[int, str]) -> None:
    """Write down the newest event of a database, outside of it.

    Args:
        file: The `WITNESS` of the workspace.
        database: Which database, without a password; see `workbench.store.engine.label`.
        newest: The number and the hash of the event.
    """
    # Not flushed: it is written at every decision, and an older one, or a torn one, misses a little and harms nothing.
    told = {"database": database, "event_id": newest[0], "event_sha256": newest[1]}
    file.write_text(json.dumps(told), "utf-8")


def remembered(file: Path, database: str) -> tuple[int, str]:
    """Return the newest event that was seen of a database; `FIRST` where nothing is known of it.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     remember(Path(folder, WITNESS), "shop.db", (7, "ab"))
        ...     remembered(Path(folder, WITNESS), "shop.db"), remembered(Path(folder, WITNESS), "other.db")[0]
        ((7, 'ab'), 0)
    """
    try:
        told = json.loads(file.read_text("utf-8"))
        known = (int(told["event_id"]), str(told["event_sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        # What cannot be read says nothing; the chain itself is checked all the same.
        return FIRST
    return known if told["database"] == database else FIRST
