"""Notebook 05 and the import of decisions, as a person runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def shop(demo_seed: Path, tmp_path: Path, command: Callable[..., Any]) -> Path:
    """The demo with its grid, its seed, and three candidates."""
    file = tmp_path / "candidates.csv"
    file.write_text(
        "case_id,text,cell\n"
        "c1,no parcel yet it said the 14th,power_user/delay\n"
        "c2,THIRD TIME. Where is it,angry_escalator/delay\n"
        "c3,We need 24 chairs replaced by Friday,enterprise_buyer/damaged\n",
        "utf-8",
    )
    made = ("--bucket", "prompted", "--generator", "demo")
    command("-w", str(demo_seed), "import", "cases", str(file), *made)
    return demo_seed


def test_the_notebook_runs_before_the_first_decision(shop: Path, page: Callable[..., str]) -> None:
    html = page("05_review", shop)

    assert "shop has 3 candidates, of which 0 are reviewed." in html
    assert "THIRD TIME. Where is it" in html
    assert "No decision is recorded yet." in html
    assert "No candidate is reviewed yet, so nothing is known about survival." in html
    assert "How good the forecasts are is not known: no forecast was sealed." in html
    assert "the chain of events is unbroken" in html


def test_decisions_of_a_file_are_imported_and_shown(
    shop: Path, tmp_path: Path, command: Callable[..., Any], page: Callable[..., str]
) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(
        "id,decision,why,label\nc1,keep,,inform\nc2,reject,caricature,\nc3,keep,,replace\n", "utf-8"
    )
    named = ["case_id=id", "verdict=decision", "reasons=why", "expected=label"]
    columns = [part for column in named for part in ("--column", column)]
    who = ("--reviewer", "Support lead", "--reviewed-on", "2026-03-04")
    done = command("-w", str(shop), "import", "reviews", str(file), *columns, *who)
    html = page("05_review", shop)

    assert done.out.splitlines()[0] == "3 decisions recorded: 2 keep, 1 reject"
    assert "Survival is 66.7%" in html
    assert html.count('class="wb-plot"') == 3
    assert "Time on screen is not measured: decisions were imported." in html
    assert "In this demo the decisions were composed; no reviewer is audited." in html


def test_a_bad_file_is_one_message(shop: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("case_id,verdict\ndemo-0001,keep\nc2,reject\n", "utf-8")
    who = ("--reviewer", "Support lead", "--reviewed-on", "2026-03-04")
    done = command("-w", str(shop), "import", "reviews", str(file), *who, exits=2)

    assert done.err.startswith(
        "workbench: decisions.csv: 2 of 2 decisions cannot be recorded, so nothing was\n"
    )
    assert len(done.err.splitlines()) == 3
