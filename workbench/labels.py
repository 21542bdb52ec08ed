"""The rows of the table `labels`: their ids, who can vouch, and the labels that kept mutants inherit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.provenance import ADDED, UNKNOWN, sha256
from workbench.tables import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

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
