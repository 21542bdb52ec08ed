"""`workbench init`, `run` and `backup`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.opened import opened, say
from workbench.cli.reports import draw, exit_code, listed
from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make a workspace: settings, bare and commented, the notebooks, and a page to start from."""
    from workbench.report.runner import find_notebook
    from workbench.workspace import START
    from workbench.workspace import init as make

    made = make(directory, sorted(find_notebook("01_seed_audit").parent.glob("*.ipynb")))
    say(made)
    say(f"read {directory / START}; it begins with")
    say(
        f"  workbench -w {shlex.quote(str(directory))} import seed FILE --column case_id=ID --column text=BODY"
    )


@click.command()
@click.argument("notebook")
@click.option(
    "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the notebook; repeatable."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the report goes; by default reports/<notebook>.",
)
@click.pass_context
def run(context: click.Context, notebook: str, parameters: Sequence[str], out: Path | None) -> None:
    """Run a notebook with parameters, unattended, and make its report.

    07_swap_report takes -p run_dir=FOLDER and exits with the code of the verdict in it.
    """
    from workbench.report.runner import find_notebook
    from workbench.report.runner import run as execute

    given = _parameters(parameters)
    path = find_notebook(notebook)
    if "run_dir" in given:
        folder = _found(context, given.pop("run_dir"))
        say(f"report: {draw(folder, notebook=path, parameters=given, output=out)}")
        context.exit(exit_code(folder))
    # A notebook runs inside its workspace, so that its report holds no path of this machine.
    context.obj = given.pop("workspace", context.obj)
    workspace = opened(context)
    output = out or workspace.path("reports", path.stem)
    done = execute(path, given, output_dir=output, cwd=workspace.root)
    say(f"report: {listed(done.html)}")


def _found(context: click.Context, name: str) -> Path:
    """Return a run folder as it was typed, or else inside the workspace that the command names."""
    typed = Path(name)
    if typed.exists() or context.obj is None:
        return typed
    return Path(context.obj) / name


def _parameters(pairs: Sequence[str]) -> dict[str, str]:
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-p {shown(pair)} is not NAME=VALUE, such as -p run_dir=reports/...")
        given[name] = value
    return given


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def backup(context: click.Context, /, file: Path) -> None:
    """Write the whole database into one file, while others may go on working."""
    say(f"backup: {opened(context).store.backup(file)}")
