"""A run is filled by a model over a network: nothing is paid twice unasked, and what is missing has a reason."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import CapError, StoppedError
from workbench.generate import fill, runs, slots, spent
from workbench.llm import Budget, Ledger
from workbench.llm.policy import Patience
from workbench.outcome_facts import OUTCOME_KEYS
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS = (
    "429", "529", "500", "401", "hang", "reset", "half", "html", "refusal", "max_tokens", "empty", "other model", "slow",
)  # fmt: skip
"""What can go wrong, each for one request in twenty."""

GRID = {"customers": ["new", "angry", "regular", "terse"], "topics": ["delay", "damaged", "refund", "address", "account"]}  # fmt: skip


def chance(seed: int) -> Callable[[Any], str]:
    """Choose a fault for a request, each in 5 % of them."""
    drawn = random.Random(seed)

    def choose(_: Any) -> str:
        return drawn.choices([*FAULTS, "ok"], [0.05] * len(FAULTS) + [1 - 0.05 * len(FAULTS)])[0]

    return choose


def candidates(shop: Any) -> Any:
    """Return the rows of `cases` that are not the seed."""
    return shop.workspace.cases[lambda cases: cases["bucket"] != "seed"]


def sent(shop: Any) -> Any:
    """Return the requests that left, as the ledger knows them."""
    return shop.workspace.store.read(CALLS, state="sent")


def names(schema: Any) -> Iterator[str]:
    """Yield the name of every property of a JSON schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
        yield from names(part)


def test_a_grid_is_filled_or_has_its_reasons_whatever_goes_wrong(
    provider: str, serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve(choose=chance(len(provider)))
    shop = ask(server.url, **GRID)
    run = shop.run(per_cell={"persona": 5, "prompted": 5}, redteam=0)
    # What hangs is given up soon: nothing else here takes half a second.
    haste = Patience(attempts=3, backoff_s=0.001, timeout_s=0.5)
    asking, stops = client(shop, concurrency=16, patience=haste), 0
    while (done := fill(shop.workspace, run, asking)).stopped:
        assert isinstance(done.stopped, StoppedError)
        stops += 1  # A person mends the key or the model, and runs it again.
    open_ = done.slots[~done.slots["made"]]

    assert stops > 0
    assert len(done.slots) == 200
    assert len(candidates(shop)) == done.slots["made"].sum() > 80
    assert set(open_["reason"].str.partition(";")[0]) <= {
        "HTTP 429: busy or out of order", "HTTP 500: busy or out of order", "HTTP 529: busy or out of order",
        "the request left and nothing came back (ReadTimeout)", "the request left and nothing came back (ReadError)",
        "the request left and nothing came back (RemoteProtocolError)", "the request left and nothing came back",
        "refused", "cut off (max_tokens)", "cut off (length)", "the reply holds no text", "the reply is not JSON",
        "by another model: 'another-model', not 'writer'",
    }  # fmt: skip
    assert len(server.hits) == len(sent(shop))
    counted = Ledger(shop.workspace.store).spent()
    assert (counted.attempts, counted.unknown) == (len(server.hits), len(done.unknown))

    # Once the server is well: what has no answer is asked for, what has one or may have been paid is not.
    server._choose, before = None, len(server.hits)
    again = fill(shop.workspace, run, client(shop))
    html = open_["reason"].str.contains("<!doctype")
    assert again.added == again.asked == open_["reason"].str.startswith("HTTP").sum() + html.sum()
    assert len(server.hits) - before == again.asked
    assert again.unknown.keys() == done.unknown.keys()

    kept = slots(shop.workspace)[lambda found: ~found["made"]]["reason"]
    broken = kept.str.contains("cut off|no text|not JSON|by another model").sum()
    resent = fill(shop.workspace, run, client(shop, resend=True))
    assert resent.added == resent.asked == resent.repeats == len(done.unknown) + broken > len(done.unknown)
    assert len(server.hits) == len(sent(shop))
    assert set(slots(shop.workspace)[lambda found: ~found["made"]]["reason"]) == {"refused"}
    last = fill(shop.workspace, run, client(shop))
    assert (last.asked, len(server.hits)) == (0, len(sent(shop)))


def test_every_case_knows_its_call_and_no_cost_counts_twice(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    shop = ask(serve("refusal", "half").url)
    done = fill(shop.workspace, shop.run(redteam=0), client(shop))
    calls = shop.workspace.store.read(CALLS)
    made = candidates(shop)
    paid = Ledger(shop.workspace.store).calls().set_index("call_id")["cost_usd"]

    assert (made["cost_usd"].tolist(), made["cost_usd"].sum()) == (
        paid[made["call_id"]].tolist(),
        pytest.approx(0.048),
    )
    assert set(made["generator_model"]) == {"writer"}
    assert (
        calls["cost_usd"].sum()
        == pytest.approx(paid.sum())
        == pytest.approx(done.usd)
        == pytest.approx(0.056)
    )
    kept = calls[~calls["call_id"].isin(paid.index)]
    assert {usage["call_id"] for usage in kept["usage"]} == set(paid.index) - set(made["call_id"])
    first, *reasons, last = str(done).splitlines()
    assert first == "6 of 8 slots filled, 6 of them now"
    assert {reason.partition("; it begins with ")[0] for reason in reasons} == {
        "  without a case: 1 refused",
        "  without a case: 1 the reply is not JSON",
    }
    assert last == "  spent now: $0.0560 for 8 slots, and 1 call at a cost nobody knows"


def test_a_dated_snapshot_of_the_model_is_the_model_and_is_named(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    shop = ask(serve(always="snapshot").url)
    done = fill(shop.workspace, shop.run(), client(shop))

    assert done.slots["made"].all()
    assert set(candidates(shop)["generator_model"]) == {"writer-20261001"}


def test_another_model_stops_the_run_and_nothing_more_is_paid_until_somebody_mends_it(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve(always="other model")
    shop = ask(server.url)
    said = r"answers by another model: 'another-model', not 'writer'; check model in \[roles\]; the run stops; name"
    done = fill(shop.workspace, shop.run(), client(shop, concurrency=2))
    assert isinstance(done.stopped, StoppedError)
    assert re.search(said, str(done))
    before = len(server.hits)

    assert before <= 4
    assert candidates(shop).empty
    assert Ledger(shop.workspace.store).spent().usd == pytest.approx(0.008 * before)
    again = fill(shop.workspace, shop.run(), client(shop))
    assert (str(again.stopped), len(server.hits)) == (str(done.stopped), before)
    server.always = "ok"
    done = fill(shop.workspace, shop.run(), client(shop, resend=True))
    assert (done.added, done.repeats, len(server.hits)) == (len(done.slots), before, before + len(done.slots))


def test_a_reply_of_another_model_is_its_slots_reason_where_the_right_one_answers_too(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve("ok", "other model")
    shop = ask(server.url)
    assert fill(shop.workspace, shop.run(), client(shop, concurrency=1)).stopped
    done = fill(shop.workspace, shop.run(), client(shop))

    assert (done.slots["made"].sum(), len(server.hits)) == (len(done.slots) - 1, len(done.slots))
    assert "by another model: 'another-model', not 'writer'; check model in [roles]; ask again" in str(done)


def test_what_runs_have_cost_is_read_once_for_all_of_them(
    serve: Callable[..., Any],
    ask: Callable[..., Any],
    client: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop, reads = ask(serve().url), []
    store = shop.workspace.store
    read = store.read
    for seed in (1, 2, 3):
        fill(shop.workspace, shop.run(redteam=0, seed=seed), client(shop))
    monkeypatch.setattr(store, "read", lambda table, **where: reads.append(table) or read(table, **where))
    told = spent(shop.workspace)

    assert told["usd"].tolist() == pytest.approx([0.064] * 3)
    assert (
        reads.count(CALLS) == 3
    )  # What is settled, what calls cost, and what is kept of slots: never by run.


def test_the_run_is_frozen_before_the_first_request(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    frozen: list[int] = []
    server = serve(choose=lambda _: frozen.append(len(runs(shop.workspace))) or "ok")
    shop = ask(server.url)
    fill(shop.workspace, shop.run(), client(shop))

    assert set(frozen) == {1}


def test_a_cap_that_is_reached_stops_the_run_and_a_higher_one_goes_on(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve()
    shop = ask(server.url)
    run = shop.run()
    capped = fill(shop.workspace, run, client(shop, budget=Budget(most_attempts=99, most_usd=0.22)))
    assert isinstance(capped.stopped, CapError)
    assert "passes the cap of $0.2200 (--most-usd); it was not sent: raise the cap" in str(capped)
    # Three cost $0.024, and the worst case of one more is $0.17 to $0.19.
    stored = len(candidates(shop))
    done = fill(shop.workspace, run, client(shop, budget=Budget(most_attempts=99, most_usd=0.40)))

    assert 3 <= stored < 10
    assert (done.added, len(server.hits)) == (10 - stored, 10)


def test_unknown_calls_are_listed_with_their_worst_cost(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve("reset", "reset")
    shop = ask(server.url)
    run = shop.run()
    first = fill(shop.workspace, run, client(shop))
    asked = fill(shop.workspace, run, client(shop))
    most = Ledger(shop.workspace.store).spent().unknown_usd

    assert first.unknown == asked.unknown
    assert sum(asked.unknown.values()) == pytest.approx(most)
    lines = str(asked).splitlines()
    assert (
        lines[1]
        == "  without a case: 2 the request left and nothing came back; it may be paid: ask again with --unknown resend"
    )
    assert lines[2] == f"  unknown, and perhaps paid, at most ${most:,.4f} in all:"
    assert lines[3:] == [f"    {case}: at most ${usd:,.4f}" for case, usd in asked.unknown.items()]
    assert (asked.asked, len(server.hits)) == (0, 10)
    assert "  asked again, and perhaps paid twice: 2 requests" in str(
        fill(shop.workspace, run, client(shop, resend=True))
    )


def test_an_interrupt_loses_nothing_and_what_came_is_not_paid_again(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    server = serve(latency_s=0.05)
    shop = ask(server.url)
    run = shop.run(per_cell={"prompted": 10}, redteam=0)
    asking = client(shop, concurrency=4)
    came = asking.replies

    def interrupted(requests: Any) -> Any:
        for number, told in enumerate(came(requests)):
            if number == 6:
                raise KeyboardInterrupt
            yield told

    monkeypatch.setattr(asking, "replies", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill(shop.workspace, run, asking)
    states = Counter(Ledger(shop.workspace.store).calls()["state"])
    before = len(server.hits)

    assert states == {"got": before}
    assert before < 40
    assert len(candidates(shop)) == 6
    assert "under way, which may be paid" in capfd.readouterr().err
    done = fill(shop.workspace, run, client(shop))
    assert (done.added, done.asked, len(server.hits)) == (34, 40 - before, 40)


def test_a_notebook_with_a_running_loop_can_fill(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    shop = ask(serve().url)
    run = shop.run()

    async def cell() -> int:
        return fill(shop.workspace, run, client(shop)).added

    # Of its own thread, since a browser's driver may keep a loop running in the tests' thread.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, cell()).result() == 10  # noqa: TID251


def test_a_server_gets_the_schema_which_has_no_place_for_an_outcome(
    provider: str, serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    server = serve()
    shop = ask(server.url)
    fill(shop.workspace, shop.run(per_cell={"prompted": 1}, redteam=0), client(shop))
    body = json.loads(server.hits[0].body)
    sent_as = (
        body["output_config"]["format"] if provider == "anthropic" else body["response_format"]["json_schema"]
    )

    assert set(names(sent_as["schema"])) == {
        "turns", "role", "text", "context", "facts", "name", "value", "documents", "id",
    }  # fmt: skip
    assert not OUTCOME_KEYS & set(names(sent_as["schema"]))


def test_facts_as_pairs_and_as_an_object_make_the_same_case(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    told = {"order": {"id": "K-20817", "days_late": 3, "delivered": None, "gift": True}, "open": False}
    pairs = [
        {"name": "order", "value": [{"name": name, "value": value} for name, value in told["order"].items()]},
        {"name": "open", "value": False},
    ]
    made = []
    for facts, documents in ((told, {}), (pairs, {"documents": None})):
        reply = {"turns": [{"role": "user", "text": "where is it"}], "context": {"facts": facts, **documents}}
        shop = ask(serve(text=json.dumps(reply)).url)
        fill(shop.workspace, shop.run(), client(shop))
        made.append(candidates(shop).iloc[0])

    assert made[0]["context"] == made[1]["context"] == {"facts": told}
    assert made[0]["content_sha256"] == made[1]["content_sha256"]
