"""Exact neighbours by cosine: whole products of blocks, since approximate graphs are worst on far cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.embed.vectors import Embedded

BLOCK = 1024
"""Rows of a product that are held at once."""


class Nearest(NamedTuple):
    """The nearest of a reference, for each vector.

    Attributes:
        places: Its row in the reference, int64, shape (n,); -1 where there is none.
        cosines: The cosine to it, -1 to 1, float64, shape (n,); NaN where there is none.
    """

    places: NDArray[np.int64]
    cosines: NDArray[np.float64]


class Pairs(NamedTuple):
    """Pairs of texts, each once.

    Attributes:
        first: The row of the one, int64.
        second: The row of the other, int64, greater than `first`.
        cosines: Of the pair, -1 to 1, float64.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    cosines: NDArray[np.float64]


def nearest(
    vectors: NDArray[np.float32], reference: NDArray[np.float32], own: NDArray[np.int64] | None = None
) -> Nearest:
    """Return the nearest row of a reference for each vector; of equals the first.

    Args:
        vectors: Unit vectors, shape (n, d).
        reference: Unit vectors, shape (r, d).
        own: For each vector the row of the reference that does not count, since it is the vector
            itself, or -1; shape (n,).

    Example:
        >>> seed = np.eye(2, dtype=np.float32)
        >>> nearest(seed, seed, own=np.arange(2)).places.tolist()
        [1, 0]
    """
    places = np.full(len(vectors), -1, dtype=np.int64)
    cosines = np.full(len(vectors), np.nan)
    if not len(reference):
        return Nearest(places, cosines)
    for start in range(0, len(vectors), BLOCK):
        product = vectors[start : start + BLOCK] @ reference.T
        rows = np.arange(len(product))
        if own is not None:
            left_out = own[start : start + BLOCK]
            product[rows[left_out >= 0], left_out[left_out >= 0]] = -np.inf
        best = product.argmax(axis=1)
        found = np.isfinite(product[rows, best])
        places[start + rows[found]] = best[found]
        cosines[start + rows[found]] = product[rows, best][found]
    return Nearest(places, _kept(cosines))


def pairs(embedded: Embedded, *, at_least: float) -> Pairs:
    """Return all pairs of texts whose cosine reaches a threshold.

    The cosine of two texts is that of their worst window: each window of the one is matched with
    the best of the other, in both directions, and the lowest of these matches counts. Of two texts
    that fit into one window each, this is their plain cosine.

    Args:
        embedded: The texts.
        at_least: The threshold, -1 to 1.
    """
    import pandas as pd

    text = np.repeat(np.arange(len(embedded.counts)), embedded.counts)
    found = [pd.DataFrame({"window": [], "second": [], "cosine": []}, dtype="int64")]
    for start in range(0, len(text), BLOCK):
        product = embedded.windows[start : start + BLOCK] @ embedded.windows.T
        rows, columns = np.nonzero(product >= at_least)
        hits = {"window": rows + start, "second": text[columns], "cosine": product[rows, columns]}
        found.append(pd.DataFrame(hits))
    best = pd.concat(found).groupby(["window", "second"])["cosine"].max().reset_index()
    worst = best.groupby([text[best["window"]], best["second"]])["cosine"].agg(["size", "min"])
    worst.index.names = ["first", "second"]
    # A window without a match in the other text leaves fewer rows than the text has windows.
    whole = worst[worst["size"] == embedded.counts[worst.index.get_level_values("first")]].reset_index()
    both = whole.merge(whole, left_on=["first", "second"], right_on=["second", "first"])
    both = both[both["first_x"] < both["second_x"]]
    cosines = both[["min_x", "min_y"]].min(axis=1).to_numpy(dtype=np.float64)
    return Pairs(both["first_x"].to_numpy(), both["second_x"].to_numpy(), _kept(cosines))


def _kept(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    # The last digits depend on which texts shared a pass through the model.
    return np.clip(np.round(cosines, 6), -1, 1)
