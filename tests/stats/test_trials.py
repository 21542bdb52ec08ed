"""Seeded simulations: does the interval cover, and do trials help, when a case is answered K times?

How the data are made. Every case has a chance to pass under the baseline and one under the
candidate, and each model answers it in K trials; d is the difference of the two shares passed. A
share ``flaky`` of cases passes with a chance that is uniform from 0 to 1. The rest lies near 1
(80 %) or near 0, by a Beta(0.3, 12) from either end, and exactly there when ``steady``. The
candidate has the baseline's chance, but for the case effects: a share ``lost`` passes always under
the baseline and never under the candidate, a share ``gained`` the reverse, and a share ``worn``
passes always under the baseline and with a uniform chance under the candidate. So the true
difference is ``gained - lost - worn / 2``, whatever K.

Mutants copy both chances of their root with probability sqrt(icc) and else draw their own, so the
chances of two mutants of one root correlate by icc; 80 roots have 5 mutants each.

R is the number of draws. A bound is met when the share found still meets it with 2 Monte Carlo
errors, 2 sqrt(p (1 - p) / R), taken against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from workbench.stats.clusters import Estimate, GroupEstimate, group_interval, jackknife_of

Array = npt.NDArray[np.float64]

MARGIN = 0.03
FAMILY = 5


class Chances(NamedTuple):
    """The chance to pass of each case, per model."""

    baseline: Array
    candidate: Array


@dataclass(frozen=True)
class Models:
    """Two models, by how their answers to a case differ and vary."""

    flaky: float
    lost: float = 0.0
    gained: float = 0.0
    worn: float = 0.0
    steady: bool = False

    @property
    def difference(self) -> float:
        """The true difference of the two pass rates."""
        return self.gained - self.lost - self.worn / 2

    def chances(self, rng: np.random.Generator, n: int) -> Chances:
        """Draw n independent cases."""
        away = np.zeros(n) if self.steady else rng.beta(0.3, 12, n)
        usual = np.where(rng.random(n) < 0.8, 1 - away, away)
        baseline = np.where(rng.random(n) < self.flaky, rng.random(n), usual)
        effect = rng.choice(
            4, n, p=[1 - self.lost - self.gained - self.worn, self.lost, self.gained, self.worn]
        )
        return Chances(
            np.choose(effect, [baseline, 1, 0, 1]), np.choose(effect, [baseline, 0, 1, rng.random(n)])
        )

    def differences(self, rng: np.random.Generator, n: int, trials: int) -> Array:
        """Draw n independent cases and answer them."""
        return answered(rng, self.chances(rng, n), trials)

    def of_mutants(self, rng: np.random.Generator, roots: int, trials: int, icc: float) -> Array:
        """Draw the mutants of some roots and answer them."""
        parents, own = self.chances(rng, roots), self.chances(rng, roots * FAMILY)
        copies = rng.random(roots * FAMILY) < np.sqrt(icc)
        mixed = [
            np.where(copies, np.repeat(one, FAMILY), other) for one, other in zip(parents, own, strict=True)
        ]
        return answered(rng, Chances(*mixed), trials)


def answered(rng: np.random.Generator, chances: Chances, trials: int) -> Array:
    return (rng.binomial(trials, chances.candidate) - rng.binomial(trials, chances.baseline)) / trials


ALIKE = Models(flaky=0.25)
LOSES_5 = Models(flaky=0.25, lost=0.05)
LOSES_8 = Models(flaky=0.25, lost=0.08)
GAINS_4 = Models(flaky=0.25, gained=0.04)
SWAPS_CASES = Models(flaky=0.25, lost=0.03, gained=0.03)
FEW_CHANGE = Models(flaky=0.02, lost=0.01, steady=True)
ONE_WAY = Models(flaky=0.0, worn=0.1, steady=True)
RARELY_LOST = Models(flaky=0.5, lost=0.02)


@lru_cache
def samples(models: Models, n: int, trials: int, draws: int) -> tuple[Array, ...]:
    rng = np.random.default_rng([n, trials, draws, int(1000 * models.flaky), int(1000 * models.lost)])
    return tuple(models.differences(rng, n, trials) for _ in range(draws))


@lru_cache
def intervals(models: Models, n: int, trials: int, draws: int) -> tuple[GroupEstimate, ...]:
    return tuple(group_interval(d, range(n)) for d in samples(models, n, trials, draws))


def jackknives(models: Models, n: int, trials: int, draws: int) -> list[Estimate]:
    def plain(d: Array) -> Estimate:
        return jackknife_of(lambda keep: float(d[keep].mean()), range(n))

    return [plain(d) for d in samples(models, n, trials, draws)]


def covered(estimates: Sequence[Estimate], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in estimates if one.low is not None]))


def width(estimates: Sequence[Estimate]) -> float:
    return float(np.median([one.high - one.low for one in estimates if one.low is not None]))


def error(share: float, draws: int) -> float:
    return 2 * float(np.sqrt(share * (1 - share) / draws))


def test_the_made_models_differ_as_stated() -> None:
    """R = 200,000 cases: the mean is the true difference, and trials take away flaky spread alone."""
    rng = np.random.default_rng(2)
    models = Models(flaky=0.25, lost=0.05, gained=0.02, worn=0.06)

    once, often = (models.differences(rng, 200_000, trials) for trials in (1, 10))

    assert once.mean() == pytest.approx(models.difference, abs=0.003)
    assert often.mean() == pytest.approx(models.difference, abs=0.003)
    assert set(np.unique(once)) == {-1, 0, 1}
    assert 0.07 < often.var() < once.var() - 0.05


@pytest.mark.parametrize(
    ("models", "n", "trials"),
    [
        (ALIKE, 65, 3),
        (ALIKE, 184, 10),
        (LOSES_5, 65, 10),
        (LOSES_5, 184, 3),
        (LOSES_8, 184, 5),
        (GAINS_4, 400, 5),
        (FEW_CHANGE, 184, 10),
        (ONE_WAY, 65, 5),
        (RARELY_LOST, 65, 10),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else f"{100 * value.difference:+.0f} points",
)
def test_the_interval_of_averaged_trials_covers(models: Models, n: int, trials: int) -> None:
    """R = 800: at least 92 %."""
    share = covered(intervals(models, n, trials, 800), models.difference)

    assert share - error(share, 800) >= 0.92


def test_more_trials_ship_more_swaps_of_equal_models() -> None:
    """R = 200, 184 cases: each step up in trials ships more, from under a third to over two thirds."""
    ships = [
        float(np.mean([one.low > -MARGIN for one in intervals(ALIKE, 184, trials, 200)]))
        for trials in (1, 3, 5, 10)
    ]

    assert ships == sorted(set(ships))
    assert ships[0] + error(ships[0], 200) < 1 / 3
    assert ships[-1] - error(ships[-1], 200) > 2 / 3


@pytest.mark.parametrize("models", [ALIKE, LOSES_8, SWAPS_CASES], ids=["alike", "-8 points", "both ways"])
def test_many_changed_cases_cost_little_width_over_the_jackknife(models: Models) -> None:
    """R = 200, 184 cases, five trials: at most a third, where the sums alone cost up to twice as much."""
    ratio = width(intervals(models, 184, 5, 200)) / width(jackknives(models, 184, 5, 200))

    assert 1 <= ratio < 1.33


def test_the_jackknife_does_not_cover_a_few_cases_that_are_wholly_lost() -> None:
    """R = 800, 184 cases, ten trials: why whole changes are counted that were not seen."""
    share = covered(jackknives(FEW_CHANGE, 184, 10, 800), FEW_CHANGE.difference)

    assert share + error(share, 800) < 0.92


def test_equal_models_are_rarely_blocked_and_worse_ones_rarely_shipped() -> None:
    """R = 800, 184 cases: at most 5 % blocked, and at most 2 % shipped that are 5 points worse."""
    blocked = float(np.mean([one.high < 0 for one in intervals(ALIKE, 184, 10, 800)]))
    shipped = float(np.mean([one.low > -MARGIN for one in intervals(LOSES_5, 184, 3, 800)]))

    assert blocked + error(blocked, 800) <= 0.05
    assert shipped + error(shipped, 800) <= 0.02


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize(("models", "trials"), [(LOSES_5, 3), (GAINS_4, 10)], ids=["-5 points", "+4 points"])
def test_the_interval_of_averaged_trials_of_mutants_covers(models: Models, trials: int, icc: float) -> None:
    """R = 400, 80 roots of 5 mutants: at least 92 %, and narrower than the sums alone allow."""
    rng = np.random.default_rng([trials, int(10 * icc)])
    root = np.repeat(np.arange(80), FAMILY).tolist()
    estimates = [group_interval(models.of_mutants(rng, 80, trials, icc), root) for _ in range(400)]
    share = covered(estimates, models.difference)

    assert share - error(share, 400) >= 0.92
    assert np.median([one.effective_n * one.deff / 400 for one in estimates]) > 1.1
