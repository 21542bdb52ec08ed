"""The chance that the candidate is worse, against printed vectors and against the definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from workbench.stats.chances import chances

counts = st.floats(0, 60)


def test_the_printed_vectors_are_reproduced() -> None:
    clear, mixed = chances(8, 0, 65, margin=0.03), chances(11, 3, 65, margin=0.03)

    assert f"{clear.worse:.3f}" == "0.999"
    assert f"{mixed.worse:.3f} {mixed.worse_than_margin:.3f}" == "0.986 0.951"


@pytest.mark.parametrize(
    ("lost", "gained", "pairs"), [(11, 3, 65), (0, 0, 40), (2.5, 0.25, 30.0), (40, 55, 1000)]
)
def test_the_integral_agrees_with_a_sum_over_both_shares(lost: float, gained: float, pairs: float) -> None:
    """A fine grid of the share that changed, and of the part of it that was lost, by their quantiles."""
    margin, steps = 0.03, (np.arange(2000) + 0.5) / 2000
    share = beta.ppf(steps, lost + gained + 1, pairs - lost - gained + 1)
    part = beta.ppf(steps, lost + 0.5, gained + 0.5)
    summed = float((np.outer(share, 2 * part - 1) > margin).mean())

    assert chances(lost, gained, pairs, margin=margin).worse_than_margin == pytest.approx(summed, abs=1e-3)


def test_without_a_change_worse_and_better_are_even() -> None:
    found = chances(0, 0, 200, margin=0.03)

    assert found.worse == pytest.approx(0.5)
    assert found.better == pytest.approx(0.5)
    assert found.worse_than_margin < 0.01


@settings(max_examples=60)
@given(lost=counts, gained=counts, rest=st.floats(0, 3000), margin=st.floats(0.001, 0.2))
def test_chances_are_chances_and_a_loss_never_helps(
    lost: float, gained: float, rest: float, margin: float
) -> None:
    found = chances(lost, gained, lost + gained + rest, margin=margin)
    more = chances(lost + 1, gained, lost + gained + rest + 1, margin=margin)

    assert all(0 <= chance <= 1 and math.isfinite(chance) for chance in found)
    assert found.worse + found.better == pytest.approx(1)
    assert found.worse_than_margin <= found.worse
    assert more.worse >= found.worse
    assert chances(gained, lost, lost + gained + rest, margin=margin).worse == pytest.approx(found.better)


@pytest.mark.parametrize("given", [(-1, 0, 5, 0.03), (3, 3, 5, 0.03), (1, 1, 5, 0.0), (math.nan, 0, 5, 0.03)])
def test_impossible_counts_are_refused(given: tuple[float, float, float, float]) -> None:
    lost, gained, pairs, margin = given
    with pytest.raises(ValueError, match="Counts must satisfy"):
        chances(lost, gained, pairs, margin=margin)
