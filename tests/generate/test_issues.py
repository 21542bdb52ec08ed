"""Two matters in one message: which cases are paired, and what becomes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.generate.operators.issues import merge_issues, paired
from workbench.generate.operators.scene import Issue, Scene

TOPICS = ("delay", "damaged", "billing")


def case(number: int, *texts: str, **changes: Any) -> dict[str, Any]:
    name = f"r{number:03}"
    said = texts or (f"where is my parcel number {number}",)
    row = {
        "case_id": name, "root_id": name, "split": "eval", "slice": TOPICS[number % 3], "cell": None,
        "turns": [{"role": ("user", "assistant")[n % 2], "text": text} for n, text in enumerate(said)],
    }  # fmt: skip
    return row | changes


def test_the_last_message_goes_on_with_the_other_matter_without_its_greeting() -> None:
    turns = [
        {"role": "user", "text": "hi"},
        {"role": "assistant", "text": "Yes?"},
        {"role": "user", "text": "It leaks"},
    ]
    done = merge_issues(
        turns, np.random.default_rng(1), Scene(second=Issue("r9", "Good evening. I was charged $12 twice."))
    )

    assert done.turns[:2] == turns[:2]
    assert done.turns[2]["text"].startswith("It leaks\n")
    assert done.turns[2]["text"].endswith(": I was charged $12 twice.")
    assert (done.keeps_label, done.keeps_cell, done.second) == (False, False, "r9")
    assert [span.kind for span in done.spans] == ["value"]


def test_each_case_is_in_one_pair_at_most_so_a_root_never_takes_in_more_than_two() -> None:
    cases = [case(number) for number in range(60)]
    found = paired(cases, seed=1)
    members = [*found, *(issue.case_id for issue in found.values())]
    topic = {one["case_id"]: one["slice"] for one in cases}

    assert len(found) == 30
    assert len(set(members)) == 60
    assert all(topic[first] != topic[second.case_id] for first, second in found.items())


def test_pairs_follow_from_the_seed_and_not_from_the_order_of_cases() -> None:
    cases = [case(number) for number in range(20)]

    assert paired(cases, seed=1) == paired(cases[::-1], seed=1)
    assert paired(cases, seed=1) != paired(cases, seed=2)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("where is my parcel", {"split": "train"}),
        ("where is my parcel", {"root_id": "r000"}),
        ("where is my parcel", {"slice": "delay"}),
        ("where is my parcel", {"slice": None}),
        ("where is my parcel", {"turns": []}),
        ("wo bleibt mein Paket", {}),
    ],
    ids=["split", "root", "topic", "no topic", "stub", "language"],
)
def test_cases_of_another_split_of_one_root_or_topic_or_not_english_are_no_pair(
    text: str, change: dict[str, Any]
) -> None:
    assert len(paired([case(0), case(1)], seed=0)) == 1
    assert paired([case(0), case(1, text, **change)], seed=0) == {}


def test_the_holdout_is_never_touched_and_cells_tell_topics_apart_without_slices() -> None:
    held = {"split": "holdout"}
    cells = [case(n, slice=None, cell=cell) for n, cell in enumerate(["new/delay", "new/damaged"])]

    assert paired([case(0, **held), case(1, **held)], seed=0) == {}
    assert len(paired(cells, seed=0)) == 1


def test_the_second_matter_is_always_a_message_alone() -> None:
    chat = ("is it there", "Yes.", "then where is my parcel")
    found = [paired([case(0, *chat), case(1)], seed=seed) for seed in range(10)]

    assert found == [{"r000": Issue("r001", "where is my parcel number 1")}] * 10
    assert paired([case(0, *chat), case(1, *chat)], seed=0) == {}


def test_a_case_without_a_pair_says_so() -> None:
    turns = [{"role": "user", "text": "it leaks"}]

    assert "paired with no other case" in merge_issues(turns, np.random.default_rng(0), Scene()).reason
