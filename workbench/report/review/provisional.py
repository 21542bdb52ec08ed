"""Which provisional labels wait for a better one, and who owes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import listed
from workbench.labels import TWO_QUARTERS
from workbench.labels import provisional as owed_by_owner
from workbench.report.cells import Look, safe_table
from workbench.report.markup import Shown, sentence

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd


def provisional(found: pd.DataFrame, *, today: dt.datetime | None = None) -> Shown:
    """Return the provisional labels by owner, the longest overdue first, as a table.

    Args:
        found: The label of each case that is true now.
        today: The moment to judge at, with its zone; by default now.
    """
    owed = owed_by_owner(found, today=today)
    if owed.empty:
        return sentence("No label is provisional.")
    frame = owed.assign(
        date=owed["backfill_by"].dt.strftime("%Y-%m-%d"),
        late=owed["case_ids"].map(lambda ids: listed(ids, most=12)),
    )
    looks = {
        "owner": Look("owner", "word"), "open": Look("open", "count"), "overdue": Look("overdue", "count"),
        "date": Look("oldest date", "word", unit="UTC"), "days_overdue": Look("overdue for", "count", unit="days"),
        "late": Look("overdue cases"),
    }  # fmt: skip
    note = (
        "A case whose label is overdue leaves the gate until it has a better one; "
        f"after {TWO_QUARTERS.days} days no set that holds it is frozen or decided on."
    )
    return safe_table(frame, caption="Provisional labels by owner", looks=looks, notes=[note])
