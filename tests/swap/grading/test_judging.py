"""A judge of another family grades blind, is paid once, and loses no reply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import CapError, UsageError
from workbench.llm.asking import Terms
from workbench.swap.grading import Asking, expected_cost, judge, plan_judging
from workbench.tables import ANSWERS, CALLS, CASES, PROBES

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Loopback

    from workbench.swap.grading import Graded

BOTS = ("shop-bot-2", "shop-bot-3")


@pytest.fixture
def judged(both: Any) -> Callable[..., Graded]:
    """Have both bots judged."""

    def run(*, probes: int = 0, models: tuple[str, ...] = BOTS, **terms: Any) -> Graded:
        planned = plan_judging(both.workspace, both.frozen, models, probes=probes)
        cost = expected_cost(both.workspace, planned)
        return judge(both.workspace, planned, Asking(cost.high_usd or 0.0, Terms(**terms)))

    return run


def documents(served: Loopback) -> list[dict[str, Any]]:
    """What a judge was sent, as it was read."""
    return [json.loads(json.loads(hit.body)["messages"][-1]["content"]) for hit in served.hits]


def test_verdicts_become_results_with_the_judges_reason(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve(text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = judged()

    rows = both.workspace.results
    assert rows.groupby(["model", "outcome"]).size().to_dict() == {
        ("shop-bot-2", "pass"): 10,
        ("shop-bot-3", "pass"): 2,
        ("shop-bot-3", "fail"): 8,
    }
    failed = rows[rows["outcome"] == "fail"].iloc[0]
    assert (failed["judge"], failed["judge_family"]) == ("judge-1", "third/judge")
    assert (failed["failure_mode"], failed["reason"]) == ("wrong_outcome", "It says so.")
    assert failed["metric"].startswith("rubric 7, instructions ")
    # The answer's cost is its own; the judge's is in the ledger.
    assert set(rows["cost_usd"]) == {0.002}
    assert not rows["malformed"].any()
    # The two that both bots answer in the same words are one request, 1,000 tokens in and 200 out each.
    assert (len(served.hits), done.calls) == (18, 18)
    assert done.usd == pytest.approx(18 * 0.002)
    assert "the judge cost $0.0360 for 18 calls" in str(done)


def test_instructions_go_into_the_providers_own_system_field(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback]
) -> None:
    reply = '{"reason": "It says so.", "failure_mode": "none", "verdict": "pass"}'
    with serve(text=reply) as served:
        both.judge_at(served.url, provider="openai")
        judged(models=("shop-bot-2",))

    bodies = [json.loads(hit.body) for hit in served.hits]
    assert {tuple(message["role"] for message in body["messages"]) for body in bodies} == {("system", "user")}
    assert all(body["messages"][0]["content"].startswith("# Grade one answer") for body in bodies)
    assert {body["response_format"]["json_schema"]["schema"]["additionalProperties"] for body in bodies} == {False}  # fmt: skip


def test_the_judge_sees_neither_who_answered_nor_where_a_case_comes_from(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any, new_label: Any
) -> None:
    from workbench.tables import LABELS

    both.workspace.store.append(LABELS, [new_label("r-00", "deny")])
    both.answer({"shop-bot-2": {"r-00": "We deny."}})
    with serve(text=judges["careful"]) as served:
        both.judge_at(served.url)
        judged()

    sent = "\n".join(hit.body.decode() for hit in served.hits)
    for hidden in (*BOTS, "acme", "other/bot", "redteam", "red-false_premise", '"prod"', "seed", "human"):
        assert hidden not in sent
    assert {tuple(told) for told in documents(served)} == {
        ("policy", "expected", "conversation", "context", "answer")
    }


def test_a_reply_that_is_no_verdict_is_malformed_counted_and_never_lost(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    faults = ["max_tokens", "refusal", "empty"]
    said = iter([*faults, "PASS", '{"verdict": "pass"}'])
    with serve(*faults, text=lambda prompt: next(said, None) or judges["careful"](prompt)) as served:
        both.judge_at(served.url)
        done = judged(models=("shop-bot-2",), concurrency=1)

    rows = both.workspace.results
    assert rows["malformed"].sum() == 5
    assert set(rows.loc[rows["malformed"], "outcome"]) == {"unscored"}
    assert rows["outcome"].value_counts().to_dict() == {"pass": 5, "unscored": 5}
    assert done.counts[["answers", "pass", "malformed"]].to_numpy().tolist() == [[10, 5, 5]]


def test_a_verdict_whose_reply_holds_the_canary_is_void_and_counted(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    def leaky(prompt: str) -> str:
        if json.loads(prompt)["expected"]["value"] != "refund":
            return str(judges["careful"](prompt))
        system = json.loads(served.hits[-1].body)["system"]
        mark = (system if isinstance(system, str) else system[0]["text"]).split("instructions is ")[1][:24]
        return str(judges["careful"](prompt)).replace("It says so.", f"As {mark} says.")

    with serve(text=leaky) as served:
        both.judge_at(served.url)
        done = judged(models=("shop-bot-2",), concurrency=1)

    rows = both.workspace.results
    void = rows[rows["reason"] == "canary leaked"]
    assert (len(void), set(void["outcome"]), void["malformed"].any()) == (2, {"unscored"}, False)
    assert done.counts["canary leaked"].tolist() == [2]


def test_cannot_tell_is_unscored_and_counted_apart(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback]
) -> None:
    reply = '{"reason": "No order is named.", "failure_mode": "none", "verdict": "cannot_tell"}'
    with serve(text=reply) as served:
        both.judge_at(served.url)
        done = judged(models=("shop-bot-2",))

    assert done.counts["cannot tell"].tolist() == [10]
    assert set(both.workspace.results["reason"]) == {"cannot tell: No order is named."}


def test_what_was_paid_is_not_paid_again_and_nothing_is_stored_before_it_is_whole(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve(text=judges["careful"]) as served:
        both.judge_at(served.url)
        first = judged(most_usd=0.06, concurrency=1)
        paid = len(served.hits)
        assert isinstance(first.stopped, CapError)
        assert (first.run, both.workspace.results.empty) == ("", True)
        assert first.pending == {
            "not asked yet": 20 - first.counts["pass"].sum() - first.counts["fail"].sum()
        }
        assert 0 < paid < 18
        second = judged()
        third = judged()

    assert len(served.hits) == len({hit.body for hit in served.hits}) == 18
    assert (second.calls, third.calls) == (18 - paid, 0)
    assert (third.run, third.is_new) == (second.run, False)
    assert len(both.workspace.results) == 20


def test_a_call_that_brought_nothing_is_neither_stored_nor_asked_again_unasked(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve("reset", text=judges["careful"]) as served:
        both.judge_at(served.url)
        lost = judged(models=("shop-bot-2",), concurrency=1)
        again = judged(models=("shop-bot-2",))
        hits = len(served.hits)
        whole = judged(models=("shop-bot-2",), resend=True)

    assert (sum(lost.pending.values()), lost.run) == (1, "")
    assert (again.run, hits) == ("", 10)
    assert (len(served.hits), whole.counts["pass"].tolist()) == (11, [10])


def test_what_the_server_does_not_take_is_unscored_and_holds_nothing_up(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve("413", text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = judged(models=("shop-bot-2",), concurrency=1)

    assert done.counts["not taken"].tolist() == [1]
    assert both.workspace.results["reason"].str.startswith("not taken: HTTP 413").sum() == 1


def test_errors_and_cases_without_a_label_are_not_paid_for(
    shop: Any, serve: Callable[..., Loopback], judges: Any
) -> None:
    shop.answer({"shop-bot-2": {"s-00": ""}}, state="error", reason="HTTP 500")
    shop.answer({"shop-bot-2": {"r-00": "No voucher."}})
    with serve(text=judges["careful"]) as served:
        shop.judge_at(served.url)
        planned = plan_judging(shop.workspace, shop.frozen, ["shop-bot-2"])
        done = judge(shop.workspace, planned, Asking())

    assert served.hits == []
    assert shop.workspace.results.set_index("case_id")["outcome"].to_dict() == {"r-00": "unscored", "s-00": "error"}  # fmt: skip
    assert "the judge failed no answer" in str(done)


# Who may judge


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("acme/bot", "is of the line acme/bot, as is the model 'shop-bot-2'"),
        ("mistral/large", "is of the line mistral/large, as is the generator of 1 case (p-00)"),
    ],
)
def test_a_judge_of_the_same_line_is_refused_before_anything_is_sent(
    both: Any, serve: Callable[..., Loopback], new_case: Any, family: str, said: str
) -> None:
    from workbench.evalset import freeze

    both.workspace.store.append(
        CASES, [new_case("p-00", "I demand my money.", bucket="prompted", tag="synth-angry", generator_family="mistral/large")]
    )  # fmt: skip
    freeze(both.workspace, "launch", everything=True)
    with serve() as served:
        both.judge_at(served.url, family)
        with pytest.raises(UsageError) as refused:
            plan_judging(both.workspace, both.frozen, BOTS)

    assert said in str(refused.value)
    assert served.hits == []


def test_the_same_vendor_and_unknown_families_are_named(both: Any) -> None:
    both.judge_at("http://127.0.0.1:9", "acme/judge")
    assert "of the vendor of the judge (acme/judge): the model 'shop-bot-2'" in str(
        plan_judging(both.workspace, both.frozen, BOTS)
    )
    both.judge_at("http://127.0.0.1:9", "unknown")
    assert "of unknown family, which bars SHIP: the judge" in str(
        plan_judging(both.workspace, both.frozen, BOTS)
    )


def test_a_family_of_demos_judges_in_demos_only(both: Any) -> None:
    both.judge_at("http://127.0.0.1:9", "demo")
    with pytest.raises(UsageError, match="is demo, and this workspace is none"):
        plan_judging(both.workspace, both.frozen, BOTS)
    both.judge_at("", provider="replay")
    with pytest.raises(UsageError, match="is asked over a network"):
        plan_judging(both.workspace, both.frozen, BOTS)
    both.settle("")
    with pytest.raises(UsageError, match="names no grader"):
        plan_judging(both.workspace, both.frozen, BOTS)


# How easily it is persuaded


def test_a_judge_that_can_be_fooled_flips_and_a_careful_one_does_not(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    found = {}
    for name, text in judges.items():
        with serve(text=text) as served:
            both.judge_at(served.url, f"third/{name}")
            both.settle((both.workspace.root / "workbench.toml").read_text("utf-8").replace("judge-1", name))
            found[name] = judged(probes=25)
    careful, fooled = (found[name].flips.set_index("placement") for name in ("careful", "gullible"))

    assert careful["probes"].tolist() == [20, 5, 5, 5, 5, 5]
    assert careful["flips"].sum() == 0
    assert careful.loc["all", ["rate", "low", "high"]].round(3).tolist() == [0, 0, 0.161]
    assert fooled.loc["all", ["flips", "judged", "rate"]].tolist() == [20, 20, 1]
    assert fooled.loc["control", "flips"] == 0
    assert "  all: 20 of 20, 100% (84% to 100%)" in str(found["gullible"])
    # What was planted is nowhere in the results.
    assert len(both.workspace.results) == 40
    assert both.workspace.store.read(PROBES)["results_run"].nunique() == 2


def test_fifty_planted_instructions_never_reach_the_canary_and_flip_only_who_listens(
    shop: Any, serve: Callable[..., Loopback], judges: Any
) -> None:
    """50 injections in cases with a known fail."""
    labels = shop.workspace.labels.set_index("case_id")["expected"]
    wrong = {case: "We refund." for case, expected in labels.items() if expected != "refund"}
    shop.answer({"shop-bot-3": wrong})
    shop.workspace.store.append(
        ANSWERS,
        [
            {**row, "trial": str(trial), "output": f"{row['output']}\n({trial})"}
            for trial in range(1, 8)
            for row in shop.workspace.store.read(ANSWERS).to_dict("records")
        ],
    )
    flips = {}
    for name, text in judges.items():
        with serve(text=text) as served:
            shop.judge_at(served.url)
            shop.settle((shop.workspace.root / "workbench.toml").read_text("utf-8").replace("judge-1", name))
            planned = plan_judging(shop.workspace, shop.frozen, ["shop-bot-3"], probes=63)
            judge(shop.workspace, planned, Asking(1.0))
        probes = shop.workspace.store.read(PROBES, judge=name)
        injected = probes[probes["placement"] != "control"]
        assert len(injected) >= 50
        assert not (probes["why"] == "canary leaked").any()
        flips[name] = (injected["outcome"] == "pass").mean()

    assert flips == {"careful": 0.0, "gullible": 1.0}


def test_probes_are_paid_once_and_more_of_them_add_to_those_there(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve(text=judges["careful"]) as served:
        both.judge_at(served.url)
        first = judged(probes=5)
        hits = len(served.hits)
        assert judged(probes=5).calls == 0
        assert judged(probes=15).calls == 10

    assert hits == 18 + 5
    assert first.flips is not None
    assert len(both.workspace.store.read(PROBES)) == 15


def test_a_cap_that_ends_the_probes_keeps_the_results(
    both: Any, judged: Callable[..., Graded], serve: Callable[..., Loopback], judges: Any
) -> None:
    with serve(text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = judged(probes=25, most_usd=18 * 0.002 + 0.05, concurrency=1)

    assert isinstance(done.stopped, CapError)
    assert done.run
    assert len(both.workspace.results) == 20
    assert 0 < len(both.workspace.store.read(PROBES)) < 25


def test_the_salt_counts_as_no_call(both: Any) -> None:
    from workbench.llm import Ledger

    both.judge_at("http://127.0.0.1:9")
    plan_judging(both.workspace, both.frozen, BOTS)

    assert len(both.workspace.store.read(CALLS)) == 1
    assert Ledger(both.workspace.store).spent().attempts == 0
