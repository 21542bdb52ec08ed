"""A run that is killed at any moment goes on: nothing is lost, and nothing is paid twice unasked."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from forks import Runs, forking

from workbench.llm import Ledger
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.workspace import Workspace

CALLS_WANTED = int(os.environ.get("WORKBENCH_KILL_CALLS", "240"))
KILLS = int(os.environ.get("WORKBENCH_KILLS", "3"))
CONCURRENCY = 16

PROGRAM = f"""
from concurrent.futures import ThreadPoolExecutor
import anthropic, httpx2, openai, pandas
import workbench
from workbench.llm import Budget, Ledger, Request, WireClient
from workbench.llm.policy import Patience
from workbench.settings import Role

def run(url, folder, provider, mode):
    ledger = Ledger(workbench.open(folder).store)
    ledger.close_open()
    role = Role(provider=provider, base_url=url, model="writer-1", family="unknown")
    patience = Patience(resend=mode == "resend")
    client = WireClient(role, ledger=ledger, budget=Budget(most_attempts=100_000), patience=patience)

    def ask(n):
        prompt = f"Write candidate {{n}}."
        return client.reply(Request(cell="a/b", index=n, bucket="prompted", prompt=prompt, prompt_sha256="0" * 64)).outcome

    with ThreadPoolExecutor({CONCURRENCY}) as threads:
        told = " ".join(threads.map(ask, range({CALLS_WANTED})))
    with open(f"{{folder}}/told.txt", "w") as file:
        file.write(told)
"""


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """Processes that ask for the same requests, one after the other."""
    with forking(PROGRAM) as forks:
        yield forks


@pytest.mark.parametrize(
    ("provider", "mode"), [("anthropic", "ask"), ("openai", "resend")], indirect=["provider"]
)
def test_a_killed_run_goes_on(
    provider: str, mode: str, serve: Callable[..., Any], workspace: Workspace, runs: Runs
) -> None:
    moment, wanted = threading.Event(), 0

    def seen(_: object) -> str:
        if len(server.hits) >= wanted:
            moment.set()
        return "ok"

    server = serve(latency_s=0.05, choose=seen)
    asked = {"url": server.url, "folder": str(workspace.root), "provider": provider, "mode": mode}
    for kill in range(1, KILLS + 1):
        moment.clear()
        wanted = CALLS_WANTED * kill // (KILLS + 1)
        assert runs.killed(moment, 0, **asked) == signal.SIGKILL
    assert runs.whole(**asked) == 0

    outcomes = Counter((workspace.root / "told.txt").read_text("utf-8").split())
    hits = Counter(json.loads(hit.body)["messages"][0]["content"] for hit in server.hits)
    repeated = sum(hits.values()) - len(hits)
    sent = workspace.store.read(CALLS, state="sent")
    assert outcomes.total() == CALLS_WANTED
    assert outcomes.keys() <= {"ok", "unknown"}
    # Every request that arrived is in the ledger, which may know of some that died on their way.
    assert len(hits) <= sent["request_sha256"].nunique() == CALLS_WANTED
    assert len(server.hits) <= len(sent)
    if mode == "ask":
        assert repeated == 0
        assert outcomes["unknown"] == Ledger(workspace.store).spent().unknown <= KILLS * CONCURRENCY
    else:
        assert outcomes["unknown"] == 0
        assert repeated <= KILLS * CONCURRENCY
    print(f"{mode}: {dict(outcomes)}, repeated {repeated}, sent {len(sent)}, hits {len(server.hits)}")
