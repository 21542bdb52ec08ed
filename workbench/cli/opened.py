"""The command's root, and the workspace that a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench import __version__
from workbench.text import marked

if TYPE_CHECKING:
    from workbench.workspace import Workspace


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="workbench")
@click.option("-w", "--workspace", metavar="DIR", help="The workspace; by default the nearest one upwards.")
@click.option("--traceback", is_flag=True, help="Show where an unexpected failure happened.")
@click.pass_context
def group(context: click.Context, workspace: str | None, traceback: bool) -> None:
    """Turn a few hundred real conversations into an evaluation set that can decide a model swap."""
    del traceback  # read from the arguments, since a failure may come before this
    context.obj = workspace


def opened(context: click.Context) -> Workspace:
    """Return the workspace that the command names, or the nearest one upwards; closed at the end."""
    from workbench.workspace import open as open_workspace

    return context.with_resource(open_workspace(context.obj))


def say(text: object) -> None:
    """Print what a command has to say; names and texts of a file cannot move the terminal's cursor."""
    click.echo(marked(str(text)))
