"""What goes into a client of a model, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

State = Literal["ok", "refused", "truncated", "unknown", "absent"]
Origin = Literal["composed", "model"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One thing that is asked for; the same prompt in another place or by another index is another request.

    Attributes:
        cell: The place that it is asked for: a cell, `redteam/<attack>`, or a case.
        index: Which one of the place, from 0.
        bucket: What becomes of the reply: prompted, persona, redteam, or what else a stage asks for.
        prompt: The last message of the user, as it is sent.
        prompt_sha256: The sha256 of its UTF-8 bytes; empty where no stored reply is looked for by it.
        system: The provider's own system field; empty for none.
        turns: What was said before the prompt, as (role, text) with the roles user and assistant.
    """

    cell: str
    index: int
    bucket: str
    prompt: str
    prompt_sha256: str = ""
    system: str = ""
    turns: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """What is sent.

    Attributes:
        model: The model.
        prompt: The last message of the user.
        schema: The JSON schema of the reply; None for any text.
        max_tokens: Tokens of the reply at most.
        system: The system prompt; empty for none.
        turns: What was said before the prompt; as in `Request`.
    """

    model: str
    prompt: str
    schema: Mapping[str, Any] | None
    max_tokens: int
    system: str = ""
    turns: tuple[tuple[str, str], ...] = ()

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation as both providers take it; its system prompt goes elsewhere."""
        return [{"role": role, "content": text} for role, text in (*self.turns, ("user", self.prompt))]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back, not yet read.

    Attributes:
        state: `ok`; `refused` by the model; `truncated` at its limit; `unknown`, which left and may be paid;
            `absent`, for which there is none.
        text: The reply as it came.
        origin: Whether a `model` wrote it, or it was `composed` by hand for a demo.
        provider: Who served it.
        model: The model that wrote it.
        family: Its lineage.
        cost_usd: What it cost, in USD; None where nobody knows.
        latency_s: How long it took, in seconds; None where nobody knows, as in a batch.
        reason: Why it is not ok; empty where that is all there is to say.
        call_id: The call in the ledger that it came with; empty for none.
        attempts: How often it was asked for now; 0 for what was stored before.
        repeats: How many of these came after one whose outcome is unknown or whose reply is broken, and which may
            be paid too.
    """

    state: State
    text: str = ""
    origin: Origin = "model"
    provider: str = ""
    model: str = ""
    family: str = "unknown"
    cost_usd: float | None = None
    latency_s: float | None = None
    reason: str = ""
    call_id: str = ""
    attempts: int = 0
    repeats: int = 0


class Client(Protocol):
    """Whoever answers requests."""

    def reply(self, request: Request) -> Reply:
        """Return the reply to one request."""

    def replies(self, requests: Sequence[Request]) -> Generator[tuple[Request, Reply], None, None]:
        """Yield each request with its reply, in the order in which they come; closing it asks for no more."""
