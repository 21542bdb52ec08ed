"""The jackknife that leaves out one root at a time, across groups that may share roots."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats.roots import jackknife, jackknife_of, t_quantile

Group = tuple[Sequence[float], Sequence[object]]
Groups = dict[str, Group]

REAL = (
    [-1, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, 1],
    [f"late-parcel-{number:03}" for number in range(12)],
)
SYNTHETIC = (
    [-1, -1, 0, 0, 0, 1, 0, -1, 0, 1],
    ["late-parcel-000"] * 3 + ["late-parcel-003"] * 3 + ["broken-kettle-001"] * 2 + ["angry-vip-007"] * 2,
)
CONTRADICTION = {"real": 1.0, "synthetic": -1.0}


class Direct(NamedTuple):
    """A statistic and its jackknife variance."""

    value: float
    variance: float


def by_hand(groups: Groups, weights: dict[str, float]) -> Direct:
    """Value and variance by the plain loop: leave a root out, take every mean again."""
    arrays = {name: (np.array(d, float), np.array(root)) for name, (d, root) in groups.items()}
    roots = sorted({root for _, names in arrays.values() for root in names})

    def theta(left_out: str | None = None) -> float:
        return sum(weights[name] * d[names != left_out].mean() for name, (d, names) in arrays.items())

    without = np.array([theta(root) for root in roots])
    variance = (len(roots) - 1) / len(roots) * ((without - without.mean()) ** 2).sum()
    return Direct(theta(), variance)


@pytest.mark.parametrize(
    "weights",
    [CONTRADICTION, {"real": 0.3, "synthetic": 0.7}, {"real": 1 / 3, "synthetic": 2 / 3}],
)
def test_the_closed_form_agrees_with_leaving_each_root_out_by_hand(weights: dict[str, float]) -> None:
    groups = {"real": REAL, "synthetic": SYNTHETIC}

    estimate = jackknife(groups, weights)
    value, variance = by_hand(groups, weights)

    assert estimate.value == pytest.approx(value)
    assert estimate.se == pytest.approx(math.sqrt(variance))
    assert estimate.roots == 14
    assert estimate.df == 3
    reach = t_quantile(0.05, 3) * math.sqrt(variance)
    assert estimate.low == pytest.approx(max(value - reach, -sum(map(abs, weights.values()))))
    assert estimate.reason is None


def test_one_group_of_independent_cases_gives_the_textbook_standard_error() -> None:
    d = np.array(REAL[0], float)

    estimate = jackknife({"real": REAL}, {"real": 1})

    assert estimate.se == pytest.approx(d.std(ddof=1) / math.sqrt(d.size))
    assert estimate.df == 11


def test_the_general_jackknife_agrees_with_the_closed_form_on_a_mean() -> None:
    d, root = np.array(SYNTHETIC[0], float), SYNTHETIC[1]

    general = jackknife_of(lambda keep: float(d[keep].mean()), root)
    closed = jackknife({"synthetic": SYNTHETIC}, {"synthetic": 1})

    assert general.se == pytest.approx(closed.se)
    assert (general.value, general.df) == (closed.value, closed.df)


def test_a_mutant_that_shares_its_parent_pulls_the_contradiction_together() -> None:
    """Shared roots move both groups at once, so their difference varies less."""
    d = [-1, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0]
    shared = {"real": (d, range(12)), "synthetic": ([*d[:11], 1], range(12))}
    apart = {"real": (d, range(12)), "synthetic": ([*d[:11], 1], range(100, 112))}

    assert jackknife(shared, CONTRADICTION).se < jackknife(apart, CONTRADICTION).se / 2


def test_groups_without_weight_are_not_used() -> None:
    alone = jackknife({"real": REAL}, {"real": 1})

    assert jackknife({"real": REAL, "redteam": ([], [])}, {"real": 1, "redteam": 0}) == alone


def test_an_empty_group_gives_no_value_and_names_itself() -> None:
    estimate = jackknife({"real": REAL, "synthetic": ([], [])}, CONTRADICTION)

    assert estimate.value is None
    assert (estimate.low, estimate.high, estimate.se) == (None, None, None)
    assert estimate.reason == "No case in synthetic: there is nothing to estimate."


def test_a_group_of_one_root_gives_a_value_without_an_interval() -> None:
    """Leaving its only root out would empty the group."""
    lonely = ([1, 0, 0], ["late-parcel-000"] * 3)

    estimate = jackknife({"real": REAL, "synthetic": lonely}, CONTRADICTION)

    assert estimate.value == pytest.approx(1 / 12 - 1 / 3)
    assert (estimate.low, estimate.high, estimate.df) == (None, None, None)
    assert estimate.reason == "One root in synthetic: its spread cannot be measured."


@pytest.mark.parametrize("tie", [0.0, 1.0, -1.0, 1 / 3])
def test_where_nothing_varies_four_changes_are_counted_that_were_not_seen(tie: float) -> None:
    estimate = jackknife({"real": ([tie] * 60, range(60))}, {"real": 0.3})
    reach = 0.3 * t_quantile(0.05, 59) * 1.96 / 60

    assert estimate.se == pytest.approx(0.3 * 1.96 / 60, rel=1e-4)
    assert estimate.low == pytest.approx(max(-0.3, 0.3 * tie - reach), rel=1e-4)
    assert estimate.high == pytest.approx(min(0.3, 0.3 * tie + reach), rel=1e-4)


def test_roots_whose_cases_cancel_out_are_no_certainty_either() -> None:
    cancel = ([1, -1] * 20, [number // 2 for number in range(40)])

    assert jackknife({"synthetic": cancel}, {"synthetic": 1}).low is None


def test_an_interval_never_leaves_what_is_possible() -> None:
    wide = ([1, 1, -1], ["a", "b", "c"])

    estimate = jackknife({"golden": wide}, {"golden": 1})

    assert (estimate.low, estimate.high) == (-1, 1)


def test_the_inputs_may_be_any_arrays_of_roots_and_are_left_alone() -> None:
    d = np.array(REAL[0])
    names = np.array(REAL[1], dtype=object)

    assert jackknife({"real": (d, names)}, {"real": 1}) == jackknife({"real": REAL}, {"real": 1})
    assert d.tolist() == REAL[0]


@pytest.mark.parametrize("weights", [{}, {"real": 0}, {"real": 1, "persona": 1}, {"real": float("nan")}])
def test_weights_that_name_no_group_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Weights must be finite and name groups that are there"):
        jackknife({"real": REAL}, weights)


@pytest.mark.parametrize(
    ("d", "says"),
    [
        ([0, float("nan"), 1], "got nan at position 1; leave cases with a missing outcome out"),
        ([0, 0, -2], "got -2 at position 2"),
        ([0, 1], r"d of shape \(2,\) and 3 roots"),
    ],
)
def test_differences_that_are_none_are_refused(d: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        jackknife({"real": (d, ["a", "b", "c"])}, {"real": 1})


def test_a_statistic_that_needs_every_root_has_no_interval() -> None:
    words = np.array([3.0, 0.0, 0.0])

    def share_of_refunds(keep: npt.NDArray[np.bool_]) -> float:
        total = words[keep].sum()
        return float(words[keep][0] / total) if total else math.nan

    estimate = jackknife_of(share_of_refunds, ["a", "b", "c"])

    assert estimate.value == 1
    assert estimate.reason == "The statistic cannot be computed without one of its roots."


def test_a_statistic_of_nothing_of_one_root_or_of_no_number_says_why() -> None:
    assert jackknife_of(lambda _: 1.0, []).reason == "No case: there is nothing to estimate."
    assert jackknife_of(lambda _: 1.0, ["a", "a"]).reason.startswith("All cases share one root")
    assert jackknife_of(lambda _: math.nan, ["a", "b"]).value is None
    assert jackknife_of(lambda _: 1.0, ["a", "b"]).reason.startswith("No root changes")


group = st.lists(
    st.tuples(st.sampled_from([-1.0, -0.5, 0.0, 1 / 3, 1.0]), st.integers(0, 6)), max_size=25
).map(lambda cases: ([d for d, _ in cases], [root for _, root in cases]))


@given(group, group, st.sampled_from([(1.0, -1.0), (0.3, 0.7), (1.0, 0.0)]))
@settings(max_examples=200, deadline=None)
def test_whatever_the_groups_there_is_an_interval_with_a_width_or_a_reason(
    real: Group, synthetic: Group, weights: tuple[float, float]
) -> None:
    groups = {"real": real, "synthetic": synthetic}

    estimate = jackknife(groups, dict(zip(groups, weights, strict=True)))

    if estimate.low is None:
        assert estimate.reason
        assert (estimate.high, estimate.se, estimate.df) == (None, None, None)
    else:
        assert estimate.reason is None
        assert estimate.low < estimate.high
        assert estimate.low <= estimate.value <= estimate.high
        assert all(map(math.isfinite, (estimate.low, estimate.high, estimate.se)))
    assert estimate.value is None or math.isfinite(estimate.value)
