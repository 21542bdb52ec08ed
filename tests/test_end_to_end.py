"""The whole way, on both engines and as a person walks it: seed, results, freeze, swap, report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo, run as its own process, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:workbench", "-m", "workbench", "demo", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_demo_ends_with_a_verdict_and_the_path_of_a_report(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    report = Path(printed.splitlines()[-1].removeprefix("report:").strip())

    assert any(f"DEMO {verdict}" in printed for verdict in ("SHIP", "BLOCK", "NO VERDICT", "REFUSED"))
    assert report.is_file()
    assert folder in report.parents
    assert json.loads((report.parent / "manifest.json").read_text("utf-8"))["complete"] is True


def test_the_demo_says_that_it_is_one_wherever_it_shows(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    run = next(path.parent for path in folder.glob("reports/*/verdict.json"))
    verdict = json.loads((run / "verdict.json").read_text("utf-8"))

    assert verdict["demo"] is True
    assert "DEMO" in (run / "verdict.md").read_text("utf-8")
    for report in folder.glob("reports/*/report.html"):
        assert "DEMO" in report.read_text("utf-8")
    for line in (folder / "evalsets" / "launch-v1" / "cases.jsonl").read_text("utf-8").splitlines():
        assert json.loads(line)["tag"].startswith("demo-")
    for manifest in (*folder.glob("evalsets/*/manifest.json"), *folder.glob("seeds/*/manifest.json")):
        assert json.loads(manifest.read_text("utf-8"))["demo"] is True


def test_drawing_a_stored_verdict_again_returns_its_code(
    demo: tuple[Path, str], command: Callable[..., Any]
) -> None:
    """The verdict is computed once; the notebook draws what the folder says."""
    folder, _ = demo
    run = next(path.parent for path in folder.glob("reports/*/verdict.json"))
    again = run.parent / "again"
    shutil.copytree(run, again)
    verdict = json.loads((again / "verdict.json").read_text("utf-8"))
    verdict |= {"verdict": "REFUSED", "look": None}
    (again / "verdict.json").write_text(json.dumps(verdict), "utf-8")

    command("run", "07_swap_report", "-p", f"run_dir={again}", exits=12)


def test_both_engines_give_the_same_verdict(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    """Beside the workspace's own SQLite file: the same hashes, so every value came back byte for byte."""
    own = decided(tmp_path / "own", command)
    monkeypatch.setenv("WORKBENCH_DB", store_url)
    other = decided(tmp_path / "other", command)

    assert other["reasons"][0]["code"] == "real_worse"
    assert other == own


def decided(folder: Path, command: Callable[..., Any]) -> dict[str, Any]:
    """Decide the demo's swap the other way round, in a copy of the demo, by commands."""
    shutil.copytree(ROOT / "data" / "demo", folder)
    into, cases = ("-w", str(folder)), "evalsets/launch-v1/cases.jsonl"
    families = (
        "--family",
        "keyword-bot=demo",
        "--family",
        "wellread-bot=demo",
        "--judge",
        "checks=programmatic",
    )
    command(
        *into, "import", "seed", str(folder / "seed.jsonl"), "--label-kind", "human", "--label-author", "demo"
    )
    command(*into, "freeze", "launch")
    with (folder / "answers.jsonl").open("wb") as answers:
        subprocess.run([sys.executable, "bots.py", cases], cwd=folder, stdout=answers, check=True)
    command(*into, "import", "results", str(folder / "answers.jsonl"), "--pass-when", "pass", *families)
    asked = ("swap", "wellread-bot", "keyword-bot", "--evalset", "launch", "--no-report")
    command(*into, *asked, "--out", str(folder / "run"), exits=10)
    found: dict[str, Any] = json.loads((folder / "run" / "verdict.json").read_text("utf-8"))
    return found


def test_an_installed_wheel_finds_its_notebooks_and_its_demo(tmp_path: Path) -> None:
    """The wheel alone, in another folder: what is shipped with it is what it runs."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "installed")
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "from workbench.cli.demo import _shipped; from workbench.report import find_notebook;"
                "print(_shipped()); print(find_notebook('07_swap_report'))"
            ),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert [line.startswith(str(tmp_path / "installed")) for line in found.splitlines()] == [True, True]
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "benchmarks/"))]
