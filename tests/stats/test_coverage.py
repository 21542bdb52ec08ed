"""Seeded simulations: do intervals cover, and do levels hold, when mutants share roots?

How the data are made. A case's difference is -1, 0 or 1; ``discordance`` is the chance that it is
not 0, ``difference`` its mean. Every root draws one such outcome. Each of its mutants copies the
root's outcome with probability sqrt(icc) and else draws its own, so two mutants of one root
correlate by exactly icc, and a mutant and its parent by sqrt(icc). The usual set has 153 mutants
of 31 parents (29 of 5 and 2 of 4). Where real cases take part, each is its own root and the first
31 are the mutants' parents.

R is the number of draws. A bound is met when the share found still meets it with 2 Monte Carlo
errors, 2 sqrt(p (1 - p) / R), taken against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from workbench.stats.clusters import Estimate, group_interval, jackknife

Array = npt.NDArray[np.float64]

EVEN = np.array([5] * 29 + [4] * 2)
UNEVEN = np.array([1] * 10 + [2] * 6 + [4] * 5 + [8] * 4 + [14] * 3 + [20])
MIX = {"real": 0.3, "synthetic": 0.7}
CONTRADICTION = {"real": 1.0, "synthetic": -1.0}


@dataclass(frozen=True)
class World:
    """How often, and which way, two models differ."""

    discordance: float
    difference: float

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """Draw n independent differences."""
        lost, gained = (self.discordance - self.difference) / 2, (self.discordance + self.difference) / 2
        return rng.choice([-1.0, 0.0, 1.0], n, p=[lost, 1 - lost - gained, gained])

    def mutants(
        self, rng: np.random.Generator, parents: Array, sizes: npt.NDArray[np.int_], icc: float
    ) -> Array:
        """Draw mutants that correlate by ``icc`` within their root."""
        copies = rng.random(sizes.sum()) < np.sqrt(icc)
        return np.where(copies, np.repeat(parents, sizes), self.draw(rng, int(sizes.sum())))


NEUTRAL = World(discordance=0.10, difference=0.0)
WORSE = World(discordance=0.15, difference=-0.05)
BETTER = World(discordance=0.20, difference=0.10)


def covered(estimates: Sequence[Estimate], truth: float) -> float:
    """Share of intervals that hold the truth; an estimate without one claims nothing."""
    given = [one for one in estimates if one.low is not None and one.high is not None]
    assert len(given) > 0.99 * len(estimates)
    return float(np.mean([one.low <= truth <= one.high for one in given]))


def error(share: float, draws: int) -> float:
    return 2 * float(np.sqrt(share * (1 - share) / draws))


def groups_of_mutants(
    world: World, icc: float, *, draws: int, sizes: npt.NDArray[np.int_] = EVEN
) -> list[Estimate]:
    rng = np.random.default_rng([int(10 * icc), draws, sizes.size])
    root = np.repeat(np.arange(sizes.size), sizes).tolist()
    return [
        group_interval(world.mutants(rng, world.draw(rng, sizes.size), sizes, icc), root)
        for _ in range(draws)
    ]


def real_and_mutants(
    world: World, icc: float, *, real_cases: int, weights: dict[str, float], draws: int
) -> list[Estimate]:
    rng = np.random.default_rng([int(10 * icc), real_cases, draws])
    root = np.repeat(np.arange(EVEN.size), EVEN).tolist()
    estimates = []
    for _ in range(draws):
        real = world.draw(rng, real_cases)
        synthetic = world.mutants(rng, real[: EVEN.size], EVEN, icc)
        groups = {"real": (real, range(real_cases)), "synthetic": (synthetic, root)}
        estimates.append(jackknife(groups, weights))
    return estimates


@pytest.mark.parametrize("icc", [0.0, 0.3, 0.6])
def test_the_made_mutants_correlate_as_stated(icc: float) -> None:
    """R = 40,000 pairs of mutants of one root."""
    pairs = np.full(40_000, 2)
    rng = np.random.default_rng(11)
    parents = WORSE.draw(rng, pairs.size)

    mutants = WORSE.mutants(rng, parents, pairs, icc).reshape(-1, 2)

    assert np.corrcoef(mutants.T)[0, 1] == pytest.approx(icc, abs=0.02)
    assert np.corrcoef(mutants[:, 0], parents)[0, 1] == pytest.approx(np.sqrt(icc), abs=0.02)
    assert mutants.mean() == pytest.approx(-0.05, abs=0.005)


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize("world", [NEUTRAL, WORSE, BETTER], ids=["neutral", "worse", "better"])
def test_the_interval_of_153_mutants_of_31_parents_covers(world: World, icc: float) -> None:
    """R = 1,000: at least 92 %."""
    share = covered(groups_of_mutants(world, icc, draws=1000), world.difference)

    assert share - error(share, 1000) >= 0.92


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_the_interval_of_uneven_families_covers(icc: float) -> None:
    """R = 1,000, 29 roots with 1 to 20 of 136 cases: at least 92 %."""
    share = covered(groups_of_mutants(WORSE, icc, draws=1000, sizes=UNEVEN), WORSE.difference)

    assert share - error(share, 1000) >= 0.92


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_neutral_mutants_rarely_read_worse(icc: float) -> None:
    """R = 1,000: the upper limit is under 0 in at most 3.5 %, for a one-sided 2.5 %."""
    estimates = groups_of_mutants(NEUTRAL, icc, draws=1000)
    share = float(np.mean([one.high < 0 for one in estimates]))

    assert share + error(share, 1000) <= 0.035


@pytest.mark.parametrize("sizes", [EVEN, np.full(10, 15), UNEVEN], ids=["31 x 5", "10 x 15", "uneven"])
def test_a_few_one_sided_changes_of_close_mutants_are_covered_too(sizes: npt.NDArray[np.int_]) -> None:
    """R = 600: 5 % lost, none gained, icc 0.6: at least 92 %, where few roots carry the spread."""
    share = covered(groups_of_mutants(World(0.05, -0.05), 0.6, draws=600, sizes=sizes), -0.05)

    assert share - error(share, 600) >= 0.92


def test_counting_mutants_as_independent_cases_would_not_cover() -> None:
    """R = 600, icc 0.6: why roots are clusters at all."""
    rng = np.random.default_rng(5)
    naive = [
        group_interval(WORSE.mutants(rng, WORSE.draw(rng, EVEN.size), EVEN, 0.6), range(153))
        for _ in range(600)
    ]
    share = covered(naive, WORSE.difference)

    assert share + error(share, 600) < 0.85


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize("real_cases", [65, 184])
@pytest.mark.parametrize("world", [NEUTRAL, WORSE], ids=["neutral", "worse"])
def test_a_contradiction_is_rarely_seen_where_there_is_none(
    world: World, icc: float, real_cases: int
) -> None:
    """R = 2,000, real cases and their mutants differ alike: at most 7 % for a level of 5 %."""
    estimates = real_and_mutants(world, icc, real_cases=real_cases, weights=CONTRADICTION, draws=2000)
    level = 1 - covered(estimates, 0.0)

    assert level + error(level, 2000) <= 0.07


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize("real_cases", [65, 184])
@pytest.mark.parametrize("world", [NEUTRAL, WORSE], ids=["neutral", "worse"])
def test_the_interval_of_the_mix_covers(world: World, icc: float, real_cases: int) -> None:
    """R = 4,000, 30 % real and 70 % mutants: at least 92 %."""
    estimates = real_and_mutants(world, icc, real_cases=real_cases, weights=MIX, draws=4000)
    share = covered(estimates, world.difference)

    assert share - error(share, 4000) >= 0.92


def test_independent_groups_hold_the_level_of_the_contradiction() -> None:
    """R = 4,000, 184 real and 153 synthetic cases without shared roots: at most 7 %."""
    rng = np.random.default_rng(17)
    estimates = [
        jackknife(
            {
                "real": (NEUTRAL.draw(rng, 184), range(184)),
                "synthetic": (NEUTRAL.draw(rng, 153), range(1000, 1153)),
            },
            CONTRADICTION,
        )
        for _ in range(4000)
    ]
    level = 1 - covered(estimates, 0.0)

    assert level + error(level, 4000) <= 0.07


def test_a_true_contradiction_of_15_points_is_usually_seen() -> None:
    """R = 1,000: real unchanged on 184 cases, 153 independent synthetic cases 15 points worse."""
    rng = np.random.default_rng(23)
    drifted = World(discordance=0.20, difference=-0.15)
    estimates = [
        jackknife(
            {
                "real": (NEUTRAL.draw(rng, 184), range(184)),
                "synthetic": (drifted.draw(rng, 153), range(1000, 1153)),
            },
            CONTRADICTION,
        )
        for _ in range(1000)
    ]
    seen = float(np.mean([one.low > 0 for one in estimates]))

    assert seen - error(seen, 1000) >= 0.80


@pytest.mark.parametrize("trials", [1, 3])
@pytest.mark.parametrize("lost", [0.05, 0.02])
def test_two_or_three_wholly_lost_roots_of_ten_are_covered(lost: float, trials: int) -> None:
    """R = 500, 40 roots of 10, icc 0.6, none gained; a fifth of the cases flaky with three trials: at least 92 %.

    With one root counted beside those that changed, and not z^2, it was 89 % of whole outcomes.
    """
    rng = np.random.default_rng([40, int(100 * lost), trials])
    sizes, root = np.full(40, 10), np.repeat(np.arange(40), 10).tolist()
    world = World(lost, -lost)
    estimates = []
    for _ in range(500):
        d = world.mutants(rng, world.draw(rng, 40), sizes, 0.6)
        if trials > 1:
            noise = (rng.binomial(trials, 0.7, 400) - rng.binomial(trials, 0.7, 400)) / trials
            d = np.where((d == 0) & (rng.random(400) < 0.2), noise, d)
        estimates.append(group_interval(d, root))
    share = covered(estimates, -lost)

    assert share - error(share, 500) >= 0.92


@pytest.mark.parametrize(
    "sizes", [np.array([2] * 6 + [1] * 172), np.full(60, 3)], ids=["six pairs", "60 x 3"]
)
@pytest.mark.parametrize("icc", [0.3, 0.9])
@pytest.mark.parametrize("world", [NEUTRAL, WORSE], ids=["neutral", "worse"])
def test_the_interval_that_decides_covers_where_real_cases_share_roots(
    world: World, icc: float, sizes: npt.NDArray[np.int_]
) -> None:
    """R = 400, roots taken as one case: at least 92 %, and a neutral swap reads worse in at most 3.5 %."""
    rng = np.random.default_rng([int(10 * icc), sizes.size, 5])
    root = np.repeat(np.arange(sizes.size), sizes).tolist()
    estimates = [
        group_interval(world.mutants(rng, world.draw(rng, sizes.size), sizes, icc), root, whole_roots=True)
        for _ in range(400)
    ]
    share = covered(estimates, world.difference)

    assert share - error(share, 400) >= 0.92
    if world is NEUTRAL:
        assert np.mean([one.high < 0 for one in estimates]) <= 0.035 + error(0.025, 400)
