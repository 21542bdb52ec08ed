"""Does a window of swaps find drift, does it stay silent without, and does it say when it cannot tell?

How the data are made. *Fresh* swaps share no case: a case's difference is -1, 0 or 1, not 0 with chance
0.15 in the real group and 0.10 in the synthetic one of 153 cases, each case its own root; a real
difference moves by the drift. *Reused* cases are answered by six models, as one frozen set is. A fifth
of the cases are flaky, each model's outcome a fair coin, so two models differ on 10 %; the others are
fixed, 70 % passed. The 153 synthetic cases are mutants of the first 31 real ones (29 of 5, 2 of 4): with
probability sqrt(icc) a mutant copies all its root's outcomes, else it is drawn like a real case, so two
mutants of a root correlate by icc. In a *star* five candidates meet one baseline, and two swaps correlate
by +1/2; in a *chain* each candidate is the next baseline, and consecutive swaps correlate by -1/2.

R is the number of draws. A bound is met when the share found still meets it with 2 Monte Carlo errors
taken against it.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, combine_pvalues, norm, t
from statsmodels.stats.multitest import multipletests

from workbench.stats.paired import Intervals
from workbench.stats.roots import jackknife
from workbench.stats.unseen import lacks
from workbench.stats.windows import Drift, Finding, Window, drift, sign_agreement, trend, window

Array = npt.NDArray[np.float64]
Swap = dict[str, tuple[Sequence[float] | Array, Sequence[object]]]

CONTRADICTION = {"real": 1.0, "synthetic": -1.0}
GAP = {"synthetic": 1.0, "real": -1.0}
SYNTHETIC = 153
PARENT = np.repeat(np.arange(31), [5] * 29 + [4] * 2).tolist()
ENDS = {"star": [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)], "chain": [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]}

NO_DRIFT = (0.0,) * 5
ONE_FALL = (0.0, 0.0, -0.15, 0.0, 0.0)
STEADY_FALL = (-0.08,) * 5


def error(share: float, draws: int) -> float:
    return 2 * math.sqrt(share * (1 - share) / draws)


def fresh_swap(rng: np.random.Generator, real: int, difference: float) -> Swap:
    lost, gained = (0.15 - difference) / 2, (0.15 + difference) / 2
    return {
        "real": (
            rng.choice([-1.0, 0.0, 1.0], real, p=[lost, 1 - lost - gained, gained]),
            rng.random(real).tolist(),
        ),
        "synthetic": (
            rng.choice([-1.0, 0.0, 1.0], SYNTHETIC, p=[0.05, 0.9, 0.05]),
            rng.random(SYNTHETIC).tolist(),
        ),
    }


@cache
def fresh(real: int, differences: tuple[float, ...], draws: int) -> list[Drift]:
    rng = np.random.default_rng([real, draws, int(-1000 * sum(differences))])
    return [
        drift(window([fresh_swap(rng, real, one) for one in differences], CONTRADICTION))
        for _ in range(draws)
    ]


def answers(rng: np.random.Generator, cases: int) -> Array:
    """Draw pass or fail of each case by each of six models."""
    fixed, coin = rng.random((cases, 1)) < 0.7, rng.random((cases, 6)) < 0.5
    return np.where(rng.random((cases, 1)) < 0.2, coin, fixed).astype(float)


def both_groups(rng: np.random.Generator, real_cases: int, icc: float) -> tuple[Array, Array]:
    real, own = answers(rng, real_cases), answers(rng, SYNTHETIC)
    return real, np.where(rng.random((SYNTHETIC, 1)) < np.sqrt(icc), real[PARENT], own)


def reused(real: Array, synthetic: Array, shape: str) -> Window:
    swaps: list[Swap] = [
        {
            "real": (real[:, new] - real[:, old], range(len(real))),
            "synthetic": (synthetic[:, new] - synthetic[:, old], PARENT),
        }
        for old, new in ENDS[shape]
    ]
    return window(swaps, CONTRADICTION)


def levels(real: Array, synthetic: Array, weights: dict[str, float]) -> Finding:
    swaps: list[Swap] = [
        {"real": (real[:, model], range(len(real))), "synthetic": (synthetic[:, model], PARENT)}
        for model in range(5)
    ]
    return trend(window(swaps, weights))


def under(findings: Sequence[Finding | Drift], level: float = 0.05) -> float:
    """Share of alarms; what says nothing raises none."""
    return float(np.mean([one.p is not None and one.p < level for one in findings]))


def z_of(seen: Window, level: float = 0.05) -> Array:
    """Return value over standard error by swap, by the textbook formula and what few changes lack."""
    spread = np.nanvar(seen.pull, axis=1, ddof=1)
    many = (~np.isnan(seen.pull)).sum(axis=1)
    lacking = lacks(*seen.departed, alpha=level).sum(axis=1)
    return np.asarray(seen.value / np.sqrt(spread * (many - 1) ** 2 / many + lacking))


def test_each_swap_has_the_value_and_the_error_of_the_root_jackknife() -> None:
    rng = np.random.default_rng(1)
    real, synthetic = both_groups(rng, 65, 0.3)
    swaps: list[Swap] = [
        {
            "real": (real[:40, 1] - real[:40, 0], range(40)),
            "synthetic": (synthetic[:, 1] - synthetic[:, 0], PARENT),
        },
        {"real": (real[20:, 2] - real[20:, 0], range(20, 65)), "synthetic": (synthetic[:, 2], PARENT)},
    ]

    seen = window(swaps, CONTRADICTION)

    for row, swap in enumerate(swaps):
        alone = jackknife(swap, CONTRADICTION)
        assert seen.value[row] == pytest.approx(alone.value)
        assert seen.value[row] / z_of(seen)[row] == pytest.approx(alone.se)
        assert seen.roots[row] == 31
        assert (~np.isnan(seen.pull[row])).sum() == alone.roots


@pytest.mark.parametrize("real", [65, 184])
def test_without_drift_each_line_rarely_raises_an_alarm(real: int) -> None:
    """R = 2,000 fresh windows: at most 7 %. The notes print 4 to 5 % by line; both together have 3 to 4 %."""
    found = fresh(real, NO_DRIFT, 2000)

    for alarms in ([one.abrupt for one in found], [one.slow for one in found], found):
        assert under(alarms) > 0.02
        assert under(alarms) + error(under(alarms), 2000) <= 0.07


@pytest.mark.parametrize(("real", "printed", "both"), [(65, 0.62, 0.55), (184, 0.94, 0.92)])
def test_one_swap_that_falls_by_15_points_is_found_as_printed(real: int, printed: float, both: float) -> None:
    """R = 1,000 fresh windows, the abrupt line at 5 %. Asked both questions, fewer."""
    found = fresh(real, ONE_FALL, 1000)

    assert under([one.abrupt for one in found]) == pytest.approx(printed, abs=error(printed, 1000) + 0.005)
    assert np.mean([one.row == 2 for one in found if one.p is not None and one.p < 0.05]) > 0.9
    assert under(found) == pytest.approx(both, abs=error(both, 1000) + 0.005)


@pytest.mark.parametrize(("real", "printed"), [(65, 0.91), (184, 1.0)])
def test_a_steady_gap_of_8_points_is_found_as_printed(real: int, printed: float) -> None:
    """R = 400 fresh windows, the slow line at 5 %; the abrupt one finds fewer."""
    found = fresh(real, STEADY_FALL, 400)
    slow = [one.slow for one in found]

    assert under(slow) == pytest.approx(printed, abs=error(printed, 400) + 0.005)
    assert under(slow) > under([one.abrupt for one in found])
    assert np.mean([one.estimate for one in slow]) == pytest.approx(-0.08, abs=0.005)


def test_the_interval_of_the_slow_line_covers_a_steady_gap() -> None:
    """R = 400 fresh windows of 65: half of alpha, so 97.5 %; at least 92 %."""
    share = float(np.mean([one.slow.low < -0.08 < one.slow.high for one in fresh(65, STEADY_FALL, 400)]))

    assert share - error(share, 400) >= 0.92


def test_an_alarm_is_an_interval_that_leaves_0_out() -> None:
    for one in fresh(65, ONE_FALL, 1000) + fresh(65, NO_DRIFT, 2000):
        for line in (one.abrupt, one.slow):
            assert (line.low * line.high > 0) == (line.p < 0.025)
        assert (one.p < 0.05) == (min(one.abrupt.p, one.slow.p) < 0.025)


@pytest.mark.parametrize("shape", ["star", "chain"])
@pytest.mark.parametrize("icc", [0.0, 0.6])
def test_reused_cases_and_a_shared_baseline_raise_no_false_alarms(shape: str, icc: float) -> None:
    """R = 1,500, 65 real cases, no drift: each line and both at most 7 %.

    In a chain few changes of alike mutants make the slow line cautious: what two swaps lack of changes is
    taken to go together, and there it goes apart.
    """
    rng = np.random.default_rng([int(10 * icc), len(shape)])
    found = [drift(reused(*both_groups(rng, 65, icc), shape)) for _ in range(1500)]

    for alarms in ([one.abrupt for one in found], [one.slow for one in found], found):
        share = under(alarms)
        assert share + error(share, 1500) <= 0.07
    assert under([one.slow for one in found]) > (0.005 if (shape, icc) == ("chain", 0.6) else 0.02)


@pytest.mark.parametrize(("shape", "least", "most"), [("star", 0.20, 0.32), ("chain", 0.0, 0.005)])
def test_a_sum_over_the_root_of_k_would_count_a_shared_baseline_as_new_evidence(
    shape: str, least: float, most: float
) -> None:
    """R = 600, no drift: why the sum is jackknifed. In theory 26 % and 0 %: the sum varies by 15 and 1."""
    rng = np.random.default_rng(8)
    z = [z_of(reused(*both_groups(rng, 65, 0.3), shape)).sum() / math.sqrt(5) for _ in range(600)]

    assert least <= np.mean(np.abs(z) > 1.96) <= most


def test_a_slow_fall_along_a_chain_is_found_that_the_root_of_k_mostly_misses() -> None:
    """R = 300, 65 real cases of which each new model loses 4 points for good: found in 79 % and 28 %."""
    rng = np.random.default_rng(9)
    found, naive = [], []
    for _ in range(300):
        real, synthetic = both_groups(rng, 65, 0.0)
        real[rng.random(65)[:, None] < np.arange(6) * 0.04 / 0.7] = 0
        seen = reused(real, synthetic, "chain")
        found.append(drift(seen).slow)
        naive.append(abs(z_of(seen).sum()) > 1.96 * math.sqrt(5))

    assert under(found) > 0.7
    assert np.mean(naive) < 0.4


def test_for_swaps_that_share_nothing_the_slow_line_is_stouffers() -> None:
    seen = window(
        [fresh_swap(np.random.default_rng(number), 65, -0.03) for number in range(5)], CONTRADICTION
    )
    z = z_of(seen, 0.025)

    slow = drift(seen).slow

    assert norm.isf(combine_pvalues(norm.sf(z), "stouffer").pvalue) == pytest.approx(z.sum() / math.sqrt(5))
    assert slow.p == pytest.approx(2 * t.sf(abs(z.sum()) / math.sqrt(5), 64), rel=0.02)
    assert slow.estimate == pytest.approx(np.average(seen.value, weights=z / seen.value))


def test_the_same_swap_five_times_is_the_evidence_of_one() -> None:
    swap = fresh_swap(np.random.default_rng(3), 65, -0.15)
    alone = jackknife(swap, CONTRADICTION, alpha=0.025)

    slow = drift(window([swap] * 5, CONTRADICTION)).slow

    assert (slow.estimate, slow.low, slow.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert slow.n == 5


def test_the_abrupt_p_is_holms_smallest() -> None:
    for number in range(20):
        rng = np.random.default_rng(number)
        seen = window([fresh_swap(rng, 65, -0.05) for _ in range(5)], CONTRADICTION)
        own = 2 * t.sf(np.abs(z_of(seen, 0.025 / 5)), 64)

        found = drift(seen)

        assert found.abrupt.p == pytest.approx(multipletests(own, method="holm")[1].min())
        assert found.row == own.argmin()
        assert found.abrupt.estimate == seen.value[found.row]


def test_only_the_last_swaps_are_read_and_the_order_of_cases_does_not_matter() -> None:
    rng = np.random.default_rng(12)
    swaps = [fresh_swap(rng, 65, one) for one in (-0.15, -0.15, 0, 0, 0, 0, 0)]
    turned = [{name: (d[::-1], root[::-1]) for name, (d, root) in swap.items()} for swap in swaps]

    late, long = (drift(window(swaps, CONTRADICTION), k) for k in (5, 7))
    alone = drift(window(swaps[-5:], CONTRADICTION))

    assert late.slow == pytest.approx(alone.slow)
    assert late.row == alone.row + 2
    assert (late.slow.n, long.slow.n) == (5, 7)
    assert drift(window(turned, CONTRADICTION)).slow.p == pytest.approx(late.slow.p)


@pytest.mark.parametrize("icc", [0.0, 0.6])
def test_levels_that_stay_where_they_are_rarely_show_a_trend(icc: float) -> None:
    """R = 600, 65 real cases, five models on one set: at most 7 %, coverage at least 92 %."""
    rng = np.random.default_rng([4, int(10 * icc)])
    found = [levels(*both_groups(rng, 65, icc), GAP) for _ in range(600)]
    share = under(found)

    assert share + error(share, 600) <= 0.07
    assert np.mean([one.low < 0 < one.high for one in found]) == pytest.approx(1 - share)


def test_synthetic_climbing_and_seed_flat_shows_in_the_slopes() -> None:
    """R = 200, 184 real cases; synthetic cases that fail are learned for good, 4 points a swap."""
    rng = np.random.default_rng(6)
    slopes: dict[str, list[Finding]] = {"gap": [], "synthetic": [], "real": []}
    for _ in range(200):
        real, synthetic = both_groups(rng, 184, 0.0)
        # 34 % of all outcomes are fails, and a learned case turns only those.
        synthetic[rng.random(SYNTHETIC)[:, None] < np.arange(6) * 0.04 / 0.34] = 1
        for name, weights in (("gap", GAP), ("synthetic", {"synthetic": 1.0}), ("real", {"real": 1.0})):
            slopes[name].append(levels(real, synthetic, weights))

    means = {name: np.mean([one.estimate for one in found]) for name, found in slopes.items()}
    assert means == pytest.approx({"gap": 0.04, "synthetic": 0.04, "real": 0}, abs=0.003)
    assert under(slopes["gap"]) > 0.75
    assert under(slopes["real"]) <= 0.07
    held = float(np.mean([one.low <= 0.04 <= one.high for one in slopes["gap"]]))
    assert held + error(held, 200) >= 0.95
    for gap, synthetic_slope, real_slope in zip(*slopes.values(), strict=True):
        assert gap.estimate == pytest.approx(synthetic_slope.estimate - real_slope.estimate)


def test_the_slope_is_that_of_least_squares_and_a_swap_left_out_keeps_its_place() -> None:
    rng = np.random.default_rng(2)
    swaps: list[Swap] = [{"real": (answers(rng, 40)[:, 0], range(40))} for _ in range(5)]
    swaps[2] = {"real": ([1.0] * 9, range(9))}

    found = trend(window(swaps, {"real": 1}))

    rates = [np.mean(swaps[row]["real"][0]) for row in (0, 1, 3, 4)]
    assert found.estimate == pytest.approx(np.polyfit([0, 1, 3, 4], rates, 1)[0])
    assert found.n == 4


UP, DOWN, OPEN, NONE = (0.01, 0.2), (-0.2, -0.01), (-0.1, 0.1), (math.nan, math.nan)


def intervals(*limits: tuple[float, float]) -> Intervals:
    return Intervals(*np.array(limits).T)


@pytest.mark.parametrize(
    ("real", "synthetic", "agree", "resolved", "luck"),
    [
        ([UP] * 5, [UP] * 5, 5, 5, 1 / 32),
        ([UP, UP, DOWN, DOWN, UP], [UP, UP, DOWN, DOWN, DOWN], 4, 5, 6 / 32),
        ([UP, OPEN, DOWN, NONE, OPEN], [UP, UP, DOWN, DOWN, OPEN], 2, 2, 1 / 4),
        ([UP, OPEN], [DOWN, OPEN], 0, 1, 1.0),
    ],
)
def test_signs_are_counted_where_both_groups_are_resolved(
    real: list[tuple[float, float]],
    synthetic: list[tuple[float, float]],
    agree: int,
    resolved: int,
    luck: float,
) -> None:
    found = sign_agreement(intervals(*real), intervals(*synthetic))

    assert found.n == resolved
    assert found.estimate == agree / resolved
    assert found.p == pytest.approx(luck)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_signs_of_unresolved_swaps_say_nothing() -> None:
    found = sign_agreement(intervals(UP, OPEN, NONE), intervals(OPEN, OPEN, UP))

    assert found[:4] == (None,) * 4
    assert found.reason == "No swap of 3 is resolved in both groups."


@pytest.mark.parametrize(
    ("truth", "same_five_times", "opposite_once"), [(0.0, 0.01, 0.92), (0.03, 0.08, 0.76), (0.04, 0.17, 0.62)]
)
def test_the_signs_of_mere_estimates_agree_and_differ_by_luck(
    truth: float, same_five_times: float, opposite_once: float
) -> None:
    """Exact, 65 real and 153 synthetic cases at discordance 0.15 and 0.10, both truly moved by ``truth``.

    The notes print 92 % and 76 % of windows with an opposite sign, as here, and 19 % of windows with five
    equal signs at +4 points, which is 17.4 % here and 18.5 % with the two discordances exchanged.
    """

    def signs(n: int, discordance: float) -> tuple[float, float]:
        changed, gained = np.arange(n + 1), (discordance + truth) / 2 / discordance
        chance = binom.pmf(changed, n, discordance)
        up, down = (float(chance @ binom.sf(changed // 2, changed, one)) for one in (gained, 1 - gained))
        return up, down

    (real_up, real_down), (up, down) = signs(65, 0.15), signs(SYNTHETIC, 0.10)

    assert (real_up * up + real_down * down) ** 5 == pytest.approx(same_five_times, abs=0.005)
    assert 1 - (1 - real_up * down - real_down * up) ** 5 == pytest.approx(opposite_once, abs=0.005)


HALF = np.array([1.0, 0.0] * 15)
TIE = np.zeros(30)


def one_group(*rows: Array) -> Window:
    return window([{"real": (d, range(d.size))} for d in rows], {"real": 1})


ALIKE: Swap = {"real": (HALF, range(30)), "synthetic": (HALF, range(30))}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (drift(one_group(HALF, HALF)).slow, "10 roots in every group; the window has 2."),
        (
            drift(one_group(HALF, HALF, HALF[:9], HALF[:0])).abrupt,
            "10 roots in every group; the window has 2.",
        ),
        (drift(window([ALIKE] * 3, CONTRADICTION)).slow, "the groups change alike root by root"),
        (drift(one_group(HALF, -HALF, HALF, -HALF)).slow, "The swaps cancel"),
        (trend(one_group(HALF, HALF)), "10 roots in every group; the window has 2."),
        (trend(one_group(HALF, HALF, HALF)), "No root changes the slope"),
        (drift(window([], {"real": 1})).slow, "the window has 0."),
    ],
)
def test_what_cannot_be_told_has_its_reason(found: Finding, says: str) -> None:
    assert found[:4] == (None,) * 4
    assert found.reason is not None
    assert says in found.reason


def test_swaps_in_which_nothing_changes_show_neither_drift_nor_certainty() -> None:
    found = drift(one_group(TIE, TIE, TIE))

    assert found.p == 1
    assert found.slow.low < -0.05 < 0.05 < found.slow.high


def test_swaps_that_cancel_leave_the_abrupt_line() -> None:
    found = drift(one_group(HALF, -HALF, HALF, -HALF))

    assert found.p == pytest.approx(2 * found.abrupt.p)


def test_a_swap_without_a_group_has_no_value() -> None:
    seen = window([{"real": (HALF, range(30))}, {}], {"real": 1})

    assert np.isnan(seen.value).tolist() == [False, True]
    assert seen.roots.tolist() == [30, 0]
    assert np.isnan(seen.pull[1]).all()


cases = st.lists(st.tuples(st.sampled_from([-1.0, -0.5, 0.0, 1.0]), st.integers(0, 14)), max_size=40)


@given(st.lists(st.tuples(cases, cases), max_size=6))
@settings(max_examples=80, deadline=None)
def test_any_swaps_give_numbers_or_a_reason(groups: list[tuple[list[tuple[float, int]], ...]]) -> None:
    swaps = [
        {
            name: ([d for d, _ in told], [root for _, root in told])
            for name, told in zip(CONTRADICTION, pair, strict=True)
        }
        for pair in groups
    ]
    seen = window(swaps, CONTRADICTION)
    told = drift(seen)

    for finding in (told.abrupt, told.slow, trend(seen)):
        if finding.reason is None:
            assert np.isfinite(finding[:4]).all()
            assert finding.low <= finding.estimate <= finding.high
        else:
            assert finding[:4] == (None,) * 4
    assert (told.p is None) == (told.row is None) == (told.abrupt.p is None)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: window([], {}), "name a group at least"),
        (lambda: window([], {"real": 0}), "finite and not 0"),
        (lambda: window([{"real": ([2.0], "a")}], {"real": 1}), "between -1 and 1"),
        (lambda: drift(one_group(HALF), 2), "at least 3 swaps, got k=2"),
        (lambda: trend(one_group(HALF), alpha=1), "alpha must lie"),
        (lambda: sign_agreement(intervals(UP), intervals(UP, UP)), "got 1 and 2"),
    ],
)
def test_an_impossible_window_is_refused_in_one_sentence(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
