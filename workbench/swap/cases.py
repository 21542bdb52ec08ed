"""One row per case of the set: scores, answers, provenance, and what the report shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, shown
from workbench.provenance import UNKNOWN
from workbench.swap.comparison import paired_cases
from workbench.swap.verdict import Families
from workbench.tables import CASES, LABELS, REVIEWS
from workbench.text import turns_text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.store import Transaction
    from workbench.swap.selection import Question


def case_rows(tx: Transaction, frozen: Frozen, outcomes: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return one row per case: the comparison's columns and what the report shows of the case."""
    frame = paired_cases(frozen.members, outcomes, baseline=question.baseline, candidate=question.candidate)
    cases = tx.read(CASES, case_id=frame["case_id"].tolist()).set_index("case_id").loc[frame["case_id"]]
    # All of them, since an inherited label is its parent's, which need not be in the set.
    labels = folds.labels(folds.upheld(tx.read(LABELS), tx.read(REVIEWS))).set_index("case_id")
    frame["slice"] = cases["slice"].array
    frame["cell"] = cases["cell"].array
    frame["must_hold"] = cases["must_hold"].astype(bool).to_numpy()
    frame["generator_family"] = cases["generator_family"].array
    frame["text"] = [turns_text(turns) for turns in cases["turns"]]
    for column, name in (("expected", "expected"), ("label_kind", "kind")):
        frame[column] = frame["case_id"].map(labels[name]).astype("str")
    generated = (frame["group"] == "synthetic") & frame["generator_family"].isna()
    unnamed = frame[["bucket", "tag"]].isna().any(axis=1) | (frame["tag"].str.len() == 0)
    frame["origin_missing"] = generated | unnamed
    frozen_content = frame.set_index("case_id")["content_sha256"]
    answered = outcomes[outcomes["content_sha256"].notna()]
    known = answered["case_id"].map(frozen_content)
    differs = known.notna() & known.ne(answered["content_sha256"])
    frame["content_changed"] = frame["case_id"].isin(answered.loc[differs, "case_id"])
    for side, model in (("baseline", question.baseline), ("candidate", question.candidate)):
        first = outcomes[outcomes["model"] == model].drop_duplicates("case_id").set_index("case_id")
        for column in ("output", "reason", "failure_mode"):
            frame[f"{side}_{column}"] = frame["case_id"].map(first[column]).astype("str")
    return frame


def families_of(frame: pd.DataFrame, outcomes: pd.DataFrame, question: Question) -> Families:
    """Return the lineages of a swap, with the ids of the cases that each generator wrote.

    Raises:
        UsageError: A model was declared with two families.
    """

    def declared(model: str) -> str:
        found = sorted(set(outcomes.loc[outcomes["model"] == model, "model_family"]) - {UNKNOWN})
        if len(found) > 1:
            raise UsageError(
                f"{shown(model)} was declared as {' and as '.join(found)}; import its results with one --family"
            )
        return found[0] if found else UNKNOWN

    generated = frame[frame["generator_family"].notna()]
    return Families(
        generators={
            str(name): tuple(rows["case_id"])
            for name, rows in generated.groupby("generator_family", sort=True)
        },
        judges=tuple(sorted(set(outcomes["judge_family"]))),
        baseline=declared(question.baseline),
        candidate=declared(question.candidate),
    )


def label_kinds(frame: pd.DataFrame) -> dict[str, int]:
    """Count the cases by the kind of their label; `none` for those without one."""
    kinds = frame["label_kind"].fillna("none").value_counts()
    return {str(kind): int(count) for kind, count in kinds.items()}


def pairs_of(frame: pd.DataFrame) -> list[list[Any]]:
    """Return the scored pairs as the store keeps them, so that a later swap can look back at this one.

    Returns:
        For each case that both models have a score of: case_id, root_id, group, bucket, baseline's and
        candidate's score (0-1).
    """
    columns = ["case_id", "root_id", "group", "bucket", "baseline_score", "candidate_score"]
    paired = frame.loc[frame["d"].notna(), columns]
    return [list(row) for row in paired.astype(object).itertuples(index=False)]
