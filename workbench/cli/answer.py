"""`workbench answer`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.finite import Finite
from workbench.cli.opened import opened, say
from workbench.errors import InputError, StoppedError, UsageError, counted, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.settings import Role
    from workbench.swap.answering import Function, Plan
    from workbench.workspace import Workspace


@click.command()
@click.option(
    "--evalset", required=True, metavar="NAME", help="The frozen set, or NAME-vN for an older version."
)
@click.option(
    "--model", default="", metavar="NAME", help="Who answers; by default under_test of workbench.toml."
)
@click.option(
    "--family",
    default="",
    metavar="VENDOR/LINE",
    help="The lineage of --model, or of what is behind --callable.",
)
@click.option("--trials", default=1, show_default=True, metavar="K", help="Answers of each case.")
@click.option(
    "--system", type=click.Path(path_type=Path), metavar="FILE", help="The system prompt, as UTF-8 text."
)
@click.option(
    "--callable",
    "function",
    default="",
    metavar="MODULE:FUNCTION",
    help="A Python function f(turns, context) -> str that answers instead of a model; --model names its answers.",
)
@click.option(
    "--most-usd",
    type=Finite(min=0),
    metavar="X",
    help="Dollars that the plan may cost in all, however often it is gone on with; by default twice the high end of "
    "what is expected, and one request.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    metavar="N",
    help="Requests under way at a time, 1 to 32; by default 8.",
)
@click.option("--plan-only", is_flag=True, help="Print the plan with its costs; send nothing.")
@click.option(
    "--unknown",
    type=click.Choice(["ask", "resend"]),
    default="ask",
    show_default=True,
    help="What becomes of requests that left and whose outcome is unknown, and of broken replies: they are listed, or "
    "asked again and perhaps paid twice.",
)
@click.pass_context
def answer(context: click.Context, /, **options: Any) -> None:
    """Have a model, or a Python function, answer every case of a frozen set.

    Each answer is stored as it comes, and is graded later by `workbench grade`. Answers that are there are not asked
    again, so a run that was stopped goes on. The system prompt is that of --system alone; the context of a case stands
    as JSON at the head of the user's last message, without facts that hold the expected outcome.
    """
    from workbench.frozen import load
    from workbench.llm import WireClient
    from workbench.swap.answering import answer as run
    from workbench.swap.answering import answerer, plan_answers

    workspace = opened(context)
    who = _who(workspace, options)
    frozen = load(workspace, options["evalset"])
    plan = plan_answers(workspace, frozen, who, trials=options["trials"], system=_system(options["system"]))
    say(plan)
    expected = _forecast(workspace, plan)
    if options["plan_only"]:
        say(expected or f"{who.model} is called here; what it costs is its own")
        return
    terms = {name: options[name] for name in ("most_usd", "concurrency") if options[name] is not None}
    with answerer(workspace, plan, **terms, resend=options["unknown"] == "resend") as client:
        if isinstance(client, WireClient):
            before = f", of which ${client.budget.usd:,.2f} are spent or may be" if client.budget.usd else ""
            say(f"{expected}; stops at ${client.budget.most_usd:,.2f} (--most-usd){before}")
        try:
            done = run(workspace, plan, client)
        except KeyboardInterrupt:
            say("interrupted; what came is stored, and the same command goes on from there")
            raise
    say(done)
    if done.perhaps_paid:
        say(
            f"to ask again for {counted(done.perhaps_paid, 'answer')}, and perhaps pay twice, add --unknown resend"
        )
    if done.stopped:
        raise done.stopped
    if done.is_empty:
        raise StoppedError(
            f"{shown(plan.who.model)} answered nothing of {plan.evalset}, so there is nothing to grade; mend what the errors "
            "say, and run it again"
        )


def _who(workspace: Workspace, options: Mapping[str, Any]) -> Role | Function:
    from workbench.provenance import UNKNOWN
    from workbench.swap.answering import function, under_test

    name = options["function"]
    if not name:
        return under_test(workspace, model=options["model"], lineage=options["family"])
    if options["most_usd"] is not None:
        raise UsageError("--most-usd holds for a model that is asked here; what a function pays is not seen")
    return function(name, model=options["model"], lineage=options["family"] or UNKNOWN)


def _forecast(workspace: Workspace, plan: Plan) -> str:
    """Say whom a plan asks, and return what that will cost; empty for a function."""
    from workbench.llm.access import access
    from workbench.llm.asking import price_of
    from workbench.swap.answering import Function
    from workbench.swap.answering.planning import expected

    if isinstance(plan.who, Function):
        return ""
    found = access(plan.who)
    say(f"asks {plan.who.model} at {found.host}, {found.variable} {found.key}")
    return str(expected(workspace, plan, price_of(workspace, plan.who)))


def _system(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8; save it again as UTF-8") from None
