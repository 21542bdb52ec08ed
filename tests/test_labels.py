"""Ids of labels, and the labels that kept mutants inherit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from workbench.generate import mutate
from workbench.labels import inherited, label_id, wrote
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
ASK = "Hello, where is order 4481? I want my money back."


@pytest.fixture
def parents(new_case: Callable[..., dict[str, object]]) -> Callable[..., pd.DataFrame]:
    """Make cases, r0001 and on, from what a customer wrote."""

    def make(*texts: str) -> pd.DataFrame:
        return CASES.frame([new_case(f"r{number:04}", text) for number, text in enumerate(texts, 1)])

    return make


def test_the_id_of_a_label_is_the_hash_of_everything_it_says() -> None:
    row = {"case_id": "r1", "expected": "refund", "created_at": DAY}
    lisbon = DAY.astimezone(dt.timezone(dt.timedelta(hours=1)))

    assert label_id(row) == label_id(row | {"created_at": lisbon, "label_id": "x"})
    assert label_id(row) != label_id(row | {"expected": "deny"})


MODEL = {
    "generator_provider": "Anthropic",
    "generator_model": "claude-opus-5",
    "generator_family": "anthropic/opus",
}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("claude-opus-5", True), ("Claude Opus 5", True), ("ANTHROPIC", True), ("anthropic/opus", True),
        ("Claude", False), ("Kim", False), ("", False), ("-", False),
    ],
)  # fmt: skip
def test_a_generator_is_known_by_its_provider_model_and_family(name: str, own: bool) -> None:
    assert wrote(name, MODEL) is own


@pytest.mark.parametrize("family", ["human", "unknown", None, float("nan")])
def test_a_case_that_names_no_model_was_written_by_none(family: object) -> None:
    assert not wrote(str(family), {"generator_family": family})


def test_labels_are_inherited_where_every_operator_keeps_them(
    parents: Callable[..., pd.DataFrame], new_label: Callable[..., dict[str, object]]
) -> None:
    cases = parents(ASK, "I paid for it. It was never opened. Can I get my money?")
    labels = LABELS.frame([new_label("r0001", rubric_version="v2"), new_label("r0002", "deny")])
    mutants = mutate(cases, ["typo+shout", "subject_swap"], seed=1, at=DAY).cases
    found = inherited(mutants, labels, at=DAY)

    assert len(mutants) == 4
    assert found["expected"].tolist() == ["refund", "deny"]
    assert found["kind"].tolist() == ["inherited"] * 2
    assert found["operator"].tolist() == ["typo+shout"] * 2
    assert found["parent_id"].tolist() == ["r0001", "r0002"]
    assert found["rubric_version"].tolist()[0] == "v2"
    assert found["case_id"].isin(mutants["case_id"]).all()


@pytest.mark.parametrize(
    "changes",
    [{"kind": "claimed", "author": None}, {"kind": "provisional", "owner": "Support", "backfill_by": DAY}],
)
def test_a_label_that_nobody_vouches_for_is_not_inherited(
    changes: dict[str, object],
    parents: Callable[..., pd.DataFrame],
    new_label: Callable[..., dict[str, object]],
) -> None:
    mutants = mutate(parents(ASK), ["shout"], seed=1).cases

    assert inherited(mutants, LABELS.frame([new_label("r0001", **changes)])).empty


def test_without_mutants_or_labels_there_is_nothing_to_inherit(parents: Callable[..., pd.DataFrame]) -> None:
    assert inherited(mutate(parents(ASK), ["shout"], seed=1).cases, LABELS.frame()).empty
    assert inherited(mutate(parents("a"), ["lowercase"], seed=1).cases, LABELS.frame()).empty
