"""Which candidates survival is counted on, and which of them a set has or may get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import folds

if TYPE_CHECKING:
    import pandas as pd


CASES_IMPORT = "import-"
"""How the sitting of a decision begins that came with `workbench import cases --reviewed-by`. Decisions
that `workbench import reviews` recorded have another one."""


def elsewhere(reviews: pd.DataFrame) -> pd.Series[bool]:
    """Return which events say that a case was kept before it came in, as a mask of `reviews`."""
    return (reviews["event"] == "imported") & reviews["session_id"].str.startswith(CASES_IMPORT)


def fates(cases: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates of a workspace with what became of them.

    The child of a revision is counted as its parent's revision, and is not here. Cases that came in
    as kept elsewhere are survivors, and nothing is known of what was rejected beside them: they are
    not reviewed, unless they are decided on here too. Decisions that came in by
    themselves count, whatever they say.

    Args:
        cases: The whole table `cases`.
        reviews: The table `reviews`.

    Returns:
        One row per candidate, with the index of `cases`: `case_id`, `bucket`, `kept` and `reviewed`
        (kept, rejected or revised; both bool).
    """
    told = folds.candidates(cases, reviews[~elsewhere(reviews)])
    state = folds.candidates(cases, reviews)
    revised = set(state.loc[state["decision"] == "revise", "case_id"])
    child = cases["parent_ids"].map(lambda parents: not revised.isdisjoint(parents)).astype(bool)
    found = told.assign(bucket=cases["bucket"])[state["candidate"] & ~child]
    return found[["case_id", "bucket", "kept", "reviewed"]]


def supply(cases: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return which candidates of eval a set has, and which it may get by a review.

    Unlike for survival it is all one who kept a case, where, and whether its text was corrected first.

    Args:
        cases: The table `cases`.
        reviews: The table `reviews`.

    Returns:
        One row per candidate, with the index of `cases`: `case_id`, `bucket`, `filled` (of eval, and
        kept) and `waiting` (of eval, and nobody decided on it; both bool).
    """
    state = folds.candidates(cases, reviews)
    of_eval = cases["split"] == "eval"
    waiting = of_eval & ~state["reviewed"]
    found = state.assign(bucket=cases["bucket"], filled=of_eval & state["kept"], waiting=waiting)
    return found.loc[state["candidate"], ["case_id", "bucket", "filled", "waiting"]]
