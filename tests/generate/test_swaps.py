"""An order's number or a product is swapped everywhere alike, or nowhere."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from workbench.generate.operators.changes import Mutated, fault, restated
from workbench.generate.operators.scene import Scene
from workbench.generate.operators.swaps import entity_swap, product_swap

KITCHEN = {"kitchen": ["bread maker", "slow cooker", "egg boiler"], "garden": ["garden hose", "rake"]}


def told(*texts: str) -> list[dict[str, str]]:
    """Return a conversation in which user and assistant take turns."""
    return [{"role": ("user", "assistant")[n % 2], "text": text} for n, text in enumerate(texts)]


def entity(turns: list[dict[str, str]], context: Any = None, policy: str = "") -> Mutated:
    return entity_swap(turns, np.random.default_rng(0), Scene(context=context, policy=policy))


def product(turns: list[dict[str, str]], context: Any = None, policy: str = "", seed: int = 0) -> Mutated:
    return product_swap(
        turns, np.random.default_rng(seed), Scene(context=context, policy=policy, products=KITCHEN)
    )


def test_an_order_has_another_number_in_every_turn_and_in_the_record() -> None:
    turns = told("where is k-20817?", "Order K-20817 is on its way.", "K-20817 again, K-31188 came")
    context = {
        "facts": {"order": {"id": "K-20817", "amount": "20.81", "days": 20}},
        "steps": [{"tool": "look_up", "order": 20817}],
    }
    done = entity(turns, context)
    new = done.facts[0].after[2:]
    record = restated(context, done.facts)

    assert re.fullmatch("[1-9][0-9]{4}", new)
    assert new != "20817"
    assert [turn["text"] for turn in done.turns] == [turn["text"].replace("20817", new) for turn in turns]
    assert record["facts"]["order"] == {"id": f"K-{new}", "amount": "20.81", "days": 20}
    assert record["steps"][0]["order"] == int(new)
    assert done.keeps_label
    assert fault(turns, done.turns, done.spans) == ""


@pytest.mark.parametrize(
    "text", ["order number is 4481", "Order #4481!", "my booking 44812", "ref: AB-4481", "where is #90210?"]
)
def test_a_number_is_an_id_by_the_word_or_sign_before_it(text: str) -> None:
    done = entity(told(text))

    assert re.sub(r"\d", "0", done.turns[0]["text"]) == re.sub(r"\d", "0", text)
    assert done.turns[0]["text"] != text


@pytest.mark.parametrize(
    "text", ["I paid 4481 for it", "call 555-0117", "the RTX-4090 is broken", "since 2024", "order 12"]
)
def test_other_numbers_are_no_ids(text: str) -> None:
    assert entity(told(text)).reason == "no number is known to be an id"


@pytest.mark.parametrize(
    ("text", "context", "policy"),
    [
        ("order 4481, I paid $4481", None, ""),
        ("order 2026, it came on 2026-03-01", None, ""),
        ("order 4481, see https://shop.example/o/4481", None, ""),
        ("order 4481", {"facts": {"amount": 4481}}, ""),
        ("order 4481", {"facts": {"orders": {"4481": "late"}}}, ""),
        ("order 4481", {"documents": [{"id": "d1", "text": "The case of order 4481."}]}, ""),
        ("order 4481", None, "Nothing is paid for order 4481."),
    ],
)
def test_a_number_that_is_also_something_else_is_not_swapped(text: str, context: Any, policy: str) -> None:
    done = entity(told(text), context, policy)

    assert not done.changed
    assert "something else" in done.reason or "names it" in done.reason


def test_a_product_is_another_in_every_turn_and_in_the_record_with_its_capitals() -> None:
    turns = told("My BREAD MAKER leaks.", "Your bread maker? I am sorry.", "Bread maker, yes.")
    context = {"facts": {"order": {"item": "bread maker, white", "id": "K-1"}}}
    done = product(turns, context)
    new = restated(context, done.facts)["facts"]["order"]["item"].removesuffix(", white")

    assert new in {"slow cooker", "egg boiler"}
    assert [turn["text"] for turn in done.turns] == [
        f"My {new.upper()} leaks.", f"Your {new}? I am sorry.", f"{new.capitalize()}, yes.",
    ]  # fmt: skip
    assert done.keeps_label


def test_an_article_stays_right() -> None:
    found = {product(told("I bought a bread maker here"), seed=seed).turns[0]["text"] for seed in range(20)}

    assert found == {"I bought a slow cooker here"}


@pytest.mark.parametrize(
    ("texts", "context", "policy", "reason"),
    [
        (["my kettle leaks"], None, "", "no product is named"),
        (["my bread maker, not the slow cooker or egg boiler"], None, "", "no other product"),
        (
            ["my bread maker leaks"],
            {"facts": {"item": "Brotbackautomat"}},
            "",
            "does not call the product so",
        ),
        (["my bread maker leaks"], {"facts": {"item": "small bread maker"}}, "", "part of something else"),
        (["my bread maker leaks. a maker of crumbs"], None, "", "part of its name"),
        (["my bread maker leaks"], None, "A bread maker is never taken back.", "names it"),
        (
            ["my bread maker leaks"],
            {"documents": [{"text": "BREAD MAKER: 2 years"}], "facts": {}},
            "",
            "names it",
        ),
    ],
)
def test_a_product_that_is_bound_to_its_name_is_not_swapped(
    texts: list[str], context: Any, policy: str, reason: str
) -> None:
    done = product(told(*texts), context, policy)

    assert not done.changed
    assert reason in done.reason


def test_without_the_owners_word_no_product_stands_for_another() -> None:
    assert not product_swap(told("my bread maker leaks"), np.random.default_rng(0), Scene()).changed
