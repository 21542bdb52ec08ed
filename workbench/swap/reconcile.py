"""Expected against found: how many outcomes each model, group and trial should have and has.

Before any rate is believed, the counts must add up; what is missing is named, not averaged away.
"""

from __future__ import annotations

import pandas as pd


def reconciled(outcomes: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Count outcomes per model, group and trial against the cases that should have one.

    Args:
        outcomes: Rows of the table `results`: case_id, model, trial, judge, outcome.
        cases: The cases that are asked for: case_id, group.

    Returns:
        One row per model, judge, group and trial with columns model, judge, group, trial,
        expected, found (rows), passed, failed, error, unscored and absent (expected - found).

    Example:
        >>> outcomes = pd.DataFrame({"case_id": ["a", "b"], "model": "m", "judge": "j", "trial": "0",
        ...     "outcome": ["pass", "error"]})
        >>> cases = pd.DataFrame({"case_id": ["a", "b", "c"], "group": "real"})
        >>> reconciled(outcomes, cases)[["expected", "found", "error", "absent"]].to_dict("records")
        [{'expected': 3, 'found': 2, 'error': 1, 'absent': 1}]
    """
    groups = cases["group"].value_counts(sort=False).rename_axis("group").rename("expected").reset_index()
    arms = outcomes[["model", "judge", "trial"]].drop_duplicates()
    wanted = arms.merge(groups, how="cross")
    known = outcomes.merge(cases[["case_id", "group"]], on="case_id")
    by = ["model", "judge", "group", "trial"]
    counts = pd.crosstab([known[name] for name in by], known["outcome"])
    counts = counts.reindex(columns=["pass", "fail", "error", "unscored"], fill_value=0).reset_index()
    table = wanted.merge(counts, on=by, how="left").fillna({"pass": 0, "fail": 0, "error": 0, "unscored": 0})
    table = table.rename(columns={"pass": "passed", "fail": "failed"})
    table["found"] = table[["passed", "failed", "error", "unscored"]].sum(axis=1)
    table["absent"] = table["expected"] - table["found"]
    order = [*by, "expected", "found", "passed", "failed", "error", "unscored", "absent"]
    numbers = dict.fromkeys(order[4:], "int64")
    return table[order].astype(numbers).sort_values(by, ignore_index=True)
