"""The bands are calibrated: real queries lie on the map of other real queries from the same place."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from workbench import embed
from workbench.measure.bands import LEVEL, band
from workbench.measure.nearest import nearest_seed, ranks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.real

SEED = 200


@pytest.fixture(scope="module")
def vectors(real_data: Path) -> NDArray[np.float32]:
    """800 queries to a bank's app, drawn at random."""
    with gzip.open(real_data / "seed_banking77" / "cases.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    return embed.vectors(np.random.default_rng(7).choice(texts, 800, replace=False).tolist())


def test_of_queries_like_the_seed_about_one_in_twenty_is_near_and_one_in_twenty_far(
    vectors: NDArray[np.float32],
) -> None:
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(60):
        drawn = vectors[rng.permutation(len(vectors))[: 2 * SEED]]
        found = ranks(1 - nearest_seed(drawn, SEED).cosines, SEED)
        shares.append([(p <= LEVEL).mean() for part in found for p in (part[SEED:], part[:SEED])])
    near, near_seed, far, far_seed = np.mean(shares, axis=0)

    assert (near, far) == (pytest.approx(LEVEL, abs=0.012), pytest.approx(LEVEL, abs=0.012))
    assert (near_seed, far_seed) == (pytest.approx(LEVEL, abs=0.006), pytest.approx(LEVEL, abs=0.006))


def test_requests_to_a_shop_are_far_from_the_queries_to_a_bank(
    vectors: NDArray[np.float32], real_data: Path
) -> None:
    with gzip.open(real_data / "synth_bitext" / "cases.jsonl.gz", "rt", encoding="utf-8") as file:
        shop = [json.loads(line)["text"] for line in file][::40]
    every = np.concatenate([vectors[:SEED], embed.vectors(shop)])
    distances = 1 - nearest_seed(every, SEED).cosines
    found = band(distances, ranks(distances, SEED), seeds=SEED, repeats_seed=np.zeros(len(every), dtype=bool))

    assert np.isin(found[SEED:], ["far", "off_map"]).mean() > 0.3
    assert np.isin(found[:SEED], ["far", "off_map"]).mean() < 0.06
