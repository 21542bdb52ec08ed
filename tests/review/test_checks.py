"""Hidden checks: spoilt texts that no careful reader lets through, and real conversations."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import pytest

from workbench.provenance import content_sha256
from workbench.review.checks import FAULTS, known_bad, known_good
from workbench.tables import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.mark.parametrize("how", FAULTS)
def test_a_fault_is_one_that_a_careful_reader_sees(how: str) -> None:
    spoilt = FAULTS[how](TEXT, "new/wrong_item", random.Random(2))

    seen = {
        "answer": "I would be happy to assist you",
        "preamble": "Here is a realistic customer message for new, wrong item:",
        "placeholders": "my name is [CUSTOMER NAME]",
        "salad": "",
    }[how]
    assert seen in spoilt
    assert spoilt != TEXT
    if how == "salad":
        assert sorted(spoilt.split()) == sorted(TEXT.split())


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


def test_an_id_says_nothing_about_the_truth(material: list[dict[str, Any]]) -> None:
    rows = [
        *known_bad(material, [None], random.Random(1), at=NOW),
        *known_good(material, [None], random.Random(1), at=NOW),
    ]

    assert {row["check_id"].rstrip("0123456789abcdef") for row in rows} == {"check-"}
