"""The audit counts, measures and points; it removes nothing and changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from workbench.provenance import content_sha256
from workbench.seed import audit
from workbench.tables import CASES, LABELS

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


def cases(*said: str | list[tuple[str, str]], **columns: Any) -> pd.DataFrame:
    """Return a seed with one case per text or conversation: r1, r2, ..."""
    rows = []
    for number, text in enumerate(said, 1):
        pairs = [("user", text)] if isinstance(text, str) else text
        turns = [{"role": role, "text": spoken} for role, spoken in pairs]
        row = {
            "case_id": f"r{number}", "turns": turns, "bucket": "seed", "tag": "prod", "parent_ids": [],
            "root_id": f"r{number}", "must_hold": False, "operators": [], "taxonomy": [], "hint_ids": [],
            "split": "eval" if number % 3 else "train", "slice": "delay", "created_at": NOW, "extra": {},
        }  # fmt: skip
        row |= {name: values[number - 1] for name, values in columns.items()}
        rows.append(row | {"content_sha256": content_sha256(turns, row.get("context"))})
    return CASES.frame(rows)


def labels(*expected: str | None) -> pd.DataFrame:
    rows = [
        {
            "label_id": f"{number:064}",
            "case_id": f"r{number}",
            "expected": value,
            "kind": "human",
            "created_at": NOW,
        }
        for number, value in enumerate(expected, 1)
        if value is not None
    ]
    return LABELS.frame(rows)


def findings(*said: str | list[tuple[str, str]]) -> dict[str, list[str]]:
    found = audit(cases(*said), labels(*["refund"] * len(said)))
    return found.odd.groupby("finding")["case_id"].agg(list).to_dict()


TERSE = [
    "where is it????",
    "send me my money please",
    "i want to cancel this order",
    "it came broken today",
    "is anyone there now",
    "no answer for days",
]


def test_cases_are_counted_by_slice_and_split() -> None:
    found = audit(cases(*TERSE, slice=["delay", "delay", "delay", "damaged", "damaged", None]), labels())

    assert found.counts.to_dict("index") == {
        "delay": {"eval": 2, "train": 1, "total": 3},
        "damaged": {"eval": 2, "train": 0, "total": 2},
        "(none)": {"eval": 0, "train": 1, "total": 1},
    }


def test_lengths_are_those_of_what_the_user_wrote() -> None:
    chat = [("user", "where is it"), ("assistant", "It is on its way to you."), ("user", "liar")]
    found = audit(cases("ok then", chat, "one two three four"), labels())

    assert found.sizes[["turns", "words", "characters"]].to_numpy().tolist() == [
        [1, 2, 7],
        [3, 4, 16],
        [1, 4, 18],
    ]
    assert found.lengths["words"].tolist() == [2, 3, 4, 4, 4]


@pytest.mark.parametrize("short", ["refund", "?!", "😡", "HELLO!!!"])
def test_a_single_word_is_odd(short: str) -> None:
    assert findings(*TERSE, short) == {"one word": ["r7"]}


def test_what_the_embedder_cannot_read_to_its_end_is_odd() -> None:
    assert findings("where is it " * 60) == {"longer than the embedder reads": ["r1"]}
    assert findings("where is it " * 58) == {}


def test_a_conversation_that_the_bot_ends_is_odd() -> None:
    assert findings([("user", "where is it"), ("assistant", "On its way.")]) == {
        "the user does not speak last": ["r1"]
    }


def test_other_scripts_and_hidden_characters_are_odd_and_accents_are_not() -> None:
    assert findings("où est mon colis, señor", "где мой заказ сейчас", "p\u0430ypal never paid me", "my re\u200bfund never came") == {
        "letters that are not Latin": ["r2", "r3"], "invisible characters": ["r4"],
    }  # fmt: skip
    assert findings("line one of it\r\nline two of it") == {}


def test_personal_data_is_pointed_at_by_kind_in_any_turn() -> None:
    chat = [
        ("user", "my order never came"),
        ("assistant", "Is kim@shop.example yours?"),
        ("user", "yes, card 4111 1111 1111 1111"),
    ]
    found = audit(cases(chat), labels("refund")).odd

    assert found.loc[found["finding"] == "personal data", "detail"].tolist() == ["CARD, EMAIL"]


def test_missing_labels_and_labels_outside_the_rubric_are_odd() -> None:
    found = audit(cases(*TERSE[:3]), labels("refund", None, "Refnd"), expected=["refund", "deny"])

    assert found.odd[["case_id", "finding", "detail"]].to_numpy().tolist() == [
        ["r2", "no label", ""], ["r3", "label outside the rubric", "Refnd"],
    ]  # fmt: skip
    assert found.labels.set_index(["expected", "kind"])["cases"].to_dict() == {
        ("refund", "human"): 1, ("(none)", "(none)"): 1, ("Refnd", "human"): 1,
    }  # fmt: skip


def test_repetitions_are_shown_with_what_they_repeat() -> None:
    said = [
        "where is order 4711?",
        "where is order 4711?",
        "Where is  order 9923?",
        "where is my order?",
        "where is order 4711?",
    ]
    contexts = [{"n": 1}, {"n": 1}, None, None, {"n": 2}]
    found = audit(cases(*said, context=contexts), labels())

    assert found.duplicates[["case_id", "same_as", "likeness"]].to_numpy().tolist() == [
        ["r2", "r1", "same content"],
        ["r3", "r1", "same but for numbers and addresses"],
        ["r5", "r1", "same text"],
    ]


LONG = "where is my parcel, it was to come on the 14th and I have been at home ever since, every single day"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (LONG[:80], LONG[:80]),
        (LONG, "where is my parcel, it was to come on the 14th and I have been at home ever…"),
        (LONG.replace(" ", "\n"), "where is my parcel, it was to come on the 14th and I have been at home ever…".replace(" ", "\n")),
        ("look " + "x" * 200, "look " + "x" * 74 + "…"),
    ],
)  # fmt: skip
def test_a_long_text_ends_at_a_word_and_says_that_it_goes_on(said: str, shown: str) -> None:
    odd = audit(cases(said), labels()).odd
    repeated = audit(cases(said, said), labels()).duplicates

    assert set(odd["text"]) == set(repeated["text"]) == {shown}
    assert len(shown) <= 80


def test_only_the_seed_is_looked_at_and_nothing_is_changed() -> None:
    seed = cases("where is it????", "where is it????")
    mixed = pd.concat(
        [seed, seed.assign(case_id=["m1", "m2"], bucket="mutation", tag="mut-typo")], ignore_index=True
    )
    before = mixed.copy(deep=True)
    found = audit(mixed, labels("refund", "refund"))

    assert found.sizes["case_id"].tolist() == ["r1", "r2"]
    assert len(found.duplicates) == 1
    pd.testing.assert_frame_equal(mixed, before)


def test_an_empty_seed_is_an_empty_audit() -> None:
    found = audit(CASES.frame(), LABELS.frame())

    assert [
        len(frame) for frame in (found.counts, found.sizes, found.odd, found.duplicates, found.labels)
    ] == [0] * 5
    assert found.lengths.isna().all(axis=None)
    assert str(found).startswith("0 cases in 0 slices\nodd: nothing\nrepetitions: 0 (shown, never removed)")


def test_the_summary_says_what_is_not_looked_for() -> None:
    assert "not found this way: names, postal addresses" in str(audit(cases("hello?"), labels()))
    assert "odd: 1 one word, 1 no label" in str(audit(cases("hello?"), labels()))
