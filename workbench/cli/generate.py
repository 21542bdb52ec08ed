"""`workbench generate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.opened import opened, say
from workbench.errors import UsageError, listed, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench import grid
    from workbench.generate import Run
    from workbench.settings import Costs, Role
    from workbench.workspace import Workspace


@click.command()
@click.option(
    "--replies",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Stored replies to fill the cells with.",
)
@click.option(
    "--per-cell",
    multiple=True,
    metavar="BUCKET=N",
    help="Candidates per cell, such as persona=6; repeatable. By default the grid's n: persona where every "
    "cell has one, else prompted.",
)
@click.option(
    "--redteam", default=0, metavar="N", help="Red-team cases in all, dealt over the attacks in turn."
)
@click.option(
    "--mutate", "chains", multiple=True, metavar="CHAIN", help="Such as typo+lowercase; repeatable."
)
@click.option("--copies", default=1, show_default=True, help="How often each chain is tried on each case.")
@click.option("--seed", default=0, show_default=True, help="The seed of chance.")
@click.option("--plan-only", is_flag=True, help="Print the plan with its costs; fill nothing.")
@click.pass_context
def generate(context: click.Context, /, **options: Any) -> None:
    """Fill the cells of the grid with candidates, and mutate cases.

    The plan is printed first, with its costs. A run that was stopped goes on where it was. With
    --mutate alone, only operators run.
    """
    workspace = opened(context)
    if not options["chains"] or options["replies"] or options["per_cell"] or options["redteam"]:
        _filled(workspace, options)
    if options["chains"]:
        from workbench.generate import mutate_run

        told = {name: options[name] for name in ("seed", "copies", "plan_only")}
        say(mutate_run(workspace, options["chains"], **told))


def _filled(workspace: Workspace, options: Mapping[str, Any]) -> None:
    from workbench import grid
    from workbench.generate import fill, plan_run
    from workbench.llm import Replay

    role = _role(workspace, replayed=options["replies"] is not None, plan_only=options["plan_only"])
    client = Replay(options["replies"]) if options["replies"] else None
    plan = grid.plan(workspace.settings)
    run = plan_run(
        workspace,
        plan,
        places=grid.placed(workspace.cases, plan),
        per_cell=_per_cell(options["per_cell"], plan, workspace),
        role=role,
        redteam=options["redteam"],
        seed=options["seed"],
    )
    say(run)
    if client is not None:
        _say_unasked(options["replies"], run)
    say(f"reviewing them costs ${_review(run, workspace.settings.costs):,.2f}")
    if client is not None and not options["plan_only"]:
        say(fill(workspace, run, client))


def _say_unasked(replies: Path, run: Run) -> None:
    """Say how many of the stored replies no slot of the run asks for."""
    asked = {(slot.place, slot.bucket, slot.index) for slot in run.slots}
    lines = [json.loads(line) for line in replies.read_text("utf-8-sig").split("\n") if line.strip()]
    rest = [line["cell"] for line in lines if (line["cell"], line["bucket"], line["index"]) not in asked]
    if rest:
        what = "reply was" if len(rest) == 1 else "replies were"
        say(f"{len(rest):,} {what} not asked for: {listed(list(dict.fromkeys(rest)))}")


def _role(workspace: Workspace, *, replayed: bool, plan_only: bool) -> Role:
    """Return who writes: the generator of workbench.toml, served from stored replies where there are any."""
    role = workspace.settings.roles.generator
    if role is None:
        raise UsageError(
            "workbench.toml names no generator, whose family travels with every candidate; write "
            'generator = { provider = "replay", model = "...", family = "vendor/line" } in [roles]'
        )
    if replayed:
        return role.model_copy(update={"provider": "replay"})
    if plan_only:
        return role
    if role.provider == "replay":
        raise UsageError("the generator of workbench.toml answers from stored replies; pass --replies FILE")
    raise UsageError(f"the provider {role.provider} is not supported yet; pass --replies FILE")


def _per_cell(pairs: Sequence[str], plan: grid.Plan, workspace: Workspace) -> dict[str, int]:
    from workbench.generate import persona

    if not pairs:
        voiced = all(persona(cell.split("/"), workspace.settings.personas) for cell in plan.cells)
        return {"persona" if voiced else "prompted": plan.n}
    found: dict[str, int] = {}
    for pair in pairs:
        bucket, equals, number = pair.partition("=")
        if not (equals and number.isdecimal()):
            raise UsageError(f"--per-cell {shown(pair)} is not BUCKET=N, such as persona=6")
        if bucket in found:
            raise UsageError(f"--per-cell names {bucket} twice; name each bucket once")
        found[bucket] = int(number)
    return found


def _review(run: Run, costs: Costs) -> float:
    from workbench.costs import per_review

    return sum(per_review(slot.bucket, costs) for slot in run.slots)
