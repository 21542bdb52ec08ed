from __future__ import annotations

import math

import pandas as pd
import pytest

from workbench.report import numbers


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.775, "77.5%"),
        (0.725, "72.5%"),
        (0.525, "52.5%"),
        (1.0, "100.0%"),
        (0.0, "0.0%"),
        (0.83655, "83.7%"),
    ],
)
def test_a_rate_is_a_percentage_rounded_half_up(value: float, printed: str) -> None:
    assert numbers.rate(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"), [(77.5, "78"), (82.5, "83"), (52.5, "53"), (72.5, "73"), (76.5, "77")]
)
def test_halves_round_up_as_the_published_survival_rates_do(value: float, printed: str) -> None:
    """Python's own formatting prints 82, 52, 72 and 76."""
    assert numbers.rounded(value, 0) == printed


def test_a_small_loss_is_not_minus_nothing() -> None:
    assert numbers.points(-0.04) == "0.0"


def test_minus_is_a_minus_and_not_a_hyphen() -> None:
    assert numbers.points(-16.3) == "\N{MINUS SIGN}16.3"


@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT])
def test_missing_is_missing(value: object) -> None:
    assert numbers.is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, "", False, [], {}])
def test_nothing_else_is_missing(value: object) -> None:
    assert not numbers.is_missing(value)


def test_an_interval_with_one_end_is_no_interval() -> None:
    assert numbers.interval(-1.0, None) == numbers.MISSING
