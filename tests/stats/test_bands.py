"""Bands: what few counts can and cannot say about the share behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.bands import HEALTHY_SURVIVAL, read, share_in
from workbench.stats.paired import wilson


@pytest.mark.parametrize(
    ("kept", "n", "inside"), [(153, 200, 1.00), (38, 40, 0.03), (46, 50, 0.07), (33, 50, 0.55), (0, 0, 0.15)]
)
def test_the_probability_of_the_healthy_band(kept: int, n: int, inside: float) -> None:
    """The levels of the long text's own table; of no counts at all it is Jeffreys' prior."""
    assert share_in(*HEALTHY_SURVIVAL, kept, n) == pytest.approx(inside, abs=0.005)


def test_it_is_the_share_of_posterior_draws_in_the_band() -> None:
    draws = np.random.default_rng(20260301).beta(21.5, 19.5, size=200_000)

    assert share_in(0.4, 0.6, 21, 40) == pytest.approx(((draws > 0.4) & (draws < 0.6)).mean(), abs=0.005)


@pytest.mark.parametrize(
    ("kept", "n", "reading"),
    [
        (153, 200, "inside"), (38, 40, "outside high"), (21, 40, "outside low"), (46, 50, "outside high"),
        (33, 50, "unclear"), (7, 10, "unclear"), (0, 10, "outside low"), (10, 10, "outside high"),
    ],
)  # fmt: skip
def test_a_band_is_read_only_when_the_counts_can_tell(kept: int, n: int, reading: str) -> None:
    assert read(kept, n) == reading


@pytest.mark.parametrize(("kept", "n"), [(0, 0), (0, 1), (1, 1), (4, 9), (8, 8), (0, 9), (9, 9)])
def test_fewer_than_ten_counts_are_not_read(kept: int, n: int) -> None:
    assert read(kept, n) == "unclear"


def test_a_band_that_begins_at_0_has_nothing_below() -> None:
    assert [read(kept, 40, (0, 0.4)) for kept in (2, 16, 38)] == ["inside", "unclear", "outside high"]


@given(n=st.integers(0, 300), data=st.data())
def test_bands_side_by_side_add_up_to_1(n: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, n))
    parts = [share_in(low, high, kept, n) for low, high in ((0, 0.4), (0.4, 0.65), (0.65, 0.85), (0.85, 1))]

    assert sum(parts) == pytest.approx(1)
    assert min(parts) >= 0


@pytest.mark.parametrize(
    ("kept", "n", "low", "high"),
    [(38, 40, 83.5, 98.6), (31, 40, 62.5, 87.7), (21, 40, 37.5, 67.1), (33, 50, 52.2, 77.6), (153, 200, 70.2, 81.8)],
)  # fmt: skip
def test_the_interval_is_wilsons(kept: int, n: int, low: float, high: float) -> None:
    assert [round(100 * limit, 1) for limit in wilson(kept, n)] == [low, high]


@pytest.mark.parametrize(("kept", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(kept: int, n: int) -> None:
    with pytest.raises(ValueError, match="kept must lie from 0 to n"):
        read(kept, n)


def test_a_band_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="a band lies from 0 to 1"):
        share_in(0.8, 0.6, 3, 5)
