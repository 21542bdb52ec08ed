"""Reports as a reader opens them: from a file, offline, in a real browser."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import hostile
import pytest
import sample_swap

from workbench.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MOST_BYTES = 5_000_000
CHARTS = 3

MARKS = """() => [...document.querySelectorAll('.wb-plot')].map((plot) => {
  const canvas = plot.querySelector('canvas');
  if (canvas) {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size - 1;
  }
  const marks = plot.querySelectorAll('.role-mark :is(path, line, rect, text)');
  return [...marks].filter((mark) => { const box = mark.getBoundingClientRect(); return box.width + box.height > 0; }).length;
})"""
"""How many marks each chart shows: elements of an SVG with a size, or colours of a canvas."""

WIDE = """() => [...document.querySelectorAll('main *')].filter((element) =>
  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('.wb-scroll, .wb-plot svg')).length"""
"""How many elements stick out of the page, other than in a box that scrolls by itself."""


class Screen(NamedTuple):
    """A reader's screen."""

    width: int
    height: int
    scheme: str


DESKTOP, PHONE = Screen(1280, 900, "light"), Screen(390, 844, "light")


@dataclass
class Seen:
    """What a page did while it was open."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@contextlib.contextmanager
def opened(chromium: Browser, report: Path, screen: Screen) -> Iterator[Seen]:
    """Open a report from its file without any network, and wait until its charts are drawn."""
    options: dict[str, Any] = {
        "viewport": {"width": screen.width, "height": screen.height},
        "color_scheme": screen.scheme,
    }
    context = chromium.new_context(offline=True, **options)
    seen = Seen(context.new_page())
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on(
        "console",
        lambda message: seen.errors.append(message.text) if message.type in {"error", "warning"} else None,
    )
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    seen.page.goto(report.as_uri())
    seen.page.wait_for_function("document.querySelectorAll('.wb-plot:not([data-drawn])').length === 0")
    yield seen
    context.close()


@pytest.fixture(scope="module", params=["kind", "hostile"])
def report(request: pytest.FixtureRequest) -> Path:
    """A swap's report, of kind texts and of hostile ones."""
    return sample_swap.drawn(request.param) / "report.html"


@pytest.mark.parametrize(
    "screen", [DESKTOP, PHONE, DESKTOP._replace(scheme="dark"), PHONE._replace(scheme="dark")], ids=str
)
def test_a_report_opens_offline_with_every_chart_alive(
    chromium: Browser, report: Path, screen: Screen
) -> None:
    with opened(chromium, report, screen) as seen:
        marks = seen.page.evaluate(MARKS)

        assert len(marks) == CHARTS
        assert min(marks) >= 5
        assert seen.requests == [report.as_uri()]
        assert seen.errors == []


def test_a_report_is_small(report: Path) -> None:
    assert report.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=str)
def test_nothing_sticks_out_of_the_page(chromium: Browser, report: Path, screen: Screen) -> None:
    with opened(chromium, report, screen) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= screen.width
        assert seen.page.evaluate(WIDE) == 0


def test_hostile_texts_execute_nothing_however_the_page_is_used(chromium: Browser) -> None:
    """Everything is opened, focused, hovered, clicked and printed, as a reader might."""
    report = sample_swap.drawn("hostile") / "report.html"
    with opened(chromium, report, DESKTOP) as seen:
        page = seen.page
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        page.evaluate(
            "document.querySelectorAll('[tabindex], a, summary').forEach((element) => { element.focus(); })"
        )
        for name in ("pointerenter", "mouseover", "click", "toggle", "error", "load", "animationstart"):
            page.evaluate(
                f"document.querySelectorAll('main *').forEach((e) => e.dispatchEvent(new Event('{name}', {{bubbles: true}})))"
            )
        for mark in page.locator(".wb-plot .mark-symbol path").all():
            mark.hover(force=True)
        page.emulate_media(media="print")
        page.wait_for_timeout(300)

        assert page.evaluate("window.pwned") is None
        assert seen.dialogs == []
        assert seen.requests == [report.as_uri()]
        assert page.url.split("#")[0] == report.as_uri()


def test_hostile_texts_are_there_to_be_read(chromium: Browser) -> None:
    with opened(chromium, sample_swap.drawn("hostile") / "report.html", DESKTOP) as seen:
        shown = seen.page.evaluate("document.querySelector('main').textContent")
        short = [text for text in hostile.STRINGS if text.isprintable() and len(text) < 10_000]

        # Addresses of the network among them are personal data, which a report replaces.
        assert [text for text in short if redact(text) not in shown] == []
        assert "[U+202E]gpj.eciovni" in shown
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", shown)


def test_a_tooltip_shows_a_hostile_name_as_text(chromium: Browser) -> None:
    with opened(chromium, sample_swap.drawn("hostile") / "report.html", DESKTOP) as seen:
        plot = seen.page.locator(".wb-plot").first
        for mark in plot.locator(".mark-symbol path").all():
            mark.hover(force=True)
            tip = seen.page.locator("#vg-tooltip-element")
            tip.wait_for(state="visible")
            if "<script>" in tip.inner_text():
                break
        else:
            pytest.fail("no tooltip shows the hostile group")

        assert tip.locator("script, img").count() == 0


def test_light_and_dark_follow_the_reader_and_paper_is_always_light(chromium: Browser) -> None:
    with opened(chromium, sample_swap.drawn("kind") / "report.html", DESKTOP._replace(scheme="dark")) as seen:
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        ink = "getComputedStyle(document.querySelector('.wb-plot .role-axis-label text')).fill"
        dark = seen.page.evaluate(f"[{ground}, {ink}]")
        seen.page.emulate_media(color_scheme="light")
        light = seen.page.evaluate(f"[{ground}, {ink}]")
        seen.page.emulate_media(color_scheme="dark", media="print")
        paper = seen.page.evaluate(f"[{ground}, {ink}]")

        assert dark == ["rgb(15, 18, 22)", "rgb(155, 165, 176)"]
        assert light == paper == ["rgb(255, 255, 255)", "rgb(87, 96, 106)"]


def test_the_first_screen_answers_a_release_owner(chromium: Browser) -> None:
    """Verdict, reason, next action and the real cases' numbers, without scrolling."""
    with opened(chromium, sample_swap.drawn("kind") / "report.html", DESKTOP) as seen:
        for text in (
            "BLOCK",
            "The candidate is worse on the real cases",
            "Keep the baseline.",
            "−19.4 points",
        ):
            box = seen.page.get_by_text(text).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= DESKTOP.height
        row = seen.page.locator("figure.wb-table tbody tr").first
        box = row.bounding_box()

        assert row.inner_text().split("\t")[0] == "real"
        assert box is not None
        assert box["y"] + box["height"] <= DESKTOP.height


def test_a_report_prints_to_paper(chromium: Browser) -> None:
    with opened(chromium, sample_swap.drawn("kind") / "report.html", DESKTOP) as seen:
        paper = seen.page.pdf(format="A4")

    assert paper.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type /Page\b", paper)) <= 20
