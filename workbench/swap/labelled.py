"""A judge's verdicts beside what humans said of the same answers.

A human label of an outcome is a row of `results` whose judge family is `human`, for the case, model and
trial of a row of the judge. Of one human the row that was imported last counts. Of several humans the
majority counts; a tie says nothing, and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.stats.agreement import NOBODY

if TYPE_CHECKING:
    import pandas as pd

ANSWER = ["case_id", "model", "trial"]

SCORES = {"pass": 1.0, "fail": 0.0}

HUMAN = "human"


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What a judge and humans said of the same answers.

    Attributes:
        answers: One row per answer that the judge has a row for: case_id, model, trial, group, root_id, `judge`
            and `human` (1 pass, 0 fail, NaN none) and `inclusion` (the chance with which it was drawn).
        ratings: Of each answer that a human judged, one column per human: 1, 0 or `NOBODY`.
        ties: Answers that as many humans pass as fail.
        other_answers: Human labels of an answer or a case that differs from the one judged.
        unjudged: Human labels of answers without a verdict of the judge.
    """

    answers: pd.DataFrame
    ratings: pd.DataFrame
    ties: int
    other_answers: int
    unjudged: int

    @property
    def both(self) -> pd.DataFrame:
        """The answers that the judge and humans judged."""
        return self.answers[self.answers["judge"].notna() & self.answers["human"].notna()]


def labelled(outcomes: pd.DataFrame, rows: pd.DataFrame, members: pd.DataFrame) -> Labelled:
    """Join a judge's rows with the humans' rows of the same answers.

    Where both name an output or a content hash, these must be equal: a label of an older answer says nothing
    of a newer one.

    Args:
        outcomes: The judge's rows of `results`, one per case, model and trial.
        rows: Rows of `results` of any judge.
        members: One row per case that is used: case_id, group, root_id.
    """
    place = members.set_index("case_id")[["group", "root_id"]]
    judged = outcomes[outcomes["case_id"].isin(place.index)]
    answers = judged[ANSWER].join(place, on="case_id").reset_index(drop=True)
    answers["judge"] = judged["outcome"].map(SCORES).to_numpy(float)
    humans = rows[(rows["judge_family"] == HUMAN) & rows["outcome"].isin(SCORES)]
    humans = humans[humans["case_id"].isin(place.index) & ~humans["judge"].isin(set(outcomes["judge"]))]
    found = humans.merge(judged[[*ANSWER, "output", "content_sha256"]], on=ANSWER, suffixes=("", "_judged"))
    other = _differs(found, "output") | _differs(found, "content_sha256")
    used = found[~other].sort_values("imported_at", kind="stable")
    used = used.drop_duplicates([*ANSWER, "judge"], keep="last")
    said = used.assign(passed=used["outcome"].map(SCORES).astype(float))
    share = said.groupby(ANSWER, sort=False).agg(human=("passed", "mean"), inclusion=("inclusion", "last"))
    tied = share["human"] == 0.5
    share["human"] = share["human"].round().mask(tied)
    answers = answers.join(share, on=ANSWER)
    ratings = said.pivot_table(index=ANSWER, columns="judge", values="passed", sort=False)
    ratings = ratings.fillna(NOBODY).astype(int)
    return Labelled(
        answers=answers,
        ratings=ratings,
        ties=int(tied.sum()),
        other_answers=int(other.sum()),
        unjudged=len(humans) - len(found) + int((answers["judge"].isna() & answers["human"].notna()).sum()),
    )


def _differs(found: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Say for each label whether it names another output or content than the judge's row."""
    judged = found[f"{column}_judged"]
    differs: pd.Series[bool] = found[column].notna() & judged.notna() & (found[column] != judged)
    return differs
