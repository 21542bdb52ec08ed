"""Batches: half the price, results in any order, and one batch whatever happens on the way."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import CapError, SafetyError, StoppedError, UsageError
from workbench.llm import Budget, Ledger, Request, WireClient
from workbench.llm.batches import BatchClient
from workbench.llm.budget import Use
from workbench.llm.ledger import Call
from workbench.llm.policy import Patience
from workbench.llm.prices import Price
from workbench.provenance import sha256
from workbench.settings import Role
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.llm import Reply
    from workbench.workspace import Workspace

HASTE = Patience(attempts=6, backoff_s=0.001, most_backoff_s=0.01, timeout_s=0.75)

HALF = 0.004
"""1,000 tokens at $4 and 200 at $20 per million, halved."""


@pytest.fixture
def client(workspace: Workspace) -> Iterator[Callable[..., BatchClient]]:
    """Make a client of a server with batches, as a new process would."""
    with contextlib.ExitStack() as stack:

        def make(url: str, *, resend: bool = False, **options: Any) -> BatchClient:
            told = {
                "ledger": Ledger(workspace.store), "budget": Budget(most_attempts=1_000),
                "patience": replace(HASTE, resend=resend), "prices": {"writer-1": Price(4, 20)},
            }  # fmt: skip
            return stack.enter_context(BatchClient(_role(url), **told | options))

        yield make


def _role(url: str, **changes: Any) -> Role:
    return Role(
        **{"provider": "anthropic", "base_url": url, "model": "writer-1", "family": "acme/writer"} | changes
    )


def _requests(*prompts: str, size: int = 5) -> list[Request]:
    asked = prompts or [f"Write what a customer writes about late parcel {n}." for n in range(size)]
    return [
        Request(cell="angry/late", index=n, bucket="prompted", prompt=prompt, prompt_sha256=sha256(prompt))
        for n, prompt in enumerate(asked)
    ]


def _told(client: BatchClient, requests: list[Request]) -> dict[int, Reply]:
    return {request.index: reply for request, reply in client.replies(requests)}


def _calls(workspace: Workspace, state: str) -> int:
    return len(workspace.store.read(CALLS, state=state))


def test_a_batch_costs_half_and_every_reply_finds_its_request(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches()
    requests = _requests()
    budget = Budget(most_attempts=5, most_usd=1.0)
    told = _told(client(server.url, budget=budget), requests)

    assert sorted(told) == [0, 1, 2, 3, 4]
    assert all(request.prompt in told[request.index].text for request in requests)
    assert {(reply.state, reply.attempts, reply.repeats, reply.cost_usd) for reply in told.values()} == {
        ("ok", 1, 0, HALF)
    }
    assert len(server.ours) == 1
    spent = Ledger(workspace.store).spent()
    assert (spent.attempts, spent.unknown, spent.usd) == (5, 0, pytest.approx(5 * HALF))
    assert (budget.attempts, budget.usd) == (5, pytest.approx(5 * HALF))


def test_calls_are_in_the_ledger_before_the_batch_leaves_and_its_id_before_anybody_looks(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    rows: dict[str, tuple[int, int]] = {}

    def seen(event: str) -> None:
        rows.setdefault(event, (_calls(workspace, "sent"), _calls(workspace, "got")))

    _told(client(batches(seen=seen).url), _requests())

    assert rows["arrived"] == (5, 1)  # how the list ended before
    assert rows["retrieve"] == (5, 2)  # and the id
    assert _calls(workspace, "got") == 7
    sent = workspace.store.read(CALLS, state="sent")
    assert {used["most_usd"] < 0.1 for used in sent["usage"]} == {
        True
    }  # 8,192 tokens at $10 per million, and the prompt


def test_what_is_stored_is_never_asked_again(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server = batches()
    requests = _requests()
    first = _told(client(server.url), requests[:3])
    again = _told(client(server.url), requests)
    twice = list(client(server.url).replies([requests[0], requests[0]]))

    assert [len(made.requests) for made in server.ours] == [3, 2]
    assert [again[n].text for n in range(3)] == [first[n].text for n in range(3)]
    assert [again[n].attempts for n in range(5)] == [0, 0, 0, 1, 1]
    assert [reply.text for _, reply in twice] == [first[0].text] * 2
    assert client(server.url).reply(requests[4]).cost_usd == HALF


def test_requests_that_came_to_nothing_cost_nothing_and_are_asked_again_later(
    batches: Callable[..., Any], client: Callable[..., BatchClient], key: str, workspace: Workspace
) -> None:
    kinds = dict(enumerate(["succeeded", "expired", "canceled", "invalid", "overloaded"]))
    requests = _requests()
    by_prompt = {request.prompt: kinds[request.index] for request in requests}
    server = batches(kind=lambda prompt: by_prompt[prompt], says=f"max_tokens: too many for {key}")
    told = _told(client(server.url), requests)

    assert [told[n].state for n in range(5)] == ["ok", "absent", "absent", "absent", "absent"]
    assert [told[n].outcome for n in range(1, 5)] == ["transient", "transient", "fatal", "transient"]
    assert [told[n].cost_usd for n in range(5)] == [HALF, 0.0, 0.0, 0.0, 0.0]
    assert told[1].reason == "expired: the batch ended before it; ask again"
    assert told[3].reason == "errored (invalid_request_error): 'max_tokens: too many for <KEY>'"
    assert Ledger(workspace.store).spent().usd == pytest.approx(HALF)
    assert key not in "".join(workspace.store.read(CALLS)["raw_reply"].dropna())
    server.kind = lambda _: "succeeded"
    assert {reply.state for reply in _told(client(server.url), requests).values()} == {"ok"}
    assert sorted(server.ours[1].prompts) == [request.prompt for request in requests[1:]]


@pytest.mark.parametrize("faults", [["cut"], ["half"], ["cut", "half", "reset"], ["500", "html", "half"]])
def test_results_that_break_off_are_fetched_again_and_stored_once(
    faults: list[str], batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"results": faults})
    told = _told(client(server.url), _requests(size=9))

    assert {reply.state for reply in told.values()} == {"ok"}
    assert len(server.ours) == 1
    assert server.asked["results"] > 1
    assert Ledger(workspace.store).spent().usd == pytest.approx(9 * HALF)


def test_results_that_cannot_be_had_today_are_unknown_and_come_another_day(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"results": ["half"] * 4})
    told = _told(client(server.url, resend=True), _requests(size=9))

    lacking = [reply for reply in told.values() if reply.state == "unknown"]
    assert 0 < len(lacking) < 9
    assert "lack it; it may be paid: run the same again" in lacking[0].reason
    assert Ledger(workspace.store).spent().unknown == len(lacking)
    assert {reply.state for reply in _told(client(server.url), _requests(size=9)).values()} == {"ok"}
    assert len(server.ours) == 1


@pytest.mark.parametrize(
    "planted", ["write to kim@shop.example", "card 4111 1111 1111 1111", "the key is {key}"]
)
def test_personal_data_in_one_request_keeps_all_of_them_here(
    planted: str,
    batches: Callable[..., Any],
    client: Callable[..., BatchClient],
    key: str,
    workspace: Workspace,
) -> None:
    server = batches()
    requests = _requests("Write one.", planted.format(key=key), "Write another.")
    with pytest.raises(SafetyError, match="was not sent because it holds personal data or a key"):
        _told(client(server.url), requests)

    assert server.asked["create"] == 0
    assert _calls(workspace, "sent") == 0


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ({"most_usd": 0.08}, r"may cost \$0\.08\d+, which with \$0\.0000 passes the cap of \$0\.0800 .* not asked: 5 requests"),
        ({"most_attempts": 0}, "the cap of 0 attempts; .* not asked: 5 requests"),
    ],
)  # fmt: skip
def test_a_request_that_could_pass_a_cap_does_not_leave(
    caps: dict[str, Any], said: str, batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:  # fmt: skip
    server = batches()
    with pytest.raises(CapError, match=said):
        _told(client(server.url, budget=Budget(**{"most_attempts": 5} | caps)), _requests())

    assert server.asked.total() == 0
    assert _calls(workspace, "sent") == 0


def test_what_fits_under_a_cap_leaves_and_the_rest_when_that_has_come_for_less(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server, requests = batches(), _requests()
    # Each may cost $0.083 and costs $0.004.
    told = _told(client(server.url, budget=Budget(most_attempts=5, most_usd=0.2)), requests)

    assert {reply.state for reply in told.values()} == {"ok"}
    assert [len(made.requests) for made in server.ours] == [2, 2, 1]


def test_what_a_cap_left_out_of_a_batch_is_counted_and_leaves_under_a_higher_one(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server, requests = batches(), _requests()
    came = []
    with pytest.raises(CapError, match=r"the cap of 3 attempts; it was not sent: .*; not asked: 2 requests"):
        came += [reply for _, reply in client(server.url, budget=Budget(most_attempts=3)).replies(requests)]
    rest = _told(client(server.url), requests)

    assert [rest[n].attempts for n in range(5)] == [0, 0, 0, 1, 1]
    assert [len(made.requests) for made in server.ours] == [3, 2]


def test_a_reply_that_came_broken_is_asked_again_in_a_batch_by_resend_alone(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server, requests = batches(), _requests()
    first = requests[0].prompt
    server.kind = lambda prompt: "cut off" if prompt == first else "succeeded"
    broken = _told(client(server.url), requests)[0]
    kept = _told(client(server.url), requests)[0]
    again = _told(client(server.url, resend=True), requests)
    server.kind = lambda _: "succeeded"
    whole = _told(client(server.url, resend=True), requests)

    assert broken.reason == kept.reason == "cut off (max_tokens); ask again with --unknown resend"
    assert (kept.attempts, again[0].state, again[0].attempts, again[0].repeats) == (0, "truncated", 1, 1)
    assert [(whole[n].state, whole[n].repeats) for n in range(5)] == [("ok", 1), *[("ok", 0)] * 4]
    assert [len(made.requests) for made in server.ours] == [5, 1, 1]
    assert Ledger(workspace.store).spent().usd == pytest.approx(7 * HALF)


def test_a_broken_reply_that_is_asked_again_for_nothing_costs_nothing_now(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server, requests = batches(kind=lambda _: "cut off"), _requests(size=1)
    _told(client(server.url), requests)
    server.kind = lambda _: "expired"
    (told,) = _told(client(server.url, resend=True), requests).values()

    assert (told.state, told.cost_usd, told.attempts, told.repeats) == ("absent", 0.0, 1, 1)


def test_another_host_gets_no_byte(batches: Callable[..., Any], client: Callable[..., BatchClient]) -> None:
    server, other = batches(), batches()
    server.results_at = other.url
    with pytest.raises(SafetyError, match="is the only host allowed"):
        _told(client(server.url), _requests())

    assert other.asked.total() == 0


@pytest.mark.parametrize("faults", [["429"], ["529", "503"], ["429", "529", "429", "529"]])
def test_a_batch_that_was_turned_away_is_made_again(
    faults: list[str], batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"create": faults})
    told = _told(client(server.url), _requests())

    assert {(reply.state, reply.attempts, reply.repeats) for reply in told.values()} == {
        ("ok", len(faults) + 1, 0)
    }
    assert len(server.ours) == 1
    assert server.asked["list"] == len(faults) + 1  # nothing was searched for
    assert Ledger(workspace.store).spent().usd == pytest.approx(5 * HALF)


def test_a_batch_that_is_turned_away_for_good_says_why(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server = batches(faults={"create": ["413", *["429"] * 6, "401"]})
    large = _told(client(server.url), _requests())
    busy = _told(client(server.url), _requests())

    assert {(reply.outcome, reply.cost_usd) for reply in large.values()} == {("fatal", 0.0)}
    assert large[0].reason == "no batch was taken (HTTP 413)"
    assert busy[0].reason == "no batch was taken (HTTP 429); given up after 6 attempts: run it again later"
    with pytest.raises(
        StoppedError, match=r"answers HTTP 401: the key is not accepted; check it; run the same again"
    ):
        _told(client(server.url), _requests())
    assert server.ours == []


@pytest.mark.parametrize("fault", ["lost", "html", "500 taken", "reset", "500", "504"])
def test_a_batch_of_which_nobody_knows_whether_it_was_taken_is_searched_for(
    fault: str, batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"create": [fault]})
    server.foreign(5)
    told = _told(client(server.url), _requests())

    assert {(reply.state, reply.repeats) for reply in told.values()} == {("ok", 0)}
    assert len(server.ours) == 1
    assert server.asked["create"] == (1 if fault in {"lost", "html", "500 taken"} else 2)
    spent = Ledger(workspace.store).spent()
    assert (spent.unknown, spent.usd) == (0, pytest.approx(5 * HALF))


def test_a_list_of_many_pages_is_searched_to_its_end(
    monkeypatch: pytest.MonkeyPatch, batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    monkeypatch.setattr("workbench.llm.batches.api.PAGE", 2)
    server = batches(faults={"create": ["lost"]}, looks=1)
    server.seen = lambda event: [server.foreign(n) for n in (4, 5, 6, 5, 7)] if event == "taken" else None

    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"ok"}
    assert len(server.ours) == 1
    assert server.asked["list"] == 1 + 3


def test_a_batch_on_its_way_is_waited_for_before_another_is_made(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    # The client gives up waiting after 0.4 s, and the server takes the batch after all.
    server = batches(take_s=0.6)
    hasty = client(server.url, patience=replace(HASTE, timeout_s=0.4))

    assert {reply.state for reply in _told(hasty, _requests()).values()} == {"ok"}
    assert len(server.ours) == 1


@pytest.mark.parametrize(
    "gone", ["key of another workspace", "the newest batch before", "results", "the list"]
)
def test_a_list_that_proves_nothing_leaves_the_requests_unknown(
    gone: str, batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"create": ["reset"], "list": [], "results": []})
    before = server.foreign(3)

    def seen(event: str) -> None:
        if event == "arrived":
            match gone:
                case "key of another workspace":
                    server.workspace = "wrkspc_2"
                case "the newest batch before":
                    server.made.pop(before, None)
                case "results":
                    server.foreign(5)
                    server.faults["results"].extend(["404", "404", "404"])
                case _:
                    server.faults["list"].extend(["404", "404"])

    server.seen = seen
    told = _told(client(server.url), _requests())

    assert {(reply.state, reply.cost_usd) for reply in told.values()} == {("unknown", None)}
    assert "whether a batch was taken cannot be read" in told[0].reason
    spent = Ledger(workspace.store).spent()
    assert (spent.unknown, spent.unknown_usd) == (5, pytest.approx(0.41, abs=0.01))
    assert server.asked["create"] == 1
    if gone == "the list":
        # With the list again, it is certain that nothing was taken.
        assert {(r.state, r.repeats) for r in _told(client(server.url), _requests()).values()} == {("ok", 0)}
    else:
        resent = _told(client(server.url, resend=True), _requests())
        assert {(r.state, r.repeats) for r in resent.values()} == {("ok", 1)}
    assert len(server.ours) == 1


def test_a_batch_that_is_gone_is_unknown_and_asked_again_only_by_resend(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server = batches(faults={"retrieve": ["404"] * 4})
    told = _told(client(server.url), _requests())

    assert {reply.state for reply in told.values()} == {"unknown"}
    assert told[0].reason.startswith("what batch msgbatch_0001 brought cannot be read")
    assert len(server.ours) == 1
    # Lost again, it is not resent again in the same run.
    resent = _told(client(server.url, resend=True), _requests())
    assert {(reply.state, reply.repeats) for reply in resent.values()} == {("unknown", 1)}
    assert len(server.ours) == 2
    came = _told(client(server.url, resend=True), _requests())
    assert {reply.state for reply in came.values()} == {"ok"}


def test_a_single_call_takes_what_a_batch_brought(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches()
    requests = _requests()
    brought = _told(client(server.url), requests)
    with WireClient(
        _role(server.url), ledger=Ledger(workspace.store), budget=Budget(most_attempts=0)
    ) as wire:
        again = {request.index: reply for request, reply in wire.replies(requests)}
    assert [(again[n].text, again[n].cost_usd) for n in range(5)] == [
        (brought[n].text, HALF) for n in range(5)
    ]


def test_what_was_resent_comes_even_if_the_first_batch_never_does(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server = batches(faults={"retrieve": ["404", "404", "403", "404"]})
    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"unknown"}
    with pytest.raises(StoppedError):
        _told(client(server.url, resend=True), _requests())

    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"ok"}
    assert len(server.ours) == 2


def test_a_single_call_that_a_crash_left_open_does_not_leave_again_in_a_batch(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches()
    requests = _requests()
    key = client(server.url).key(requests[2])
    Ledger(workspace.store).sent(Call("crashed", key), Use(9_000, 0.17))
    told = _told(client(server.url), requests)

    assert [told[n].state for n in range(5)] == ["ok", "ok", "unknown", "ok", "ok"]
    assert told[2].call_id == "crashed"
    assert len(server.ours[0].requests) == 4
    assert _told(client(server.url, resend=True), requests)[2].repeats == 1


def test_questions_are_asked_again_while_the_server_is_out_of_order(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    faults = {
        "list": ["529", "html"],
        "retrieve": ["500", "html", "reset", "429", "504"],
        "results": ["reset"],
    }
    server = batches(faults=faults)

    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"ok"}
    assert len(server.ours) == 1


def test_a_server_that_stays_silent_stops_the_run_which_goes_on_later(
    batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    server = batches(faults={"retrieve": ["500"] * 6 + ["403"]})
    with pytest.raises(
        StoppedError, match=r"says nothing about its batches \(HTTP 500\); run the same again"
    ):
        _told(client(server.url), _requests())
    with pytest.raises(
        StoppedError, match=r"says nothing about its batches \(HTTP 403: the key may not do this"
    ):
        _told(client(server.url), _requests())

    assert {reply.attempts for reply in _told(client(server.url), _requests()).values()} == {0}
    assert len(server.ours) == 1


def test_an_interrupted_wait_leaves_the_batch_running_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    batches: Callable[..., Any], client: Callable[..., BatchClient],
) -> None:  # fmt: skip
    server = batches()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("workbench.llm.batches.api.time", SimpleNamespace(sleep=interrupt))
        with pytest.raises(KeyboardInterrupt):
            _told(client(server.url), _requests())

    assert "took goes on there; run the same again, it goes on from here" in capsys.readouterr().err
    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"ok"}
    assert len(server.ours) == 1


def test_a_cap_that_held_one_batch_holds_it_again_after_a_crash(
    batches: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace
) -> None:
    server = batches(faults={"create": ["reset"], "list": ["", "500", "500", "500", "500", "500", "500"]})
    requests = _requests()
    with pytest.raises(StoppedError, match="says nothing about its batches"):
        _told(client(server.url, budget=Budget(most_attempts=5, most_usd=0.5)), requests)
    budget = Budget(most_attempts=5, most_usd=0.5)
    budget.count(Ledger(workspace.store).spent())
    told = _told(client(server.url, budget=budget), requests)

    assert {reply.state for reply in told.values()} == {"ok"}
    assert budget.usd == pytest.approx(5 * HALF)


def test_many_requests_leave_in_several_batches(
    monkeypatch: pytest.MonkeyPatch, batches: Callable[..., Any], client: Callable[..., BatchClient]
) -> None:
    monkeypatch.setattr("workbench.llm.batches.requests.MOST_REQUESTS", 2)
    server = batches(looks=0)

    assert {reply.state for reply in _told(client(server.url), _requests()).values()} == {"ok"}
    assert [len(made.requests) for made in server.ours] == [2, 2, 1]
    monkeypatch.setattr("workbench.llm.batches.requests.MOST_BYTES", 1_000)
    parcels = _requests(*(f"{n} {'parcel ' * 50}" for n in range(4)))
    assert {reply.state for reply in _told(client(server.url), parcels).values()} == {"ok"}
    assert [len(made.requests) for made in server.ours[3:]] == [1, 1, 1, 1]


def test_a_server_without_batches_is_told_in_one_sentence(
    batches: Callable[..., Any],
    client: Callable[..., BatchClient],
    workspace: Workspace,
) -> None:
    server = batches(faults={"list": ["404"]})
    with pytest.raises(
        UsageError, match=r"127.0.0.1:\d+ has no batches \(HTTP 404\); run it without batches"
    ):
        _told(client(server.url), _requests())

    assert server.asked["create"] == 0
    assert workspace.store.read(CALLS).empty


def test_only_anthropic_is_asked_in_batches(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="the provider openai is not asked in batches"):
        BatchClient(
            _role("http://127.0.0.1:9", provider="openai"),
            ledger=Ledger(workspace.store),
            budget=Budget(most_attempts=1),
        )


def test_a_batch_asks_what_single_calls_ask(
    batches: Callable[..., Any], serve: Callable[..., Any], client: Callable[..., BatchClient], workspace: Workspace, key: str
) -> None:  # fmt: skip
    import json

    server, single = batches(), serve()
    schema = {"type": "object", "properties": {"turns": {"type": "array", "items": {"type": "string"}}}}
    request = _requests(size=1)[0]
    asked = client(server.url, schema=schema)
    with WireClient(
        _role(single.url), ledger=Ledger(workspace.store), budget=Budget(most_attempts=9), schema=schema
    ) as wire:
        wire.reply(request)
        assert asked.key(request) != wire.key(request)  # of another address
    asked.reply(request)

    assert server.ours[0].requests[0]["params"] == json.loads(single.hits[0].body)
    assert server.headers[0]["authorization"] == f"Bearer {key}"
    assert "x-workbench-call" not in server.headers[0]


def test_a_single_call_leaves_to_its_batch_what_the_batch_has_not_brought(
    batches: Callable[..., Any], workspace: Workspace
) -> None:
    server = batches()
    requests, ledger = _requests(), Ledger(workspace.store)
    with WireClient(_role(server.url), ledger=ledger, budget=Budget(most_attempts=0)) as wire:
        key = wire.key(requests[0])
    ledger.sent(Call("batch-aaaabbbbccccddddaaaabbbbccccdddd-0", key), Use(10, 0.1))
    ledger.close_open()
    resending = replace(HASTE, resend=True)
    with WireClient(
        _role(server.url), ledger=Ledger(workspace.store), budget=Budget(most_attempts=0), patience=resending
    ) as wire:
        reply = wire.reply(requests[0])
    assert (reply.outcome, reply.reason) == (
        "unknown", "the request is in a batch that has brought nothing yet; run it again with --batch",
    )  # fmt: skip
