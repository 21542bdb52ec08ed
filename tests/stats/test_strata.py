"""A mix whose groups weigh what production does.

How the data of the simulation are made: a real group has three slices of which production has 60, 30 and
10 % and the seed 20, 30 and 50 %; the candidate loses 2, 6 and 20 % of them and gains 3 % in each. Each
root has 1 to 4 cases of one slice, and a case copies its root's outcome with probability sqrt(.3).
"""

import numpy as np
import pytest

from workbench.stats.clusters import jackknife
from workbench.stats.strata import OUTSIDE, Strata, poststratified

SHARES = (0.6, 0.3, 0.1)
IN_SEED = (0.2, 0.3, 0.5)
LOST = np.array([0.02, 0.06, 0.20])
GAINED = 0.03
DRAWS = 300


def _seed(rng: np.random.Generator, roots: int = 120) -> Strata:
    slices, sizes = rng.choice(3, roots, p=IN_SEED), rng.integers(1, 5, roots)

    def draw(stratum: np.ndarray) -> np.ndarray:
        chance = rng.random(stratum.size)
        return np.where(chance < LOST[stratum], -1.0, np.where(chance > 1 - GAINED, 1.0, 0.0))

    stratum, root = np.repeat(slices, sizes), np.repeat(np.arange(roots), sizes)
    copies = rng.random(stratum.size) < np.sqrt(0.3)
    d = np.where(copies, np.repeat(draw(slices), sizes), draw(stratum))
    return Strata(d, root.tolist(), stratum)


def test_the_interval_covers_what_production_would_see_and_the_plain_one_does_not() -> None:
    truth = float(np.dot(SHARES, GAINED - LOST))
    rng = np.random.default_rng(5)
    covered = {"shares": 0, "as found": 0}
    for _ in range(DRAWS):
        seed = _seed(rng)
        weighed = poststratified({"real": seed}, {"real": 1.0}, SHARES)
        plain = jackknife({"real": (seed.d, seed.root)}, {"real": 1.0})
        for name, found in (("shares", weighed), ("as found", plain)):
            assert found.low is not None
            assert found.high is not None
            covered[name] += found.low <= truth <= found.high

    assert covered["shares"] / DRAWS >= 0.92
    assert covered["as found"] / DRAWS < 0.5


@pytest.mark.parametrize(
    ("few", "share", "lost"),
    [(10, 0.5, 0.5), (10, 0.3, 0.1), (10, 0.3, 0.3), (30, 0.3, 0.1), (2, 0.02, 0.3), (5, 0.02, 0.1)],
)
def test_a_stratum_of_few_cases_is_not_taken_for_certain(few: int, share: float, lost: float) -> None:
    """R = 300, 184 cases of which the others lose 5 %; before, 10 cases covered in 79 % of draws."""
    rng = np.random.default_rng([few, int(100 * share)])
    stratum = np.repeat([0, 1], [184 - few, few])
    held = 0
    for _ in range(300):
        d = -(rng.random(184) < np.where(stratum == 1, lost, 0.05)).astype(float)
        seed = Strata(d, range(184), stratum)
        found = poststratified({"real": seed}, {"real": 1.0}, [1 - share, share])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= -0.05 * (1 - share) - lost * share <= found.high

    assert held / 300 + 2 * np.sqrt(0.92 * 0.08 / 300) >= 0.92


@pytest.mark.parametrize(("few", "share"), [(1, 0.5), (2, 0.1), (5, 0.2), (9, 0.03)])
def test_a_stratum_of_few_cases_and_some_weight_leaves_no_interval(few: int, share: float) -> None:
    seed = Strata([-1.0] * 9 + [0.0] * 175, range(184), [0] * (184 - few) + [1] * few)
    found = poststratified({"real": seed}, {"real": 1.0}, [1 - share, share])

    assert found.value == pytest.approx(-9 / (184 - few) * (1 - share))
    assert (found.low, found.high) == (None, None)
    assert found.reason is not None
    assert found.reason.startswith(f"Fewer than 10 roots in strata with {share:.0%} of the real shares")


def test_shares_as_found_give_the_plain_mix() -> None:
    rng = np.random.default_rng(3)
    groups = {"real": _seed(rng), "synthetic": _seed(rng, 40)}
    weights = {"real": 0.3, "synthetic": 0.7}
    real = np.bincount(np.asarray(groups["real"].stratum)) / len(groups["real"].root)
    only = poststratified({"real": groups["real"]}, {"real": 1.0}, real)
    outside = {
        name: group._replace(stratum=np.full(len(group.root), OUTSIDE)) for name, group in groups.items()
    }
    plain = jackknife({name: (group.d, group.root) for name, group in groups.items()}, weights)
    found = poststratified(outside, weights, SHARES)

    assert only.value == pytest.approx(float(np.mean(groups["real"].d)))
    assert (found.value, found.low, found.high) == tuple(
        pytest.approx(v) for v in (plain.value, plain.low, plain.high)
    )


def test_an_empty_stratum_is_left_out_and_the_rest_renormalised() -> None:
    group = Strata([-1.0, 0.0, 0.0, 1.0] * 5, range(20), [0, 0, 1, 1] * 5)
    without = poststratified({"real": group}, {"real": 1.0}, [0.5, 0.25, 0.25])
    alone = poststratified({"real": group}, {"real": 1.0}, [2 / 3, 1 / 3])

    assert without.value == pytest.approx(alone.value)
    assert without.low == pytest.approx(alone.low)
    assert without.value == pytest.approx(-1 / 6)


def test_what_cannot_be_computed_has_a_reason() -> None:
    one = Strata([-1.0, 0.0], ["late", "late"], [0, 1])
    many = Strata([-1.0, 0.0, 1.0], ["a", "b", "c"], [0, 0, 1])

    assert poststratified({"real": Strata([], [], [])}, {"real": 1.0}, [1.0]).value is None
    weightless = poststratified({"real": many}, {"real": 1.0}, [0.0, 0.0, 1.0])
    single = poststratified({"real": many, "synthetic": one}, {"real": 0.5, "synthetic": 0.5}, [0.5, 0.5])
    assert (weightless.value, weightless.reason) == (
        None,
        "The statistic cannot be computed from these cases.",
    )
    assert single.value is not None
    assert (single.low, single.reason) == (
        None,
        "Fewer than 10 roots in strata with 100% of the real shares and 100% of the synthetic shares: without an interval.",
    )
