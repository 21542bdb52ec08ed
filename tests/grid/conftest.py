"""A small grid of a shop, and cases in and around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.grid import Plan, plan
from workbench.settings import Settings
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

GRID = {"axes": {"customer": ["new", "angry"], "topic": ["delay", "damaged", "remorse"]}, "n": 10}
SLICES = ["delay", "damaged", "remorse", "billing"]


@pytest.fixture
def new_plan() -> Callable[..., Plan]:
    """Make the plan of a grid, with anything of it changed."""

    def make(*, slices: list[str] | None = None, **grid: Any) -> Plan:
        seed = {"slices": SLICES if slices is None else slices}
        return plan(Settings.model_validate({"seed": seed, "grid": GRID | grid}))

    return make


@pytest.fixture
def cases_of(new_case: Callable[..., dict[str, object]]) -> Callable[..., pd.DataFrame]:
    """Make cases of one bucket from where they lie: a cell, `slice:<name>`, or None."""

    def make(*places: str | None, bucket: str = "seed", first: int = 1, **columns: object) -> pd.DataFrame:
        tag = {"seed": "prod", "golden": "golden", "redteam": "red-x"}.get(bucket, "synth-x")
        rows = []
        for number, place in enumerate(places, first):
            is_slice = place is not None and place.startswith("slice:")
            where = {"slice": place.removeprefix("slice:")} if place and is_slice else {"cell": place}
            rows.append(
                new_case(f"{bucket}{number}", f"where is it?? {number}", bucket=bucket, tag=tag, **where)
                | columns
            )
        return CASES.frame(rows)

    return make


@pytest.fixture
def decided(new_event: Callable[..., dict[str, object]]) -> Callable[..., pd.DataFrame]:
    """Make reviews from one decision per case."""

    def make(**decisions: str) -> pd.DataFrame:
        events = enumerate(decisions.items(), 1)
        return REVIEWS.frame([new_event(number, case_id, event) for number, (case_id, event) in events])

    return make
