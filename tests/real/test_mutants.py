"""What customers, actors and other people's generators wrote is mutated without losing a figure."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.generate import OPERATORS, damaged, mutate
from workbench.generate.operators.scene import Scene
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.real

DRAWN = {
    "seed_banking77": 800, "synth_bitext": 600, "seed_abcd_sample": 23, "seed_multidogo": 200,
    "synth_cucom": 150, "synth_tau_simuser": 100,
}  # fmt: skip
"""How many of each set are drawn: as many as make 10,000 mutants."""

TELLING = re.compile(
    r"\S*@\S+|(?:https?://|\bwww\.)\S+|\w*\d[\w.,:/#-]*|[$€£]"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:january|february|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
"""A second, simpler reading of figures, addresses, links and dates than the one under test."""


def told(turns: list[dict[str, str]]) -> Counter[str]:
    said = "\n".join(turn["text"] for turn in turns if turn["role"] == "user")
    return Counter(found.rstrip(".,:/#-?!;)").lower() for found in TELLING.findall(said))


SCENE = Scene(
    policy="Returns within 30 days.",
    products={"cards": ["visa", "mastercard"], "clothes": ["jacket", "shirt", "sweater"]},
)


def is_meant(mutant: dict[str, Any]) -> bool:
    """Say whether an operator recorded that it changed figures on purpose."""
    return any(span["kind"] == "value" for step in mutant["operators"] for span in step["spans"])


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
    rows = enumerate(conversations)
    return CASES.frame([new_case(f"r{n:04}", turns=turns, slice=f"topic {n % 7}") for n, turns in rows])


def test_0_of_10_000_mutants_lost_a_figure_an_address_or_a_day(cases: pd.DataFrame) -> None:
    before = cases.set_index("case_id")["turns"]
    chains = [*OPERATORS, "typo+lowercase", "subject_swap+typo", "shorten+typo"]
    mutants = mutate(cases, chains, seed=9, scene=SCENE).cases
    made = Counter(step["name"] for steps in mutants["operators"] for step in steps)
    lost = [
        (old, mutant["turns"])
        for mutant in mutants.to_dict("records")
        if told(old := before[mutant["parent_ids"][0]]) != told(mutant["turns"]) and not is_meant(mutant)
    ]

    assert before.map(told).map(len).gt(0).sum() > 300
    assert len(mutants) >= 10_000
    assert set(made) == set(OPERATORS)
    assert lost == []


def test_every_record_leads_from_the_parent_to_the_mutant(cases: pd.DataFrame) -> None:
    """Also where turns are cut and joined, and where a figure is changed on purpose."""
    made = mutate(cases, list(OPERATORS), seed=9, scene=SCENE).cases

    assert len(made) > 10_000
    assert damaged(pd.concat([cases, made.assign(generator_provider="operators")], ignore_index=True)) == []
