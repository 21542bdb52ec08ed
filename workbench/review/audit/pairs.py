"""How far reviewers agree who decided on the same candidate without seeing each other's verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import folds
from workbench.review.audit.number import Number, of
from workbench.stats.agreement import NOBODY, agreement

if TYPE_CHECKING:
    from collections.abc import Sequence


def agreements(made: pd.DataFrame, cases: pd.DataFrame, expected: Sequence[str] = ()) -> pd.DataFrame:
    """Return agreement on keeping and on the expected label, over candidates that two reviewers decided on.

    Of each reviewer the decision of the first sitting on it is taken. Adjudications are none.

    Args:
        made: As `workbench.review.audit.decided` returns it.
        cases: The whole table `cases`, for the roots.
        expected: The values of the rubric; those that were stated are added.

    Returns:
        One row per `question` (keep or not, expected label) and measure of
        `workbench.stats.agreement.MEASURES`, with the columns of `Number`.
    """
    blind = made[(made["kind"] == "case") & (made["verdict"] != "skip")].sort_values("event_id")
    first = blind.drop_duplicates(["case_id", "reviewer"])
    values = [*dict.fromkeys([*expected, *first["expected"].dropna()])]
    asked = {
        "keep or not": (first.assign(code=first["kept"].astype("int64")), 2),
        "expected label": (
            first.dropna(subset="expected").assign(code=lambda f: f["expected"].map(values.index)),
            max(len(values), 2),
        ),
    }
    root = folds.roots(cases).set_axis(cases["case_id"])
    rows = []
    for question, (told, categories) in asked.items():
        table = told.pivot_table(index="case_id", columns="reviewer", values="code", aggfunc="first")
        double = table[table.notna().sum(axis=1) >= 2]
        ratings = double.fillna(NOBODY).to_numpy(dtype=np.int_).reshape(double.shape)
        found = agreement(ratings, root.loc[double.index], categories=categories)
        rows += [
            {"question": question, **of(name, one, len(double))._asdict()} for name, one in found.items()
        ]
    return pd.DataFrame(rows, columns=["question", *Number._fields])
