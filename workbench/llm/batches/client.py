"""A client that asks in batches, and finds its batch again after every crash."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from workbench.errors import CapError, StoppedError, UsageError, counted
from workbench.llm.access import secret
from workbench.llm.anthropic_messages import params
from workbench.llm.batches import records
from workbench.llm.batches.api import GO_ON, BatchApi, Found, Newest, Told, is_turned_away
from workbench.llm.batches.records import Batch
from workbench.llm.batches.requests import parts
from workbench.llm.batches.results import FREE, failed, line
from workbench.llm.ledger import Call
from workbench.llm.outcomes import PERHAPS, Answer, judged
from workbench.llm.policy import MOST_ATTEMPTS, Patience
from workbench.llm.prices import Price
from workbench.llm.wire import WireClient

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from workbench.llm.batches.requests import Params
    from workbench.llm.budget import Budget
    from workbench.llm.ledger import Ledger
    from workbench.llm.messages import Request
    from workbench.llm.outcomes import Exchange, PaidReply
    from workbench.settings import Role

SHARE = 0.5
"""What a batch costs of the price, for all tokens. Source: platform.claude.com, batch processing."""

KEPT_DAYS = 29
"""How long results can be downloaded. Source: platform.claude.com, batch processing."""

PATIENCE = Patience(attempts=60, backoff_s=5.0, most_backoff_s=60.0)
"""A batch is looked at after 5, 10, 20, 40 and then every 60 s; the server may be out of reach for most of an hour."""


class BatchClient(WireClient):
    """A client that sends requests together, waits until all are answered, and pays half.

    Every call is in the ledger before the batch leaves, and each line of the results before its reply is read,
    so a process may die at any moment and the next one goes on. Where it does not know whether a batch was
    taken, it searches the server's list for one whose results carry the batch's name. None is evidence that
    nothing was taken if all of this holds: the search began `timeout_s` of patience after the batch had left, so
    one that was still on its way is in the list; the list was answered whole, down to the batch that was the
    newest before; the key belongs to the same workspace of the provider as then; and every batch of the same
    size could be read. The requests then leave in a new batch. Otherwise they stay unknown, at their worst cost,
    and leave again only in a later run, by `resend` of patience. A person who deletes the batch would deceive it;
    so would a key of another workspace, if a gateway does not name workspaces and the list was empty before.

    Under a cap as many leave together as have room at their worst, and the next when these have come for less.
    Requests that came to nothing (errored, expired, canceled) cost nothing; they are replies with a reason, and the
    next run asks them again. One process, and in it one thread, asks for one workspace at a time.

    Args:
        role: Who is asked, from [roles]: the provider anthropic, at an address that has batches.
        ledger: The workspace's ledger.
        budget: The caps of this run. A batch counts at its worst before it leaves.
        schema: As of `WireClient`.
        prices: Dollars by model that the owner declares, at the price of single calls.
        patience: How long to go on.

    Raises:
        UsageError: The provider has no batches; or as `WireClient`.
    """

    def __init__(
        self,
        role: Role,
        *,
        ledger: Ledger,
        budget: Budget,
        schema: Mapping[str, Any] | None = None,
        prices: Mapping[str, Price] | None = None,
        patience: Patience = PATIENCE,
    ) -> None:
        import httpx2

        from workbench.llm.batches.transport import BatchTransport

        if role.provider != "anthropic":
            raise UsageError(
                f"the provider {role.provider} is not asked in batches, only anthropic is; run it without batches"
            )
        super().__init__(role, ledger=ledger, budget=budget, schema=schema, prices=prices, patience=patience)
        if self.price is not None:
            self.price = Price(self.price.input * SHARE, self.price.output * SHARE, self.price.longest)
        self._transport.price = self.price
        self._way = BatchTransport(self._transport)
        http = httpx2.Client(transport=self._way, trust_env=False)
        self._api = BatchApi(self.access, secret(self.access), http, patience)
        self._answers: dict[str, tuple[Call, Answer]] = {}
        self._attempts, self._repeats = Counter[str](), Counter[str]()
        self._lost, self._broken = set[str](), dict[str, str]()

    def reply(self, request: Request) -> PaidReply:
        """Return the reply to one request, from the ledger or by a batch of its own; see `replies`."""
        return next(reply for _, reply in self.replies([request]))

    def replies(self, requests: Sequence[Request]) -> Generator[tuple[Request, PaidReply], None, None]:
        """Yield each request with its reply: what is stored, what earlier batches bring, then the rest.

        Interrupted, it leaves a batch running at the server.

        Raises:
            StoppedError: Every other request would fail too, or the server says nothing about its batches.
            UsageError: The server has no batches.
            SafetyError: A guard refused the batch, for one of its requests; nothing was sent.
            CapError: No other request fits under a cap; what did was asked.
            StoreError: The ledger cannot be written.
        """
        waiting: dict[str, list[Request]] = {}
        for request in requests:
            waiting.setdefault(self.key(request), []).append(request)
        for kept in (self._answers, self._attempts, self._repeats, self._lost, self._broken):
            kept.clear()
        for key in waiting:
            if (known := self._ledger.settled(key)) and self._open(known):
                self._broken[key] = known.call_id
        try:
            yield from self._stored(waiting)
            for batch in list(records.left(self._ledger, waiting)):
                self._way.adopt(batch.most)
                self._finish(batch, resend=self._patience.resend)
                yield from self._stored(waiting)
            left = {key: params(self._asked(waiting[key][0])) for key in self._askable(waiting)}
            while left:
                part = self._fitting(left)
                self._ask(part)
                left = {key: body for key, body in left.items() if key not in part}
                yield from self._stored(waiting)
            for key, asked_for in waiting.items():
                reply = self._now(key, self._told(*self._answers[key]))
                yield from ((request, reply) for request in asked_for)
        except KeyboardInterrupt:
            tqdm.write(f"a batch that {self.access.host} took goes on there; {GO_ON}", file=sys.stderr)
            raise

    def _stored(self, waiting: dict[str, list[Request]]) -> Iterator[tuple[Request, PaidReply]]:
        """Yield the replies that the ledger has by now, and wait for them no more."""
        for key in list(waiting):
            known = self._ledger.settled(key)
            if known is not None and known.state == "got" and known.call_id != self._broken.get(key):
                reply = self._now(key, self._known(key, known))
                yield from ((request, reply) for request in waiting.pop(key))

    def _now(self, key: str, reply: PaidReply) -> PaidReply:
        return replace(reply, attempts=self._attempts[key], repeats=self._repeats[key])

    def _askable(self, waiting: Mapping[str, Sequence[Request]]) -> list[str]:
        """Return the requests that may leave; those of which nobody knows whether they left are answered so."""
        lost = records.lost(self._ledger)
        if self._patience.resend:
            self._lost |= lost.keys() | self._broken.keys()
        else:
            reason = f"the request left and nothing came back; {PERHAPS}"
            for key in lost.keys() & waiting.keys():
                self._answers[key] = Call(lost[key], key), Answer("unknown", reason=reason)
        return [key for key in waiting if key not in self._answers]

    def _fitting(self, left: Mapping[str, Params]) -> dict[str, Params]:
        """Return the first of some requests: as many as one batch and the caps have room for."""
        part = next(parts(left))
        worst = [self._transport.most(json.dumps(body).encode()) for body in part.values()]
        number = self.budget.fitting(worst)
        if not number:
            try:
                self.budget.reserve(worst[0])
            except CapError as error:
                raise CapError(f"{error}; not asked: {counted(len(left), 'request')}") from None
        return dict(itertools.islice(part.items(), number))

    def _ask(self, asked: Mapping[str, Params]) -> None:
        """Ask in one batch, which is made again as long as it is certain that none was taken."""
        for attempt in itertools.count(1):
            batch, exchange = self._sent(asked)
            if not is_turned_away(exchange) and self._finish(batch):
                return
            answer = judged(exchange, lambda _: Answer("bad"))
            if answer.stops:
                raise StoppedError(f"{self.access.host} answers {answer.reason}; {GO_ON}")
            final = answer.outcome == "fatal"
            pause = None if final else self._patience.wait(attempt, exchange.headers)
            if pause is None:
                gave_up = "" if final else self._patience.gave_up(exchange.headers)
                reason = f"no batch was taken ({exchange.failure or f'HTTP {exchange.status}'}){gave_up}"
                self._answer(batch, Answer("fatal" if final else "transient", reason=reason))
                return
            time.sleep(pause)

    def _sent(self, asked: Mapping[str, Params]) -> tuple[Batch, Exchange]:
        """Send a batch, and return it with what went over the wire."""
        before = self._api.newest()
        if before is None:
            raise UsageError(f"{self.access.host} has no batches (HTTP 404); run it without batches")
        batch = Batch.of(list(asked))
        self._note(records.before(batch.name), before)
        itself = records.itself(batch.name)
        self._way.announce(itself, batch.calls.values())
        pairs = zip(batch.calls, asked.values(), strict=True)
        self._api.create(itself, [{"custom_id": name, "params": body} for name, body in pairs])
        exchange = self._way.taken(itself)
        if exchange is None:
            raise UsageError("the library of anthropic sent nothing; check its version")
        self._attempts.update(asked.keys())
        self._repeats.update(asked.keys() & self._lost)
        return batch._replace(left_at=datetime.now(UTC)), exchange

    def _finish(self, batch: Batch, *, resend: bool = False) -> bool:
        """Wait for a batch and store its results; False if its requests may leave again.

        Only what an earlier run lost is resent, so that a server out of order is paid once a run at most.
        """
        with tqdm(total=len(batch.calls), desc="batch", unit="call", leave=False, disable=None) as bar:
            bar.set_postfix_str("is searched for")
            told, certain = self._sought(batch)
            if told is None and certain:
                self._way.free(batch.calls.values(), {"failure": "no batch of the server holds it"})
                return False
            ended = self._ended(told, bar) if told else None
            if ended is not None and ended.results_url:
                self._collect(ended.id, batch, bar)
                reason = f"the results of batch {ended.id} lack it; it may be paid: {GO_ON}"
            elif resend:
                return False
            else:
                what = f"what batch {told.id} brought" if told else "whether a batch was taken"
                reason = (
                    f"{what} cannot be read, for want of the first key, or after {KEPT_DAYS} days; it may be paid: run "
                    "it again with that key, or ask again with --unknown resend"
                )
            self._answer(batch, Answer("unknown", reason=reason))
            return True

    def _ended(self, told: Told, bar: tqdm[Any]) -> Told | None:
        """Return a batch when it has ended; None where it is gone."""
        last: Told | None = told
        for last in self._api.polled(told.id):
            bar.set_postfix_str(last.processing_status if last else "gone")
        return last

    def _sought(self, batch: Batch) -> Found:
        """Return a batch by its id in the ledger, or else by the server's list."""
        known = self._ledger.noted(records.itself(batch.name))
        if known is not None:
            return Found(Told.model_validate_json(known), certain=True)
        noted = self._ledger.noted(records.before(batch.name))
        if noted is None:
            return Found(None, certain=False)
        before = Newest.model_validate_json(noted)
        late = batch.left_at + timedelta(seconds=self._patience.timeout_s)
        early = datetime.now(UTC) < late
        found = self._api.found(batch.name, batch.size, before)
        if found.told is None and early:
            time.sleep(max(0.0, (late - datetime.now(UTC)).total_seconds()))
            found = self._api.found(batch.name, batch.size, before)
        if found.told is not None:
            self._note(records.itself(batch.name), found.told)
        return found

    def _collect(self, batch_id: str, batch: Batch, bar: tqdm[Any]) -> None:
        """Store results as they come, in any order; those of `batch.calls` that stay have none."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            lines = self._api.lines(batch_id)
            while some := list(itertools.islice(lines, records.WRITERS)):
                records.together(lambda raw: self._keep(raw, batch), some)
                bar.update(bar.total - len(batch.calls) - bar.n)
            if not batch.calls:
                return
            time.sleep(self._patience.wait(attempt, {}) or 0.0)

    def _keep(self, came: bytes, batch: Batch) -> None:
        raw = self._transport.storable(came)
        found = line(raw)
        call = batch.calls.pop(found.custom_id, None) if found else None
        if found is None or call is None:
            return
        self._way.keep(call, raw, found.result.type, found.result.message)
        if found.result.type in FREE:
            self._answers[call.request_sha256] = call, failed(found.result)

    def _answer(self, batch: Batch, answer: Answer) -> None:
        self._answers |= {call.request_sha256: (call, answer) for call in batch.calls.values()}

    def _note(self, call: Call, said: Told | Newest) -> None:
        """Write what a server said about batches, which cost nothing."""
        self._ledger.got(call, raw=said.model_dump_json(), usage={"status": 200}, usd=0.0)
