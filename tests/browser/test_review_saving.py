"""Nothing that is typed into the review widget is lost, and nothing is called saved that is not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from review_page import CASES, Widget, case, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_a_refused_decision_comes_back_with_its_form_and_takes_a_new_id(widget: Widget) -> None:
    widget.press("w1pt")
    widget.page.keyboard.type("sure?")
    widget.page.keyboard.press("Escape")
    widget.set(
        hold=True, answer={"kind": "refused", "text": "The rubric has no such value.", "field": "expected"}
    )
    widget.press("h")
    widget.unlocked()
    widget.press("n")  # on the case that came
    widget.page.evaluate("fake.release()")

    assert "parcel 0?" in widget.shown()
    assert widget.says().endswith("The rubric has no such value.")
    assert widget.page.locator(":checked").count() == 3
    assert widget.page.locator(".remark textarea").input_value() == "sure?"
    assert widget.page.evaluate("document.activeElement.type") == "radio"
    widget.set(answer=None)
    widget.press("h")
    first, second = widget.sent("decide")
    assert first["id"] != second["id"]
    assert {**first, "id": 0, "visible_ms": 0} == {**second, "id": 0, "visible_ms": 0}
    assert "parcel 1?" in widget.shown()
    assert widget.page.locator(":checked").count() == 1, "the answer to the next case is still there"


def test_a_decision_that_the_store_failed_to_take_goes_again_under_its_id(widget: Widget) -> None:
    widget.set(answer={"kind": "failed", "text": "The disk is full."})
    widget.press("w1ph")
    assert "The disk is full. Nothing was recorded" in widget.says()
    assert "parcel 0?" in widget.shown()
    widget.set(answer=None)
    widget.press("h")

    first, second = widget.sent("decide")
    assert first["id"] == second["id"]
    assert widget.says() == "Saved"


def test_undo_brings_the_case_back_with_its_answers(widget: Widget) -> None:
    widget.press("n2f1f")
    widget.unlocked()
    widget.press("w")
    widget.press("u")

    assert "parcel 0?" in widget.shown()
    assert widget.page.locator(":checked").count() == 3  # no, deny, and the reason
    widget.unlocked()
    widget.press("ff")
    assert [d["reasons"] for d in widget.sent("decide")] == [["caricature"], ["caricature"]]
    assert widget.page.locator(":checked").count() == 1, "what was begun on the next case is still there"


def test_undo_with_nothing_to_take_back_says_so(widget: Widget) -> None:
    widget.press("u")
    assert widget.says().endswith("There is nothing to take back.")
    assert "parcel 0?" in widget.shown()


def test_a_half_filled_form_survives_a_reload(chromium: Browser) -> None:
    with opened(chromium, clock=True) as widget:
        widget.unlocked()
        widget.press("w2e1t")
        widget.page.keyboard.type("hm")
        widget.page.clock.run_for(500)
        drafts = widget.sent("draft")
        assert len(drafts) == 1
    with opened(chromium, here={"draft": drafts[0]["draft"]}) as widget:
        assert widget.page.locator(":checked").count() == 3
        assert widget.page.locator(".remark textarea").input_value() == "hm"
        widget.unlocked()
        widget.press("e")
        [decision] = widget.sent("decide")
        assert (decision["realistic"], decision["expected"], decision["reasons"], decision["note"]) == (
            True, "deny", ["caricature"], "hm",
        )  # fmt: skip


def test_leaving_sends_the_draft_at_once_and_stops_listening(widget: Widget) -> None:
    widget.press("w")
    widget.page.evaluate("leave()")
    assert [m["draft"]["realistic"] for m in widget.sent("draft")] == [True]
    widget.deliver({"kind": "saved", "id": "x", "ticket": "t0", "verdict": "keep", "next": None})
    assert len(widget.sent("hello")) == 1


def test_a_decision_of_another_view_makes_this_one_ask_what_is_current(widget: Widget) -> None:
    widget.deliver(
        {"kind": "saved", "id": "of another view", "ticket": "t0", "verdict": "keep", "next": None}
    )
    assert len(widget.sent("hello")) == 2


def test_what_the_kernel_says_again_changes_no_answer_and_no_case_on_its_way(widget: Widget) -> None:
    widget.press("w2")
    widget.page.evaluate("fake.send({kind: 'hello'})")
    assert widget.page.locator(":checked").count() == 2
    widget.set(hold=True)
    widget.press("s")
    widget.set(hold=False)
    widget.page.evaluate("shown => fake.fresh(shown)", CASES[0])  # written before the decision arrived
    assert "parcel 1?" in widget.shown()
    widget.page.evaluate("fake.release()")
    assert widget.says() == "Saved"


def test_a_late_acknowledgement_is_called_queued_and_never_saved(chromium: Browser) -> None:
    with opened(chromium, clock=True) as widget:
        widget.unlocked()
        widget.set(hold=True)
        widget.press("s")
        widget.page.clock.run_for(1400)
        assert widget.says() == "Saving"
        widget.page.clock.run_for(200)
        assert widget.says() == "Queued: the kernel is busy; not saved yet"
        widget.page.evaluate("fake.release()")
        assert widget.says() == "Saved"


def test_a_case_settled_elsewhere_is_said_and_not_called_saved(widget: Widget) -> None:
    told = "ben kept it at 10:04."
    widget.set(extra={"verdict": None, "told": told, "pause": "You have done 60; take a break."})
    widget.press("s")

    assert widget.says() == "Not recorded: that case was settled already."
    assert widget.page.locator(".line").get_attribute("data-tone") == "warn"
    assert widget.page.locator(".notices p").all_inner_texts() == [told, "You have done 60; take a break."]


def test_a_draft_that_is_too_long_is_not_kept_and_that_is_said(chromium: Browser) -> None:
    with opened(chromium, clock=True) as widget:
        widget.unlocked()
        widget.press("t")
        for length, kept in ((99_000, 1), (100_000, 1), (50, 2)):
            widget.page.locator(".remark textarea").fill("x" * length)
            widget.page.clock.run_for(500)
            assert len(widget.sent("draft")) == kept
            assert ("Too long to keep as a draft" in widget.says()) is (length == 100_000)


def test_the_message_of_a_decision_does_not_grow(chromium: Browser) -> None:
    many = [case(f"t{i:04}") for i in range(45)]
    with opened(chromium, cases=many) as widget:
        for _ in range(40):
            widget.unlocked().press("w1ph")
        sizes = {len(json.dumps({**m, "visible_ms": 0})) for m in widget.sent("decide")}
        assert len(widget.sent("decide")) == 40
        assert len(sizes) == 1


def test_time_on_screen_leaves_out_idle_time_and_hidden_tabs(chromium: Browser) -> None:
    with opened(chromium, clock=True) as widget:
        page = widget.unlocked().page
        page.clock.pause_at(100_000)
        page.mouse.move(300, 300)
        words = len(re.findall(r"\S+", " ".join(turn["text"] for turn in CASES[0]["turns"])))
        before = page.evaluate("performance.now()")
        page.clock.run_for(10_000)
        page.mouse.move(301, 300)
        page.clock.run_for(3_600_000)  # nobody is there
        page.mouse.move(302, 300)
        page.evaluate("""() => { Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});
          document.dispatchEvent(new Event('visibilitychange')); }""")
        page.clock.run_for(600_000)
        page.evaluate(
            """() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }"""
        )
        page.mouse.move(303, 300)
        page.clock.run_for(5_000)
        widget.press("s")

        [decision] = widget.sent("decide")
        still = 30_000 + words * 1000 / 3
        assert before >= 0
        assert 15_000 + still <= decision["visible_ms"] < 15_000 + 2 * still + 20_000
