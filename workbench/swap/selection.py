"""Which outcomes a swap is decided on: the models, the results runs, the gating judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import UsageError, listed, shown
from workbench.provenance import sha256
from workbench.tables import RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.store import Transaction


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a swap.

    Attributes:
        baseline: The model in use.
        candidate: The model that would replace it.
        results: Results runs to use (their hashes, or the first digits of them); empty for all.
        gate_judge: The judge whose scores gate; empty when there is only one.
        override: {rule, by, reason} of each rule that somebody overrides.
    """

    baseline: str
    candidate: str
    results: Sequence[str] = ()
    gate_judge: str = ""
    override: Sequence[Mapping[str, str]] = ()


def chosen_outcomes(tx: Transaction, frozen: Frozen, question: Question) -> pd.DataFrame:
    """Return the result rows of the two models on the set, of one judge, each outcome once."""
    if question.baseline == question.candidate:
        raise UsageError(f"{shown(question.baseline)} cannot be swapped for itself; name two models")
    rows = tx.read(RESULTS, model=[question.baseline, question.candidate])
    rows = rows[rows["case_id"].isin(frozen.members["case_id"])]
    rows = _chosen_runs(rows, question)
    absent = _without_rows(rows, question)
    if absent:
        known = sorted(set(tx.read(RESULTS)["model"]))
        raise UsageError(
            f"no results of {shown(absent)} on the cases of {frozen.name}; "
            f"models with results: {listed(known, most=8) or 'none yet'}"
        )
    judges = sorted(set(rows["judge"]))
    if question.gate_judge:
        if question.gate_judge not in judges:
            raise UsageError(
                f"no judge {shown(question.gate_judge)}; these results were judged by {', '.join(judges)}"
            )
        rows = rows[rows["judge"] == question.gate_judge]
        absent = _without_rows(rows, question)
        if absent:
            raise UsageError(
                f"judge {shown(question.gate_judge)} scored no answer of {shown(absent)} on this set; "
                "choose a judge of both models with --gate-judge"
            )
    elif len(judges) > 1:
        raise UsageError(
            f"these results have {len(judges)} judges ({listed(judges)}); say which gates with --gate-judge"
        )
    twice = rows[rows.duplicated(["case_id", "model", "trial"])]
    if len(twice):
        first = twice.iloc[0]
        raise UsageError(
            f"{shown(first['model'])} has two outcomes for case {first['case_id']} in trial {shown(first['trial'])}; "
            "choose the results runs with --results"
        )
    return rows.sort_values(["case_id", "model", "trial"], ignore_index=True)


def _without_rows(rows: pd.DataFrame, question: Question) -> str:
    """Return the model that has no row, or nothing."""
    models = (question.baseline, question.candidate)
    return next((model for model in models if not (rows["model"] == model).any()), "")


def _chosen_runs(rows: pd.DataFrame, question: Question) -> pd.DataFrame:
    if question.results:
        chosen = rows["results_run"].map(
            lambda run: any(run.startswith(prefix) for prefix in question.results)
        )
        absent = [p for p in question.results if not rows["results_run"].str.startswith(p).any()]
        if absent:
            raise UsageError(f"no results run {shown(absent[0])} has rows of these models on this set")
        return rows[chosen.astype(bool)]
    for model in (question.baseline, question.candidate):
        runs = rows.loc[rows["model"] == model, "results_run"].unique()
        if len(runs) > 1:
            raise UsageError(
                f"{shown(model)} occurs in {len(runs)} results runs: choose with --results "
                f"{' or --results '.join(run[:12] for run in runs[:3])}"
            )
    return rows


def results_sha256(outcomes: pd.DataFrame) -> str:
    """Return the hash of the outcomes that a swap is decided on; texts, scores and times stay out."""
    columns = ["case_id", "model", "trial", "judge", "outcome", "content_sha256"]
    return sha256(outcomes[columns].astype(object).where(outcomes[columns].notna(), None).to_numpy().tolist())
