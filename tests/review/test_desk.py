"""The desk: what a reviewer's window asks and is answered, and what is in the store by then."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from workbench import folds
from workbench.chain import WITNESS, following, newest
from workbench.errors import StoreError
from workbench.review import decide, sitting, sittings, verify
from workbench.review.desk import Desk
from workbench.review.sitting import HOLD
from workbench.tables import CHECKS, HOLDS, LABELS, REVIEWS, SITTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    Queue = Callable[..., Workspace]

PLAIN = "double = 0\nknown_bad = 0\nknown_good = 0\nrepeats = 0"
TWICE = PLAIN.replace("double = 0", "double = 1")
ANSWERS = {"realistic": True, "expected": "refund", "fits_cell": True}


class Window:
    """A window as the browser has it: it shows what the desk sends, and decides on it."""

    def __init__(self, shop: Workspace, reviewer: str = "Ana", **options: Any) -> None:
        self.desk = Desk(shop, reviewer=reviewer, **options)
        self.sent = 0
        self.reload()

    def reload(self) -> None:
        """Set the window up anew, as a page that is loaded again."""
        [self.here] = self.desk.answer({"kind": "hello"})
        self.case, self.next = self.here.get("case"), self.here.get("next")

    def text(self) -> str:
        """Return the last message on the screen."""
        assert self.case is not None
        return str(self.case["turns"][-1]["text"])

    def send(self, kind: str, **said: Any) -> dict[str, Any]:
        """Send a message as the browser does, and return the reply."""
        self.sent += 1
        message = {"kind": kind, "id": f"{id(self)}-{self.sent}", "ticket": self.case and self.case["ticket"]}
        [reply] = self.desk.answer(json.loads(json.dumps(message | said)))
        return reply

    def decide(self, verdict: str = "keep", **said: Any) -> dict[str, Any]:
        """Decide on the case on the screen."""
        reasons = ["caricature"] if verdict in {"reject", "revise"} else []
        reply = self.send(
            "decide", **({"verdict": verdict, "reasons": reasons, "visible_ms": 9000} | ANSWERS | said)
        )
        if reply["kind"] == "saved":
            self.case, self.next = self.next, reply["next"]
        return reply

    def undo(self) -> dict[str, Any]:
        """Take the newest decision back."""
        reply = self.send("undo")
        if reply["kind"] == "undone":
            self.case, self.next = reply["case"], reply["next"]
        return reply


def text_of(shop: Workspace, case_id: str) -> str:
    return str(shop.case(case_id).row["turns"][-1]["text"])


def test_a_decision_is_in_the_store_when_it_shows_as_saved(queue_of: Queue) -> None:
    shop = queue_of(8, review=PLAIN)
    window = Window(shop)
    first = window.text()
    reply = window.decide("keep")

    assert (reply["kind"], reply["verdict"], reply["told"]) == ("saved", "keep", None)
    assert reply["progress"] == {"decided": 1, "waiting": 7, "seconds": 63}
    events = shop.reviews
    assert events["event"].tolist() == ["shown", "keep", "shown"]
    kept = events.iloc[1]
    assert text_of(shop, kept["case_id"]) == first
    assert kept[["reviewer", "position", "visible_ms", "realistic", "fits_cell", "expected"]].tolist() == [
        "Ana", 0, 9000, True, True, "refund",
    ]  # fmt: skip
    assert text_of(shop, events.iloc[2]["case_id"]) == window.text()
    [label] = shop.store.read(LABELS).to_dict("records")
    assert (label["case_id"], label["expected"], label["kind"], label["author"]) == (
        kept["case_id"],
        "refund",
        "human",
        "Ana",
    )
    assert verify(events, seen=shop.seen) == ""


def test_every_candidate_comes_once_and_then_nothing_waits(queue_of: Queue) -> None:
    shop = queue_of(12, review=PLAIN)
    window = Window(shop)
    texts = []
    while window.case:
        texts.append(window.text())
        window.decide("reject")

    assert sorted(texts) == sorted(text_of(shop, f"c{number}") for number in range(12))
    assert window.here["progress"]["waiting"] == 12
    window.reload()
    assert (window.case, window.here["progress"]["waiting"]) == (None, 0)


def test_the_browser_learns_the_conversation_and_the_claimed_cell_and_nothing_else(queue_of: Queue) -> None:
    shop = queue_of(60)
    window = Window(shop)
    heard = json.dumps(window.here)
    while window.case:
        heard += json.dumps(window.decide("keep"))
        if window.case:
            assert set(window.case) == {"ticket", "turns", "context", "cell", "said"}
            assert [level.split(": ")[0] for level in window.case["cell"]] == ["user", "case"]

    events = shop.reviews
    planted = events[events["planted"].notna()]
    assert set(planted["planted"].str.split(":").str[0]) == {"bad", "good", "repeat"}
    words = ("planted", "bad:", "good:", "repeat", "check-", "synth-x", "demo/", "generator", "prompted")
    assert [told for told in words if told in heard] == []
    assert [case_id for case_id in events["case_id"].unique() if f'"{case_id}"' in heard] == []
    assert "caricature" in heard


def test_hidden_checks_bring_about_no_case_no_label_and_no_decision(queue_of: Queue) -> None:
    shop = queue_of(60)
    before = len(shop.cases)
    window = Window(shop)
    while window.case:
        window.decide("keep")

    events = shop.reviews
    kept = events[events["event"] == "keep"]
    checks = shop.store.read(CHECKS)
    decided = folds.decisions(events)
    assert (kept["planted"].notna().sum(), kept["planted"].isna().sum()) == (11, 60)
    assert set(kept.loc[kept["planted"].str.startswith(("bad", "good"), na=False), "case_id"]) <= set(
        checks["check_id"]
    )
    assert not {*decided["case_id"]} & {*checks["check_id"]}
    assert len(shop.cases) == before
    assert sorted(shop.store.read(LABELS)["case_id"]) == sorted(f"c{number}" for number in range(60))


def test_a_repeat_comes_when_its_case_is_forgotten(queue_of: Queue) -> None:
    shop = queue_of(120, review="known_bad = 0\nknown_good = 0\nrepeats = 0.1\ndouble = 0")
    window = Window(shop)
    while window.case:
        window.decide("reject")

    events = shop.reviews.query("event == 'reject'").reset_index(drop=True)
    repeats = events[events["planted"] == "repeat"]
    assert len(repeats) >= 10
    assert repeats["case_id"].is_unique
    for place, row in repeats.iterrows():
        first = events.index[(events["case_id"] == row["case_id"]) & events["planted"].isna()]
        assert int(str(place)) - first[0] > sittings.FORGOTTEN


KEEP = {"verdict": "keep", **ANSWERS, "reasons": []}
LACKING = {
    "a keep without a word on its realism": (KEEP | {"realistic": None}, "realistic", "whether a real customer"),
    "a keep of what nobody would write": (KEEP | {"realistic": False}, "realistic", "reject or revise it"),
    "a keep without an outcome": (KEEP | {"expected": None}, "expected", "which outcome is expected"),
    "a keep without a word on its cell": (KEEP | {"fits_cell": None}, "fits_cell", "fits the cell"),
    "a reject without a reason": (KEEP | {"verdict": "reject"}, "reasons", "Choose a reason"),
    "a revise without a reason": (KEEP | {"verdict": "revise"}, "reasons", "Choose a reason"),
    "a reason of nobody": (KEEP | {"verdict": "reject", "reasons": ["dull"]}, None, "the rubric does not have"),
    "an outcome of nobody": (KEEP | {"expected": "money"}, None, "the rubric does not have"),
    "an owner without a date": (KEEP | {"provisional": {"owner": "Kim", "backfill_by": ""}}, None, "without owner and backfill_by"),
    "a date that is none": (KEEP | {"provisional": {"owner": "Kim", "backfill_by": "soon"}}, "provisional", "YYYY-MM-DD"),
    "no verdict": (KEEP | {"verdict": None}, None, "has no verdict"),
    "a verdict of nobody": (KEEP | {"verdict": "accept"}, None, "none of keep, reject, revise, skip"),
    "a verdict of another kind": (KEEP | {"verdict": 1}, "verdict", "cannot be read"),
    "a truth of another kind": (KEEP | {"realistic": "yes"}, "realistic", "cannot be read"),
    "a time of another kind": (KEEP | {"visible_ms": 1.5}, "visible_ms", "cannot be read"),
    "a note of a million signs": (KEEP | {"note": "x" * 1_000_000}, "note", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "field", "sentence"), LACKING.values(), ids=LACKING)
def test_what_lacks_an_answer_is_not_recorded_and_says_so(
    said: dict[str, Any], field: str | None, sentence: str, queue_of: Queue
) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    reply = window.send("decide", **said)

    assert (reply["kind"], reply["field"]) == ("refused", field)
    assert sentence in reply["text"]
    assert shop.reviews["event"].tolist() == ["shown"]
    assert window.decide("skip")["kind"] == "saved"


def test_a_revision_becomes_a_new_candidate_of_its_own(queue_of: Queue) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    parent = window.text()
    window.decide("revise", edited="where is my order, it is late")

    [child] = shop.cases[shop.cases["operators"].str.len() > 0].to_dict("records")
    assert child["turns"][-1]["text"] == "where is my order, it is late"
    assert text_of(shop, child["parent_ids"][0]) == parent
    assert child["author"] == "Ana"
    for _ in range(2):
        window.decide("skip")
    window.reload()
    texts = set()
    while window.case:
        texts.add(window.text())
        window.decide("keep")
    assert "where is my order, it is late" in texts


def test_a_revision_that_was_taken_back_waits_no_more_and_its_parent_does(queue_of: Queue) -> None:
    shop = queue_of(1, review=PLAIN)
    window = Window(shop)
    parent = window.text()
    window.decide("revise", edited="where is my order, it is late")
    window.undo()
    assert window.text() == parent
    window.decide("reject")
    window.reload()

    assert window.case is None


def test_a_label_can_be_provisional(queue_of: Queue) -> None:
    shop = queue_of(2, review=PLAIN)
    due = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date()
    Window(shop).decide("keep", provisional={"owner": "Refund desk", "backfill_by": due.isoformat()})

    [label] = shop.store.read(LABELS).to_dict("records")
    assert (label["kind"], label["owner"], label["backfill_by"].date()) == ("provisional", "Refund desk", due)


def test_undo_reaches_back_over_any_number_of_steps(queue_of: Queue) -> None:
    shop = queue_of(60)
    window = Window(shop)
    shown = []
    for number in range(30):
        shown.append(window.text())
        window.decide(("keep", "reject", "skip")[number % 3])
    back = []
    while window.undo()["kind"] == "undone":
        back.append(window.text())

    assert back == shown[::-1]
    assert window.undo()["text"] == "There is no decision of yours to take back."
    assert folds.decisions(shop.reviews)["decision"].notna().sum() == 0
    assert shop.labels.query("kind == 'human'").empty
    assert verify(shop.reviews, seen=shop.seen) == ""
    window.decide("keep")
    assert window.text() == shown[1]


def test_undo_brings_the_answers_back(queue_of: Queue) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    window.decide("reject", realistic=False, expected="deny", fits_cell=None, note="nobody talks so")
    reply = window.undo()

    assert reply["draft"] == {
        "realistic": False,
        "expected": "deny",
        "fits_cell": None,
        "reasons": ["caricature"],
        "note": "nobody talks so",
    }
    assert reply["progress"]["decided"] == 0


def test_undo_reaches_back_across_a_restart(queue_of: Queue) -> None:
    shop = queue_of(4, review=PLAIN)
    first = Window(shop)
    decided = first.text()
    first.decide("keep")
    again = Window(shop)
    again.undo()

    assert again.text() == decided


def test_a_restart_resumes_at_the_case_that_was_on_the_screen(queue_of: Queue) -> None:
    shop = queue_of(60)
    window = Window(shop)
    for number in range(25):
        window.decide("keep" if number % 2 else "reject")
    draft = {"realistic": True, "note": "half a thought"}
    [] = window.desk.answer({"kind": "draft", "ticket": window.case["ticket"], "draft": draft})
    shown, coming = window.text(), window.next["turns"]
    again = Window(shop)

    assert (again.text(), again.next["turns"]) == (shown, coming)
    assert again.here["draft"] == draft
    assert again.here["buttons"] == window.here["buttons"]
    assert again.here["progress"]["decided"] == 25
    assert shop.reviews["event"].tolist()[-2:] == ["resume", "shown"]
    assert len(shop.store.read(SITTINGS)) == 1


def test_a_reload_of_the_page_keeps_the_case(queue_of: Queue) -> None:
    window = Window(queue_of(20))
    window.decide("keep")
    shown = window.case
    window.reload()

    assert window.case == shown


def test_after_a_long_break_a_new_sitting_begins_with_the_draft(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = queue_of(40, review=PLAIN)
    window = Window(shop)
    for _ in range(3):
        window.decide("keep")
    window.desk.answer(
        {"kind": "draft", "ticket": window.case["ticket"], "draft": {"note": "to be thought over"}}
    )
    monkeypatch.setattr(sittings, "BREAK", dt.timedelta(0))
    again = Window(shop)

    assert len(shop.store.read(SITTINGS)) == 2
    assert (again.text(), again.here["draft"]) == (window.text(), {"note": "to be thought over"})
    assert again.here["progress"] == {"decided": 0, "waiting": 37, "seconds": None}


def test_the_order_of_the_verdicts_is_drawn_for_each_sitting_and_recorded(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = queue_of(5, review=PLAIN)
    monkeypatch.setattr(sittings, "BREAK", dt.timedelta(0))
    drawn = [tuple(Window(shop).here["buttons"]) for _ in range(24)]

    assert {tuple(sorted(one)) for one in drawn} == {("keep", "reject", "revise", "skip")}
    assert len({*drawn}) > 8
    assert [tuple(row) for row in shop.store.read(SITTINGS)["buttons"]] == drawn


def test_the_count_of_what_is_left_tells_no_hidden_check(queue_of: Queue) -> None:
    """Whatever is decided, the count falls by one; what is planted is as much to be done as the rest."""
    shop = queue_of(80)
    window = Window(shop)
    counts = [window.here["progress"]["waiting"]]
    while window.case:
        counts.append(window.decide("reject")["progress"]["waiting"])

    assert counts[0] > 80
    steps = [before - after for before, after in pairwise(counts)]
    assert set(steps[:-5]) == {1}


REFUSED_ALIKE = {
    "an edit that changes nothing": lambda window: {"verdict": "revise", "edited": window.text()},
    "a promise of the past": lambda _: {"verdict": "keep", "provisional": {"owner": "Kim", "backfill_by": "2001-01-01"}},
    "a promise with a reject": lambda _: {"verdict": "reject", "provisional": {"owner": "Kim", "backfill_by": "2001-01-01"}},
    "a reason of nobody": lambda _: {"verdict": "reject", "reasons": ["dull"]},
}  # fmt: skip


@pytest.mark.parametrize("said", REFUSED_ALIKE.values(), ids=REFUSED_ALIKE)
def test_a_hidden_check_is_refused_for_what_a_candidate_is(
    said: Callable[[Window], Any], queue_of: Queue
) -> None:
    shop = queue_of(30)
    window = Window(shop)
    while window.case:
        assert window.decide(**said(window))["kind"] == "refused"
        window.decide("reject")

    assert shop.reviews["planted"].str.split(":").str[0].nunique() == 3


def test_a_clock_that_steps_back_loses_no_undo(queue_of: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    decided = window.text()
    window.decide("keep")
    late = sitting.dt.datetime

    class Slow(late):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return late.now(tz) - dt.timedelta(seconds=20)

    monkeypatch.setattr(sitting, "dt", SimpleNamespace(datetime=Slow, timedelta=dt.timedelta, UTC=dt.UTC))
    window.undo()
    assert window.text() == decided
    assert folds.decisions(shop.reviews)["decision"].isna().all()
    assert shop.labels.query("kind == 'human'").empty
    assert window.decide("reject")["verdict"] == "reject"
    assert folds.decisions(shop.reviews)["decision"].dropna().tolist() == ["reject"]


def test_undo_brings_back_the_owner_of_a_provisional_label_and_an_edited_text(queue_of: Queue) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    promise = {"owner": "Refund desk", "backfill_by": (dt.date.today() + dt.timedelta(days=30)).isoformat()}  # noqa: DTZ011
    window.decide("keep", provisional=promise)
    assert window.undo()["draft"]["provisional"] == promise
    window.reload()
    assert window.here["draft"]["provisional"] == promise
    window.decide("revise", edited="where is it, it is late")
    assert window.undo()["draft"]["edited"] == "where is it, it is late"


def test_an_edit_that_somebody_judged_is_not_taken_back(queue_of: Queue) -> None:
    shop = queue_of(1, review=PLAIN)
    ana = Window(shop)
    ana.decide("revise", edited="where is it, it is late")
    bo = Window(shop, "Bo")
    assert bo.text() == "where is it, it is late"
    bo.decide("keep")

    assert ana.undo()["text"].startswith("Bo decided on that case at ")
    assert folds.decisions(shop.reviews)["decision"].tolist() == ["revise", "keep"]


def test_nobody_judges_an_edit_of_their_own_while_others_are_there(queue_of: Queue) -> None:
    shop = queue_of(2, review=PLAIN)
    ana = Window(shop)
    ana.decide("revise", edited="where is it, it is late")
    bo = Window(shop, "Bo")
    bo.decide("skip", realistic=None)
    ana.reload()
    seen = []
    while ana.case:
        seen.append(ana.text())
        ana.decide("skip", realistic=None)

    assert "where is it, it is late" not in seen


def test_an_edit_whose_parent_is_kept_after_all_waits_no_more(queue_of: Queue) -> None:
    shop = queue_of(1, review=TWICE)
    ana = Window(shop)
    parent = ana.text()
    ana.decide("revise", edited="where is it, it is late")
    for name, adjudicates in (("Bo", False), ("Cy", True)):
        window = Window(shop, name, adjudicates=adjudicates)
        while window.text() != parent:
            window.decide("skip", realistic=None)
        window.decide("keep")

    assert Window(shop, "Di").case is None


def test_a_repeat_is_on_the_screen_again_after_a_restart(queue_of: Queue) -> None:
    shop = queue_of(60, review="double = 0\nknown_bad = 0\nknown_good = 0\nrepeats = 0.2")
    window = Window(shop)
    while shop.store.read(HOLDS)["planted"].iloc[0] != "repeat":
        window.decide("reject")
    window.desk.answer({"kind": "draft", "ticket": window.case["ticket"], "draft": {"note": "hm"}})
    again = Window(shop)

    assert (again.text(), again.here["draft"]) == (window.text(), {"note": "hm"})


def test_what_is_in_other_hands_waits_and_leaves_no_sitting(queue_of: Queue) -> None:
    shop = queue_of(2, review=PLAIN)
    Window(shop)
    bo = Window(shop, "Bo")
    for _ in range(3):
        bo.reload()

    assert (bo.case, bo.here["progress"]["waiting"]) == (None, 2)
    done = Window(shop, "Cy", only=["angry"])
    assert len(shop.store.read(SITTINGS)) == 3
    assert done.case is None


def test_hidden_checks_are_spent_when_they_are_shown(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = queue_of(400, seeds=30, review="double = 0\nrepeats = 0")
    monkeypatch.setattr(sittings, "BREAK", dt.timedelta(0))
    for _ in range(8):
        window = Window(shop)
        for _ in range(25):
            window.decide("skip", realistic=None)

    kinds = shop.reviews.query("event == 'skip'")["planted"].dropna().str.split(":").str[0].value_counts()
    assert kinds["good"] >= 8
    assert kinds["bad"] >= 8
    assert shop.reviews.query("event == 'skip' and planted.notna()")["case_id"].is_unique


def test_a_spoilt_candidate_is_not_shown_beside_its_check(queue_of: Queue) -> None:
    shop = queue_of(60, seeds=0)
    window = Window(shop)
    while window.case:
        window.decide("reject")
        if window.next is None and window.case is None:
            break

    made_from = {case for row in shop.checks["made_from"] for case in row}
    shown = set(shop.reviews.query("event == 'shown' and planted.isna()")["case_id"])
    assert made_from
    assert not made_from & shown


def test_a_witness_that_cannot_be_written_loses_no_decision(
    queue_of: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    (shop.root / WITNESS).unlink(missing_ok=True)
    (shop.root / WITNESS).mkdir()

    assert window.decide("keep")["kind"] == "saved"
    assert "events cut off now are not missed" in caplog.text


@pytest.mark.parametrize(
    "said",
    [
        {"note": "torn \ud83d"},
        {"reasons": 5},
        {"expected": ["refund"]},
        {"edited": "\udfff", "verdict": "revise"},
    ],
)
def test_whatever_a_browser_sends_is_answered(said: dict[str, Any], queue_of: Queue) -> None:
    window = Window(queue_of(3, review=PLAIN))

    assert window.decide(**({"verdict": "reject"} | said))["kind"] == "refused"
    assert window.decide("skip")["kind"] == "saved"


def test_a_fault_of_ours_is_answered_too_and_logged(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    window = Window(queue_of(3, review=PLAIN))
    monkeypatch.setattr(window.desk._sitting, "_record", lambda *_: 1 / 0)

    assert window.decide("keep")["text"].startswith("Something broke in the kernel, and its log says what")
    assert "ZeroDivisionError" in caplog.text


def test_two_views_of_one_window_speak_at_once(queue_of: Queue) -> None:
    """A kernel with subshells hears them in threads of their own."""
    shop = queue_of(60, review=PLAIN)
    window = Window(shop)

    def look(number: int) -> list[dict[str, Any]]:
        if number % 2:
            return window.desk.answer({"kind": "hello"})
        current = window.desk.answer({"kind": "hello"})[0]["case"]
        about = {"kind": "decide", "id": f"t{number}", "ticket": current["ticket"], "reasons": ["caricature"]}
        return window.desk.answer(about | {"verdict": "reject", "visible_ms": 900})

    with ThreadPoolExecutor(4) as pool:
        kinds = Counter(reply["kind"] for replies in pool.map(look, range(80)) for reply in replies)

    decided = shop.reviews.query("event == 'reject'")["case_id"]
    assert set(kinds) <= {"here", "saved"}
    assert kinds["saved"] == len(decided) == decided.nunique()
    assert verify(shop.reviews, seen=shop.seen) == ""


def test_two_windows_decide_once_on_a_hidden_check(queue_of: Queue) -> None:
    shop = queue_of(40, review="double = 0\nknown_bad = 0.2\nknown_good = 0\nrepeats = 0")
    one = Window(shop)
    while not str(shop.store.read(HOLDS)["planted"].iloc[0]).startswith("bad"):
        one.decide("reject")
    other = Window(shop)
    assert one.text() == other.text()
    one.decide("reject")

    assert other.decide("keep")["verdict"] is None
    planted = shop.reviews[shop.reviews["planted"].notna()]
    assert "keep" not in planted["event"].tolist()


def test_two_windows_at_different_queues_decide_once_on_a_case(queue_of: Queue) -> None:
    shop = queue_of(1, review=PLAIN)
    one, other = Window(shop), Window(shop, only=["new"])
    one.decide("keep")

    assert other.decide("reject")["verdict"] is None
    assert len(folds.decisions(shop.reviews)) == 1
    assert "reject" not in shop.reviews["event"].tolist()


def test_a_name_in_other_letters_is_the_same_person(queue_of: Queue) -> None:
    shop = queue_of(6, review=TWICE)
    window = Window(shop, "Ana Ruiz")
    while window.case:
        window.decide("keep")
    again = Window(shop, " ana  ruiz ")

    assert (again.here["reviewer"], again.case) == ("Ana Ruiz", None)


CHANGED = {
    "identity": ("sittings", "UPDATE sittings SET identity = 'hub'", "what was drawn for the sitting "),
    "order": ("sittings", "UPDATE sittings SET places = '[]'", "what was drawn for the sitting "),
    "plan": ("sittings", "UPDATE sittings SET planted = '[]'", "what was drawn for the sitting "),
    "truth": ("checks", "UPDATE checks SET truth = 'keep'", "the hidden check "),
}


@pytest.mark.parametrize(("table", "change", "sentence"), CHANGED.values(), ids=CHANGED)
def test_what_was_drawn_and_planted_cannot_be_changed_unseen(
    table: str, change: str, sentence: str, queue_of: Queue, tamper: Callable[..., None]
) -> None:
    shop = queue_of(30)
    Window(shop)
    assert verify(shop.reviews, seen=shop.seen, sittings=shop.sittings, checks=shop.checks) == ""

    tamper(shop.store.url, table, change)
    assert verify(shop.reviews, sittings=shop.sittings, checks=shop.checks).startswith(sentence)


def test_two_reviewers_never_have_the_same_case_in_hand(queue_of: Queue) -> None:
    shop = queue_of(40, review=PLAIN)
    ana, bo = Window(shop), Window(shop, "Bo")
    seen: list[str] = []
    for _ in range(12):
        for window in (ana, bo):
            assert not {ana.text(), ana.next["turns"][-1]["text"]} & {bo.text(), bo.next["turns"][-1]["text"]}
            seen.append(window.text())
            window.decide("keep")

    assert len({*seen}) == 24


def test_a_share_of_the_candidates_is_decided_by_two_people_blind(queue_of: Queue) -> None:
    shop = queue_of(40, review="double = 0.5\nknown_bad = 0\nknown_good = 0\nrepeats = 0")
    for name in ("Ana", "Bo", "Cem"):
        window = Window(shop, name)
        while window.case:
            assert window.case["said"] is None
            window.decide("keep" if name == "Ana" else "reject")

    reviewers = shop.reviews.query("event in ('keep', 'reject')").groupby("case_id")["reviewer"].agg(list)
    twice = {case for case in reviewers.index if sittings.order.is_double(case, 0.5)}
    assert 10 < len(twice) < 30
    assert {case: len({*names}) for case, names in reviewers.items()} == {
        f"c{number}": 2 if f"c{number}" in twice else 1 for number in range(40)
    }


def test_a_case_that_another_decided_meanwhile_is_told_and_nothing_is_overwritten(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.review.sitting.HOLD", -HOLD)
    shop = queue_of(1, review=PLAIN)
    ana, bo = Window(shop), Window(shop, "Bo")
    assert ana.text() == bo.text()
    ana.decide("keep")
    reply = bo.decide("reject")

    assert reply["verdict"] == "reject"
    assert reply["told"].startswith("Ana decided on that case at ")
    # Blind to each other: who, and when, but not what.
    assert reply["told"].endswith(" while you had it open; both decisions are recorded.")
    assert "keep" not in reply["told"]
    assert len(folds.disagreements(shop.reviews)) == 2


def test_a_second_window_of_the_same_reviewer_never_decides_twice(queue_of: Queue) -> None:
    shop = queue_of(3, review=PLAIN)
    one, other = Window(shop), Window(shop)
    assert one.text() == other.text()
    one.decide("keep")
    reply = other.decide("reject")

    assert reply["told"].startswith("Ana decided on that case at ")
    assert reply["told"].endswith("(keep); that stands, and nothing was recorded now.")
    assert reply["verdict"] is None
    assert shop.reviews["event"].value_counts().to_dict().get("reject") is None
    assert other.decide("reject")["told"] is None


def test_a_message_that_comes_again_is_recorded_once(queue_of: Queue) -> None:
    shop = queue_of(5, review=PLAIN)
    window = Window(shop)
    message = {"kind": "decide", "id": "ab12", "ticket": window.case["ticket"], "verdict": "skip"}

    assert window.desk.answer(message) == window.desk.answer(message)
    assert shop.reviews["event"].tolist() == ["shown", "skip", "shown"]


def test_a_decision_for_what_is_not_on_the_screen_sets_the_window_up_anew(queue_of: Queue) -> None:
    shop = queue_of(5, review=PLAIN)
    window = Window(shop)
    [reply] = window.desk.answer({"kind": "decide", "id": "x", "ticket": "none", "verdict": "skip"})

    assert (reply["kind"], reply["case"]) == ("here", window.case)
    assert "skip" not in shop.reviews["event"].tolist()


def test_a_note_is_an_event_and_no_decision(queue_of: Queue) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    shown = window.text()

    assert window.send("note", note="  ask the refund desk  ")["kind"] == "noted"
    assert window.send("note", note=" ")["text"] == "The note is empty."
    assert window.text() == shown
    noted = shop.reviews.iloc[-1]
    assert (noted["event"], noted["note"]) == ("note", "ask the refund desk")
    assert folds.decisions(shop.reviews)["decision"].isna().all()


def test_what_reviewers_disagree_on_is_adjudicated_without_their_names(queue_of: Queue) -> None:
    shop = queue_of(6, review=TWICE)
    for name, verdict in (("Ana", "keep"), ("Bo", "reject")):
        window = Window(shop, name)
        while window.case:
            window.decide(verdict, note=f"said {verdict}")
    lead = Window(shop, "Lead", adjudicates=True)

    assert lead.here["adjudicates"]
    assert lead.here["progress"]["waiting"] == 6
    assert lead.case["said"] == [
        {"verdict": "keep", "expected": "refund", "reasons": [], "note": "said keep"},
        {"verdict": "reject", "expected": "refund", "reasons": ["caricature"], "note": "said reject"},
    ]
    assert not {"Ana", "Bo"} & {*json.dumps(lead.here).split('"')}
    lead.decide("skip")
    while lead.case:
        lead.decide("reject")
    counts = Counter(folds.decisions(shop.reviews)["decision"])
    assert counts in ({"reject": 6}, {"reject": 5, "keep": 1})
    assert len(set(folds.disagreements(shop.reviews)["case_id"])) == 1
    assert shop.reviews.query("event == 'adjudicate'")["verdict"].tolist() == ["reject"] * 5


def test_two_keeps_with_different_outcomes_are_a_disagreement(queue_of: Queue) -> None:
    shop = queue_of(3, review=TWICE)
    for name, expected in (("Ana", "refund"), ("Bo", "deny")):
        window = Window(shop, name)
        while window.case:
            window.decide("keep", expected=expected)

    assert set(folds.disagreements(shop.reviews)["case_id"]) == {"c0", "c1", "c2"}
    lead = Window(shop, "Lead", adjudicates=True)
    assert [said["expected"] for said in lead.case["said"]] == ["refund", "deny"]
    lead.decide("keep", expected="refund")
    settled = shop.reviews.query("event == 'adjudicate'")["case_id"].tolist()
    assert shop.labels.set_index("case_id").loc[settled, "expected"].tolist() == ["refund"]


def test_freezing_says_how_many_of_its_cases_are_in_dispute(
    queue_of: Queue, command: Callable[..., Any]
) -> None:
    shop = queue_of(3, review=TWICE)
    for name, expected in (("Ana", "refund"), ("Bo", "deny")):
        window = Window(shop, name)
        while window.case:
            window.decide("keep", expected=expected)

    assert (
        "reviewers disagree on 3 cases of it and nobody adjudicated"
        in command("-w", str(shop.root), "freeze", "launch").out
    )
    Window(shop, "Lead", adjudicates=True).decide("keep", expected="deny")
    assert "reviewers disagree on 2 cases" in command("-w", str(shop.root), "freeze", "launch").out


def test_nobody_adjudicates_what_they_decided_on(queue_of: Queue) -> None:
    shop = queue_of(2, review=TWICE)
    for name, verdict in (("Ana", "keep"), ("Bo", "reject")):
        window = Window(shop, name)
        while window.case:
            window.decide(verdict)

    assert Window(shop, "Ana", adjudicates=True).case is None
    assert Window(shop, "Lead", adjudicates=True).case is not None


def test_the_label_of_an_adjudication_stands_above_later_keeps(queue_of: Queue) -> None:
    shop = queue_of(1, review=TWICE)
    Window(shop).decide("keep", expected="refund")
    Window(shop, "Bo").decide("reject")
    Window(shop, "Lead", adjudicates=True).decide("keep", expected="refund")
    later = {"case_id": "c0", "verdict": "keep", "expected": "deny", "reviewer": "Di"}
    decide(shop, [later | {"at": dt.datetime.now(dt.UTC)}])

    assert shop.labels.set_index("case_id").loc["c0", ["expected", "author"]].tolist() == ["refund", "Lead"]


def test_an_adjudicated_case_is_taken_back_by_nobody_else(queue_of: Queue) -> None:
    shop = queue_of(1, review=TWICE)
    ana, bo = Window(shop), Window(shop, "Bo")
    ana.decide("keep")
    bo.decide("reject")
    lead = Window(shop, "Lead", adjudicates=True)
    lead.decide("reject")

    assert "Lead adjudicated on that case" in ana.undo()["text"]
    assert lead.undo()["kind"] == "undone"
    assert ana.undo()["kind"] == "undone"


def test_the_queue_can_be_narrowed_and_assigned(queue_of: Queue) -> None:
    shop = queue_of(24, review=PLAIN + "\n[review.assign]\nangry = ['Lead']")
    assert Window(shop, "Ana").here["progress"]["waiting"] == 12
    assert Window(shop, "Lead").here["progress"]["waiting"] == 24
    narrowed = Window(shop, "Lead", only=["angry", "late"])

    assert narrowed.here["progress"]["waiting"] == 4
    assert narrowed.case["cell"] == ["user: angry", "case: late"]


def test_a_name_that_no_candidate_has_is_named(queue_of: Queue) -> None:
    [reply] = Desk(queue_of(4), reviewer="Ana", only=["angry", "late_"]).answer({"kind": "hello"})

    assert reply["text"] == "no candidate is of 'late_'; there are angry, damaged, late, lost, new, prompted"


@pytest.mark.parametrize(("visible_ms", "rests"), [(300, True), (9000, False)])
def test_a_break_is_suggested_when_decisions_are_quicker_than_reading(
    visible_ms: int, rests: bool, queue_of: Queue
) -> None:
    window = Window(queue_of(60))
    pauses = [
        window.decide(("keep", "reject")[number % 2], visible_ms=visible_ms)["pause"] for number in range(40)
    ]

    assert any(pauses) is rests
    assert all("check" not in pause for pause in pauses if pause)


def test_the_name_comes_from_the_hub_or_is_asked_for_and_how_is_recorded(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = queue_of(4, review=PLAIN)
    Window(shop, "Given")
    asked = Desk(shop)
    [reply] = asked.answer({"kind": "hello"})
    assert (reply["kind"], shop.reviews["reviewer"].tolist()) == ("ask", ["Given"])
    [reply] = asked.answer({"kind": "reviewer", "name": "  Asked "})
    assert reply["reviewer"] == "Asked"
    monkeypatch.setenv("JUPYTERHUB_USER", "hub-user")
    assert Window(shop, "Somebody else").here["reviewer"] == "hub-user"

    rows = shop.store.read(SITTINGS)
    assert dict(zip(rows["reviewer"], rows["identity"], strict=True)) == {
        "Given": "given",
        "Asked": "asked",
        "hub-user": "hub",
    }


def test_a_model_that_wrote_candidates_reviews_none(queue_of: Queue) -> None:
    desk = Desk(queue_of(2, review=PLAIN))
    [reply] = desk.answer({"kind": "reviewer", "name": "Demo"})

    assert reply["kind"] == "ask"
    assert reply["text"].startswith(
        "'Demo' is the name of a model that wrote candidates; models propose and people decide"
    )
    assert desk.answer({"kind": "reviewer", "name": "Kim"})[0]["kind"] == "here"


def test_before_anybody_sits_down_nothing_is_recorded_and_nothing_fails(queue_of: Queue) -> None:
    shop = queue_of(3)
    desk = Desk(shop)

    for message in ({"kind": "decide", "id": "1", "verdict": "keep"}, {"kind": "undo"}, {"kind": "draft"}):
        assert [reply["kind"] for reply in desk.answer(message)] == ["ask"]
    assert desk.answer({"kind": "anything"}) == []
    assert desk.answer({}) == []
    assert shop.reviews.empty
    assert shop.store.read(SITTINGS).empty


def test_a_store_that_refuses_is_one_sentence_and_the_decision_can_be_sent_again(
    queue_of: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = queue_of(3, review=PLAIN)
    window = Window(shop)
    opened, failures = shop.store.transaction, [StoreError("the database is busy; try again")]

    def busy() -> Any:
        if failures:
            raise failures.pop()
        return opened()

    monkeypatch.setattr(shop.store, "transaction", busy)
    message = {"kind": "decide", "id": "77", "ticket": window.case["ticket"], "verdict": "skip"}
    [failed] = window.desk.answer(message)
    [saved] = window.desk.answer(message)

    assert (failed["kind"], failed["text"]) == ("failed", "the database is busy; try again")
    assert (saved["kind"], shop.reviews["event"].tolist()) == ("saved", ["shown", "skip", "shown"])


def test_what_a_hold_says_of_others_ends_with_it(queue_of: Queue) -> None:
    shop = queue_of(2, review=PLAIN)
    ana = Window(shop)
    assert Window(shop, "Bo").case is None
    rows = shop.store.read(HOLDS).to_dict("records")
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with shop.store.transaction() as tx:
        tx.replace(HOLDS, [row | {"until": past} for row in rows], reviewer="Ana")

    assert Window(shop, "Bo").case is not None
    assert ana.decide("keep")["kind"] == "saved"


def test_a_log_that_is_broken_opens_no_window(queue_of: Queue) -> None:
    shop = queue_of(2, review=PLAIN)
    event = {
        "at": dt.datetime.now(dt.UTC),
        "session_id": "s",
        "reviewer": "R",
        "case_id": "c1",
        "event": "keep",
    }
    rows = following(newest(shop.reviews), [dict.fromkeys(REVIEWS.names) | event | {"reasons": []}])
    shop.store.append(REVIEWS, [rows[0] | {"note": "added"}])
    [reply] = Desk(shop, reviewer="Ana").answer({"kind": "hello"})

    assert reply["kind"] == "ask"
    assert "the chain of review events is broken: event 1 (keep of c1 by R) was changed" in reply["text"]


def test_stubs_the_holdout_and_cases_of_people_are_never_shown(shop: Workspace) -> None:
    window = Window(shop)
    seen = set()
    while window.case:
        seen.add(window.text())
        window.decide("skip", realistic=None, expected=None, fits_cell=None)

    assert seen == {text_of(shop, case) for case in ("p1", "p2", "m1", "m2")}
