"""A run is filled: each reply is read strictly, stored once with where it comes from, or has its reason."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench import grid
from workbench.errors import UsageError
from workbench.generate import ATTACKS, fill, filling, requested, runs, slots
from workbench.llm import Replay, Reply
from workbench.provenance import content_sha256
from workbench.tables import CALLS, LABELS, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable


def candidates(shop: Any) -> pd.DataFrame:
    """Return the rows of `cases` that are not the seed."""
    return shop.workspace.cases[lambda cases: cases["bucket"] != "seed"]


def reasons(shop: Any) -> dict[tuple[str, int], str]:
    """Return why slots have no case, by cell and number."""
    found = slots(shop.workspace)
    open_ = found[~found["made"]]
    return {(slot["cell"], slot["index"]): slot["reason"] for slot in open_.to_dict("records")}


def test_every_candidate_carries_where_it_comes_from(shop: Any, writer: Any) -> None:
    context = {"facts": {"order": {"id": "K-20817", "days_late": 3}}}
    turns = [{"role": "user", "text": "STILL nothing"}]
    run = shop.run()
    done = fill(shop.workspace, run, writer({("angry/delay", 0): {"turns": turns, "context": context}}))
    slot = next(slot for slot in run.slots if slot.cell == "angry/delay")
    case = candidates(shop).set_index("case_id").loc[slot.case_id]

    assert str(done) == "10 of 10 slots filled, 10 of them now"
    assert (case["turns"], case["context"], case["content_sha256"]) == (
        turns,
        context,
        content_sha256(turns, context),
    )
    assert (case["bucket"], case["tag"], case["cell"]) == (
        "persona",
        "demo-synth-angry-delay",
        "angry/delay",
    )
    assert case["persona"] == "This is your third message."
    assert (case["hint_ids"], case["prompt_sha256"]) == (list(slot.hint_ids), slot.prompt_sha256)
    assert case[["generator_provider", "generator_model", "generator_family"]].tolist() == [
        "replay",
        "writer",
        "demo",
    ]
    assert (case["split"], case["root_id"], case["parent_ids"], case["operators"], case["taxonomy"]) == (
        "eval",
        slot.case_id,
        [],
        [],
        [],
    )
    assert (case["cost_usd"], case["extra"]) == (0.0, {"origin": "composed"})
    assert shop.workspace.store.read(LABELS).empty


def test_a_red_team_case_has_its_taxonomies_and_no_cell(shop: Any, writer: Any) -> None:
    fill(shop.workspace, shop.run(redteam=12), writer())
    red = candidates(shop)[lambda cases: cases["bucket"] == "redteam"].set_index("tag")

    assert len(red) == 12
    assert red["cell"].isna().all()
    assert red.loc["demo-red-prompt_injection", "taxonomy"] == ATTACKS["prompt_injection"].taxonomy
    assert red.loc["demo-red-prompt_injection", "taxonomy"][1:] == [
        {
            "framework": "OWASP LLM Top 10",
            "version": "2025",
            "id": "LLM01:2025",
            "name": "Prompt Injection",
        },
        {
            "framework": "MITRE ATLAS",
            "version": "5.6.0",
            "id": "AML.T0051.001",
            "name": "LLM Prompt Injection: Indirect",
        },
    ]


def test_the_client_gets_the_frozen_prompt(shop: Any, writer: Any) -> None:
    client = writer()
    run = shop.run()
    fill(shop.workspace, run, client)

    assert [request.prompt_sha256 for request in client.asked] == [slot.prompt_sha256 for slot in run.slots]
    assert client.asked[0].prompt.startswith("# Write one customer conversation")
    assert [request.cell for request in client.asked[-2:]] == [
        "redteam/false_premise",
        "redteam/receipt_less",
    ]


def test_each_slot_without_a_case_has_its_reason(shop: Any, writer: Any) -> None:
    told = {
        ("new/delay", 0): Reply(state="absent"),
        ("new/delay", 1): Reply(state="refused", text="I can't help with that.", **writer().common),
        ("new/damaged", 0): Reply(state="truncated", text='{"turns": [', **writer().common),
        ("new/damaged", 1): {"turns": [{"role": "user", "text": "hi"}], "expected": "refund"},
        ("angry/delay", 0): "Sure! Here is your conversation",
        ("angry/delay", 1): {"turns": [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "ok"}]},
    }
    done = fill(shop.workspace, shop.run(), writer(told))

    assert reasons(shop) == {
        ("new/delay", 0): "absent",
        ("new/delay", 1): "refused",
        ("new/damaged", 0): "truncated",
        (
            "new/damaged",
            1,
        ): "bad: has the field 'expected'; a reply has turns and context, and no place for an expected outcome",
        ("angry/delay", 0): "bad: is not JSON (character 1: expecting value)",
        ("angry/delay", 1): "bad: turns: the last one is the assistant's; it has to be the user's",
    }
    assert str(done).splitlines()[0] == "4 of 10 slots filled, 4 of them now"
    assert "  without a case: 1 absent" in str(done)
    assert len(candidates(shop)) == 4
    # What was paid for is kept as it came.
    assert "Sure! Here is your conversation" in set(shop.workspace.store.read(CALLS)["raw_reply"])


def test_an_open_slot_is_asked_for_again_and_nothing_else(shop: Any, writer: Any) -> None:
    run = shop.run()
    fill(shop.workspace, run, writer({("new/delay", 0): "no JSON", ("new/delay", 1): Reply(state="absent")}))
    fill(shop.workspace, run, writer({("new/delay", 0): "no JSON"}))
    calls = shop.workspace.store.read(CALLS)
    again = writer()
    done = fill(shop.workspace, run, again)

    assert reasons(shop) == {}
    assert len(calls) == 1
    assert [(request.cell, request.index) for request in again.asked] == [("new/delay", 0)]
    assert (done.added, len(candidates(shop)), len(shop.workspace.store.read(RUNS))) == (1, 10, 1)


def test_a_run_that_was_stopped_goes_on_where_it_was(
    shop: Any, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    run = shop.run()
    with pytest.raises(KeyboardInterrupt):
        fill(shop.workspace, run, writer(most=8))
    before = candidates(shop)
    rest = writer()
    done = fill(shop.workspace, shop.run(), rest)

    assert len(before) == 8
    assert len(rest.asked) == 2
    assert (done.added, candidates(shop)["case_id"].is_unique, len(candidates(shop))) == (2, True, 10)
    assert candidates(shop)["case_id"].tolist() == [slot.case_id for slot in run.slots]
    assert fill(shop.workspace, run, writer()).added == 0


def test_two_processes_add_nothing_twice(shop: Any, writer: Any) -> None:
    """Both have read which slots are open before either stores anything."""
    run, both = shop.run(), threading.Barrier(2)
    done: list[int] = []

    class Meeting(writer):  # type: ignore[misc] - the class comes from a fixture
        def reply(self, request: Any) -> Reply:
            if not self.asked:
                both.wait(timeout=30)
            return super().reply(request)

    def work() -> None:
        done.append(fill(shop.workspace, run, Meeting()).added)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(done) == [0, 10]
    assert len(candidates(shop)) == 10
    assert len(shop.workspace.store.read(RUNS)) == 1


def test_two_runs_never_mix(shop: Any, writer: Any) -> None:
    first, second = shop.run(), shop.run(seed=8)
    fill(shop.workspace, first, writer())
    texts = {
        (slot.place, slot.index): {"turns": [{"role": "user", "text": f"{slot.place} {slot.index}!"}]}
        for slot in second.slots
    }
    done = fill(shop.workspace, second, writer(texts))
    found = slots(shop.workspace)

    assert done.added == 10
    assert len(candidates(shop)) == 20
    assert found.groupby("run_id")["made"].sum().to_dict() == {first.run_id: 10, second.run_id: 10}


def test_the_same_replies_make_no_new_cases_under_another_plan(shop: Any, writer: Any) -> None:
    first, second = shop.run(), shop.run(seed=8)
    fill(shop.workspace, first, writer())
    done = fill(shop.workspace, second, writer())
    again = fill(shop.workspace, second, writer())
    mine = slots(shop.workspace)[lambda found: found["run_id"] == second.run_id]

    assert (done.added, again.added, len(candidates(shop))) == (0, 0, 10)
    assert mine["reason"].tolist() == [f"repeats {slot.case_id}" for slot in first.slots]
    assert len(shop.workspace.store.read(CALLS)) == 10
    assert str(done).splitlines()[0] == "0 of 10 slots filled, 0 of them now"
    assert "  without a case: 10 word for word as another case (new-delay-0-" in str(done)
    # A slot that has its own case keeps it.
    assert fill(shop.workspace, first, writer()).slots["made"].all()


def test_a_reply_that_came_earlier_in_the_same_fill_makes_no_case(
    shop: Any, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 2)
    same = {"turns": [{"role": "user", "text": "not here yet, day four"}]}
    places = [("new/delay", 0), ("new/delay", 1), ("angry/delay", 0)]
    run = shop.run()
    fill(shop.workspace, run, writer(dict.fromkeys(places, same)))
    repeats = f"repeats {run.slots[0].case_id}"

    assert reasons(shop) == {("new/delay", 1): repeats, ("angry/delay", 0): repeats}


def test_a_reply_like_a_real_case_makes_no_case(shop: Any, writer: Any) -> None:
    copied = {"turns": [{"role": "user", "text": "where is order 4481?"}]}
    done = fill(shop.workspace, shop.run(), writer({("new/delay", 0): copied}))

    assert reasons(shop) == {("new/delay", 0): "repeats t2"}
    assert done.added == 9


def test_a_prompt_that_is_no_longer_the_frozen_one_asks_nothing(
    shop: Any, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, client = shop.run(), writer()
    monkeypatch.setattr("workbench.generate.prompting.template", lambda _: "Write anything.")
    with pytest.raises(
        UsageError, match="the prompt for persona 0 of new/delay is not the one that was frozen"
    ):
        fill(shop.workspace, run, client)

    assert client.asked == []
    assert shop.workspace.store.read(RUNS).empty


def test_composed_replies_stay_out_of_a_real_workspace(new_shop: Callable[..., Any], writer: Any) -> None:
    real = new_shop(demo=False, family="anthropic/opus")
    for client in (writer(), writer(family="anthropic/opus")):
        with pytest.raises(
            UsageError,
            match="the reply for persona 0 of new/delay was composed by hand, which only a demo workspace takes",
        ):
            fill(real.workspace, real.run(), client)

    assert candidates(real).empty
    assert runs(real.workspace)["made"].tolist() == [0]


def test_a_composed_reply_says_so_even_in_a_demo(new_shop: Callable[..., Any], writer: Any) -> None:
    odd = new_shop(family="anthropic/opus")
    with pytest.raises(UsageError, match="was composed by hand"):
        fill(odd.workspace, odd.run(), writer(family="anthropic/opus"))


def test_replies_of_another_generator_are_refused(new_shop: Callable[..., Any], writer: Any) -> None:
    real = new_shop(demo=False, family="anthropic/opus")
    model = {"origin": "model", "cost_usd": 0.02}
    with pytest.raises(
        UsageError,
        match=r"is of writer \(openai/gpt-oss, by replay\), and the run asks writer \(anthropic/opus, by replay\)",
    ):
        fill(real.workspace, real.run(), writer(**model, family="openai/gpt-oss"))
    with pytest.raises(
        UsageError, match=r"is of other \(anthropic/opus, by replay\), and the run asks writer"
    ):
        fill(real.workspace, real.run(), writer(**model, family="anthropic/opus", model="other"))
    fill(real.workspace, real.run(), writer(**model, family="anthropic/opus"))
    made = candidates(real)

    assert set(made["tag"]) >= {"synth-new-delay", "red-false_premise"}
    assert (set(made["generator_model"]), set(made["generator_family"])) == (
        {"writer"},
        {"anthropic/opus"},
    )
    assert made["cost_usd"].sum() == pytest.approx(0.2)


def test_stored_replies_fill_the_cells(shop: Any, tmp_path: Path) -> None:
    line = {"bucket": "persona", "origin": "composed", "model": "writer", "family": "demo"}
    body = json.dumps({"turns": [{"role": "user", "text": "not here yet, day four"}]})
    file = Path(tmp_path / "replies.jsonl")
    file.write_text(json.dumps({**line, "cell": "new/delay", "index": 0, "reply": body}), "utf-8")
    done = fill(shop.workspace, shop.run(), Replay(file))

    assert str(done).splitlines() == [
        "1 of 10 slots filled, 1 of them now",
        "  without a case: 9 absent",
    ]


def test_runs_and_slots_tell_what_was_asked_for_and_what_came(shop: Any, writer: Any) -> None:
    assert requested(shop.workspace) is None
    run = shop.run()
    fill(shop.workspace, run, writer({("new/delay", 0): "no"}))
    (told,) = runs(shop.workspace).to_dict("records")

    assert (told["run_id"], told["slots"], told["made"]) == (run.run_id, 10, 9)
    assert told["prompts"] == run.prompts
    assert requested(shop.workspace) == {
        "new/delay": 2,
        "new/damaged": 2,
        "angry/delay": 2,
        "angry/damaged": 2,
    }


def test_a_reply_that_repeats_a_case_was_requested_and_has_its_reason(shop: Any, writer: Any) -> None:
    same = {"turns": [{"role": "user", "text": "where is it"}]}
    client = writer({("new/delay", 0): same, ("new/delay", 1): same})
    for _ in range(2):
        fill(shop.workspace, shop.run(redteam=0), client)
    (why,) = reasons(shop).values()

    assert requested(shop.workspace)["new/delay"] == 2
    assert why.startswith("repeats ")


def test_requested_feeds_the_coverage_of_the_grid(shop: Any, writer: Any) -> None:
    fill(shop.workspace, shop.run(), writer({("new/delay", 0): "no"}))
    plan = grid.plan(shop.workspace.settings)
    found = grid.coverage(
        shop.workspace.cases, shop.workspace.reviews, plan, requested=requested(shop.workspace)
    )
    row = found.cells.set_index("cell").loc["new/delay"]

    assert (row["planned"], row["requested"], row["generated"]) == (2, 2, 1)
    assert found.unreconciled == []


def test_a_forecast_of_survival_comes_before_and_stays_valid(shop: Any, writer: Any) -> None:
    grid.seal(shop.workspace, {"new/delay": 0.7}, author="Analyst")
    fill(shop.workspace, shop.run(), writer())

    with pytest.raises(UsageError, match=r"generation has begun in angry/delay \(2 candidates\)"):
        grid.seal(shop.workspace, {"angry/delay": 0.5}, author="Analyst")
    assert grid.predictions(shop.workspace)["intact"].tolist() == [True]
    assert grid.seal(shop.workspace, {"new/delay": 0.7}, author="Analyst").known == ("new/delay",)


def test_the_holdout_is_not_touched(shop: Any, writer: Any) -> None:
    before = shop.workspace.cases[lambda cases: cases["split"] == "holdout"]
    client = writer()
    fill(shop.workspace, shop.run(per_cell={"persona": 5}, redteam=24), client)
    after = shop.workspace.cases[lambda cases: cases["split"] == "holdout"]

    pd.testing.assert_frame_equal(after, before)
    assert not [request for request in client.asked if "secret" in request.prompt]
