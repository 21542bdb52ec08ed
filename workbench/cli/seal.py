"""`workbench seal`: the survival that is expected of each cell, before any candidate is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.opened import opened, say
from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--author", required=True, metavar="NAME", help="Whose forecasts.")
@click.option("--column", "columns", multiple=True, metavar="NAME=SOURCE", help="The file's column for ours; repeatable.")  # fmt: skip
@click.pass_context
def seal(context: click.Context, file: Path, *, author: str, columns: Sequence[str]) -> None:
    """Seal forecasts: cell, predicted_survival (0 to 1) and gap, one cell a row."""
    from workbench.exchange import files
    from workbench.exchange.mapping import Mapping as ColumnMapping
    from workbench.grid import seal as run

    records = files.read(file)
    sources = ColumnMapping.of(columns).sources(records, ("cell", "predicted_survival", "gap"))
    missing = [name for name in ("cell", "predicted_survival") if name not in sources]
    if missing:
        raise UsageError(f"{records.name} has no column {missing[0]}; pass --column {missing[0]}=SOURCE")
    survival: dict[str, float] = {}
    gaps: dict[str, str] = {}
    for place, row in zip(records.places, records.rows, strict=True):
        told: Mapping[str, Any] = {name: source.value(row) for name, source in sources.items()}
        cell = str(told["cell"])
        if cell in survival:
            raise UsageError(f"{records.name} {place}: {shown(cell)} stands there twice; keep one forecast")
        try:
            survival[cell] = float(told["predicted_survival"])
        except (TypeError, ValueError):
            raise UsageError(
                f"{records.name} {place}: predicted_survival is {shown(str(told['predicted_survival']))}; "
                "write 0.7 for 70 %"
            ) from None
        if told.get("gap"):
            gaps[cell] = str(told["gap"])
    say(run(opened(context), survival, author=author, gaps=gaps))
