"""The gap between two subsets: published vectors, what it does at the edges, and its level over seeded draws."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from workbench.stats.clusters import jackknife
from workbench.stats.subsets import Subset, change_gap, level_of_zero, rate_gap

R, FEWER = 600, 100
"""Draws of a setting; fewer where one takes long."""


def slack(draws: int) -> float:
    """Two Monte Carlo errors at the nominal level."""
    return 2 * (0.05 * 0.95 / draws) ** 0.5


def passed(count: int, n: int, start: int = 0) -> Subset:
    """A subset of independent cases, some of which pass."""
    return Subset([1.0] * count + [0.0] * (n - count), range(start, start + n))


@pytest.mark.parametrize(
    ("one", "other"), [((129, 153), (26, 65)), ((30, 30), (20, 30)), ((0, 40), (3, 60)), ((56, 70), (48, 80))]
)
def test_the_interval_of_independent_rates_is_that_of_statsmodels(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """The last is Newcombe's own first example: .2000 (.0524, .3339)."""
    found = rate_gap(passed(*one), passed(*other, start=1000))
    expected = confint_proportions_2indep(*one, *other, method="newcomb")

    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert found.method == "Newcombe"


def test_newcombes_published_example() -> None:
    found = rate_gap(passed(56, 70), passed(48, 80, start=1000))

    assert f"{found.value:.4f} {found.low:.4f} {found.high:.4f}" == "0.2000 0.0524 0.3339"


def test_the_long_texts_own_gap_is_44_points() -> None:
    """129 of 153 synthetic and 26 of 65 real cases; the notes have 30.5 to 56.4."""
    found = rate_gap(passed(129, 153), passed(26, 65, start=1000))

    assert [f"{100 * end:.1f}" for end in (found.value, found.low, found.high)] == ["44.3", "30.5", "56.4"]


def test_a_side_under_ten_roots_is_described_without_an_interval() -> None:
    found = rate_gap(passed(9, 9), passed(20, 60, start=1000))

    assert (found.value, found.low) == (pytest.approx(2 / 3), None)
    assert "Fewer than 10 roots on one side (9)" in str(found.reason)
    assert rate_gap(Subset([], []), passed(20, 60)).value is None


def test_relatives_on_one_side_widen_the_interval_and_relatives_across_narrow_it() -> None:
    alike = [1.0, 1.0, 0.0, 1.0, 0.0] * 20
    alone = rate_gap(Subset(alike, range(100)), Subset(alike, range(200, 300)))
    families = rate_gap(Subset(alike, [n // 10 for n in range(100)]), Subset(alike, range(200, 300)))
    copies = rate_gap(Subset(alike, range(100)), Subset(alike, range(100)))
    width = [found.high - found.low for found in (families, alone, copies)]

    assert width == sorted(width, reverse=True)
    assert width[2] < width[1] / 2


def test_a_subset_in_which_nothing_varies_is_not_taken_for_certain() -> None:
    """Ten cases with a word, none lost, beside 150 without it, eight lost: neither way calls that shown."""
    holding = Subset([0.0] * 10, range(10))
    without = Subset([-1.0] * 8 + [0.0] * 142, range(10, 160))
    both = {"holding": holding, "without": without}

    assert jackknife(both, {"holding": 1, "without": -1}).low < 0
    assert change_gap(holding, without).low < 0


def test_the_level_of_zero_is_where_the_interval_touches_it() -> None:
    one, other = passed(30, 40), passed(18, 40, start=100)
    level = level_of_zero(lambda alpha: rate_gap(one, other, alpha=alpha), alpha=0.05)

    assert 0.001 < level < 0.05
    assert rate_gap(one, other, alpha=level).low == pytest.approx(0, abs=3e-3)
    assert level_of_zero(lambda alpha: rate_gap(one, passed(29, 40, start=200), alpha=alpha), alpha=0.05) == 1


# Level and coverage


def rates(
    rng: np.random.Generator,
    n: tuple[int, int],
    p: tuple[float, float],
    *,
    per: int,
    icc: float,
    across: bool,
) -> tuple[Subset, Subset]:
    """Synthetic and real passes of given rates.

    Each case passes when a uniform number is under the rate; a case takes its root's number with the
    probability sqrt(icc), so that two relatives have it in common with the probability icc. A synthetic
    root has `per` cases; across groups, the n-th synthetic root is the n-th real case's.
    """
    synthetic, real = np.arange(n[0]) // per, np.arange(n[1])
    roots = rng.random(max(n))
    own = rng.random(n[0]), rng.random(n[1])
    taken = [rng.random(size) < icc**0.5 for size in n]
    shared = [roots[synthetic], roots[real] if across else rng.random(n[1])]
    values = [
        np.where(take, root, alone) < rate
        for take, root, alone, rate in zip(taken, shared, own, p, strict=True)
    ]
    names = synthetic.tolist(), (real if across else real + 10_000).tolist()
    return Subset(values[0].astype(float), names[0]), Subset(values[1].astype(float), names[1])


@pytest.mark.parametrize(
    ("n", "per", "icc", "across"),
    [((153, 65), 1, 0.0, False), ((30, 30), 1, 0.0, False), ((150, 65), 5, 0.6, False), ((600, 120), 5, 0.6, True), ((120, 60), 2, 0.9, True)],
    ids=["the text's sizes", "thirty each", "families of five", "mutants of the seed", "close copies"],
)  # fmt: skip
@pytest.mark.parametrize("p", [(0.9, 0.8), (1.0, 0.9), (0.97, 0.97)])
def test_a_gap_of_ten_points_is_rarely_called_beyond_or_within_it(
    n: tuple[int, int], p: tuple[float, float], *, per: int, icc: float, across: bool
) -> None:
    """At a true gap of ten both claims are wrong; the interval covers the truth in 92 % of draws or more."""
    rng = np.random.default_rng(62)
    true, covered, claims = p[0] - p[1], 0, 0
    for _ in range(R):
        found = rate_gap(*rates(rng, n, p, per=per, icc=icc, across=across))
        covered += found.low <= true <= found.high
        claims += (
            found.low > 0.1 or found.high < -0.1 or (found.low > -0.1 and found.high < 0.1 and true > 0.09)
        )

    assert covered / R >= 0.92
    assert claims / R <= 0.07


def changes(
    rng: np.random.Generator, roots: np.ndarray, *, discordance: float, delta: float, icc: float
) -> np.ndarray:
    """Lost, gained or same per case; a case takes its root's change with the probability icc."""
    gain = (max(discordance, abs(delta)) + delta) / 2
    shares = [gain - delta, 1 - 2 * gain + delta, gain]
    drawn = [rng.choice([-1.0, 0.0, 1.0], size=size, p=shares) for size in (roots.max() + 1, len(roots))]
    return np.where(rng.random(len(roots)) < icc, drawn[0][roots], drawn[1])


@pytest.mark.parametrize(
    ("holding", "without", "per", "icc"),
    [(10, 150, 1, 0.0), (32, 65, 1, 0.0), (60, 140, 5, 0.6)],
    ids=["a rare word", "the router's sizes", "families of five"],
)
@pytest.mark.parametrize(("discordance", "delta"), [(0.05, -0.05), (0.2, 0.1), (0.6, 0.6)])
def test_a_word_that_changes_nothing_is_rarely_called_a_trigger(
    holding: int, without: int, per: int, icc: float, discordance: float, delta: float
) -> None:
    """Both sides lose or gain alike. In the first setting the root jackknife alone fires in half of the draws."""
    rng = np.random.default_rng(32)
    roots = np.arange(holding + without) // per
    alarms = 0
    for _ in range(FEWER):
        d = changes(rng, roots, discordance=discordance, delta=delta, icc=icc)
        has = np.zeros(len(d), dtype=bool)
        has[rng.permutation(len(d))[:holding]] = True
        found = change_gap(Subset(d[has], roots[has].tolist()), Subset(d[~has], roots[~has].tolist()))
        alarms += not found.low <= 0 <= found.high

    assert alarms / FEWER <= 0.05 + slack(FEWER)
