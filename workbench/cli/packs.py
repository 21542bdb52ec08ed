"""`workbench export review`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.opened import opened, say

TARGETS = ("label-studio", "argilla", "csv", "xlsx")
"""Named here too, so that `--help` loads no stage; a test holds the two together."""


@click.group("export")
def exports() -> None:
    """Write what other tools work on."""


@exports.command("review")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--to", "target", required=True, type=click.Choice(TARGETS), help="Where the review takes place."
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N cases, of the least reviewed cells first.",
)
@click.pass_context
def export_review(context: click.Context, folder: Path, target: str, limit: int | None) -> None:
    """Write what waits for a review into a new FOLDER, for people who review elsewhere.

    A pack holds the candidates' texts and the rubric's questions; no model's suggestion, nothing that says
    who wrote a case or what others think of it, and no planted check.
    """
    from workbench.review.packs import export_review as run

    say(run(opened(context), target, folder, limit=limit))
