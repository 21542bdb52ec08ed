"""Generating is cheap, and every candidate is paid for again in review."""

from __future__ import annotations

import pytest

from workbench.errors import UsageError
from workbench.grid import GENERATION_USD, forecast
from workbench.settings import Costs


def test_the_review_is_the_cost() -> None:
    """200 candidates: the long text says $150 of review, which is only the 153 kept; 200 are reviewed."""
    costs = forecast(200, Costs()).set_index("technique")

    assert costs["review_usd"].to_dict() == {"prompted": 200, "mutation": 100, "persona": 300, "redteam": 600}
    assert costs.loc["prompted", ["generate_low_usd", "generate_high_usd"]].tolist() == [2, 10]


def test_the_long_texts_run_lies_inside_the_range() -> None:
    """Its 200 candidates cost $4.20 to generate."""
    row = forecast(200, Costs()).set_index("technique").loc["prompted"]

    assert row["generate_low_usd"] < 4.20 < row["generate_high_usd"]


def test_every_technique_has_a_price_of_review() -> None:
    assert set(GENERATION_USD) == set(Costs.model_fields)


def test_the_settings_price_counts() -> None:
    assert forecast(10, Costs(mutation=0.75)).set_index("technique").loc["mutation", "high_usd"] == 7.5


def test_no_candidates_cost_nothing_and_fewer_than_none_are_refused() -> None:
    assert forecast(0, Costs())["high_usd"].tolist() == [0] * 4
    with pytest.raises(UsageError, match="give 0 or more"):
        forecast(-1, Costs())
