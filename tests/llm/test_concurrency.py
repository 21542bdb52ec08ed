"""Many requests at a time: no more than allowed, as they come, and an end that loses nothing."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import CapError, SafetyError, StoppedError, UsageError
from workbench.llm import Budget, Ledger
from workbench.llm.concurrency import replies
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace


def test_replies_come_in_the_order_in_which_they_are_ready(request_for: Callable[..., Any]) -> None:
    ready = threading.Event()

    def ask(request: Any, _: threading.Event) -> int:
        assert request.index or ready.wait(timeout=30)
        return int(request.index)

    coming = replies(ask, [request_for(n) for n in range(3)], concurrency=2)
    assert {next(coming)[1], next(coming)[1]} == {1, 2}
    ready.set()
    assert [reply for _, reply in coming] == [0]


def test_no_more_are_under_way_than_allowed_and_few_wait_for_a_slow_reader(
    request_for: Callable[..., Any],
) -> None:
    lock, under_way, most, begun = threading.Lock(), 0, 0, 0

    def ask(_: Any, __: threading.Event) -> None:
        nonlocal under_way, most, begun
        with lock:
            under_way, begun = under_way + 1, begun + 1
            most = max(most, under_way)
        threading.Event().wait(0.002)
        with lock:
            under_way -= 1

    coming = replies(ask, [request_for(n) for n in range(60)], concurrency=4)
    next(coming)
    threading.Event().wait(0.1)
    assert begun <= 8
    assert len(list(coming)) == 59
    assert most == 4


def test_what_waits_for_its_turn_is_told_when_the_run_is_closed(request_for: Callable[..., Any]) -> None:
    sent, late, third = [], [], threading.Event()

    def ask(request: Any, stop: threading.Event) -> None:
        (late if stop.is_set() else sent).append(request.index)
        if request.index == 2:
            third.set()
        if request.index:
            assert stop.wait(timeout=5)

    coming = replies(ask, [request_for(n) for n in range(9)], concurrency=2)
    next(coming)
    assert third.wait(timeout=5)
    coming.close()

    assert sorted(sent) == [0, 1, 2]
    assert late in ([3], [])


def test_what_is_closed_waits_for_what_is_under_way_and_sends_no_more(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    server = serve(latency_s=0.1)
    client = asking(server.url, concurrency=4)
    coming = client.replies([request_for(n) for n in range(40)])
    next(coming)
    coming.close()
    hits = len(server.hits)
    calls = Ledger(workspace.store).calls()

    assert "stopping: waiting for" in capfd.readouterr().err
    assert 1 <= hits <= 8
    assert calls["state"].tolist() == ["got"] * hits
    rest = dict(asking(server.url).replies([request_for(n) for n in range(40)]))
    assert sum(reply.attempts for reply in rest.values()) == 40 - hits
    assert len(server.hits) == 40


def test_a_second_interrupt_loses_nothing_either(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    arrived, mended, pressed = threading.Event(), threading.Event(), threading.Semaphore(0)
    server = serve(choose=lambda _: "ok" if arrived.set() or mended.wait(timeout=30) else "500")

    def interrupted(*_: Any) -> None:
        pressed.release()
        raise KeyboardInterrupt

    def press_twice() -> None:
        arrived.wait(timeout=30)
        for _ in range(2):
            threading.Event().wait(0.2)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            pressed.acquire(timeout=30)
        threading.Event().wait(0.2)
        mended.set()

    before = signal.signal(signal.SIGINT, interrupted)
    presses = threading.Thread(target=press_twice)
    presses.start()
    try:
        with asking(server.url, concurrency=4) as client, pytest.raises(KeyboardInterrupt):
            list(client.replies([request_for(n) for n in range(40)]))
    finally:
        presses.join()
        signal.signal(signal.SIGINT, before)

    assert Ledger(workspace.store).calls()["state"].tolist() == ["got"] * len(server.hits)
    assert 1 <= len(server.hits) <= 4
    assert capfd.readouterr().err.count("still waiting") == 1


def test_a_wait_before_another_attempt_ends_when_the_run_does(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    from workbench.llm.policy import Patience

    server = serve(choose=lambda hit: "529" if b"parcel 0" in hit.body else "ok")
    client = asking(server.url, patience=Patience(backoff_s=3600, most_backoff_s=3600), concurrency=2)
    coming = client.replies([request_for(n, f"Write about parcel {n}.") for n in range(3)])
    assert {next(coming)[0].index, next(coming)[0].index} == {1, 2}
    coming.close()

    assert len(server.hits) == 3


def test_what_every_request_would_meet_ends_it_after_what_was_under_way(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server = serve(choose=lambda hit: "401" if b"parcel 0" in hit.body else "ok", latency_s=0.2)
    requests = [request_for(n, f"Write about parcel {n}.") for n in range(30)]
    told = {}
    coming = asking(server.url, concurrency=3).replies(requests)
    with pytest.raises(StoppedError, match="HTTP 401: the key is not accepted"):
        told.update((request.index, reply.outcome) for request, reply in coming)

    assert told[1] == told[2] == "ok"
    assert len(server.hits) == len(told) + 1 < 12
    assert workspace.store.read(CALLS)["state"].value_counts().to_dict() == {
        "sent": len(server.hits),
        "got": len(server.hits),
    }


def test_a_guard_ends_it_too(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    requests = [request_for(0, "Write like kim@shop.example."), *(request_for(n) for n in range(1, 30))]
    server = serve(latency_s=0.5)
    with pytest.raises(SafetyError, match=r"personal data or a key \(EMAIL\)"):
        list(asking(server.url, concurrency=10).replies(requests))

    assert len(server.hits) <= 11


def test_a_cap_is_reached_by_what_was_spent_and_not_by_what_is_under_way(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve(latency_s=0.005)
    # Each may cost up to $0.165 and costs $0.008; eight at once would hold $1.32.
    budget = Budget(most_attempts=100, most_usd=0.45)
    client = asking(server.url, budget=budget, concurrency=8)
    first = list(client.replies([request_for(n) for n in range(30)]))

    assert {reply.outcome for _, reply in first} == {"ok"}
    again = client.replies([request_for(n) for n in range(60)])
    with pytest.raises(
        CapError, match=r"may cost \$0\.16\d+, which with \$0\.2880 passes the cap of \$0\.4500"
    ):
        list(again)
    assert len(server.hits) == 36
    assert budget.usd == pytest.approx(0.008 * 36)


@pytest.mark.parametrize("concurrency", [0, -1, 33])
def test_a_concurrency_out_of_range_is_a_sentence(asking: Callable[..., Any], concurrency: int) -> None:
    with pytest.raises(UsageError, match=r"is out of range; take 1 to 32"):
        asking("http://127.0.0.1:9", concurrency=concurrency)
