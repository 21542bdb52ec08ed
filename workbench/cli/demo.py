"""`workbench demo`: the way from a seed to a verdict, on a fictional shop's refund bot."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.opened import group, say
from workbench.errors import UsageError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

BOTS = ("keyword-bot", "early-bot", "midway-bot", "wellread-bot")
"""The models of the demo, in the order in which they came."""

WAY: Sequence[Sequence[str]] = (
    ("import", "seed", "seed.jsonl", "--label-kind", "human", "--label-author", "the demo"),
    ("run", "01_seed_audit"),
    ("seal", "forecasts.jsonl", "--author", "the demo"),
    ("run", "02_grid_design"),
    ("generate", "--replies", "replies.jsonl", "--per-cell", "persona=6", "--per-cell", "prompted=4", "--redteam", "12"),
    ("generate", "--mutate", "typo+lowercase", "--mutate", "subject_swap"),
    ("run", "03_generate"),
    ("measure",),
    ("run", "04_distance_map"),
    ("import", "reviews", "decisions.jsonl", "--reviewer", "the demo", "--reviewed-on", "{now}"),
    ("run", "05_review"),
    # The grid again: what fills it now, and which gap comes next.
    ("run", "02_grid_design"),
    ("run", "06_eval_set"),
    ("freeze", "launch", "--mix", "mature"),
    ("python", "bots.py", "evalsets/launch-v1/cases.jsonl"),
    ("import", "results", "answers.jsonl", "--pass-when", "pass", "--judge", "checks=programmatic",
     *(part for bot in BOTS for part in ("--family", f"{bot}=demo"))),
    # What was swapped before, so that there is something to look back at.
    *(("swap", *pair, "--evalset", "launch", "--no-report") for pair in pairwise(BOTS)),
    ("swap", "keyword-bot", "wellread-bot", "--evalset", "launch"),
    ("check",),
)  # fmt: skip
"""The commands of the demo, from the seed to the verdict; `python` is this Python, and `{now}` the moment."""

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
    with contextlib.chdir(directory):
        say(f"$ {shlex.join(['cd', str(directory)])}")
        for command in WAY:
            _walk(
                [part.format(now=dt.datetime.now(dt.UTC).isoformat(timespec="seconds")) for part in command]
            )
    with open_workspace(directory) as workspace:
        verdict = workspace.verdicts.iloc[-1]
        say(f"\nverdict: DEMO {verdict['verdict']}")
        say(f"reports: {workspace.path('reports', 'index.html')}")
        say(f"report:  {workspace.path('reports', verdict['run'], 'report.html')}")


def _walk(command: Sequence[str]) -> None:
    """Print a command and run it, as a person would type it in the workspace."""
    if command[0] == "python":
        click.secho(f"\n$ {shlex.join(command)} > answers.jsonl", bold=True)
        with Path("answers.jsonl").open("wb") as answers:
            subprocess.run([sys.executable, *command[1:]], stdout=answers, check=True)  # noqa: S603 - our own program
        return
    click.secho(f"\n$ {shlex.join(['workbench', *command])}", bold=True)
    group.main(args=list(command), prog_name="workbench", standalone_mode=False)


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
