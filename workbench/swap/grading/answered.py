"""The answers that are to be graded, each with its case and the label that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, listed, shown
from workbench.tables import ANSWERS, CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.workspace import Workspace

COPIED = ("case_id", "content_sha256", "model", "model_family", "trial", "latency_s", "cost_usd")
"""Columns of `answers` that a result keeps."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer under judgement.

    Attributes:
        row: The columns `COPIED` of its row of `answers`, None for what is missing.
        state: answered, refused or error.
        output: The answer; empty where there is none.
        reason: Why there is none.
        group: The group of its case.
        turns: The conversation that was answered.
        context: What was known; None for nothing.
        expected: The label of the case that counts; None without one.
    """

    row: Mapping[str, Any]
    state: str
    output: str
    reason: str
    group: str
    turns: Sequence[Mapping[str, str]]
    context: Any
    expected: str | None

    @property
    def name(self) -> tuple[str, str, str]:
        """The case, the model and the trial."""
        return self.row["case_id"], self.row["model"], self.row["trial"]


def answered(
    workspace: Workspace, frozen: Frozen, models: Sequence[str], setups: Sequence[str] = ()
) -> list[Answered]:
    """Return the answers of some models to the cases of a set, in the order of cases, models and trials.

    Args:
        workspace: The workspace.
        frozen: The set.
        models: The models.
        setups: The first digits of the setups whose answers are graded, of models that have several.

    Raises:
        UsageError: A model has no answer to the set, or answers of several setups, or no setup begins so.
    """
    twice = sorted({model for model in models if list(models).count(model) > 1})
    if twice:
        raise UsageError(f"{shown(twice[0])} is named twice; name each model once")
    store = workspace.store
    rows = folds.answers(store.read(ANSWERS, model=list(models)))
    rows = rows[rows["case_id"].isin(frozen.members["case_id"])]
    _check_answered(rows, models, frozen, known=store.read(ANSWERS)["model"])
    rows = _of_setups(rows, models, frozen, setups)
    cases = store.read(CASES, case_id=frozen.members["case_id"].tolist())
    # All labels, since an inherited one is its parent's, which need not be in the set.
    labels = folds.labels(folds.upheld(store.read(LABELS), store.read(REVIEWS)))
    expected = dict(zip(labels["case_id"], labels["expected"], strict=True))
    turns = dict(zip(cases["case_id"], cases["turns"], strict=True))
    context = dict(zip(cases["case_id"], cases["context"], strict=True))
    groups = dict(zip(frozen.members["case_id"], frozen.members["group"], strict=True))
    rows = rows.sort_values(["case_id", "model", "trial"])
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        Answered(
            row={name: row[name] for name in COPIED},
            state=row["state"],
            output=row["output"] or "",
            reason=row["reason"] or "",
            group=groups[row["case_id"]],
            turns=turns[row["case_id"]],
            context=context[row["case_id"]],
            expected=expected.get(row["case_id"]),
        )
        for row in plain.to_dict("records")
    ]


def _check_answered(
    rows: pd.DataFrame, models: Sequence[str], frozen: Frozen, *, known: pd.Series[str]
) -> None:
    absent = next((model for model in models if not (rows["model"] == model).any()), "")
    if absent:
        named = listed(sorted(set(known)), most=8) or "none yet"
        raise UsageError(
            f"no answers of {shown(absent)} to the cases of {frozen.name}; models with answers: {named}; get them with "
            f"`workbench answer`, or import outcomes with `workbench import results`"
        )


def _of_setups(
    rows: pd.DataFrame, models: Sequence[str], frozen: Frozen, prefixes: Sequence[str]
) -> pd.DataFrame:
    """Return the rows of the one setup of each model; a choice concerns those with several alone."""
    strange = [one for one in prefixes if not (one and rows["setup_sha256"].str.startswith(one).any())]
    if strange:
        there = listed([setup[:12] for setup in rows["setup_sha256"].unique()], most=8)
        raise UsageError(f"no setup of these models begins with {shown(strange[0])}; there are {there}")
    wanted = rows["setup_sha256"].str.startswith(tuple(prefixes))
    several = rows.groupby("model")["setup_sha256"].transform("nunique") > 1
    kept = rows[wanted | ~several] if prefixes else rows
    for model in models:
        left = kept.loc[kept["model"] == model, "setup_sha256"].unique()
        if len(left) != 1:
            setups = rows.loc[rows["model"] == model, "setup_sha256"].unique()
            named = " or --setup ".join(setup[:12] for setup in setups)
            raise UsageError(
                f"{shown(model)} answered {frozen.name} in {len(setups)} setups (another prompt, address or limit); "
                f"choose with --setup {named}"
            )
    return kept
