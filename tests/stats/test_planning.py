"""Sizes, levels and operating characteristics, against the printed tables."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.paired import tango
from workbench.stats.planning import (
    detectable_difference,
    effective_n,
    look_alpha,
    needed_roots,
    operating_characteristics,
    smallest_n_to_ship,
)

DETECTABLE_PP = {
    50: (8.7, 12.2, 15.0, 17.3, 21.2),
    65: (7.6, 10.8, 13.2, 15.3, 18.7),
    184: (4.6, 6.5, 7.9, 9.2, 11.2),
    500: (2.8, 4.0, 4.8, 5.6, 6.8),
    1000: (2.0, 2.8, 3.4, 4.0, 4.8),
}
"""Percentage points at discordance .05, .10, .15, .20, .30; two-sided .05, power .8."""

NEEDED = {
    0.03: (437, 873, 1309, 1745),
    0.05: (157, 314, 471, 628),
    0.02: (982, 1963, 2944, 3925),
}
"""Pairs at discordance .05, .10, .15, .20, by margin; two-sided .05, power .8."""

RULE_DRAWS = 4000
RULE = [
    (184, 0.10, 0.0, 22, 3),
    (184, 0.15, 0.0, 17, 3),
    (184, 0.10, 0.04, 82, 0),
    (184, 0.15, 0.04, 67, 0),
    (184, 0.10, -0.05, 0, 59),
    (184, 0.15, -0.05, 0, 43),
    (184, 0.10, -0.12, 0, 100),
    (184, 0.15, -0.12, 0, 100),
    (400, 0.10, 0.0, 45, 3),
    (400, 0.15, 0.0, 33, 2),
    (1000, 0.10, 0.0, 83, 3),
    (1000, 0.15, 0.0, 67, 3),
    (1000, 0.10, 0.04, 98, 0),
]
"""What the whole rule does: pairs, discordance, true difference, SHIP % and BLOCK %, by 4,000
simulated draws, printed in whole percents."""


@pytest.mark.parametrize(("n", "row"), DETECTABLE_PP.items())
def test_the_detectable_difference_agrees_with_the_printed_table(n: int, row: tuple[float, ...]) -> None:
    found = [
        round(100 * detectable_difference(n, discordance, 0.05), 1)
        for discordance in (0.05, 0.10, 0.15, 0.20, 0.30)
    ]

    assert tuple(found) == row


@pytest.mark.parametrize(("margin", "row"), NEEDED.items())
def test_the_needed_roots_agree_with_the_printed_table(margin: float, row: tuple[float, ...]) -> None:
    found = [needed_roots(discordance, margin, 0.05) for discordance in (0.05, 0.10, 0.15, 0.20)]

    assert tuple(found) == row


def test_a_detectable_difference_above_the_discordance_cannot_happen() -> None:
    """50 pairs at 5 % discordance: the formula says 8.7 points, more than can ever differ."""
    assert detectable_difference(50, 0.05, 0.05) > 0.05


@pytest.mark.parametrize("discordance", [0.10, 0.15, 0.20, 0.30])
def test_a_detectable_difference_is_found_with_at_least_the_wanted_power(discordance: float) -> None:
    """The formula is a large-sample one: exact power is a little above 80 % and nears it."""

    def exact_power(n: int) -> float:
        planned = -detectable_difference(n, discordance, 0.05)
        (row,) = operating_characteristics(n, discordance, margin=0.03, alpha=0.05, differences=(planned,))
        return row.block

    assert 0.8 <= exact_power(184) < 0.85
    assert exact_power(1000) == pytest.approx(0.8, abs=0.01)


def test_needed_roots_ship_equal_models_with_the_wanted_power() -> None:
    roots = needed_roots(0.10, 0.03, 0.05)

    (row,) = operating_characteristics(roots, 0.10, margin=0.03, alpha=0.05, differences=(0.0,))

    # A 2.5 % chance to block by mistake is taken from the 80 %.
    assert row.ship == pytest.approx(0.8, abs=0.03)


def test_needed_roots_never_fall_under_the_fewest_that_can_ship() -> None:
    assert needed_roots(0.0, 0.03, 0.05) == smallest_n_to_ship(0.03, 0.05) == 125
    assert needed_roots(0.001, 0.03, 0.05) == 125


def test_shared_roots_multiply_the_need() -> None:
    assert needed_roots(0.10, 0.03, 0.05, deff=2.0) == math.ceil(2 * 872.11)


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03, 0.04, 0.05])
@pytest.mark.parametrize("alpha", [0.05, look_alpha(2, 0.05), look_alpha(3, 0.05)])
def test_two_equal_models_ship_at_the_smallest_n_and_not_one_pair_sooner(margin: float, alpha: float) -> None:
    smallest = smallest_n_to_ship(margin, alpha)

    assert tango(0, 0, smallest, alpha=alpha).low > -margin
    assert tango(0, 0, smallest - 1, alpha=alpha).low <= -margin


def test_under_the_smallest_n_only_a_candidate_that_gains_more_than_it_loses_ships() -> None:
    lost, gained = (axis.ravel() for axis in np.meshgrid(np.arange(63), np.arange(63)))
    ships = tango(lost, gained, 124).low > -0.03

    assert ships.any()
    assert (gained > lost)[ships].all()


def test_the_first_look_has_the_whole_level_and_all_later_ones_two_fifths_of_it() -> None:
    later = sum(look_alpha(look, 0.05) for look in range(2, 5000))

    assert look_alpha(1, 0.05) == 0.05
    assert later < 0.4 * 0.05
    assert look_alpha(2, 0.05) == pytest.approx(0.05 * 6 / math.pi**2 / 4)
    assert look_alpha(5, 0.05) < look_alpha(4, 0.05)


@pytest.mark.parametrize(("n", "discordance", "difference", "ship_percent", "block_percent"), RULE)
def test_the_exact_chances_agree_with_the_simulated_rule(
    n: int, discordance: float, difference: float, ship_percent: int, block_percent: int
) -> None:
    """The allowance is the printed table's rounding and 2 Monte Carlo errors.

    The simulated rule also has a neutral synthetic group, which stops a SHIP when it reads worse
    by chance; 153 cases are assumed for it.
    """
    (real,) = operating_characteristics(n, discordance, margin=0.03, alpha=0.05, differences=(difference,))
    (synthetic,) = operating_characteristics(153, discordance, margin=0.03, alpha=0.05, differences=(0.0,))
    ship = real.ship * (1 - synthetic.block)

    for exact, printed in ((ship, ship_percent), (real.block, block_percent)):
        error = 2 * math.sqrt(exact * (1 - exact) / RULE_DRAWS)
        assert printed / 100 == pytest.approx(exact, abs=0.005 + error)


def test_the_exact_chances_agree_with_draws_from_the_same_models() -> None:
    """R = 20,000 trinomial draws of 65 pairs at discordance .15 and a true loss of 5 points."""
    rng = np.random.default_rng(7)
    lost, gained, _ = rng.multinomial(65, [0.10, 0.05, 0.85], size=20_000).T
    low, high = tango(lost, gained, 65)
    shipped, blocked = ((low > -0.03) & (high >= 0)).mean(), (high < 0).mean()

    (row,) = operating_characteristics(65, 0.15, margin=0.03, alpha=0.05, differences=(-0.05,))

    for exact, drawn in ((row.ship, shipped), (row.block, blocked)):
        assert drawn == pytest.approx(exact, abs=2 * math.sqrt(exact * (1 - exact) / 20_000))


def test_a_difference_above_the_discordance_raises_it_and_the_row_says_so() -> None:
    neutral, small, large = operating_characteristics(65, 0.10, margin=0.03, alpha=0.05)

    assert [row.discordance_raised for row in (neutral, small, large)] == [False, False, True]
    assert large.discordance == 0.12
    assert large.true_difference == -0.12


def test_models_that_never_differ_always_ship_from_125_pairs_and_never_before() -> None:
    (before,) = operating_characteristics(124, 0.0, margin=0.03, alpha=0.05, differences=(0.0,))
    (after,) = operating_characteristics(125, 0.0, margin=0.03, alpha=0.05, differences=(0.0,))

    assert (before.ship, before.no_verdict) == pytest.approx((0, 1))
    assert (after.ship, after.no_verdict) == pytest.approx((1, 0))


@given(
    st.integers(min_value=1, max_value=300),
    st.floats(min_value=0, max_value=1),
    st.floats(min_value=-1, max_value=1),
)
@settings(max_examples=60, deadline=None)
def test_the_three_chances_are_chances_and_add_up(n: int, discordance: float, difference: float) -> None:
    (row,) = operating_characteristics(n, discordance, margin=0.03, alpha=0.05, differences=(difference,))

    for chance in (row.ship, row.block, row.no_verdict):
        assert 0 <= chance <= 1 + 1e-9
    assert row.ship + row.block + row.no_verdict == pytest.approx(1, abs=1e-8)


def test_effective_n_agrees_with_the_printed_row() -> None:
    """153 cases from 31 parents; the row prints whole cases, rounded down."""
    found = [math.floor(effective_n(153, 153 / 31, icc)) for icc in (0.1, 0.3, 0.5, 0.8)]

    assert found == [109, 70, 51, 36]


def test_effective_n_is_all_cases_without_correlation_and_all_roots_with_full_one() -> None:
    assert effective_n(153, 153 / 31, 0.0) == 153
    assert effective_n(153, 153 / 31, 1.0) == pytest.approx(31)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: look_alpha(0, 0.05), "counted from 1, got 0"),
        (lambda: smallest_n_to_ship(0, 0.05), "margin must lie strictly between 0 and 1, got 0"),
        (lambda: needed_roots(1.2, 0.03, 0.05), "got 1.2"),
        (lambda: needed_roots(0.1, 0.03, 0.05, deff=0.5), "deff be at least 1"),
        (lambda: detectable_difference(0, 0.1, 0.05), "take more"),
        (lambda: detectable_difference(50, 0.0, 0.05), "discordance must lie strictly"),
        (lambda: effective_n(153, 0.5, 0.3), "cluster_size=0.5"),
        (lambda: operating_characteristics(0, 0.1, margin=0.03, alpha=0.05), "got n=0"),
    ],
)
def test_an_impossible_plan_is_refused_in_one_sentence(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
