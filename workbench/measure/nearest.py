"""How far each case lies from the seed, on the seed's own scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench import embed

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ranks(NamedTuple):
    """Where distances lie among those of the seed; both are conformal p-values, 0-1.

    Attributes:
        p_near: Share of the seed that is as near to its nearest neighbour, or nearer.
        p_far: Share of the seed that is as far from its nearest neighbour, or farther.
    """

    p_near: NDArray[np.float64]
    p_far: NDArray[np.float64]


def nearest_seed(vectors: NDArray[np.float32], seeds: int) -> embed.Nearest:
    """Return the nearest seed case of each case; for a seed case the nearest other one.

    The parent of a mutant counts like any other seed case.

    Args:
        vectors: Unit vectors, float32, shape (n, d), the seed first.
        seeds: How many of them are seed cases.

    Returns:
        Places among the seed (-1 where there is none) and cosines (NaN there).
    """
    own = np.where(np.arange(len(vectors)) < seeds, np.arange(len(vectors)), -1)
    return embed.nearest(vectors, vectors[:seeds], own)


def ranks(distances: NDArray[np.float64], seeds: int) -> Ranks:
    """Return where each distance lies among the leave-one-out distances of the seed.

    With l the seed's distances and d that of a case, p_near = (1 + #{l <= d}) / (n + 1) and
    p_far = (1 + #{l >= d}) / (n + 1). A seed case is ranked among the others, its own distance left
    out. Of cases drawn like the seed, at most about 5 % have p <= 0.05, whatever the embedding.
    Source: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005, chapter 2.

    Args:
        distances: 1 - cosine to the nearest seed case, shape (n,), the seed first; NaN for unknown.
        seeds: How many of them are seed cases.

    Returns:
        NaN where the distance is unknown or the seed has none.

    Example:
        >>> ranks(np.array([0.1, 0.2, 0.3, 0.4, 0.25]), seeds=4).p_far[-1]
        np.float64(0.6)
    """
    scale = np.sort(distances[:seeds][np.isfinite(distances[:seeds])])
    known = np.isfinite(distances) & (len(scale) > 0)
    own = known & (np.arange(len(distances)) < seeds)
    nearer = np.searchsorted(scale, distances, side="right")
    farther = len(scale) - np.searchsorted(scale, distances, side="left")
    p_near, p_far = (
        np.where(known, (1 + count - own) / (len(scale) + 1 - own), np.nan) for count in (nearer, farther)
    )
    return Ranks(p_near, p_far)
