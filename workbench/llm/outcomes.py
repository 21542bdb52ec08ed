"""What became of a request, in seven classes that are the same for every provider."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbench.errors import StoppedError, shown
from workbench.llm.messages import Reply, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Outcome = Literal["ok", "refused", "truncated", "bad", "transient", "fatal", "unknown"]

STATE_OF: Mapping[Outcome, State] = {
    "ok": "ok", "refused": "refused", "truncated": "truncated", "unknown": "unknown"
}  # fmt: skip
"""The state of a reply by its outcome; whatever is not here is absent, with its reason."""

AGAIN = "ask again with --unknown resend"
"""The next step where a reply may be paid, and only a person decides to pay twice."""

PERHAPS = f"it may be paid: {AGAIN}"
"""What is to say of a call whose outcome is unknown."""

GATEWAY_GAVE_UP = frozenset({504, 524})
"""A gateway stopped waiting while the model may have gone on and been paid.

Source: RFC 9110, 15.6.5; 524 is the same of a content delivery network.
"""

STOPS: Mapping[int, str] = {
    401: "the key is not accepted; check it",
    402: "the account cannot pay; look at its billing",
    403: "the key may not do this; check its rights and the model",
    404: "no such model or address; check model and base_url in [roles]",
}
"""Statuses after which every other request would fail too, with the next step."""

SPENT = re.compile(r"enforced_spend_limit_reached|insufficient_quota|billing_hard_limit_reached")
"""Error codes with status 429 that no waiting heals. Source: the SDKs' error types."""


SNAPSHOT = r"-\d{4}(-?\d\d-?\d\d)?|@.+|:latest"
"""What servers add to the name that was asked for: a date, a version after @ (Vertex AI), a tag (Ollama)."""

BEGINNING = 14
"""Characters of a body that a reason quotes: a page is told from a cut reply, and alike ones stay alike."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What went over the wire, as the transport saw it.

    Attributes:
        status: The HTTP status; None without an answer.
        headers: The answer's headers, names in lower case.
        raw: The answer's body as it is stored.
        failure: What happened instead of an answer, e.g. ReadTimeout.
        left: Whether the request may have reached the other side.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""
    failure: str = ""
    left: bool = True


class Answer(NamedTuple):
    """An exchange, judged.

    Attributes:
        outcome: Its class.
        text: What the model wrote; only of what was answered.
        model: The model that says it wrote it.
        reason: Why it is not ok, and what to do.
        stops: Whether every other request would fail too.
    """

    outcome: Outcome
    text: str = ""
    model: str = ""
    reason: str = ""
    stops: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether it is paid and of no use, so that it is asked for again if somebody says so."""
        return self.outcome in {"truncated", "bad"}


@dataclass(frozen=True, kw_only=True)
class PaidReply(Reply):
    """A reply over the wire.

    Attributes:
        outcome: The class of its last attempt.
        request_sha256: The request's key in the ledger.
    """

    outcome: Outcome
    request_sha256: str = ""


def judged(exchange: Exchange, read: Callable[[Any], Answer]) -> Answer:
    """Return the class of an exchange.

    Args:
        exchange: What went over the wire.
        read: The provider's reading of a body with status 200.

    Example:
        >>> judged(Exchange(status=529), lambda body: Answer("ok")).outcome
        'transient'
        >>> judged(Exchange(failure="ReadTimeout"), lambda body: Answer("ok")).outcome
        'unknown'
    """
    if exchange.status is None and exchange.left:
        return Answer(
            "unknown", reason=f"the request left and nothing came back ({exchange.failure}); {PERHAPS}"
        )
    if exchange.status is None:
        return Answer("transient", reason=f"{exchange.failure}: the address cannot be reached")
    if 200 <= exchange.status < 300:
        return opened(exchange.raw, read)
    return _turned_away(exchange.status, exchange)


def _turned_away(status: int, exchange: Exchange) -> Answer:
    said = f"HTTP {status}"
    if status in GATEWAY_GAVE_UP:
        return Answer("unknown", reason=f"{said}: a gateway stopped waiting; {PERHAPS}")
    if status in STOPS:
        return Answer("fatal", reason=f"{said}: {STOPS[status]}", stops=True)
    if status == 429 and SPENT.search(exchange.raw):
        return Answer("fatal", reason=f"{said}: the account's limit is spent; raise it", stops=True)
    # The server knows better than its status.
    final = exchange.headers.get("x-should-retry") == "false"
    if not final and (status in {408, 409, 429} or status >= 500):
        return Answer("transient", reason=f"{said}: busy or out of order")
    return Answer("fatal", reason=f"{said}: the server does not take this request")


def opened(raw: str, read: Callable[[Any], Answer]) -> Answer:
    """Return the reading of a stored body, which may be anything."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return Answer("bad", reason=f"the reply is not JSON; it begins with {_beginning(raw)}")
    if not isinstance(body, dict) or body.get("error"):
        return Answer("bad", reason=f"the reply is no message; it begins with {_beginning(raw)}")
    return read(body)


def of_model(answer: Answer, asked: str) -> Answer:
    """Return an answer as it is, but as bad, and as the end of the run, where another model wrote it.

    Example:
        >>> of_model(Answer("ok", "hi", "claude-opus-5-5-20261001"), "claude-opus-5-5").outcome
        'ok'
        >>> of_model(Answer("ok", "hi", "claude-opus-5-5"), "claude-opus-5").reason
        "by another model: 'claude-opus-5-5', not 'claude-opus-5'; check model in [roles]"
    """
    if not answer.model or is_model(answer.model, asked):
        return answer
    reason = f"by another model: {shown(answer.model)}, not {shown(asked)}; check model in [roles]"
    return Answer("bad", model=answer.model, reason=reason, stops=True)


def stopped(host: str, answer: Answer) -> StoppedError:
    """Return the error that ends a run, with the next step.

    Example:
        >>> str(stopped("api.acme.example", Answer("fatal", reason="HTTP 401: the key is not accepted; check it")))
        'api.acme.example answers HTTP 401: the key is not accepted; check it; the run stops, and goes on when it is run again'
    """
    then = (
        f"; name the model as the server calls it and plan again, or mend the server and {AGAIN}"
        if answer.model
        else ", and goes on when it is run again"
    )
    return StoppedError(f"{host} answers {answer.reason}; the run stops{then}")


def is_model(said: str, asked: str) -> bool:
    """Say whether a model's name is the one that was asked for, or that of a dated snapshot of it.

    Example:
        >>> [is_model(said, "gpt-6") for said in ("gpt-6", "gpt-6-2026-09-22", "gpt-6@001", "gpt-6-luna")]
        [True, True, True, False]
    """
    name = re.escape(asked.removesuffix("-latest"))
    return said == asked or re.fullmatch(rf"{name}({SNAPSHOT})?", said) is not None


def _beginning(raw: str) -> str:
    return shown(raw.strip()[:BEGINNING])


def unfenced(text: str) -> str:
    r"""Return a reply without the Markdown fence that small servers put around JSON.

    Example:
        >>> unfenced('```json\n{"turns": []}\n```')
        '{"turns": []}'
    """
    found = re.fullmatch(r"\s*```[a-zA-Z]*[ \t]*\n(.*?)\n?```\s*", text, re.DOTALL)
    return found[1] if found else text
