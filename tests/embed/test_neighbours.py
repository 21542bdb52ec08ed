"""Neighbours are exact, whatever the size of the blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from workbench.embed import Embedded, nearest, neighbours, pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _at(*degrees: float) -> NDArray[np.float32]:
    """Unit vectors in a plane; cosine 0.92 is at 23 degrees."""
    turns = np.radians(degrees)
    return np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)


def _texts(*windows: NDArray[np.float32]) -> Embedded:
    offsets = np.cumsum([0, *map(len, windows)], dtype=np.int64)
    means = _unit(np.array([own.mean(axis=0) for own in windows], dtype=np.float64))
    return Embedded(vectors=means, windows=np.concatenate(windows), offsets=offsets)


def _told(embedded: Embedded, at_least: float = 0.92) -> dict[tuple[int, int], float]:
    found = pairs(embedded, at_least=at_least)
    return {(int(a), int(b)): round(float(c), 4) for a, b, c in zip(*found, strict=True)}


@pytest.mark.parametrize("block", [1, 7, 1024])
def test_neighbours_and_pairs_are_those_of_the_whole_product(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", block)
    rng = np.random.default_rng(4)
    rows = _unit(rng.normal(size=(60, 6)))
    product = rows @ rows.T
    np.fill_diagonal(product, -1)
    found = nearest(rows, rows, own=np.arange(60))
    first, second = np.nonzero(np.triu(product >= 0.8, 1))

    assert found.places.tolist() == product.argmax(axis=1).tolist()
    assert found.cosines == pytest.approx(product.max(axis=1), abs=1e-6)
    assert len(first) > 5
    assert list(_told(_texts(*rows[:, None]), 0.8)) == list(zip(first.tolist(), second.tolist(), strict=True))


def test_of_equal_neighbours_the_first_is_named_and_a_case_is_never_its_own() -> None:
    found = nearest(_at(0, 0, 0, 90), _at(0, 0, 0, 90), own=np.array([0, 1, -1, 3]))

    assert found.places.tolist() == [1, 0, 0, 0]
    assert found.cosines.tolist() == [1, 1, 1, 0]


def test_without_another_there_is_no_neighbour() -> None:
    alone = nearest(_at(0), _at(0), own=np.array([0]))
    lost = nearest(_at(0), np.empty((0, 2), dtype=np.float32))

    assert alone.places.tolist() == lost.places.tolist() == [-1]
    assert np.isnan([*alone.cosines, *lost.cosines]).all()


def test_of_two_texts_in_one_window_each_the_plain_cosine_counts() -> None:
    assert _told(_texts(_at(0), _at(20), _at(50))) == {(0, 1): round(float(np.cos(np.radians(20))), 4)}


def test_of_longer_texts_the_worst_window_counts_in_both_directions() -> None:
    """The second text says what the first says and more; the third says it in another order."""
    told = _told(_texts(_at(0, 90), _at(0, 90, 180), _at(95, 5)), 0.5)

    assert told == {(0, 2): round(float(np.cos(np.radians(5))), 4)}


def test_no_texts_have_no_pairs() -> None:
    nothing = Embedded(
        vectors=np.empty((0, 2), dtype=np.float32),
        windows=np.empty((0, 2), dtype=np.float32),
        offsets=np.zeros(1, dtype=np.int64),
    )

    assert _told(nothing) == {}
    assert _told(_texts(_at(10))) == {}
