"""Anthropic's Message Batches, by the official SDK: one call makes a batch, all others ask, and patiently."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel

from workbench.errors import StoppedError
from workbench.llm.batches.results import line
from workbench.llm.outcomes import Answer, Exchange, judged
from workbench.llm.wire import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    import httpx2

    from workbench.llm.access import Access
    from workbench.llm.ledger import Call
    from workbench.llm.policy import Patience

PAGE = 1_000
"""Batches of one page of the list, the most that the server gives. Source: the SDK's `batches.list`."""

NOT_TAKEN = frozenset({503, 529})
"""Statuses from 500 on that say that nothing was taken. Source: RFC 9110, 15.6.4; 529 is the API's own overload."""

GO_ON = "run the same again, it goes on from here"
"""The next step of whoever is stopped: no batch is lost with the process."""

Said = TypeVar("Said")


class Told(BaseModel):
    """A batch as the server tells of it.

    Attributes:
        id: Its id.
        processing_status: `in_progress`, `canceling` or `ended`.
        request_counts: Its requests by what became of them; their sum is the same at any time.
        results_url: Where the results are; None before the end, and when they are no longer kept.
    """

    id: str
    processing_status: str
    request_counts: dict[str, int]
    results_url: str | None = None

    @property
    def ended(self) -> bool:
        """Whether every request has a result."""
        return self.processing_status == "ended"


class Newest(BaseModel):
    """The end of the list of batches at a moment.

    Attributes:
        id: The newest batch; empty where there was none.
        workspace: The provider's workspace that the key belongs to; empty where the server does not say.
    """

    id: str
    workspace: str


class Found(NamedTuple):
    """What a search for a batch came to.

    Attributes:
        told: The batch; None for none.
        certain: Whether none then means that there was none, at the moment of the search.
    """

    told: Told | None
    certain: bool


class _Page(BaseModel):
    data: list[Told]
    has_more: bool = False


class BatchApi:
    """The batches of a server.

    A question is asked again while the server is busy or out of reach, as long as patience lasts.

    Args:
        access: Where requests go.
        key: The API key.
        http: The guarded client.
        patience: How long to go on asking.
    """

    def __init__(self, access: Access, key: str, http: httpx2.Client, patience: Patience) -> None:
        import anthropic

        from workbench.llm.transport import MARKER

        self._marker = MARKER
        self._host, self._patience = access.host, patience
        self._sdk = anthropic.Anthropic(
            api_key=key,
            base_url=access.base_url,
            http_client=http,
            max_retries=0,
            timeout=patience.timeout_s,
            open_telemetry=False,
        ).messages.batches

    def create(self, batch: Call, requests: Sequence[Any]) -> None:
        """Send a batch, once; what came back is read from the transport's side."""
        marker = {self._marker: f"{batch.request_sha256}/{batch.call_id}"}
        try:
            self._sdk.create(requests=requests, extra_headers=marker)
        except Exception as error:  # noqa: BLE001 - what the SDK makes of an answer counts for nothing
            # But it wraps what our guards raise.
            ours = wrapped(error)
            if ours is not None:
                raise ours from None

    def newest(self) -> Newest | None:
        """Return the end of the list; None where the server has no batches (HTTP 404).

        Raises:
            StoppedError: The server does not answer with a list.
        """
        answer = self._answered(partial(self._page, 1))
        if answer is None:
            return None
        page, workspace = answer
        return Newest(id=page.data[0].id if page.data else "", workspace=workspace)

    def found(self, name: str, size: int, before: Newest) -> Found:
        """Search for a batch by the name that its requests carry, among those made since a moment.

        The list shows no names, only sizes, and results only at the end: those of the same size are waited for.

        Raises:
            StoppedError: The server does not answer.
        """
        batches, certain = self._since(before)
        for told in sorted(batches, key=lambda told: not told.ended):
            if sum(told.request_counts.values()) != size:
                continue
            *_, ended = self.polled(told.id)
            first = self._answered(partial(self._first, told.id)) if ended and ended.results_url else ""
            if first and first.startswith(f"{name}-"):
                return Found(told, certain=True)
            certain = certain and bool(first)
        return Found(None, certain)

    def polled(self, batch_id: str) -> Iterator[Told | None]:
        """Yield a batch as it is, again and again until it has ended; None, and no more, where it is gone.

        Raises:
            StoppedError: The server does not answer.
        """
        for poll in itertools.count(1):
            told = self._answered(
                lambda: Told.model_validate(self._sdk.with_raw_response.retrieve(batch_id).json())
            )
            yield told
            if told is None or told.ended:
                return
            time.sleep(self._patience.wait(min(poll, self._patience.attempts - 1), {}) or 0.0)

    def lines(self, batch_id: str) -> Generator[bytes, None, None]:
        """Yield the results of a batch line by line, in any order, until they end or break off.

        Raises:
            StoppedError: The server does not answer.
        """
        import httpx2

        with contextlib.ExitStack() as stack, contextlib.suppress(httpx2.HTTPError):
            opened = self._answered(
                lambda: stack.enter_context(self._sdk.with_streaming_response.results(batch_id))
            )
            held = b""
            for chunk in opened.iter_bytes() if opened else ():
                # Not by splitlines: a model's text may hold other ends of lines, which JSON does not escape.
                *whole, held = (held + chunk).split(b"\n")
                yield from whole
            yield held

    def _since(self, before: Newest) -> tuple[list[Told], bool]:
        """Return the batches made since a moment, and whether no other can have been.

        None can if it is the list of the same workspace, down to the batch that was the newest one then.
        """
        batches: list[Told] = []
        after = ""
        while True:
            answer = self._answered(partial(self._page, PAGE, after))
            if answer is None:
                return batches, False
            page, workspace = answer
            same = workspace == before.workspace
            for told in page.data:
                if told.id == before.id:
                    return batches, same
                batches.append(told)
            if not (page.has_more and page.data):
                return batches, same and not before.id
            after = page.data[-1].id

    def _first(self, batch_id: str) -> str:
        """Return the custom_id of one result of a batch; empty where it has none that can be read."""
        with contextlib.closing(self.lines(batch_id)) as lines:
            found = next(filter(None, map(line, lines)), None)
        return found.custom_id if found else ""

    def _page(self, most: int, after: str = "") -> tuple[_Page, str]:
        rest = {"after_id": after} if after else {}
        answer = self._sdk.with_raw_response.list(limit=most, extra_query=rest)
        return _Page.model_validate(answer.json()), answer.workspace_id or ""

    def _answered(self, question: Callable[[], Said]) -> Said | None:
        """Return what a server answers; None for HTTP 404."""
        for attempt in itertools.count(1):
            try:
                return question()
            except Exception as error:  # noqa: BLE001 - nothing is lost by asking again
                ours = wrapped(error)
                if ours is not None:
                    raise ours from None
                exchange = _exchange(error)
            if exchange.status == 404:
                return None
            answer = judged(exchange, lambda _: Answer("bad"))
            final = answer.outcome == "fatal"
            pause = None if final else self._patience.wait(attempt, exchange.headers)
            if pause is None:
                said = answer.reason if final else exchange.failure or f"HTTP {exchange.status}"
                raise StoppedError(f"{self._host} says nothing about its batches ({said}); {GO_ON}")
            time.sleep(pause)
        return None


def told(exchange: Exchange) -> Told | None:
    """Return the batch that a server took, by its answer; None where the answer does not say so."""
    if exchange.status is None or not 200 <= exchange.status < 300:
        return None
    try:
        return Told.model_validate(json.loads(exchange.raw))
    except (ValueError, RecursionError):
        return None


def is_turned_away(exchange: Exchange) -> bool:
    """Say whether a batch was not taken for certain.

    Example:
        >>> [is_turned_away(Exchange(status=status)) for status in (429, 529, 500, 200)]
        [True, True, False, False]
        >>> is_turned_away(Exchange(failure="ReadTimeout"))
        False
    """
    if exchange.status is None:
        return not exchange.left
    return 300 <= exchange.status < 500 or exchange.status in NOT_TAKEN


def _exchange(error: Exception) -> Exchange:
    """Return what happened to a question, from what the SDK raised."""
    import anthropic

    if isinstance(error, anthropic.APIStatusError):
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return Exchange(status=error.status_code, headers=headers, raw=error.response.text)
    return Exchange(failure=type(error).__name__)
