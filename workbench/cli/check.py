"""`workbench check`: the questions to ask before a synthetic set is trusted, for a workspace as it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from workbench.cli.opened import opened, say

if TYPE_CHECKING:
    from workbench.swap.self_test import Answer
    from workbench.workspace import Workspace


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Ask what has to be known before a synthetic set is trusted, and list overdue labels; exits 0."""
    workspace = opened(context)
    answers = questions(workspace)
    for found in answers:
        say(f"{found.answer:<9}  {found.question}\n{'':<9}  {found.evidence}")
    for line in overdue(workspace):
        say(line)
    counts = Counter(found.answer for found in answers)
    told = ", ".join(f"{counts[answer]} {answer}" for answer in ("yes", "no", "not known"))
    demo = "DEMO. " if workspace.demo else ""
    say(f"\n{demo}{workspace.name}: {told}. Eight yes are asked for before a synthetic set is trusted.")


def overdue(workspace: Workspace) -> list[str]:
    """Return a line for each owner of provisional labels whose date has passed."""
    from workbench.errors import listed
    from workbench.labels import provisional

    owed = provisional(workspace.labels)
    return [
        f"{'overdue':<9}  {row['owner']}: {row['overdue']:,} of {row['open']:,} provisional labels, the oldest for "
        f"{row['days_overdue']:,} days ({listed(row['case_ids'])})"
        for row in owed[owed["overdue"] > 0].to_dict("records")
    ]


def questions(workspace: Workspace) -> tuple[Answer, ...]:
    """Answer the eight questions from all cases, swaps, runs and results of a workspace."""
    from workbench.provenance import UNKNOWN
    from workbench.swap.history import history
    from workbench.swap.history.rates import readings
    from workbench.swap.self_test import Anchor, last_survival, self_test
    from workbench.swap.verdict import Families

    cases = workspace.cases
    real = cases[cases["bucket"] == "seed"]
    generated = cases[cases["generator_family"].notna()].groupby("generator_family")["case_id"]
    return self_test(
        untagged=cases.loc[cases["tag"].isna(), "case_id"].tolist(),
        tags=Counter(cases["tag"].dropna()),
        history=readings(history(workspace).get("history", "rates")),
        families=Families(
            generators={str(name): tuple(ids) for name, ids in generated},
            judges=tuple(sorted(set(workspace.results["judge_family"]))),
            baseline=UNKNOWN,
            candidate=UNKNOWN,
        ),
        survival=last_survival(workspace.store),
        anchor=Anchor.of(
            workspace.store,
            real,
            roots=real["root_id"].nunique(),
            floor=workspace.settings.gate.floor_roots,
        ),
    )
