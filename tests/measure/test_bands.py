"""Each bucket is spread over all bands; a batch that lies on one side is an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from workbench.measure import BANDS, alarms, bands

if TYPE_CHECKING:
    from collections.abc import Mapping

NEAR = "{} of {} synthetic cases are near the seed: the set tests robustness to paraphrase, not new cases"
FAR = (
    "{} of {} synthetic cases are far from the seed: the set tests the generator's stereotype, not real users"
)


def _spread(**found: Mapping[str, int]) -> pd.DataFrame:
    """Return the spread of buckets, each with so many cases by band; `none` has no band."""
    told = [
        (bucket, None if name == "none" else name)
        for bucket, counts in found.items()
        for name, count in counts.items()
        for _ in range(count)
    ]
    frame = pd.DataFrame(told, columns=["bucket", "band"]).assign(case_id=[f"c{n}" for n in range(len(told))])
    return bands(frame[["case_id", "band"]], frame[["case_id", "bucket"]])


def test_a_bucket_has_all_bands_in_order_with_its_shares() -> None:
    found = _spread(mutation={"near": 3, "like": 1}, seed={"like": 10})

    assert found["bucket"].tolist() == ["seed"] * 5 + ["mutation"] * 5
    assert found["band"].tolist() == [*BANDS, *BANDS]
    assert found.loc[found["bucket"] == "mutation", "cases"].tolist() == [0, 3, 1, 0, 0]
    assert found.loc[found["bucket"] == "mutation", "share"].tolist() == [0, 0.75, 0.25, 0, 0]


def test_shares_are_missing_while_a_case_has_no_band() -> None:
    found = _spread(prompted={"duplicate": 2, "none": 5})

    assert found["cases"].tolist() == [2, 0, 0, 0, 0]
    assert found["share"].isna().all()
    assert alarms(found) == []


def test_nothing_measured_is_nothing_spread() -> None:
    assert _spread().empty
    assert alarms(_spread()) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"mutation": {"near": 80, "duplicate": 11, "like": 9}}, [NEAR.format(91, 100)]),
        ({"mutation": {"near": 90, "like": 10}}, []),
        ({"persona": {"far": 60, "off_map": 31, "like": 9}}, [FAR.format(91, 100)]),
        ({"mutation": {"near": 100}, "persona": {"like": 20}}, []),
        ({"redteam": {"off_map": 50}, "seed": {"near": 50}, "prompted": {"like": 5}}, []),
    ],
)
def test_more_than_nine_in_ten_synthetic_cases_on_one_side_is_an_alarm(
    found: dict[str, dict[str, int]], said: list[str]
) -> None:
    assert alarms(_spread(**found)) == said
