"""Every number that the project's sources print, from the counts they print it of, in one table.

Numbers that belong to one module are beside its other tests (Tango, Newcombe, McNemar: test_paired; sizes and
chances of the rule: test_planning; agreement: test_agreement; Rogan-Gladen: test_judges; windows:
test_windows; bands and Wilson: test_bands). Here are the others, and those that the sources print wrong.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from scipy.stats import binom, chi2_contingency, norm

from workbench.stats.chances import chances
from workbench.stats.paired import mcnemar_exact, tango, wilson
from workbench.stats.planning import detectable_difference, effective_n, operating_characteristics
from workbench.stats.subsets import Subset, rate_gap

SCENARIOS, USERS = (38, 31, 33, 21, 29), (46, 38, 33, 36)
"""Kept of 40 by scenario and of 50 by user type, as the long text prints them."""


def percent(part: int, of: int, digits: str = "1") -> str:
    return str((Decimal(100) * part / of).quantize(Decimal(digits), ROUND_HALF_UP))


def passes(passed: int, of: int, first: int = 0) -> Subset:
    return Subset([1] * passed + [0] * (of - passed), range(first, first + of))


def beyond_ten(one: int, other: int, rate: float) -> float:
    """How often two equal rates are estimated more than 10 points apart, exactly."""
    first, second = np.arange(one + 1), np.arange(other + 1)
    chance = np.outer(binom.pmf(first, one, rate), binom.pmf(second, other, rate))
    return float(chance[np.abs(first[:, None] / one - second / other) > 0.1 + 1e-12].sum())


def test_the_two_margins_of_the_survival_table_do_not_add_up() -> None:
    """152 and 153 kept, so no table of both exists; and its percentages need rounding half up."""
    assert (sum(SCENARIOS), sum(USERS)) == (152, 153)
    assert [percent(kept, 40) for kept in SCENARIOS] == ["95", "78", "83", "53", "73"]
    assert percent(153, 200) == "77"
    assert f"{31 / 40:.0%} {33 / 40:.0%} {21 / 40:.0%}" == "78% 82% 52%"


@pytest.mark.parametrize(
    ("kept", "of", "chi2", "df", "p"), [(SCENARIOS, 40, 21.27, 4, 0.0003), (USERS, 50, 10.32, 3, 0.016)]
)
def test_survival_differs_by_scenario_and_by_user(
    kept: tuple[int, ...], of: int, chi2: float, df: int, p: float
) -> None:
    found = chi2_contingency([kept, [of - one for one in kept]], correction=False)

    assert (round(found.statistic, 2), found.dof) == (chi2, df)
    assert round(found.pvalue, 4 if p < 0.001 else 3) == p


def test_the_percentages_of_218_cases_are_of_no_whole_number_of_them() -> None:
    """71.2 and 69.8 with a difference of -1.4: the smallest sets that can print all three."""
    printed = {percent(k, 218, "0.1") for k in range(219)}
    fits = [
        n
        for n in range(1, 223)
        if any(
            (percent(a, n, "0.1"), percent(b, n, "0.1"), percent(a - b, n, "0.1")) == ("71.2", "69.8", "1.4")
            for a in range(n + 1)
            for b in range(a)
        )
    ]

    assert not {"71.2", "69.8"} & printed
    assert fits == [139, 212, 215, 222]
    assert (percent(129, 153, "0.1"), percent(134, 153, "0.1")) == ("84.3", "87.6")


def test_three_reverse_flips_take_the_seed_back_to_chance() -> None:
    assert [round(mcnemar_exact(8 + back, back), 3) for back in (0, 3)] == [0.008, 0.057]
    assert all(mcnemar_exact(8 + back, back) >= 0.057 for back in range(3, 40))


def test_the_baselines_of_the_two_subsets_lie_44_points_apart() -> None:
    found = rate_gap(passes(129, 153), passes(26, 65, 200))

    assert [round(100 * one, 1) for one in (found.value, found.low, found.high)] == [44.3, 30.5, 56.4]


@pytest.mark.parametrize(
    ("lost", "gained", "worse", "by_margin"), [(8, 0, 0.999, None), (11, 3, 0.986, 0.951)]
)
def test_how_likely_the_seed_is_worse(lost: int, gained: int, worse: float, by_margin: float | None) -> None:
    found = chances(lost, gained, 65, margin=0.03)

    assert round(found.worse, 3) == worse
    if by_margin is not None:
        assert found.worse_than_margin == pytest.approx(by_margin, abs=0.0015)


def test_seven_of_ten_says_nearly_nothing() -> None:
    assert [round(100 * limit) for limit in wilson(7, 10)] == [40, 89]


def test_a_seed_of_fifty_sees_twelve_points() -> None:
    low, high = wilson(35, 50)

    assert round(100 * detectable_difference(50, 0.10, 0.05), 1) == 12.2
    assert round(100 * (high - low) / 2) == 12


@pytest.mark.parametrize(
    ("one", "other", "printed", "exact"),
    [(153, 65, 0.09, 0.09), (153, 184, 0.02, 0.02), (30, 30, 0.33, 0.26)],
)
def test_a_gap_of_ten_points_is_often_seen_between_equal_rates(
    one: int, other: int, printed: float, exact: float
) -> None:
    """Read as a point rule, at a rate of .8. The printed 33 % is the normal curve's: 3 of 30 is no more than 10."""
    error = math.sqrt(0.16 * (1 / one + 1 / other))

    assert 2 * norm.sf(0.1 / error) == pytest.approx(printed, abs=0.01)
    assert beyond_ten(one, other, 0.8) == pytest.approx(exact, abs=0.01)


def test_modes_that_were_never_seen_need_failures_to_be_ruled_out() -> None:
    assert [math.ceil(math.log(0.05) / math.log(1 - share)) for share in (0.05, 0.1, 0.2, 0.3)] == [
        59,
        29,
        14,
        9,
    ]


def test_a_mix_of_thirty_percent_real_cases_ends_at_613() -> None:
    assert (math.floor(184 / 0.3), math.ceil(0.3 * 1000)) == (613, 300)


# What the sources print wrong, said as it is.


def test_the_extreme_interval_is_that_of_gains() -> None:
    """The notes print (-.1230, 1) beside (0, 0, 3, 0), which in that order of counts is three lost."""
    assert [round(limit, 4) for limit in tango(0, 3, 3)] == [-0.1230, 1]
    assert [round(limit, 4) for limit in tango(3, 0, 3)] == [-1, 0.1230]


@pytest.mark.parametrize(("n", "printed"), [(50, 8.7), (65, 7.6)])
def test_no_difference_can_exceed_the_discordance_and_two_printed_ones_do(n: int, printed: float) -> None:
    """At discordance 5 points: these sizes do not reach the power, whatever the difference."""
    assert round(100 * detectable_difference(n, 0.05, 0.05), 1) == printed
    assert printed > 5
    (row,) = operating_characteristics(n, 0.05, margin=0.03, alpha=0.05, differences=(-0.05,))
    assert row.block < 0.8


def test_the_effective_cases_are_printed_rounded_down() -> None:
    """109/70/51/36, where 153 cases of 31 parents are worth 109.8, 70.2, 51.6 and 36.9."""
    found = [effective_n(153, 153 / 31, icc) for icc in (0.1, 0.3, 0.5, 0.8)]

    assert [round(one, 1) for one in found] == [109.8, 70.2, 51.6, 36.9]
    assert [round(one) for one in found] != [109, 70, 51, 36] == [math.floor(one) for one in found]
