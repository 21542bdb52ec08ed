"""What the review widget asks for and sends, in a real Chromium: answers, verdicts and keys."""

from __future__ import annotations

import json
import re
import string
from typing import TYPE_CHECKING

import pytest
from review_page import LAB, LONG, RUBRIC, STATIC, Widget, case, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


# --- decisions -------------------------------------------------------------------------------------

PATHS = {"keep": "w1ph", "reject": "f2f", "revise": "e1e", "skip": "s"}


@pytest.mark.parametrize(("verdict", "keys"), PATHS.items())
def test_every_verdict_has_a_path_by_keys_alone(widget: Widget, verdict: str, keys: str) -> None:
    widget.press(keys)

    [decision] = widget.sent("decide")
    kept = verdict == "keep"
    assert re.fullmatch("[0-9a-f]{32}", decision.pop("id"))
    assert isinstance(decision.pop("visible_ms"), int)
    assert decision == {
        "kind": "decide",
        "ticket": "t0",
        "verdict": verdict,
        "realistic": True if kept else None,
        "expected": "refund" if kept else None,
        "fits_cell": True if kept else None,
        "reasons": {"reject": ["too_easy"], "revise": ["caricature"]}.get(verdict, []),
        "note": "",
        "edited": None,
        "provisional": None,
    }
    assert widget.says() == "Saved"
    assert "parcel 1?" in widget.shown()


def test_keep_costs_at_least_as_many_keys_as_reject() -> None:
    assert len(PATHS["keep"]) >= len(PATHS["reject"])


def test_keep_needs_every_answer_and_says_which_one_is_missing(widget: Widget) -> None:
    for keys, sentence in [("h", "real customer"), ("wh", "expected outcome"), ("1h", "fits its cell")]:
        widget.press(keys)
        assert sentence in widget.says()
        assert widget.page.evaluate("document.activeElement.type") == "radio"
    widget.press("nh")
    assert "cannot be kept" in widget.says()
    widget.press("wgh")

    [decision] = widget.sent("decide")
    assert decision["fits_cell"] is False


def test_a_reason_is_asked_for_before_a_rejection(widget: Widget) -> None:
    widget.press("ff")

    assert widget.sent("decide") == []
    assert "at least one reason" in widget.says()
    assert widget.page.evaluate("document.activeElement.type") == "checkbox"


def test_a_revision_carries_the_edited_text_a_note_and_a_provisional_label(widget: Widget) -> None:
    widget.press("e1")
    widget.page.locator(".why textarea").fill("Where is it? I leave on Saturday.")
    widget.page.locator("summary", has_text="Provisional").click()
    widget.page.get_by_label("Owner").fill("ana")
    widget.press("e")  # into the field
    widget.page.keyboard.press("Escape")
    widget.press("e")
    assert "owner and a date" in widget.says()
    widget.page.get_by_label("Settled by").fill("2027-01-31")
    widget.page.keyboard.press("Escape")
    widget.press("t")
    widget.page.keyboard.type("hfes1w")
    widget.page.keyboard.press("Escape")
    widget.press("e")

    [decision] = widget.sent("decide")
    assert decision["edited"] == "Where is it? I leave on Saturday."
    assert decision["note"] == "hfes1w"
    assert decision["provisional"] == {"owner": "anae", "backfill_by": "2027-01-31"}


def test_a_rubric_without_lists_takes_free_text(chromium: Browser) -> None:
    with opened(chromium, rubric={**RUBRIC, "expected": [], "reasons": []}) as widget:
        widget.unlocked()
        widget.page.get_by_label("expected outcome").fill("tell the status")
        widget.page.keyboard.press("Escape")
        widget.press("wph")
        widget.unlocked()
        widget.press("f")
        widget.page.keyboard.type("hosts")
        widget.page.keyboard.press("Escape")
        widget.press("f")

        kept, rejected = widget.sent("decide")
        assert kept["expected"] == "tell the status"
        assert rejected["reasons"] == ["hosts"]


def test_a_note_can_be_saved_without_a_decision(widget: Widget) -> None:
    widget.press("t")
    widget.page.keyboard.type("ask the shop")
    widget.page.get_by_role("button", name="without deciding").click()

    [note] = widget.sent("note")
    assert (note["ticket"], note["note"]) == ("t0", "ask the shop")
    assert widget.says() == "Note saved"
    assert widget.sent("decide") == []


def test_the_claimed_cell_is_not_on_the_page_before_step_one_is_answered(widget: Widget) -> None:
    assert "outside_window" not in widget.page.content().split("<script")[0]
    widget.press("p")
    assert "shown when both" in widget.says()
    widget.press("n3")
    assert widget.page.locator(".two").inner_text().count("outside_window") == 1


# --- no nudge --------------------------------------------------------------------------------------


def test_nothing_is_chosen_beforehand_and_the_verdicts_weigh_the_same(widget: Widget) -> None:
    assert widget.page.locator(":checked").count() == 0
    buttons = widget.page.locator(".verdict")
    assert [button.get_attribute("data-verdict") for button in buttons.all()] == [
        "skip",
        "keep",
        "revise",
        "reject",
    ]
    looks = buttons.evaluate_all(
        """(all) => all.map((b) => { const s = getComputedStyle(b);
          return [Math.round(b.offsetWidth), b.offsetHeight, s.color, s.backgroundColor, s.borderColor, s.fontWeight].join(); })"""
    )
    assert len(set(looks)) == 1


NAMED = [f"F{i}" for i in range(1, 13)] + [
    "Enter", "Space", "Backspace", "Delete", "Tab", "Escape", "Home", "End", "PageUp", "PageDown",
    "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Insert", "NumpadEnter", "Shift+Enter", "Control+Enter",
]  # fmt: skip
PRINTABLE = [character for character in string.printable if character.isprintable() and character != " "]
UNTOUCHED = """([focus, n]) => {
  if (fake.sent.length || document.querySelector(':checked, dialog[open], .why:not([hidden]), .remark:not([hidden])')) {
    document.querySelector('dialog[open]')?.close();
    fake.deliver({kind: 'noted', id: 0}); fake.sent.length = 0; fake.fresh({...CASE, ticket: 'n' + n});
  }
  (document.querySelectorAll('.wb-review :is(button, input, summary, [tabindex])')[focus] ?? document.querySelector('.wb-review')).focus();
  return new Promise((done) => { const look = () =>
    document.querySelector('.verdict[aria-disabled="true"]') ? requestAnimationFrame(look) : done(); look(); });
}"""


def test_no_single_key_keeps_an_untouched_case_in_a_thousand_presses(widget: Widget) -> None:
    """Enter and Space on every element that takes the focus; every other key there too, in turn."""
    places = widget.page.locator(".wb-review :is(button, input, summary, [tabindex])").count()
    keep = widget.page.evaluate(
        "[...document.querySelectorAll('.wb-review :is(button, input, summary, [tabindex])')].findIndex((e) => e.dataset.verdict === 'keep')"
    )
    presses = [(key, place) for key in ("Enter", "Space", "NumpadEnter") for place in range(places)]
    presses += [(key, keep) for key in (*PRINTABLE, *NAMED)]
    others = [(key, place) for place in range(-1, places) for key in (*PRINTABLE, *NAMED)]
    presses += others[:: len(others) // (1000 - len(presses))][: 1000 - len(presses)]
    assert len(presses) == 1000
    widget.page.evaluate("shown => void (window.CASE = shown, window.kept = 0)", case("n"))
    widget.page.evaluate("""() => { const send = fake.send.bind(fake);
      fake.send = (m) => { if (m.verdict === 'keep') kept += 1; send(m); }; }""")

    for n, (key, place) in enumerate(presses):
        widget.page.evaluate(UNTOUCHED, [place, n])
        widget.page.keyboard.press(key)

    assert widget.page.evaluate("kept") == 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("verdict", PATHS)
def test_enter_and_space_decide_nothing_on_a_case_that_is_fully_answered(
    widget: Widget, verdict: str, key: str
) -> None:
    widget.press("w1p")
    if verdict in {"reject", "revise"}:
        widget.press(PATHS[verdict][:2])
    widget.page.locator(f"[data-verdict={verdict}]").focus()
    widget.page.keyboard.press(key)

    assert widget.sent("decide") == []
    assert "never decide" in widget.says()


def test_keys_do_nothing_while_typing_with_modifiers_on_repeat_or_elsewhere(widget: Widget) -> None:
    widget.press("t")
    widget.page.keyboard.type("hfesu1w?")
    assert widget.page.locator(".remark textarea").input_value() == "hfesu1w?"
    widget.page.keyboard.press("Escape")
    for modifier in ("Control", "Meta", "Alt"):
        widget.page.keyboard.press(f"{modifier}+s")
    widget.page.locator("#outside").focus()
    widget.press("s")
    assert widget.sent("decide") == []
    assert widget.page.locator(".off").is_visible()
    widget.page.locator(".off").click()
    assert not widget.page.locator(".off").is_visible()
    for _ in range(5):
        widget.page.keyboard.down("s")
    assert len(widget.sent("decide")) == 1


def test_no_verdict_undo_or_note_goes_out_while_a_save_is_on_its_way(widget: Widget) -> None:
    widget.set(hold=True)
    widget.press("s")
    widget.unlocked()
    widget.press("su")
    widget.page.locator("[data-verdict=skip]").click()
    widget.page.get_by_role("button", name="Undo").click()
    widget.press("w2")  # answers of the new case may be given already

    assert [m["kind"] for m in widget.page.evaluate("fake.sent.filter((m) => m.kind !== 'draft')")] == [
        "hello",
        "decide",
    ]
    assert widget.says() == "Saving"
    widget.page.evaluate("fake.release()")
    assert widget.says() == "Saved"
    widget.press("ph")
    assert [(d["ticket"], d["verdict"]) for d in widget.sent("decide")] == [("t0", "skip"), ("t1", "keep")]


def test_none_of_the_letters_is_bound_by_jupyter_in_command_mode() -> None:
    """Nor by Notebook 7, where it is installed: it binds O, which hides a cell's outputs."""
    source = (STATIC / "review.js").read_text()
    ours = set(re.findall(r'^  \["(\w)",', source, re.MULTILINE))
    bound = set()
    for path in LAB.glob("schemas/**/*.json"):
        shortcuts = json.loads(path.read_text()).get("jupyter.lab.shortcuts", [])
        bound |= {
            s["keys"][0].lower() for s in shortcuts if s.get("keys") and ".jp-Notebook" in s["selector"]
        }

    assert ours == set("wnpghfestu")
    assert {"a", "b", "x", "m"} <= bound
    assert not ours & bound


# --- the whole input -------------------------------------------------------------------------------

STATES = "[...document.querySelectorAll('.verdict')].map((b) => b.ariaDisabled)"


def test_all_verdicts_unlock_together_once_the_whole_input_has_been_on_screen(chromium: Browser) -> None:
    turns = [{"role": "user", "text": f"{i}. It did not come. " * 30} for i in range(12)]
    with opened(chromium, cases=[case("t", turns=turns)]) as widget:
        widget.page.wait_for_timeout(100)
        widget.press("hfes")
        assert widget.sent("decide") == []
        assert "Not yet" in widget.says()
        widget.page.evaluate(
            """states => { window.mixed = 0; new MutationObserver(() => { mixed += new Set(eval(states)).size > 1; })
              .observe(document.querySelector('.verdicts'), {subtree: true, attributes: true}); }""",
            STATES,
        )
        widget.page.evaluate(
            """async () => { const pane = document.querySelector('.input'); const frame = () => new Promise(requestAnimationFrame);
              for (let y = 0; y < pane.scrollHeight; y += 300) { pane.scrollTop = y; await frame(); await frame(); } }"""
        )
        assert set(widget.page.evaluate(STATES)) == {"true"}, "a flick to the end is not reading"
        widget.page.evaluate("document.querySelector('.input').scrollTop = 0")
        widget.page.locator(".wb-review").focus()
        for _ in range(40):
            widget.page.keyboard.press("Space")
            widget.page.wait_for_timeout(300)
            if set(widget.page.evaluate(STATES)) == {"false"}:
                break
        widget.unlocked()
        assert widget.page.evaluate("mixed") == 0
        widget.press("s")
        assert len(widget.sent("decide")) == 1


def test_a_long_text_has_to_be_expanded(chromium: Browser) -> None:
    with opened(chromium, cases=[LONG]) as widget:
        widget.page.locator(".more").scroll_into_view_if_needed()
        widget.page.wait_for_timeout(100)
        assert set(widget.page.evaluate(STATES)) == {"true"}
        assert len(widget.page.locator(".turn .text").last.text_content() or "") == 4000
        widget.page.get_by_role("button", name="Show all 6,800 characters").click()
        assert widget.page.locator(".turn .text").last.text_content() == "It did not come. " * 400
        widget.read()
