"""A client over the wire: what it knows it never asks again, and its caps and costs hold."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import CapError, UsageError
from workbench.llm import Budget, Ledger
from workbench.llm.budget import Use
from workbench.llm.ledger import Call
from workbench.llm.policy import Patience, retry_after
from workbench.llm.prices import Price, Tokens, cost, price
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace


def test_a_reply_says_who_wrote_it_and_what_it_cost(
    provider: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any], workspace: Workspace
) -> None:  # fmt: skip
    reply = asking(serve("snapshot").url).reply(request_for())

    assert (reply.provider, reply.model, reply.family) == (provider, "writer-1-20261001", "acme/writer")
    assert reply.cost_usd == pytest.approx(0.008)  # 1,000 tokens at $4 and 200 at $20 per million
    got = workspace.store.read(CALLS).iloc[-1]
    assert got["usage"] == {
        "status": 200,
        "input_tokens": 1_000,
        "output_tokens": 200,
        "latency_s": reply.latency_s,
    }
    assert got["cost_usd"] == reply.cost_usd
    assert '"writer-1-20261001"' in got["raw_reply"]


def test_without_a_count_or_a_price_the_cost_is_missing_not_0(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server = serve("no usage", "ok")

    assert asking(server.url).reply(request_for(0)).cost_usd is None
    assert asking(server.url, prices={}).reply(request_for(1)).cost_usd is None
    assert Ledger(workspace.store).spent().unpriced == 2


def test_a_stored_reply_is_never_paid_again(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve("ok", "refusal", "half")
    client = asking(server.url)
    first = [client.reply(request_for(n)) for n in range(3)]
    again = [asking(server.url).reply(request_for(n)) for n in range(3)]

    assert [reply.outcome for reply in first] == ["ok", "refused", "bad"]
    assert [(reply.outcome, reply.text, reply.call_id, reply.cost_usd) for reply in again] == [
        (reply.outcome, reply.text, reply.call_id, reply.cost_usd) for reply in first
    ]
    assert {reply.attempts for reply in again} == {0}
    assert len(server.hits) == 3


def test_the_sign_in_page_of_a_network_is_no_reply_to_keep(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    client = asking(serve("html").url)
    page = client.reply(request_for())

    assert (page.outcome, page.state, page.cost_usd) == ("bad", "absent", None)
    assert page.reason == "the reply is not JSON; it begins with '<!doctype html'"
    assert client.reply(request_for()).outcome == "ok"


def test_what_was_turned_away_is_asked_again(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve("400", "429 long")
    client = asking(server.url)

    assert [client.reply(request_for()).outcome for _ in range(3)] == ["fatal", "transient", "ok"]


def test_an_unknown_call_is_asked_again_only_by_resend(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server = serve("reset", "reset")
    assert asking(server.url).reply(request_for()).outcome == "unknown"
    parked = asking(server.url).reply(request_for())

    assert (parked.outcome, parked.state, parked.attempts, len(server.hits)) == ("unknown", "unknown", 0, 1)
    assert "it may be paid: ask again with --unknown resend" in parked.reason
    resent = asking(server.url, resend=True).reply(request_for())
    assert (resent.outcome, resent.attempts, resent.repeats, len(server.hits)) == ("ok", 2, 2, 3)
    assert len(set(workspace.store.read(CALLS)["request_sha256"])) == 1
    assert Ledger(workspace.store).spent([resent.request_sha256]).attempts == 3
    assert asking(server.url).reply(request_for()).attempts == 0


def test_a_broken_reply_is_asked_again_only_by_resend_and_a_good_or_refused_one_never(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve("half", "max_tokens", "empty", "refusal", "ok", "ok", "max_tokens")
    requests = [request_for(n) for n in range(5)]
    first = [asking(server.url).reply(one) for one in requests]
    assert [asking(server.url).reply(one).attempts for one in requests] == [0] * 5
    assert [reply.reason.endswith("; ask again with --unknown resend") for reply in first] == [True] * 3 + [
        False
    ] * 2
    resent = [asking(server.url, resend=True).reply(one) for one in requests]

    assert [reply.outcome for reply in resent] == ["ok", "truncated", "ok", "refused", "ok"]
    assert [(reply.attempts, reply.repeats) for reply in resent] == [(1, 1)] * 3 + [(0, 0)] * 2
    assert asking(server.url).reply(requests[0]).text == resent[0].text
    assert len(server.hits) == 8


def test_what_turns_a_resent_reply_away_does_not_cost_what_the_broken_one_did(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve("max_tokens", "400")
    asking(server.url).reply(request_for())
    turned_away = asking(server.url, resend=True).reply(request_for())

    assert (turned_away.outcome, turned_away.repeats, turned_away.cost_usd) == ("fatal", 1, 0.0)
    kept = asking(server.url).reply(request_for())
    assert (kept.outcome, kept.cost_usd) == ("truncated", pytest.approx(0.008))


def test_a_call_that_a_crash_left_open_becomes_unknown_with_its_worst_cost(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server = serve()
    key = asking(server.url).key(request_for())
    Ledger(workspace.store).sent(Call("crashed", key), Use(9_000, 0.17))
    ledger = Ledger(workspace.store)
    assert ledger.settled(key) is None
    parked = ledger.close_open()

    assert parked[["call_id", "state", "most_usd"]].to_numpy().tolist() == [["crashed", "unknown", 0.17]]
    assert len(ledger.close_open()) == 1
    assert ledger.spent().unknown_usd == 0.17
    assert asking(server.url, ledger=ledger).reply(request_for()).outcome == "unknown"
    assert server.hits == []


def test_a_reply_that_came_after_all_counts(workspace: Workspace) -> None:
    ledger = Ledger(workspace.store)
    call = Call("late", "0" * 64)
    ledger.sent(call, Use(10, None))
    assert ledger.close_open()["call_id"].tolist() == ["late"]
    ledger.got(call, raw="{}", usage={"status": 200, "input_tokens": 1, "output_tokens": 1}, usd=None)

    settled = Ledger(workspace.store).settled("0" * 64)
    assert settled is not None
    assert (settled.state, settled.usd) == ("got", None)
    assert ledger.close_open().empty


@pytest.mark.parametrize(
    "changed", [{"prompt": "Write otherwise."}, {"index": 1}, {"cell": "new/late"}, {"bucket": "persona"}]
)
def test_what_is_asked_differently_is_another_request(
    changed: dict[str, Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    client = asking("http://127.0.0.1:9")

    assert client.key(request_for()) == asking("http://127.0.0.1:9").key(request_for())
    assert client.key(request_for()) != client.key(request_for(**changed))
    assert client.key(request_for()) != asking("http://127.0.0.1:9", schema={"type": "object"}).key(
        request_for()
    )


def test_the_cap_in_dollars_holds_before_anything_leaves(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server = serve()
    budget = Budget(most_attempts=100, most_usd=0.20)
    client = asking(server.url, budget=budget)
    assert [client.reply(request_for(n)).cost_usd for n in range(5)] == pytest.approx([0.008] * 5)
    # The sixth might cost up to $0.165.
    with pytest.raises(
        CapError, match=r"may cost \$0\.16\d+, which with \$0\.0400 passes the cap of \$0\.2000"
    ):
        client.reply(request_for(5))

    assert len(server.hits) == 5
    assert budget.usd == pytest.approx(0.04)
    assert Ledger(workspace.store).spent().usd == pytest.approx(0.04)
    later = Budget(most_attempts=100, most_usd=0.20)
    later.count(Ledger(workspace.store).spent())
    with pytest.raises(CapError):
        asking(server.url, budget=later).reply(request_for(99))


def test_caps_count_attempts_and_what_is_unknown(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve(always="529")
    with pytest.raises(CapError, match="the cap of 2 attempts"):
        asking(server.url, budget=Budget(most_attempts=2)).reply(request_for())
    assert len(server.hits) == 2
    lost = serve(always="reset")
    client = asking(lost.url, budget=Budget(most_attempts=9, most_usd=0.3))
    assert client.reply(request_for(0)).outcome == "unknown"
    with pytest.raises(
        CapError, match=r"may cost \$0\.16\d+, which with \$0\.16\d+ passes the cap of \$0\.3000"
    ):
        client.reply(request_for(1))


def test_a_reply_without_a_count_holds_the_cap_after_a_restart_too(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    server, live = serve(always="no usage"), Budget(most_attempts=9, most_usd=0.2)
    asking(server.url, budget=live).reply(request_for(0))
    later = Budget(most_attempts=9, most_usd=0.2)
    later.count(Ledger(workspace.store).spent())

    assert later.usd == pytest.approx(live.usd)
    with pytest.raises(CapError, match=r"passes the cap of \$0\.2000"):
        asking(server.url, budget=later).reply(request_for(1))
    assert len(server.hits) == 1


def test_dollars_of_an_unknown_price_cannot_be_capped(asking: Callable[..., Any]) -> None:
    with pytest.raises(
        UsageError, match=r"the price of writer-1 at 127.0.0.1:9 is not known, .* write it in \[prices\]"
    ):
        asking("http://127.0.0.1:9", prices={}, budget=Budget(most_attempts=9, most_usd=1.0))


def test_sixteen_threads_share_a_client_and_the_ledger_stays_whole(
    serve: Callable[..., Any],
    asking: Callable[..., Any],
    request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:
    faults = ["429 ms", "529", "refusal", "half", "reset", "ok", "ok", "ok"] * 8
    server = serve(*faults)
    client = asking(server.url)
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda n: client.reply(request_for(n)), range(64)))

    calls = workspace.store.read(CALLS)
    sent, ended = calls[calls["state"] == "sent"], calls[calls["state"] != "sent"]
    assert len(server.hits) == len(sent) == sent["call_id"].nunique()
    assert sorted(ended["call_id"]) == sorted(sent["call_id"])
    assert len({reply.request_sha256 for reply in replies}) == calls["request_sha256"].nunique() == 64
    assert sum(reply.outcome == "unknown" for reply in replies) == 8
    assert Ledger(workspace.store).spent().usd == pytest.approx(sum(reply.cost_usd or 0 for reply in replies))


def test_a_notebook_with_a_running_loop_can_ask(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    client = asking(serve().url)

    async def cell() -> str:
        return str(client.reply(request_for()).outcome)

    # Of its own thread, since a browser's driver may keep a loop running in the tests' thread.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, cell()).result() == "ok"  # noqa: TID251


def test_a_wait_that_a_server_asks_for_is_told_when_it_is_too_long(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    reply = asking(serve("429 long").url).reply(request_for())

    assert reply.reason.endswith("the server asks to wait 3,600 s, longer than 60 s: run it again then")


def test_waits_grow_up_to_a_limit_and_follow_dates() -> None:
    patience = Patience(attempts=10, jitter=0)

    assert [patience.wait(n, {}) for n in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert all(0.375 <= (Patience().wait(1, {}) or 0) <= 0.5 for _ in range(50))
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert (retry_after({"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}) or 0) > 3600
    assert patience.wait(1, {"retry-after": "nan"}) == patience.wait(1, {}) == 0.5


def test_the_table_says_nothing_about_prompts_it_does_not_hold_for() -> None:
    listed, own = price("anthropic", "claude-opus-5-5", {}, official=True), Price(4, 20)

    assert cost(Tokens(100_000, 100), listed) == cost(Tokens(100_000, 100), own) == pytest.approx(0.402)
    assert cost(Tokens(100_001, 100), listed) is None
    assert cost(Tokens(100_001, 100), own) == pytest.approx(0.402004)
