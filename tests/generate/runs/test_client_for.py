"""The client of a run: one process at a time, and caps by default that let it ask and go on."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import UsageError
from workbench.generate import client_for, fill, generator, standing
from workbench.llm import Ledger
from workbench.llm.anthropic_messages import params
from workbench.llm.budget import Use
from workbench.llm.ledger import Call

if TYPE_CHECKING:
    from collections.abc import Callable

HELD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1], timeout=0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_ask_for_one_workspace(
    serve: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    shop = ask(serve().url)
    role, path = generator(shop.workspace), shop.workspace.path("cache") / "asking.lock"
    path.parent.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HELD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(
                UsageError, match="another process asks a model for shop0 just now; wait until it has ended"
            ),
            client_for(shop.workspace, shop.run(), role),
        ):
            pass
        other.communicate("")
    with client_for(shop.workspace, shop.run(), role) as client:
        assert fill(shop.workspace, shop.run(), client).slots["made"].all()


def test_what_is_unknown_does_not_use_up_the_default_cap(
    serve: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    shop = ask(serve().url)
    run, role = shop.run(), generator(shop.workspace)
    with client_for(shop.workspace, run, role) as client:
        before = client.budget.most_usd
        keys = [client.key(request) for request in _requests(shop, run)]
    ledger = Ledger(shop.workspace.store)
    for number, key in enumerate(keys):
        ledger.sent(Call(f"lost-{number}", key), Use(10_000, 1.0))
    with client_for(shop.workspace, run, role, resend=True) as client:
        assert client.budget.most_usd == pytest.approx(before + len(keys))
        assert fill(shop.workspace, run, client).slots["made"].all()


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_batch_fits_under_its_own_default_cap(serve: Callable[..., Any], ask: Callable[..., Any]) -> None:
    shop = ask(serve().url)
    run = shop.run()
    with client_for(shop.workspace, run, generator(shop.workspace), batch=True) as client:
        bodies = [json.dumps(params(client._asked(request))).encode() for request in _requests(shop, run)]
        worst = [client._transport.most(body).usd for body in bodies]
        assert 0 < sum(worst) <= client.budget.most_usd


def test_a_run_that_reaches_its_cap_says_what_it_did_and_goes_on(
    serve: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    server = serve()
    shop = ask(server.url)
    run, role = shop.run(), generator(shop.workspace)
    with client_for(shop.workspace, run, role, most_usd=0.2) as client:
        done = fill(shop.workspace, run, client)
    assert 0 < done.added < len(run.slots)
    assert "stopped: the next request may cost" in str(done)
    with client_for(shop.workspace, run, role, most_usd=5) as client:
        assert fill(shop.workspace, run, client).slots["made"].all()
    assert len(server.hits) == len(run.slots)


def test_what_an_interrupted_run_cost_and_what_is_unknown_is_read_from_the_store(
    serve: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    shop = ask(serve("no usage").url)
    run, role = shop.run(), generator(shop.workspace)
    with client_for(shop.workspace, run, role, concurrency=1) as client:
        keys = [client.key(request) for request in _requests(shop, run)]
        Ledger(shop.workspace.store).sent(Call("lost", keys[-1]), Use(9_000, 0.17))
    with client_for(shop.workspace, run, role, concurrency=1) as client:
        fill(shop.workspace, run, client)
        said = standing(shop.workspace, run, client).splitlines()

    assert said[:4] == [
        "9 of 10 slots filled when it was interrupted",
        "  spent in all: $0.0640 for 10 calls",
        "  of these at a cost nobody knows: 1 call",
        "  without a reply, and perhaps paid, at most $0.1700 in all: 1 call",
    ]


def _requests(shop: Any, run: Any) -> list[Any]:
    from workbench.generate.filling import requests

    return [request for _, request in requests(shop.workspace, run.slots)]
