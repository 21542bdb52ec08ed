"""Provisional labels whose date has passed: their cases leave the gate.

Source: the short text. A provisional label has an owner and a date; left in for two quarters it
becomes canonical by accident.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import folds
from workbench.labels import provisional, refuse_forgotten
from workbench.tables import LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.store import Transaction


@dataclass(frozen=True)
class Overdue:
    """Cases whose label is provisional and overdue.

    Attributes:
        case_ids: The cases.
        owners: For each owner of these labels how many there are.
    """

    case_ids: frozenset[str]
    owners: Mapping[str, int]


def overdue(tx: Transaction, case_ids: Sequence[str], *, today: dt.datetime | None = None) -> Overdue:
    """Return which of the cases have an overdue provisional label.

    Args:
        tx: An open transaction.
        case_ids: The cases of the set.
        today: The moment to judge at; by default now.

    Raises:
        UsageError: A label has been overdue for two quarters; see `workbench.labels.refuse_forgotten`.
    """
    now = today or dt.datetime.now(dt.UTC)
    labels = folds.labels(folds.upheld(tx.read(LABELS), tx.read(REVIEWS)), today=now)
    refuse_forgotten(labels, case_ids, today=now)
    owed = provisional(labels[labels["overdue"] & labels["case_id"].isin(list(case_ids))], today=now)
    owners = {str(owner): int(count) for owner, count in zip(owed["owner"], owed["overdue"], strict=True)}
    return Overdue(frozenset(owed["case_ids"].explode()), owners)
