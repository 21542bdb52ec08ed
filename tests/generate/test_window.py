"""So many days ago become as many on the other side of a window, in the turns and in the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.generate.operators.changes import Mutated, fault
from workbench.generate.operators.scene import Scene
from workbench.generate.operators.window import window_edge, windows

POLICY = "Refunds within 14 days, credit 15-30 days after delivery, then nothing."


def told(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[n % 2], "text": text} for n, text in enumerate(texts)]


def moved(turns: list[dict[str, str]], context: Any = None, policy: str = POLICY) -> list[Mutated]:
    """Return every move that chance makes, by what is said first."""
    done = [
        window_edge(turns, np.random.default_rng(seed), Scene(context=context, policy=policy))
        for seed in range(30)
    ]
    found = {(str(one.turns), str(one.facts)): one for one in done if one.changed}
    return [one for _, one in sorted(found.items())]


def test_windows_are_read_from_the_policy() -> None:
    assert windows(POLICY) == [14, 30]
    assert windows("A 2-week trial, 0 to 5 days of grace, $30, order 14, 3.5 days, 24 hours") == [5, 14]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("It came 29 days ago.", ["It came 13 days ago.", "It came 31 days ago."]),
        ("it came 31d ago", ["it came 29d ago"]),
        ("A 35-day-old thing, 5 WEEKS", ["A 35-day-old thing, 29 DAYS"]),
        ("it came 2 days ago", ["it came 15 days ago"]),
        ("it came 1 day ago", ["it came 15 days ago"]),
    ],
)
def test_days_go_to_the_other_side_of_the_nearest_windows(text: str, made: list[str]) -> None:
    assert [done.turns[0]["text"] for done in moved(told(text))] == made


def test_turns_and_record_move_together_and_the_windows_stay() -> None:
    turns = told(
        "I got it 29 days ago", "29 days ago, and returns take 30 days.", "yes 29 days, you say 30 days"
    )
    context = {"facts": {"delivered_days_ago": 29, "amount": 29, "cells": [{"days_open": 29}]}}
    (low, high) = moved(turns, context)

    assert [turn["text"] for turn in high.turns] == [
        "I got it 31 days ago", "31 days ago, and returns take 30 days.", "yes 31 days, you say 30 days",
    ]  # fmt: skip
    assert [(fact.path[-1], fact.before, fact.after) for fact in high.facts] == [
        ("delivered_days_ago", 29, 31),
        ("days_open", 29, 31),
    ]
    assert not high.keeps_label
    assert not high.keeps_cell
    assert [fault(turns, done.turns, done.spans) for done in (low, high)] == ["", ""]


def test_what_the_record_alone_tells_moves_where_the_user_tells_no_time() -> None:
    context = {"facts": {"delivered_days_ago": 20, "days_late": 3}}

    assert [done.facts[0].after for done in moved(told("can i still return it"), context)] == [13, 31]
    assert moved(told("i got it last month, can i return it"), context) == []
    assert moved(told("puedo devolver la mochila"), context) == []


def test_what_the_record_tells_otherwise_stays() -> None:
    assert moved(told("I got it 29 days ago"), {"facts": {"delivered_days_ago": 12}}) == []


def test_what_happened_first_still_did() -> None:
    context = {"facts": {"delivered_days_ago": 20, "returned_days_ago": 16}}
    values = [
        {fact.path[-1]: fact.after for fact in done.facts}
        for done in moved(told("where is my money"), context)
    ]

    assert values == [{"delivered_days_ago": 31}, {"returned_days_ago": 13}]


def test_without_a_window_nothing_moves_and_a_document_may_hold_one() -> None:
    turns = told("It came 29 days ago.")

    assert (
        window_edge(turns, np.random.default_rng(0), Scene()).reason == "the policy names no window in days"
    )
    assert moved(turns, {"documents": [{"id": "d1", "text": "We take things back for 30 days."}]}, "")
