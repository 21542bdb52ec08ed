"""The whole way, on both engines and as a person walks it: seed, results, freeze, swap, report."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

import workbench
from workbench.cli.opened import group

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]

STAGES = ("01_seed_audit", "02_grid_design", "03_generate", "04_distance_map", "05_review", "06_eval_set")
"""The folders of the demo's reports before that of its swap, in their order."""


def _reported(folder: Path) -> Path:
    """Return the run folder of the one swap with a report; those before it were decided without one."""
    [run] = [
        path.parent
        for path in folder.glob("reports/*/verdict.json")
        if (path.parent / "report.html").is_file()
    ]
    return run


def test_the_demo_ends_with_a_verdict_and_the_path_of_a_report(demo_run: tuple[Path, str]) -> None:
    folder, printed = demo_run
    report = Path(printed.splitlines()[-1].removeprefix("report:").strip())

    assert any(f"DEMO {verdict}" in printed for verdict in ("SHIP", "BLOCK", "NO VERDICT", "REFUSED"))
    assert report.is_file()
    assert folder in report.parents
    assert json.loads((report.parent / "manifest.json").read_text("utf-8"))["complete"] is True


def test_the_demo_says_that_it_is_one_wherever_it_shows(demo_run: tuple[Path, str]) -> None:
    folder, _ = demo_run
    run = _reported(folder)
    verdict = json.loads((run / "verdict.json").read_text("utf-8"))

    assert verdict["demo"] is True
    assert "DEMO" in (run / "verdict.md").read_text("utf-8")
    for report in folder.glob("reports/*/report.html"):
        assert "DEMO" in report.read_text("utf-8")
    for line in (folder / "evalsets" / "launch-v1" / "cases.jsonl").read_text("utf-8").splitlines():
        assert json.loads(line)["tag"].startswith("demo-")
    for manifest in (*folder.glob("evalsets/*/manifest.json"), *folder.glob("seeds/*/manifest.json")):
        assert json.loads(manifest.read_text("utf-8"))["demo"] is True


def test_the_sample_in_the_docs_is_what_the_demo_comes_to(demo_run: tuple[Path, str]) -> None:
    folder, _ = demo_run
    parts = (
        "swap",
        "verdict",
        "reasons",
        "gate",
        "groups",
        "buckets",
        "mixed",
        "weighing",
        "chances",
        "diagnostics",
        "demo",
    )
    kept, made = (
        json.loads((run / "verdict.json").read_text("utf-8"))
        for run in (ROOT / "docs" / "sample", _reported(folder))
    )

    assert kept.keys() == made.keys()
    assert {name: kept[name] for name in parts} == {name: made[name] for name in parts}
    assert "DEMO" in (ROOT / "docs" / "sample" / "report.html").read_text("utf-8")


def test_its_page_links_seven_reports_in_the_order_of_the_stages(demo_run: tuple[Path, str]) -> None:
    folder, printed = demo_run
    page = (folder / "reports" / "index.html").read_text("utf-8")
    links = re.findall(r'href="(\./[^"]+)"', page)
    run = _reported(folder).name

    assert f"reports: {folder / 'reports' / 'index.html'}" in printed
    assert links == [f"./{name}/report.html" for name in (*STAGES, run)]
    assert all((folder / "reports" / link).stat().st_size > 100_000 for link in links)
    assert "DEMO" in page


@pytest.mark.parametrize("number", range(7))
def test_every_report_of_the_demo_begins_with_that_word_and_nothing_in_it_warns(
    demo_run: tuple[Path, str], number: int
) -> None:
    """On stderr stands at most that the first map takes a while, in a cell that the report leaves out."""
    folder, _ = demo_run
    run = _reported(folder).name
    report = folder / "reports" / (*STAGES, run)[number] / "report.ipynb"
    shown = [
        out
        for cell in json.loads(report.read_text("utf-8"))["cells"]
        for out in cell.get("outputs", [])
        if "remove-output" not in cell["metadata"]["tags"]
    ]

    assert {out["output_type"] for out in shown} == {"execute_result"}
    assert "".join(shown[0]["data"]["text/plain"]).startswith("DEMO")
    assert "Warning" not in report.read_text("utf-8")


def test_what_the_demo_prints_as_commands_are_commands(demo_run: tuple[Path, str]) -> None:
    """Each parses, down to its last option, and what is no command of ours is of Python or the shell."""
    folder, printed = demo_run
    typed = [shlex.split(line[2:]) for line in printed.splitlines() if line.startswith("$ ")]
    others = [words for words in typed if words[0] != "workbench"]

    assert others == [
        ["cd", str(folder)],
        ["python", "bots.py", "evalsets/launch-v1/cases.jsonl", ">", "answers.jsonl"],
    ]
    assert len(typed) > 10
    for words in typed:
        if words not in others:
            parsed(words[1:])


def parsed(words: list[str], command: click.Command = group) -> None:
    """Read a command's words as `workbench` does, without running it."""
    if isinstance(command, click.Group):
        parsed(words[1:], command.commands[words[0]])
    else:
        command.make_context(command.name, words)


@pytest.mark.parametrize("typed", ["freeze launch --mixed mature", "freeze", "import reviews"])
def test_a_mistyped_command_would_not_parse(typed: str) -> None:
    with pytest.raises(click.UsageError):
        parsed(typed.split())


def test_survival_adds_up_to_the_decisions_by_every_axis(demo_run: tuple[Path, str]) -> None:
    """To the decisions of the file, whichever way the candidates are divided."""
    folder, _ = demo_run
    lines = (folder / "decisions.jsonl").read_text("utf-8").splitlines()
    decided = Counter(json.loads(line)["verdict"] for line in lines)
    with workbench.open(folder) as shop:
        plan = workbench.grid.plan(shop.settings)
        places = workbench.grid.placed(shop.cases, plan)
        found = workbench.review.survival(shop.cases, shop.reviews, places, axes=plan.axes)
    counts = ["kept", "rejected", "revised"]
    wanted = {"kept": decided["keep"], "rejected": decided["reject"], "revised": decided["revise"]}

    assert found.unreconciled == []
    assert {*plan.axes} < set(found.margins["axis"])
    for _, levels in found.margins.groupby("axis"):
        assert levels[counts].sum().to_dict() == wanted
        assert levels["reviewed"].sum() == len(lines)
    assert found.cells[counts].sum().to_dict() == found.total[counts].sum().to_dict() == wanted


def test_nobody_measured_how_long_a_composed_decision_took(demo_run: tuple[Path, str]) -> None:
    folder, _ = demo_run
    with workbench.open(folder) as shop:
        reviews = shop.reviews

    assert len(reviews) > 0
    assert reviews["visible_ms"].isna().all()
    assert set(reviews["event"]) == {"imported"}
    assert workbench.review.verify(reviews) == ""


def test_drawing_a_stored_verdict_again_returns_its_code(
    demo_run: tuple[Path, str], tmp_path: Path, command: Callable[..., Any]
) -> None:
    """The verdict is computed once; the notebook draws what the folder says."""
    folder, _ = demo_run
    run = _reported(folder)
    again = tmp_path / "again"
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
