"""The way out of a batch: one request that carries many calls, and questions about it that cost nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2

from workbench.errors import SafetyError
from workbench.llm.batches.api import is_turned_away, told
from workbench.llm.batches.records import together
from workbench.llm.batches.results import FREE
from workbench.llm.budget import Use
from workbench.llm.outcomes import Exchange
from workbench.llm.transport import NEVER_LEFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.llm.ledger import Call
    from workbench.llm.transport import GuardedTransport


class BatchTransport(httpx2.BaseTransport):
    """Sends a batch behind the guards of a single call; what one of its calls must not hold keeps all of it here.

    Every call is `sent` in the ledger before a byte leaves, and the batch's id is there before anybody reads it.
    Only an answer that says that nothing was taken frees the calls. After any other failure they stay `sent`, and
    the server has to be asked which of its batches they are.

    Args:
        guard: The way out of single calls.
    """

    def __init__(self, guard: GuardedTransport) -> None:
        self._guard = guard
        self._announced: dict[str, Sequence[Call]] = {}
        self._reserved: dict[str, Use] = {}
        self._exchanges: dict[str, Exchange] = {}

    def announce(self, batch: Call, calls: Iterable[Call]) -> None:
        """Say which calls the next batch carries, in its order."""
        self._announced[batch.call_id] = tuple(calls)

    def adopt(self, most: Mapping[str, Use]) -> None:
        """Give back to the budget, when their results are here, what it counted for calls of an earlier process."""
        self._reserved.update(most)

    def taken(self, batch: Call) -> Exchange | None:
        """Return, once, what went over the wire for a batch; None where nothing did."""
        return self._exchanges.pop(batch.call_id, None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a batch, or ask about one.

        Raises:
            SafetyError: Its host is another one, it is not one of ours, or it holds personal data or a key.
            CapError: It could pass a cap.
            StoreError: The ledger cannot be written.
        """
        if request.method == "GET":
            self._guard.hold_host(request)
            return self._guard.inner.handle_request(request)
        batch = self._guard.let_out(request)
        calls = self._announced.pop(batch.call_id, ())
        self._reserve(calls, json.loads(request.read())["requests"])
        try:
            response = self._guard.inner.handle_request(request)
            response.read()
        except NEVER_LEFT as error:
            failure = type(error).__name__
            self.free(calls, {"failure": failure})
            self._exchanges[batch.call_id] = Exchange(failure=failure, left=False)
            raise
        except BaseException as error:
            self._exchanges[batch.call_id] = Exchange(failure=type(error).__name__)
            raise
        came = self._exchanges[batch.call_id] = self._guard.exchange(response)
        if told(came):
            self._guard.ledger.got(batch, raw=came.raw, usage={"status": response.status_code}, usd=0.0)
        elif is_turned_away(came):
            self.free(calls, {"status": response.status_code}, came.raw)
        return response

    def keep(self, call: Call, raw: str, kind: str, message: Any) -> None:
        """Write a line of a batch's results into the ledger before its reply is read.

        Args:
            call: The call that it answers.
            raw: The line as it is stored.
            kind: What became of the call.
            message: The model's message, whose tokens are counted.
        """
        worst = self._reserved.pop(call.call_id, None)
        if kind in FREE:
            self._guard.free(call, worst, {"result": kind}, raw)
        else:
            self._guard.paid(call, worst, {"status": 200, "result": kind}, raw, message)

    def free(self, calls: Iterable[Call], usage: dict[str, Any], raw: str | None = None) -> None:
        """Write that calls cost nothing, and why."""
        together(
            lambda call: self._guard.free(call, self._reserved.pop(call.call_id, None), usage, raw), calls
        )

    def _reserve(self, calls: Sequence[Call], requests: Sequence[Any]) -> None:
        if [call.call_id for call in calls] != [request["custom_id"] for request in requests]:
            raise SafetyError("a batch that is not in the ledger was not sent; ask through the client")
        worst = [self._guard.most(json.dumps(request["params"]).encode()) for request in requests]
        usd = [use.usd for use in worst]
        known = [part for part in usd if part is not None]
        total = Use(sum(use.tokens for use in worst), sum(known) if len(known) == len(usd) else None)
        self._guard.budget.reserve(total, len(calls))
        self._reserved |= {call.call_id: use for call, use in zip(calls, worst, strict=True)}
        together(self._guard.ledger.sent, calls, worst)
