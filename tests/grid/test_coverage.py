"""Coverage counts every case once, and its margins always add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.grid import coverage, plan
from workbench.grid.coverage import COUNTS
from workbench.margins import unreconciled
from workbench.settings import Settings
from workbench.survival import fates
from workbench.tables import CASES, MEASURES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.grid import Coverage, Plan

NOTHING = REVIEWS.frame()


def row(found: Coverage, cell: str) -> dict[str, Any]:
    (counts,) = found.cells[found.cells["cell"] == cell].to_dict("records")
    return {str(name): value for name, value in counts.items()}


@pytest.fixture
def found(
    cases_of: Callable[..., pd.DataFrame], decided: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> Coverage:
    """A seed known by topic, and a reviewed batch with odd ones in it."""
    seed = cases_of("new/delay", *["slice:delay"] * 3, "slice:damaged", "slice:billing", None)
    batch = cases_of(
        "angry/delay", "angry/delay", "angry/delay", "vip/delay", "new/remorse", None, bucket="persona"
    )
    golden = cases_of("angry/delay", bucket="golden")
    reviews = decided(persona1="keep", persona2="reject", persona4="keep", persona5="keep")
    masks = [{"customer": "new", "topic": "remorse"}]
    return coverage(pd.concat([seed, batch, golden], ignore_index=True), reviews, new_plan(masks=masks))


def test_a_cell_counts_the_way_from_plan_to_kept(found: Coverage) -> None:
    assert {name: row(found, "angry/delay")[name] for name in ("planned", "generated", "reviewed", "kept")} == {
        "planned": 10, "generated": 3, "reviewed": 2, "kept": 1,
    }  # fmt: skip


def test_a_case_outside_the_grid_or_without_a_cell_has_a_row_of_its_own(found: Coverage) -> None:
    others = found.cells[found.cells["kind"] != "grid"].set_index("cell")

    assert others["kind"].to_dict() == {
        "new/remorse": "masked", "*/damaged": "partial", "*/delay": "partial",
        "*/billing": "outside", "vip/delay": "outside", "*/*": "unplaced",
    }  # fmt: skip
    assert others["seed"].to_dict() == {
        "new/remorse": 0, "*/damaged": 1, "*/delay": 3, "*/billing": 1, "vip/delay": 0, "*/*": 1,
    }  # fmt: skip
    assert others["planned"].sum() == 0


def test_no_case_is_lost_or_counted_twice(found: Coverage) -> None:
    assert found.cells[["seed", "generated", "by_hand"]].sum().to_dict() == {
        "seed": 7, "generated": 6, "by_hand": 1,
    }  # fmt: skip


def test_what_is_reviewed_and_kept_is_what_survival_counts(
    cases_of: Callable[..., pd.DataFrame],
    new_event: Callable[..., dict[str, Any]],
    new_plan: Callable[..., Plan],
) -> None:
    """The text of a revision was corrected by hand, and a case kept elsewhere was not reviewed here."""
    batch = cases_of(*["angry/delay"] * 3, bucket="persona")
    child = cases_of("angry/delay", bucket="persona", first=4, parent_ids=["persona1"])
    cases = pd.concat([batch, child], ignore_index=True)
    kept = {"verdict": "keep", "session_id": "import-a"}
    events = [
        new_event(1, "persona1", "revise"), new_event(2, "persona2", "keep"),
        new_event(3, "persona3", "imported", **kept), new_event(4, "persona4", "keep"),
    ]  # fmt: skip
    found = coverage(cases, REVIEWS.frame(events), new_plan())

    assert {name: row(found, "angry/delay")[name] for name in ("generated", "by_hand", "reviewed", "kept")} == {
        "generated": 3, "by_hand": 1, "reviewed": 2, "kept": 1,
    }  # fmt: skip
    assert fates(cases, REVIEWS.frame(events))[["reviewed", "kept"]].sum().tolist() == [2, 1]


def test_what_is_known_in_part_may_be_in_every_cell_that_agrees(found: Coverage) -> None:
    assert row(found, "new/delay")["seed_most"] == 1 + 3 + 1
    assert row(found, "angry/damaged")["seed_most"] == 1 + 1
    assert row(found, "*/delay")["seed_most"] == 3


def test_what_nothing_has_logged_or_measured_is_missing_and_not_0(found: Coverage) -> None:
    assert found.cells[["requested", "duplicate"]].isna().all(axis=None)
    assert found.margins[["requested", "duplicate"]].isna().all(axis=None)


def test_requests_are_shown_where_they_were_logged(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    asked = {"new/delay": 12, "gone/delay": 2}
    found = coverage(cases_of("new/delay"), NOTHING, new_plan(), requested=asked)

    assert row(found, "new/delay")["requested"] == 12
    assert row(found, "angry/delay")["requested"] == 0
    gone = row(found, "gone/delay")
    assert (gone["kind"], gone["requested"], gone["generated"]) == ("outside", 2, 0)
    assert found.unreconciled == []


def test_duplicates_are_counted_only_where_every_candidate_is_measured(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    batch = cases_of("new/delay", "new/delay", "angry/delay", "angry/delay", bucket="prompted")
    measured = {"prompted1": None, "prompted2": "prompted1", "prompted3": "prompted1"}
    rows = [
        {
            "case_id": case,
            "embedder": "minilm",
            "reference_sha256": "0" * 64,
            "duplicate_of": other,
            "windows": 1,
        }
        for case, other in measured.items()
    ]
    found = coverage(batch, NOTHING, new_plan(), measures=MEASURES.frame(rows))

    assert row(found, "new/delay")["duplicate"] == 1
    assert pd.isna(row(found, "angry/delay")["duplicate"])
    assert row(found, "new/damaged")["duplicate"] == 0
    margins = found.margins.set_index("level")["duplicate"]
    assert margins["new"] == 1
    assert pd.isna(margins["delay"])
    assert found.unreconciled == []


def test_margins_add_up_to_the_same_sums_on_every_axis(found: Coverage) -> None:
    assert found.unreconciled == []
    sums = found.margins.groupby("axis")[["seed", "planned", "generated", "kept"]].sum()
    assert sums.index.tolist() == ["customer", "topic"]
    assert sums.to_numpy().tolist() == [[7, 50, 6, 3]] * 2


def test_margins_name_what_is_outside_and_what_is_not_known(found: Coverage) -> None:
    topics = found.margins[found.margins["axis"] == "topic"].set_index("level")

    assert topics["kind"].to_dict() == {
        "delay": "level", "damaged": "level", "remorse": "level", "billing": "outside", "*": "unknown",
    }  # fmt: skip
    assert topics["seed"].to_dict() == {"delay": 4, "damaged": 1, "remorse": 0, "billing": 1, "*": 1}


LEVELS = st.sampled_from(["new", "angry", "vip", "*", "delay", "damaged", "remorse", "lost", ""])
CELLS = st.one_of(st.none(), st.text(max_size=6), st.lists(LEVELS, min_size=1, max_size=3).map("/".join))


@given(cells=st.lists(st.tuples(CELLS, st.sampled_from(["delay", "billing", "odd", None])), max_size=30))
def test_margins_add_up_whatever_a_case_says_of_itself(cells: list[tuple[str | None, str | None]]) -> None:
    settings = {
        "seed": {"slices": ["delay", "damaged", "billing"]},
        "grid": {"axes": {"customer": ["new", "angry"], "topic": ["delay", "damaged"]}},
    }
    cases = pd.DataFrame(
        [
            {"case_id": f"c{number}", "bucket": "seed" if number % 2 else "prompted", "cell": cell, "slice": slice_,
             "generator_family": None, "parent_ids": [], "split": "eval"}
            for number, (cell, slice_) in enumerate(cells)
        ],
        columns=["case_id", "bucket", "cell", "slice", "generator_family", "parent_ids", "split"], dtype=object,
    )  # fmt: skip
    found = coverage(cases, NOTHING, plan(Settings.model_validate(settings)))

    assert found.unreconciled == []
    assert found.cells["cell"].is_unique
    assert found.cells[["seed", "generated", "by_hand"]].sum().sum() == len(cells)


def test_the_long_texts_own_survivors_do_not_add_up_and_ours_says_so() -> None:
    """Section 3 prints 153 kept by user type; the kept by scenario are 152."""
    users = {
        "new customer": (50, 46),
        "power user": (50, 38),
        "enterprise buyer": (50, 33),
        "angry escalator": (50, 36),
    }
    policies = {
        "delay": (40, 38),
        "damaged": (40, 31),
        "wrong item": (40, 33),
        "remorse": (40, 21),
        "outside": (40, 29),
    }
    printed = pd.DataFrame(
        [
            {"axis": axis, "level": level, "generated": generated, "kept": kept}
            for axis, levels in (("user type", users), ("scenario", policies))
            for level, (generated, kept) in levels.items()
        ]
    )  # fmt: skip

    assert unreconciled(printed, COUNTS) == [
        "kept adds up to 153 by user type and 152 by scenario; no table of cells has both"
    ]


def test_a_sum_that_is_not_known_differs_from_one_that_is() -> None:
    margins = pd.DataFrame({"axis": ["customer", "topic"], "duplicate": pd.array([None, 3], dtype="Int64")})

    assert unreconciled(margins, COUNTS) == [
        "duplicate adds up to nothing that is known by customer and 3 by topic; no table of cells has both"
    ]


def test_a_cell_that_was_changed_no_longer_adds_up(found: Coverage) -> None:
    found.cells["kept"] += found.cells.index == 0

    assert found.unreconciled == [
        "kept adds up to 3 by customer, 3 by topic and 4 over all cells; no table of cells has both"
    ]


def test_nothing_is_changed_and_nothing_is_an_empty_grid(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    cases = cases_of("new/delay", None)
    before = cases.copy(deep=True)
    coverage(cases, NOTHING, new_plan())
    empty = coverage(CASES.frame(), NOTHING, new_plan())

    pd.testing.assert_frame_equal(cases, before)
    assert len(empty.cells) == 6
    assert set(empty.cells[list(COUNTS)].dtypes.astype(str)) == {"Int64"}
    assert str(empty).splitlines()[1:] == [
        "seed: none",
        "candidates in its cells: 0 of 60 planned, 0 reviewed, 0 kept",
    ]


def test_the_summary_says_where_the_seed_is(found: Coverage) -> None:
    assert str(found).splitlines() == [
        "2 customer x 3 topic: 5 cells, 1 masked, 50 candidates",
        "seed: 1 in a cell, 4 known on some axes only, 1 outside the grid, 1 not placed",
        "candidates in its cells: 3 of 50 planned, 2 reviewed, 1 kept",
    ]
