"""How fast many calls are made: ours with its ledger, plain asyncio with the same SDK, and the ideal.

A server on this machine, in a process of its own, takes one second for every answer and turns a share of
the requests away (429, 500, 529). Ours and the plain loop ask it in turn, 32 at once, through the real SDK. The
ideal is what no client can beat even without errors: every request waits its second once, and 32 wait at once.
The plain loop has the SDK's own retries, keeps nothing, and pays again for what it asks again after a crash.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench import workspace
from workbench.llm import Budget, Ledger, Request, WireClient
from workbench.provenance import sha256
from workbench.settings import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

LATENCY_S = 1.0
CONCURRENCY = 32
CALLS = 30 * CONCURRENCY
ROUNDS = 2
TRANSIENT = ("429", "500", "529")
LOOPBACK = Path(__file__).parents[1] / "tests" / "llm" / "loopback.py"


class Made(NamedTuple):
    """What a client did: seconds, what became of its requests, and requests that the server saw."""

    seconds: float
    outcomes: Counter[str]
    hits: int


def serve(pipe: Connection, share: float) -> None:
    """Answer until told to stop, and then say how many requests came."""
    sys.path.insert(0, str(LOOPBACK.parent))
    loopback = importlib.import_module("loopback")
    chance, lock = random.Random(1), threading.Lock()  # noqa: S311 - chance that comes again, no secret

    def fault(_hit: Any) -> str:
        with lock:
            return chance.choice(TRANSIENT) if chance.random() < share else "ok"

    with loopback.Loopback(latency_s=LATENCY_S, choose=fault) as server:
        pipe.send(server.url)
        pipe.recv()
        pipe.send(len(server.hits))


def prompt(index: int) -> str:
    return f"Write what a customer writes about parcel {index}."


def ours(url: str) -> Counter[str]:
    """Ask by the client of this package, with its ledger in a store of its own."""
    requests = [
        Request(cell="a/b", index=n, bucket="prompted", prompt=prompt(n), prompt_sha256=sha256(prompt(n)))
        for n in range(CALLS)
    ]
    role = Role(provider="anthropic", base_url=url, model="writer-1", family="unknown")
    with tempfile.TemporaryDirectory() as folder, workspace.init(Path(folder) / "shop") as shop:
        ledger = Ledger(shop.store)
        budget = Budget(most_attempts=100_000)
        with WireClient(role, ledger=ledger, budget=budget, concurrency=CONCURRENCY) as client:
            return Counter(reply.state for _, reply in client.replies(requests))


def plain(url: str) -> Counter[str]:
    """Ask by asyncio and a semaphore, as the SDK's own guide does it."""
    import anthropic

    async def ask(client: anthropic.AsyncAnthropic, gate: asyncio.Semaphore, index: int) -> str:
        async with gate:
            try:
                message = await client.messages.create(
                    model="writer-1", max_tokens=8_192, messages=[{"role": "user", "content": prompt(index)}]
                )
            except anthropic.APIError as error:
                return type(error).__name__
            return "ok" if message.content else "empty"

    async def all_of_them() -> list[str]:
        gate = asyncio.Semaphore(CONCURRENCY)
        async with anthropic.AsyncAnthropic(api_key="none", base_url=url) as client:
            return await asyncio.gather(*(ask(client, gate, index) for index in range(CALLS)))

    return Counter(asyncio.run(all_of_them()))  # noqa: TID251 - a program of its own, without a running loop


def made(client: Callable[[str], Counter[str]], share: float) -> Made:
    """Let a client ask a new server that turns this share of requests away."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(there, share))
    server.start()
    url = here.recv()
    start = time.perf_counter()
    outcomes = client(url)
    seconds = time.perf_counter() - start
    here.send("stop")
    hits = here.recv()
    server.join()
    return Made(seconds, outcomes, hits)


def main() -> None:
    """Print each client's calls a second beside the ideal and the other, by the share of errors."""
    for share in (0.0, 0.05, 0.20):
        rounds = [(made(ours, share), made(plain, share)) for _ in range(ROUNDS)]
        ideal = [CALLS / CONCURRENCY * LATENCY_S / one.seconds for one, _ in rounds]
        beside = [other.seconds / one.seconds for one, other in rounds]
        print(
            f"{share:4.0%} errors, {CALLS:,} calls: ours {statistics.median(one.seconds for one, _ in rounds):.1f} s, "
            f"{statistics.median(ideal):.0%} of the ideal, {statistics.median(beside):.0%} of plain asyncio; "
            f"ours {dict(rounds[0][0].outcomes)} in {rounds[0][0].hits:,} requests, plain {dict(rounds[0][1].outcomes)}"
        )


if __name__ == "__main__":
    main()
