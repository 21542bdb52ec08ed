"""`workbench demo`: the way from a seed to a verdict, on a fictional shop's refund bot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.decisions import decide
from workbench.cli.opened import say
from workbench.cli.reports import draw
from workbench.errors import UsageError, WorkbenchError

if TYPE_CHECKING:
    from workbench.swap import Swap
    from workbench.workspace import Workspace

BASELINE, CANDIDATE = "keyword-bot", "wellread-bot"

MARKER = ".workbench-demo"
"""The file that says that a folder was made by `workbench demo`."""

MADE = (
    "workbench.db",
    "workbench.db-wal",
    "workbench.db-shm",
    "answers.jsonl",
    "evalsets",
    "reports",
    "seeds",
)
"""What the demo makes in its folder, beside what is shipped."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("workbench-demo"))
def demo(directory: Path) -> None:
    """Run the main job on a composed demo, in a scratch copy; exits 0 whatever the verdict.

    DIRECTORY is new, empty, or of an earlier demo; by default workbench-demo in the current folder.
    """
    from workbench.workspace import DATABASE
    from workbench.workspace import open as open_workspace

    # A team's database is no place for composed cases: nothing could take them out again.
    os.environ.pop(DATABASE, None)
    _copy(directory)
    with open_workspace(directory) as workspace:
        decided = _swap(workspace)
        audit = _audit(workspace)
    report = draw(decided.folder)
    say(f"\nverdict:    DEMO {decided.verdict['verdict']}")
    say(f"seed audit: {audit}")
    say(f"report:     {report}")


def _copy(directory: Path) -> None:
    """Copy the demo into a scratch folder; what an earlier demo made there is made anew, and no more."""
    marker = directory / MARKER
    if directory.exists() and not (directory.is_dir() and (marker.is_file() or not any(directory.iterdir()))):
        raise UsageError(f"{directory} was not made by an earlier demo; name a folder that is new or empty")
    shipped = _shipped()
    for name in (*MADE, *(path.name for path in shipped.iterdir())):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(shipped, directory, ignore=ignored, dirs_exist_ok=True)
    marker.write_text("Made by `workbench demo`, which makes the demo's files here anew.\n", "utf-8")


def _shipped() -> Path:
    package = Path(str(files("workbench")))
    for folder in (package / "shipped" / "demo", package.parent / "data" / "demo"):
        if folder.is_dir():
            return folder
    raise WorkbenchError("the demo's files are not installed; install workbench again")


def _swap(workspace: Workspace) -> Swap:
    from workbench.evalset import freeze
    from workbench.seed import import_seed
    from workbench.swap import Declared, Polarity, Question, import_results

    root = workspace.root
    _step("workbench import seed seed.jsonl --label-kind human --label-author 'the demo'")
    say(import_seed(workspace, root / "seed.jsonl", label_kind="human", label_author="the demo"))
    _step("workbench freeze launch")
    frozen = freeze(workspace, "launch")
    say(frozen)
    cases = (frozen.folder / "cases.jsonl").relative_to(root)
    _step(f"python bots.py {cases} > answers.jsonl")
    with (root / "answers.jsonl").open("wb") as answers:
        subprocess.run([sys.executable, "bots.py", cases], cwd=root, stdout=answers, check=True)  # noqa: S603 - our own program
    lineages = {BASELINE: "demo", CANDIDATE: "demo"}
    _step(
        "workbench import results answers.jsonl --pass-when pass --judge checks=programmatic "
        + " ".join(f"--family {model}={lineage}" for model, lineage in lineages.items())
    )
    declared = Declared(polarity=Polarity("pass"), judges={"checks": "programmatic"}, families=lineages)
    say(import_results(workspace, root / "answers.jsonl", declared))
    _step(f"workbench swap {BASELINE} {CANDIDATE} --evalset launch")
    decided = decide(workspace, "launch", Question(baseline=BASELINE, candidate=CANDIDATE))
    say(decided)
    return decided


def _audit(workspace: Workspace) -> Path:
    from workbench.report.runner import find_notebook, run

    output = workspace.path("reports", "01_seed_audit")
    path = find_notebook("01_seed_audit")
    return run(path, {"workspace": "."}, output_dir=output, cwd=workspace.root).html


def _step(command: str) -> None:
    click.secho(f"\n$ {command}", bold=True)
