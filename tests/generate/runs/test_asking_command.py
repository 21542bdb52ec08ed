"""`workbench generate` with a model: what it says before it asks, and what an end at any moment leaves."""

from __future__ import annotations

import hashlib
import re
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate import slots
from workbench.llm import Ledger
from workbench.llm.budget import Use
from workbench.llm.ledger import Call
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SLOTS = 60


@pytest.fixture
def typed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Type `workbench generate` for a shop."""

    def run(shop: Any, *options: str, exits: int = 0) -> Any:
        return command("-w", str(shop.workspace.root), "generate", *options, exits=exits)

    return run


def started(shop: Any, *options: str) -> subprocess.Popen[str]:
    """Start `workbench generate` as a process of its own."""
    words = [sys.executable, "-m", "workbench", "-w", str(shop.workspace.root), "generate", *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(server: Any, hits: int, running: subprocess.Popen[str]) -> None:
    """Wait until so many requests arrived, or the process ended."""
    while len(server.hits) < hits and running.poll() is None:
        time.sleep(0.005)


def test_who_is_asked_and_what_it_costs_is_said_before_anything_is_sent(
    provider: str, key: str, serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve()
    shop = ask(server.url)
    planned = typed(shop, "--plan-only")
    assert (server.hits, len(shop.workspace.store.read(CALLS))) == ([], 0)
    done = typed(shop)
    lines = done.out.splitlines()

    # The one line on costs comes last, and says where the run stops once it is asked.
    assert lines[:-3] == planned.out.splitlines()[:-1]
    assert lines[-3].startswith(f"{planned.out.splitlines()[-1]}; stops at $1.4")
    assert lines[0] == (
        f"role generator, host {server.url.removeprefix('http://')}, model writer, family acme/writer, "
        f"key {provider.upper()}_API_KEY present, price per million tokens $4 in, $20 out (own), proxy none"
    )
    assert lines[1].endswith(f": 8 slots for writer (acme/writer, by {provider})")
    # Twice the high end of $0.64, and what one request may cost at most.
    assert re.fullmatch(
        r"8 calls, about [\d,]+ tokens in and [\d,]+ out: \$0\.\d\d expected \(\$0\.\d\d to \$0\.\d\d, from the lengths of the real "
        r"cases shown, without thinking\); stops at \$1\.4\d \(--most-usd\)",
        lines[-3],
    )
    assert lines[-2:] == ["8 of 8 slots filled, 8 of them now", "  spent now: $0.0640 for 8 slots"]
    told = done.out + done.err
    assert key not in told
    assert "Write one customer conversation" not in told
    assert "parcel" not in told


def test_prompts_are_written_one_file_a_slot_and_nothing_is_asked(
    serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve()
    shop = ask(server.url)
    done = typed(shop, "--plan-only", "--prompts", str(tmp_path / "prompts"))
    files = {file.stem: file.read_bytes() for file in (tmp_path / "prompts").iterdir()}
    typed(shop)
    found = slots(shop.workspace).set_index("case_id")["prompt_sha256"]

    assert done.out.splitlines()[-2] == f"8 prompts written to {tmp_path / 'prompts'}"
    assert files.keys() == set(found.index)
    assert {name: hashlib.sha256(text).hexdigest() for name, text in files.items()} == found.to_dict()


def test_a_run_that_reached_its_cap_ends_with_2_and_goes_on_under_a_higher_one(
    serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve()
    shop = ask(server.url)
    stopped = typed(shop, "--most-usd", "0.21", exits=2)
    said = stopped.err.splitlines()[-1]
    before = len(server.hits)

    assert said.startswith("workbench: the next request may cost $0.1")
    assert said.endswith(
        "passes the cap of $0.2100 (--most-usd); it was not sent: raise the cap, or plan fewer"
    )
    typed(shop, "--most-usd", "0.21", exits=2)
    assert len(server.hits) == before
    done = typed(shop, "--most-usd", "1")
    assert f"; stops at $1.00 (--most-usd), of which ${0.008 * before:.2f} are spent or may be" in done.out
    assert "8 of 8 slots filled" in done.out
    assert len(server.hits) == 8


def test_what_a_crash_left_unknown_is_listed_with_the_command_that_asks_again(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    from workbench.generate.filling import requests

    server = serve()
    shop = ask(server.url)
    run = shop.run(per_cell={"persona": 2}, redteam=0, seed=3)
    slot, request = requests(shop.workspace, run.slots)[0]
    Ledger(shop.workspace.store).sent(Call("crashed", client(shop).key(request)), Use(9_000, 0.17))
    listed = typed(shop, "--seed", "3", "--most-usd", "5", "--per-cell", "persona=2")
    folder = shlex.quote(str(shop.workspace.root))
    resend = f"workbench -w {folder} generate --per-cell persona=2 --seed 3 --most-usd 5.0 --unknown resend"

    assert listed.out.splitlines()[-6:] == [
        "7 of 8 slots filled, 7 of them now",
        "  without a case: 1 the request left and nothing came back; it may be paid: ask again with --unknown resend",
        "  spent now: $0.0560 for 7 slots",
        "  unknown, and perhaps paid, at most $0.1700 in all:",
        f"    {slot.case_id}: at most $0.1700",
        f"to ask for those again, and perhaps pay twice: {resend}",
    ]
    assert len(server.hits) == 7
    again = typed(shop, *shlex.split(resend)[4:])
    assert again.out.splitlines()[-3:] == [
        "8 of 8 slots filled, 1 of them now",
        "  spent now: $0.0080 for 1 slot",
        "  asked again, and perhaps paid twice: 1 request",
    ]
    assert len(server.hits) == 8


@pytest.mark.parametrize(
    ("fault", "options", "said", "code"),
    [
        ("401", [], "answers HTTP 401: the key is not accepted; check it; the run stops, and goes on when it is run again", 1),
        ("other model", [], "answers by another model: 'another-model', not 'writer'; check model in [roles]; the run stops", 1),
        ("ok", ["--concurrency", "99"], "a concurrency of 99 is out of range; take 1 to 32", 2),
    ],
)  # fmt: skip
def test_what_stops_a_run_is_one_sentence(
    fault: str, options: list[str], said: str, code: int, serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any]
) -> None:  # fmt: skip
    done = typed(ask(serve(always=fault).url), *options, exits=code)
    sentence = done.err.replace("\r", "\n").splitlines()[-1]

    assert sentence.startswith("workbench: ")
    assert said in sentence
    assert "Traceback" not in done.err


@pytest.mark.usefixtures("_planted")
def test_without_a_key_nothing_is_asked(
    ask: Callable[..., Any], typed: Callable[..., Any], provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{provider.upper()}_API_KEY")
    done = typed(ask(""), exits=2)

    assert f"key {provider.upper()}_API_KEY absent" in done.out
    assert f"asks for a key and {provider.upper()}_API_KEY is not set; set it in the environment" in done.err


@pytest.mark.parametrize("provider", ["openai"], indirect=True)
def test_control_c_loses_nothing(
    serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve(latency_s=0.2)
    shop = ask(server.url)
    options = ["--per-cell", f"prompted={SLOTS // 4}"]
    running = started(shop, *options)
    wait_for(server, 12, running)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    before = len(server.hits)
    stored = int(slots(shop.workspace)["made"].sum())

    assert running.returncode == 1
    assert "stopping: waiting for" in err
    assert err.splitlines()[-1] == "workbench: stopped; what was saved stays saved"
    assert Ledger(shop.workspace.store).calls()["state"].tolist() == ["got"] * before
    assert out.splitlines()[-4:] == [
        f"{stored} of {SLOTS} slots filled when it was interrupted",
        f"  spent in all: ${0.008 * before:.4f} for {before} calls",
        "  what came and is no case yet becomes one when it goes on, and is not paid again",
        f"to go on: workbench -w {shlex.quote(str(shop.workspace.root))} generate --per-cell prompted={SLOTS // 4}",
    ]
    assert 12 <= before < SLOTS
    done = typed(shop, *options)
    assert f"{SLOTS} of {SLOTS} slots filled" in done.out
    assert len(server.hits) == SLOTS


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_run_that_is_killed_goes_on_and_repeats_nothing(
    serve: Callable[..., Any], ask: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve(latency_s=0.05)
    shop = ask(server.url)
    options = ["--per-cell", f"prompted={SLOTS // 4}"]
    for kill in (1, 2, 3):
        running = started(shop, *options)
        wait_for(server, SLOTS * kill // 4, running)
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL
    typed(shop, *options)
    found, calls = slots(shop.workspace), Ledger(shop.workspace.store).calls()

    missing = found[~found["made"]]
    assert set(missing["reason"]) <= {
        "the request left and nothing came back; it may be paid: ask again with --unknown resend"
    }
    assert len(missing) == (calls["state"] == "unknown").sum() <= 3 * 8
    # Each slot was asked for once, and every request that arrived is in the ledger, some of which died on their way.
    assert calls["request_sha256"].is_unique
    assert (calls["state"] == "got").sum() <= len(server.hits) <= len(calls) == SLOTS
    typed(shop, *options, "--unknown", "resend")
    assert slots(shop.workspace)["made"].all()
    assert Ledger(shop.workspace.store).spent().attempts == SLOTS + len(missing)
    print(f"{len(missing)} unknown, {len(server.hits)} hits")
