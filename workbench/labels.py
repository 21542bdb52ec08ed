"""The rows of the table `labels`: their ids, who can vouch, what mutants inherit, and what owners owe."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, counted, listed
from workbench.provenance import ADDED, UNKNOWN, sha256
from workbench.tables import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

TWO_QUARTERS = dt.timedelta(days=180)
"""How far ahead a provisional label may be promised, and after how long past its date it is an error.
Source: the short text (two quarters); methods 6.3 (180 days)."""

PASSED_ON = folds.PASSED_ON
"""Kinds of label that a mutant inherits; see `workbench.folds.PASSED_ON`."""


def label_id(row: Mapping[str, Any]) -> str:
    """Return the id of a label: the hash of everything else in its row."""
    return sha256(
        {
            name: value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value
            for name, value in row.items()
            if name != "label_id" and not (name in ADDED and value is None)
        }
    )


def wrote(name: str, case: Mapping[str, Any]) -> bool:
    """Say whether a name is that of the generator of a case, which vouches for nothing: models propose.

    Spaces, signs and case are no difference. `human` and `unknown` name no model.

    Args:
        name: Who reviewed it, as was said.
        case: A row of `cases`.

    Example:
        >>> wrote("GPT 5.2", {"generator_model": "gpt-5.2"}), wrote("Kim", {"generator_family": "openai/gpt"})
        (True, False)
    """
    given = [case.get(f"generator_{field}") for field in ("provider", "model", "family")]
    models = {_bare(one) for one in given if isinstance(one, str) and one not in {"human", UNKNOWN}}
    return _bare(name) in models - {""}


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def inherited(mutants: pd.DataFrame, labels: pd.DataFrame, *, at: dt.datetime | None = None) -> pd.DataFrame:
    """Return the labels that mutants inherit from their parents.

    A mutant inherits when each of its operators keeps the label, and when the parent's label that is
    true now is of a kind in `PASSED_ON`. Pass the mutants that a reviewer has kept.

    Args:
        mutants: Rows of `cases`.
        labels: The parents' rows of the table `labels` that stand; see `workbench.folds.upheld`.
        at: When they are given, with its zone; by default now.

    Returns:
        Rows of `labels` of the kind `inherited`, in the order of the mutants.
    """
    now = at or dt.datetime.now(dt.UTC)
    standing = folds.labels(labels, today=now).set_index("case_id")
    known = standing[standing["kind"].isin(PASSED_ON)]
    rows: list[dict[str, Any]] = []
    for mutant in mutants.to_dict("records"):
        steps, parents = mutant["operators"], mutant["parent_ids"]
        keeps = steps and all(isinstance(step, dict) and step.get("keeps_label") is True for step in steps)
        if not keeps or len(parents) != 1 or parents[0] not in known.index:
            continue
        given = known.loc[parents[0]]
        row = dict.fromkeys(LABELS.names) | {
            "case_id": mutant["case_id"],
            "expected": given["expected"],
            "kind": "inherited",
            "rubric_version": given["rubric_version"] if isinstance(given["rubric_version"], str) else None,
            "parent_id": parents[0],
            "operator": "+".join(step["name"] for step in steps),
            "created_at": now,
        }
        rows.append(row | {"label_id": label_id(row)})
    return LABELS.frame(rows)


def provisional(found: pd.DataFrame, *, today: dt.datetime | None = None) -> pd.DataFrame:
    """Return what each owner of provisional labels still has to replace.

    Args:
        found: The label of each case that is true now, as `workbench.folds.labels` returns it.
        today: The moment to judge at, with its zone; by default now.

    Returns:
        One row per owner, the longest overdue first: `owner` ("nobody" where it is missing), `open`
        (provisional labels), `overdue` (those whose date has passed), `backfill_by` (the oldest date),
        `days_overdue` (whole days since it, 0 or more), `case_ids` (list) of the overdue ones, and
        `forgotten` (list): those overdue for more than `TWO_QUARTERS`.

    Example:
        >>> from workbench.tables import LABELS
        >>> due, today = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (3, 4))
        >>> row = {"label_id": "0" * 64, "case_id": "r1", "expected": "refund", "kind": "provisional",
        ...        "owner": "Refund desk", "backfill_by": due, "created_at": due}
        >>> owed = provisional(folds.labels(LABELS.frame([row])), today=today)
        >>> print(owed[["owner", "open", "overdue", "days_overdue"]].to_string(index=False))
              owner  open  overdue  days_overdue
        Refund desk     1        1            31
    """
    now = today or dt.datetime.now(dt.UTC)
    waiting = found[found["kind"] == "provisional"]
    days = (now - waiting["backfill_by"]).dt.days
    waiting = waiting.assign(
        owner=waiting["owner"].fillna("nobody"),
        days=days.fillna(0).clip(lower=0).astype(int),
        late=waiting["case_id"].where(waiting["backfill_by"] < now),
        lost=waiting["case_id"].where(days > TWO_QUARTERS.days),
    )
    by_owner = waiting.groupby("owner").agg(
        open=("case_id", "size"),
        overdue=("late", "count"),
        backfill_by=("backfill_by", "min"),
        days_overdue=("days", "max"),
        case_ids=("late", lambda ids: ids.dropna().tolist()),
        forgotten=("lost", lambda ids: ids.dropna().tolist()),
    )
    return by_owner.reset_index().sort_values(
        "days_overdue", ascending=False, kind="stable", ignore_index=True
    )


def refuse_forgotten(
    found: pd.DataFrame, case_ids: Iterable[str], *, today: dt.datetime | None = None
) -> None:
    """Refuse cases whose provisional label has been overdue for more than `TWO_QUARTERS`.

    Args:
        found: The label of each case that is true now, as `workbench.folds.labels` returns it.
        case_ids: The cases of a set.
        today: The moment to judge at, with its zone; by default now.

    Raises:
        UsageError: There are such cases; the message names their owners.
    """
    owed = provisional(found[found["case_id"].isin(list(case_ids))], today=today)
    lost = owed[owed["forgotten"].map(len) > 0]
    if len(lost):
        named = [f"{row['owner']}: {listed(row['forgotten'])}" for row in lost.to_dict("records")]
        raise UsageError(
            f"the provisional labels of {counted(int(lost['forgotten'].map(len).sum()), 'case')} have been overdue for "
            f"two quarters ({'; '.join(named)}); have their owners import or review human labels for them first"
        )
