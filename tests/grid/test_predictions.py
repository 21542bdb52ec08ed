"""A forecast is sealed before the first candidate of its cell, and never afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import SettingsError, UsageError
from workbench.grid import plan, predictions, seal
from workbench.tables import CASES, PREDICTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

GRID = """
[grid]
masks = [{ customer = "new", topic = "remorse" }]
[grid.axes]
customer = ["new", "angry"]
topic = ["delay", "remorse"]
"""


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A workspace with a grid of three cells."""
    (workspace.root / "workbench.toml").write_text(GRID, "utf-8")
    return workspace


def test_a_forecast_is_sealed_with_its_gap_its_time_and_its_hash(shop: Workspace) -> None:
    gaps = {"angry/delay": "a third message about the same parcel, with two tracking numbers"}
    done = seal(shop, {"new/delay": 0.9, "angry/delay": 0.55}, gaps=gaps, author="Analyst")
    held = predictions(shop).set_index("cell")

    assert str(done) == "2 forecasts sealed; 1 of them name no gap"
    assert held["predicted_survival"].to_dict() == {"new/delay": 0.9, "angry/delay": 0.55}
    assert held.loc["angry/delay", "gap"] == gaps["angry/delay"]
    assert pd.isna(held.loc["new/delay", "gap"])
    assert len(set(held["sealed_at"])) == 1
    assert len(set(held["seal_sha256"])) == 2
    assert held["intact"].all()


def test_a_forecast_can_be_replaced_until_generation_begins_and_the_earlier_one_stays(
    shop: Workspace,
) -> None:
    seal(shop, {"new/delay": 0.9}, author="Analyst")
    seal(shop, {"new/delay": 0.6}, author="Analyst")
    held = predictions(shop)

    assert held[["predicted_survival", "earlier"]].to_numpy().tolist() == [[0.6, 1]]
    assert len(shop.store.read(PREDICTIONS)) == 2


def test_once_a_candidate_is_there_a_forecast_is_refused(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    shop.store.append(CASES, [new_case("p1", bucket="prompted", tag="synth-x", cell="angry/delay")])

    with pytest.raises(
        UsageError, match=r"generation has begun in angry/delay \(1 candidate\) and nothing was sealed"
    ):
        seal(shop, {"new/delay": 0.9, "angry/delay": 0.55}, author="Analyst")
    assert predictions(shop).empty
    assert seal(shop, {"new/delay": 0.9}, author="Analyst").sealed == ("new/delay",)


def test_the_same_forecast_again_changes_nothing_even_after_generation(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    forecast, gaps = {"angry/delay": 1, "angry/remorse": 0.3}, {"angry/delay": "no order number"}
    seal(shop, forecast, gaps=gaps, author="Analyst")
    before = shop.store.read(PREDICTIONS)
    shop.store.append(CASES, [new_case("p1", bucket="prompted", tag="synth-x", cell="angry/delay")])

    assert seal(shop, forecast, gaps=gaps, author="Analyst").known == ("angry/delay", "angry/remorse")
    pd.testing.assert_frame_equal(shop.store.read(PREDICTIONS), before)
    with pytest.raises(UsageError, match="generation has begun"):
        seal(shop, forecast, gaps=gaps, author="Somebody else")


def test_the_seed_and_what_people_wrote_are_no_generation(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    by_hand = {"bucket": "redteam", "tag": "red-x", "generator_family": "human"}
    golden = {"bucket": "golden", "tag": "golden"}
    rows = [new_case("s1"), new_case("g1", **golden), new_case("r1", **by_hand)]
    shop.store.append(CASES, [row | {"cell": "angry/delay"} for row in rows])

    assert seal(shop, {"angry/delay": 0.5}, author="Analyst").sealed == ("angry/delay",)


@pytest.mark.parametrize("survival", [-0.01, 1.01, 70, float("nan"), float("inf"), True])
def test_a_survival_outside_0_to_1_is_refused_with_all_others(shop: Workspace, survival: float) -> None:
    with pytest.raises(UsageError, match="of 'angry/delay' is outside 0 to 1 and nothing was sealed"):
        seal(shop, {"new/delay": 0.9, "angry/delay": survival}, author="Analyst")
    assert predictions(shop).empty


def test_the_ends_of_the_range_are_forecasts(shop: Workspace) -> None:
    seal(shop, {"new/delay": 0, "angry/delay": 1}, author="Analyst")

    assert predictions(shop)["intact"].all()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown cell": ({"survival": {"new/lost": 0.5}}, "no cells of the grid: 'new/lost'; nothing was sealed, it has new/delay"),
    "a masked cell": ({"survival": {"new/remorse": 0.5}}, "masked cells: 'new/remorse'; nothing was sealed, take them out"),
    "a gap without a forecast": ({"gaps": {"angry/delay": "no order number"}}, "a gap without a forecast: 'angry/delay'; nothing was sealed, give both or neither"),
    "an empty gap": ({"gaps": {"new/delay": " "}}, "the gap of 'new/delay' is empty"),
    "an empty author": ({"author": " "}, "a forecast needs an author"),
    "no forecast": ({"survival": {}}, "no forecast was given; pass {cell: survival}, such as {'new/delay': 0.7}"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_forecast_is_refused(shop: Workspace, changed: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"survival": {"new/delay": 0.9}, "author": "Analyst"} | changed
    with pytest.raises(UsageError) as refused:
        seal(shop, given.pop("survival"), **given)

    assert said in str(refused.value)
    assert predictions(shop).empty


def test_a_workspace_without_a_grid_takes_no_forecast(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match="names no axis"):
        seal(workspace, {"new/delay": 0.9}, author="Analyst")


def test_a_forecast_that_was_changed_in_the_database_is_no_longer_intact(
    shop: Workspace, tamper: Callable[..., None]
) -> None:
    seal(shop, dict.fromkeys(plan(shop.settings).cells, 0.7), author="Analyst")
    change = "UPDATE predictions SET predicted_survival = 0.9 WHERE cell = 'new/delay'"
    tamper(shop.store.url, "predictions", change)

    assert predictions(shop).set_index("cell")["intact"].to_dict() == {
        "new/delay": False, "angry/delay": True, "angry/remorse": True,
    }  # fmt: skip
