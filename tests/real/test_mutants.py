"""What customers, actors and other people's generators wrote is mutated without losing a figure."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate import OPERATORS, mutate
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.real

DRAWN = {
    "seed_banking77": 800, "synth_bitext": 600, "seed_abcd_sample": 23, "seed_multidogo": 200,
    "synth_cucom": 150, "synth_tau_simuser": 100,
}  # fmt: skip
"""How many of each set are drawn: as many as make 10,000 mutants."""

TELLING = re.compile(
    r"\S*@\S+|(?:https?://|www\.)\S+|\w*\d[\w.,:/#-]*|[$€£]"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:january|february|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
"""A second, simpler reading of figures, addresses, links and dates than the one under test."""


def told(turns: list[dict[str, str]]) -> Counter[str]:
    said = "\n".join(turn["text"] for turn in turns if turn["role"] == "user")
    return Counter(found.rstrip(".,:/#-?!;)").lower() for found in TELLING.findall(said))


@pytest.fixture(scope="module")
def conversations(real_data: Path) -> list[list[dict[str, str]]]:
    """Evenly drawn from six sets; a message alone is a conversation of one turn."""
    drawn = []
    for name, many in DRAWN.items():
        with gzip.open(real_data / name / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for row in rows[:: max(1, len(rows) // many)][:many]:
            turns = row.get("turns") or [{"role": "customer", "text": row["text"]}]
            drawn.append(
                [
                    {"role": "user" if turn["role"] == "customer" else "assistant", "text": turn["text"]}
                    for turn in turns
                ]
            )
    return drawn


@pytest.fixture
def cases(
    conversations: list[list[dict[str, str]]], new_case: Callable[..., dict[str, object]]
) -> pd.DataFrame:
    return CASES.frame([new_case(f"r{n:04}", turns=turns) for n, turns in enumerate(conversations)])


def test_0_of_10_000_mutants_lost_a_figure_an_address_or_a_day(cases: pd.DataFrame) -> None:
    before = cases.set_index("case_id")["turns"]
    mutants = mutate(cases, [*OPERATORS, "typo+lowercase", "subject_swap+typo", "shorten+typo"], seed=9).cases
    made = Counter(step["name"] for steps in mutants["operators"] for step in steps)
    damaged = [
        (old, new)
        for (parent,), new in zip(mutants["parent_ids"], mutants["turns"], strict=True)
        if told(old := before[parent]) != told(new)
    ]

    assert before.map(told).map(len).gt(0).sum() > 300
    assert len(mutants) >= 10_000
    assert set(made) == set(OPERATORS)
    assert damaged == []
