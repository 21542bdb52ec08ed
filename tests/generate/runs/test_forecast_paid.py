"""The forecast reads what real clients leave in the ledger, also for replies that made no case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.generate import fill
from workbench.generate.forecast import forecast
from workbench.llm.prices import Price

if TYPE_CHECKING:
    from collections.abc import Callable


def test_tokens_out_are_those_of_earlier_calls_and_tokens_in_follow_the_prompts(
    serve: Callable[..., Any], ask: Callable[..., Any], client: Callable[..., Any]
) -> None:
    """The server counts 1,000 tokens in and 200 out for each of 12 calls, two of them refused."""
    shop = ask(serve("refusal", "refusal").url)
    pilot = shop.run(per_cell={"prompted": 3}, redteam=0)
    fill(shop.workspace, pilot, client(shop))
    following = shop.run(per_cell={"prompted": 3}, redteam=0, seed=9)
    told = forecast(shop.workspace, following, Price(4, 20))

    assert told.basis == "12 earlier calls of this model"
    assert (told.calls, told.output_tokens) == (12, 12 * 200)
    assert 11_000 < told.input_tokens < 13_000
    assert forecast(shop.workspace, pilot, Price(4, 20)).calls == 2
