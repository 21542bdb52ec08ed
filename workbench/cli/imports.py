"""`workbench import seed | cases | results`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.opened import opened, say
from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@click.group("import")
def imports() -> None:
    """Bring in a seed, candidates or results, all rows or none."""


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Return one decorator for several options; the first is the first in the help."""
    return lambda command: functools.reduce(
        lambda decorated, option: option(decorated), reversed(options), command
    )


reading = _options(
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--column", "columns", multiple=True, metavar="NAME=SOURCE", help="The file's column for ours; repeatable."),
    click.option("--where", multiple=True, metavar="'SOURCE==VALUE'", help="Take only these rows; repeatable."),
    click.option("--encoding", metavar="NAME", help="Of a text file that is not UTF-8."),
    click.option("--sheet", metavar="NAME", help="Of an Excel file with several."),
)  # fmt: skip

_case_reading = _options(
    reading,
    click.option("--label-kind", default="claimed", show_default=True, help="human, programmatic, provisional or claimed."),
    click.option("--label-author", metavar="NAME", help="Who gave the labels; human labels need it."),
    click.option("--label-owner", metavar="NAME", help="Who replaces provisional labels."),
    click.option("--backfill-by", metavar="DATE", help="Until when provisional labels are replaced, as YYYY-MM-DD."),
    click.option("--tz", metavar="ZONE", help="Of times that name none, such as Europe/Berlin."),
    click.option("--quarantine", is_flag=True, help="Import the good cases and set the bad ones aside with their reasons."),
)  # fmt: skip


@imports.command("seed")
@_case_reading
@click.pass_context
def import_seed(context: click.Context, /, file: Path, **options: Any) -> None:
    """Import real, labelled conversations: the seed."""
    from workbench.seed import import_seed as run

    say(run(opened(context), file, **options))


@imports.command("cases")
@_case_reading
@click.option("--bucket", required=True, help="golden, prompted, persona, mutation or redteam.")
@click.option(
    "--generator",
    metavar="FAMILY",
    help="VENDOR/LINE of what wrote them, unknown, human, programmatic or demo.",
)
@click.option("--author", metavar="NAME", help="Who wrote them by hand.")
@click.option("--reviewed-by", metavar="NAME", help="Who reviewed and kept all of these cases.")
@click.option("--reviewed-on", metavar="DATE", help="When, as YYYY-MM-DD.")
@click.pass_context
def import_cases(context: click.Context, /, file: Path, **options: Any) -> None:
    """Import candidates that were made elsewhere."""
    from workbench.generate import import_cases as run

    say(run(opened(context), file, **options))


@imports.command("results")
@reading
@click.option("--pass-when", required=True, metavar="VALUE", help="The value of outcome that passes.")
@click.option(
    "--fail-when", multiple=True, metavar="VALUE", help="The values that fail, if not its opposite."
)
@click.option(
    "--malformed-when", multiple=True, metavar="VALUE", help="A value that is no verdict; repeatable."
)
@click.option("--judge", "judges", multiple=True, metavar="NAME=FAMILY", help="Who scored; repeatable.")
@click.option(
    "--family", "families", multiple=True, metavar="MODEL=FAMILY", help="A model's lineage; repeatable."
)
@click.option("--stubs", metavar="BUCKET", help="Make cases without text for ids that nobody knows.")
@click.option("--key", default="", metavar="FILE", help="Of a sheet of `export labels` that comes back.")
@click.pass_context
def import_results(context: click.Context, /, file: Path, **options: Any) -> None:
    """Import outcomes of models on cases."""
    from workbench.swap import Declared, Polarity
    from workbench.swap import import_results as run

    declared = Declared(
        polarity=Polarity(options["pass_when"], options["fail_when"], options["malformed_when"]),
        judges=_families("--judge", options["judges"]),
        families=_families("--family", options["families"]),
        stubs=options["stubs"],
        key=options["key"],
    )
    asked = {name: options[name] for name in ("columns", "where", "encoding", "sheet")}
    say(run(opened(context), file, declared, **asked))


def _families(option: str, pairs: Sequence[str]) -> dict[str, str]:
    """Read NAME=FAMILY at the last `=`, so that names may hold one."""
    from workbench.provenance import family

    found = {}
    for pair in pairs:
        name, equals, lineage = pair.rpartition("=")
        if not (name and equals):
            raise UsageError(
                f"{option} {shown(pair)} is not NAME=FAMILY, such as gpt-oss-120b=openai/gpt-oss"
            )
        found[name] = str(family(lineage))
    return found
