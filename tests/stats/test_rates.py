"""The interval of a rate, alone and with shared roots.

How the data are made. `roots` roots of `size` cases each pass with chance `p`; with probability sqrt(icc) a
case copies its root's outcome, else it is drawn on its own, so two cases of a root correlate by icc. R is
2,000 draws; the bound is met with 2 Monte Carlo errors against it.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.paired import wilson
from workbench.stats.rates import rate

R = 2000


def test_cases_on_their_own_have_wilsons_interval() -> None:
    found = rate([1] * 153 + [0] * 47, range(200))

    assert (found.low, found.high) == pytest.approx(wilson(153, 200))
    assert (found.value, found.roots, found.method) == (0.765, 200, "Wilson")


@pytest.mark.parametrize(
    ("roots", "size", "p", "icc"),
    [(31, 5, 0.7, 0.3), (31, 5, 0.9, 0.6), (65, 1, 0.85, 0.0), (100, 3, 0.95, 0.6)],
)
def test_it_covers_also_where_cases_share_roots(roots: int, size: int, p: float, icc: float) -> None:
    rng = np.random.default_rng([roots, int(10 * icc)])
    code = np.repeat(np.arange(roots), size)
    own, shared = rng.random((R, code.size)) < p, (rng.random((R, roots)) < p)[:, code]
    hits = np.where(rng.random((R, code.size)) < math.sqrt(icc), shared, own).astype(float)
    limits = [(one.low, one.high) for one in (rate(row, code.tolist()) for row in hits)]
    covered = float(np.mean([low <= p <= high for low, high in limits]))

    assert covered - 2 * math.sqrt(covered * (1 - covered) / R) >= 0.92


def test_trials_are_not_counted_as_cases() -> None:
    """Four trials of each case, averaged, are as many cases as one trial of each."""
    averaged = rate([0.75] * 40 + [0.25] * 40, range(80))

    assert (averaged.low, averaged.high) == pytest.approx(wilson(40, 80))


def test_what_cannot_be_told_has_its_reason() -> None:
    nothing, one_root = rate([], []), rate([1, 0, 1], ["late"] * 3)

    assert (nothing.value, nothing.low, nothing.reason) == (None, None, "No case: there is no rate.")
    assert one_root.value == pytest.approx(2 / 3)
    assert (one_root.low, one_root.reason) == (
        None,
        "All cases share one root: their spread cannot be measured.",
    )


@pytest.mark.parametrize(
    ("hit", "weight"), [([2.0], None), ([-0.5], None), ([1.0], [0.0]), ([1.0], [1.0, 1.0])]
)
def test_impossible_numbers_are_refused(hit: list[float], weight: list[float] | None) -> None:
    with pytest.raises(ValueError, match=r"must lie between|takes outcomes from 0 to 1"):
        rate(hit, ["late"], weight=weight)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.integers(0, 9)), min_size=1, max_size=60)
)
def test_the_rate_lies_in_its_interval_and_the_interval_in_0_to_1(cases: list[tuple[float, int]]) -> None:
    found = rate([passed for passed, _ in cases], [root for _, root in cases])

    if found.low is None or found.high is None:
        assert found.reason
    else:
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1
