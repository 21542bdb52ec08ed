"""Whatever a server does, both SDKs give the same class, the same number of hits, and a whole ledger."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import StoppedError
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

TEXT = '{"turns": [{"role": "user", "text": "where is it????"}]}'

MATRIX = [
    # faults, what follows, outcome, hits, the last state in the ledger
    ([], "ok", "ok", 1, "got"),
    (["429", "429"], "ok", "ok", 3, "got"),
    (["429 ms", "500"], "ok", "ok", 3, "got"),
    (["529", "408"], "ok", "ok", 3, "got"),
    ([], "529", "transient", 3, "got"),
    ([], "500", "transient", 3, "got"),
    ([], "429", "transient", 3, "got"),
    ([], "429 long", "transient", 1, "got"),
    ([], "500 final", "fatal", 1, "got"),
    ([], "400", "fatal", 1, "got"),
    ([], "413", "fatal", 1, "got"),
    ([], "307", "fatal", 1, "got"),
    ([], "504", "unknown", 1, "unknown"),
    ([], "hang", "unknown", 1, "unknown"),
    ([], "reset", "unknown", 1, "unknown"),
    ([], "cut", "unknown", 1, "unknown"),
    ([], "half", "bad", 1, "got"),
    ([], "html", "bad", 1, "got"),
    ([], "garbage", "bad", 1, "got"),
    ([], "error", "bad", 1, "got"),
    ([], "empty", "bad", 1, "got"),
    ([], "refusal", "refused", 1, "got"),
    ([], "max_tokens", "truncated", 1, "got"),
    ([], "window", "truncated", 1, "got"),
    ([], "thinking", "ok", 1, "got"),
    ([], "fenced", "ok", 1, "got"),
    ([], "slow", "ok", 1, "got"),
    ([], "snapshot", "ok", 1, "got"),
    ([], "no usage", "ok", 1, "got"),
]

SCHEMA = {"type": "object", "properties": {"turns": {"type": "array", "items": {"type": "string"}}}}


@pytest.mark.parametrize(("faults", "always", "outcome", "hits", "state"), MATRIX, ids=str)
def test_every_fault_has_its_class(
    faults: list[str], always: str, outcome: str, hits: int, state: str,
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace,
) -> None:  # fmt: skip
    server = serve(*faults, always=always)
    reply = asking(server.url, schema=SCHEMA).reply(request_for())

    assert (reply.outcome, reply.attempts, len(server.hits)) == (outcome, hits, hits)
    assert (reply.text == TEXT) == (outcome in {"ok", "truncated"})
    calls = workspace.store.read(CALLS)
    assert calls["state"].tolist() == [*["sent", "got"] * (hits - 1), "sent", state]
    assert set(calls["request_sha256"]) == {reply.request_sha256}
    assert calls["call_id"].nunique() == hits
    assert calls["call_id"].iloc[-1] == reply.call_id


@pytest.mark.parametrize(
    "fault", ["401", "402", "403", "404", "429 spent", "429 quota", "echo", "other model"]
)
def test_what_every_request_would_meet_stops_the_run(
    fault: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace
) -> None:  # fmt: skip
    server = serve(always=fault)
    said = r"127\.0\.0\.1:\d+ answers (HTTP 4\d\d: .*; the run stops, and goes on|by another model: .*; the run stops; name)"
    with pytest.raises(StoppedError, match=said):
        asking(server.url).reply(request_for())

    assert len(server.hits) == 1
    assert workspace.store.read(CALLS)["state"].tolist() == ["sent", "got"]


def test_nobody_listens(
    asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    reply = asking(url).reply(request_for())

    assert (reply.outcome, reply.state, reply.attempts) == ("transient", "absent", 3)
    assert "cannot be reached" in reply.reason
    assert workspace.store.read(CALLS)["cost_usd"].sum() == 0
