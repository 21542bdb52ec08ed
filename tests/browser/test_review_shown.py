"""What the review widget shows, in a real Chromium: hostile text as text, and every view to everyone."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import hostile
import pytest
from review_page import LONG, SAID, THEMES, Widget, case, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


# --- hostile text ----------------------------------------------------------------------------------

UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
NOTHING = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
SELECTORS = {*map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))}

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
    *(f"re{nothing}fund{nothing * 3}" for nothing in NOTHING),
    "".join(["x", *sorted(SELECTORS)]),
]


def as_shown(text: str) -> str:
    """What a reader should see: every character that has no look of its own as a chip with its code point."""
    text, shown = text.replace("\r\n", "\n"), []
    for run in re.findall(r"((.)\2*)", text, re.DOTALL):
        character, times = run[1], len(run[0])
        odd = character in NOTHING or character in SELECTORS or unicodedata.category(character) in UNSEEN
        odd = odd and character not in "\t\n\u200c\u200d"
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
                said=[{"verdict": "reject", "expected": text[:200], "reasons": [text[:200]], "note": text}],
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
            assert page.locator(".said > li > span").text_content() == f", expects {short}"
        assert page.evaluate("window.pwned") is None
        assert page.locator(".wb-review :is(script, img, svg, iframe, a, form, style, link)").count() == 0


def test_hidden_characters_are_visible_chips(chromium: Browser) -> None:
    text = "please open \u202egpj.eciovni\u202c now\x07 re\u200bfund"
    with opened(chromium, cases=[case("t", text)]) as widget:
        chips = widget.page.locator(".turn .chip")
        assert chips.all_inner_texts() == ["U+202E", "U+202C", "U+0007", "U+200B"]
        assert all(chip.bounding_box()["width"] > 20 for chip in chips.all())
        assert "gpj.eciovni" in widget.shown()


def test_what_looks_like_nothing_is_a_chip_and_an_emoji_keeps_its_selector(chromium: Browser) -> None:
    heart = "\u2764\ufe0f"
    text = f"{heart} 1\ufe0f\u20e3 \u3164 {heart}\ufe0f \u2764\ufe0f\ufe01 a\ufe0f"
    with opened(chromium, cases=[case("t", text)]) as widget:
        assert widget.page.locator(".turn .text").last.text_content() == (
            f"{heart} 1\ufe0f\u20e3 U+3164 \u2764U+FE0F ×2 \u2764U+FE0FU+FE01 aU+FE0F"
        )


# --- everyone can use it ---------------------------------------------------------------------------

ADJUDICATED = {
    "cases": [case("a", said=SAID)],
    "here": {"adjudicates": True, "demo": True},
}
HELD = {"cases": [], "here": {"progress": {"decided": 0, "waiting": 3, "seconds": 36}}}
VIEWS: dict[str, tuple[dict[str, Any], str]] = {
    "asking": ({"ask": True}, ""),
    "step one": ({}, ""),
    "locked": ({"cases": [LONG]}, ""),
    "step two": ({}, "w1"),
    "reasons": ({}, "f1"),
    "revise": ({}, "w1e2t"),
    "keys": ({}, "?"),
    "missing": ({}, "h"),
    "saved": ({}, "s"),
    "done": ({"cases": []}, ""),
    "in other hands": (HELD, ""),
    "not recorded": ({"extra": {"verdict": None, "told": "Ben kept it at 10:04."}}, "s"),
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
    widget.press("swf")
    assert widget.sent("decide") == []
    assert widget.page.locator(":checked").count() == 0
    widget.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    widget.press("?")
    widget.press("?")
    assert not dialog.is_visible()
    widget.press("s")
    assert len(widget.sent("decide")) == 1


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (0, "Nothing waits for you."),
        (1, "1 case waits, but is in other hands now; reload the page later."),
        (1200, "1,200 cases wait, but are in other hands now; reload the page later."),
    ],
)
def test_without_a_case_it_says_whether_others_have_what_waits(
    waiting: int, words: str, chromium: Browser
) -> None:
    here = {"progress": {"decided": 0, "waiting": waiting, "seconds": None}}
    with opened(chromium, cases=[], here=here) as widget:
        assert widget.page.locator(".big").inner_text() == words


def test_a_name_is_asked_for_and_sent(chromium: Browser) -> None:
    with opened(chromium, ask=True) as widget:
        widget.page.get_by_label("Your name").fill(" ana ")
        widget.page.keyboard.press("Enter")
        assert [m["name"] for m in widget.sent("reviewer")] == ["ana"]
        assert "parcel 0?" in widget.shown()


def test_adjudication_shows_what_was_said_without_names(chromium: Browser) -> None:
    with opened(chromium, **ADJUDICATED) as widget:
        kept, rejected = widget.page.locator(".said > li").all_inner_texts()
        assert kept == "Keep, expects refund"
        assert rejected.startswith("Reject\n")
        assert "Nobody shouts like this." in rejected
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
