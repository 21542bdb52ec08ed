"""What waits for a review, and why candidates were rejected or revised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import folds
from workbench.review.decisions import plain
from workbench.review.survival import placed
from workbench.review.waiting import is_current, lacking
from workbench.text import turns_text

if TYPE_CHECKING:
    import pandas as pd


def queue(
    cases: pd.DataFrame, reviews: pd.DataFrame, places: pd.DataFrame | None = None, *, double: float = 0.0
) -> pd.DataFrame:
    """Return the candidates that wait for a decision, those of the least reviewed cells first.

    A candidate waits until one person has decided on it, and a doubly reviewed one until two have, or
    until it is adjudicated. A skipped one waits on. An edited text waits while its parent stands as
    revised. Candidates of the holdout, and stubs without text, are not reviewed.

    Args:
        cases: The table `cases`.
        reviews: The table `reviews`.
        places: Where each case lies, as `workbench.grid.placed` returns it; none without a grid.
        double: The share of candidates that two people decide on (0-1), as the settings have it; by
            default one decision is enough for each.

    Returns:
        One row per candidate: `case_id`, `cell`, `levels`, `cell_reviewed` (how many of its cell are
        reviewed), `lacks` (how many people have to decide on it yet), `skipped` (bool) and `text`, the
        whole conversation.
    """
    state = folds.candidates(cases, reviews)
    stacks = folds.stacks(reviews)
    lacks = (
        cases["case_id"]
        .map(lambda case_id: lacking(case_id, stacks.get(case_id, []), double))
        .astype("int64")
    )
    judged = state["candidate"] & (cases["split"] != "holdout") & cases["content_sha256"].notna()
    rows = plain(cases[["case_id", "operators", "parent_ids"]])
    current = {row["case_id"] for row in rows if is_current(row, lambda case_id: stacks.get(case_id, []))}
    waits = judged & (lacks > 0) & cases["case_id"].isin(current)
    where = placed(cases, places)
    found = where.assign(
        case_id=cases["case_id"],
        cell_reviewed=state["reviewed"].groupby(where["cell"]).transform("sum").astype("int64"),
        lacks=lacks,
        skipped=state["decision"] == "skip",
        text=cases["turns"].map(turns_text).astype("str"),
    )
    columns = ["case_id", "cell", "levels", "cell_reviewed", "lacks", "skipped", "text"]
    return found[waits].sort_values(["cell_reviewed", "case_id"], ignore_index=True)[columns]


def reasons(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return how often each reason stands behind a decision that holds.

    Args:
        reviews: The table `reviews`.

    Returns:
        One row per `reason` and `verdict` (reject or revise) with `cases`, the most frequent first;
        a decision with several reasons counts under each.
    """
    held = folds.decisions(reviews)
    against = held[held["decision"].isin(["reject", "revise"])]
    told = against.merge(reviews[["event_id", "reasons"]], on="event_id").explode("reasons")
    named = told.dropna(subset="reasons").rename(columns={"reasons": "reason", "decision": "verdict"})
    counts = named.groupby(["reason", "verdict"], sort=True).size().rename("cases").reset_index()
    return counts.sort_values("cases", ascending=False, kind="stable", ignore_index=True)
