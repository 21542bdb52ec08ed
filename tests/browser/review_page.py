"""A page with the review widget, and a model that speaks the desk's side of the contract."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

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
    {"verdict": "keep", "expected": "refund", "reasons": [], "note": ""},
    {"verdict": "reject", "expected": None, "reasons": ["caricature"], "note": "Nobody shouts like this."},
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
