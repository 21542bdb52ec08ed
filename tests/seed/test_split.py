"""A root's split depends on its name and the shares alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.seed.split import LARGE, SMALL, shares, split_of

IDS = [f"b77-train-{number:05}" for number in range(20_000)]


@pytest.mark.parametrize("by", [SMALL, LARGE], ids=["20/80/0", "20/60/20"])
def test_the_shares_are_met_within_what_chance_allows(by: dict[str, float]) -> None:
    """20,000 ids, three standard errors of a binomial share."""
    found = [split_of(case, by) for case in IDS]

    for name, share in by.items():
        error = math.sqrt(share * (1 - share) / len(IDS))
        assert found.count(name) / len(IDS) == pytest.approx(share, abs=3 * error)


def test_a_small_seed_has_no_holdout_at_all() -> None:
    assert "holdout" not in {split_of(case, SMALL) for case in IDS}


@given(st.text(min_size=1, max_size=64))
def test_train_is_the_same_under_both_shares(root: str) -> None:
    """So the style hints of a seed do not depend on its size."""
    assert (split_of(root, SMALL) == "train") == (split_of(root, LARGE) == "train")


def test_a_known_id_has_a_known_split_on_every_machine() -> None:
    """Frozen values: a change here would move cases between splits of existing workspaces."""
    assert [split_of(f"r{number}", LARGE) for number in range(1, 9)] == [
        "eval", "holdout", "eval", "eval", "eval", "holdout", "holdout", "train",
    ]  # fmt: skip


def test_500_roots_are_enough_for_a_holdout_and_499_are_not() -> None:
    assert shares(499) == {"train": 0.2, "eval": 0.8, "holdout": 0.0}
    assert shares(500) == {"train": 0.2, "eval": 0.6, "holdout": 0.2}
