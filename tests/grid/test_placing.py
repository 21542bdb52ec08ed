"""A case lies where it says; nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.grid import placed
from workbench.grid.placing import Place, place

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.grid import Plan

PLACES = {
    "a cell of the grid": (("angry/delay", None), Place("angry/delay", "grid", ("angry", "delay"))),
    "a masked cell": (("new/remorse", None), Place("new/remorse", "masked", ("new", "remorse"))),
    "a level that went away": (("vip/delay", None), Place("vip/delay", "outside", ("vip", "delay"))),
    "the levels in another order": (("delay/angry", None), Place("delay/angry", "outside", ("delay", "angry"))),
    "no cell at all": (("angry", None), Place("angry", "outside", ("(outside)", "(outside)"))),
    "one level too many": (("angry/delay/x", None), Place("angry/delay/x", "outside", ("(outside)", "(outside)"))),
    "a cell beside another slice": (("angry/delay", "billing"), Place("angry/delay", "grid", ("angry", "delay"))),
    "a slice that is a level": ((None, "delay"), Place("*/delay", "partial", ("*", "delay"))),
    "a slice that is no level": ((None, "billing"), Place("*/billing", "outside", ("*", "billing"))),
    "a slice that nobody declared": ((None, "late parcels"), Place("*/*", "unplaced", ("*", "*"))),
    "nothing": ((None, None), Place("*/*", "unplaced", ("*", "*"))),
}  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), PLACES.values(), ids=PLACES)
def test_a_case_is_placed_by(
    told: tuple[str | None, str | None], expected: Place, new_plan: Callable[..., Plan]
) -> None:
    assert place(*told, new_plan(masks=[{"customer": "new", "topic": "remorse"}])) == expected


@pytest.mark.parametrize(
    "slices",
    [[], ["delay", "damaged"], ["delay", "damaged", "remorse", "new", "angry"]],
    ids=["none declared", "not every level declared", "levels of two axes declared"],
)
def test_slices_say_a_level_only_when_all_of_exactly_one_axis_are_declared(
    slices: list[str], new_plan: Callable[..., Plan]
) -> None:
    assert place(None, "delay", new_plan(slices=slices)).kind == "unplaced"


def test_cases_keep_their_order_and_index(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    cases = cases_of("angry/delay", "slice:billing", None)
    cases.index = [7, 3, 5]
    found = placed(cases, new_plan())

    assert found.index.tolist() == [7, 3, 5]
    assert found["kind"].tolist() == ["grid", "outside", "unplaced"]
