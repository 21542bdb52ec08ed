"""What notebook 02 shows of a grid."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hostile import STRINGS, alive

from workbench import grid
from workbench.report import grid as shown
from workbench.report import must_hold
from workbench.report.charts import Chart
from workbench.settings import Costs, Settings
from workbench.tables import CASES, PREDICTIONS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.grid import Coverage

PLAN = grid.plan(
    Settings.model_validate(
        {
            "seed": {"slices": ["delay", "damaged", "billing"]},
            "grid": {
                "axes": {"customer": ["new", "angry"], "topic": ["delay", "damaged"]},
                "masks": [{"customer": "new", "topic": "damaged"}],
            },
        }
    )
)


@pytest.fixture
def cases(new_case: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """A seed known by topic, and three candidates, one of them in no cell of the grid."""
    seed = [
        new_case(f"s{n}", slice=topic)
        for n, topic in enumerate(["delay", "delay", "damaged", "billing", None])
    ]
    made = {"bucket": "prompted", "tag": "synth-x"}
    batch = [
        new_case(f"p{n}", cell=cell, **made)
        for n, cell in enumerate(["angry/delay", "angry/delay", "vip/delay"])
    ]
    return CASES.frame([*seed, *batch])


@pytest.fixture
def seen(cases: pd.DataFrame, new_event: Callable[..., dict[str, Any]]) -> Coverage:
    reviews = REVIEWS.frame([new_event(1, "p0", "keep"), new_event(2, "p1", "reject")])
    return grid.coverage(cases, reviews, PLAN)


@pytest.fixture
def ranked(seen: Coverage) -> pd.DataFrame:
    return grid.gaps(seen, costs=Costs())


@pytest.fixture
def sealed(cases: pd.DataFrame) -> pd.DataFrame:
    """A forecast that is older than the first candidate of its cell."""
    at = cases["created_at"].min() - pd.Timedelta("1h")
    row = {"cell": "angry/delay", "predicted_survival": 0.7, "gap": "third message", "author": "Analyst"}
    told = PREDICTIONS.frame([row | {"sealed_at": at.to_pydatetime(), "seal_sha256": "a" * 64}])
    return told.assign(earlier=0, intact=True)


def test_the_headline_counts_the_grid_and_says_how_the_seed_is_placed(seen: Coverage) -> None:
    head = shown.headline(seen, name="shop", demo=False)

    assert str(head) == (
        "The grid of shop has 2 levels of customer by 2 levels of topic: 3 cells for 10 candidates each. A case is in the "
        "cell that it names; where it names none, the slice of a case says its topic, and nothing is guessed."
    )
    for fact in (
        "Seed known in part</dt><dd>3",
        "Seed outside</dt><dd>1",
        "Seed not placed</dt><dd>1",
        "Kept</dt><dd>1",
    ):
        assert fact in head.html


def test_a_demo_says_so_first(seen: Coverage) -> None:
    assert str(shown.headline(seen, name="shop", demo=True)).startswith("DEMO.")


def test_the_map_of_the_seed_tells_what_a_cell_may_hold_and_where_the_rest_is(seen: Coverage) -> None:
    chart = shown.seed_map(seen)
    assert isinstance(chart, Chart)
    tiles = {
        (row["row"], row["column"]): (row["value"], row["told"])
        for rows in chart.spec["datasets"].values()
        for row in rows
    }

    assert tiles == {
        ("new", "delay"): (0, "0-3"), ("new", "damaged"): (None, "masked"), ("angry", "delay"): (0, "0-3"),
        ("angry", "damaged"): (0, "0-2"), ("not known", "delay"): (2, "2"), ("not known", "damaged"): (1, "1"),
        ("not known", "billing"): (1, "1"), ("not known", "not known"): (1, "1"),
    }  # fmt: skip
    assert chart.summary.startswith(
        "Of 5 seed cases: 0 in a cell of the grid, 3 known on some axes only, 1 outside, 1 not placed."
    )
    assert "0 seed cases known to be here, and 3 more may be" in str(chart.spec["datasets"])


def test_the_map_of_candidates_shows_kept_beside_planned(seen: Coverage) -> None:
    chart = shown.fill_map(seen)
    assert isinstance(chart, Chart)
    tiles = {row["told"] for rows in chart.spec["datasets"].values() for row in rows}

    assert tiles == {"0 of 10", "1 of 10", "masked"}
    assert (
        chart.summary
        == "Kept: 1 of 30 planned candidates, with 2 generated. Fewest: new/delay 0, angry/damaged 0, angry/delay 1."
    )


def test_every_case_has_a_row_and_what_is_not_logged_says_so(seen: Coverage) -> None:
    text = str(shown.counts(seen))

    lines = text.replace("not known/", "not_known/").splitlines()[2:10]
    assert [line.split()[0] for line in lines] == [
        "new/delay", "angry/delay", "angry/damaged", "new/damaged",
        "not_known/damaged", "not_known/delay", "not_known/billing", "vip/delay",
    ]  # fmt: skip
    assert "Column requested is missing because no run has logged what it asked for yet." in text
    assert "Column duplicate is missing because a candidate is not measured yet;" in text


def test_the_margins_of_each_axis_end_in_the_same_sum(seen: Coverage) -> None:
    lines = str(shown.margins(seen)).splitlines()
    sums = [line.split() for line in lines if line.split()[1:2] == ["sum"]]

    assert [line[0] for line in sums] == ["customer", "topic"]
    assert sums[0][2:] == sums[1][2:]
    assert "Every axis adds up to the same sums." in lines


def test_margins_that_do_not_add_up_say_so(seen: Coverage) -> None:
    broken = dataclasses.replace(seen, margins=seen.margins.iloc[1:])

    assert "seed adds up to" not in str(shown.margins(seen))
    assert "planned adds up to 20 by customer, 30 by topic and 30 over all cells" in str(
        shown.margins(broken)
    )


def test_the_gaps_say_what_it_takes_to_fill_them(ranked: pd.DataFrame) -> None:
    text = str(shown.gaps(ranked))

    assert (
        "At a survival of 65.0% it takes 46 prompted candidates, $46.46 to $48.30 with their review" in text
    )
    first = next(line for line in text.splitlines() if line.split()[:1] == ["1"])
    assert first.split() == [
        "1",
        "angry/damaged",
        "0.0%",
        "to",
        "50.0%",
        "unclear",
        "10",
        "0",
        "16",
        "$16.16",
        "to",
        "$16.80",
    ]


def test_the_levels_show_the_seed_beside_the_grid(seen: Coverage) -> None:
    text = str(shown.levels(grid.levels(seen)))

    assert "0 to 4" in text
    assert "33.3%" in text


def test_the_plan_has_its_price_by_technique() -> None:
    lines = str(shown.costs(grid.forecast(200, Costs()))).splitlines()

    assert lines[2].split()[:2] == ["prompted", "200"]
    assert "$202.00 to $210.00" in lines[2]
    assert "$0.00" in lines[3]


def test_a_batch_without_a_known_level_has_no_concentration(cases: pd.DataFrame) -> None:
    lines = str(shown.topics(grid.topics(cases, PLAN))).splitlines()

    assert next(line.split() for line in lines if line.split()[:2] == ["customer", "seed"])[2:] == [
        "5",
        "0",
        "0",
        "—",
        "—",
        "—",
    ]


def test_cells_without_a_forecast_are_counted(seen: Coverage, sealed: pd.DataFrame) -> None:
    text = str(shown.predictions(sealed, seen))

    assert "third message" in text
    assert "Without a forecast: 2 of 3 cells." in text


def test_a_forecast_for_a_cell_that_went_away_stays_visible(seen: Coverage, sealed: pd.DataFrame) -> None:
    assert "vip/delay" in str(shown.predictions(sealed.assign(cell="vip/delay"), seen))


def test_its_claims_hold(
    seen: Coverage, ranked: pd.DataFrame, sealed: pd.DataFrame, cases: pd.DataFrame
) -> None:
    assert must_hold(shown.claims(seen, ranked, sealed, cases))
    assert must_hold(shown.claims(seen, ranked, sealed.iloc[:0], cases))


def _lost_case(parts: dict[str, Any]) -> None:
    parts["cases"] = parts["cases"].iloc[1:]


def _lost_cell(parts: dict[str, Any]) -> None:
    parts["seen"] = dataclasses.replace(parts["seen"], cells=parts["seen"].cells.iloc[1:])


def _wrong_margin(parts: dict[str, Any]) -> None:
    parts["seen"] = dataclasses.replace(parts["seen"], margins=parts["seen"].margins.iloc[:-1])


def _kept_unseen(parts: dict[str, Any]) -> None:
    parts["seen"] = dataclasses.replace(parts["seen"], cells=parts["seen"].cells.assign(kept=3))


def _planned_outside(parts: dict[str, Any]) -> None:
    parts["seen"] = dataclasses.replace(parts["seen"], cells=parts["seen"].cells.assign(planned=10))


def _unranked(parts: dict[str, Any]) -> None:
    parts["ranked"] = parts["ranked"].iloc[1:]


def _forged(parts: dict[str, Any]) -> None:
    parts["sealed"] = parts["sealed"].assign(intact=False)


def _late(parts: dict[str, Any]) -> None:
    parts["sealed"] = parts["sealed"].assign(sealed_at=parts["cases"]["created_at"].max())


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a lost seed case": (_lost_case, "every seed case is in one row"),
    "a case too few": (_lost_case, "every case is seed, generated or written by hand, once"),
    "a lost cell": (_lost_cell, "the grid has 2 or 3 axes, and each cell is planned once"),
    "a plan outside": (_planned_outside, "no candidate is planned outside the grid"),
    "a margin that lacks a level": (_wrong_margin, "cells and margins by every axis add up to the same sums"),
    "more kept than reviewed": (_kept_unseen, "no cell has more kept than reviewed, or more reviewed than generated"),
    "a gap that is not ranked": (_unranked, "every cell of the grid is ranked once"),
    "a forged forecast": (_forged, "every forecast is as it was sealed"),
    "a forecast after the fact": (_late, "every forecast was sealed before the first candidate of its cell"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "claim"), BROKEN.values(), ids=BROKEN)
def test_a_claim_fails_when_it_is_broken(
    break_it: Callable[[dict[str, Any]], None],
    claim: str,
    seen: Coverage,
    ranked: pd.DataFrame,
    sealed: pd.DataFrame,
    cases: pd.DataFrame,
) -> None:
    parts: dict[str, Any] = {"seen": seen, "ranked": ranked, "sealed": sealed, "cases": cases}
    break_it(parts)

    assert shown.claims(parts["seen"], parts["ranked"], parts["sealed"], parts["cases"])[claim] is False


def test_hostile_cells_forecasts_and_authors_are_shown_as_text(
    new_case: Callable[..., dict[str, Any]], sealed: pd.DataFrame
) -> None:
    rows = [new_case(f"c{n}", cell=text[:300]) for n, text in enumerate(STRINGS)]
    cases = CASES.frame([row for row in rows if "\0" not in row["cell"]])
    found = grid.coverage(cases, REVIEWS.frame(), PLAN)
    forecasts = pd.concat(
        [sealed.assign(gap=text, author=text, cell=text) for text in STRINGS], ignore_index=True
    )
    drawn = [
        shown.counts(found), shown.margins(found), shown.topics(grid.topics(cases, PLAN)),
        shown.predictions(forecasts, found), shown.seed_map(found),
    ]  # fmt: skip

    assert alive(drawn) == []
    assert "\u202e" not in str(getattr(shown.seed_map(found), "spec", None))
