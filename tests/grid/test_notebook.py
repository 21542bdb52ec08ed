"""Notebook 02 on the demo: a workspace with a seed and no candidate yet."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.report import find_notebook, run

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture
def shop(tmp_path: Path, command: Callable[..., Any]) -> Path:
    """The demo with its grid and its seed."""
    folder = tmp_path / "shop"
    command("init", str(folder))
    for name in ("workbench.toml", "rubric.toml", "lexicon.toml"):
        shutil.copy(DEMO / name, folder / name)
    command("-w", str(folder), "import", "seed", str(DEMO / "seed.jsonl"))
    return folder


def test_the_grid_design_runs_on_a_seed_alone(shop: Path) -> None:
    done = run(find_notebook("02_grid_design"), {"workspace": "."}, output_dir=shop / "reports", cwd=shop)
    page = done.html.read_text("utf-8")

    assert "The grid of shop has 4 levels of user_type by 5 levels of policy: 20 cells" in page
    assert page.count('class="wb-plot"') == 2
    assert "Of 184 seed cases: 65 in a cell of the grid, 56 known on some axes only, 63 outside" in page
    assert "$202.00 to $210.00" in page
    assert "Without a forecast: 20 of 20 cells." in page
    assert "every forecast was sealed before the first candidate of its cell" in page
    assert str(shop) not in page
