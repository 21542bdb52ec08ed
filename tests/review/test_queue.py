"""What waits for a review, and why candidates did not survive theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.review import decide, queue, reasons
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    Row = Callable[..., dict[str, Any]]


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
