"""What models cost: a dated table, and the owner's own prices over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION = 1_000_000

DATED = "2026-10-24"
"""The day on which the table was true as far as its sources say."""

LONGEST_PROMPT = 100_000
"""Tokens of a prompt up to which the table holds: above, some of these models cost more.

Source: the model pages of platform.claude.com (Haiku 5.5, 100,000) and of developers.openai.com (GPT-6, 272,000).
"""


class Price(NamedTuple):
    """Dollars per million tokens.

    Attributes:
        input: Of what is sent.
        output: Of what comes back, thinking included.
        longest: Tokens of a prompt up to which it holds; None for any. What was answered is compared by its
            counted tokens, and what was not by its bytes, of which a token has at least one.
    """

    input: float
    output: float
    longest: int | None = None


class Tokens(NamedTuple):
    """Tokens of a call: sent, and come back."""

    input: int
    output: int


TABLE: Mapping[tuple[str, str], Price] = {
    ("anthropic", "claude-fable-5-1"): Price(10, 50, LONGEST_PROMPT),
    ("anthropic", "claude-opus-5-5"): Price(4, 20, LONGEST_PROMPT),
    ("anthropic", "claude-opus-5"): Price(5, 25, LONGEST_PROMPT),
    ("anthropic", "claude-sonnet-5-5"): Price(2, 10, LONGEST_PROMPT),
    ("anthropic", "claude-haiku-5-5"): Price(0.10, 0.50, LONGEST_PROMPT),
    ("openai", "gpt-6.1-sol"): Price(2, 10, LONGEST_PROMPT),
    ("openai", "gpt-6-sol"): Price(2, 10, LONGEST_PROMPT),
    ("openai", "gpt-6-luna"): Price(0.10, 0.50, LONGEST_PROMPT),
}
"""Standard rates at the providers' own addresses, by provider and model, on `DATED`.

Source: platform.claude.com, the comparison on the model pages of Opus 5 and Sonnet 5.5; for OpenAI the
releases of 2026-09-22 and 2026-09-29 that quote developers.openai.com. A model that is not here, or
that somebody else serves, has no price until workbench.toml declares one.
"""


def price(provider: str, model: str, own: Mapping[str, Price], *, official: bool) -> Price | None:
    """Return what a model costs, or None where nobody has said.

    Args:
        provider: anthropic or openai.
        model: The model's name.
        own: Prices by model that the owner declares; they win.
        official: Whether the provider itself serves it.

    Example:
        >>> price("anthropic", "claude-opus-5-5", {}, official=True)
        Price(input=4, output=20, longest=100000)
        >>> price("openai", "qwen3", {}, official=False) is None
        True
    """
    return own.get(model) or (TABLE.get((provider, model)) if official else None)


def cost(tokens: Tokens, at: Price | None) -> float | None:
    """Return what a call cost in USD, or None without a price that holds for it.

    Example:
        >>> cost(Tokens(1_000, 200), Price(4, 20))
        0.008
        >>> cost(Tokens(1_000, 200), None) is None
        True
    """
    if at is None or (at.longest is not None and tokens.input > at.longest):
        return None
    return (tokens.input * at.input + tokens.output * at.output) / MILLION
