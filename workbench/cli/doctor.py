"""`workbench doctor`: whom the roles would ask, and what lets them in, before anything is sent."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

import click

from workbench.cli.opened import opened, say

if TYPE_CHECKING:
    from workbench.settings import Role, Settings
    from workbench.workspace import Workspace

COLUMNS = ("role", "host", "model", "family", "key", "price per million tokens", "proxy")


class Finding(NamedTuple):
    """One role.

    Attributes:
        cells: What the table shows, by `COLUMNS`.
        problems: What has to be done before it can be asked.
    """

    cells: tuple[str, ...]
    problems: tuple[str, ...]


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Show who would be asked, and with what key; nothing is sent. Exits 1 where something is missing."""
    workspace = opened(context)
    findings = examined(workspace)
    if not findings:
        say(
            f"{workspace.name}: [roles] of workbench.toml names no model, so nothing is ever sent over a network"
        )
        return
    rows = [COLUMNS, *(found.cells for found in findings)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    for row in rows:
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    problems = [problem for found in findings for problem in found.problems] + families(workspace.settings)
    for problem in problems:
        say(problem)
    say("nothing was sent" if problems else "all of them can be asked; nothing was sent")
    if problems:
        context.exit(1)


def examined(workspace: Workspace) -> list[Finding]:
    """Look at every role that is named."""
    settings = workspace.settings
    named = {name: getattr(settings.roles, name) for name in type(settings.roles).model_fields}
    return [_finding(name, role, settings) for name, role in named.items() if role is not None]


def families(settings: Settings) -> list[str]:
    """Return the sentence on a generator and a grader of one lineage, if they are."""
    from workbench.provenance import clash

    generator, grader = settings.roles.generator, settings.roles.grader
    if generator is None or grader is None or clash(generator.family, grader.family) != "line":
        return []
    return [
        f"generator and grader: both are {grader.family}, which no verdict accepts; take a grader of another line"
    ]


def _finding(name: str, role: Role, settings: Settings) -> Finding:
    from workbench.llm.access import access
    from workbench.llm.prices import DATED, Price, price

    if role.provider == "replay":
        return Finding((name, "stored replies", role.model, role.family, "not needed", "none", "none"), ())
    found = access(role)
    own = {model: Price(told.input, told.output) for model, told in settings.prices.items()}
    at = price(role.provider, role.model, own, official=found.official)
    problems = []
    if found.lacks_key:
        problems.append(f"{name}: {found.variable} is not set; set it in the environment, never in a file")
    if found.key == "withheld":
        problems.append(
            f"{name}: {found.host} is not encrypted, so {found.variable} is not sent; use https://"
        )
    if find_spec(role.provider) is None:
        problems.append(
            f"{name}: the library {role.provider} is not installed; pip install 'workbench[openai]'"
        )
    source = "own" if role.model in own else DATED
    told = f"${at.input:g} in, ${at.output:g} out ({source})" if at else "not known"
    key = f"{found.variable} {found.key}"
    return Finding(
        (name, found.host, role.model, role.family, key, told, found.proxy or "none"), tuple(problems)
    )
