"""`workbench import reviews`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.imports import reading
from workbench.cli.opened import opened, say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("reviews")
@reading
@click.option("--reviewer", metavar="NAME", help="Who decided, where the file does not say.")
@click.option("--reviewed-on", metavar="DATE", help="When, as YYYY-MM-DD, where the file does not say.")
@click.option(
    "--person",
    "people",
    multiple=True,
    metavar="SOURCE=NAME",
    help="Who stands behind a reviewer of the file, such as 3=Kim; repeatable.",
)
@click.option(
    "--from",
    "tool",
    metavar="TOOL",
    help="label-studio, argilla, sheet or table; by default told by the file's columns.",
)
@click.option("--tz", metavar="ZONE", help="Of times that name none, such as Europe/Berlin.")
@click.pass_context
def import_reviews(context: click.Context, /, file: Path, **options: Any) -> None:
    """Import decisions about candidates that were made elsewhere: a table, or what came of a review pack."""
    from workbench.review import import_reviews as run

    say(run(opened(context), file, **options))
