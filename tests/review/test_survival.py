"""Survival: what counts, how it is read, and that every axis has one total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench.margins import unreconciled
from workbench.review import Survival, reading, survival
from workbench.review.survival import COUNTS
from workbench.stats.pooling import pooled
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]

AXES = {"customer": ("new", "angry"), "topic": ("delay", "damaged")}

LONG_TEXT = pd.DataFrame(
    [
        ("scenario", "delay-refund", 40, 38), ("scenario", "damaged-goods", 40, 31),
        ("scenario", "wrong-item", 40, 33), ("scenario", "buyer's-remorse", 40, 21),
        ("scenario", "outside-window", 40, 29), ("user type", "new customer", 50, 46),
        ("user type", "power user", 50, 38), ("user type", "enterprise buyer", 50, 33),
        ("user type", "angry escalator", 50, 36),
    ],
    columns=["axis", "level", "reviewed", "kept"],
)  # fmt: skip
"""The table of survivors in the long text, section 3."""

INTERVALS = {
    (38, 40): (83.5, 98.6), (31, 40): (62.5, 87.7), (33, 40): (68.1, 91.3), (21, 40): (37.5, 67.1),
    (29, 40): (57.2, 83.9), (46, 50): (81.2, 96.8), (38, 50): (62.6, 85.7), (33, 50): (52.2, 77.6),
    (36, 50): (58.3, 82.5), (153, 200): (70.2, 81.8),
}  # fmt: skip


@pytest.mark.parametrize("counts", INTERVALS, ids=str)
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    kept, reviewed = counts
    z2 = 1.959963984540054**2
    middle = (kept + z2 / 2) / (reviewed + z2)
    half = np.sqrt(z2 * (kept * (reviewed - kept) / reviewed + z2 / 4)) / (reviewed + z2)
    told = reading(kept, reviewed)

    assert (round(100 * told.low, 1), round(100 * told.high, 1)) == INTERVALS[counts]
    assert (told.low, told.high) == pytest.approx((middle - half, middle + half))


@pytest.mark.parametrize(
    ("level", "band"),
    [
        ("delay-refund", "outside high"), ("buyer's-remorse", "outside low"), ("new customer", "outside high"),
        ("enterprise buyer", "unclear"), ("damaged-goods", "unclear"), ("angry escalator", "unclear"),
    ],
)  # fmt: skip
def test_the_long_texts_levels_read_like_this(level: str, band: str) -> None:
    counts = LONG_TEXT.loc[LONG_TEXT["level"] == level, ["kept", "reviewed"]].to_numpy().tolist()

    assert reading(*counts[0]).band == band


def test_the_long_texts_total_is_inside_and_no_caricature() -> None:
    assert reading(153, 200)[3:] == ("inside", "no")


def test_ten_candidates_seldom_say_where_a_cell_lies() -> None:
    assert [reading(kept, 10).band for kept in range(11)] == [
        *["outside low"] * 5, *["unclear"] * 5, "outside high",
    ]  # fmt: skip


def test_caricature_is_called_only_where_the_data_carry_it() -> None:
    assert [reading(k, n).caricature for k, n in ((1, 10), (3, 10), (7, 10), (12, 40), (16, 40), (0, 9))] == [
        "yes", "unclear", "no", "yes", "unclear", "unclear",
    ]  # fmt: skip


def test_where_nothing_is_reviewed_nothing_is_known() -> None:
    told = reading(0, 0)

    assert np.isnan([told.survival, told.low, told.high]).all()
    assert (told.band, told.caricature) == (None, None)


def test_the_long_texts_own_table_is_named_as_impossible() -> None:
    assert unreconciled(LONG_TEXT, COUNTS) == [
        "kept adds up to 152 by scenario and 153 by user type; no table of cells has both"
    ]


def test_a_real_table_of_the_same_size_adds_up() -> None:
    rng = np.random.default_rng(7)
    kept = rng.binomial(10, 0.77, size=(4, 5))
    parts = [
        pd.DataFrame({"axis": axis, "kept": kept.sum(axis=along)})
        for axis, along in (("type", 1), ("case", 0))
    ]

    assert unreconciled(pd.concat(parts), COUNTS, cells=pd.DataFrame({"kept": kept.ravel()})) == []


@pytest.fixture
def counted(new_case: Row, new_event: Row) -> Callable[..., Survival]:
    """Count the survival of candidates from stories such as `Kim keep, Lee reject`, by case."""

    def make(stories: dict[str, str], **changes: dict[str, Any]) -> Survival:
        made = {"bucket": "prompted", "tag": "synth-x", "cell": "angry/delay"}
        cases = CASES.frame(
            [new_case("s1"), *(new_case(case, **(made | changes.get(case, {}))) for case in stories)]
        )
        events: list[dict[str, Any]] = []
        for case, story in stories.items():
            for step in filter(None, story.split(", ")):
                reviewer, _, what = step.partition(" ")
                event, _, verdict = what.partition(":")
                sitting = {"session_id": "import-a"} if event == "elsewhere" else {}
                event = "imported" if sitting else event
                planted = "repeat" if event == "again" else None
                events.append(
                    new_event(
                        len(events) + 1, case, "keep" if planted else event,
                        reviewer=reviewer, verdict=verdict or None, planted=planted, **sitting,
                    )
                )  # fmt: skip
        cell = cases["cell"].fillna("*/*")
        places = cases[["case_id"]].assign(
            cell=cell, kind="grid", levels=cell.map(lambda name: tuple(name.split("/")))
        )
        return survival(cases, REVIEWS.frame(events), places, axes=AXES)

    return make


def total(found: Survival) -> dict[str, int]:
    return {name: int(found.total[name].iloc[0]) for name in COUNTS}


def test_kept_of_kept_rejected_and_revised(counted: Callable[..., Survival]) -> None:
    found = counted(
        {
            "a": "Kim keep", "b": "Kim reject", "c": "Kim revise", "d": "Kim skip", "e": "", "f": "Kim keep, Kim undo",
            "g": "Kim keep, Lee reject, Ann adjudicate:keep", "h": "Kim reject, Kim again", "i": "Kim again",
            "j": "Kim elsewhere:keep",
        }
    )  # fmt: skip

    assert total(found) == {
        "generated": 10,
        "reviewed": 5,
        "kept": 2,
        "rejected": 2,
        "revised": 1,
        "survivors": 1,
        "corrected": 0,
    }
    assert found.total["survival"].iloc[0] == 0.4
    assert str(found) == "2 of 5 reviewed candidates kept: unclear"


def test_the_summary_says_where_reviewers_disagree(counted: Callable[..., Survival]) -> None:
    found = counted(
        {"a": "Kim keep, Lee reject", "b": "Kim keep", "c": "Kim keep, Lee reject, Ann adjudicate:keep"}
    )

    assert found.disputed == 1
    assert str(found) == (
        "2 of 3 reviewed candidates kept: unclear; reviewers disagree on 1 candidate and nobody adjudicated"
    )


def test_the_child_of_a_revision_stands_outside(counted: Callable[..., Survival]) -> None:
    revised = [{"name": "revision", "keeps_label": False, "spans": []}]
    found = counted(
        {"a": "Kim revise", "b": "Kim keep", "c": ""},
        b={"parent_ids": ["a"], "operators": [{"name": "typo", "keeps_label": True}, *revised]},
        c={"parent_ids": ["a"], "operators": revised},
    )

    assert total(found) == {
        "generated": 1,
        "reviewed": 1,
        "kept": 0,
        "rejected": 0,
        "revised": 1,
        "survivors": 0,
        "corrected": 2,
    }
    assert found.unreconciled == []


def test_decisions_that_came_in_are_a_review_and_cases_kept_elsewhere_are_none(
    counted: Callable[..., Survival],
) -> None:
    survivors = counted({"a": "Kim elsewhere:keep", "b": "Kim elsewhere:keep"})
    reviewed = counted({"a": "Kim imported:keep", "b": "Kim imported:keep"})

    assert (total(survivors)["reviewed"], total(survivors)["survivors"]) == (0, 2)
    assert (total(reviewed)["reviewed"], total(reviewed)["kept"], total(reviewed)["survivors"]) == (2, 2, 0)


def test_every_axis_bucket_and_persona_has_the_same_total(counted: Callable[..., Survival]) -> None:
    found = counted(
        {"a": "Kim keep", "b": "Kim reject", "c": "Kim keep", "d": ""},
        b={"cell": "new/damaged", "persona": "You are new here.", "bucket": "persona"},
        c={"cell": "vip/delay"},
    )

    assert found.unreconciled == []
    assert found.margins.groupby("axis", sort=False)["kept"].sum().to_dict() == {
        "customer": 2, "topic": 2, "persona": 2, "bucket": 2,
    }  # fmt: skip
    assert found.margins.query("axis == 'customer'")["level"].tolist() == ["new", "angry", "vip"]
    assert found.margins.query("axis == 'persona'")["level"].tolist() == ["(none)", "You are new here."]
    assert found.cells.set_index("cell")["reviewed"].to_dict() == {
        "angry/delay": 1,
        "new/damaged": 1,
        "vip/delay": 1,
    }


def test_candidates_of_one_root_are_told_apart_from_candidates(counted: Callable[..., Survival]) -> None:
    found = counted({"a": "Kim keep", "b": "Kim keep", "c": "Kim keep"}, b={"parent_ids": ["a"]})

    assert (total(found)["reviewed"], found.roots) == (3, 2)


def test_cells_have_what_their_row_and_column_make_of_them_beside_their_counts(
    counted: Callable[..., Survival],
) -> None:
    stories = {f"a{n}": "Kim keep" if n < 7 else "Kim reject" for n in range(10)}
    stories |= {f"b{n}": "Kim keep" for n in range(10)} | {"c": ""}
    places = {f"b{n}": {"cell": "new/delay"} for n in range(10)} | {"c": {"cell": "new/damaged"}}
    cells = counted(stories, **places).cells.set_index("cell")
    told = pooled([7, 10], [10, 10], [["angry", "new"], ["delay", "delay"]])

    assert cells.loc[["angry/delay", "new/delay"], ["kept", "survival"]].to_numpy().tolist() == [
        [7, 0.7],
        [10, 1.0],
    ]
    assert cells["pooled"].tolist()[:2] == pytest.approx(told.rate)
    assert 0.7 < cells["pooled"].iloc[0] < cells["pooled"].iloc[1] < 1.0
    assert cells["pooled_low"].iloc[0] < cells["pooled"].iloc[0] < cells["pooled_high"].iloc[0]
    assert cells.loc["new/damaged", ["survival", "pooled", "pooled_low", "pooled_high"]].isna().all()


def test_without_two_axes_cells_are_pooled_all_alike(new_case: Row, new_event: Row) -> None:
    made = {"bucket": "prompted", "tag": "synth-x"}
    cases = CASES.frame([new_case(f"p{n}", cell="ab"[n % 2], **made) for n in range(12)])
    reviews = REVIEWS.frame([new_event(n + 1, f"p{n}", "keep" if n < 8 else "reject") for n in range(12)])
    places = cases[["case_id", "cell"]].assign(kind="grid", levels=cases["cell"].map(lambda name: (name,)))

    for found in (survival(cases, reviews), survival(cases, reviews, places, axes={"topic": ("a", "b")})):
        assert found.cells["pooled"].tolist() == pytest.approx(pooled([4, 4], [6, 6]).rate)


def test_without_a_grid_cells_are_what_the_cases_say(new_case: Row, new_event: Row) -> None:
    made = {"bucket": "prompted", "tag": "synth-x"}
    cases = CASES.frame([new_case("a", cell="free/form", **made), new_case("b", **made)])
    found = survival(cases, REVIEWS.frame([new_event(1, "a", "keep")]), axes=AXES)

    assert found.axes == {}
    assert found.cells["cell"].tolist() == ["free/form", "(none)"]
    assert set(found.margins["axis"]) == {"persona", "bucket"}
    assert found.unreconciled == []


@pytest.mark.parametrize("axes", [{}, AXES], ids=["no grid", "a grid"])
def test_an_empty_workspace_has_no_survival(axes: dict[str, tuple[str, ...]]) -> None:
    places = pd.DataFrame({"cell": [], "levels": []}, dtype=object) if axes else None
    found = survival(CASES.frame(), REVIEWS.frame(), places, axes=axes)

    assert found.cells["pooled"].empty
    assert total(found) == dict.fromkeys(COUNTS, 0)
    assert str(found) == "no candidate is reviewed yet"


def test_nothing_that_is_given_is_changed(new_case: Row, new_event: Row) -> None:
    cases = CASES.frame([new_case("a", bucket="prompted", tag="synth-x")])
    reviews = REVIEWS.frame([new_event(1, "a", "keep")])
    before = cases.copy(deep=True), reviews.copy(deep=True)
    survival(cases, reviews)

    pd.testing.assert_frame_equal(cases, before[0])
    pd.testing.assert_frame_equal(reviews, before[1])
