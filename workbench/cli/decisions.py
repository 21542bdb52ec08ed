"""`workbench freeze` and `workbench swap`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.opened import opened, say
from workbench.cli.reports import draw
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.swap import Question, Swap
    from workbench.workspace import Workspace


@click.command()
@click.argument("name")
@click.option("--mix", metavar="PRESET", help="70/30, mature, 50/25/25, or a mix of workbench.toml.")
@click.option(
    "--all", "everything", is_flag=True, help="Train and unreviewed candidates too; the report says so."
)
@click.pass_context
def freeze(context: click.Context, name: str, mix: str | None, everything: bool) -> None:
    """Freeze the eval split of the seed and the kept candidates into a named set."""
    from workbench import folds
    from workbench.errors import counted
    from workbench.evalset import freeze as run

    workspace = opened(context)
    frozen = run(workspace, name, mix=mix, everything=everything)
    say(frozen)
    disputed = {*folds.disagreements(workspace.reviews)["case_id"]} & {*frozen.members["case_id"]}
    if disputed:
        say(
            f"note: reviewers disagree on {counted(len(disputed), 'case')} of it and nobody adjudicated; until then "
            "the later decision counts"
        )


@click.command()
@click.argument("baseline")
@click.argument("candidate")
@click.option(
    "--evalset", required=True, metavar="NAME", help="The frozen set, or NAME-vN for an older version."
)
@click.option("--results", multiple=True, metavar="RUN", help="The results runs to use; repeatable.")
@click.option(
    "--gate-judge", default="", metavar="J", help="Whose scores gate, when there are several judges."
)
@click.option(
    "--override",
    "rules",
    multiple=True,
    metavar="RULE",
    help="A reason that is overridden; printed in the report, changes no verdict.",
)
@click.option("--by", default="", metavar="NAME", help="Who overrides.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The run folder.")
@click.option(
    "--no-report",
    is_flag=True,
    help="Decide only; draw the report later with `workbench run 07_swap_report`.",
)
@click.pass_context
def swap(context: click.Context, /, baseline: str, candidate: str, **options: Any) -> None:
    """Decide whether CANDIDATE may replace BASELINE.

    Exit code: 0 SHIP, 10 BLOCK, 11 NO VERDICT, 12 REFUSED.
    """
    from workbench.swap import Question

    workspace = opened(context)
    question = Question(
        baseline=baseline,
        candidate=candidate,
        results=options["results"],
        gate_judge=options["gate_judge"],
        override=_overrides(options["rules"], options["by"], options["reason"]),
    )
    decided = decide(workspace, options["evalset"], question, options["out"])
    say(decided)
    if options["no_report"]:
        say(f"verdict: {decided.folder / 'verdict.json'}")
    else:
        say(f"report: {draw(decided.folder)}")
    context.exit(decided.exit_code)


def _overrides(rules: Sequence[str], by: str, reason: str) -> list[dict[str, str]]:
    if rules and not (by and reason):
        raise UsageError("--override needs --by NAME and --reason TEXT: both are printed in the report")
    return [{"rule": rule, "by": by, "reason": reason} for rule in rules]


def decide(workspace: Workspace, evalset: str, question: Question, folder: Path | None = None) -> Swap:
    """Decide a swap on a frozen set by its name, and count the use of the set."""
    from workbench.evalset import record_use
    from workbench.frozen import load
    from workbench.swap import run_swap

    frozen = load(workspace, evalset)
    decided = run_swap(workspace, frozen, question, folder=folder)
    record_use(workspace, frozen)
    return decided
