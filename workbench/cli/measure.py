"""`workbench measure`."""

from __future__ import annotations

import click

from workbench.cli.opened import opened, say


@click.command()
@click.pass_context
def measure(context: click.Context, /) -> None:
    """Measure every case against the seed: how far it lies, and what repeats what."""
    from workbench.measure import measure as run

    say(run(opened(context)))
