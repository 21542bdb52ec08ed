"""`workbench generate`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.doctor import COLUMNS, examined
from workbench.cli.finite import Finite
from workbench.cli.opened import opened, say
from workbench.errors import UsageError, counted, listed, shown
from workbench.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.generate import Forecast, Run
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
    "--redteam",
    default=0,
    metavar="N",
    help="Red-team cases in all, dealt over attacks and personas in turn.",
)
@click.option(
    "--paraphrase",
    default=0,
    metavar="N",
    help="Paraphrases of eval cases and kept candidates in all, as a run of their own.",
)
@click.option(
    "--mutate", "chains", multiple=True, metavar="CHAIN", help="Such as typo+lowercase; repeatable."
)
@click.option("--copies", default=1, show_default=True, help="How often each chain is tried on each case.")
@click.option("--seed", default=0, show_default=True, help="The seed of chance.")
@click.option("--plan-only", is_flag=True, help="Print the plan with its costs; fill nothing.")
@click.option(
    "--prompts",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write each slot's prompt there, as a file that has the name of its case.",
)
@click.option(
    "--most-usd",
    type=Finite(min=0),
    metavar="X",
    help="Dollars that the run may cost in all, however often it is gone on with; by default twice the "
    "high end of what is expected, and one request.",
)
@click.option(
    "--concurrency", type=int, metavar="N", help="Requests under way at a time, 1 to 32; by default 8."
)
@click.option("--batch", is_flag=True, help="Ask in batches: half the price, most within an hour.")
@click.option(
    "--unknown",
    type=click.Choice(["ask", "resend"]),
    default="ask",
    show_default=True,
    help="What becomes of requests that left and whose outcome is unknown: they are listed, or asked again and "
    "perhaps paid twice.",
)
@click.pass_context
def generate(context: click.Context, /, **options: Any) -> None:
    """Fill the cells of the grid with candidates, and mutate cases.

    The generator of workbench.toml is asked, or stored replies are. The plan is printed first, with its
    costs. A run that was stopped goes on where it was. Cells are left as they are with --redteam, --paraphrase or --mutate and without --per-cell.
    """
    workspace = opened(context)
    only = options["chains"] or options["paraphrase"]
    if (
        not only
        or options["per_cell"]
        or options["redteam"]
        or (options["replies"] and not options["paraphrase"])
    ):
        _filled(context, workspace, options, _cells(workspace, options))
    if options["paraphrase"]:
        from workbench.generate import plan_paraphrases

        told = {"count": options["paraphrase"], "role": _role(workspace, options), "seed": options["seed"]}
        _filled(context, workspace, options, plan_paraphrases(workspace, **told))
    if options["chains"]:
        from workbench.generate import mutate_run

        told = {name: options[name] for name in ("seed", "copies", "plan_only")}
        say(mutate_run(workspace, options["chains"], **told))


def _cells(workspace: Workspace, options: Mapping[str, Any]) -> Run:
    """Return the run that fills the grid's cells, and asks for the red team, which needs no grid."""
    from workbench import grid
    from workbench.generate import plan_run

    told = {"role": _role(workspace, options), "redteam": options["redteam"], "seed": options["seed"]}
    if options["redteam"] and not options["per_cell"]:
        return plan_run(workspace, **told)
    plan = grid.plan(workspace.settings)
    places = grid.placed(workspace.cases, plan)
    return plan_run(workspace, plan, places=places, per_cell=_per_cell(options["per_cell"]), **told)


def _filled(context: click.Context, workspace: Workspace, options: Mapping[str, Any], run: Run) -> None:
    """Say what a run asks for and costs, and fill it."""
    from workbench.generate import fill, forecast, price_of
    from workbench.generate.filling import requests
    from workbench.llm import Replay

    role = _role(workspace, options)
    stored = Replay(options["replies"]) if options["replies"] else None
    expected = None
    if role.provider != "replay":
        expected = forecast(workspace, run, price_of(workspace, role), batch=options["batch"])
        run = expected.priced(run)
        _say_whom(workspace)
    say(run)
    if stored is not None:
        _say_unasked(options["replies"], run)
    say(f"reviewing them costs ${_review(run, workspace.settings.costs):,.2f}")
    if options["prompts"]:
        asked = requests(workspace, run.slots)
        for slot, request in asked:
            write_text(options["prompts"] / f"{slot.case_id}.md", request.prompt)
        say(f"{counted(len(asked), 'prompt')} written to {options['prompts']}")
    if options["plan_only"]:
        if expected:
            say(expected)
        return
    if stored is not None:
        say(fill(workspace, run, stored))
    elif expected:
        _asked(context, workspace, options, run, expected)


def _asked(
    context: click.Context,
    workspace: Workspace,
    options: Mapping[str, Any],
    run: Run,
    expected: Forecast,
) -> None:
    """Fill a run by asking its model, and say under which cap, what came of it, and how it goes on."""
    from workbench.generate import client_for, fill, standing

    given = {
        name: options[name] for name in ("most_usd", "concurrency", "batch") if options[name] is not None
    }
    role = _role(workspace, options)
    with client_for(workspace, run, role, resend=options["unknown"] == "resend", **given) as client:
        most, spent = client.budget.most_usd or 0.0, client.budget.usd
        before = f", of which ${spent:,.2f} are spent or may be" if spent else ""
        say(f"{expected}; stops at ${most:,.2f} (--most-usd){before}")
        try:
            done = fill(workspace, run, client)
        except KeyboardInterrupt:
            say(standing(workspace, run, client))
            say(f"to go on: {_again(context)}")
            raise
    say(done)
    if done.unknown:
        say(f"to ask for those again, and perhaps pay twice: {_again(context, unknown='resend')}")
    if done.stopped:
        raise done.stopped


def _say_whom(workspace: Workspace) -> None:
    """Say who would be asked, and with what key."""
    found = next(found for found in examined(workspace) if found.cells[0] == "generator")
    say(", ".join(f"{name} {told}" for name, told in zip(COLUMNS, found.cells, strict=True)))


def _again(context: click.Context, **changed: Any) -> str:
    """Return the command as it was given, with some options changed."""
    given = context.parent.params["workspace"] if context.parent else None
    words = ["workbench", *(["-w", given] if given else []), context.info_name or ""]
    for option in context.command.params:
        value = {**context.params, **changed}[option.name or ""]
        if value is not None and value is not False and value not in ((), option.default):
            for one in value if isinstance(value, tuple) else (value,):
                words += [option.opts[0], *([] if one is True else [str(one)])]
    return shlex.join(words)


def _say_unasked(replies: Path, run: Run) -> None:
    """Say how many of the stored replies no slot of the run asks for."""
    asked = {(slot.place, slot.bucket, slot.index) for slot in run.slots}
    lines = [json.loads(line) for line in replies.read_text("utf-8-sig").split("\n") if line.strip()]
    rest = [line["cell"] for line in lines if (line["cell"], line["bucket"], line["index"]) not in asked]
    if rest:
        what = "reply was" if len(rest) == 1 else "replies were"
        say(f"{len(rest):,} {what} not asked for: {listed(list(dict.fromkeys(rest)))}")


def _role(workspace: Workspace, options: Mapping[str, Any]) -> Role:
    """Return who writes: the generator of workbench.toml, served from stored replies where there are any."""
    from workbench.generate import generator

    role = generator(workspace)
    if options["replies"]:
        return role.model_copy(update={"provider": "replay"})
    if role.provider == "replay" and not options["plan_only"]:
        raise UsageError("the generator of workbench.toml answers from stored replies; pass --replies FILE")
    return role


def _per_cell(pairs: Sequence[str]) -> dict[str, int] | None:
    if not pairs:
        return None
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
