"""The `workbench` command: it composes the stages and turns errors into one sentence.

Exit codes: 0 done or SHIP, 10 BLOCK, 11 NO VERDICT, 12 REFUSED, 1 unexpected failure,
2 wrong usage.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.answer import answer
from workbench.cli.check import check
from workbench.cli.decisions import freeze, swap
from workbench.cli.demo import demo
from workbench.cli.doctor import doctor
from workbench.cli.folder import backup, init, run
from workbench.cli.generate import generate
from workbench.cli.grade import grade
from workbench.cli.imports import imports
from workbench.cli.lab import lab
from workbench.cli.measure import measure
from workbench.cli.opened import group
from workbench.cli.packs import exports
from workbench.cli.reviews import import_reviews
from workbench.cli.seal import seal
from workbench.errors import InputError, SafetyError, SettingsError, UsageError, WorkbenchError, shown
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USAGE = (InputError, SafetyError, SettingsError, UsageError)

imports.add_command(import_reviews)
for command in (
    init,
    imports,
    exports,
    lab,
    seal,
    generate,
    measure,
    freeze,
    answer,
    grade,
    swap,
    run,
    check,
    doctor,
    backup,
    demo,
):
    group.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code; every error is one sentence on stderr."""
    try:
        code = group.main(args=arguments, prog_name="workbench", standalone_mode=False)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("workbench: stopped; what was saved stays saved", err=True)
        code = 1
    except WorkbenchError as error:
        # A message quotes the file: odd characters must not move a terminal's cursor.
        click.echo(f"workbench: {marked(str(error))}", err=True)
        code = 2 if isinstance(error, WRONG_USAGE) else 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"workbench: {marked(where)}{error.strerror or error}; check the path and its permissions",
            err=True,
        )
        code = 2
    except Exception as error:
        if "--traceback" in (arguments or sys.argv):
            raise
        what = shown(str(error)) if str(error) else "no further words"
        click.echo(
            f"workbench: unexpected {type(error).__name__} ({what}); this is a fault of workbench: run the same "
            "command as `workbench --traceback ...` and report what it prints",
            err=True,
        )
        code = 1
    sys.exit(code or 0)
