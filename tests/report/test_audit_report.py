"""What notebook 05 shows of an audit: sittings, not people; what is missing, with its reason."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hostile import STRINGS, alive

from workbench.report.charts import Chart
from workbench.report.review import audit as shown
from workbench.report.review.audit_charts import checks_chart, drift_chart, pace_chart
from workbench.report.review.survival import cells, cells_map
from workbench.review import survival
from workbench.review.audit import Audit, audit
from workbench.tables import CASES, CHECKS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]

NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
PARCEL = "my parcel has not come and nobody answers, what do I do now?"
CELLS = ("angry/delay", "new/delay", "angry/damaged", "new/damaged")
AXES = {"customer": ("angry", "new"), "topic": ("delay", "damaged")}


@pytest.fixture
def made(new_case: Row, new_event: Row) -> Callable[..., tuple[Any, Any, Any]]:
    """Tables of a review: sittings by name, each with its share of keeps and of bad checks kept, and its time."""

    def make(
        sittings: dict[str, tuple[float, int, float | None]], *, reader: str = "Kim Lee"
    ) -> tuple[Any, Any, Any]:
        rng = np.random.default_rng(6)
        cases = [
            new_case(
                f"p{n:03}", PARCEL + " please" * (n % 40), bucket="prompted", tag="synth-x", cell=CELLS[n % 4]
            )
            for n in range(60)
        ]
        check = {
            "truth": "reject",
            "how": "gibberish",
            "made_from": ["p000"],
            "content_sha256": "0" * 64,
            "created_at": NOON,
        }
        checks = [
            {"check_id": f"c{n}", "turns": [{"role": "user", "text": PARCEL}], **check} for n in range(10)
        ]
        events: list[dict[str, Any]] = []
        for name, (rate, misses, seconds) in sittings.items():
            ids = [(f"p{n:03}", None) for n in range(60)] + [(f"c{n}", "bad:gibberish") for n in range(10)]
            for place, n in enumerate(rng.permutation(70)):
                case, planted = ids[n]
                keep = n - 60 < misses if planted else rng.random() < rate
                timed = seconds and int(1000 * seconds * rng.lognormal(0, 0.3))
                events.append(
                    new_event(
                        len(events) + 1, case, "keep" if keep else "reject", session_id=name, reviewer=f"{reader} {name}",
                        position=place, planted=planted, visible_ms=timed, at=NOON + dt.timedelta(seconds=20 * len(events)),
                    )
                )  # fmt: skip
        return CASES.frame(cases), REVIEWS.frame(events), CHECKS.frame(checks)

    return make


@pytest.fixture
def found(made: Callable[..., Any]) -> Audit:
    return audit(*made({"morning": (0.75, 0, 14.0), "evening": (0.9, 9, 1.2)}))


def test_the_sentence_names_sittings_that_stand_out_and_by_what(found: Audit) -> None:
    text = str(shown.audited(found))

    assert text.startswith(
        "2 sittings with 140 decisions. Standing out: evening (many decisions faster than reading, bad checks kept)."
    )
    assert "Not tested, for want of data: good checks called unreal." in text


def test_no_reviewer_is_named(found: Audit) -> None:
    parts = [shown.audited(found), shown.sittings(found), shown.agreement(found), shown.doubts(found)]
    charts = [pace_chart(found), drift_chart(found), checks_chart(found)]

    assert not any("Kim" in str(part) for part in [*parts, *charts])
    assert not any("Kim" in str(chart.spec) for chart in charts if isinstance(chart, Chart))


def test_the_table_of_sittings_has_numbers_and_says_why_one_is_missing(found: Audit) -> None:
    table = shown.sittings(found)

    assert "9 of 10 (up to 99.5%)" in str(table)
    assert "0 of 10 (up to 25.9%)" in str(table)
    assert "No such check was decided on." in table.html
    assert "No candidate was decided on twice in this sitting." in table.html


def test_the_charts_say_what_they_show(found: Audit) -> None:
    pace, drift, checks = pace_chart(found), drift_chart(found), checks_chart(found)
    assert isinstance(pace, Chart)
    assert isinstance(drift, Chart)
    assert isinstance(checks, Chart)

    assert pace.summary.startswith("140 timed decisions, half of them in ")
    assert "faster than 8 words a second: 69" in pace.summary
    assert "has power " in drift.summary
    assert "a drift that is not seen may well be there" in drift.summary
    assert checks.summary == "evening 9 of 10, so up to 99.5%; morning 0 of 10, so up to 25.9%."
    for chart in (pace, drift, checks):
        assert chart.png()


def test_agreement_and_survival_without_doubt_stand_in_tables(found: Audit) -> None:
    agreed, doubts = str(shown.agreement(found)), str(shown.doubts(found))

    assert "keep or not" in agreed
    assert "AC1" in agreed
    assert "without sittings that missed many bad checks" in doubts
    assert "how far it could, not what it is" in doubts


def test_how_many_decisions_have_no_time_is_said(made: Callable[..., Any]) -> None:
    found = audit(*made({"morning": (0.75, 0, 14.0), "pack": (0.8, 0, None)}))

    assert "Not timed: 60 of 120 decisions; none of them is called fast." in str(shown.doubts(found))


def test_what_came_in_is_not_measured_rather_than_nothing(made: Callable[..., Any]) -> None:
    cases, reviews, checks = made({"pack": (0.8, 0, None)})
    plain = reviews[reviews["planted"].isna()].assign(
        position=reviews["position"].where(reviews["position"] < 0)
    )
    found = audit(cases, plain, checks)

    assert str(pace_chart(found)) == "Time on screen was not measured: the decisions came in from elsewhere."
    assert str(drift_chart(found)).startswith("No positions were recorded")
    assert str(checks_chart(found)).startswith("No planted check was decided on")
    assert (
        str(shown.agreement(found))
        == "No candidate was decided on by two reviewers, so agreement is not known."
    )
    assert "None stands out." in str(shown.audited(found))
    assert "bad checks kept" in str(shown.audited(found))
    assert "Time on screen was not measured" in shown.doubts(found).html
    assert "0 " not in str(shown.doubts(found)).splitlines()[3]


def test_an_empty_workspace_says_so_everywhere() -> None:
    found = audit(CASES.frame(), REVIEWS.frame(), CHECKS.frame())

    for part in (
        shown.audited,
        shown.sittings,
        shown.agreement,
        shown.doubts,
        pace_chart,
        drift_chart,
        checks_chart,
    ):
        assert str(part(found)).startswith(("No ", "Time on screen was not measured"))


def test_hostile_names_of_sittings_are_text(made: Callable[..., Any]) -> None:
    names = {text[:200].replace("\x00", ""): (0.9, 9, 1.0) for text in STRINGS[::9]}
    found = audit(*made(names))

    for part in (shown.audited(found), shown.sittings(found)):
        assert not alive(part.html)
    for chart in (pace_chart(found), drift_chart(found), checks_chart(found)):
        assert isinstance(chart, Chart)
    assert drift_chart(found).summary.endswith("2 more sittings are not drawn.")


def test_cells_stand_with_their_counts_and_what_pooling_makes_of_them(made: Callable[..., Any]) -> None:
    cases, reviews, _ = made({"morning": (0.75, 0, 14.0)})
    places = cases[["case_id", "cell"]].assign(levels=cases["cell"].map(lambda name: tuple(name.split("/"))))
    counted = survival(cases, reviews, places, axes=AXES)
    table, chart = cells(counted), cells_map(counted)
    first = counted.cells.sort_values("pooled").iloc[0]

    assert isinstance(chart, Chart)
    assert f"{first['kept']}/{first['reviewed']}" in str(table)
    assert f"{100 * first['pooled']:.1f}%" in str(table)
    assert "kept; pooled " in str(chart.spec)
    assert "A cell that really differs from its neighbours is pulled too" in table.html
