"""Conversations to mutate: the demo's seed, and invented ones full of what must not be damaged."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SEED = Path(__file__).parents[2] / "data" / "demo" / "seed.jsonl"
DAY = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)

VALUES = (
    "4481", "#5523", "K-20817", "DE-004-119-22", "SKU:AB-77/3", "x3", "14th", "7.5", "1,099", "50%", "-5", '24"',
    "$64.90", "£1,099.00", "12.50€", "$12", "EUR 40", "40 quid", "nineteen dollars", "two weeks", "twenty-five days",
    "3/5/2026", "2026-03-01", "May 3rd, 2026", "12 March", "Monday", "yesterday", "10:30", "the 21st of June",
    "kim@shop.example", "a.very+long_one@mail.shop.example", "https://shop.example/o/4481?x=Abc&y=1", "www.shop.example",
    "shop.example/returns", "+44 20 7946 0958", "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "192.168.0.12",
    "<EMAIL_1>", "{{Order Number}}", "[image]", "ord_9f3c2a", "1Z999AA10123456784",
)  # fmt: skip
"""What no operator may damage, as customers and exports write it."""

SENTENCES = (
    "Where is order {}?", "I paid {} and want my money back.", "Hello, it was {} when I ordered.",
    "My kettle leaks, because it fell in {}.", "please send me {} NOW!!", "the parcel ({}) never came", "It says {}.",
    "I still have {}, and nobody answers...", "Can I return {}? I never opened it.", "Thank you, {}; best wishes",
    "MY ORDER {} IS LATE!", "there is a scratch on it ({}), I need another one by {}", "{}", "{}, {} and {}.",
    "is it {}?? or {}", "She said no. The box with {} was never opened.", "Refund {}. Cancel {}. Now.",
)  # fmt: skip


class Loaded(NamedTuple):
    """A message, and the values that were put in."""

    text: str
    values: list[str]


def loaded(rng: np.random.Generator) -> Loaded:
    """Return a message of one to three sentences full of values."""
    values: list[str] = []
    said = []
    for sentence in rng.choice(SENTENCES, int(rng.integers(1, 4))):
        chosen = [str(value) for value in rng.choice(VALUES, str(sentence).count("{}"))]
        values += chosen
        said.append(str(sentence).format(*chosen))
    return Loaded(" ".join(said), values)


@pytest.fixture(scope="session")
def messages() -> list[Loaded]:
    """1,000 messages full of numbers, ids, amounts, dates, emails and links."""
    rng = np.random.default_rng(20260301)
    return [loaded(rng) for _ in range(1_000)]


@pytest.fixture(scope="session")
def demo() -> list[list[dict[str, str]]]:
    """The conversations of the demo's seed."""
    return [json.loads(line)["turns"] for line in SEED.read_text("utf-8").splitlines()]


@pytest.fixture
def parents(new_case: Callable[..., dict[str, object]]) -> Callable[..., pd.DataFrame]:
    """Make rows of `cases` with these conversations: a text is one message of a customer."""

    def make(*conversations: str | list[dict[str, str]], **changes: object) -> pd.DataFrame:
        rows = []
        for number, turns in enumerate(conversations, 1):
            told = [{"role": "user", "text": turns}] if isinstance(turns, str) else turns
            rows.append(new_case(f"r{number:04}", **{"turns": told, **changes}))
        return CASES.frame(rows)

    return make
