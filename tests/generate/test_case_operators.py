"""What holds for operators that change more than words: turns, values, the record, the outcome, the parents."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.generate import Operator, mutate
from workbench.generate.operators.issues import merge_issues
from workbench.generate.operators.negation import negation_flip
from workbench.generate.operators.preamble import preamble
from workbench.generate.operators.quotation import quoted_reply
from workbench.generate.operators.scene import Issue, Scene, Scened
from workbench.generate.operators.swaps import entity_swap, product_swap
from workbench.generate.operators.turns import merge_turns, split_turns
from workbench.generate.operators.window import window_edge
from workbench.labels import inherited
from workbench.provenance import canonical, content_sha256
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.generate.operators import Mutated

DEMO = Path(__file__).parents[2] / "data" / "demo"
DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
PRODUCTS = {"house": ["bread maker", "yoga mat", "floor vase", "laundry basket"]}
POLICY = "Refunds within 14 days, credit for 15-30 days. After 60 days nothing."
RUNS = {
    "split_turns": split_turns,
    "merge_turns": merge_turns,
    "preamble": preamble,
    "quoted_reply": quoted_reply,
    "entity_swap": Scened(entity_swap),
    "product_swap": Scened(product_swap),
    "negation_flip": negation_flip,
    "window_edge": Scened(window_edge),
    "merge_issues": Scened(merge_issues),
}
CHANGING = {"negation_flip", "window_edge", "merge_issues"}
"""Operators after which the expected outcome is anybody's guess."""

PARTS = st.sampled_from(
    [
        "Hello,", "I", "want", "my", "money", "back.", "order", "4481", "#55231", "is it there?", "\n", "$64.90", "(it",
        "came)", "29 days ago", "and", "it was not opened,", "it was opened.", "bread maker", "a yoga mat", "kim@shop.example",
        "the", "box", "größe", "😡", "...", "45 days,", "5 weeks", "https://shop.example/o/4481", "K-1", "I've been",
    ]
)  # fmt: skip
TURNS = st.lists(
    st.builds(
        lambda role, parts: {"role": role, "text": " ".join(parts)},
        st.sampled_from(["user", "user", "assistant", "system"]),
        st.lists(PARTS, min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=5,
)
CONTEXTS = st.sampled_from(
    [
        None,
        {"facts": {"order": {"id": "K-4481", "item": "bread maker", "delivered_days_ago": 29}}},
        {
            "facts": {"number": 4481, "item": "yoga mat, blue"},
            "documents": [{"id": "d1", "text": "Within 30 days."}],
        },
    ]
)


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """The demo's seed as cases, with their records."""
    rows = [json.loads(line) for line in (DEMO / "seed.jsonl").read_text("utf-8").splitlines()]
    same = {
        "bucket": "seed", "tag": "demo-prod", "parent_ids": [], "must_hold": False, "operators": [], "taxonomy": [],
        "hint_ids": [], "split": "eval", "extra": {}, "created_at": DAY,
    }  # fmt: skip
    told = ("case_id", "turns", "context", "slice", "cell")
    return CASES.frame(
        [same | {name: row[name] for name in told} | {"root_id": row["case_id"]} for row in rows]
    )


def scene(context: Any = None) -> Scene:
    second = Issue("r9", "Hello, where is order 7790? I want it.")
    return Scene(context=context, policy=POLICY, products=PRODUCTS, second=second)


def ran(name: str, turns: list[dict[str, str]], around: Scene, seed: int = 0) -> Mutated:
    run = RUNS[name]
    return Operator(name, name, Scened(run.run, around) if isinstance(run, Scened) else run)(
        turns, np.random.default_rng(seed)
    )


def redone(turns: list[dict[str, str]], context: Any, steps: list[dict[str, Any]]) -> tuple[Any, Any]:
    """Do again what is recorded of a chain, from the end of each text, by other means than the software."""
    for step in steps:
        texts = [turn["text"] for turn in turns]
        for span in reversed(step["spans"]):
            text = texts[span["turn"]]
            assert text[span["start"] : span["end"]] == span["before"]
            mark = {"cut": "\x1c", "join": "\x1d"}.get(span["kind"], "")
            texts[span["turn"]] = text[: span["start"]] + span["after"] + mark + text[span["end"] :]
        roles = [turn["role"] for turn in turns]
        whole = "\x1e".join(f"{role}\x1f{text}" for role, text in zip(roles, texts, strict=True))
        whole = whole.replace("\x1d\x1euser\x1f", "").replace("\x1c", "\x1euser\x1f")
        turns = [dict(zip(("role", "text"), turn.split("\x1f"), strict=True)) for turn in whole.split("\x1e")]
        context = copy.deepcopy(context)
        for fact in step.get("facts", ()):
            held = context
            for key in fact["path"][:-1]:
                held = held[key]
            assert held[fact["path"][-1]] == fact["before"]
            held[fact["path"][-1]] = fact["after"]
    return turns, context


@pytest.mark.parametrize("name", RUNS)
@given(turns=TURNS, context=CONTEXTS, seed=st.integers(0, 99))
def test_the_record_leads_from_parent_to_child_and_nothing_else_is_changed(
    name: str, turns: list[dict[str, str]], context: Any, seed: int
) -> None:
    before = copy.deepcopy([turns, context])
    done = ran(name, turns, scene(context), seed)
    step = {
        "spans": [span._asdict() for span in done.spans],
        "facts": [fact._asdict() for fact in done.facts],
    }
    made, record = redone(turns, context, [step])

    assert [turns, context] == before
    assert made == done.turns
    assert done.changed == (made != turns or record != context)
    assert bool(done.reason) == (not done.changed)
    assert ran(name, turns, scene(context), seed) == done
    if done.changed:
        assert done.keeps_label == (name not in CHANGING)
        assert done.keeps_cell == (name not in CHANGING)


@pytest.mark.parametrize("name", RUNS)
def test_a_conversation_without_words_is_left_as_it_is(name: str) -> None:
    turns = [{"role": "user", "text": text} for text in ("???", "你好")][: 1 if name == "merge_turns" else 2]

    assert ran(name, turns, Scene()).reason


def test_chains_of_any_shape_are_recorded_from_parent_to_child(shop: pd.DataFrame) -> None:
    chains = [
        *RUNS, "split_turns+typo", "preamble+split_turns+lowercase", "split_turns+merge_turns+shout",
        "merge_issues+split_turns+typo", "window_edge+entity_swap", "quoted_reply+split_turns", "negation_flip+window_edge",
    ]  # fmt: skip
    parents = shop.set_index("case_id")
    made = mutate(shop, chains, seed=3, scene=Scene(policy=POLICY, products=PRODUCTS)).cases

    assert {"+".join(step["name"] for step in steps) for steps in made["operators"]} == {*chains} - {
        "merge_turns"
    }
    for mutant in made.to_dict("records"):
        parent = parents.loc[mutant["parent_ids"][0]]
        assert redone(parent["turns"], parent["context"], mutant["operators"]) == (
            mutant["turns"],
            mutant["context"],
        )
        assert mutant["content_sha256"] == content_sha256(mutant["turns"], mutant["context"])


def test_a_mutant_of_two_parents_names_both_and_belongs_to_the_roots_of_both(shop: pd.DataFrame) -> None:
    made = mutate(shop, ["merge_issues"], seed=3).cases
    known = shop.set_index("case_id")
    used = made["parent_ids"].explode()

    assert len(made) > 50
    assert used.is_unique
    for first, second in made["parent_ids"]:
        assert known.loc[first, "slice"] != known.loc[second, "slice"]
    assert made["root_id"].tolist() == [min(ids) for ids in made["parent_ids"]]
    assert made["context"].tolist() == [known.loc[ids[0], "context"] for ids in made["parent_ids"]]


def test_what_may_lie_in_another_cell_is_placed_in_none(shop: pd.DataFrame) -> None:
    made = mutate(shop, ["preamble", *CHANGING], seed=3, scene=Scene(policy=POLICY)).cases
    names = made["operators"].map(lambda steps: steps[0]["name"])

    assert set(names) == {"preamble", *CHANGING}
    assert made.loc[names == "preamble", ["slice", "cell"]].notna().all(axis=None)
    assert made.loc[names != "preamble", ["slice", "cell"]].isna().all(axis=None)


def test_a_changed_record_alone_is_another_case(shop: pd.DataFrame) -> None:
    made = mutate(shop, ["window_edge"], seed=3, copies=2, scene=Scene(policy=POLICY)).cases
    known = shop.set_index("case_id")
    silent = made[
        [
            known.loc[ids[0], "turns"] == turns
            for ids, turns in zip(made["parent_ids"], made["turns"], strict=True)
        ]
    ]

    assert len(silent) > 20
    assert made["case_id"].is_unique
    assert made["content_sha256"].is_unique


def test_no_mutant_with_another_outcome_or_of_two_parents_inherits_a_label(
    shop: pd.DataFrame, new_label: Callable[..., dict[str, object]]
) -> None:
    labels = LABELS.frame([new_label(case) for case in shop["case_id"]])
    chains = [
        *CHANGING,
        *(f"{name}+lowercase" for name in CHANGING),
        *(f"lowercase+{name}" for name in CHANGING),
    ]
    made = mutate(shop, chains, seed=3, scene=Scene(policy=POLICY)).cases
    kept = mutate(shop, ["split_turns", "preamble"], seed=3).cases

    assert len(made) > 100
    assert inherited(made, labels).empty
    assert len(inherited(kept, labels)) == len(kept) > 100


def test_a_second_parent_stands_in_the_way_of_a_label_whatever_the_steps_say(
    shop: pd.DataFrame, new_label: Callable[..., dict[str, object]]
) -> None:
    made = mutate(shop, ["merge_issues"], seed=3).cases
    labels = LABELS.frame([new_label(case) for case in shop["case_id"]])
    forged = made.assign(
        operators=[[step | {"keeps_label": True} for step in steps] for steps in made["operators"]]
    )

    assert inherited(forged, labels).empty


def test_parts_of_the_cases_make_the_same_bytes_where_they_know_the_others(shop: pd.DataFrame) -> None:
    chains = [*RUNS, "merge_issues+split_turns", "split_turns+merge_turns"]
    around = {
        "seed": 7,
        "copies": 2,
        "at": DAY,
        "scene": Scene(policy=POLICY, products=PRODUCTS),
        "others": shop,
    }
    shuffled = shop.iloc[np.random.default_rng(5).permutation(len(shop))]
    parts = [mutate(shuffled.iloc[n::3], chains, **around).cases for n in range(3)]

    assert as_text(pd.concat(parts)) == as_text(mutate(shop, chains, **around).cases)
    assert as_text(mutate(shuffled, chains, **around | {"others": shuffled}).cases) == as_text(
        pd.concat(parts)
    )


def as_text(frame: pd.DataFrame) -> str:
    rows = frame.sort_values("case_id").astype({"created_at": "str"}).astype("object")
    return canonical(rows.where(rows.notna(), None).to_dict("records"))


def test_a_mutant_that_is_mostly_another_text_is_left_out(parents: Callable[..., pd.DataFrame]) -> None:
    done = mutate(parents("is it?"), ["preamble"], seed=1)

    assert done.cases.empty
    assert done.left_out["reason"].tolist() == ["more than 75% of the text would be another"]
