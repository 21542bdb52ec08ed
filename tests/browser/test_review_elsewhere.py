"""The review window in Jupyter Notebook and in marimo, in a real Chromium."""

from __future__ import annotations

import secrets
import socket
import sys
from typing import TYPE_CHECKING

import jupyter
import pytest
from jupyter import WINDOW

from workbench.review import verify

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.browser


def test_in_notebook_a_decision_is_saved_and_a_reload_goes_on(chromium: Browser, tmp_path: Path) -> None:
    with (
        jupyter.queue(tmp_path / "shops" / "shop", 60) as shop,
        jupyter.serving(tmp_path / "shops", tmp_path / "home", "notebook") as server,
    ):
        file = jupyter.write(shop.root / "review.ipynb", WINDOW, "1 + 1")
        with jupyter.opened(chromium, server, file, place=jupyter.NOTEBOOK) as notebook:
            cells = notebook.cells()
            notebook.decide("keep")
            notebook.decide("reject")
            assert jupyter.taken(notebook) == {}
            notebook.focus()
            assert notebook.cells() == cells
            case = notebook.shown()
            notebook.press("w")
            notebook.save()
            notebook.reload()
            notebook.opened()
            assert (notebook.shown(), notebook.page.locator(".wb-review :checked").count()) == (case, 1)
            notebook.decide("skip")

        assert [row for row in shop.reviews["event"] if row not in {"shown", "resume"}] == [
            "keep",
            "reject",
            "skip",
        ]
        assert verify(shop.reviews, seen=shop.seen) == ""


MARIMO = """import marimo
app = marimo.App()
@app.cell
def _():
    import workbench as wb
    shop = wb.open(".")
    wb.review.window(shop, reviewer="Ana")
    return
"""


@pytest.mark.parametrize("way", ["run", "edit"])
def test_in_marimo_a_decision_is_saved_and_a_reload_goes_on(
    way: str, chromium: Browser, tmp_path: Path
) -> None:
    port, token = jupyter.free_port(), secrets.token_hex(16)
    with jupyter.queue(tmp_path / "shop", 60) as shop:
        (shop.root / "review.py").write_text(MARIMO, "utf-8")
        settings = tmp_path / "home/xdg_config_home/marimo/marimo.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text("[runtime]\nauto_instantiate = true\n", "utf-8")
        command = [
            sys.executable, "-m", "marimo", "-y", way, "review.py", "--headless", "--host", "127.0.0.1",
            "--port", str(port), "--token-password", token,
        ]  # fmt: skip
        with jupyter.running(command, tmp_path / "home", shop.root):
            jupyter.until(lambda: answers(port), "marimo starts")
            page = jupyter.context_of(chromium).new_page()
            page.goto(f"http://127.0.0.1:{port}/?access_token={token}")
            root, case = page.locator(".wb-review"), page.locator(".wb-review .turn .text").last
            texts = []
            for _ in range(2):
                root.locator(".frame").wait_for()
                root.focus()
                jupyter.until(lambda: open_verdicts(root) == 4, "the verdicts unlock")
                texts.append(case.text_content())
                before = len(shop.reviews)
                for key in "w1ph":
                    page.keyboard.press(key)
                root.get_by_text("Saved", exact=True).wait_for()
                assert len(shop.reviews) > before
                texts.append(case.text_content())
                page.reload()
            page.context.close()

        assert texts[1] == texts[2] != texts[0]
        assert [row for row in shop.reviews["event"] if row not in {"shown", "resume"}] == ["keep", "keep"]
        assert verify(shop.reviews, seen=shop.seen) == ""


def answers(port: int) -> bool:
    """Say whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def open_verdicts(root: Locator) -> int:
    """Return how many verdicts can be given."""
    return root.locator(".verdict[aria-disabled=false]").count()
