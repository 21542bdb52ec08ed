"""What is true now, folded from rows that are never changed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench import folds
from workbench.tables import CASES, LABEL_KINDS, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def _day(number: int) -> dt.datetime:
    return MONDAY + dt.timedelta(days=number)


def test_the_kinds_of_label_are_those_of_the_table() -> None:
    assert set(folds.KINDS) == set(LABEL_KINDS)


def test_the_most_trusted_kind_counts_however_old_it_is(new_label: Row) -> None:
    for trusted, other in zip(folds.KINDS, folds.KINDS[1:], strict=False):
        rows = [
            new_label("r1", "refund", kind=trusted, created_at=_day(0)),
            new_label("r1", "deny", kind=other, created_at=_day(9)),
        ]
        assert folds.labels(LABELS.frame(rows), today=MONDAY)["expected"].tolist() == ["refund"]


def test_of_one_kind_the_latest_counts_and_of_one_moment_the_one_stored_later(new_label: Row) -> None:
    rows = [
        new_label("r1", "refund", created_at=_day(2)),
        new_label("r1", "deny", created_at=_day(1)),
        new_label("r2", "ask", created_at=_day(1)),
        new_label("r2", "inform", created_at=_day(1)),
    ]
    assert folds.labels(LABELS.frame(rows))[["case_id", "expected"]].to_numpy().tolist() == [
        ["r1", "refund"],
        ["r2", "inform"],
    ]


def test_a_provisional_label_is_overdue_after_its_backfill_date_and_others_never_are(new_label: Row) -> None:
    rows = [
        new_label("r1", kind="provisional", owner="Support lead", backfill_by=_day(5)),
        new_label("r2", kind="provisional", owner="Support lead", backfill_by=_day(7)),
        new_label("r3", backfill_by=_day(1)),
        new_label("r4", kind="provisional"),
    ]
    assert folds.labels(LABELS.frame(rows), today=_day(6))["overdue"].tolist() == [True, False, False, False]


def test_a_human_label_ends_the_wait_for_a_backfill(new_label: Row) -> None:
    rows = [new_label("r1", "deny", kind="provisional", backfill_by=_day(1)), new_label("r1", "refund")]
    folded = folds.labels(LABELS.frame(rows), today=_day(6))
    assert folded[["expected", "overdue"]].to_numpy().tolist() == [["refund", False]]


def _decided(events: list[dict[str, Any]]) -> dict[str, str | None]:
    frame = folds.decisions(REVIEWS.frame(events))
    return {
        row["case_id"]: None if pd.isna(row["decision"]) else row["decision"]
        for row in frame.to_dict("records")
    }


def test_the_latest_decision_counts_with_who_made_it_and_when(new_event: Row) -> None:
    events = [
        new_event(1, "m1", "shown"),
        new_event(2, "m1", "reject", reviewer="Kim"),
        new_event(3, "m1", "note", note="hm"),
        new_event(4, "m1", "keep", reviewer="Lee"),
    ]
    decided = folds.decisions(REVIEWS.frame(events[::-1]))
    assert decided[["case_id", "decision", "reviewer"]].to_numpy().tolist() == [["m1", "keep", "Lee"]]
    assert decided["at"].tolist() == [events[3]["at"]]
    assert decided["event_id"].tolist() == [4]


@pytest.mark.parametrize(
    ("story", "decision"),
    [
        ("Kim keep, Kim undo", None),
        ("Kim keep, Kim reject, Kim undo", "keep"),
        ("Kim keep, Kim reject, Kim undo, Kim undo", None),
        ("Kim undo, Kim keep", "keep"),
        ("Kim keep, Lee undo", "keep"),
        ("Kim keep, Lee reject, Kim undo", "reject"),
        ("Kim keep, Lee skip", "keep"),
        ("Lee skip", "skip"),
        ("Kim keep, Lee reject, Ann adjudicate:keep", "keep"),
        ("Ann adjudicate:reject, Kim keep", "reject"),
        ("Kim keep, Ann adjudicate:reject, Ann undo", "keep"),
        ("Ann adjudicate:reject, Ann adjudicate:revise", "revise"),
        ("Kim imported:keep", "keep"),
        ("Kim imported:keep, Lee reject", "reject"),
        ("Kim imported", None),
        ("Kim shown", None),
    ],
)
def test_decisions_fold_like_this(new_event: Row, story: str, decision: str | None) -> None:
    assert _decided(_told(new_event, story)) == {"m1": decision}


def test_what_an_event_decides_is_itself_or_the_verdict_that_it_brings(new_event: Row) -> None:
    events = [
        new_event(1, "m1", "shown"),
        new_event(2, "m1", "keep"),
        new_event(3, "m1", "imported", verdict="reject"),
        new_event(4, "m1", "adjudicate", verdict="revise"),
        new_event(5, "m1", "undo"),
        new_event(6, "m1", "imported"),
    ]
    found = folds.verdicts(REVIEWS.frame(events))

    assert found.dropna().tolist() == ["keep", "reject", "revise"]
    assert found.isna().tolist() == [True, False, False, False, True, True]


def test_planted_checks_and_repeats_are_no_decisions(new_event: Row) -> None:
    events = [
        new_event(1, "m1", "keep"),
        new_event(2, "m1", "reject", planted="repeat"),
        new_event(3, "p1", "keep", planted="caricature"),
    ]
    assert _decided(events) == {"m1": "keep"}


def test_each_case_is_decided_on_its_own(new_event: Row) -> None:
    events = [new_event(1, "m1", "keep"), new_event(2, "m2", "reject"), new_event(3, "m1", "undo")]
    assert _decided(events) == {"m1": None, "m2": "reject"}


def test_roots_follow_cases_that_came_later_and_keep_the_index(new_case: Row) -> None:
    rows = [
        new_case("s2"),
        new_case("s1"),
        new_case("m9", parent_ids=["s2"]),
        new_case("x", parent_ids=["s1", "m9"]),
        new_case("s7"),
    ]
    cases = CASES.frame(rows).set_axis([10, 20, 30, 40, 50])
    found = folds.roots(cases)
    assert found.to_dict() == {10: "m9", 20: "m9", 30: "m9", 40: "m9", 50: "s7"}
    assert str(found.dtype) == "str"
    assert folds.roots(CASES.frame()).empty


def test_candidates_are_reviewed_and_kept_and_the_seed_is_no_candidate(new_case: Row, new_event: Row) -> None:
    cases = CASES.frame(
        [
            new_case("s1"),
            new_case("g1", bucket="golden", tag="golden"),
            new_case("p1", bucket="prompted", tag="synth-a", generator_family="unknown"),
            new_case("p2", bucket="persona", tag="synth-b", generator_family="unknown"),
            new_case("p3", bucket="mutation", tag="mut-typo"),
            new_case("h1", bucket="redteam", tag="red-false_premise", generator_family="human"),
            new_case("p4", bucket="redteam", tag="red-x", generator_family="demo"),
        ]
    )
    events = [
        new_event(1, "p1", "keep"),
        new_event(2, "p2", "reject"),
        new_event(3, "p4", "skip"),
        new_event(4, "s1", "keep"),
    ]
    state = folds.candidates(cases, REVIEWS.frame(events)).set_index("case_id")
    assert state.index[state["candidate"]].tolist() == ["p1", "p2", "p3", "p4"]
    assert state.index[state["reviewed"]].tolist() == ["p1", "p2"]
    assert state.index[state["kept"]].tolist() == ["p1"]
    assert state["decision"].isna().to_dict() == {
        "s1": False,
        "g1": True,
        "p1": False,
        "p2": False,
        "p3": True,
        "h1": True,
        "p4": False,
    }


def test_no_fold_changes_what_it_is_given(new_case: Row, new_label: Row, new_event: Row) -> None:
    cases, labels = CASES.frame([new_case("s1")]), LABELS.frame([new_label("s1")])
    reviews = REVIEWS.frame([new_event(1, "s1", "keep")])
    before = [frame.copy(deep=True) for frame in (cases, labels, reviews)]
    folds.labels(labels)
    folds.upheld(labels, reviews)
    folds.decisions(reviews)
    folds.disagreements(reviews)
    folds.roots(cases)
    folds.candidates(cases, reviews)
    for frame, copy in zip((cases, labels, reviews), before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_empty_tables_fold_to_empty_typed_frames() -> None:
    labels = folds.labels(LABELS.frame())
    assert len(labels) == 0
    assert str(labels["overdue"].dtype) == "bool"
    decided = folds.decisions(REVIEWS.frame())
    assert {name: str(dtype) for name, dtype in decided.dtypes.items()} == {
        "case_id": "str", "decision": "str", "reviewer": "str", "at": "datetime64[us, UTC]", "event_id": "Int64",
    }  # fmt: skip
    assert folds.candidates(CASES.frame(), REVIEWS.frame()).empty


def test_an_inherited_label_follows_the_label_of_its_parent(new_label: Row) -> None:
    """Down to the mutant of a mutant; a label of its own stays."""
    child = {"kind": "inherited", "author": None, "operator": "shout"}
    rows = [
        new_label("s1", "refund"),
        new_label("m1", "refund", parent_id="s1", **child),
        new_label("m2", "refund", parent_id="m1", **child),
        new_label("m3", "refund", parent_id="s1", **child),
        new_label("m3", "ask"),
        new_label("m4", "credit", parent_id="not-here", **child),
        new_label("s1", "deny", created_at=_day(3)),
    ]
    found = folds.labels(LABELS.frame(rows)).set_index("case_id")

    assert found["expected"].to_dict() == {
        "s1": "deny", "m1": "deny", "m2": "deny", "m3": "ask", "m4": "credit",
    }  # fmt: skip
    assert found["kind"].tolist() == ["human", "inherited", "inherited", "human", "inherited"]


def test_an_inherited_label_lapses_when_nobody_vouches_for_the_parents_any_more(new_label: Row) -> None:
    """What is left is the label that the case had besides."""
    child = {"kind": "inherited", "author": None, "operator": "shout"}
    rows = [
        new_label("m1", "refund", parent_id="s1", **child),
        new_label("m1", "ask", kind="provisional", owner="Support lead", backfill_by=_day(9)),
        new_label("m2", "refund", parent_id="m1", **child),
        new_label("m3", "refund", parent_id="m2", **child),
        new_label("m3", "deny", kind="claimed"),
    ]
    found = folds.labels(LABELS.frame(rows), today=MONDAY)

    assert found[["case_id", "expected", "kind"]].to_numpy().tolist() == [
        ["m1", "ask", "provisional"],
        ["m3", "deny", "claimed"],
    ]


def test_a_decision_that_arrives_late_is_no_later_decision(new_event: Row) -> None:
    events = [new_event(1, "m1", "keep", at=_day(5)), new_event(2, "m1", "reject", at=_day(1))]

    assert _decided(events) == {"m1": "keep"}


def test_an_undo_takes_back_what_was_decided_before_it_and_not_what_arrived_before_it(new_event: Row) -> None:
    events = [
        new_event(1, "m1", "keep", at=_day(1)),
        new_event(2, "m1", "reject", at=_day(5)),
        new_event(3, "m1", "undo", at=_day(2)),
        new_event(4, "m2", "keep", at=_day(1)),
        new_event(5, "m2", "undo", at=_day(1)),
    ]

    assert _decided(events) == {"m1": "reject", "m2": None}


def _told(new_event: Row, story: str, case_id: str = "m1", first: int = 1) -> list[dict[str, Any]]:
    """Events from a story such as `Kim keep, Lee reject`."""
    events = []
    for number, step in enumerate(story.split(", "), first):
        reviewer, _, what = step.partition(" ")
        event, _, verdict = what.partition(":")
        events.append(new_event(number, case_id, event, reviewer=reviewer, verdict=verdict or None))
    return events


@pytest.mark.parametrize(
    ("story", "said"),
    [
        ("Kim keep, Lee reject", [("Kim", "keep", False), ("Lee", "reject", True)]),
        ("Kim keep, Lee reject, Kim keep", [("Lee", "reject", False), ("Kim", "keep", True)]),
        ("Kim keep, Lee revise, Ann keep", [("Kim", "keep", False), ("Lee", "revise", False), ("Ann", "keep", True)]),
        ("Kim imported:keep, Lee reject", [("Kim", "keep", False), ("Lee", "reject", True)]),
        ("Kim keep, Lee keep", []),
        ("Kim keep, Kim reject", []),
        ("Kim keep, Lee skip", []),
        ("Kim keep, Lee reject, Lee undo", []),
        ("Kim keep, Lee reject, Ann adjudicate:keep", []),
        ("Kim keep, Lee reject, Ann adjudicate:keep, Ann undo", [("Kim", "keep", False), ("Lee", "reject", True)]),
    ],
)  # fmt: skip
def test_reviewers_disagree_where_they_decided_differently_and_nobody_adjudicated(
    new_event: Row, story: str, said: list[tuple[str, str, bool]]
) -> None:
    found = folds.disagreements(REVIEWS.frame(_told(new_event, story)))

    assert list(found[["reviewer", "decision", "counts"]].itertuples(index=False, name=None)) == said


def test_what_was_said_of_a_disputed_case_comes_with_its_reasons_and_its_time(new_event: Row) -> None:
    events = _told(new_event, "Kim keep, Lee reject")
    events[1] |= {"reasons": ["caricature"], "note": "nobody shouts like this"}
    found = folds.disagreements(REVIEWS.frame([*events, *_told(new_event, "Kim keep", "m2", 3)]))

    assert found["case_id"].tolist() == ["m1", "m1"]
    assert found["reasons"].tolist() == [[], ["caricature"]]
    assert found["note"].tolist()[1] == "nobody shouts like this"
    assert found["at"].tolist() == [event["at"] for event in events]
    assert folds.disagreements(REVIEWS.frame()).empty


@pytest.mark.parametrize(
    ("story", "labels"),
    [
        ("Kim keep", ["Kim"]),
        ("Kim keep, Kim undo", []),
        ("Kim keep, Kim undo, Kim keep", ["Kim"]),
        ("Kim keep, Lee keep, Kim undo", ["Lee"]),
        ("Kim keep, Lee undo", ["Kim"]),
        ("Kim keep, Kim reject, Kim undo", ["Kim"]),
        ("Ann adjudicate:keep, Ann undo", []),
    ],
)
def test_the_label_of_a_keep_that_was_taken_back_does_not_stand(
    new_event: Row, new_label: Row, story: str, labels: list[str]
) -> None:
    events = _told(new_event, story)
    keeps = [event for event in events if "keep" in {event["event"], event["verdict"]}]
    rows = [new_label("m1", author=event["reviewer"], created_at=event["at"]) for event in keeps]
    found = folds.upheld(LABELS.frame(rows), REVIEWS.frame(events))

    assert found["author"].tolist() == labels
    assert folds.taken_back(REVIEWS.frame(events)).sum() == story.count("undo") - story.count("Lee undo")


def test_no_other_label_is_touched_by_an_undo(new_event: Row, new_label: Row) -> None:
    events = _told(new_event, "Kim keep, Kim undo")
    other = {"author": "Kim", "created_at": events[0]["at"]}
    rows = [
        new_label("m1", kind="claimed", **other),
        new_label("m1", author="Kim", created_at=_day(5)),
        new_label("m2", **other),
        new_label("m1", author=None, created_at=events[0]["at"]),
    ]

    assert len(folds.upheld(LABELS.frame(rows), REVIEWS.frame(events))) == 4


@pytest.mark.parametrize(
    ("story", "stands"),
    [("Kim keep", True), ("Kim keep, Kim undo", False), ("Kim keep, Kim undo, Lee keep", True)],
)
def test_a_mutant_inherits_only_while_it_is_kept(
    new_event: Row, new_label: Row, story: str, stands: bool
) -> None:
    mutant = new_label("m1", kind="inherited", author=None, parent_id="s1", operator="shout")
    found = folds.upheld(LABELS.frame([new_label("s1"), mutant]), REVIEWS.frame(_told(new_event, story)))

    assert found["case_id"].tolist() == (["s1", "m1"] if stands else ["s1"])


def test_of_several_answers_to_one_trial_the_latest_counts() -> None:
    asked = [
        ("s1", "error", 0),
        ("s2", "answered", 1),
        ("s1", "answered", 2),
        ("s3", "error", 3),
        ("s3", "error", 4),
    ]
    rows = pd.DataFrame(
        [
            {
                "model": "m", "case_id": case, "trial": "0", "setup_sha256": "a" * 64, "state": state, "reason": minute,
                "answered_at": pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(minutes=minute),
            }
            for case, state, minute in asked
        ]
    )  # fmt: skip
    told = folds.answers(rows)

    assert told[["case_id", "state", "reason"]].to_numpy().tolist() == [
        ["s1", "answered", 2], ["s2", "answered", 1], ["s3", "error", 4]
    ]  # fmt: skip
    assert told.columns.tolist() == rows.columns.tolist()
    assert folds.answers(rows.iloc[:0]).empty
    other = rows.assign(setup_sha256="b" * 64)
    assert len(folds.answers(pd.concat([rows, other]))) == 6
