"""The interval of one group, whether its cases are independent or share roots."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.clusters import MIN_ROOTS, group_interval, rao_scott_tango
from workbench.stats.paired import mcnemar_midp, tango
from workbench.stats.roots import jackknife, t_quantile

EIGHT_LOST = [-1] * 8 + [0] * 57
UNSEEN = 1.959963984540054**2
"""Changed roots that are counted with those seen."""
PARENTS = [f"parcel-{number:02}" for number in range(13)]


class Mutants(NamedTuple):
    """Five mutants of each of 13 parents."""

    d: npt.NDArray[np.float64]
    root: npt.NDArray[np.str_]


def five_mutants_each(seed: int) -> Mutants:
    rng = np.random.default_rng(seed)
    d = np.repeat(rng.choice([-1.0, 0.0, 1.0], 13, p=[0.2, 0.6, 0.2]), 5)
    d[rng.random(65) < 0.4] = 0
    return Mutants(d, np.repeat(PARENTS, 5))


def test_independent_cases_get_tango_and_mcnemar() -> None:
    estimate = group_interval(EIGHT_LOST, range(65))

    assert (estimate.low, estimate.high) == tango(8, 0, 65)
    assert estimate.method == "Tango score"
    assert estimate.p_midp == mcnemar_midp(8, 0)
    assert (estimate.lost, estimate.gained, estimate.cases, estimate.roots) == (8, 0, 65, 65)
    assert (estimate.deff, estimate.effective_n, estimate.df) == (1, 65, None)
    assert (estimate.reason, estimate.p_reason, estimate.deff_reason) == (None, None, None)


def test_the_real_group_of_the_router_comparison_gives_its_known_interval() -> None:
    """33 of 202 real refund cases lost, none gained; 6 of 97 synthetic gained, none lost."""
    real = group_interval([-1] * 33 + [0] * 169, range(202))
    synthetic = group_interval([1] * 6 + [0] * 91, range(97))

    assert [round(100 * number, 1) for number in (real.value, real.low, real.high)] == [-16.3, -22.1, -11.9]
    assert [round(100 * number, 1) for number in (synthetic.value, synthetic.low, synthetic.high)] == [
        6.2,
        2.1,
        12.8,
    ]


def test_shared_roots_widen_the_interval_and_take_the_p_value_away() -> None:
    d, root = five_mutants_each(3)

    clustered, naive = group_interval(d, root), group_interval(d, range(65))

    assert clustered.method == "Rao-Scott Tango"
    assert clustered.value == naive.value
    assert clustered.low < naive.low
    assert naive.high < clustered.high
    assert clustered.effective_n == pytest.approx(65 / clustered.deff)
    assert clustered.df == 12
    assert clustered.p_midp is None
    assert clustered.p_reason == "McNemar's test needs independent cases; 65 cases share 13 roots."


def test_the_interval_is_tango_of_counts_divided_by_the_design_effect() -> None:
    d, root = five_mutants_each(3)

    estimate = rao_scott_tango(d, root)

    by_root = (d - d.mean()).reshape(13, 5).sum(axis=1)
    measured = 13 / 12 * (by_root**2).sum() / ((d - d.mean()) ** 2).sum()
    changed = (np.abs(d).reshape(13, 5).sum(axis=1) > 0).sum()
    # z^2 more roots are counted, fully correlated: 5 mutants are then one case.
    deff = (changed * measured + UNSEEN * 5) / (changed + UNSEEN)
    scale = deff * (t_quantile(0.05, 12) / 1.959963984540054) ** 2
    assert estimate.deff == pytest.approx(deff)
    wide = tango(estimate.lost / scale, estimate.gained / scale, 65 / scale)
    assert wide.low - 1e-12 <= estimate.low < estimate.value < estimate.high <= wide.high + 1e-12


def test_the_cluster_variance_is_that_of_statsmodels_and_near_the_jackknife() -> None:
    """CR1 of a mean; the jackknife of equal clusters differs by no more than rounding."""
    d, root = five_mutants_each(5)

    fit = sm.OLS(d, np.ones_like(d)).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(root, return_inverse=True)[1]}
    )

    assert rao_scott_tango(d, root).se == pytest.approx(float(fit.bse[0]))
    assert jackknife({"synthetic": (d, root)}, {"synthetic": 1}).se == pytest.approx(float(fit.bse[0]))


def test_the_cluster_variance_is_that_of_statsmodels_for_uneven_roots_too() -> None:
    rng = np.random.default_rng(8)
    root = np.repeat(np.arange(20), rng.integers(1, 12, 20))
    d = rng.choice([-1.0, 0.0, 1.0], root.size, p=[0.1, 0.8, 0.1])

    fit = sm.OLS(d, np.ones_like(d)).fit(cov_type="cluster", cov_kwds={"groups": root})

    assert rao_scott_tango(d, root).se == pytest.approx(float(fit.bse[0]))


def test_one_root_with_two_cases_is_enough_to_leave_the_plain_interval() -> None:
    estimate = group_interval([*EIGHT_LOST, 0], [*range(65), 0])

    assert estimate.method == "Rao-Scott Tango"
    assert estimate.roots == 65


def test_cases_that_disagree_inside_their_roots_never_narrow_the_interval() -> None:
    """A negative correlation would give a design effect under 1, which is not believed."""
    d = np.tile([1.0, -1.0], 30)

    # 30 roots changed with a design effect of at least 1, and z^2 more are counted as a single case of 2.
    expected = (30 * 1 + UNSEEN * 2) / (30 + UNSEEN)
    assert rao_scott_tango(d, np.repeat(np.arange(30), 2)).deff == pytest.approx(expected)


def test_under_ten_roots_a_group_is_described_without_an_interval() -> None:
    estimate = group_interval([-1] * 2 + [0] * 7, range(MIN_ROOTS - 1))

    assert estimate.value == pytest.approx(-2 / 9)
    assert (estimate.lost, estimate.gained, estimate.roots) == (2, 0, 9)
    assert (estimate.low, estimate.high, estimate.p_midp, estimate.deff) == (None, None, None, None)
    assert estimate.reason == "Fewer than 10 roots (9): the difference is described without an interval."
    assert estimate.p_reason == estimate.reason


def test_many_mutants_of_nine_parents_are_still_nine_roots() -> None:
    assert group_interval([0, 1] * 45, [number % 9 for number in range(90)]).low is None


def test_ten_roots_get_an_interval() -> None:
    assert group_interval([-1] + [0] * 9, range(10)).low == tango(1, 0, 10).low


def test_an_empty_group_has_no_value_and_says_why() -> None:
    estimate = group_interval([], [])

    assert estimate.value is None
    assert estimate.reason == "No case has both outcomes: there is nothing to compare."
    assert (estimate.low, estimate.p_midp, estimate.deff) == (None, None, None)
    assert rao_scott_tango([], []).reason == estimate.reason


def test_one_root_cannot_show_its_spread() -> None:
    estimate = rao_scott_tango([-1, 0, 0], ["angry-vip"] * 3)

    assert estimate.value == pytest.approx(-1 / 3)
    assert (estimate.low, estimate.high, estimate.se, estimate.deff) == (None, None, None, None)
    assert estimate.reason == "All cases share one root: its spread cannot be measured."


@pytest.mark.parametrize("tie", [0, 1, -1])
def test_when_all_mutants_agree_the_interval_has_a_width_and_the_design_effect_a_note(tie: int) -> None:
    estimate = group_interval([tie] * 155, np.repeat(np.arange(31), 5))

    assert estimate.high - estimate.low > 0.02
    assert estimate.se is None
    # 5 mutants a root, taken as fully correlated: 31 independent cases are left.
    assert (estimate.deff, estimate.effective_n) == pytest.approx((5, 31))
    assert estimate.deff_reason == (
        "All cases agree, so no design effect can be seen; full correlation within roots is assumed."
    )


def test_when_all_independent_cases_agree_the_interval_has_a_width() -> None:
    estimate = group_interval([0] * 65, range(65))

    assert (estimate.low, estimate.high) == tango(0, 0, 65)
    assert estimate.se is None
    assert estimate.p_midp == 1


def test_averaged_trials_get_tango_of_counts_divided_by_how_much_less_they_vary() -> None:
    d = [-0.25, 0.5, -0.5, 0.25] + [0] * 26

    estimate = group_interval(d, range(30))

    # sum d^2 is 0.625 and sum |d| is 1.5; z^2 whole changes are counted with both.
    ratio = (0.625 + UNSEEN) / (1.5 + UNSEEN)
    scale = ratio * (t_quantile(0.05, 29) / 1.959963984540054) ** 2
    assert scale < 1
    assert (estimate.lost, estimate.gained) == (0.75, 0.75)
    assert (estimate.low, estimate.high) == pytest.approx(tango(0.75 / scale, 0.75 / scale, 30 / scale))
    assert (estimate.method, estimate.df) == ("Tango score, trials averaged", 29)
    assert (estimate.deff, estimate.effective_n) == (1, pytest.approx(30 / ratio))


def test_trials_leave_fractions_that_mcnemar_does_not_take() -> None:
    estimate = group_interval([-0.25, 0.5, -0.5, 0.25] + [0] * 26, range(30))

    assert estimate.p_midp is None
    assert estimate.p_reason == "McNemar's test counts whole cases; trials leave fractions."


def test_the_same_net_loss_says_more_when_it_is_spread_over_flaky_cases() -> None:
    """Two cases lost wholly, six by a third each, 20 by a tenth each: all lose 2 of 184."""
    whole, thirds, tenths = (
        group_interval([-1 / parts] * (2 * parts) + [0] * (184 - 2 * parts), range(184))
        for parts in (1, 3, 10)
    )

    assert whole.value == pytest.approx(thirds.value) == pytest.approx(tenths.value)
    assert whole.low < thirds.low < tenths.low
    assert whole.effective_n == 184 < thirds.effective_n < tenths.effective_n


def test_when_all_trials_agree_the_interval_is_tangos() -> None:
    assert group_interval([0 / 3] * 65, range(65)).low == tango(0, 0, 65).low
    assert group_interval([-3 / 3] * 65, range(65)).high == tango(65, 0, 65).high


def test_one_flaky_case_narrows_next_to_nothing() -> None:
    """One case that failed one trial of three weighs a third, and what was not seen could be whole."""
    flaky, untreated = group_interval([-1 / 3] + [0] * 64, range(65)), tango(1 / 3, 0, 65)

    width = untreated.high - untreated.low
    assert 0.93 * width < flaky.high - flaky.low < width


def test_a_loss_of_the_same_part_of_every_case_has_an_interval_with_a_width() -> None:
    estimate = group_interval([-2 / 3] * 65, range(65))

    assert -0.8 < estimate.low < -0.7
    assert -0.6 < estimate.high < -0.5
    assert estimate.se is None


def three_trials_each(seed: int, parents: int) -> Mutants:
    """Five mutants of each parent, all of them flaky and some parents lost altogether."""
    rng = np.random.default_rng(seed)
    lost = np.repeat(rng.random(parents) < 0.1, 5)
    d = np.where(lost, -1, (rng.binomial(3, 0.7, 5 * parents) - rng.binomial(3, 0.7, 5 * parents)) / 3)
    return Mutants(d, np.repeat(np.arange(parents).astype(str), 5))


def test_averaged_trials_of_shared_roots_are_measured_against_whole_changes_of_the_same_sum() -> None:
    """By hand: 40 parents of five mutants, each answered in three trials."""
    d, root = three_trials_each(6, 40)

    estimate = rao_scott_tango(d, root)

    by_root, largest = (d - d.mean()).reshape(40, 5).sum(axis=1), np.abs(d).reshape(40, 5).max(axis=1)
    measured = 40 / 39 * (by_root**2).sum() / ((d - d.mean()) ** 2).sum()
    changed = (largest > 0).sum()
    smaller = measured * (d**2).sum() / np.abs(d).sum()
    effect = (largest.sum() * smaller + UNSEEN * 5) / (largest.sum() + UNSEEN)
    scale = effect * (t_quantile(0.05, 39) / 1.959963984540054) ** 2
    assert estimate.deff == pytest.approx((changed * measured + UNSEEN * 5) / (changed + UNSEEN))
    assert estimate.effective_n == pytest.approx(200 / effect)
    wide = tango(estimate.lost / scale, estimate.gained / scale, 200 / scale)
    assert wide.low - 1e-12 <= estimate.low < estimate.value < estimate.high <= wide.high + 1e-12
    assert estimate.method == "Rao-Scott Tango, trials averaged"


def test_averaged_trials_of_few_roots_are_never_wider_than_their_design_effect_makes_them() -> None:
    """One flaky mutant of each of 12 parents: whole roots of five more would outweigh what was seen."""
    d, root = [1 / 3, 0, 0, 0, 0, -1 / 3, 0, 0, 0, 0] * 6, np.repeat(np.arange(12), 5)

    estimate = group_interval(d, root)

    # Every parent changed and no two of its mutants did: a design effect of 1, and z^2 more roots at 5.
    assert estimate.deff == pytest.approx((12 * (12 / 11) + UNSEEN * 5) / (12 + UNSEEN))
    assert estimate.effective_n == 60 / estimate.deff


def test_fractions_that_add_up_to_whole_numbers_are_still_fractions() -> None:
    assert group_interval([0.5, 0.5, -0.5, -0.5] + [0] * 26, range(30)).p_midp is None


def test_the_interval_does_not_depend_on_the_order_or_the_names_of_roots() -> None:
    d, root = five_mutants_each(4)
    order = np.random.default_rng(1).permutation(65)
    renamed = [f"x{name}" for name in root[order]]

    one, other = group_interval(d, root), group_interval(d[order], renamed)

    assert (one.low, one.high, one.deff) == pytest.approx((other.low, other.high, other.deff))


def test_a_level_out_of_range_and_differences_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="alpha must lie"):
        group_interval([], [], alpha=2)
    with pytest.raises(ValueError, match=r"between -1 and 1, got 1\.5 at position 0"):
        group_interval([1.5], ["a"])


cases = st.lists(st.tuples(st.sampled_from([-1.0, -0.5, 0.0, 1 / 3, 1.0]), st.integers(0, 14)), max_size=60)


@given(cases, st.sampled_from([0.05, 0.025, 0.0076]))
@settings(max_examples=200, deadline=None)
def test_whatever_the_group_there_is_an_interval_around_the_value_or_a_reason(
    group: list[tuple[float, int]], alpha: float
) -> None:
    d, root = [one for one, _ in group], [name for _, name in group]

    for estimate in (
        group_interval(d, root, alpha=alpha),
        rao_scott_tango(d, root, alpha=alpha),
        group_interval(d, range(len(d)), alpha=alpha),
    ):
        if estimate.low is None:
            assert estimate.reason
            assert estimate.high is None
        else:
            assert -1 <= estimate.low <= estimate.value + 1e-12
            assert estimate.value - 1e-12 <= estimate.high <= 1
            assert estimate.low < estimate.high
            assert estimate.effective_n >= len(d) / estimate.deff - 1e-9
            assert ("trials averaged" in estimate.method) == any(one not in {-1, 0, 1} for one in d)
        assert (estimate.p_midp is None) == (estimate.p_reason is not None)
        assert estimate.se is None or estimate.se > 0
        assert not any(
            isinstance(number, float) and math.isnan(number)
            for number in (estimate.value, estimate.low, estimate.high, estimate.deff)
        )


def test_a_root_that_goes_on_losing_does_not_take_a_loss_back() -> None:
    """Twelve roots of five lost one case each; then one of 20 that held loses all of its own, one by one."""
    root = np.concatenate([np.repeat(np.arange(31), 5), np.full(20, 31)])
    d = np.where((np.arange(175) % 5 == 0) & (root < 12), -1.0, 0.0)
    uppers, measured = [], []
    for more in range(20):
        d[155 : 155 + more] = -1
        found = group_interval(d, root)
        uppers.append(found.high)
        scale = found.deff * (t_quantile(0.05, 31) / 1.959963984540054) ** 2
        measured.append(tango(found.lost / scale, 0, 175 / scale).high)

    assert uppers == sorted(uppers, reverse=True)
    assert measured != sorted(measured, reverse=True)
    assert uppers[0] < 0


def test_what_decides_takes_a_root_as_one_case_and_measures_nothing() -> None:
    d, root = five_mutants_each(3)

    one, measured = group_interval(d, root, whole_roots=True), group_interval(d, root)

    scale = 5 * (t_quantile(0.05, 12) / 1.959963984540054) ** 2
    assert (one.low, one.high) == pytest.approx(tango(one.lost / scale, one.gained / scale, 65 / scale))
    assert (one.deff, one.effective_n) == pytest.approx((5, 13))
    assert (one.method, one.deff_reason) == (
        "Rao-Scott Tango, full correlation",
        "Full correlation within roots is assumed.",
    )
    assert one.low < measured.low < measured.high < one.high
    assert group_interval(EIGHT_LOST, range(65), whole_roots=True) == group_interval(EIGHT_LOST, range(65))


def test_a_flaky_case_that_is_lost_wholly_does_not_take_a_block_back() -> None:
    """184 cases in five trials at the second look: 16 lost one trial, one lost four and then all five."""
    before = [-0.2] * 16 + [-0.8] + [0.0] * 167
    after = [-0.2] * 16 + [-1.0] + [0.0] * 167
    one, other = (group_interval(d, range(184), alpha=0.0076) for d in (before, after))

    assert other.high < one.high
    assert other.low < one.low


@pytest.mark.parametrize("cases", [585, 600, 605, 620, 650, 700])
def test_a_first_lost_case_of_shared_roots_does_not_make_a_ship(cases: int) -> None:
    """Roots of five: nothing changed says nothing of their correlation, one lost case next to nothing."""
    root = np.arange(cases) // 5
    none, one = (
        group_interval([-1.0] * lost + [0.0] * (cases - lost), root, whole_roots=True) for lost in (0, 1)
    )

    assert one.low < none.low
    assert one.high < none.high


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 40)), min_size=50, max_size=220),
    st.integers(0, 219),
    st.sampled_from([0.05, 0.0076, 0.0034]),
    st.sampled_from([1, 40]),
)
@settings(max_examples=150, deadline=None)
def test_a_case_that_loses_more_never_raises_what_decides(
    group: list[tuple[int, int]], which: int, alpha: float, modulus: int
) -> None:
    """Fifths of five trials, cases alone or in any roots: an upper limit under 0 stays there."""
    d = np.array([fifths / 5 for fifths, _ in group])
    d[len(d) // 8 :] = 0
    root = [name if modulus > 1 else place for place, (_, name) in enumerate(group)]
    after = d.copy()
    after[which % len(d)] = max(-1, after[which % len(d)] - 0.2)
    one, other = (group_interval(each, root, alpha=alpha, whole_roots=True) for each in (d, after))

    if one.low is not None and one.high is not None:
        assert not (one.high < 0 <= other.high)
        for margin in (0.01, 0.03, 0.05):
            assert not (one.low <= -margin < other.low)
