"""The ledger of paid calls: what left, what came back, and what nobody knows."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbench.errors import StoreError
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from workbench.llm.budget import Use
    from workbench.store import Store

RANK = {"sent": 0, "unknown": 1, "got": 2}
"""A reply that came after all counts for more than that it was given up."""


BATCHED = "batch-"
"""How the ids of calls begin that leave in a batch."""


class Call(NamedTuple):
    """One attempt of one request.

    Attributes:
        call_id: The attempt.
        request_sha256: The request.
    """

    call_id: str
    request_sha256: str


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the ledger knows of a request that need not, or must not, be sent again.

    Attributes:
        state: `got`, a reply with status 200; or `unknown`.
        call_id: The attempt.
        raw: The reply as it came.
        usd: What it cost; None where nobody knows.
        latency_s: How long it took, in seconds; None where nobody knows.
    """

    state: Literal["got", "unknown"]
    call_id: str
    raw: str = ""
    usd: float | None = None
    latency_s: float | None = None

    @property
    def is_batched(self) -> bool:
        """Whether a batch has to bring the reply: another call would pay for it again."""
        return self.state == "unknown" and self.call_id.startswith(BATCHED)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What calls have cost.

    Attributes:
        attempts: Calls that left, or may have left.
        usd: Their cost, in USD.
        unpriced: Calls with a reply and without a cost.
        unpriced_usd: What those cost at most, in USD; None where one had no price when it left.
        unknown: Calls whose outcome nobody knows.
        unknown_usd: What those cost at most, in USD; None likewise.
    """

    attempts: int = 0
    usd: float = 0.0
    unpriced: int = 0
    unpriced_usd: float | None = 0.0
    unknown: int = 0
    unknown_usd: float | None = 0.0

    @property
    def most_usd(self) -> float | None:
        """What a budget starts from, in USD: what was spent, and the worst case of all whose cost nobody knows.

        It is None, and no 0, where one of these had no price when it left.
        """
        if self.unpriced_usd is None or self.unknown_usd is None:
            return None
        return self.usd + self.unpriced_usd + self.unknown_usd


@dataclass
class _Entry:
    """A row on its way into the store."""

    row: dict[str, Any]
    done: bool = False
    error: StoreError | None = None


class Ledger:
    """Rows of `calls`, committed when a method returns, from any thread.

    `sent` is committed before a byte leaves and `got` before the reply is read, so a process that
    dies at any moment leaves either a reply or a call that is known to be unknown. The key itself is
    never written.

    Args:
        store: The workspace's store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settled: dict[str, Settled] = {}
        self._waiting: deque[_Entry] = deque()
        self._writing = threading.Lock()
        for row in self.calls().to_dict("records"):
            self._settle(Call(row["call_id"], row["request_sha256"]), {str(k): v for k, v in row.items()})

    def sent(self, call: Call, worst: Use) -> None:
        """Write that a request is about to leave, with what it may use at most."""
        self._append(call, "sent", usage={"most_tokens": worst.tokens, "most_usd": worst.usd})

    def got(self, call: Call, *, raw: str | None, usage: dict[str, Any], usd: float | None) -> None:
        """Write what came back: the body, its status and tokens, and what it cost in USD.

        A request that certainly never left has no body, `usage` says why, and it cost 0.
        """
        self._append(call, "got", raw_reply=raw, usage=usage, cost_usd=usd)

    def unknown(self, call: Call, why: str) -> None:
        """Write that a request may have left and nothing came back."""
        self._append(call, "unknown", usage={"failure": why})

    def settled(self, request_sha256: str) -> Settled | None:
        """Return what is known of a request: its reply, or that it is unknown; None if it may be sent."""
        return self._settled.get(request_sha256)

    def close_open(self) -> pd.DataFrame:
        """Turn every call that left and has neither reply nor verdict into `unknown`, as after a crash.

        Call it while no other process is asking: its calls in flight would be called unknown until they
        come back.

        Returns:
            The calls that are unknown now, one row each as in `calls`.
        """
        found = self.calls()
        for row in found[found["state"] == "sent"].to_dict("records"):
            self.unknown(Call(row["call_id"], row["request_sha256"]), "the process ended")
        found = self.calls()
        return found[found["state"] == "unknown"].reset_index(drop=True)

    def calls(self) -> pd.DataFrame:
        """Return the paid calls, one row each: the columns of `calls`, `most_tokens` and `most_usd`.

        The state is the farthest one. Rows that no `sent` stands before are not of the wire.
        """
        found = self._store.read(CALLS)
        left = found[found["state"] == "sent"].set_index("call_id")["usage"]
        mine = found[found["call_id"].isin(left.index)]
        folded = mine.loc[mine["state"].map(RANK).sort_values(kind="stable").index]
        folded = folded.drop_duplicates("call_id", keep="last").sort_index().reset_index(drop=True)
        worst = folded["call_id"].map(left)
        return folded.assign(
            most_tokens=[used["most_tokens"] for used in worst], most_usd=[used["most_usd"] for used in worst]
        )

    def noted(self, call: Call) -> str | None:
        """Return what was written as `got` for a call that counts as none, such as a batch's id; None for nothing."""
        found = self._store.read(CALLS, call_id=call.call_id, state="got")
        return str(found["raw_reply"].iloc[0]) if len(found) else None

    def replies(self) -> list[Settled]:
        """Return every reply that is known."""
        return [known for known in list(self._settled.values()) if known.state == "got"]

    def spent(self, requests: Collection[str] | None = None, *, calls: pd.DataFrame | None = None) -> Spent:
        """Return what calls have cost, of these requests or of all.

        A reply without a cost is spent at its worst, as in the budget of the run that got it; what
        was turned away cost 0.

        Args:
            requests: The requests, by their keys; None for all.
            calls: What `calls` returned, where several questions are asked of it.
        """
        found = self.calls() if calls is None else calls
        if requests is not None:
            found = found[found["request_sha256"].isin(list(requests))]
        got = found[found["state"] == "got"]
        cost = got["cost_usd"]
        unpriced, lost = got.loc[cost.isna(), "most_usd"], found.loc[found["state"] != "got", "most_usd"]
        return Spent(
            attempts=len(found),
            usd=float(cost.sum()),
            unpriced=len(unpriced),
            unpriced_usd=_all(unpriced),
            unknown=len(lost),
            unknown_usd=_all(lost),
        )

    def _append(self, call: Call, state: str, **columns: Any) -> None:
        row = {**call._asdict(), "state": state, "at": dt.datetime.now(dt.UTC), **columns}
        entry = _Entry(row)
        self._waiting.append(entry)
        with self._writing:
            if not entry.done:
                self._write()
        if entry.error is not None:
            raise entry.error
        self._settle(call, row)

    def _write(self) -> None:
        """Write what all threads are waiting for in one transaction; a disk syncs once for all of them."""
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        error: StoreError | None = StoreError(
            "the ledger was interrupted; run it again, it goes on from here"
        )
        try:
            self._store.append(CALLS, [entry.row for entry in batch])
            error = None
        except StoreError as refused:
            error = refused
        finally:
            for entry in batch:
                entry.done, entry.error = True, error

    def _settle(self, call: Call, row: dict[str, Any]) -> None:
        before = self._settled.get(call.request_sha256)
        if row["state"] == "unknown" and (before is None or before.state == "unknown"):
            self._settled[call.request_sha256] = Settled(state="unknown", call_id=call.call_id)
        elif row["state"] == "got" and _is_reply(row):
            usd = row["cost_usd"]
            known = usd is not None and usd == usd  # noqa: PLR0124 - a missing number of a frame is NaN
            self._settled[call.request_sha256] = Settled(
                state="got",
                call_id=call.call_id,
                raw=row["raw_reply"] or "",
                usd=float(usd) if known else None,
                latency_s=row["usage"].get("latency_s"),
            )


def _is_reply(row: Mapping[Any, Any]) -> bool:
    """Say whether a model may have written a body, however broken; the sign-in page of a network is none."""
    status = int(row["usage"].get("status", 0))
    return 200 <= status < 300 and str(row["raw_reply"]).lstrip().startswith("{")


def _all(most: pd.Series[float]) -> float | None:
    """Return a sum in which nothing is missing; None otherwise."""
    return None if most.isna().any() else float(most.sum())
