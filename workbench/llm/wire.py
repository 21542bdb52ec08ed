"""A client that asks a model over a network: guarded, capped, in the ledger, and never paid twice unasked."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from workbench.errors import StoppedError, UsageError, WorkbenchError
from workbench.llm import anthropic_messages, openai_chat
from workbench.llm.access import access, proxy, secret
from workbench.llm.concurrency import CONCURRENCY, MOST_CONCURRENCY
from workbench.llm.concurrency import replies as as_they_come
from workbench.llm.ledger import Call
from workbench.llm.messages import Asked
from workbench.llm.outcomes import (
    AGAIN,
    PERHAPS,
    STATE_OF,
    Answer,
    PaidReply,
    judged,
    of_model,
    opened,
    stopped,
    unfenced,
)
from workbench.llm.policy import Patience
from workbench.llm.prices import price
from workbench.provenance import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from workbench.llm.budget import Budget
    from workbench.llm.ledger import Ledger, Settled
    from workbench.llm.messages import Request
    from workbench.llm.outcomes import Exchange
    from workbench.llm.prices import Price
    from workbench.redact import Known
    from workbench.settings import Role

MOST_OUTPUT_TOKENS = 8_192
"""Tokens of a reply at most, thinking included. Under 21,333 the SDK needs no stream; a case has a few hundred."""

KEY_VERSION = 1
"""Counted up when what is sent changes for the same prompt, so that replies of two kinds never mix."""

IN_BATCH = "the request is in a batch that has brought nothing yet; run it again with --batch"


class Sdk(Protocol):
    """An SDK behind one call."""

    def send(self, asked: Asked, headers: Mapping[str, str]) -> None:
        """Send a request."""


class Dialect(NamedTuple):
    """A provider's protocol: how to speak it, how a schema has to look, and how to read what it says."""

    connect: Callable[..., Sdk]
    fitted: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    read: Callable[[Any], Answer]
    tokens: Callable[[Any], Any]


DIALECTS: Mapping[str, Dialect] = {
    "anthropic": Dialect(
        anthropic_messages.AnthropicMessages,
        anthropic_messages.fitted,
        anthropic_messages.read,
        anthropic_messages.tokens,
    ),
    "openai": Dialect(openai_chat.OpenAIChat, dict, openai_chat.read, openai_chat.tokens),
}


class WireClient:
    """A client for one role. It may be shared by threads, and works inside a running event loop.

    Args:
        role: Who is asked, from [roles].
        ledger: The workspace's ledger.
        budget: The caps of this run.
        schema: The JSON schema of a reply, which the server may ignore: check the reply again.
        prices: Dollars by model that the owner declares.
        patience: How long to go on.
        concurrency: Requests that `replies` has under way at a time, 1 to 32.

    Raises:
        UsageError: The address cannot be read, a key is missing, the schema does not fit the provider,
            dollars are capped without a price, or the concurrency is out of range.
        MissingExtraError: The provider's library is not installed.
    """

    def __init__(
        self,
        role: Role,
        *,
        ledger: Ledger,
        budget: Budget,
        schema: Mapping[str, Any] | None = None,
        prices: Mapping[str, Price] | None = None,
        patience: Patience | None = None,
        concurrency: int = CONCURRENCY,
    ) -> None:
        import httpx2

        from workbench.llm.transport import GuardedTransport, outlet

        self.access = access(role)
        self.price = price(role.provider, role.model, prices or {}, official=self.access.official)
        if self.price is None and budget.most_usd is not None:
            raise UsageError(
                f"the price of {role.model} at {self.access.host} is not known, so a cap in dollars cannot hold; write it "
                "in [prices] of workbench.toml, with 0 for a server of your own"
            )
        if not 1 <= concurrency <= MOST_CONCURRENCY:
            raise UsageError(
                f"a concurrency of {concurrency:,} is out of range; take 1 to {MOST_CONCURRENCY}"
            )
        self._role, self._ledger, self._concurrency = role, ledger, concurrency
        self.budget = budget
        self._patience = patience or Patience()
        self._dialect = DIALECTS[role.provider]
        self._schema = self._dialect.fitted(schema) if schema is not None else None
        key = secret(self.access)
        self._transport = GuardedTransport(
            outlet(proxy(self.access.base_url)),
            base_url=self.access.base_url,
            ledger=ledger,
            budget=budget,
            price=self.price,
            tokens=self._dialect.tokens,
            key=key,
        )
        self._http = httpx2.Client(transport=self._transport, trust_env=False)
        self._sdk = self._dialect.connect(self.access, key, self._http, self._patience.timeout_s)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._role.model!r} at {self.access.host!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def allow(self, known: Known) -> None:
        """Let contacts out that the owner published; see `workbench.redact.contacts`."""
        self._transport.known = known

    def key(self, request: Request) -> str:
        """Return the request's key in the ledger: another conversation, model or schema is another request."""
        asked = self._asked(request)._asdict()
        # Requests without them keep the keys that they had before there were any.
        said = {name: value for name, value in asked.items() if value or name not in {"system", "turns"}}
        return sha256(
            {
                "version": KEY_VERSION,
                "provider": self._role.provider,
                "base_url": self.access.base_url,
                **said,
                "cell": request.cell,
                "bucket": request.bucket,
                "index": request.index,
            }
        )

    def reply(self, request: Request) -> PaidReply:
        """Return the reply to one request: the stored one where there is one, else by asking.

        Raises:
            StoppedError: Every other request would fail too, or another model wrote all that is stored.
            SafetyError: A guard refused it; nothing was sent.
            CapError: It could pass a cap; nothing was sent.
            StoreError: The ledger cannot be written.
        """
        self._hold_model([request])
        return self._reply(request, threading.Event())

    def replies(self, requests: Sequence[Request]) -> Generator[tuple[Request, PaidReply], None, None]:
        """Yield each request with its reply, in the order in which they come; see `concurrency.replies`.

        Raises:
            WorkbenchError: What `reply` raises, the first that came.
        """
        self._hold_model(requests)
        yield from as_they_come(self._reply, requests, concurrency=self._concurrency)

    def _reply(self, request: Request, stop: threading.Event) -> PaidReply:
        key = self.key(request)
        known = self._ledger.settled(key)
        if known is not None and not self._open(known):
            return self._known(key, known)
        if stop.is_set():
            raise StoppedError(
                "the run was stopped before this was asked; run it again, it goes on from here"
            )
        attempt, repeats, lost = 1, 0, known is not None
        while True:
            repeats += lost
            call = Call(uuid.uuid4().hex, key)
            exchange = self._exchanged(request, call)
            answer = of_model(judged(exchange, self._dialect.read), self._role.model)
            if answer.stops:
                raise stopped(self.access.host, answer)
            lost = lost or answer.outcome == "unknown"
            again = answer.outcome == "transient" or (answer.outcome == "unknown" and self._patience.resend)
            pause = self._patience.wait(attempt, exchange.headers) if again else None
            if pause is None or stop.wait(pause):
                gave_up = self._patience.gave_up(exchange.headers) if again and pause is None else ""
                told = answer._replace(reason=f"{answer.reason}{gave_up}")
                return replace(self._told(call, told), attempts=attempt, repeats=repeats)
            attempt += 1

    def _asked(self, request: Request) -> Asked:
        told = self._role.model, request.prompt, self._schema, MOST_OUTPUT_TOKENS
        return Asked(*told, request.system, request.turns)

    def _exchanged(self, request: Request, call: Call) -> Exchange:
        from workbench.llm.transport import MARKER

        try:
            self._sdk.send(self._asked(request), {MARKER: f"{call.request_sha256}/{call.call_id}"})
        except WorkbenchError:
            raise
        except Exception as error:
            # What an SDK makes of a reply counts for nothing: the stored bytes are read. But it wraps
            # what our guards raise, and that counts.
            ours = wrapped(error)
            if ours is not None:
                raise ours from None
            exchange = self._transport.taken(call)
            if exchange is None:
                raise
            return exchange
        exchange = self._transport.taken(call)
        if exchange is None:
            raise UsageError(f"the library of {self._role.provider} sent nothing; check its version")
        return exchange

    def _known(self, key: str, known: Settled) -> PaidReply:
        return self._told(Call(known.call_id, key), self._read(known))

    def _read(self, known: Settled) -> Answer:
        if known.state == "unknown":
            lost = f"the request left and nothing came back; {PERHAPS}"
            return Answer("unknown", reason=IN_BATCH if known.is_batched else lost)
        return of_model(opened(known.raw, self._dialect.read), self._role.model)

    def _open(self, known: Settled) -> bool:
        """Say whether a request is asked again although something is known of it."""
        if not self._patience.resend or known.is_batched:
            return False
        return known.state == "unknown" or self._read(known).is_broken

    def _hold_model(self, requests: Sequence[Request]) -> None:
        """Stop before anything is sent where another model wrote what is stored, and the right one nothing."""
        stored = (self._ledger.settled(self.key(request)) for request in requests)
        told = (self._read(known) for known in stored if known is not None and not self._open(known))
        wrong = next((answer for answer in told if answer.stops), None)
        ours = (answer.model and not answer.stops for answer in map(self._read, self._ledger.replies()))
        if wrong and not any(ours):
            raise stopped(self.access.host, wrong)

    def _told(self, call: Call, answer: Answer) -> PaidReply:
        known = self._ledger.settled(call.request_sha256)
        if known is not None and known.state == "got" and known.call_id != call.call_id:
            known = None  # A broken reply that was there before says nothing of what this call cost.
        turned_away = 0.0 if answer.outcome in {"transient", "fatal"} else None
        stays = known is not None and known.state == "got" and answer.is_broken
        return PaidReply(
            state=STATE_OF.get(answer.outcome, "absent"),
            # Around JSON that was asked for it is packing; around any other text the model meant it.
            text=answer.text if self._schema is None else unfenced(answer.text),
            provider=self._role.provider,
            model=answer.model or self._role.model,
            family=self._role.family,
            cost_usd=known.usd if known is not None else turned_away,
            latency_s=known.latency_s if known is not None else None,
            outcome=answer.outcome,
            reason=f"{answer.reason}; {AGAIN}" if stays else answer.reason,
            request_sha256=call.request_sha256,
            call_id=call.call_id,
        )


def wrapped(error: BaseException | None) -> WorkbenchError | None:
    """Return the error of this package that an SDK wrapped into its own, if it did."""
    while error is not None:
        if isinstance(error, WorkbenchError):
            return error
        error = error.__cause__
    return None
