"""Hidden checks: spoilt texts that no careful reader lets through, and real conversations."""

from __future__ import annotations

import datetime as dt
import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from workbench.provenance import content_sha256
from workbench.review.checks import FAULTS, intact, known_bad, known_good
from workbench.tables import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    New = Callable[..., dict[str, Any]]

NOW = dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC)
TEXT = "I ordered 2 lamps on 3 March, order K-20817, and one of them came with a crack in the glass."


@pytest.fixture
def material(new_case: New) -> list[dict[str, Any]]:
    return [new_case(f"s{number}", f"{TEXT} Box {number}.") | {"slice": "damaged"} for number in range(12)]


def test_every_known_bad_check_is_another_text_with_a_fault(material: list[dict[str, Any]]) -> None:
    rows = known_bad(material, ["new/damaged"], random.Random(1), at=NOW)
    texts = [row["turns"][-1]["text"] for row in rows]

    assert len(rows) == len({*texts}) == len(material)
    assert {row["how"] for row in rows} == {*FAULTS}
    assert not {*texts} & {row["turns"][0]["text"] for row in material}
    assert {row["truth"] for row in rows} == {"reject"}
    assert [row["made_from"] for row in rows] == [[row["case_id"]] for row in material]
    CHECKS.frame(rows)


@pytest.mark.parametrize("seed", range(20))
def test_a_fault_is_one_that_a_careful_reader_sees(seed: int) -> None:
    spoilt = {how: made(TEXT, "new/wrong_item", random.Random(seed)) for how, made in FAULTS.items()}

    assert TEXT not in {*spoilt.values()}
    assert not {*spoilt["answer"].split()} & {"lamps", "K-20817,"}
    assert f'\n\n"{TEXT}"\n\n' in spoilt["preamble"]
    assert re.search(r"\[[A-Z ]+\]|<\w+>|\{\w+\}|XX|____", spoilt["placeholders"])
    assert "20817" not in spoilt["placeholders"]
    assert sorted(spoilt["salad"].split()) == sorted(TEXT.split())


@pytest.mark.parametrize(("how", "ways"), [("answer", 36), ("preamble", 36), ("placeholders", 6)])
def test_a_fault_has_too_many_words_to_be_learnt(how: str, ways: int) -> None:
    made = {FAULTS[how](TEXT, "new/wrong_item", random.Random(seed)) for seed in range(400)}

    assert len(made) == ways
    assert len({text[:12] for text in made}) >= 5


def test_a_customer_speaks_as_the_assistants_of_the_material_do(new_case: New) -> None:
    said = (
        "I have checked it: the lamp left our warehouse on Monday, so it should be with you by Thursday.",
        "The frame is made to measure, and so it cannot go back. A part that is broken we replace.",
    )
    rows = []
    for number, words in enumerate([*said, "May I have the order number?", "Please write to kim@shop.example and say that the lamp came broken, and when."]):  # fmt: skip
        talk = [{"role": "user", "text": f"{TEXT} Box {number}."}, {"role": "assistant", "text": words}]
        rows.append(new_case(f"s{number}") | {"turns": talk, "slice": None})
    made = known_bad(rows * 3, [None], random.Random(1), at=NOW)
    found = {row["turns"][0]["text"]: row for row in made if row["how"] == "answer"}

    assert [text for text in found if text in said] == [*found][:2]
    assert len(found) == 3
    assert len([*found][2]) > 60
    for number, words in enumerate(said):
        assert found[words]["made_from"][-1] == f"s{number}"


def test_a_message_of_few_words_is_not_shuffled() -> None:
    assert FAULTS["salad"]("where is it????", "", random.Random(1)) == ""


def test_only_the_last_message_of_a_customer_is_spoilt(new_case: New) -> None:
    talk = [
        {"role": "user", "text": "Hello, my parcel is late and nobody answers."},
        {"role": "assistant", "text": "May I have the order number?"},
        {"role": "user", "text": "K-20817, and I would like my money back now, please."},
    ]
    row = new_case("s1") | {"turns": talk, "slice": None}
    made = [known_bad([row] * 1, [None], random.Random(seed), at=NOW)[0] for seed in range(3)]

    assert {check["how"] for check in made} == {"answer"}
    [other] = known_bad([row, row], [None], random.Random(1), at=NOW)[1:]
    assert other["turns"][:2] == talk[:2]
    assert other["turns"][2]["text"] != talk[2]["text"]
    assert other["content_sha256"] == content_sha256(other["turns"], None)


def test_a_known_good_check_is_a_real_conversation_as_it_is(material: list[dict[str, Any]]) -> None:
    rows = known_good(material, ["new/damaged", "new/late"], random.Random(1), at=NOW)

    assert [row["turns"] for row in rows] == [row["turns"] for row in material]
    assert {row["truth"] for row in rows} == {"keep"}
    assert {row["cell"] for row in rows} == {"new/damaged"}
    CHECKS.frame(rows)


def test_a_conversation_with_personal_data_is_no_check(new_case: New) -> None:
    told = new_case("s1", "write to kim@shop.example about order 4481-2290") | {"slice": None}

    assert known_good([told], [None], random.Random(1), at=NOW) == []


@pytest.mark.parametrize(
    "change",
    [
        {"truth": "keep"}, {"how": "gibberish"}, {"cell": None}, {"made_from": ["x1"]}, {"content_sha256": "0" * 64},
        {"context": {"facts": {}}}, {"turns": [{"role": "user", "text": "hi"}]},
    ],
)  # fmt: skip
def test_a_check_that_was_changed_in_the_store_shows(
    change: dict[str, Any], material: list[dict[str, Any]], workspace: Workspace
) -> None:
    workspace.store.append(CHECKS, known_bad(material, ["new/damaged"], random.Random(1), at=NOW))
    with workspace.store.transaction() as tx:
        stored = tx.rows(CHECKS)

    assert len(stored) == len(material)
    assert all(intact(row) for row in stored)
    assert not any(intact({**row, **change}) for row in stored)


def test_the_same_conversation_in_another_cell_is_another_check(material: list[dict[str, Any]]) -> None:
    one, other = (
        known_good(material[:1], [cell], random.Random(1), at=NOW) for cell in ("new/damaged", None)
    )
    again = known_good(material[:1], [None], random.Random(2), at=NOW + dt.timedelta(days=1))

    assert one[0]["check_id"] != other[0]["check_id"] == again[0]["check_id"]


def test_an_id_says_nothing_about_the_truth(material: list[dict[str, Any]]) -> None:
    rows = [
        *known_bad(material, [None], random.Random(1), at=NOW),
        *known_good(material, [None], random.Random(1), at=NOW),
    ]

    assert {row["check_id"].rstrip("0123456789abcdef") for row in rows} == {"check-"}
