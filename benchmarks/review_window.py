"""The review window in a real JupyterLab, beside a plain ipywidgets form of the same fields, in turn.

Both have 2,000 cases in their queue, a Chromium page and a kernel of their own, and the same desk behind them, which
records every decision in one transaction. Decisions are typed: yes, an outcome, yes, keep. The form has no keys of its
own, so its decision is the Enter on its button, and its answers are clicks that no number counts. All times are
read inside the page: from the event of the key to the frame in which the next case is painted, and to the moment in
which the page shows that the decision is committed.

Needs Chromium (WORKBENCH_CHROMIUM, or on the path). Load of the machine shows in every number: run it alone.
"""

from __future__ import annotations

import importlib
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DECISIONS, WAITING, TURN = 200, 2_000, 10
BROWSER = Path(__file__).parents[1] / "tests" / "browser"

FORM = """import ipywidgets as w
import workbench as wb
from workbench.review.desk import Desk

desk = Desk(wb.open("."), reviewer="Ana")
talk, state = w.HTML(), w.Label()
talk.add_class("plain-talk"), state.add_class("plain-state")
yes_no = [("yes", True), ("no", False)]
real = w.ToggleButtons(options=yes_no, index=None, description="Real?")
expected = w.Select(options=["refund", "deny", "ask"], index=None, description="Expected")
fits = w.ToggleButtons(options=yes_no, index=None, description="Fits?")
reasons = w.SelectMultiple(options=["caricature", "too_easy"], description="Reasons")
note = w.Textarea(description="Note")
buttons = {name: w.Button(description=name) for name in ("keep", "reject", "revise", "skip")}
number = 0


def show(case):
    import html
    desk.case = case
    real.index = expected.index = fits.index = None
    reasons.value, note.value = (), ""
    talk.value = "".join(f"<p><b>{html.escape(t['role'])}</b> {html.escape(t['text'])}</p>" for t in case["turns"])


def decide(button):
    global number
    number += 1
    said = {"realistic": real.value, "expected": expected.value, "fits_cell": fits.value, "note": note.value}
    about = {"kind": "decide", "id": f"form-{number}", "ticket": desk.case["ticket"], "verdict": button.description}
    [reply] = desk.answer(about | said | {"reasons": [*reasons.value], "visible_ms": 1000})
    if reply["kind"] != "saved":
        state.value = f"{number}: {reply['text']}"
        return
    show(desk.coming)
    desk.coming = reply["next"]
    state.value = f"Saved {number}"


[here] = desk.answer({"kind": "hello"})
show(here["case"])
desk.coming = here["next"]
for button in buttons.values():
    button.on_click(decide)
w.VBox([talk, real, expected, fits, reasons, note, w.HBox([*buttons.values()]), state])"""

# A key arms the clock; the frame after the change of the case's text is the paint, the change of the state the commit.
CLOCK = """([talk, state, saved]) => {
  const text = () => [...document.querySelectorAll(talk)].at(-1)?.textContent;
  const said = () => document.querySelector(state)?.textContent ?? "";
  let armed = null;
  window.times = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "h" && event.key !== "Enter") return;
    times.said = said();
    armed = {at: event.timeStamp, text: text(), said: said(), left: false};
  }, {capture: true});
  new MutationObserver(() => {
    if (!armed) return;
    const one = armed, now = performance.now();
    if (!one.painted && text() && text() !== one.text) {
      one.painted = true;
      // The task after the frame's callbacks is the first one after the frame was drawn.
      requestAnimationFrame(() => { const {port1, port2} = new MessageChannel();
        port1.onmessage = () => (one.paint = performance.now() - one.at); port2.postMessage(0); });
    }
    if (said() !== one.said) one.left = true;
    if (one.left && one.commit === undefined && said().startsWith(saved)) one.commit = now - one.at;
    if (one.painted && one.commit !== undefined) { times.push(one); armed = null; }
  }).observe(document.body, {childList: true, characterData: true, subtree: true});
}"""
OUTCOME = """n => { const said = document.querySelector(".plain-state")?.textContent ?? times.said;
  if (times.length > n) return times.at(-1).paint !== undefined && "done";
  return said !== times.said && !said.startsWith("Saved") && "refused"; }"""
WINDOW_AT = (".wb-review .turn .text", ".wb-review .line", "Saved")
FORM_AT = (".plain-talk .widget-html-content", ".plain-state", "Saved")


def window_decides(notebook: Any, *, again: bool = False) -> None:
    """Answer and keep in the window, by keys."""
    del again
    notebook.ready()
    notebook.press("w1ph")


def form_decides(notebook: Any, *, again: bool = False) -> None:
    """Answer by clicks in the form, and keep by Enter on its button; again: change every answer and change it back."""
    page = notebook.page
    for yes, outcome in [("no", "deny"), ("yes", "refund")][not again :]:
        for place in (0, 1):
            page.locator(".widget-toggle-button", has_text=yes).nth(place).click()
        page.locator(".widget-select select").first.select_option(outcome)
    page.get_by_role("button", name="keep", exact=True).focus()
    notebook.idle()
    page.keyboard.press("Enter")


def measure(
    notebook: Any, decide: Callable[..., None], frames: list[tuple[str, int]], into: dict[str, list[float]]
) -> None:
    """Decide a few times, and note the times of the page and the bytes on the wire."""
    for _ in range(TURN):
        notebook.idle()
        before, done = len(frames), len(into["paint"])
        decide(notebook)
        while notebook.page.wait_for_function(OUTCOME, arg=done).json_value() == "refused":
            into["refused"].append(1)
            decide(notebook, again=True)
        one = notebook.page.evaluate("times.at(-1)")
        notebook.idle()
        into["paint"].append(one["paint"])
        into["commit"].append(one["commit"])
        into["bytes"].append(sum(size for _, size in frames[before:]))


def told(name: str, found: dict[str, list[float]]) -> str:
    """Return a line about one of the two."""
    paint, commit = (statistics.quantiles(found[what], n=20) for what in ("paint", "commit"))
    times = f"next case painted {paint[9]:.0f} / {paint[18]:.0f} ms, committed {commit[9]:.0f} / {commit[18]:.0f} ms"
    refused = f"{len(found['refused'])} refused although the screen showed every answer"
    return f"{name:6} p50 / p95 of {len(found['paint'])} decisions: {times}, {statistics.median(found['bytes']):,.0f} bytes each, {refused}"


def main() -> None:
    """Print what a decision takes in each, and their ratios."""
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(BROWSER))
    jupyter = importlib.import_module("jupyter")
    path = os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-sync",
    ]
    ways = {"window": (jupyter.WINDOW, window_decides, WINDOW_AT), "form": (FORM, form_decides, FORM_AT)}
    found: dict[str, dict[str, list[float]]] = {
        name: {what: [] for what in ("paint", "commit", "bytes", "refused")} for name in ways
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chromium = stack.enter_context(sync_playwright()).chromium.launch(executable_path=path, args=flags)
        stack.callback(chromium.close)
        server = stack.enter_context(jupyter.serving(folder / "shops", folder / "home"))
        turns = []
        for name, (cell, decide, places) in ways.items():
            jupyter.queue(folder / "shops" / name, WAITING).close()
            file, frames = jupyter.write(folder / "shops" / name / "review.ipynb", cell), []
            page = jupyter.opened(chromium, server, file, window=name == "window", frames=frames)
            notebook = stack.enter_context(page)
            notebook.page.wait_for_selector(places[1], state="attached")
            notebook.page.evaluate(CLOCK, list(places))
            turns.append((notebook, decide, frames, found[name]))
        for _ in range(DECISIONS // TURN):
            for turn in turns:
                turn[0].page.bring_to_front()
                measure(*turn)
    for name, times in found.items():
        print(told(name, times))
    middle = {
        name: {what: statistics.median(times[what]) for what in ("paint", "commit", "bytes")}
        for name, times in found.items()
    }
    ratios = ", ".join(
        f"{what} {middle['form'][what] / middle['window'][what]:.1f}" for what in ("paint", "commit", "bytes")
    )
    print(f"the form's medians over the window's: {ratios}; load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
