"""Mutants have their parents' split, root and cell; the same seed makes the same bytes anywhere."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.generate import OPERATORS, mutate
from workbench.generate.operators.scene import Scene
from workbench.provenance import canonical, content_sha256
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEMO = Path(__file__).parents[2] / "data" / "demo"
DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
SCENE = Scene(
    policy="Returns within 30 days.", products={"house": ["bread maker", "yoga mat", "laundry basket"]}
)
NO_SAME_FIGURES = {
    "quoted_reply",
    "entity_swap",
    "product_swap",
    "window_edge",
    "merge_issues",
    "merge_turns",
}
"""Operators that bring figures in or change them on purpose, and one that has nothing to do here."""
ASK = "Hello, where is order 4481? I want my money back."


def as_bytes(frames: Iterable[pd.DataFrame]) -> bytes:
    """Return rows as canonical JSON in the order of their ids."""
    rows = pd.concat(list(frames)).sort_values("case_id").astype({"created_at": "str"}).astype("object")
    return canonical(rows.where(rows.notna(), None).to_dict("records")).encode()


def test_a_mutant_carries_its_lineage(parents: Callable[..., pd.DataFrame]) -> None:
    context = {"facts": {"order": 4481}}
    parent = parents(
        ASK, context=context, slice="delay", cell="angry/delay", split="train", must_hold=True, author="A"
    )
    (mutant,) = mutate(parent, ["typo+lowercase"], seed=1, at=DAY).cases.to_dict("records")

    assert mutant["case_id"].startswith("r0001.")
    assert (mutant["bucket"], mutant["tag"], mutant["generator_family"]) == (
        "mutation",
        "mut-typo+lowercase",
        "programmatic",
    )
    assert (mutant["parent_ids"], mutant["root_id"], mutant["split"]) == (["r0001"], "r0001", "train")
    assert (mutant["slice"], mutant["cell"], mutant["context"]) == ("delay", "angry/delay", context)
    assert mutant["must_hold"] is False
    assert mutant["cost_usd"] == 0
    assert mutant["content_sha256"] == content_sha256(mutant["turns"], context)
    assert [step["name"] for step in mutant["operators"]] == ["typo", "lowercase"]
    assert set(mutant["operators"][0]["spans"][0]) == {"turn", "start", "end", "before", "after", "kind"}
    assert pd.isna(mutant["author"])


def test_a_demo_case_has_demo_mutants(parents: Callable[..., pd.DataFrame]) -> None:
    assert mutate(parents(ASK, tag="demo-prod"), ["shout"], seed=1).cases["tag"].tolist() == [
        "demo-mut-shout"
    ]


def test_mutants_of_mutants_stay_of_one_root(parents: Callable[..., pd.DataFrame]) -> None:
    first = mutate(parents(ASK), ["lowercase"], seed=1, at=DAY).cases
    second = mutate(first, ["typo"], seed=1, at=DAY).cases

    assert second["root_id"].tolist() == ["r0001"]
    assert second["parent_ids"].tolist() == [[first["case_id"][0]]]


def test_a_long_id_is_cut_and_stays_an_id(new_case: Callable[..., dict[str, object]]) -> None:
    found = mutate(CASES.frame([new_case("x" * 64, ASK)]), ["shout", "typo"], seed=1).cases

    assert found["case_id"].str.fullmatch(r"[A-Za-z0-9._-]{64}").all()
    assert found["case_id"].is_unique


def test_what_is_left_out_is_counted_with_its_reason(parents: Callable[..., pd.DataFrame]) -> None:
    cases = parents("where is it", "where is it", [])
    done = mutate(cases, ["lowercase", "shout", "typo+no_final_mark"], seed=1, copies=2)

    assert len(done.cases) == 2
    assert done.left_out.to_dict("records") == [
        {"operators": "lowercase", "reason": "lowercase: everything is written small already", "cases": 4},
        {"operators": "typo+no_final_mark", "reason": "no_final_mark: no message ends in a mark", "cases": 4},
        {"operators": "shout", "reason": "the same text as its parent or another mutant of it", "cases": 2},
        {"operators": "lowercase", "reason": "a stub has no text", "cases": 2},
        {"operators": "shout", "reason": "a stub has no text", "cases": 2},
        {"operators": "typo+no_final_mark", "reason": "a stub has no text", "cases": 2},
    ]
    assert str(done) == "2 mutants made, 16 left out"


def test_every_try_is_made_or_counted(
    parents: Callable[..., pd.DataFrame], demo: list[list[dict[str, str]]]
) -> None:
    done = mutate(parents(*demo), list(OPERATORS), seed=3, copies=2)

    assert len(done.cases) + done.left_out["cases"].sum() == len(demo) * len(OPERATORS) * 2


def test_the_holdout_is_never_touched(parents: Callable[..., pd.DataFrame]) -> None:
    done = mutate(parents(ASK, split="holdout"), ["shout"], seed=1)

    assert done.cases.empty
    assert done.left_out["reason"].tolist() == ["the holdout is never touched"]


def test_copies_and_seeds_bring_other_slips(parents: Callable[..., pd.DataFrame]) -> None:
    cases = parents(ASK)
    copies = mutate(cases, ["typo"], seed=1, copies=5).cases
    other = mutate(cases, ["typo"], seed=2, copies=5).cases

    assert copies["content_sha256"].is_unique
    assert set(copies["content_sha256"]) != set(other["content_sha256"])


def test_no_copy_is_refused(parents: Callable[..., pd.DataFrame]) -> None:
    with pytest.raises(UsageError, match="copies is 0; ask for at least 1"):
        mutate(parents(ASK), ["typo"], seed=1, copies=0)


def test_the_parents_are_not_changed(parents: Callable[..., pd.DataFrame]) -> None:
    cases = parents(ASK)
    before = canonical(cases["turns"].tolist())
    made = mutate(cases, list(OPERATORS), seed=1).cases
    made["turns"][0][0]["text"] = "forged"

    assert canonical(cases["turns"].tolist()) == before


def test_1_2_and_4_processes_and_any_order_make_the_same_bytes(
    new_case: Callable[..., dict[str, object]], messages: list[Any]
) -> None:
    seed = [json.loads(line) for line in (DEMO / "seed.jsonl").read_text("utf-8").splitlines()]
    told = ("turns", "context", "slice")
    rows = [new_case(case["case_id"], **{name: case[name] for name in told}) for case in seed]
    rows += [new_case(f"m{number}", message.text) for number, message in enumerate(messages[:100])]
    rows += [new_case("pieces", turns=[{"role": "user", "text": text} for text in ("hello?", "no parcel")])]
    cases = CASES.frame(rows)
    made = partial(
        mutate, operators=[*OPERATORS, "shorten+typo"], seed=7, copies=2, at=DAY, scene=SCENE, others=cases
    )
    alone = made(cases).cases
    expected = as_bytes([alone])
    shuffled = cases.iloc[np.random.default_rng(5).permutation(len(cases))]

    assert {step["name"] for steps in alone["operators"] for step in steps} == set(OPERATORS)
    assert as_bytes([made(shuffled).cases]) == expected
    for processes in (1, 2, 4):
        parts = [shuffled.iloc[n::processes] for n in range(processes)]
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            assert as_bytes(done.cases for done in pool.map(made, parts)) == expected


def test_the_order_of_other_operators_does_not_matter(parents: Callable[..., pd.DataFrame]) -> None:
    cases = parents(ASK)
    one, other = (
        mutate(cases, names, seed=1, at=DAY).cases for names in (["typo", "shout"], ["shout", "typo"])
    )

    assert as_bytes([one]) == as_bytes([other])


@pytest.mark.parametrize("name", [name for name in OPERATORS if name not in NO_SAME_FIGURES])
def test_no_operator_damages_a_figure_of_the_demos_candidates(
    name: str, parents: Callable[..., pd.DataFrame]
) -> None:
    """By their digits and addresses alone, which nobody needs a workbench to read."""
    lines = (DEMO / "replies.jsonl").read_text("utf-8").splitlines()
    cases = parents(*(json.loads(json.loads(line)["reply"])["turns"] for line in lines))
    before = dict(zip(cases["case_id"], cases["turns"].map(figures), strict=True))
    made = mutate(cases, [name], seed=4, copies=2).cases

    assert sum(map(bool, before.values())) > 50
    assert len(made) > 0
    assert [before[parent] for (parent,) in made["parent_ids"]] == made["turns"].map(figures).tolist()


def figures(turns: list[dict[str, str]]) -> list[str]:
    said = " ".join(turn["text"] for turn in turns if turn["role"] == "user")
    return sorted(re.findall(r"\S+@\S+\w|\d+", said))


def test_a_chain_loses_no_code_that_each_of_its_operators_would_keep(
    parents: Callable[..., pd.DataFrame],
) -> None:
    parent = parents("My code is ABC-DEF-GHI, and it fails at the checkout.")
    done = mutate(parent, ["shout", "lowercase", "shout+lowercase"], seed=1)

    assert all("ABC-DEF-GHI" in turns[0]["text"] for turns in done.cases["turns"])
    assert done.left_out.to_numpy().tolist() == [
        ["shout+lowercase", "it would damage a number, date, address or id", 1]
    ]
