"""Where the bands begin, as cosines: for a chart, so that it shows what was decided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.measure.bands import FEWEST, LEVEL
from workbench.measure.duplicates import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def edges(seed_distances: pd.Series[float]) -> Mapping[str, float]:
    """Return the cosine to the nearest seed at which a candidate enters each band.

    A candidate is near above `near`, far below `far` and off the map below `off_map`; from
    `duplicate` on two texts of one window each repeat each other.

    Args:
        seed_distances: 1 - cosine of each seed case to the nearest other one.

    Returns:
        `duplicate`, and with at least `FEWEST` seed cases `near`, `far` and `off_map` (-1 to 1).

    Example:
        >>> import pandas as pd
        >>> found = edges(pd.Series([n / 100 for n in range(1, 40)]))
        >>> {name: round(at, 2) for name, at in found.items()}
        {'duplicate': 0.92, 'near': 0.98, 'far': 0.62, 'off_map': 0.61}
    """
    scale = seed_distances.sort_values().tolist()
    if len(scale) < FEWEST:
        return {"duplicate": DUPLICATE}
    # (1 + #{l <= d}) / (n + 1) is at most the level while so many of the seed are as near.
    most = math.floor(LEVEL * (len(scale) + 1) + 1e-9) - 1
    return {
        "duplicate": DUPLICATE,
        "near": 1 - scale[most],
        "far": 1 - scale[-1 - most],
        "off_map": 1 - scale[-1],
    }
