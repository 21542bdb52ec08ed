"""A real Chromium, offline, and the reports that it opens."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from review_page import Widget

HERE = Path(__file__).parent
REPORT = HERE.parent / "report"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

# The sample is that of tests/report, and its reports are drawn once for both.
for path in (
    *(REPORT / f"{name}.py" for name in ("hostile", "notebooks", "sample_swap")),
    HERE / "jupyter.py",
    HERE / "review_page.py",
):
    name = path.stem
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that WORKBENCH_CHROMIUM names."""
    path = os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    if not path or not Path(path).exists():
        reason = "there is no Chromium here; install it (apt-get install chromium) or set WORKBENCH_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; the continuous run drives a browser")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def widget(chromium: Browser) -> Iterator[Widget]:
    """The review widget on a page, with a fake desk, once verdicts can be given."""
    from review_page import opened

    with opened(chromium) as widget:
        yield widget.unlocked()
