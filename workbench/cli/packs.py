"""`workbench export review | labels`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli.finite import Finite
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


@exports.command("labels")
@click.option("--evalset", required=True, metavar="NAME", help="The frozen set.")
@click.option("--judge", required=True, metavar="J", help="The judge that is checked.")
@click.option(
    "--models", required=True, nargs=2, metavar="A B", help="The two models whose answers it scored."
)
@click.option("--results", multiple=True, metavar="RUN", help="The results runs to use; repeatable.")
@click.option(
    "--half-width",
    "half_width",
    type=Finite(min=0, min_open=True),
    metavar="POINTS",
    help="That each group's difference is to have; by default the fewest labels that correct a judge; a tenth more are drawn.",
)
@click.option(
    "--to", "path", required=True, type=click.Path(path_type=Path), help="The sheet to write, FILE.csv."
)
@click.pass_context
def export_labels(
    context: click.Context, /, evalset: str, models: tuple[str, str], path: Path, **options: Any
) -> None:
    """Write answers for humans to judge, so that a judge's errors can be taken out of a swap.

    Both models' answers of a case are drawn, by what the judge said of them, in each group. Who judges sees
    neither the model nor the judge's verdict; FILE.key.jsonl knows them, and stays here.
    """
    from workbench.frozen import load
    from workbench.swap import Question
    from workbench.swap import export_labels as run

    workspace = opened(context)
    question = Question(
        baseline=models[0], candidate=models[1], results=options["results"], gate_judge=options["judge"]
    )
    say(run(workspace, load(workspace, evalset), question, path, half_width_pp=options["half_width"]))
