"""Decisions become events: all or none, chained, with the labels and candidates that they bring about."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench import folds
from workbench.chain import linked
from workbench.errors import QuarantineError, StoreError, UsageError
from workbench.provenance import content_sha256
from workbench.review import decide, verify
from workbench.store import Store
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    Said = Callable[..., dict[str, Any]]

MORNING = dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC)


def test_decisions_are_appended_as_events_of_the_chain(shop: Workspace, said: Said) -> None:
    judged = shop.case("p1").row["content_sha256"]
    rows = [
        said(
            "p1",
            "keep",
            content_sha256=judged,
            position=1,
            visible_ms=8_200,
            session_id="morning",
            fits_cell=True,
        ),
        said("p2", "reject", note="no customer shouts like this"),
        said("m1", "skip", reviewer="Second reader"),
    ]
    done = decide(shop, rows)
    events = shop.reviews

    assert str(done).splitlines() == [
        "3 decisions recorded: 1 keep, 1 reject, 1 skip",
        "labels: none added",
        f"newest event: {done.newest_sha256[:12]}",
    ]
    assert events["event"].tolist() == ["keep", "reject", "skip"]
    assert events["verdict"].isna().all()
    assert events["session_id"].tolist() == ["morning", "notebook", "notebook"]
    assert events.loc[0, ["position", "visible_ms", "fits_cell", "content_sha256"]].tolist() == [
        1,
        8_200,
        True,
        judged,
    ]
    assert pd.isna(events.loc[1, "content_sha256"])
    assert events["reasons"].tolist() == [[], ["caricature"], []]
    assert set(events["rubric_version"]) == {"v3"}
    assert events["event_sha256"].iloc[-1] == done.newest_sha256
    assert verify(events) == ""


def test_a_frame_says_the_same_as_a_list(shop: Workspace, said: Said) -> None:
    decide(shop, pd.DataFrame([said("p1", expected="refund"), said("p2", "reject")]))

    assert shop.reviews["event"].tolist() == ["keep", "reject"]
    assert shop.labels.set_index("case_id").loc["p1", "expected"] == "refund"


def test_a_keep_writes_the_label_that_it_states(shop: Workspace, said: Said) -> None:
    done = decide(shop, [said("p1", expected="deny"), said("p2", "reject", expected="refund")])
    label = shop.store.read(LABELS, case_id="p1").iloc[0]

    assert done.labels == {"human": 1}
    assert label[["expected", "kind", "author", "rubric_version", "created_at"]].tolist() == [
        "deny", "human", "Support lead", "v3", MORNING,
    ]  # fmt: skip
    assert shop.store.read(LABELS, case_id="p2").empty


def test_a_kept_mutant_inherits_where_every_operator_keeps_the_label(shop: Workspace, said: Said) -> None:
    done = decide(shop, [said("m1"), said("m2")])
    found = shop.store.read(LABELS).query("kind == 'inherited'")

    assert done.labels == {"inherited": 1}
    assert found[["case_id", "expected", "parent_id", "operator"]].to_numpy().tolist() == [
        ["m1", "refund", "s1", "shout"]
    ]
    assert decide(shop, [said("m1", reviewer="Second reader")]).labels == {}


def test_a_mutant_that_is_kept_again_inherits_after_its_keep_and_label_were_taken_back(
    shop: Workspace, said: Said, new_event: Callable[..., dict[str, Any]]
) -> None:
    decide(shop, [said("m1", expected="deny")])
    undo = new_event(2, "m1", "undo", at=MORNING + dt.timedelta(minutes=1))
    shop.store.append(REVIEWS, linked(shop.reviews, [undo]))
    done = decide(shop, [said("m1", at=MORNING + dt.timedelta(minutes=2))])
    stands = folds.labels(folds.upheld(shop.store.read(LABELS), shop.reviews)).set_index("case_id")

    assert done.labels == {"inherited": 1}
    assert stands.loc["m1", ["expected", "kind"]].tolist() == ["refund", "inherited"]


def test_a_label_that_is_stated_goes_before_one_that_is_inherited(shop: Workspace, said: Said) -> None:
    assert decide(shop, [said("m1", expected="deny")]).labels == {"human": 1}


def test_a_rejected_mutant_inherits_nothing(shop: Workspace, said: Said) -> None:
    assert decide(shop, [said("m1", "reject")]).labels == {}


def test_an_edited_text_is_a_new_candidate_that_waits(shop: Workspace, said: Said) -> None:
    turns = [{"role": "user", "text": "third time I write, where is it"}]
    done = decide(shop, [said("p1", "revise", turns=turns)])
    (child_id,) = done.revisions
    child, parent = shop.case(child_id).row, shop.case("p1").row

    assert child_id.startswith("p1.")
    assert str(done).splitlines()[2] == "1 edited text to review as new candidates"
    for name in ("bucket", "cell", "split", "tag", "generator_family", "root_id"):
        assert child[name] == parent[name]
    assert child["turns"] == turns
    assert child["content_sha256"] == content_sha256(turns)
    assert child["author"] == "Support lead"
    assert child["parent_ids"] == ["p1"]
    assert child["operators"] == [{"name": "revision", "keeps_label": False, "spans": []}]
    state = folds.candidates(shop.cases, shop.reviews).set_index("case_id")
    assert state.loc[["p1", child_id], "reviewed"].tolist() == [True, False]
    assert decide(shop, [said(child_id)]).labels == {}


def test_a_plain_text_takes_the_place_of_the_last_message_only(shop: Workspace, said: Said) -> None:
    (child_id,) = decide(shop, [said("p2", "revise", turns="it is K-20817, I think")]).revisions
    child = shop.case(child_id)

    assert [turn["text"] for turn in child.turns] == [
        "Hello, my parcel is late.", "May I have the order number?", "it is K-20817, I think",
    ]  # fmt: skip
    assert child.row["persona"] == "You are fed up but not stupid."


def test_the_edit_of_a_mutant_keeps_its_operators_and_inherits_no_label(shop: Workspace, said: Said) -> None:
    (child_id,) = decide(shop, [said("m1", "revise", turns="WHERE IS MY ORDER")]).revisions

    assert [step["name"] for step in shop.case(child_id).row["operators"]] == ["shout", "revision"]
    assert shop.case(child_id).root_id == "m1"
    assert decide(shop, [said(child_id)]).labels == {}


def test_two_reviewers_who_make_the_same_edit_make_one_candidate(shop: Workspace, said: Said) -> None:
    rows = [
        said("p1", "revise", turns="where is it", reviewer=who) for who in ("Support lead", "Second reader")
    ]

    assert len(decide(shop, rows).revisions) == 1
    assert len(shop.reviews) == 2


def test_the_same_decisions_again_change_nothing(shop: Workspace, said: Said) -> None:
    rows = [said("p1", "revise", turns="where is it"), said("p2", expected="refund", note="good"), said("m1")]
    first = decide(shop, rows)
    before = [shop.store.read(table) for table in (CASES, LABELS, REVIEWS)]
    lisbon = dt.timezone(dt.timedelta(hours=1))
    again = decide(shop, [row | {"at": MORNING.astimezone(lisbon)} for row in rows])

    assert (again.known, again.verdicts, again.revisions) == (3, {}, ())
    assert again.newest_sha256 == first.newest_sha256
    for table, frame in zip((CASES, LABELS, REVIEWS), before, strict=True):
        pd.testing.assert_frame_equal(shop.store.read(table), frame)


def test_two_reviewers_stand_beside_each_other_until_one_adjudicates(shop: Workspace, said: Said) -> None:
    decide(shop, [said("p1"), said("p1", "reject", reviewer="Second reader")])
    assert folds.decisions(shop.reviews)["decision"].tolist() == ["reject"]
    decide(shop, [said("p1", "keep", reviewer="Owner", event="adjudicate", expected="deny")])
    decide(shop, [said("p1", "reject", reviewer="Second reader", at=MORNING + dt.timedelta(hours=1))])

    assert folds.decisions(shop.reviews)[["decision", "reviewer"]].to_numpy().tolist() == [["keep", "Owner"]]
    assert shop.reviews["verdict"].dropna().tolist() == ["keep"]
    assert verify(shop.reviews) == ""


HASH = "f" * 64
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown case": ({"case_id": "p9"}, "case p9 is not known; import the case first, or correct its id"),
    "no case": ({"case_id": None}, "the decision is not known;"),
    "a seed case": ({"case_id": "s1"}, "case s1 is a seed case, and only candidates are reviewed; leave it out"),
    "a golden case": ({"case_id": "g1"}, "case g1 is a golden case, and only candidates"),
    "a case that a person wrote": ({"case_id": "h1"}, "case h1 is written by a person, and only candidates"),
    "a case of the holdout": ({"case_id": "o1"}, "case o1 lies in the holdout, which is never touched; leave it out"),
    "a stub": ({"case_id": "t1"}, "case t1 has no text (a stub for its results)"),
    "another text": ({"content_sha256": HASH}, "another text was judged; export it again and review that"),
    "an unknown verdict": ({"verdict": "accept"}, "has the verdict 'accept', which is none of keep, reject, revise, skip"),
    "no verdict": ({"verdict": None}, "has no verdict; write one of keep, reject, revise, skip"),
    "a reject without a reason": ({"verdict": "reject"}, "has the verdict reject without a reason; the rubric has caricature, too_easy"),
    "a revise without a reason": ({"verdict": "revise", "reasons": []}, "has the verdict revise without a reason"),
    "reasons in one text": ({"verdict": "reject", "reasons": "too_easy"}, "has the reasons 'too_easy' as one text; write a list"),
    "a reason of nobody": ({"verdict": "reject", "reasons": ["dull"]}, "has the reason 'dull', which the rubric does not have; it has"),
    "a label of nobody": ({"expected": "money"}, "has the expected value 'money', which the rubric does not have; it has refund, deny"),
    "no reviewer": ({"reviewer": " "}, "has no reviewer; say who decided"),
    "the generator itself": ({"reviewer": "Demo"}, "has the reviewer 'Demo', which is the generator that wrote it; models propose and people decide"),
    "no time": ({"at": None}, "has no time; say when it was decided"),
    "a naive time": ({"at": dt.datetime(2026, 3, 4, 9, 0)}, "was decided at a time without a timezone; name the zone"),  # noqa: DTZ001 - it is the fault
    "the future": ({"at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "was decided in the future (2999-01-01 00:00 UTC)"),
    "a decision before the candidate": ({"at": dt.datetime(2026, 3, 1, 9, 29, tzinfo=dt.UTC)}, "was decided at 2026-03-01 09:29:00 UTC, and its text is of 2026-03-01 09:30:00 UTC; write when it was decided"),
    "an undo that is told as a keep": ({"event": "undo"}, "has the event 'undo'; a decision names imported or adjudicate, or no event"),
    "a look that states a label": ({"event": "shown", "expected": "refund"}, "has the event 'shown'; a decision names"),
    "an edit of a keep": ({"turns": "where is it"}, "has an edited text with the verdict keep; only revise takes one"),
    "an edit that is none": ({"verdict": "revise", "reasons": ["too_easy"], "turns": "third time I write. WHERE is it"}, "has an edited text that is the text as it was"),
    "an edit without words": ({"verdict": "revise", "reasons": ["too_easy"], "turns": "  "}, "has an edited text that cannot be taken: it has no user text"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_decision_is_named_and_nothing_is_written(
    changed: dict[str, Any], sentence: str, shop: Workspace, said: Said
) -> None:
    with pytest.raises(QuarantineError) as refused:
        decide(shop, [said("p2", expected="refund"), said("p1") | changed])

    assert str(refused.value).startswith(
        "decisions: 1 of 2 decisions cannot be recorded, so nothing was\n  decision 2: "
    )
    assert sentence in str(refused.value)
    assert shop.reviews.empty
    assert set(shop.labels["case_id"]) == {"s1"}


def test_every_bad_decision_is_named(shop: Workspace, said: Said) -> None:
    rows = [said("p1") | changed for changed, _ in BAD.values()]
    with pytest.raises(QuarantineError) as refused:
        decide(shop, [*rows, said("p2")])

    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        f"decision {number}" for number in range(1, len(BAD) + 1)
    ]
    assert shop.reviews.empty


@pytest.mark.parametrize("other", [{"verdict": "skip"}, {"note": "hm"}, {"expected": "deny"}])
def test_one_reviewer_cannot_decide_twice_at_one_moment(
    other: dict[str, Any], shop: Workspace, said: Said
) -> None:
    for earlier in ([], [said("p1")]):
        if earlier:
            decide(shop, earlier)
        with pytest.raises(
            QuarantineError, match="is decided otherwise by the same reviewer at the same moment"
        ):
            decide(shop, [*([] if earlier else [said("p1")]), said("p1") | other])


def test_another_edit_at_the_same_moment_is_another_decision(shop: Workspace, said: Said) -> None:
    decide(shop, [said("p1", "revise", turns="where is it")])
    with pytest.raises(QuarantineError, match="is decided otherwise"):
        decide(shop, [said("p1", "revise", turns="where is my parcel")])


def test_a_rubric_without_reasons_and_values_takes_any(shop: Workspace, said: Said) -> None:
    (shop.root / "rubric.toml").write_text('version = "v1"\n', "utf-8")
    decide(shop, [said("p1", "reject", reasons=["dull"]), said("p2", expected="whatever")])

    assert shop.reviews["rubric_version"].tolist() == ["v1", "v1"]


def test_an_unknown_column_is_refused(shop: Workspace, said: Said) -> None:
    with pytest.raises(UsageError, match="a decision has no 'verdikt'; it has case_id, verdict"):
        decide(shop, [said("p1", verdikt="keep")])


def test_no_decision_is_no_event(shop: Workspace) -> None:
    assert str(decide(shop, [])) == "0 decisions recorded\nlabels: none added"


def test_an_event_that_was_changed_in_the_database_is_found(
    shop: Workspace, said: Said, tamper: Callable[..., None]
) -> None:
    decide(shop, [said("p1", "reject"), said("p2")])
    tamper(shop.store.url, "reviews", "UPDATE reviews SET event = 'keep' WHERE case_id = 'p1'")

    found = "event 1 (keep of p1 by Support lead) was changed after it was recorded"
    before = shop.labels
    assert verify(shop.reviews) == found
    with pytest.raises(StoreError, match=re.escape(found)):
        decide(shop, [said("m1", expected="deny")])
    assert len(shop.reviews) == 2
    assert shop.labels.equals(before)


WRITER = """
import datetime as dt, sys
from workbench.review import decide
from workbench.workspace import open

name, folder = sys.argv[1:]
with open(folder) as shop:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(4):
        at = dt.datetime(2026, 3, 4, 9, number, tzinfo=dt.UTC)
        decide(shop, [{"case_id": f"p{number % 2 + 1}", "verdict": "keep", "reviewer": name, "at": at, "expected": "refund"}])
"""


def test_eight_processes_keep_one_unbroken_chain(
    store_url: str, shop: Workspace, monkeypatch: pytest.MonkeyPatch, at_once: Callable[..., Any]
) -> None:
    with Store(store_url) as store:
        store.append(CASES, shop.cases)
    monkeypatch.setenv("WORKBENCH_DB", store_url)
    told = at_once(WRITER, *([f"w{number}", str(shop.root)] for number in range(8)))
    failed = [error for _, error in told]

    assert failed == [""] * 8
    with Store(store_url) as store:
        reviews, labels = store.read(REVIEWS), store.read(LABELS)
    assert reviews["event_id"].tolist() == list(range(1, 33))
    assert reviews["reviewer"].value_counts().to_dict() == {f"w{number}": 4 for number in range(8)}
    assert len(labels) == 32
    assert verify(reviews) == ""
