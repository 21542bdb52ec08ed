"""What asking will cost: by lengths before the first calls, and by what earlier ones used from the tenth on."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import pytest

from workbench.llm.forecast import LEAST_CALLS, forecast
from workbench.llm.prices import Price

if TYPE_CHECKING:
    from collections.abc import Callable

AT = Price(0, 1_000_000)  # a dollar a token that comes back


def test_few_earlier_calls_are_not_believed_more_than_what_is_assumed(
    request_for: Callable[..., Any],
) -> None:
    asked = [request_for(index) for index in range(5)]
    told = forecast(asked, AT, model="m", assumed=(50, 800), earlier=[9_000] * (LEAST_CALLS - 1))

    assert (told.low_usd, told.expected_usd, told.high_usd) == (250, 1_000, 4_000)
    assert told.basis == "an assumed 50 to 800 tokens a reply"


def test_the_sum_of_many_calls_lies_in_the_range_as_often_as_it_says(
    request_for: Callable[..., Any],
) -> None:
    """1,000 plans of 60 calls after 40 earlier ones, with lengths as of a model that sometimes thinks long."""
    chance, asked, hit = random.Random(6), [request_for(index) for index in range(60)], 0
    for _ in range(1_000):
        drawn = [round(chance.lognormvariate(5, 0.8)) for _ in range(100)]
        told = forecast(asked, AT, model="m", assumed=(50, 800), earlier=drawn[:40])
        assert told.low_usd is not None
        assert told.high_usd is not None
        hit += told.low_usd <= sum(drawn[40:]) <= told.high_usd

    assert 0.90 <= hit / 1_000 <= 0.97


def test_system_prompt_and_past_turns_count_as_sent(request_for: Callable[..., Any]) -> None:
    bare = forecast([request_for(prompt="a" * 100)], Price(1, 0), model="m", assumed=(1, 1))
    long = request_for(
        prompt="a" * 100, system="b" * 100, turns=(("user", "c" * 50), ("assistant", "d" * 50))
    )
    told = forecast([long], Price(1, 0), model="m", assumed=(1, 1))

    assert told.input_tokens == pytest.approx(300 / math.sqrt(4 * 2.7), abs=0.5)
    assert told.expected_usd == pytest.approx(3 * (bare.expected_usd or 0), rel=0.05)


def test_without_a_price_there_are_tokens_and_no_dollars(request_for: Callable[..., Any]) -> None:
    told = forecast([request_for()], None, model="m", assumed=(50, 800))

    assert (told.low_usd, told.expected_usd, told.high_usd) == (None, None, None)
    assert str(told).endswith("no price of m holds for it; write one in [prices] of workbench.toml")


def test_nothing_left_to_ask_costs_nothing() -> None:
    told = forecast([], AT, model="m", assumed=(50, 800), earlier=[100] * LEAST_CALLS)

    assert (told.calls, told.low_usd, told.high_usd) == (0, 0, 0)
