"""A model says cases in other words, and what it must not change is refused with a reason."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from workbench import generate
from workbench.errors import UsageError
from workbench.generate import fill, plan_paraphrases, slots
from workbench.generate.filling import requests
from workbench.generate.paraphrase import WAYS
from workbench.labels import inherited
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

SAID = {
    "e1": "my parcel has been missing since monday, and nobody answers",
    "e2": "the mug came in pieces",
}


def planned(shop: Any, count: int = 2, **changes: Any) -> Any:
    role = shop.workspace.settings.roles.generator
    return plan_paraphrases(shop.workspace, **{"count": count, "role": role, "seed": 7} | changes)


def told(case: str, *texts: str) -> dict[tuple[str, int], Any]:
    """Return what a writer says to the first paraphrase of a case."""
    turns = [
        {"role": role, "text": text} for role, text in zip(("user", "assistant", "user"), texts, strict=False)
    ]
    return {(f"paraphrase/{case}", 0): {"turns": turns}}


def test_a_paraphrase_has_its_parents_split_cell_and_root(shop: Any, writer: Callable[..., Any]) -> None:
    answers = {key: said for case, text in SAID.items() for key, said in told(case, text).items()}
    done = fill(shop.workspace, planned(shop), writer(answers))

    assert done.slots["made"].all()
    made = shop.workspace.store.read(CASES, bucket="mutation").to_dict("records")
    parents = {row["case_id"]: row for row in shop.workspace.cases.to_dict("records")}
    for row in made:
        parent = parents[row["parent_ids"][0]]
        assert row["turns"][0]["text"] == SAID[parent["case_id"]]
        for same in ("split", "cell", "root_id"):
            assert row[same] == parent[same]
        assert row["generator_family"] == "demo"
        step = row["operators"][0]
        assert row["tag"] == f"demo-mut-{step['name']}"
        assert step["keeps_label"] is WAYS[step["name"]].keeps_label
        assert (step["spans"][0]["before"], step["spans"][0]["after"]) == (
            parent["turns"][0]["text"], SAID[parent["case_id"]],
        )  # fmt: skip


def test_only_what_keeps_the_label_may_inherit_it(
    shop: Any, writer: Callable[..., Any], new_label: Callable[..., Any]
) -> None:
    shop.workspace.store.append(LABELS, [new_label("e1"), new_label("e2")])
    answers = {key: said for case, text in SAID.items() for key, said in told(case, text).items()}
    run = planned(shop)
    fill(shop.workspace, run, writer(answers))

    made = shop.workspace.store.read(CASES, bucket="mutation")
    keeps = {slot.case_id for slot in run.slots if WAYS[slot.operators[0]].keeps_label}
    assert set(inherited(made, shop.workspace.labels)["case_id"]) == keeps


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["eval-secret: parcel gone since tuesday"], "changes a number, date"),
        (["parcel 4481 is gone since monday"], "changes a number, date"),
        (["eval-secret: parcel gone since monday"], "says the same word for word"),
        (["gone", "sorry to hear", "since monday"], "other turns than its parent"),
        (["on monday the moon rose over the sea"], "its cosine to its parent is under 0.33"),
    ],
)
def test_what_is_no_paraphrase_makes_no_case_and_says_why(
    shop: Any, writer: Callable[..., Any], said: list[str], reason: str
) -> None:
    run = planned(shop)
    fill(shop.workspace, run, writer(told("e1", *said)))

    found = slots(shop.workspace).set_index("case_id")
    mine = next(slot.case_id for slot in run.slots if slot.parent_ids == ("e1",))
    assert not found.loc[mine, "made"]
    assert found.loc[mine, "reason"].startswith("bad: ")
    assert reason in found.loc[mine, "reason"]


def test_a_missing_piece_may_be_a_number_and_nothing_may_be_invented(
    shop: Any, writer: Callable[..., Any], new_case: Callable[..., dict[str, Any]]
) -> None:
    text = "order 4481 of 3 May never came"
    shop.workspace.store.append(CASES, [new_case("e3", text, tag="demo-prod")])
    run = planned(shop, count=9)
    gap = next(
        slot for slot in run.slots if slot.parent_ids == ("e3",) and slot.operators == ("paraphrase_gap",)
    )
    key = (gap.place, gap.index)

    def reason(said: str) -> str:
        fill(shop.workspace, run, writer({key: {"turns": [{"role": "user", "text": said}]}}))
        return str(slots(shop.workspace).set_index("case_id").loc[gap.case_id, "reason"])

    assert "changes a number" in reason("order 4482 never came")
    assert reason("my order never came") == ""


def test_a_prompt_holds_its_parent_as_data_and_no_case_of_the_holdout(shop: Any) -> None:
    run = planned(shop, count=6)
    asked = requests(shop.workspace, run.slots)
    assert Counter(slot.operators for slot in run.slots) == {(way,): 2 for way in WAYS}
    for slot, request in asked:
        held = request.prompt.split("=== case begins ===\n")[1].split("\n=== case ends ===")[0]
        parent = shop.workspace.cases.set_index("case_id").loc[slot.parent_ids[0]]
        assert json.loads(held)["turns"] == parent["turns"]
        assert WAYS[slot.operators[0]].asks in request.prompt.replace("\n", " ")
        assert "holdout-secret" not in request.prompt


def test_personal_data_is_not_paraphrased(shop: Any, new_case: Callable[..., dict[str, Any]]) -> None:
    shop.workspace.store.append(CASES, [new_case("e3", "write to kim@shop.example", tag="demo-prod")])
    with pytest.raises(
        UsageError, match=r"7 paraphrases cannot be asked for; .* has 2 cases to paraphrase, each in 3"
    ):
        planned(shop, count=7)


def test_a_case_that_would_give_the_holdout_away_is_not_paraphrased(
    shop: Any, new_case: Callable[..., dict[str, Any]]
) -> None:
    said = "my parcel was left in the rain behind the house again"
    rows = [
        new_case(name, f"{said} {name}", split=split, tag="demo-prod")
        for name, split in (("e9", "eval"), ("h9", "holdout"))
    ]
    shop.workspace.store.append(CASES, rows)
    assert {slot.parent_ids[0] for slot in planned(shop).slots} == {"e1", "e2"}


def test_a_model_is_asked_for_paraphrases_by_the_command(
    serve: Callable[..., Any], ask: Callable[..., Any], command: Callable[..., Any]
) -> None:
    def text(prompt: str) -> str:
        case = "e1" if "parcel gone" in prompt else "e2"
        return json.dumps({"turns": [{"role": "user", "text": SAID[case]}]})

    server = serve(text=text)
    shop = ask(server.url)
    said = command("-w", str(shop.workspace.root), "generate", "--paraphrase", "2").out
    assert len(server.hits) == 2
    assert "2 of 2 slots filled" in said
    made = shop.workspace.store.read(CASES, bucket="mutation")
    assert set(made["generator_family"]) == {"acme/writer"}
    told = generate.spent(shop.workspace).iloc[0]
    assert (told["calls"], round(told["usd"], 6)) == (2, 2 * (1_000 * 4 + 200 * 20) / 1e6)
    assert told["low_usd"] > 0
