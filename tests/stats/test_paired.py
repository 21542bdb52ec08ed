"""Intervals and tests of paired differences, against published tables and by their properties.

Published tables (a, b, c, d) count pairs: both pass, only the first passes, only the second
passes, neither passes. Their difference is (b - c) / n, so b is our ``gained``, c our ``lost``.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom, multinomial

from workbench.stats.paired import (
    Interval,
    mcnemar_exact,
    mcnemar_midp,
    newcombe,
    normal_quantile,
    tango,
    wilson,
)

Z = normal_quantile(0.05)

Table = tuple[int, ...]

TANGO_TABLES = {
    "Tango 1998, table VII": ((4, 9, 3, 16), (-0.027, 0.390), 3),
    "Agresti and Min 2005": ((53, 16, 8, 9), (-0.020, 0.207), 3),
    "Fagerland 2014": ((1, 1, 7, 12), (-0.517, -0.026), 3),
    "every pair gained": ((0, 3, 0, 0), (-0.1230, 1.0), 4),
    "every pair lost": ((0, 0, 3, 0), (-1.0, 0.1230), 4),
}


def statistic(difference: float, lost: float, gained: float, pairs: float) -> float:
    """Tango's score statistic in the form of his paper, the oracle for the bisection."""
    half_slope = -gained - lost + (2 * pairs - gained + lost) * difference
    product = -lost * difference * (1 - difference)
    share = (math.sqrt(half_slope**2 - 8 * pairs * product) - half_slope) / (4 * pairs)
    variance = pairs * (2 * share + difference * (1 - difference))
    return (gained - lost - pairs * difference) / math.sqrt(variance)


def wald(lost: float, gained: float, pairs: float) -> Interval:
    difference = (gained - lost) / pairs
    reach = Z * math.sqrt((gained + lost) / pairs - difference**2) / math.sqrt(pairs)
    return Interval(difference - reach, difference + reach)


def bonett_price(lost: float, gained: float, pairs: float) -> Interval:
    return wald(lost + 1, gained + 1, pairs + 2)


def rounded(interval: Interval, digits: int) -> tuple[float, float]:
    return round(interval.low, digits), round(interval.high, digits)


@pytest.mark.parametrize(("table", "printed", "digits"), TANGO_TABLES.values(), ids=TANGO_TABLES.keys())
def test_tango_agrees_with_published_intervals_to_the_printed_digits(
    table: Table, printed: tuple[float, float], digits: int
) -> None:
    both, gained, lost, neither = table

    assert rounded(tango(lost, gained, both + gained + lost + neither), digits) == printed


@pytest.mark.parametrize(
    ("table", "printed", "digits"),
    [((1, 1, 7, 12), (-0.507, -0.026), 3), ((20, 12, 2, 16), (0.0562, 0.3292), 4)],
    ids=["Fagerland 2014", "Newcombe 1998"],
)
def test_newcombe_method_10_agrees_with_published_intervals(
    table: Table, printed: tuple[float, float], digits: int
) -> None:
    both, gained, lost, neither = table

    assert rounded(newcombe(lost, gained, both, neither), digits) == printed


def test_the_other_published_intervals_of_the_same_tables_lie_near_tango() -> None:
    """Wald and Bonett-Price are no part of the product; their vectors fix the sign convention."""
    assert rounded(wald(7, 1, 21), 3) == (-0.520, -0.052)
    assert rounded(bonett_price(7, 1, 21), 3) == (-0.508, -0.013)
    assert rounded(wald(150, 86, 1600), 4) == (-0.0587, -0.0213)
    assert tango(150, 86, 1600) == pytest.approx(wald(150, 86, 1600), abs=0.0004)


def test_mcnemar_agrees_with_published_p_values() -> None:
    assert round(mcnemar_exact(7, 1), 4) == 0.0703
    assert round(mcnemar_midp(7, 1), 4) == 0.0391


def test_five_changes_one_way_never_reach_five_percent_and_six_do() -> None:
    assert mcnemar_exact(5, 0) == 0.0625
    assert round(mcnemar_exact(6, 0), 3) == 0.031
    assert all(mcnemar_exact(lost, 5 - lost) > 0.05 for lost in range(6))


def test_a_blocking_number_of_minus_1_4_points_on_218_cases_is_not_told_from_zero() -> None:
    """8 lost and 5 gained of 218: the sign of a pooled difference blocks on noise."""
    low, high = tango(8, 5, 218)

    assert (round(100 * low, 1), round(100 * high, 1)) == (-5.1, 2.1)
    assert round(mcnemar_midp(8, 5), 2) == 0.42


def test_eight_lost_of_65_seed_cases_are_a_real_loss() -> None:
    low, high = tango(8, 0, 65)

    assert (round(100 * low, 1), round(100 * high, 1)) == (-22.5, -6.0)
    assert round(mcnemar_exact(8, 0), 3) == 0.008


@pytest.mark.parametrize(
    ("kept", "n", "percent"),
    [
        (38, 40, (83.5, 98.6)),
        (31, 40, (62.5, 87.7)),
        (33, 40, (68.1, 91.3)),
        (21, 40, (37.5, 67.1)),
        (29, 40, (57.2, 83.9)),
        (46, 50, (81.2, 96.8)),
        (38, 50, (62.6, 85.7)),
        (33, 50, (52.2, 77.6)),
        (36, 50, (58.3, 82.5)),
        (153, 200, (70.2, 81.8)),
    ],
)
def test_wilson_agrees_with_the_survival_table(kept: int, n: int, percent: tuple[float, float]) -> None:
    low, high = wilson(kept, n)

    assert (round(100 * low, 1), round(100 * high, 1)) == percent


@pytest.mark.parametrize("pairs", [1, 2, 17, 65, 124, 1000])
def test_with_no_discordant_pair_the_limits_have_a_closed_form(pairs: int) -> None:
    limit = Z**2 / (pairs + Z**2)

    assert tango(0, 0, pairs) == pytest.approx((-limit, limit), abs=1e-12)


@pytest.mark.parametrize("pairs", [1, 3, 65])
def test_when_every_pair_goes_one_way_the_limit_is_exact_and_the_other_inside(pairs: int) -> None:
    low, high = tango(pairs, 0, pairs)

    assert low == -1
    assert -1 < high < 1
    assert tango(0, pairs, pairs) == (-high, 1)


def test_one_pair_says_nearly_nothing() -> None:
    low, high = tango(0, 0, 1)

    assert high - low > 1.5


@pytest.mark.parametrize(
    ("lost", "gained", "pairs"),
    [(0, 0, 0), (1, 1, -3), (5, 6, 10), (-1, 0, 10), (0, float("nan"), 10), (0, 0, float("inf"))],
)
def test_an_impossible_table_is_refused_in_one_sentence(lost: float, gained: float, pairs: int) -> None:
    with pytest.raises(ValueError, match=r"lost \+ gained <= pairs, got lost=.*count every case"):
        tango(lost, gained, pairs)


def test_one_impossible_table_among_many_is_named() -> None:
    with pytest.raises(ValueError, match="got lost=9, gained=9, pairs=10"):
        tango(np.array([1, 9]), np.array([1, 9]), 10)


@pytest.mark.parametrize("alpha", [0, 1, -0.05, 5, float("nan")])
def test_an_impossible_level_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha must lie strictly between 0 and 1"):
        tango(1, 2, 30, alpha=alpha)


def test_the_other_statistics_refuse_impossible_counts() -> None:
    with pytest.raises(ValueError, match="four counts of at least 0 and one pair"):
        newcombe(0, 0, 0, 0)
    with pytest.raises(ValueError, match="counts of at least 0, got lost=-1"):
        mcnemar_midp(-1, 3)
    with pytest.raises(ValueError, match="got 3 of 2"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="got 0 of 0"):
        wilson(0, 0)


def test_no_discordant_pair_is_no_evidence_of_change() -> None:
    assert mcnemar_midp(0, 0) == 1
    assert mcnemar_exact(0, 0) == 1


def test_newcombe_stands_when_a_model_passes_everything() -> None:
    low, high = newcombe(4, 0, 36, 0)

    assert -1 < low < -0.1 < high < 0.05


counts = st.integers(min_value=0, max_value=80)
tables = st.tuples(counts, counts, st.integers(min_value=1, max_value=300))
levels = st.sampled_from([0.2, 0.1, 0.05, 0.01, 0.0076])


@given(tables, levels)
@settings(max_examples=150, deadline=None)
def test_tango_contains_the_estimate_and_stays_within_one(table: Table, alpha: float) -> None:
    lost, gained, agreeing = table
    pairs = lost + gained + agreeing

    low, high = tango(lost, gained, pairs, alpha=alpha)

    assert -1 <= low <= (gained - lost) / pairs <= high <= 1
    assert low < high


@given(tables, levels)
@settings(max_examples=150, deadline=None)
def test_tango_solves_its_own_equation(table: Table, alpha: float) -> None:
    lost, gained, agreeing = table
    pairs = lost + gained + agreeing
    z = normal_quantile(alpha)
    estimate = (gained - lost) / pairs

    low, high = tango(lost, gained, pairs, alpha=alpha)

    edge = 1e-9
    if statistic(-1 + edge, lost, gained, pairs) > z and estimate > -1 + 2 * edge:
        expected = brentq(
            lambda value: statistic(value, lost, gained, pairs) - z,
            -1 + edge,
            estimate - edge,
            xtol=1e-13,
        )
        assert low == pytest.approx(expected, abs=1e-9)
    assert statistic(high, lost, gained, pairs) == pytest.approx(-z, abs=1e-5)


@given(tables)
@settings(max_examples=100, deadline=None)
def test_swapping_the_models_mirrors_every_interval_and_keeps_every_p_value(table: Table) -> None:
    lost, gained, agreeing = table
    pairs = lost + gained + agreeing

    for interval, mirrored in (
        (tango(lost, gained, pairs), tango(gained, lost, pairs)),
        (newcombe(lost, gained, agreeing, 0), newcombe(gained, lost, agreeing, 0)),
    ):
        assert mirrored == pytest.approx((-interval.high, -interval.low), abs=1e-12)
    assert mcnemar_midp(lost, gained) == mcnemar_midp(gained, lost)
    assert mcnemar_exact(lost, gained) == mcnemar_exact(gained, lost)


@given(tables)
@settings(max_examples=100, deadline=None)
def test_an_agreeing_pair_turned_loss_lowers_both_limits_and_turned_gain_raises_them(table: Table) -> None:
    lost, gained, agreeing = table
    pairs = lost + gained + agreeing
    before = tango(lost, gained, pairs)
    worse = tango(lost + 1, gained, pairs)
    better = tango(lost, gained + 1, pairs)

    assert worse.low < before.low < better.low
    assert worse.high < before.high < better.high


@given(tables)
@settings(max_examples=50, deadline=None)
def test_a_stricter_level_never_narrows_the_interval(table: Table) -> None:
    lost, gained, agreeing = table
    pairs = lost + gained + agreeing
    usual, strict = tango(lost, gained, pairs), tango(lost, gained, pairs, alpha=0.01)

    assert strict.low <= usual.low
    assert usual.high <= strict.high


@given(tables)
@settings(max_examples=100, deadline=None)
def test_p_values_are_chances_and_mid_p_is_never_above_exact(table: Table) -> None:
    lost, gained, _ = table

    assert 0 < mcnemar_midp(lost, gained) <= mcnemar_exact(lost, gained) <= 1


def test_arrays_and_numbers_give_the_same_limits() -> None:
    rng = np.random.default_rng(20)
    pairs = rng.integers(1, 400, 300)
    lost = rng.uniform(0, pairs / 2)
    gained = rng.uniform(0, pairs / 2)

    many = tango(lost, gained, pairs)
    each = [tango(float(one), float(two), float(n)) for one, two, n in zip(lost, gained, pairs, strict=True)]

    assert np.array_equal(many.low, [interval.low for interval in each])
    assert np.array_equal(many.high, [interval.high for interval in each])


def test_whole_counts_of_numpy_and_one_total_for_many_tables_are_taken() -> None:
    assert tango(np.int64(8), np.int64(0), 65) == tango(8, 0, 65)
    assert tango(np.array([8, 0]), np.array([0, 0]), 65).low[0] == tango(8, 0, 65).low


def test_the_arguments_are_left_as_they_were() -> None:
    lost, gained = np.array([3.0, 8.0]), np.array([5.0, 0.0])

    tango(lost, gained, 65)

    assert lost.tolist() == [3, 8]
    assert gained.tolist() == [5, 0]


@pytest.mark.parametrize("pairs", [40, 65, 184])
@pytest.mark.parametrize("discordance", [0.05, 0.10, 0.15, 0.20, 0.30])
@pytest.mark.parametrize("one_sidedness", [0.0, 0.5, 0.8, 1.0])
def test_tango_covers_the_truth_where_the_wald_interval_may_not(
    pairs: int, discordance: float, one_sidedness: float
) -> None:
    """Exact coverage, summed over all tables: no simulation error to allow for."""
    true = -discordance * one_sidedness
    lost, gained = (axis.ravel() for axis in np.meshgrid(np.arange(pairs + 1), np.arange(pairs + 1)))
    possible = lost + gained <= pairs
    lost, gained = lost[possible], gained[possible]
    shares = [(discordance - true) / 2, (discordance + true) / 2, 1 - discordance]
    chance = multinomial.pmf(np.stack([lost, gained, pairs - lost - gained], -1), pairs, shares)

    low, high = tango(lost, gained, pairs)

    assert chance[(low <= true + 1e-9) & (true - 1e-9 <= high)].sum() >= 0.925


def test_the_wald_interval_undercovers_on_a_small_one_sided_table() -> None:
    """Why it is not offered: 40 pairs, 5 % lost, none gained leave it at 87 %."""
    lost = np.arange(41)
    chance = multinomial.pmf(np.stack([lost, 40 - lost], -1), 40, [0.05, 0.95])
    covered = [wald(int(count), 0, 40).low <= -0.05 <= wald(int(count), 0, 40).high for count in lost]

    assert round(float(chance[covered].sum()), 2) == 0.87


@pytest.mark.parametrize("pairs", [40, 65, 184, 1000])
@pytest.mark.parametrize("discordance", [0.05, 0.10, 0.20, 0.30])
def test_mcnemars_mid_p_holds_its_level(pairs: int, discordance: float) -> None:
    """Exact, summed over all tables of two equal models: under 5 % in at most 7 % of them."""
    level = 0.0
    for changed, chance in enumerate(binom.pmf(np.arange(pairs + 1), pairs, discordance)):
        if chance > 1e-9:
            lost = np.arange(changed + 1)
            small = np.array([mcnemar_midp(int(one), changed - int(one)) <= 0.05 for one in lost])
            level += float(chance * binom.pmf(lost, changed, 0.5)[small].sum())

    assert level <= 0.07


@pytest.mark.parametrize("n", [10, 40, 65, 153])
@pytest.mark.parametrize("rate", [0.3, 0.5, 0.7, 0.8])
def test_wilsons_interval_covers(n: int, rate: float) -> None:
    """Exact, summed over all counts: at least 92 %."""
    counts = np.arange(n + 1)
    held = np.array([wilson(int(k), n).low <= rate <= wilson(int(k), n).high for k in counts])

    assert binom.pmf(counts, n, rate)[held].sum() >= 0.92
