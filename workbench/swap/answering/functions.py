"""A Python function as a client: bounded threads, and an exception is a missing answer with its reason."""

from __future__ import annotations

import copy
import os
import re
import time
from typing import TYPE_CHECKING

from workbench.errors import StoppedError
from workbench.llm import Reply
from workbench.llm.concurrency import replies as as_they_come
from workbench.redact import redact

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Mapping, Sequence

    from workbench.llm import Request
    from workbench.swap.answering.reading import Put
    from workbench.swap.answering.who import Function

LONGEST_REASON = 200
"""Characters of an exception that a reason keeps."""

SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
"""Names of environment variables whose values no reason repeats."""


class FunctionClient:
    """A client that calls a function for each request.

    Args:
        function: The function.
        cases: What it is called with, by the case's id.
        concurrency: Calls under way at a time.
    """

    def __init__(self, function: Function, cases: Mapping[str, Put], concurrency: int) -> None:
        self._function, self._cases, self._concurrency = function, cases, concurrency

    def reply(self, request: Request) -> Reply:
        """Return what the function returns, or why it returned nothing."""
        case = self._cases[request.cell]
        began = time.monotonic()
        try:
            # A function may change what it is called with; another trial must not see it.
            text: object = self._function.call(copy.deepcopy(case.turns), copy.deepcopy(case.context))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is the reason
            return self._told("", raised(error), began)
        if not isinstance(text, str) or not text.strip():
            what = "an empty text" if isinstance(text, str) else f"{type(text).__name__}, not a text"
            return self._told("", f"it returned {what}", began)
        return self._told(text, "", began)

    def replies(self, requests: Sequence[Request]) -> Generator[tuple[Request, Reply], None, None]:
        """Yield each request with its reply, in the order in which they come; see `concurrency.replies`."""

        def ask(request: Request, stop: threading.Event) -> Reply:
            if stop.is_set():
                raise StoppedError("it was stopped before this was asked; run it again, it goes on from here")
            return self.reply(request)

        yield from as_they_come(ask, requests, concurrency=self._concurrency)

    def _told(self, text: str, reason: str, began: float) -> Reply:
        return Reply(
            state="ok" if text else "absent",
            text=text,
            reason=reason,
            model=self._function.model,
            family=self._function.family,
            latency_s=round(time.monotonic() - began, 3),
            attempts=1,
        )


def raised(error: BaseException) -> str:
    """Return an exception's type and first line, without keys and personal data."""
    from workbench.llm.transport import HIDDEN_KEY, SHORTEST_SECRET

    first = next(iter(str(error).splitlines()), "")
    for variable, value in os.environ.items():
        if SECRET.search(variable) and len(value.strip()) >= SHORTEST_SECRET:
            first = first.replace(value.strip(), HIDDEN_KEY)
    return f"{type(error).__name__}: {redact(first)[:LONGEST_REASON]}".removesuffix(": ")
