"""Which cases a set would hold if it were frozen now, and which of them lack a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.provenance import GROUP_OF_BUCKET, ancestors

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["case_id", "content_sha256", "root_id", "bucket", "group", "tag", "split", "reviewed"]


def members(cases: pd.DataFrame, reviews: pd.DataFrame, *, everything: bool = False) -> pd.DataFrame:
    """Return the cases that freezing takes: the eval split of the seed, and what was kept of it.

    Args:
        cases: The whole table `cases`.
        reviews: The table `reviews`.
        everything: Take train and unreviewed candidates too, never the holdout.

    Returns:
        One row per case, by its id: `case_id`, `content_sha256` (None for a stub), `root_id` as of
        today's lineage, `bucket`, `group`, `tag`, `split`, and `reviewed` (bool): whether nobody
        need keep it, or somebody did. What was rejected or revised is not among them.
    """
    state = folds.candidates(cases, reviews)
    # Nobody need keep what is no candidate: the seed, golden cases, and whatever a person wrote.
    reviewed = ~state["candidate"] | state["kept"]
    rejected = state["decision"].isin(["reject", "revise"])
    wanted = (cases["split"] != "holdout") if everything else (cases["split"] == "eval") & reviewed
    taken = cases.assign(group=cases["bucket"].map(dict(GROUP_OF_BUCKET)), reviewed=reviewed)[
        wanted & ~rejected
    ]
    taken = taken.assign(root_id=_roots(cases, taken))
    frame = taken[COLUMNS].sort_values("case_id", ignore_index=True)
    frame["content_sha256"] = (
        frame["content_sha256"].astype(object).where(frame["content_sha256"].notna(), None)
    )
    return frame


def _roots(cases: pd.DataFrame, taken: pd.DataFrame) -> pd.Series[Any]:
    """Return the roots of the cases of a set: what is not in it, such as a rejected merge of two, joins nothing."""
    parents = dict(zip(cases["case_id"], cases["parent_ids"], strict=True))
    ids = set(taken["case_id"]).union(*(ancestors(case, parents) for case in taken["case_id"]))
    return folds.roots(cases[cases["case_id"].isin(ids)]).reindex(taken.index)


NOT_MODELS = ("human", "programmatic", "demo")
"""Families of generators that are no model; a case of none at all is real traffic."""


def vouched(labels: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the labels without those that only the model claims that wrote the case.

    Args:
        labels: The label of each case that is true now, as `workbench.folds.labels` returns it.
        cases: The table `cases`.
    """
    families = labels["case_id"].map(cases.set_index("case_id")["generator_family"])
    return labels[(labels["kind"] != "claimed") | families.isna() | families.isin(NOT_MODELS)]


def unlabelled(found: pd.DataFrame, cases: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return which kept candidates have no expected outcome that anybody vouches for, by cell.

    Args:
        found: What `members` returns.
        cases: The table `cases`.
        labels: The label of each case that is true now, as `workbench.folds.labels` returns it.

    Returns:
        One row per `cell` (missing for candidates that name none) that has a synthetic or red-team
        case: `cases`, `without_label`, and `case_ids` (list) of those without.
    """
    made = found[found["group"].isin(["synthetic", "redteam"])].merge(cases[["case_id", "cell"]])
    open_ = made["case_id"].where(~made["case_id"].isin(vouched(labels, cases)["case_id"]))
    by_cell = open_.groupby(made["cell"], dropna=False)
    return by_cell.agg(
        cases="size", without_label="count", case_ids=lambda ids: ids.dropna().tolist()
    ).reset_index()
