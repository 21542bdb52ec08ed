"""What waits for a review, and why candidates did not survive theirs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import workbench
from workbench.review import decide, queue, reasons
from workbench.review.order import is_double
from workbench.review.standing import Standing
from workbench.review.waiting import Waiting
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    Row = Callable[..., dict[str, Any]]

LATER = dt.datetime(2026, 3, 5, 9, 0, tzinfo=dt.UTC)


def test_only_candidates_with_a_text_outside_the_holdout_wait(shop: Workspace) -> None:
    waiting = queue(shop.cases, shop.reviews)

    assert waiting["case_id"].tolist() == ["m1", "m2", "p1", "p2"]
    assert waiting.set_index("case_id").loc["p2", "text"].splitlines() == [
        "user: Hello, my parcel is late.",
        "assistant: May I have the order number?",
        "user: K-20817",
    ]


def test_cells_with_the_fewest_reviewed_come_first_then_the_ids(new_case: Row, new_event: Row) -> None:
    made = {"bucket": "prompted", "tag": "synth-x"}
    cells = {
        "d": "new/delay",
        "c": "angry/delay",
        "b": "angry/delay",
        "a": "vip/delay",
        "e": "vip/delay",
        "f": "vip/delay",
    }
    cases = CASES.frame([new_case(case, cell=cell, **made) for case, cell in cells.items()])
    events = [
        new_event(1, "e", "keep"),
        new_event(2, "f", "reject"),
        new_event(3, "b", "skip"),
        new_event(4, "c", "keep"),
    ]
    waiting = queue(cases, REVIEWS.frame(events))

    assert waiting[["case_id", "cell_reviewed", "skipped"]].to_numpy().tolist() == [
        ["d", 0, False], ["b", 1, True], ["a", 2, False],
    ]  # fmt: skip


def test_an_edited_text_joins_the_queue(shop: Workspace, said: Row) -> None:
    (child,) = decide(shop, [said("p1", "revise", turns="where is it")]).revisions

    assert queue(shop.cases, shop.reviews)["case_id"].tolist() == ["m1", "m2", child, "p2"]


def test_an_edited_text_waits_only_while_its_parent_stands_as_revised(shop: Workspace, said: Row) -> None:
    (child,) = decide(shop, [said("p1", "revise", turns="where is it")]).revisions
    decide(shop, [said("p1", "reject", at=LATER)])
    waiting = queue(shop.cases, shop.reviews)["case_id"].tolist()

    assert child in shop.cases["case_id"].tolist()
    assert waiting == ["m1", "m2", "p2"]


def test_a_candidate_that_two_people_decide_on_waits_for_the_second(new_case: Row, new_event: Row) -> None:
    made = {"bucket": "prompted", "tag": "synth-x"}
    two = [f"p{n}" for n in range(200) if is_double(f"p{n}", 0.15)][:8]
    one = next(f"p{n}" for n in range(200) if not is_double(f"p{n}", 0.15))
    cases = CASES.frame([new_case(case, **made) for case in [*two, one]])
    fresh, half, whole, same, undone, skipped, hidden, settled = two
    events = [
        (half, "reject", "Ana", {}),
        (whole, "keep", "Ana", {}), (whole, "reject", "Bo", {}),
        (same, "keep", "Ana", {}), (same, "reject", "Ana", {}),
        (undone, "keep", "Ana", {}), (undone, "keep", "Bo", {}), (undone, "undo", "Bo", {}),
        (skipped, "keep", "Ana", {}), (skipped, "skip", "Bo", {}),
        (hidden, "keep", "Ana", {}), (hidden, "keep", "Bo", {"planted": "repeat"}),
        (settled, "revise", "Ana", {}), (settled, "adjudicate", "Cy", {"verdict": "keep"}),
        (one, "keep", "Ana", {}),
    ]  # fmt: skip
    rows = [
        new_event(n, case, told, reviewer=who, **more) for n, (case, told, who, more) in enumerate(events, 1)
    ]
    waiting = queue(cases, REVIEWS.frame(rows), double=0.15).set_index("case_id")

    assert waiting["lacks"].to_dict() == {fresh: 2} | dict.fromkeys([half, same, undone, skipped, hidden], 1)
    assert queue(cases, REVIEWS.frame(rows))["case_id"].tolist() == [fresh]


def test_what_waits_is_what_waits_for_somebody_new_at_the_window(shop: Workspace, said: Row) -> None:
    """The notebook and the window have one truth, whatever was decided before."""
    (shop.root / "workbench.toml").write_text("[review]\ndouble = 0.5\n", "utf-8")
    with workbench.open(shop.root) as opened:
        decide(opened, [said("p1", "revise", turns="where is it"), said("p2", "keep"), said("m1", "skip")])
        double = opened.settings.review.double
        window = Waiting(opened.cases, Standing(opened.reviews), opened.settings.review, reviewer="Ana")
        found = queue(opened.cases, opened.reviews, double=double).set_index("case_id")["lacks"]

    assert found.to_dict() == {case_id: window.lacks(case_id) for case_id in window.open}
    assert "m1" in found


def test_reasons_are_those_of_decisions_that_hold(new_event: Row) -> None:
    events = [
        new_event(1, "a", "reject", reasons=["caricature", "too_easy"]),
        new_event(2, "b", "reject", reasons=["caricature"]),
        new_event(3, "c", "revise", reasons=["too_easy"]),
        new_event(4, "d", "reject", reasons=["costume"]),
        new_event(5, "d", "keep"),
        new_event(6, "e", "reject", reasons=["costume"], planted="repeat"),
        new_event(7, "f", "imported", verdict="reject"),
    ]

    assert reasons(REVIEWS.frame(events)).to_numpy().tolist() == [
        ["caricature", "reject", 2],
        ["too_easy", "reject", 1],
        ["too_easy", "revise", 1],
    ]
    assert reasons(REVIEWS.frame()).empty
