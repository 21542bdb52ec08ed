"""Bands between a copy of the seed and off its map, and how each bucket spreads over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.provenance import BUCKETS, GROUP_OF_BUCKET

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from workbench.measure.nearest import Ranks

BANDS = ("duplicate", "near", "like", "far", "off_map")
"""From a copy to off the map.

duplicate   it repeats a seed case that it does not descend from (see `workbench.measure.duplicates`)
near        nearer to the seed than nearly all of the seed is to itself: what mutation makes
like        as near as seed cases are to each other
far         farther than nearly all of the seed is from itself
off_map     farther than every seed case is from its nearest neighbour
"""

LEVEL = 0.05
"""A case is near or far when its p-value is at most this: 1 in 20 cases like the seed is either."""

FEWEST = 19
"""Seed cases from which a candidate can be near or far at all: (1 + 0) / (19 + 1) is 0.05."""

ONE_SIDED = 0.90
"""Share of synthetic cases near the seed, or far from it, above which there is an alarm: such a set
tests paraphrase, or the generator's stereotype. Source: the long text, section 5."""


def band(
    distances: NDArray[np.float64], ranks: Ranks, *, seeds: int, repeats_seed: NDArray[np.bool_]
) -> NDArray[Any]:
    """Return the band of each case.

    Args:
        distances: 1 - cosine to the nearest seed case, the seed first.
        ranks: Their p-values.
        seeds: How many of them are seed cases.
        repeats_seed: Whether the case and a seed case repeat each other.

    Returns:
        Names of `BANDS`, or None: without a distance, and under `FEWEST` seed cases, where only
        duplicates can be told. A seed case is never off the map that it is part of.
    """
    enough = np.isfinite(distances) & (seeds >= FEWEST)
    farthest = np.nanmax(distances[:seeds], initial=-np.inf)
    far = ranks.p_far <= LEVEL
    conditions = [repeats_seed, ~enough, ranks.p_near <= LEVEL, far & (distances > farthest), far]
    names = np.array(["duplicate", None, "near", "off_map", "far", "like"], dtype=object)
    return np.asarray(names[np.select(conditions, list(range(5)), default=5)])


def bands(measures: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return how the measured cases of each bucket spread over the bands.

    Read it bucket by bucket: nearly every lightly mutated case is near, by design. Texts much longer
    or shorter than those of the seed are far by their length alone.

    Args:
        measures: Rows of the table `measures`, of one embedder and reference.
        cases: Rows of the table `cases`, at least the measured ones.

    Returns:
        `bucket`, `band` (all of `BANDS`, in order), `cases` and `share` (0-1, of the measured cases
        of the bucket; missing while a case of the bucket has no band).
    """
    import pandas as pd

    held = measures.merge(cases[["case_id", "bucket"]], on="case_id")
    rows = []
    for bucket in BUCKETS:
        own = held.loc[held["bucket"] == bucket, "band"]
        whole = len(own) > 0 and own.notna().all()
        for name in BANDS if len(own) else ():
            count = int((own == name).sum())
            share = count / len(own) if whole else np.nan
            rows.append({"bucket": bucket, "band": name, "cases": count, "share": share})
    frame = pd.DataFrame(rows, columns=["bucket", "band", "cases", "share"])
    return frame.astype({"bucket": "str", "band": "str", "cases": "int64", "share": "float64"})


def alarms(spread: pd.DataFrame) -> list[str]:
    """Return one sentence for each side on which nearly all synthetic cases lie; see `ONE_SIDED`.

    Args:
        spread: What `bands` returned.
    """
    synthetic = spread[spread["bucket"].map(GROUP_OF_BUCKET) == "synthetic"]
    total = int(synthetic["cases"].sum())
    # Without all bands a share would be one of duplicates alone.
    if not total or spread["share"].isna().any():
        return []
    count = synthetic.groupby("band")["cases"].sum()
    sides = (
        (("duplicate", "near"), "near the seed: the set tests robustness to paraphrase, not new cases"),
        (("far", "off_map"), "far from the seed: the set tests the generator's stereotype, not real users"),
    )
    return [
        f"{count[list(names)].sum():,} of {total:,} synthetic cases are {what}"
        for names, what in sides
        if count[list(names)].sum() / total > ONE_SIDED
    ]
