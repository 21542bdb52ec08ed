"""A batch in the ledger: its calls by their names, its id, and how the server's list ended before it left."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.llm.budget import Use
from workbench.llm.ledger import BATCHED, Call
from workbench.provenance import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from workbench.llm.ledger import Ledger

NAMED = r"^(batch-[a-p]{32})-[0-9]+$"
"""The name of a call, in the ledger and at the server: its batch's name and a number."""

LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""A name has letters for digits, so that none looks like the number of a card."""

WRITERS = 16
"""Threads that write rows together. Source: measured, 16 rows in one transaction take little longer than one."""


class Batch(NamedTuple):
    """A batch that left, or was about to.

    Attributes:
        name: What all its calls' names begin with.
        calls: Its calls without a result, by their names.
        size: How many calls it has in all.
        left_at: When it left at the latest, UTC.
        most: What its calls use at most, by their names, where an earlier process reserved it.
    """

    name: str
    calls: dict[str, Call]
    size: int
    left_at: dt.datetime
    most: Mapping[str, Use]

    @classmethod
    def of(cls, requests: Sequence[str]) -> Batch:
        """Return a new batch of requests, given by their keys, in their order."""
        name = f"{BATCHED}{uuid.uuid4().hex.translate(LETTERS)}"
        calls = {f"{name}-{n}": Call(f"{name}-{n}", key) for n, key in enumerate(requests)}
        return cls(name, calls, len(calls), dt.datetime.now(dt.UTC), {})


def left(ledger: Ledger, requests: Container[str]) -> Iterator[Batch]:
    """Yield the batches that lack the result of some of these requests, given by their keys."""
    calls = ledger.calls()
    names = calls["call_id"].str.extract(NAMED)[0]
    for name, rows in calls.groupby(names, sort=False):
        lacking = rows[rows["state"] != "got"].to_dict("records")
        if any(row["request_sha256"] in requests for row in lacking):
            yield Batch(
                name=str(name),
                calls={row["call_id"]: Call(row["call_id"], row["request_sha256"]) for row in lacking},
                size=len(rows),
                # A row that a later process wrote says later, which only means to look longer.
                left_at=max(row["at"].to_pydatetime() for row in lacking),
                most={row["call_id"]: Use(int(row["most_tokens"]), _usd(row["most_usd"])) for row in lacking},
            )


def lost(ledger: Ledger) -> dict[str, str]:
    """Return the requests that left, or may have left, and have no result: a call's id by their keys."""
    calls = ledger.calls()
    open_ = calls[calls["state"] != "got"]
    return {
        str(key): str(call_id) for key, call_id in zip(open_["request_sha256"], open_["call_id"], strict=True)
    }


def together(write: Callable[..., object], *rows: Iterable[Any]) -> None:
    """Write rows from several threads, so that they share transactions and a disk syncs once for many.

    Raises:
        StoreError: One could not be written.
    """
    with ThreadPoolExecutor(WRITERS) as threads:
        for _ in threads.map(write, *rows):
            pass


def itself(name: str) -> Call:
    """Return where the ledger has the id of a batch. It stands there without `sent`, so it counts as no call."""
    return Call(name, sha256([name, "id"]))


def before(name: str) -> Call:
    """Return where the ledger has how the server's list ended before a batch left; it counts as no call."""
    return Call(f"{name}-before", sha256([name, "before"]))


def _usd(most: float | None) -> float | None:
    return None if most is None or math.isnan(most) else most
