"""What asking will cost: tokens from the lengths of what is sent, replies from what earlier ones used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean, stdev
from typing import TYPE_CHECKING

from workbench.llm.prices import Tokens, cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.llm.messages import Request
    from workbench.llm.prices import Price

MOST_BYTES, FEWEST_BYTES = 4.0, 2.7
"""Bytes of English per token, of the tokenizer that makes few tokens and of the one that makes many.
Source: help.openai.com, "What are tokens": about 4 characters; docs.claude.com, "Glossary": about 3.5, and
platform.claude.com, "Token counting": about 30 % more tokens since Opus 4.7, which is 3.5 / 1.3."""

LEAST_CALLS = 10
"""Earlier calls that are believed more than the lengths of texts; fewer are a mere description, like a
group of so few roots."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What some calls will cost.

    Attributes:
        calls: How many.
        input_tokens: Of what is sent.
        output_tokens: Of their replies.
        low_usd: From, in USD; None without a price that holds for every prompt, as are the next two.
        expected_usd: What to expect, in USD.
        high_usd: To, in USD.
        basis: What it was computed from.
        why: Why there are no dollars; empty where there are.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    low_usd: float | None = None
    expected_usd: float | None = None
    high_usd: float | None = None
    basis: str
    why: str = ""

    def __str__(self) -> str:
        used = f"{self.calls:,} calls, about {self.input_tokens:,} tokens in and {self.output_tokens:,} out"
        if self.expected_usd is None:
            return f"{used}, from {self.basis}; {self.why}"
        ends = f"${self.low_usd:,.2f} to ${self.high_usd:,.2f}"
        return f"{used}: ${self.expected_usd:,.2f} expected ({ends}, from {self.basis})"


def forecast(
    requests: Sequence[Request],
    at: Price | None,
    *,
    model: str,
    assumed: tuple[int, int],
    earlier: Sequence[int] = (),
) -> Forecast:
    """Return what requests will cost; nothing is asked.

    What is sent counts between `MOST_BYTES` and `FEWEST_BYTES` a token. Replies are assumed to have so many tokens,
    from and to, and their geometric mean between, until there are `LEAST_CALLS` earlier ones; then it is the mean
    of those, and the range that in which the sum of all lies 95 times in 100.

    Args:
        requests: What is asked for.
        at: The price of the model; None where nobody knows.
        model: The model's name.
        assumed: Tokens of a reply, from and to, above 0.
        earlier: Tokens of earlier replies of this model to such requests, thinking included.

    Example:
        >>> from workbench.llm import Request
        >>> from workbench.llm.prices import Price
        >>> asked = [Request(cell="s1", bucket="answer", index=n, prompt="where is it????" * 100) for n in range(90)]
        >>> print(forecast(asked, Price(4, 20), model="m", assumed=(50, 1_000)))
        90 calls, about 41,079 tokens in and 20,125 out: $0.57 expected ($0.23 to $2.00, from an assumed 50 to 1,000 tokens a reply)
    """
    middle = math.sqrt(MOST_BYTES * FEWEST_BYTES)
    outputs, basis = _replies(len(requests), assumed, earlier)
    sizes = [
        len("".join([one.system, *(text for _, text in one.turns), one.prompt]).encode()) for one in requests
    ]
    ways = zip((MOST_BYTES, middle, FEWEST_BYTES), outputs, strict=True)
    low, expected, high = (
        _usd([Tokens(round(size / rate), round(output)) for size in sizes], at) for rate, output in ways
    )
    return Forecast(
        calls=len(requests),
        input_tokens=round(sum(sizes) / middle),
        output_tokens=round(len(requests) * outputs[1]),
        low_usd=low,
        expected_usd=expected,
        high_usd=high,
        basis=basis,
        why="" if expected is not None else why(model),
    )


def why(model: str) -> str:
    """Return why there are no dollars."""
    return f"no price of {model} holds for it; write one in [prices] of workbench.toml"


def _replies(calls: int, assumed: tuple[int, int], earlier: Sequence[int]) -> tuple[tuple[float, ...], str]:
    """Return tokens of a reply, from, expected and to, and what they were computed from."""
    if len(earlier) < LEAST_CALLS:
        low, high = assumed
        return (low, math.sqrt(low * high), high), f"an assumed {low:,} to {high:,} tokens a reply"
    usual = mean(earlier)
    spread = 1.96 * stdev(earlier) * math.sqrt(1 / max(calls, 1) + 1 / len(earlier))
    return (max(0.0, usual - spread), usual, usual + spread), f"{len(earlier):,} earlier calls of this model"


def _usd(calls: Sequence[Tokens], at: Price | None) -> float | None:
    """Return what calls cost, or None without a price that holds for all of them."""
    known = [usd for usd in (cost(tokens, at) for tokens in calls) if usd is not None]
    return sum(known) if at is not None and len(known) == len(calls) else None
