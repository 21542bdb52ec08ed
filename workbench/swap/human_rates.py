"""Pass rates of any models as humans would give them, for analysts; a swap's own are in `workbench.swap.judging`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from workbench.errors import UsageError, listed, shown
from workbench.frozen import load
from workbench.stats.corrected import Corrected, prediction_powered, rogan_gladen
from workbench.swap.labelled import labelled
from workbench.tables import RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.swap.labelled import Labelled
    from workbench.workspace import Workspace

Method = Literal["ppi", "rogan_gladen"]

ALL = "all models"

BY_VERDICT = "Uncalibrated: labels were drawn by the judge's verdict on two models; the swap of these two corrects for it."
SHARED_ROOTS = "Rogan-Gladen's interval takes independent cases, and here they share roots."


def human_rates(
    workspace: Workspace, evalset: str, models: Sequence[str], *, judge: str, method: Method = "ppi"
) -> pd.DataFrame:
    """Return a judge's pass rates on a frozen set beside those that humans would give, per group and model.

    `ppi` corrects each rate by labels of the same group, drawn at random. `rogan_gladen` takes the judge's
    sensitivity and specificity from all labels of these models, whatever their group: for groups where nobody
    could draw labels, if the judge errs there as it does elsewhere.

    Args:
        workspace: The workspace.
        evalset: A frozen set's name.
        models: Models that the judge scored.
        judge: The judge.
        method: How to correct.

    Returns:
        One row per group and model, and one of `ALL` of them if there are several: answers, labels, raw,
        corrected, low, high (0-1, missing when uncalibrated), method, reason.

    Raises:
        UsageError: The judge scored no answer of a model on the set, or one answer in several results runs.

    Source: `workbench.stats.corrected`.
    """
    frozen = load(workspace, evalset)
    rows = workspace.store.read(RESULTS, model=list(models))
    rows = rows[rows["case_id"].isin(frozen.members["case_id"])]
    mine = rows[rows["judge"] == judge]
    absent = [shown(model) for model in models if not (mine["model"] == model).any()]
    if absent or not models:
        raise UsageError(
            f"judge {shown(judge)} scored no answer of {listed(absent) or 'any model'} on {frozen.name}"
        )
    if mine.duplicated(["case_id", "model", "trial"]).any():
        raise UsageError(f"judge {shown(judge)} scored answers in several results runs; name another judge")
    return pd.DataFrame(_rates(labelled(mine, rows, frozen.members), models, method))


def _rates(found: Labelled, models: Sequence[str], method: Method) -> Iterator[dict[str, Any]]:
    for group, answers in found.answers.groupby("group", sort=False):
        named = {model: answers[answers["model"] == model] for model in models}
        if len(models) > 1:
            named[ALL] = answers
        for model, part in named.items():
            scored = part[part["judge"].notna()]
            told = _powered(scored) if method == "ppi" else _gladen(scored, found.both)
            yield {
                "group": group, "model": model, "answers": len(scored), "labels": told.n, "raw": told.raw,
                "corrected": told.value, "low": told.low, "high": told.high, "method": told.method,
                "reason": told.reason,
            }  # fmt: skip


def _powered(scored: pd.DataFrame) -> Corrected:
    # A case's trials are one number; a case of several models stays several, of one root.
    means = scored.groupby(["case_id", "model"], sort=False).agg(
        judge=("judge", "mean"), human=("human", "mean"), root_id=("root_id", "first")
    )
    if scored["inclusion"].notna().any():
        raw = float(means["judge"].mean())
        return Corrected(raw, n=int(means["human"].notna().sum()), reason=BY_VERDICT)
    human, judge = means["human"].to_numpy(float), means["judge"].to_numpy(float)
    return prediction_powered(human, judge, means["root_id"].tolist(), bounds=(0.0, 1.0))


def _gladen(scored: pd.DataFrame, both: pd.DataFrame) -> Corrected:
    raw = float(scored["judge"].mean()) if len(scored) else None
    if both["inclusion"].notna().any():
        return Corrected(raw, n=len(both), reason=BY_VERDICT)
    passed, failed = (both.loc[both["human"] == said, "judge"] for said in (1, 0))
    if passed.empty or failed.empty or scored.empty:
        return Corrected(
            raw, n=len(both), reason="Uncalibrated: humans passed all or failed all of the answers."
        )
    found = rogan_gladen(
        (int(scored["judge"].sum()), len(scored)),
        sensitivity=(int(passed.sum()), len(passed)),
        specificity=(int((1 - failed).sum()), len(failed)),
    )
    if found.value is None or not scored["root_id"].duplicated().any():
        return found
    return found._replace(low=None, high=None, reason=SHARED_ROOTS)
