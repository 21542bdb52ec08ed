"""Which part of the seed a case belongs to: fixed once, by a hash, for ever."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE_FROM = 500
"""Roots from which a fifth of the seed can rest as a holdout (the design's rule, section 1)."""

SMALL: Mapping[str, float] = {"train": 0.2, "eval": 0.8, "holdout": 0.0}
LARGE: Mapping[str, float] = {"train": 0.2, "eval": 0.6, "holdout": 0.2}
"""Shares of the roots by split. The first import of the seed decides which, and it stays."""


def shares(roots: int) -> Mapping[str, float]:
    """Return the shares for a seed whose first import has so many roots.

    Example:
        >>> shares(184)["holdout"], shares(500)["holdout"]
        (0.0, 0.2)
    """
    return LARGE if roots >= LARGE_FROM else SMALL


def split_of(root_id: str, by: Mapping[str, float]) -> str:
    """Return a root's split: `train`, `eval` or `holdout`.

    It depends on the root's name and the shares alone, so no later import moves a case, and the
    order of a file does not matter.

    Args:
        root_id: The root's name.
        by: The share of each split, summing to 1.

    Example:
        >>> [split_of(f"r{number}", SMALL) for number in range(1, 5)]
        ['eval', 'eval', 'eval', 'eval']
    """
    # 52 bits of the hash make a number in [0, 1) that a float holds exactly.
    point = int(hashlib.sha256(f"split:{root_id}".encode()).hexdigest()[:13], 16) / 16**13
    if point < by["train"]:
        return "train"
    return "eval" if point < by["train"] + by["eval"] else "holdout"
