"""How a mix divides a number of cases, and how far a seed carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evalset import PRESETS, carries, composed, whole_numbers
from workbench.evalset.sizes import undropped

if TYPE_CHECKING:
    from workbench.mixes import Mix

MATURE = PRESETS["mature"]


def seed(cases: int, *, roots: int | None = None) -> pd.DataFrame:
    """Members of a set that are all seed, spread over so many roots."""
    return pd.DataFrame({"bucket": "seed", "root_id": [f"r-{i % (roots or cases)}" for i in range(cases)]})


@pytest.mark.parametrize(
    ("total", "counts"),
    [
        (1000, [300, 350, 200, 100, 50]),
        (613, [184, 214, 123, 61, 31]),
        (101, [30, 36, 20, 10, 5]),
        (7, [2, 3, 1, 1, 0]),
        (1, [0, 1, 0, 0, 0]),
        (0, [0, 0, 0, 0, 0]),
    ],
)
def test_the_largest_remainders_take_the_cases_that_are_left(total: int, counts: list[int]) -> None:
    assert list(whole_numbers(total, MATURE).values()) == counts


def test_of_equal_remainders_the_first_part_goes_first() -> None:
    assert list(whole_numbers(2, PRESETS["50/25/25"]).values()) == [1, 1, 0]


@pytest.mark.parametrize("cases", [147, 184, 33, 5, 1, 0])
@pytest.mark.parametrize("mix", PRESETS.values(), ids=PRESETS)
def test_what_a_mix_lacks_is_the_same_in_both_tables_of_a_set(cases: int, mix: Mix) -> None:
    """147 seed cases carry 490, of which the golden ones are 24.5: once 25 were asked for, and once 24."""
    rows = composed(["seed"] * cases, mix).values()
    wanted = [int(row["found"] or 0) + int(row["short"] or 0) for row in rows]

    assert wanted == list(whole_numbers(sum(wanted), mix).values())
    assert sum(wanted) == carries(seed(cases), {"it": mix})["carried"].iloc[0]


shares = st.lists(st.integers(1, 60), min_size=1, max_size=6).map(
    lambda weights: {(f"part-{i}",): weight / sum(weights) for i, weight in enumerate(weights)}
)


@given(total=st.integers(0, 5000), parts=shares)
def test_the_parts_add_up_and_none_is_off_by_a_whole_case(
    total: int, parts: dict[tuple[str, ...], float]
) -> None:
    found = whole_numbers(total, parts)

    assert sum(found.values()) == total
    assert all(abs(found[part] - total * share) < 1 for part, share in parts.items())


def test_shares_that_are_written_with_few_digits_still_add_up() -> None:
    thirds = {("seed",): 0.333, ("prompted",): 0.333, ("mutation",): 0.333}

    assert sum(whole_numbers(1000, thirds).values()) == 1000


@given(parts=shares, counts=st.lists(st.integers(0, 400), min_size=6, max_size=6))
def test_the_smallest_set_that_drops_nothing_holds_all_that_there_is(
    parts: dict[tuple[str, ...], float], counts: list[int]
) -> None:
    found = dict(zip(parts, counts, strict=False))
    wanted = undropped(found, parts)
    total = sum(wanted.values())

    assert all(wanted[part] >= many for part, many in found.items())
    assert wanted == whole_numbers(total, parts)
    assert any(many > (total - 2) * parts[part] for part, many in found.items()) or not total


def test_184_cases_carry_613_at_30_percent_and_a_thousand_take_300() -> None:
    found = carries(seed(184), PRESETS).set_index("mix")

    assert found["carried"].to_dict() == {"70/30": 613, "mature": 613, "50/25/25": 368}
    assert found["seed_for_launch"].to_dict() == {"70/30": 300, "mature": 300, "50/25/25": 500}


@pytest.mark.parametrize(("cases", "carried"), [(147, 490), (30, 100), (0, 0)])
def test_a_share_that_divides_exactly_loses_no_case_to_rounding(cases: int, carried: int) -> None:
    assert carries(seed(cases), {"mature": MATURE})["carried"].tolist() == [carried]


def test_a_seed_with_shared_roots_carries_less_by_roots() -> None:
    found = carries(seed(150, roots=90), {"mature": MATURE}).iloc[0]

    assert (found["carried"], found["carried_by_roots"]) == (500, 300)


def test_a_mix_without_a_share_for_the_seed_has_no_limit() -> None:
    found = carries(seed(184), {"probes": {("redteam",): 1.0}}).iloc[0]

    assert found[["carried", "carried_by_roots", "seed_for_launch"]].isna().all()


@given(cases=st.integers(0, 400), share=st.integers(1, 100))
def test_what_is_carried_asks_for_no_real_case_that_is_not_there(cases: int, share: int) -> None:
    mix = {("seed",): share / 100, ("prompted",): 1 - share / 100}
    carried = int(carries(seed(cases), {"ours": mix})["carried"].iloc[0])

    assert whole_numbers(carried, mix)["seed",] <= cases
    assert share / 100 * (carried + 1) > cases - 1e-6
