"""The review widget in a real Chromium, with a model that speaks the desk's side of the contract."""

from __future__ import annotations

import contextlib
import json
import re
import string
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hostile
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

ORIGIN = "http://127.0.0.1:8000"
STATIC = Path(__file__).parents[2] / "workbench/review/static"
FILES = {
    "review.js": (STATIC / "review.js", "text/javascript"),
    "review.css": (STATIC / "review.css", "text/css"),
    "fake_model.js": (Path(__file__).with_name("fake_model.js"), "text/javascript"),
}
LAB = Path(sys.prefix) / "share/jupyter/lab"
THEMES = {
    "light": "light",
    "dark": "dark",
    "contrast": "dark-high-contrast",
    "forced": "light",
    "plain": None,
}

RUBRIC = {
    "version": "demo-1",
    "policy": "1. HANDOFF when the customer asks for a person.\n2. REFUND within 14 days of delivery.\n" * 12,
    "expected": [
        {"value": "refund", "meaning": "Money goes back."},
        {"value": "deny", "meaning": "A courteous no."},
        {"value": "ask", "meaning": "One question first."},
    ],
    "reasons": [
        {"value": "caricature", "meaning": "Louder or ruder than people are."},
        {"value": "too_easy", "meaning": "The words give the label away."},
    ],
    "checklist": ["Would a customer of this shop write this?"],
}
FACTS = {"order": {"id": "K-50417", "item": "rain boots", "days_late": 3, "condition": None}, "gift": False}


def case(
    ticket: str, text: str = "Where are the kids' rain boots? We leave on Saturday.", **other: Any
) -> Any:
    turns = [
        {"role": "user", "text": "Hi, I'm waiting for a parcel."},
        {"role": "assistant", "text": "Which order is it about?"},
        {"role": "user", "text": text},
    ]
    plain = {"ticket": ticket, "turns": turns, "context": {"facts": FACTS}, "said": None}
    return {**plain, "cell": ["angry_escalator", "outside_window"], **other}


CASES = [case(f"t{i}", f"Where is parcel {i}? It was promised for Monday.") for i in range(12)]
LONG = case("long", "It did not come. " * 400)
SAID = [
    {"verdict": "keep", "reasons": [], "note": ""},
    {"verdict": "reject", "reasons": ["caricature"], "note": "Nobody shouts like this."},
]


@dataclass
class Widget:
    """The widget on a page, what it sent, and what the page did."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def press(self, keys: str) -> None:
        """Press one key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """Return what went to the kernel, of one kind."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "kind => fake.sent.filter((m) => m.kind === kind)", kind
        )
        return found

    def deliver(self, message: dict[str, Any]) -> None:
        """Send a message of the kernel's to every view."""
        self.page.evaluate("message => fake.deliver(message)", message)

    def set(self, **what: Any) -> None:
        """Set how the fake desk behaves from now on."""
        self.page.evaluate("what => void Object.assign(fake, what)", what)

    def says(self) -> str:
        """Return the line about the state."""
        return self.page.locator(".line").inner_text()

    def unlocked(self) -> Widget:
        """Wait until verdicts can be given."""
        self.page.wait_for_function(
            "[...document.querySelectorAll('.verdict')].every((b) => b.ariaDisabled === 'false')"
        )
        return self

    def read(self) -> Widget:
        """Bring the end of every part of the input on the screen, as a reader would."""
        self.page.evaluate(
            """async () => { for (const mark of document.querySelectorAll('.end')) { mark.scrollIntoView({block: 'nearest'});
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
              if (document.querySelector('.verdict[aria-disabled="true"]')) await new Promise((done) => setTimeout(done, 250)); } }"""
        )
        return self.unlocked()

    def shown(self) -> str:
        """Return the last message of the case on the screen."""
        return self.page.locator(".turn").last.inner_text()


def html(options: dict[str, Any], theme: str) -> str:
    name = THEMES[theme]
    css = (LAB / f"themes/@jupyterlab/theme-{name}-extension/index.css").read_text() if name else ""
    light = f'data-jp-theme-light="{str(name == "light").lower()}"' if name else ""
    return f"""<!doctype html><html lang="en"><head><title>Review</title><meta name="viewport" content="width=device-width">
      <style>{css} body {{ margin: 0; padding: 8px; background: var(--jp-layout-color0, canvas); color: var(--jp-ui-font-color0, canvastext) }}</style>
      <link rel="stylesheet" href="review.css"></head>
      <body {light}><main><h1 id="title">Review</h1><div id="place"></div><button id="outside">outside</button></main>
      <script type="module">
        import widget from "./review.js";
        import {{ fakeModel }} from "./fake_model.js";
        window.fake = fakeModel(JSON.parse({json.dumps(json.dumps(options)).replace("<", chr(92) + "u003c")}));
        window.leave = widget.render({{ model: fake, el: document.getElementById("place") }});
      </script></body></html>"""


@contextlib.contextmanager
def opened(
    chromium: Browser, *, theme: str = "light", width: int = 1280, clock: bool = False, **options: Any
) -> Iterator[Widget]:
    """Render the widget on a page whose every request is answered, or refused, here."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="light" if theme == "light" else "dark",
        forced_colors="active" if theme == "forced" else "none",
    )
    widget = Widget(context.new_page())
    page_html = html({"cases": CASES, "rubric": RUBRIC, **options}, theme)

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name == "page":
            route.fulfill(content_type="text/html", body=page_html)
        elif name in FILES:
            path, kind = FILES[name]
            route.fulfill(content_type=kind, body=path.read_text())
        else:
            widget.requests.append(route.request.url)
            route.abort()

    context.route("**/*", serve)
    widget.page.on("pageerror", lambda error: widget.errors.append(str(error)))
    widget.page.on("console", lambda message: widget.errors.append(message.text))
    if clock:
        widget.page.clock.install(time=0)
    widget.page.goto(f"{ORIGIN}/page")
    widget.page.wait_for_selector(".frame, .card")
    widget.page.locator(".wb-review").focus()
    yield widget
    context.close()
    assert widget.requests == []
    assert widget.errors == []


@pytest.fixture
def widget(chromium: Browser) -> Iterator[Widget]:
    with opened(chromium) as widget:
        yield widget.unlocked()


# --- decisions -------------------------------------------------------------------------------------

PATHS = {"keep": "w1ph", "reject": "o2o", "revise": "e1e", "skip": "s"}


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
    widget.press("oo")

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
    widget.page.keyboard.type("hoes1w")
    widget.page.keyboard.press("Escape")
    widget.press("e")

    [decision] = widget.sent("decide")
    assert decision["edited"] == "Where is it? I leave on Saturday."
    assert decision["note"] == "hoes1w"
    assert decision["provisional"] == {"owner": "anae", "backfill_by": "2027-01-31"}


def test_a_rubric_without_lists_takes_free_text(chromium: Browser) -> None:
    with opened(chromium, rubric={**RUBRIC, "expected": [], "reasons": []}) as widget:
        widget.unlocked()
        widget.page.get_by_label("expected outcome").fill("tell the status")
        widget.page.keyboard.press("Escape")
        widget.press("wph")
        widget.unlocked()
        widget.press("o")
        widget.page.keyboard.type("hosts")
        widget.page.keyboard.press("Escape")
        widget.press("o")

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
    widget.page.keyboard.type("hoesu1w?")
    assert widget.page.locator(".remark textarea").input_value() == "hoesu1w?"
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


def test_none_of_the_letters_is_bound_by_jupyterlab_in_command_mode() -> None:
    """Notebook 7, where it is installed, binds O (it hides a cell's outputs); the focus inside the widget rules it out."""
    source = (STATIC / "review.js").read_text()
    ours = set(re.findall(r'^  \["(\w)",', source, re.MULTILINE))
    bound = set()
    for path in LAB.glob("schemas/@jupyterlab/**/*.json"):
        shortcuts = json.loads(path.read_text()).get("jupyter.lab.shortcuts", [])
        bound |= {
            s["keys"][0].lower() for s in shortcuts if s.get("keys") and ".jp-Notebook" in s["selector"]
        }

    assert ours == set("wnpghoestu")
    assert {"a", "b", "x", "m"} <= bound
    assert not ours & bound


# --- the whole input -------------------------------------------------------------------------------

STATES = "[...document.querySelectorAll('.verdict')].map((b) => b.ariaDisabled)"


def test_all_verdicts_unlock_together_once_the_whole_input_has_been_on_screen(chromium: Browser) -> None:
    turns = [{"role": "user", "text": f"{i}. It did not come. " * 30} for i in range(12)]
    with opened(chromium, cases=[case("t", turns=turns)]) as widget:
        widget.page.wait_for_timeout(100)
        widget.press("hoes")
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


# --- nothing is lost -------------------------------------------------------------------------------


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
    widget.press("n2o1o")
    widget.unlocked()
    widget.press("w")
    widget.press("u")

    assert "parcel 0?" in widget.shown()
    assert widget.page.locator(":checked").count() == 3  # no, deny, and the reason
    widget.unlocked()
    widget.press("oo")
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

    assert "Not recorded" in widget.says()
    assert widget.page.locator(".notices p").all_inner_texts() == [told, "You have done 60; take a break."]


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


# --- hostile text ----------------------------------------------------------------------------------

NULL_LIKE = ["NA", "N/A", "null", "None", "NaN", "nan", "undefined", "true", "0", "-", "[object Object]"]
EMOJI = [
    "👩‍👩‍👧‍👦 where is it? 🇩🇪 👍🏽",
    "می‌خواهم",
    "क्‍ष refund",
    "hidden \U000e0049\U000e0067 tags",
    "z\u0301\u0302\u0303algo",
]
TEXTS = [
    *hostile.STRINGS,
    *NULL_LIKE,
    *EMOJI,
    "**bold** _it_ [x](http://127.0.0.1:9/)",
    "x" * 200_000,
    "\u200b" * 5000,
]


def as_shown(text: str) -> str:
    """What a reader should see: every character that has no look of its own as a chip with its code point."""
    text, shown = text.replace("\r\n", "\n"), []
    for run in re.findall(r"((.)\2*)", text, re.DOTALL):
        character, times = run[1], len(run[0])
        odd = (
            unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}
            and character not in "\t\n\u200c\u200d"
        )
        chip = f"U+{ord(character):04X}" + (f" ×{times}" if times > 1 else "")
        shown.append(chip if odd else run[0])
    return "".join(shown)


def test_hostile_texts_are_shown_as_text_wherever_they_stand_and_run_nothing(chromium: Browser) -> None:
    assert len(TEXTS) >= 120
    with opened(chromium, here={"adjudicates": True}) as widget:
        page = widget.page
        for i, text in enumerate(TEXTS):
            shown = case(
                f"h{i}",
                turns=[{"role": "user", "text": text}, {"role": text[:200], "text": "ok"}],
                context={
                    "facts": {text[:200]: text, "order": {"x": text}},
                    "documents": [{"id": text[:200], "text": text}],
                    "steps": [text],
                    text[:200]: text,
                },
                cell=[text[:200], "delay"],
                said=[{"verdict": "reject", "reasons": [text[:200]], "note": text}],
            )
            page.evaluate("shown => fake.fresh(shown)", shown)
            page.evaluate("document.querySelectorAll('.wb-review .more').forEach((more) => more.click())")
            widget.press("w1")
            seen = page.evaluate(
                """() => [...document.querySelectorAll('.turn .text, .facts td .text, .block > .text:not(.json), .block > div > .text:not(.json), .said > li > .text, .said > li > div > .text, .level .plain')]
                  .map((element) => element.textContent)"""
            )
            whole, short = as_shown(text), as_shown(text[:200])
            assert seen.count(whole) >= 5, (text[:80], [s[:80] for s in seen])
            assert short in seen, text[:80]
        assert page.evaluate("window.pwned") is None
        assert page.locator(".wb-review :is(script, img, svg, iframe, a, form, style, link)").count() == 0


def test_hidden_characters_are_visible_chips(chromium: Browser) -> None:
    text = "please open \u202egpj.eciovni\u202c now\x07 re\u200bfund"
    with opened(chromium, cases=[case("t", text)]) as widget:
        chips = widget.page.locator(".turn .chip")
        assert chips.all_inner_texts() == ["U+202E", "U+202C", "U+0007", "U+200B"]
        assert all(chip.bounding_box()["width"] > 20 for chip in chips.all())
        assert "gpj.eciovni" in widget.shown()


# --- everyone can use it ---------------------------------------------------------------------------

ADJUDICATED = {
    "cases": [case("a", said=SAID)],
    "here": {"adjudicates": True, "demo": True, "told": "It was reopened."},
}
VIEWS: dict[str, tuple[dict[str, Any], str]] = {
    "asking": ({"ask": True}, ""),
    "step one": ({}, ""),
    "locked": ({"cases": [LONG]}, ""),
    "step two": ({}, "w1"),
    "reasons": ({}, "o1"),
    "revise": ({}, "w1e2t"),
    "keys": ({}, "?"),
    "missing": ({}, "h"),
    "saved": ({}, "s"),
    "done": ({"cases": []}, ""),
    "adjudication": (ADJUDICATED, "w1p"),
}


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_any_view(chromium: Browser, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # In forced colours the reader's own are painted, and axe would read those of the style sheet.
    rules = {"color-contrast": {"enabled": theme != "forced"}}
    views = ["revise", "adjudication"] if theme in {"forced", "plain"} else VIEWS
    found = {}
    for name in views:
        options, keys = VIEWS[name]
        with opened(chromium, theme=theme, **options) as widget:
            if keys:
                widget.read().press(keys)
            report = Axe().run(widget.page, options={"resultTypes": ["violations"], "rules": rules}).response
            assert ("color-contrast" in {rule["id"] for rule in report["passes"]}) is (theme != "forced")
            problems = [(rule["id"], rule["nodes"][0]["failureSummary"]) for rule in report["violations"]]
            if problems:
                found[name] = problems
    assert found == {}


def test_the_order_of_the_focus_is_the_order_of_the_work(widget: Widget) -> None:
    widget.press("w1")
    order = []
    for _ in range(16):
        widget.page.keyboard.press("Tab")
        order.append(
            widget.page.evaluate(
                "(document.activeElement.ariaLabel || document.activeElement.closest('label, summary, button')?.innerText || '').split('\\n')[0].trim()"
            )
        )
    assert order == [
        "Conversation and context", "Policy and rubric demo-1", "Policy and rubric", "Yes", "refund", "Yes, in place",
        "Provisional label", "Skip", "Keep", "Revise", "Reject", "Note", "Undo", "Keys", "outside", "",
    ]  # fmt: skip


def test_the_keys_are_a_dialog_that_gives_the_focus_back(widget: Widget) -> None:
    widget.press("?")
    dialog = widget.page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    widget.press("swo")
    assert widget.sent("decide") == []
    assert widget.page.locator(":checked").count() == 0
    widget.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    widget.press("?")
    widget.press("?")
    assert not dialog.is_visible()
    widget.press("s")
    assert len(widget.sent("decide")) == 1


def test_a_name_is_asked_for_and_sent(chromium: Browser) -> None:
    with opened(chromium, ask=True) as widget:
        widget.page.get_by_label("Your name").fill(" ana ")
        widget.page.keyboard.press("Enter")
        assert [m["name"] for m in widget.sent("reviewer")] == ["ana"]
        assert "parcel 0?" in widget.shown()


def test_adjudication_shows_what_was_said_without_names(chromium: Browser) -> None:
    with opened(chromium, **ADJUDICATED) as widget:
        assert widget.page.locator(".said > li").all_inner_texts()[0] == "Keep"
        assert "Nobody shouts like this." in widget.page.locator(".said").inner_text()
        assert "Demo" in widget.page.locator(".demo").inner_text()


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_sticks_out_on_a_phone(chromium: Browser, view: str) -> None:
    options, keys = VIEWS[view]
    with opened(chromium, width=390, **options) as widget:
        if keys:
            widget.read().press(keys)
        assert widget.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert (
            widget.page.evaluate(
                "[...document.querySelectorAll('.wb-review *')].filter((e) => e.getBoundingClientRect().right > 391).map((e) => e.className)"
            )
            == []
        )
