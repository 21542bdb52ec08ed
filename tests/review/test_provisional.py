"""Provisional labels: stated at review with an owner and a date, owed by owner, and an error when forgotten."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from workbench import folds
from workbench.errors import QuarantineError, UsageError
from workbench.evalset import freeze
from workbench.labels import provisional, refuse_forgotten
from workbench.report.review.provisional import provisional as shown
from workbench.review import decide, import_reviews
from workbench.review.programmatic import label, regex
from workbench.swap.overdue import overdue
from workbench.tables import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace

    Said = Callable[..., dict[str, Any]]

MORNING = dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC)
DESK = {"expected": "refund", "owner": "Refund desk"}


def days(number: int) -> dt.datetime:
    """So many days after the decision."""
    return MORNING + dt.timedelta(days=number)


# Stated at review


def test_a_keep_with_owner_and_date_states_a_provisional_label(shop: Workspace, said: Said) -> None:
    done = decide(shop, [said("p1", **DESK, backfill_by=dt.date(2026, 6, 1)), said("p2", expected="deny")])
    found = shop.labels.set_index("case_id")

    assert done.labels == {"provisional": 1, "human": 1}
    assert found.loc[["p1", "p2"], "kind"].tolist() == ["provisional", "human"]
    assert found.loc["p1", ["owner", "author", "expected"]].tolist() == [
        "Refund desk",
        "Support lead",
        "refund",
    ]
    assert found.loc["p1", "backfill_by"] == dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"owner": "Refund desk"}, "has a provisional label without owner and backfill_by"),
        ({"backfill_by": days(30)}, "has a provisional label without owner and backfill_by"),
        ({"owner": " ", "backfill_by": days(30)}, "has a provisional label without owner and backfill_by"),
        ({"owner": "Refund desk", "backfill_by": "2026-06-01"}, "has a provisional label without owner and backfill_by"),
        ({"owner": "Refund desk", "backfill_by": days(30).replace(tzinfo=None)}, "has a backfill_by without a timezone"),
        ({"owner": "Refund desk", "backfill_by": days(0)}, "has the backfill_by 2026-03-04; write a day within 180 days"),
        ({"owner": "Refund desk", "backfill_by": days(181)}, "has the backfill_by 2026-09-01; write a day within 180 days"),
        ({"owner": "Refund desk", "backfill_by": days(30), "expected": None}, "and states no label"),
        ({"owner": "Refund desk", "backfill_by": days(30), "verdict": "reject", "reasons": ["too_easy"]}, "and states no label"),
    ],
)  # fmt: skip
def test_a_promise_that_nobody_can_keep_is_refused(
    shop: Workspace, said: Said, told: dict[str, Any], fault: str
) -> None:
    with pytest.raises(QuarantineError, match=fault):
        decide(shop, [said("p1", **({"expected": "refund"} | told))])

    assert shop.reviews.empty


def test_a_promise_of_180_days_is_the_longest_and_the_same_again_changes_nothing(
    shop: Workspace, said: Said
) -> None:
    decide(shop, [said("p1", **DESK, backfill_by=days(180))])

    assert decide(shop, [said("p1", **DESK, backfill_by=days(180))]).known == 1
    assert shop.labels["kind"].tolist().count("provisional") == 1


def test_an_undone_keep_takes_its_provisional_label_with_it(
    shop: Workspace, said: Said, new_event: Callable[..., dict[str, Any]]
) -> None:
    from workbench.chain import linked
    from workbench.tables import REVIEWS

    decide(shop, [said("p1", **DESK, backfill_by=days(30))])
    undo = new_event(2, "p1", "undo", at=days(1))
    shop.store.append(REVIEWS, linked(shop.reviews, [undo]))

    assert "p1" not in set(shop.labels["case_id"])


def test_a_kept_mutant_with_a_provisional_label_inherits_none_beside_it(shop: Workspace, said: Said) -> None:
    assert decide(shop, [said("m1", **DESK, backfill_by=days(30))]).labels == {"provisional": 1}


def test_a_file_of_decisions_can_state_provisional_labels(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(
        "case_id,verdict,expected,owner,backfill_by\np1,keep,refund,Refund desk,2026-06-01\np2,keep,deny,,\n"
    )
    done = import_reviews(shop, file, reviewer="Support lead", reviewed_on="2026-03-04")

    assert done.labels == {"provisional": 1, "human": 1}
    assert shop.labels.set_index("case_id").loc["p1", "backfill_by"] == dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


# Owed by owner


@pytest.fixture
def owed(new_label: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """Two owners: one with a label that is 10 days late and one that is not due, one who waits."""
    terms = [
        ("r1", "Refund desk", -10), ("r2", "Refund desk", 5), ("r3", "Returns", 20), ("r4", "Refund desk", -40),
    ]  # fmt: skip
    rows = [
        new_label(case, kind="provisional", owner=owner, backfill_by=days(due)) for case, owner, due in terms
    ]
    rows += [new_label("r4"), new_label("r5")]
    return folds.labels(LABELS.frame(rows), today=MORNING)


def test_labels_are_owed_by_owner_the_longest_overdue_first(owed: pd.DataFrame) -> None:
    """What a person has labelled since, r4, is owed no more."""
    found = provisional(owed, today=MORNING)

    assert found[
        ["owner", "open", "overdue", "days_overdue", "case_ids", "forgotten"]
    ].to_numpy().tolist() == [
        ["Refund desk", 2, 1, 10, ["r1"], []],
        ["Returns", 1, 0, 0, [], []],
    ]
    assert found["backfill_by"].tolist() == [days(-10), days(20)]
    assert provisional(owed.iloc[:0], today=MORNING).empty


def test_the_table_of_the_notebook_says_who_owes_what(owed: pd.DataFrame) -> None:
    lines = str(shown(owed, today=MORNING)).splitlines()

    assert lines[0] == "Provisional labels by owner"
    assert lines[2].split() == ["Refund", "desk", "2", "1", "2026-02-22", "10", "r1"]
    assert str(shown(owed[owed["kind"] == "human"])) == "No label is provisional."


def test_the_check_command_lists_overdue_labels(
    shop: Workspace, new_label: Callable[..., dict[str, Any]], command: Callable[..., Any]
) -> None:
    late = dt.datetime.now(dt.UTC) - dt.timedelta(days=12)
    terms = {"kind": "provisional", "owner": "Refund desk\x1b[2J", "backfill_by": late}
    before = command("-w", str(shop.root), "check").out
    shop.store.append(LABELS, [new_label(case, **terms) for case in ("p1", "p2")])
    lines = command("-w", str(shop.root), "check").out.splitlines()

    assert "overdue" not in before
    assert (
        "overdue    Refund desk[U+001B][2J: 2 of 2 provisional labels, the oldest for 12 days (p1, p2)"
        in lines
    )


# The gate, and two quarters


def test_labels_180_days_overdue_leave_the_gate_and_181_days_are_an_error(owed: pd.DataFrame) -> None:
    refuse_forgotten(owed, ["r1", "r2"], today=days(170))
    with pytest.raises(
        UsageError, match=re.escape("of 1 case have been overdue for two quarters (Refund desk: r1)")
    ):
        refuse_forgotten(owed, ["r1", "r2"], today=days(171))
    refuse_forgotten(owed, ["r2", "r3"], today=days(171))


def test_owners_of_forgotten_labels_are_all_named(owed: pd.DataFrame) -> None:
    told = (
        "of 3 cases have been overdue for two quarters (Refund desk: r1, r2; Returns: r3); have their owners"
    )
    with pytest.raises(UsageError, match=re.escape(told)):
        refuse_forgotten(owed, ["r1", "r2", "r3"], today=days(400))


@pytest.mark.parametrize(("late", "refused"), [(180, False), (181, True)])
def test_a_set_with_a_forgotten_label_is_not_frozen(
    shop: Workspace, new_label: Callable[..., dict[str, Any]], late: int, *, refused: bool
) -> None:
    due = dt.datetime.now(dt.UTC) - dt.timedelta(days=late)
    shop.store.append(LABELS, [new_label("g1", kind="provisional", owner="Refund desk", backfill_by=due)])
    if not refused:
        assert "g1" in set(freeze(shop, "launch").members["case_id"])
        return
    with pytest.raises(UsageError, match=re.escape("two quarters (Refund desk: g1)")):
        freeze(shop, "launch")
    assert shop.evalsets.empty


def test_a_check_that_computes_the_label_brings_the_case_back_into_the_gate(
    shop: Workspace, said: Said
) -> None:
    decide(shop, [said("p1", **DESK, backfill_by=days(30))])
    now = days(31)
    with shop.store.transaction() as tx:
        late = overdue(tx, ["p1", "p2"], today=now)
    label(shop, regex("rule 5a", "WHERE", "deny"), ["p1"])
    with shop.store.transaction() as tx:
        after = overdue(tx, ["p1", "p2"], today=now)

    assert (late.case_ids, late.owners) == ({"p1"}, {"Refund desk": 1})
    assert (after.case_ids, after.owners) == (set(), {})
