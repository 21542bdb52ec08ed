"""Notebook 02 on the demo: a workspace with a seed and no candidate yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_grid_design_runs_on_a_seed_alone(demo_seed: Path, page: Callable[..., str]) -> None:
    html = page("02_grid_design", demo_seed)

    assert "The grid of shop has 4 levels of user_type by 5 levels of policy: 20 cells" in html
    assert html.count('class="wb-plot"') == 3
    assert "Of 184 seed cases: 65 in a cell of the grid, 56 known on some axes only, 63 outside" in html
    assert "$202.00 to $210.00" in html
    assert "Without a forecast: 20 of 20 cells." in html
    assert "every forecast was sealed before the first candidate of its cell" in html
