"""What customers and other people's generators wrote is mutated without damage, by a reading of its own."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate import OPERATORS, mutate
from workbench.tables import CASES
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.real

# The reading is that of tests/generate, which holds the demo's seed to it.
spec = importlib.util.spec_from_file_location(
    "detector", Path(__file__).parents[1] / "generate" / "detector.py"
)
assert spec is not None
assert spec.loader is not None
detector = sys.modules.setdefault("detector", importlib.util.module_from_spec(spec))
spec.loader.exec_module(detector)

DRAWN = {
    "seed_banking77": 300, "synth_bitext": 250, "seed_abcd_sample": 23, "seed_multidogo": 150, "synth_cucom": 100,
    "synth_tau_simuser": 80,
}  # fmt: skip
"""How many of each set are drawn: as many as make 10,000 mutants."""


def drawn(folder: Path, many: int) -> list[list[dict[str, str]]]:
    """Draw conversations from a set, half of them with more to lose than a number or a plain sum."""
    with gzip.open(folder / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    told = [
        [
            {"role": "user" if turn["role"] == "customer" else "assistant", "text": turn["text"]}
            for turn in row.get("turns") or [{"role": "customer", "text": row["text"]}]
        ]
        for row in rows
    ]
    hard = [turns for turns in told if _is_hard(turns)]
    easy = [turns for turns in told if not _is_hard(turns)]
    return [*hard[: many // 2], *easy[:: max(1, len(easy) // many)]][:many]


def _is_hard(turns: list[dict[str, str]]) -> bool:
    return any(kind not in {"id with a digit", "sum"} for kind, _ in detector.found(user_text(turns)))


def test_0_of_10_000_mutants_of_real_messages_is_damaged(
    real_data: Path, new_case: Callable[..., dict[str, object]]
) -> None:
    conversations = [turns for name, many in DRAWN.items() for turns in drawn(real_data / name, many)]
    cases = CASES.frame([new_case(f"r{n:04}", turns=turns) for n, turns in enumerate(conversations)])
    before = dict(zip(cases["case_id"], cases["turns"].map(user_text), strict=True))
    mutants = mutate(
        cases, [*OPERATORS, "typo+lowercase", "shorthand+lowercase", "blunt+shout"], seed=3
    ).cases
    damaged = [
        (mutant["tag"], before[mutant["parent_ids"][0]], user_text(mutant["turns"]), gone)
        for mutant in mutants.to_dict("records")
        if not any(span["kind"] == "value" for step in mutant["operators"] for span in step["spans"])
        and (gone := detector.lost(before[mutant["parent_ids"][0]], user_text(mutant["turns"])))
    ]

    assert len(mutants) >= 10_000
    assert damaged == []
