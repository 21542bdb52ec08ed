"""What goes into a client of a model, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

State = Literal["ok", "refused", "truncated", "unknown", "absent"]
Origin = Literal["composed", "model"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One candidate that is asked for.

    Attributes:
        cell: The cell, or `redteam/<attack>`.
        index: Which one of the cell, from 0.
        bucket: prompted, persona or redteam.
        prompt: The prompt as it is sent.
        prompt_sha256: The sha256 of its UTF-8 bytes.
    """

    cell: str
    index: int
    bucket: str
    prompt: str
    prompt_sha256: str


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
