"""`workbench grade`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from workbench.cli.doctor import COLUMNS, examined
from workbench.cli.finite import Finite
from workbench.cli.opened import opened, say
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.frozen import Frozen
    from workbench.llm import WireClient
    from workbench.workspace import Workspace

OF_JUDGE = frozenset({"probes", "plan_only", "most_usd", "concurrency", "unknown"})
"""Options that say how a judge is asked."""


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--evalset", required=True, metavar="NAME", help="The frozen set, or NAME-vN for an older version."
)
@click.option(
    "--check",
    metavar="CHECK",
    help="equals, contains, regex, json:FIELD or MODULE:FUNCTION, against the case's label.",
)
@click.option("--judge", is_flag=True, help="Ask the grader of [roles], a model of another family.")
@click.option(
    "--setup",
    "setups",
    multiple=True,
    metavar="SETUP",
    help="Whose answers, of a model that answered in several setups; repeatable.",
)
@click.option(
    "--flip-rate",
    "probes",
    type=click.IntRange(min=0),
    metavar="N",
    help="Failed answers that the judge judges again with an instruction to pass them planted; by default 25.",
)
@click.option("--plan-only", is_flag=True, help="Print what would be asked with its costs; ask nothing.")
@click.option(
    "--most-usd",
    type=Finite(min=0),
    metavar="X",
    help="Dollars that the judge may cost in all, however often it is gone on with; by default twice the "
    "high end of what is expected, and one request.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    metavar="N",
    help="Requests under way at a time, 1 to 32; by default 8.",
)
@click.option(
    "--unknown",
    type=click.Choice(["ask", "resend"]),
    default="ask",
    show_default=True,
    help="What becomes of requests that left and whose outcome is unknown: they are listed, or asked again and "
    "perhaps paid twice.",
)
@click.pass_context
def grade(context: click.Context, /, models: Sequence[str], **options: Any) -> None:
    """Turn answers of models into results, by a programmatic check or by a judge.

    An answer in error stays an error, a refusal is an answer, and a case without a label is unscored. What a
    judge was paid for is not paid again: the same command goes on where it was stopped. Exits 1 while answers
    are still to be judged, for then there are no results.
    """
    from workbench.frozen import load
    from workbench.swap.grading import grade_by_check

    if (options["check"] is None) == (not options["judge"]):
        raise UsageError("say who grades: --check CHECK, or --judge for the grader of [roles]")
    given = [one for one in context.command.params if one.name in OF_JUDGE and _is_given(context, one)]
    if given and not options["judge"]:
        raise UsageError(
            f"{given[0].opts[0]} holds for --judge alone, since a check asks nobody; leave it out"
        )
    workspace = opened(context)
    frozen = load(workspace, options["evalset"])
    if options["judge"]:
        if not _judged(workspace, frozen, models, options):
            context.exit(1)
    else:
        say(grade_by_check(workspace, frozen, models, options["check"], setups=options["setups"]))


def _is_given(context: click.Context, option: click.Parameter) -> bool:
    return context.get_parameter_source(str(option.name)) is not ParameterSource.DEFAULT


def _judged(workspace: Workspace, frozen: Frozen, models: Sequence[str], options: Mapping[str, Any]) -> bool:
    """Say what the judge is asked and costs, ask it, and say what came of it; False where that is no results."""
    from workbench.llm.asking import Terms
    from workbench.swap.grading import PROBED, Asking, expected_cost, judge, plan_judging

    probes = PROBED if options["probes"] is None else options["probes"]
    planned = plan_judging(workspace, frozen, models, setups=options["setups"], probes=probes)
    whom = next(found for found in examined(workspace) if found.cells[0] == "grader")
    say(", ".join(f"{name} {told}" for name, told in zip(COLUMNS, whom.cells, strict=True)))
    say(planned)
    expected = expected_cost(workspace, planned)
    if options["plan_only"]:
        say(expected)
        return True

    def about_to_ask(client: WireClient) -> None:
        spent = client.budget.usd
        before = f", of which ${spent:,.2f} are spent or may be" if spent else ""
        most = client.budget.most_usd
        say(f"{expected}; " + ("no cap" if most is None else f"stops at ${most:,.2f} (--most-usd){before}"))

    given = {name: options[name] for name in ("most_usd", "concurrency") if options[name] is not None}
    terms = Terms(resend=options["unknown"] == "resend", **given)
    try:
        done = judge(workspace, planned, Asking(expected.high_usd or 0.0, terms, about_to_ask))
    except KeyboardInterrupt:
        say("interrupted; what came is kept, and the same command goes on from there")
        raise
    say(done)
    if done.pending:
        say("to go on, run the same command again; --unknown resend asks again for what may be paid already")
    if done.stopped:
        raise done.stopped
    return bool(done.run)
