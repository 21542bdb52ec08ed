"""A freeform batch is concentrated, and a grid is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from workbench.grid import concentration, topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.grid import Plan


def test_the_long_texts_freeform_run_has_little_more_than_two_topics() -> None:
    """71 % delay, 18 % damaged, 8 % wrong item, 3 % other: exp of the entropy, by hand."""
    found = concentration({"delay": 142, "damaged": 36, "wrong item": 16, "other": 6})

    assert found is not None
    assert (found.largest, found.share) == ("delay", 0.71)
    assert found.effective == pytest.approx(2.361, abs=0.001)


def test_equal_levels_are_as_many_as_there_are() -> None:
    found = concentration(dict.fromkeys(["delay", "damaged", "wrong item", "remorse", "outside"], 40))

    assert found is not None
    assert (found.share, found.effective) == (0.2, 5)


def test_one_topic_is_one_and_no_case_is_none() -> None:
    alone = concentration({"delay": 3, "damaged": 0})

    assert alone is not None
    assert (alone.share, alone.effective) == (1, 1)
    assert concentration({}) is None


def test_the_freeform_batch_stands_beside_the_grids(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    seed = cases_of("slice:delay", "slice:damaged", "slice:billing")
    grid = cases_of("new/delay", "angry/damaged", "new/remorse", bucket="prompted")
    freeform = cases_of(*["slice:delay"] * 8, "slice:damaged", None, bucket="prompted", first=10)
    mutants = cases_of("slice:billing", bucket="mutation", first=30)
    red = cases_of("slice:billing", bucket="redteam", first=40)
    found = topics(pd.concat([seed, grid, freeform, mutants, red], ignore_index=True), new_plan())
    by_topic = found[found["axis"] == "topic"].set_index("batch")

    assert by_topic[["cases", "known", "topics"]].to_dict("index") == {
        "plan": {"cases": 60, "known": 60, "topics": 3},
        "seed": {"cases": 3, "known": 3, "topics": 3},
        "grid": {"cases": 3, "known": 3, "topics": 3},
        "freeform": {"cases": 10, "known": 9, "topics": 2},
    }
    assert by_topic.loc["freeform", "largest"] == "delay"
    assert by_topic.loc["freeform", "largest_share"] == pytest.approx(8 / 9)
    assert by_topic.loc["grid", "largest"] == "delay and 2 more"
    assert by_topic.loc["grid", "effective"] == 3 > by_topic.loc["freeform", "effective"]


def test_what_is_not_known_has_no_concentration(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    found = topics(cases_of("slice:delay", None), new_plan()).set_index(["axis", "batch"])
    row = found.loc[("customer", "seed")]

    assert row[["cases", "known"]].tolist() == [2, 0]
    assert row[["largest", "largest_share", "effective"]].isna().all()
    assert ("topic", "freeform") not in found.index
