"""A batch survives kill -9 at any moment: one batch at the server, no request twice, no reply lost."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from batch_server import BatchServer
from forks import Runs, forking

from workbench import workspace as workspaces
from workbench.llm import Ledger
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS_WANTED = int(os.environ.get("WORKBENCH_BATCH_CALLS", "40"))
POINTS = int(os.environ.get("WORKBENCH_BATCH_KILLS", "20"))

TAKE_S, ANSWER_S, LINE_S, LOOKS = 0.15, 0.15, 0.005, 4

PHASES = {
    # what the server sees, how often at most, and the seconds after which the process dies at the latest
    "list": (1, 0.3),
    "arrived": (1, 0.9 * TAKE_S),
    "taken": (1, 0.7 * ANSWER_S),
    "retrieve": (LOOKS, 0.02),
    "line": (CALLS_WANTED - 1, LINE_S),
}
"""Before the batch leaves; on its way; taken, and unknown here; running; in the middle of the results."""

PROGRAM = """
import json
import anthropic, httpx2, pandas
import workbench
from workbench.llm import Budget, Ledger, Request
from workbench.llm.batches import BatchClient
from workbench.llm.batches.transport import BatchTransport
from workbench.llm.policy import Patience
from workbench.llm.prices import Price
from workbench.settings import Role

def run(url, folder, calls, close):
    ledger = Ledger(workbench.open(folder).store)
    if close:
        ledger.close_open()
    client = BatchClient(
        Role(provider="anthropic", base_url=url, model="writer-1", family="unknown"),
        ledger=ledger,
        budget=Budget(most_attempts=calls),
        prices={"writer-1": Price(4, 20)},
        patience=Patience(attempts=20, backoff_s=0.02, most_backoff_s=0.05, timeout_s=0.75),
    )
    requests = [
        Request(cell="a/b", index=n, bucket="prompted", prompt=f"Write candidate {n}.", prompt_sha256="0" * 64)
        for n in range(calls)
    ]
    told = [[request.prompt, reply.outcome, reply.text] for request, reply in client.replies(requests)]
    with open(f"{folder}/told.json", "w") as file:
        json.dump(told, file)
"""


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """Processes that ask for the same requests, one after the other."""
    with forking(PROGRAM) as forks:
        yield forks


class Moments:
    """What a server sees, and the moment at which it has seen something often enough."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._phases, self._often = ("",), 0
        self.moment = threading.Event()

    def wanted(self, often: int, *phases: str) -> threading.Event:
        """Return the moment at which one of these will have been seen so often from now on."""
        self.moment.clear()
        self._phases, self._often = phases, sum(self.seen[phase] for phase in phases) + often
        return self.moment

    def __call__(self, event: str) -> None:
        """See something."""
        self.seen[event] += 1
        if sum(self.seen[phase] for phase in self._phases) >= self._often:
            self.moment.set()


def _checked(server: Any, folder: Path) -> None:
    """Check that one batch has each request once, and that every reply is here and in the ledger."""
    told = json.loads((folder / "told.json").read_text("utf-8"))
    prompts = [f"Write candidate {n}." for n in range(CALLS_WANTED)]
    assert len(server.ours) == 1
    assert sorted(server.ours[0].prompts) == sorted(prompts)
    assert sorted(prompt for prompt, _, _ in told) == sorted(prompts)
    assert all(outcome == "ok" and prompt in text for prompt, outcome, text in told)
    with workspaces.open(folder) as shop:
        spent = Ledger(shop.store).spent()
        got = shop.store.read(CALLS, state="got")
    assert (spent.unknown, spent.unpriced, spent.usd) == (0, 0, pytest.approx(0.004 * CALLS_WANTED))
    assert sum(used.get("result") == "succeeded" for used in got["usage"]) == CALLS_WANTED


def test_one_crash_at_a_random_moment_loses_and_repeats_nothing(runs: Runs, tmp_path: Path) -> None:
    chance = random.Random(4)
    died: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    for point in range(POINTS):
        phase = list(PHASES)[point % len(PHASES)]
        often, latest_s = PHASES[phase]
        moments = Moments()
        with BatchServer(
            looks=LOOKS, take_s=TAKE_S, answer_s=ANSWER_S, line_s=LINE_S, seen=moments
        ) as server:
            # Somebody else's batches of the same size lie before and after ours.
            server.foreign(CALLS_WANTED)
            folder = tmp_path / f"shop-{point}"
            workspaces.init(folder).store.close()
            asked = {"url": server.url, "folder": str(folder), "calls": CALLS_WANTED}
            moment = moments.wanted(chance.randint(1, often), phase)
            ended = runs.killed(moment, chance.uniform(0, latest_s), close=True, **asked)
            assert ended == signal.SIGKILL
            died[phase] += 1
            sent[phase] += len(server.ours)
            server.foreign(CALLS_WANTED)
            # Whoever goes on need not wait for a slow server.
            server.take_s = server.answer_s = server.line_s = 0.0
            # What a crash left open may have been closed as unknown, or not.
            assert runs.whole(close=point % 2 == 0, **asked) == 0
            _checked(server, folder)
    print(f"{died.total()} crashes: {dict(died)}; batches at the server when it crashed: {dict(sent)}")


def test_crash_after_crash_loses_and_repeats_nothing(
    batches: Callable[..., Any], runs: Runs, tmp_path: Path
) -> None:
    chance = random.Random(5)
    moments = Moments()
    server = batches(looks=3 * LOOKS, take_s=TAKE_S, answer_s=ANSWER_S, line_s=LINE_S, seen=moments)
    folder = tmp_path / "shop"
    workspaces.init(folder).store.close()
    asked = {"url": server.url, "folder": str(folder), "calls": CALLS_WANTED}
    # Whoever was killed after the batch had been taken may know its id, and then looks for it in no list.
    for phase, or_else in (
        ("list", ()),
        ("taken", ("retrieve",)),
        ("list", ("retrieve",)),
        ("retrieve", ()),
        ("line", ()),
        ("line", ()),
    ):
        often = min(PHASES[phase][0], CALLS_WANTED // 3)
        moment = moments.wanted(chance.randint(1, often), phase, *or_else)
        assert runs.killed(moment, chance.uniform(0, PHASES[phase][1]), close=True, **asked) == signal.SIGKILL
    assert runs.whole(close=True, **asked) == 0
    _checked(server, folder)
