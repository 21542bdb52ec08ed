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
        gate_judge: The judge whose scores gate; empty when there is only one, or only one that is not human
            and humans scored fewer answers than it: labels to check it by.
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
    if question.results:
        rows = rows[rows["results_run"].isin([_named_run(rows, prefix) for prefix in question.results])]
    _refuse_drawn(rows, question)
    rows = rows[~_drawn(rows)]
    absent = _without_rows(rows, question)
    if absent:
        known = sorted(set(tx.read(RESULTS)["model"]))
        raise UsageError(
            f"no results of {shown(absent)} on the cases of {frozen.name}; "
            f"models with results: {listed(known, most=8) or 'none yet'}"
        )
    rows = _gating_rows(rows, question)
    if not question.results:
        _check_one_run(rows, question)
    judges = sorted(set(rows["judge"]))
    if len(judges) > 1:
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


def comparable_since(tx: Transaction, frozen: Frozen, question: Question) -> pd.Timestamp:
    """Return the moment from which on both models had results on the set, in whatever run.

    A gate has to be declared before that; importing the same outcomes once more does not move it.
    """
    rows = tx.read(RESULTS, model=[question.baseline, question.candidate])
    rows = rows[rows["case_id"].isin(frozen.members["case_id"])]
    since: pd.Timestamp = rows.groupby("model")["imported_at"].min().max()
    return since


def _drawn(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say of each row whether it is of a sample: its judge's rows of its run hold a chance below 1 of being drawn.

    A sample by verdict takes all cases of a rare verdict, so a row of chance 1 beside others is of the sample too.
    """
    chance = rows["inclusion"].astype(float)
    drawn: pd.Series[bool] = chance.groupby([rows["results_run"], rows["judge"]]).transform("min") < 1
    return drawn


def _refuse_drawn(rows: pd.DataFrame, question: Question) -> None:
    """Refuse labels of a sample drawn to check a judge as the outcomes of a model.

    Raises:
        UsageError: All that is asked for of a model is such labels.
    """
    asked = rows[rows["judge"] == question.gate_judge] if question.gate_judge else rows
    only = _drawn(asked).groupby(asked["model"]).all()
    if only.any():
        of = asked[asked["model"] == only.idxmax()]
        raise UsageError(
            f"the labels of {shown(of['judge'].iloc[0])} were drawn by a judge's verdicts to check that judge, and would "
            "gate as if drawn at random; gate with the judge that they check: they correct its numbers"
        )


def _without_rows(rows: pd.DataFrame, question: Question) -> str:
    """Return the model that has no row, or nothing."""
    models = (question.baseline, question.candidate)
    return next((model for model in models if not (rows["model"] == model).any()), "")


def _gating_rows(rows: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the rows of the judge that gates; all of them when that is not said, and not plain either."""
    judge = question.gate_judge or _plain_judge(rows)
    if not judge:
        return rows
    mine = rows[rows["judge"] == judge]
    if mine.empty:
        judges = ", ".join(sorted(set(rows["judge"])))
        raise UsageError(f"no judge {shown(judge)}; these results were judged by {judges}")
    absent = _without_rows(mine, question)
    if absent and question.gate_judge:
        raise UsageError(
            f"judge {shown(judge)} scored no answer of {shown(absent)} on this set; "
            "choose a judge of both models with --gate-judge"
        )
    return rows if absent else mine


def _plain_judge(rows: pd.DataFrame) -> str:
    """Return the only judge that is not human where humans scored fewer answers than it, or nothing.

    Then the humans' rows are labels to check it by. Who scored everything could gate as well, so that is asked.
    """
    answers = rows.drop_duplicates(["case_id", "model", "trial", "judge"])["judge"].value_counts()
    others = set(rows.loc[rows["judge_family"] != "human", "judge"])
    if len(others) != 1:
        return ""
    judge = str(next(iter(others)))
    return judge if (answers.drop(judge) < answers[judge]).all() else ""


def _check_one_run(rows: pd.DataFrame, question: Question) -> None:
    for model in (question.baseline, question.candidate):
        runs = rows.loc[rows["model"] == model, "results_run"].unique()
        if len(runs) > 1:
            raise UsageError(
                f"{shown(model)} occurs in {len(runs)} results runs: choose with --results "
                + " or --results ".join(_described(rows, run) for run in runs[-3:])
            )


def _named_run(rows: pd.DataFrame, prefix: str) -> str:
    """Return the one results run that begins with some digits of its hash."""
    found = [run for run in rows["results_run"].unique() if prefix and run.startswith(prefix)]
    if len(found) != 1:
        what = "no results run" if not found else f"{len(found)} results runs"
        offered = rows.loc[~_drawn(rows), "results_run"].unique()[-3:]
        runs = " or ".join(_described(rows, run) for run in offered)
        raise UsageError(
            f"{what} of these models on this set begin with {shown(prefix)}; there is {runs or 'none'}"
        )
    return str(found[0])


def _described(rows: pd.DataFrame, run: str) -> str:
    mine = rows[rows["results_run"] == run]
    return f"{run[:12]} ({len(mine):,} rows of these models, imported {mine['imported_at'].min():%Y-%m-%d %H:%M} UTC)"


def results_sha256(outcomes: pd.DataFrame) -> str:
    """Return the hash of the outcomes that a swap is decided on; texts, scores and times stay out."""
    columns = ["case_id", "model", "trial", "judge", "outcome", "content_sha256"]
    return sha256(outcomes[columns].astype(object).where(outcomes[columns].notna(), None).to_numpy().tolist())
