"""Many requests at a time: so many under way, each reply as it comes, and an end that loses none."""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from workbench.errors import CapError, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from workbench.llm.messages import Request

CONCURRENCY = 8
"""Requests under way at a time. Source: measured on 2 cores at 0.25 s a reply, where 8 give 29 replies a second."""

MOST_CONCURRENCY = 32
"""More gains little. Source: the same measurement; 32 give 98 a second, and 128 give 164 with the machine busy."""

QUEUED = 2
"""Requests handed to threads, in multiples of those under way: none idles while somebody stores a reply."""

Told = TypeVar("Told")


def replies(
    ask: Callable[[Request, threading.Event], Told], requests: Sequence[Request], *, concurrency: int
) -> Generator[tuple[Request, Told], None, None]:
    """Yield each request with its reply, in the order in which they come.

    Closed or interrupted, it asks for nothing more and waits for what is under way, however often it is
    interrupted, so that a ledger has its replies the next time. After an error of one request it does the same, yields what still came, and
    raises. What is under way counts at its worst, so near a cap there is less of it: a request that could
    pass a cap waits for the others, and ends the run when it is alone.

    Args:
        ask: What answers a request, in any thread; once the event is set it sends nothing, and raises.
        requests: What is asked for.
        concurrency: Requests under way at a time.

    Raises:
        Exception: What `ask` raised, the first that came.

    Example:
        >>> from workbench.llm import Request
        >>> asked = Request(cell="angry/late", index=0, bucket="prompted", prompt="Write.", prompt_sha256="0" * 64)
        >>> [told for _, told in replies(lambda request, stop: request.prompt, [asked], concurrency=8)]
        ['Write.']
    """
    rest, width, stop = deque(requests), QUEUED * concurrency, threading.Event()
    pending: dict[Future[Told], tuple[Request, bool]] = {}
    error: BaseException | None = None
    threads = ThreadPoolExecutor(concurrency)
    try:
        while pending or (rest and error is None):
            while rest and error is None and len(pending) < width:
                request = rest.popleft()
                pending[threads.submit(ask, request, stop)] = request, width == 1
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                request, alone = pending.pop(future)
                failed = future.exception()
                if failed is None:
                    yield request, future.result()
                elif isinstance(failed, CapError) and not alone:
                    rest.appendleft(request)
                    width = max(1, len(pending))
                elif error is None:
                    error = failed
                    stop.set()
    except (KeyboardInterrupt, GeneratorExit):
        _say_waiting(sum(one.running() for one in pending))
        raise
    finally:
        _wait_for_all(threads, pending, stop)
    if error is not None:
        raise error


def _wait_for_all(
    threads: ThreadPoolExecutor, pending: Collection[Future[Told]], stop: threading.Event
) -> None:
    """Wait through every Ctrl-C: whoever closes the connections now loses replies that are paid."""
    presses = 0
    while True:
        try:
            if presses == 1:
                _say("still waiting: a reply that is not waited for may be paid and lost")
            stop.set()
            # Not by `shutdown` alone: in Python 3.11 an interrupted join takes a running thread for ended.
            wait(pending)
            threads.shutdown()
        except KeyboardInterrupt:
            presses += 1
        else:
            return


def _say_waiting(calls: int) -> None:
    if calls:
        _say(f"stopping: waiting for {counted(calls, 'call')} under way, which may be paid")


def _say(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(line, sys.stderr)
