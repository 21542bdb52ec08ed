"""A grid crosses two or three axes; what makes no sense is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import SettingsError
from workbench.grid import plan
from workbench.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.grid import Plan

FOUR = ["a", "b", "c", "d"]


def of(**grid: Any) -> Plan:
    return plan(Settings.model_validate({"grid": grid}))


def test_a_cell_is_one_level_per_axis_in_the_order_of_the_settings(new_plan: Callable[..., Plan]) -> None:
    made = new_plan()

    assert made.cells == (
        "new/delay", "new/damaged", "new/remorse", "angry/delay", "angry/damaged", "angry/remorse",
    )  # fmt: skip
    assert made.candidates == 60
    assert str(made) == "2 customer x 3 topic: 6 cells, 60 candidates"


def test_the_grid_of_the_long_text_is_20_cells_and_200_candidates() -> None:
    assert of(axes={"user": FOUR, "policy": [*FOUR, "e"]}).candidates == 200


def test_a_mask_takes_out_every_cell_with_its_levels(new_plan: Callable[..., Plan]) -> None:
    made = new_plan(masks=[{"customer": "new", "topic": "remorse"}, {"topic": "damaged"}])

    assert made.cells == ("new/delay", "angry/delay", "angry/remorse")
    assert made.masked == ("new/damaged", "new/remorse", "angry/damaged")
    assert str(made) == "2 customer x 3 topic: 3 cells, 3 masked, 30 candidates"


def test_a_mask_without_a_level_takes_out_nothing(new_plan: Callable[..., Plan]) -> None:
    assert new_plan(masks=[{}]).masked == ()


def test_a_grid_that_is_masked_whole_is_refused(new_plan: Callable[..., Plan]) -> None:
    with pytest.raises(SettingsError, match="all 6 cells are masked"):
        new_plan(masks=[{"customer": "new"}, {"customer": "angry"}])


def test_four_axes_are_refused_with_their_cells_and_the_cost_of_review() -> None:
    with pytest.raises(SettingsError) as refused:
        of(axes={"user": FOUR, "policy": FOUR, "voice": FOUR, "channel": FOUR})

    assert str(refused.value) == (
        "workbench.toml [grid.axes] names 4 axes: 4x4x4x4 is 256 cells, 2,560 candidates, $2,560 of review; "
        "keep 2 or 3 and fold an axis into personas, which vary inside a cell"
    )


def test_one_axis_is_refused_with_its_cells_and_the_cost_of_review() -> None:
    with pytest.raises(
        SettingsError, match=r"names 1 axis: 4 is 4 cells, 40 candidates, \$40 of review; .* name another one"
    ):
        of(axes={"user": FOUR})


def test_the_cost_of_review_is_that_of_the_settings() -> None:
    settings = {"grid": {"axes": {"user": ["new"]}, "n": 1}, "costs": {"prompted": 1.25}}
    with pytest.raises(SettingsError, match=r"is 1 cell, 1 candidate, \$1\.25 of review"):
        plan(Settings.model_validate(settings))


def test_a_workspace_without_axes_is_told_to_write_some() -> None:
    with pytest.raises(SettingsError, match="names no axis, so there is no cell to fill; write 2 or 3 axes"):
        plan(Settings())


def test_three_axes_are_a_grid() -> None:
    assert of(axes={"user": FOUR, "policy": ["p"], "channel": ["mail", "chat"]}).cells[1] == "a/p/chat"
