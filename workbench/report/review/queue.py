"""What waits for a review, and why candidates did not survive theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.figures import counts_chart
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count
from workbench.report.tiles import Tile, named, tile_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.report.charts import Chart

NEXT = 10
"""Candidates of the queue that are shown; how many more there are is said."""


def waits(waiting: pd.DataFrame) -> Shown:
    """Return how much waits as one sentence, without anything that could sway a reviewer.

    Args:
        waiting: The queue, as `workbench.review.queue` returns it.
    """
    if waiting.empty:
        return sentence("No candidate waits for a review.")
    cells = counted(waiting["cell"].nunique(), "cell")
    return sentence(f"Waiting for a review: {counted(len(waiting), 'candidate')}, in {cells}.")


def queue_map(waiting: pd.DataFrame, axes: Mapping[str, Sequence[str]]) -> Chart | Shown:
    """Return how many candidates of each cell wait, as tiles.

    Args:
        waiting: The queue, as `workbench.review.queue` returns it.
        axes: The levels of each axis of the grid.
    """
    if waiting.empty:
        return sentence("No candidate waits for a review.")
    by_cell = waiting.groupby(["cell", "levels"], sort=False).size().rename("value").reset_index()
    counts = zip(by_cell["levels"], by_cell["value"], strict=True)
    tiles = [
        Tile(levels, many, count(many), f"{counted(many, 'candidate')} waiting") for levels, many in counts
    ]
    most = by_cell.sort_values("value", ascending=False, kind="stable").head(3)
    said = ", ".join(f"{named(cell)} {many}" for cell, many in zip(most["cell"], most["value"], strict=True))
    summary = (
        f"{counted(len(waiting), 'candidate')} waiting, in {counted(len(by_cell), 'cell')}. Most: {said}."
    )
    title = "Candidates that wait for a review"
    return tile_map(tiles, axes, unit="candidates", title=title, summary=summary)


def queue(waiting: pd.DataFrame) -> Shown:
    """Return the candidates that come next, as a table."""
    if waiting.empty:
        return sentence("The queue is empty.")
    frame = waiting.head(NEXT)
    frame = frame.assign(case=frame["case_id"] + "\n" + frame["cell"].map(named))
    looks = {
        "text": Look("conversation"),
        "cell_reviewed": Look("reviewed", "count", unit="in cell"),
        "case": Look("candidate and cell", "id"),
    }
    rest = len(waiting) - len(frame)
    notes = ["Cells with the fewest reviewed candidates come first."]
    notes += [f"Behind them: {count(rest)} more."] if rest else []
    lacks = int(waiting["lacks"].sum())
    if lacks > len(waiting):
        notes.append(f"Decisions to come: {count(lacks)}, since two people decide on some of them.")
    skipped = int(waiting["skipped"].sum())
    notes += [f"Skipped before: {count(skipped)} of all that wait."] if skipped else []
    return safe_table(frame, caption="Next in the queue", looks=looks, notes=notes)


def reasons(found: pd.DataFrame) -> Chart | Shown:
    """Return why candidates were rejected or revised, as bars.

    Args:
        found: As `workbench.review.reasons` returns it.
    """
    if found.empty:
        return sentence("No candidate is rejected or revised yet.")
    return counts_chart(found, name="reason", part="verdict", title="Reasons to reject or revise")
