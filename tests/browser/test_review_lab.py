"""The review window in a real JupyterLab in a real Chromium: typed at, reloaded, restarted, killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import jupyter
import pytest
from jupyter import PATHS, WINDOW, Notebook

from workbench.review import verify
from workbench.tables import CHECKS, HOLDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter import Server
    from playwright.sync_api import Browser

    from workbench.workspace import Workspace

    Window = Callable[..., contextlib.AbstractContextManager["Shown"]]

pytestmark = pytest.mark.browser

DECISIONS = int(os.environ.get("WORKBENCH_REVIEW_DECISIONS", "40"))
KILLS = int(os.environ.get("WORKBENCH_REVIEW_KILLS", "3"))
RELOADS = int(os.environ.get("WORKBENCH_REVIEW_RELOADS", "3"))
PLAIN = "double = 0\nknown_bad = 0\nknown_good = 0\nrepeats = 0"
CASE_TEXTS = ("was due on Monday", "writing about a parcel", "rain boots", "came with a crack")


class Shown(NamedTuple):
    """A workspace, and its window on the screen."""

    shop: Workspace
    notebook: Notebook


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on a folder of workspaces."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyter.serving(folder / "shops", folder / "home") as server:
        yield server


@pytest.fixture
def window(chromium: Browser, lab: Server, request: pytest.FixtureRequest) -> Window:
    """Open the window on a new workspace, in a notebook with more cells below it."""

    @contextlib.contextmanager
    def show(candidates: int = 60, *below: str, review: str = "", **options: Any) -> Iterator[Shown]:
        folder = lab.root / f"{request.node.originalname}-{len([*lab.root.iterdir()])}"
        with jupyter.queue(folder, candidates, review=review) as shop:
            file = jupyter.write(folder / "review.ipynb", WINDOW, *below)
            with jupyter.opened(chromium, lab, file, **options) as notebook:
                yield Shown(shop, notebook)
                assert notebook.errors == []

    return show


def decided(shop: Workspace) -> list[dict[str, Any]]:
    """Return the decisions in the store, each with the text of its case."""
    texts = {row["case_id"]: row["turns"][-1]["text"] for row in shop.cases.to_dict("records")}
    texts |= {row["check_id"]: row["turns"][-1]["text"] for row in shop.store.read(CHECKS).to_dict("records")}
    events = shop.reviews.astype("object").where(shop.reviews.notna(), None)
    made = events[events["event"].isin([*PATHS])]
    return [row | {"text": texts[row["case_id"]]} for row in made.to_dict("records")]


# --- nothing is lost ------------------------------------------------------------------------------


def test_whatever_shows_as_saved_is_stored_once_though_kernels_are_killed_and_pages_reloaded(
    window: Window,
) -> None:
    rng = random.Random(20817)
    harms = rng.sample(["kill"] * KILLS + ["reload"] * RELOADS, KILLS + RELOADS)
    moments = sorted(rng.sample(range(1, DECISIONS), len(harms)))
    with window(DECISIONS + 100) as (shop, notebook):
        notebook.save()
        while len(saved := notebook.saved()) < DECISIONS:
            verdict = rng.choice([*PATHS])
            if not moments or len(saved) < moments[0]:
                notebook.decide(verdict)
                continue
            moments.pop(0)
            case, before = notebook.shown(), Counter(row["text"] for row in decided(shop))
            kind = harms.pop()
            harm(notebook, kind, verdict, rng.uniform(0, 0.08))
            is_stored = Counter(row["text"] for row in decided(shop))[case] > before[case]
            # The right case: the next one if the decision on its way was recorded, and else the same.
            assert (notebook.shown() != case) == is_stored, (kind, case, shop.reviews.tail(8).to_string())
        shown, stored = Counter(saved), decided(shop)

        recorded = Counter((row["text"], row["event"]) for row in stored)
        assert (moments, harms) == ([], [])
        assert shown - recorded == Counter()
        assert Counter((row["case_id"], row["planted"]) for row in stored).most_common(1)[0][1] == 1
        assert (recorded - shown).total() <= KILLS + RELOADS
        assert verify(shop.reviews, seen=shop.seen) == ""
        told = f"{shown.total()} shown as saved, {len(stored)} stored, {(shown - recorded).total()} lost, 0 doubled"
        print(f"{KILLS} kills, {RELOADS} reloads: {told}, {len(shop.reviews)} events in a whole chain")


def harm(notebook: Notebook, kind: str, verdict: str, seconds: float) -> None:
    """Decide, and reload the page or kill the kernel while that is on its way; come back as a person would."""
    notebook.ready()
    [kernel] = notebook.kernels()
    killing = jupyter.kill_soon(kernel, seconds) if kind == "kill" else None
    notebook.press(PATHS[verdict])
    if killing:
        killing.join()
        notebook.restart()
        notebook.save()
    else:
        notebook.reload()
        notebook.opened()


def test_after_a_kill_and_after_a_reload_the_case_is_there_with_its_half_filled_draft(window: Window) -> None:
    chosen = "[...document.querySelectorAll('.wb-review:not([data-old]) :checked')].map((one) => one.closest('label').innerText.split('\\n')[0].trim())"
    with window() as (shop, notebook):
        notebook.decide()
        notebook.save()
        case = notebook.shown()
        notebook.press("w2f1t")
        notebook.page.keyboard.type("ask the shop")
        answers = notebook.page.evaluate(chosen)
        assert len(answers) == 3
        jupyter.until(
            lambda: any("ask the shop" in str(d) for d in shop.store.read(HOLDS)["draft"]), "a draft"
        )

        def is_back() -> bool:
            note = notebook.page.get_by_label("Note, saved").input_value()
            return (notebook.shown(), notebook.page.evaluate(chosen), note) == (case, answers, "ask the shop")

        notebook.reload()
        notebook.opened()
        assert is_back()
        jupyter.kill_soon(notebook.kernels()[0], 0).join()
        notebook.restart()
        assert is_back()
        notebook.press("f")
        jupyter.until(lambda: len(notebook.saved()) == 2, "the decision is saved")
        assert [(row["text"], row["note"]) for row in decided(shop)][1] == (case, "ask the shop")


GATES = {
    "a cell below that waits": "open('gate')",
    # PyDLL keeps the interpreter's lock, so that no other thread of the kernel runs.
    "a cell below that lets no thread run": "ctypes.PyDLL(None).open(b'gate', 0)",
}


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_a_busy_kernel_saves_when_it_can_and_says_so(gate: str, window: Window) -> None:
    cell = f"import ctypes\nif 'again' in globals():\n    open('busy', 'w').close(); {gate}\nagain = True"
    with window(60, cell) as (shop, notebook):
        os.mkfifo(shop.root / "gate")
        notebook.decide("skip")
        notebook.ready()
        case = notebook.shown()
        notebook.page.evaluate(LINES)
        notebook.command("notebook:run-cell", wait=False)
        jupyter.until((shop.root / "busy").exists, "the cell runs")
        notebook.focus()
        notebook.press("w1ph")
        # Dropped while the save is on its way, and too little for a decision after it.
        notebook.press("wh1f")
        notebook.page.wait_for_function("lines.length > 1")
        was_shown = "Saved" in notebook.page.evaluate("lines")
        # Read from the page first: what shows as saved is stored by then.
        assert len(decided(shop)) == 2 or not was_shown
        # Opening the other end lets the cell go on.
        os.close(os.open(shop.root / "gate", os.O_WRONLY))
        jupyter.until(lambda: len(notebook.saved()) == 2, "the decision is saved")
        notebook.idle()
        lines = notebook.page.evaluate("lines")

        queued = "Queued: the kernel is busy; not saved yet"
        # After a quick save the keys that follow belong to the next case, which then says what it lacks.
        told = [line for line in lines if line in {"Saving", queued, "Saved"}]
        assert told in (["Saving", queued, "Saved"], ["Saving", "Saved"])
        assert "PyDLL" not in gate or (lines, was_shown) == (["Saving", queued, "Saved"], False)
        assert [(row["text"], row["event"]) for row in decided(shop)][1:] == [(case, "keep")]
        assert verify(shop.reviews, seen=shop.seen) == ""


LINES = """() => { window.lines = []; const line = document.querySelector('.wb-review .line');
  new MutationObserver(() => lines.at(-1) === line.textContent || lines.push(line.textContent)).observe(line, {childList: true, characterData: true, subtree: true});
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }"""


# --- keys -----------------------------------------------------------------------------------------

COMMANDS = """() => window.jupyterapp.commands.keyBindings.map(({keys, command, selector}) => ({keys: [...keys], command, selector}))"""
NAMED = ["Enter", "Space", "Escape", "Delete", "Backspace", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home",
         "End", "PageUp", "PageDown", "Shift+Enter", "Control+Enter", "Alt+Enter"]  # fmt: skip


def test_no_key_pressed_in_the_window_reaches_the_notebook(window: Window) -> None:
    with window(60, "1 + 1", "'below'") as (shop, notebook):
        single = [binding["keys"][0] for binding in notebook.page.evaluate(COMMANDS)]
        bound = {key.lower() for key in single if len(key) == 1}
        assert bound >= set("abcxvzdmyrjki0123456")
        # A word of the window needs w after h, so that no keep comes together by chance.
        keys = [*sorted({*bound, *"abcdefghijklmnopqrstuvwxyz0123456789?"}), *"ddii00", *NAMED]
        before = notebook.cells()
        for key in keys:
            notebook.focus()
            notebook.page.keyboard.press(key)
            if notebook.page.locator(f"{jupyter.NEW} dialog[open]").count():
                notebook.page.keyboard.press("Escape")
        notebook.focus()
        notebook.idle()

        assert notebook.cells() == before
        assert [cell["ran"] for cell in before] == [1, 2, 3]
        assert notebook.page.locator(".jp-Dialog").count() == 0
        assert notebook.page.evaluate("window.jupyterapp.shell.currentWidget.content.mode") == "command"
        assert notebook.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 0
        assert {row["event"] for row in decided(shop)} == {"skip"}


def test_no_letter_of_the_window_is_a_key_of_the_command_mode(window: Window) -> None:
    with window() as (_, notebook):
        assert jupyter.letters(notebook) == set("wnpghfestu")
        assert jupyter.taken(notebook) == {}


# --- what is left in the file ---------------------------------------------------------------------


def test_a_saved_notebook_holds_no_text_of_a_case(window: Window, tmp_path: Path) -> None:
    with window(60, "1 + 1") as (shop, notebook):
        for verdict in PATHS:
            notebook.decide(verdict)
        notebook.press("w1f1")
        saved = notebook.save()
        assert any(text in notebook.page.content() for text in CASE_TEXTS)
        file = notebook.file

    assert "widget-state+json" in saved
    assert "review.js" not in saved
    page, ran = tmp_path / "page.html", tmp_path / "ran.ipynb"
    run("jupyter", "nbconvert", "--to", "html", str(file), "--output", str(page))
    run("papermill", str(file), str(ran), "--cwd", str(shop.root), "--no-progress-bar")
    assert "widget-state+json" in ran.read_text("utf-8")
    run("jupyter", "nbconvert", "--to", "html", str(ran), "--output", str(tmp_path / "ran.html"))
    for left in (file, page, ran, tmp_path / "ran.html"):
        text = left.read_text("utf-8")
        assert [words for words in CASE_TEXTS if words in text] == [], left.name
        assert "Ana" in text


def run(module: str, *arguments: str) -> None:
    """Run a module as its command, and expect it to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- how it looks, and what it costs --------------------------------------------------------------

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_the_window_in_any_theme_of_the_lab(width: int, window: Window) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = {}
    place = jupyter.LAB if width > 600 else jupyter.DOCUMENT
    with window(60, width=width, place=place) as (_, notebook):
        page = notebook.page
        for name, theme in THEMES.items():
            page.evaluate(
                "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
            )
            page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
            for view, keys in {"one": "", "two": "w1pt", "why": "e1"}.items():
                notebook.focus()
                notebook.press(keys)
                report = (
                    Axe().run(page, context=".wb-review", options={"resultTypes": ["violations"]}).response
                )
                assert "color-contrast" in {rule["id"] for rule in report["passes"]}
                shoot(notebook, f"{name}-{width}-{view}")
                if report["violations"]:
                    found[name, view] = [
                        (r["id"], r["nodes"][0]["failureSummary"]) for r in report["violations"]
                    ]
                page.keyboard.press("Escape")
            notebook.focus()
            notebook.press("ff")
            jupyter.until(lambda: notebook.says() == "Saved", "the decision is saved")
            notebook.ready()
        assert page.evaluate(
            "(() => { const {scrollWidth, clientWidth} = document.querySelector('.wb-review'); return scrollWidth <= clientWidth; })()"
        )
    assert found == {}


def shoot(notebook: Notebook, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("WORKBENCH_SHOTS"):
        notebook.page.screenshot(path=f"{folder}/{name}.png")


def test_what_a_decision_sends_does_not_grow_with_the_queue(window: Window) -> None:
    sizes = {}
    for candidates in (200, 2_000):
        frames: list[tuple[str, int]] = []
        with window(candidates, review=PLAIN, frames=frames) as (_, notebook):
            each = []
            for _ in range(12):
                notebook.ready()
                notebook.idle()
                before = len(frames)
                notebook.decide("skip")
                notebook.idle()
                each.append(sum(size for _, size in frames[before:]))
        sizes[candidates] = statistics.median(each)
    print(f"bytes on the wire per decision by candidates that wait: {json.dumps(sizes)}")
    # Two more digits, in the count and in the estimate of what is left.
    assert sizes[2_000] <= sizes[200] + 20
