"""The line of a mix against the seed's weight, and the set of weights at which its sign is open.

How the data of the simulations are made. A real case's difference is -1, 0 or 1; ``discordance`` is the
chance that it is not 0, ``difference`` its mean; each real case is its own root. Of the synthetic cases 153
are mutants of 31 parents (29 of 5 and 2 of 4), and these parents are the first 31 real cases: a mutant
copies its parent's outcome with probability sqrt(icc), and else draws its own from the synthetic world.
So the roots are shared, two mutants of one parent correlate by about icc, and the synthetic difference is
``sqrt(icc) * real + (1 - sqrt(icc)) * synthetic world``. The weight at which the mix is truly 0 follows.

A bound is met when the share found still meets it with 2 Monte Carlo errors taken against it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.clusters import jackknife
from workbench.stats.weighing import Line, TippingSet, effective_cases, mix_line

SIZES = np.array([5] * 29 + [4] * 2)
DRAWS = 800

differences = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.0, 1.0]), min_size=0, max_size=60)


class World(NamedTuple):
    """How often, and which way, two models differ."""

    discordance: float
    difference: float

    def draw(self, rng: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
        """Draw n independent differences."""
        lost, gained = (self.discordance - self.difference) / 2, (self.discordance + self.difference) / 2
        return rng.choice([-1.0, 0.0, 1.0], n, p=[lost, 1 - lost - gained, gained])


class Setting(NamedTuple):
    """A seed, a synthetic set of its mutants, and what is true of both."""

    real_cases: int
    real: World
    own: World
    icc: float

    @property
    def crossing(self) -> float:
        """The weight of the real cases at which the mix is truly 0."""
        share = np.sqrt(self.icc)
        synthetic = share * self.real.difference + (1 - share) * self.own.difference
        return float(synthetic / (synthetic - self.real.difference))

    def line(self, rng: np.random.Generator) -> Line:
        """Draw outcomes and estimate the line."""
        real = self.real.draw(rng, self.real_cases)
        copies = rng.random(SIZES.sum()) < np.sqrt(self.icc)
        made = np.where(copies, np.repeat(real[: SIZES.size], SIZES), self.own.draw(rng, int(SIZES.sum())))
        parents = np.repeat(np.arange(SIZES.size), SIZES)
        return mix_line((real, range(self.real_cases)), (made, parents.tolist()))


SETTINGS = {
    "65 real cases, a disaster there": Setting(65, World(0.16, -0.12), World(0.20, 0.18), 0.3),
    "65 real cases, little truth in either": Setting(65, World(0.12, -0.03), World(0.15, 0.10), 0.3),
    "184 real cases, likely mutants": Setting(184, World(0.15, -0.08), World(0.45, 0.40), 0.6),
    "184 real cases, unlikely mutants": Setting(184, World(0.10, -0.05), World(0.12, 0.07), 0.1),
    "400 real cases": Setting(400, World(0.15, -0.06), World(0.15, 0.12), 0.3),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_the_set_holds_the_true_crossing(setting: Setting) -> None:
    assert 0 < setting.crossing < 1
    rng = np.random.default_rng(8)
    sets = [setting.line(rng).tipping_set() for _ in range(DRAWS)]
    told = [found for found in sets if found is not None]
    held = np.mean([any(low <= setting.crossing <= high for low, high in found.pieces) for found in told])

    assert len(told) > 0.98 * DRAWS
    assert held + 2 * np.sqrt(held * (1 - held) / len(told)) >= 0.95
    assert held >= 0.92


@pytest.mark.parametrize("weight", [0.0, 0.2, 0.7, 1.0])
@pytest.mark.parametrize("setting", list(SETTINGS.values())[::2], ids=list(SETTINGS)[::2])
def test_the_band_covers_the_mix_at_any_weight(setting: Setting, weight: float) -> None:
    share = np.sqrt(setting.icc)
    synthetic = share * setting.real.difference + (1 - share) * setting.own.difference
    truth = weight * setting.real.difference + (1 - weight) * synthetic
    rng = np.random.default_rng(21)
    found = [setting.line(rng).at(weight) for _ in range(DRAWS)]
    held = np.mean(
        [one.low <= truth <= one.high for one in found if one.low is not None and one.high is not None]
    )

    assert held >= 0.92


def test_the_long_texts_counts_tip_between_3_and_48_percent() -> None:
    real, synthetic = ([-1.0] * 8 + [0.0] * 57, range(65)), ([1.0] * 5 + [0.0] * 148, range(65, 218))
    found = mix_line(real, synthetic).tipping_set()

    assert found is not None
    assert found.kind == "interval"
    assert [f"{end:.2f}" for end in found.pieces[0]] == ["0.03", "0.48"]


def _line(real: float, synthetic: float) -> Line:
    """Two independent differences, each with a standard error of 2 points."""
    variance = np.diag([0.02**2, 0.02**2])
    return Line(real=real, synthetic=synthetic, variance=variance, roots=200, df=99, alpha=0.05)


def test_each_kind_of_set_is_named() -> None:
    kinds = {
        "none": _line(-0.20, -0.15),
        "interval": _line(-0.20, 0.15),
        "everything": _line(-0.01, 0.01),
        # Neither is told from 0, and half of each is: two sets of roots say more than one.
        "complement": _line(0.035, 0.036),
    }
    found = {name: line.tipping_set() for name, line in kinds.items()}

    assert {name: one.kind for name, one in found.items() if one} == dict(zip(kinds, kinds, strict=True))
    assert found["none"] is not None
    assert found["none"].pieces == ()
    assert found["everything"] is not None
    assert found["everything"].pieces == ((0.0, 1.0),)


@settings(max_examples=80)
@given(real=differences, synthetic=differences, shared=st.booleans(), weight=st.floats(0.05, 0.95))
def test_the_line_is_the_jackknife_of_the_mix_and_the_set_is_where_it_holds_0(
    real: list[float], synthetic: list[float], shared: bool, weight: float
) -> None:
    roots = range(len(synthetic)) if shared else range(100, 100 + len(synthetic))
    line = mix_line((real, range(len(real))), (synthetic, roots))
    at, tipping = line.at(weight), line.tipping_set()

    if tipping is None:
        assert at.low is None
        assert line.reason
        return
    groups = {"real": (real, range(len(real))), "synthetic": (synthetic, roots)}
    mixed = jackknife(groups, {"real": weight, "synthetic": 1 - weight})
    assert at.value == pytest.approx(mixed.value)
    if at.low is None or at.high is None:
        assert mixed.low is None
        return
    assert (at.low, at.high) == (pytest.approx(mixed.low), pytest.approx(mixed.high))
    inside = any(low <= weight <= high for low, high in tipping.pieces)
    if min(abs(at.low), abs(at.high)) > 1e-9:
        assert inside == (at.low < 0 < at.high)


def test_few_roots_give_no_set_and_a_reason_and_a_group_in_which_nothing_changes_is_not_certain() -> None:
    moved, still = [-1.0] * 5 + [0.0] * 25, [0.0] * 30
    few = mix_line((moved[:8], range(8)), (moved, range(100, 130)))
    same = mix_line((moved, range(30)), (still, range(100, 130)))
    none = mix_line((moved, range(30)), ([], []))

    assert [line.tipping_set() for line in (few, none)] == [None] * 2
    assert few.reason == "Fewer than 10 roots: real (8)."
    assert same.tipping_set() == TippingSet("interval", ((0.0, pytest.approx(0.61, abs=0.01)),))
    assert none.reason == "Fewer than 10 roots: synthetic (0)."
    assert same.at(0.5).value == pytest.approx(-5 / 60)
    assert none.at(0.5).value is None


def test_weights_as_found_are_worth_all_cases_and_others_fewer() -> None:
    cases = {"real": 184, "synthetic": 153, "golden": 40}
    found = {name: n / 377 for name, n in cases.items()}

    assert effective_cases(found, cases) == pytest.approx(377)
    assert effective_cases({"real": 0.3, "synthetic": 0.7}, cases) == pytest.approx(
        1 / (0.09 / 184 + 0.49 / 153)
    )
    assert effective_cases({"real": 1.0, "golden": 0.0}, cases) == pytest.approx(184)
