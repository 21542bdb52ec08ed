"""A distance is read on the seed's own scale."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.measure.bands import BANDS, FEWEST, band
from workbench.measure.nearest import Ranks, nearest_seed, ranks

SEED = [n / 100 for n in range(1, 41)]
"""The seed's own distances: .01, .02, ... .40."""


def _ranked(*distances: float, seed: list[float] | None = None) -> Ranks:
    """Return the ranks of candidates."""
    scale = SEED if seed is None else seed
    found = ranks(np.array([*scale, *distances]), len(scale))
    return Ranks(found.p_near[len(scale) :], found.p_far[len(scale) :])


def _banded(*distances: float, seed: list[float] | None = None) -> list[str | None]:
    """Return the bands of candidates."""
    scale = SEED if seed is None else seed
    every = np.array([*scale, *distances])
    nobody = np.zeros(len(every), dtype=bool)
    return list(band(every, ranks(every, len(scale)), seeds=len(scale), repeats_seed=nobody)[len(scale) :])


def test_a_candidate_is_ranked_among_the_distances_of_the_seed() -> None:
    found = _ranked(0.005, 0.015, 0.205, 0.39, 0.5)

    assert found.p_near * 41 == pytest.approx([1, 2, 21, 40, 41])
    assert found.p_far * 41 == pytest.approx([41, 40, 21, 3, 1])


def test_equal_distances_count_on_both_sides() -> None:
    found = _ranked(0.2, seed=[0.1, 0.2, 0.2, 0.3])

    assert (found.p_near[0] * 5, found.p_far[0] * 5) == (4, 4)


def test_a_seed_case_is_ranked_among_the_others() -> None:
    found = ranks(np.array(SEED), len(SEED))

    assert found.p_near == pytest.approx([n / 40 for n in range(1, 41)])
    assert (found.p_near <= 0.05).sum() == (found.p_far <= 0.05).sum() == 2


def test_a_distance_that_is_not_known_has_no_rank() -> None:
    assert np.isnan([*_ranked(np.nan), *_ranked(0.2, seed=[np.nan])]).all()


def test_the_parent_of_a_mutant_counts_and_a_seed_case_never_counts_for_itself() -> None:
    turns = np.radians([0, 40, 5])
    vectors = np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)

    assert nearest_seed(vectors, 2).places.tolist() == [1, 0, 0]


def test_bands_lie_between_a_copy_and_off_the_map() -> None:
    """With 40 seed cases, 2 / 41 is under the level and 3 / 41 above it."""
    told = {0.019: "near", 0.021: "like", 0.39: "like", 0.395: "far", 0.4: "far", 0.401: "off_map"}

    assert _banded(*told) == list(told.values())


def test_a_copy_of_the_seed_is_a_duplicate_whatever_its_rank() -> None:
    every = np.array([*SEED, 0.2])
    copy = np.arange(41) == 40

    assert band(every, ranks(every, 40), seeds=40, repeats_seed=copy)[40] == "duplicate"


def test_the_farthest_seed_case_is_far_and_not_off_the_map_that_it_is_part_of() -> None:
    found = band(np.array(SEED), ranks(np.array(SEED), 40), seeds=40, repeats_seed=np.zeros(40, dtype=bool))

    assert list(found[-3:]) == ["like", "far", "far"]
    assert set(found) < set(BANDS)


def test_a_seed_too_small_to_tell_near_from_far_gives_no_band() -> None:
    enough, few = SEED[:FEWEST], SEED[: FEWEST - 1]

    assert _banded(0.001, 0.1, 0.9, seed=enough) == ["near", "like", "off_map"]
    assert _banded(0.001, 0.1, 0.9, seed=few) == [None, None, None]
