"""Notebook 05 and the import of decisions, as a person runs them."""

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
    """The demo with its grid, its seed, and three candidates."""
    folder = tmp_path / "shop"
    command("init", str(folder))
    for name in ("workbench.toml", "rubric.toml", "lexicon.toml"):
        shutil.copy(DEMO / name, folder / name)
    command("-w", str(folder), "import", "seed", str(DEMO / "seed.jsonl"))
    file = tmp_path / "candidates.csv"
    file.write_text(
        "case_id,text,cell\n"
        "c1,no parcel yet it said the 14th,power_user/delay\n"
        "c2,THIRD TIME. Where is it,angry_escalator/delay\n"
        "c3,We need 24 chairs replaced by Friday,enterprise_buyer/damaged\n",
        "utf-8",
    )
    command("-w", str(folder), "import", "cases", str(file), "--bucket", "prompted", "--generator", "demo")
    return folder


def drawn(shop: Path) -> str:
    done = run(find_notebook("05_review"), {"workspace": "."}, output_dir=shop / "reports", cwd=shop)
    return done.html.read_text("utf-8")


def test_the_notebook_runs_before_the_first_decision(shop: Path) -> None:
    page = drawn(shop)

    assert "shop has 3 candidates, of which 0 are reviewed." in page
    assert "THIRD TIME. Where is it" in page
    assert "No decision is recorded yet." in page
    assert "No candidate is reviewed yet, so nothing is known about survival." in page
    assert "How good the forecasts are is not known: no forecast was sealed." in page
    assert "the chain of events is unbroken" in page


def test_decisions_of_a_file_are_imported_and_shown(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(
        "id,decision,why,label\nc1,keep,,inform\nc2,reject,caricature,\nc3,keep,,replace\n", "utf-8"
    )
    named = ["case_id=id", "verdict=decision", "reasons=why", "expected=label"]
    columns = [part for column in named for part in ("--column", column)]
    who = ("--reviewer", "Support lead", "--reviewed-on", "2026-03-04")
    done = command("-w", str(shop), "import", "reviews", str(file), *columns, *who)
    page = drawn(shop)

    assert done.out.splitlines()[0] == "3 decisions recorded: 2 keep, 1 reject"
    assert "Survival is 66.7%" in page
    assert page.count('class="wb-plot"') == 3
    assert "Time on screen is not measured: decisions were imported." in page
    assert "In this demo the decisions were composed; no reviewer is audited." in page
    assert str(shop) not in page


def test_a_bad_file_is_one_message(shop: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("case_id,verdict\ndemo-0001,keep\nc2,reject\n", "utf-8")
    who = ("--reviewer", "Support lead", "--reviewed-on", "2026-03-04")
    done = command("-w", str(shop), "import", "reviews", str(file), *who, exits=2)

    assert done.err.startswith(
        "workbench: decisions.csv: 2 of 2 decisions cannot be recorded, so nothing was\n"
    )
    assert len(done.err.splitlines()) == 3
