"""The part `judging` of verdict.json: who gates, how far it agrees with humans, and what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.provenance import GROUPS, UNKNOWN
from workbench.stats.agreement import NOBODY, agreement
from workbench.swap.calibration import agreed, corrected, estimate, pairs, together, under
from workbench.swap.favour import favour
from workbench.swap.labelled import HUMAN, labelled
from workbench.swap.notes import judge_doubts, judge_notes
from workbench.swap.part import Part
from workbench.tables import RESULTS

if TYPE_CHECKING:
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped
    from workbench.swap.labelled import Labelled

ALL = "all"
"""Every group together: the agreement only, since labels are drawn, and errors differ, by group."""


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return what humans say of the judge that gates, per group and over all.

    A judge that is a human is not checked by others: only the agreement among humans is told then.
    """
    question, frame = swapped.question, swapped.frame
    rows = tx.read(RESULTS, model=[question.baseline, question.candidate])
    rows = rows[rows["case_id"].isin(frame["case_id"])]
    gating = swapped.outcomes
    family = str(next((name for name in gating["judge_family"] if name != UNKNOWN), UNKNOWN))
    every = pd.concat([gating, rows[~rows["judge"].isin(set(gating["judge"]))]], ignore_index=True)
    found = labelled(gating, every, frame)
    by_human = family == HUMAN
    counts = {
        "judge": str(gating["judge"].iloc[0]),
        "family": family,
        "kind": family if family in {HUMAN, "programmatic", UNKNOWN} else "model",
        "humans": sorted(set(every.loc[every["judge_family"] == HUMAN, "judge"])),
        "answers": int(found.answers["judge"].notna().sum()),
        "ties": found.ties,
        "other_answers": found.other_answers,
        "unjudged": found.unjudged,
    }
    fields = together(
        Part(counts),
        under({"groups": Part({}) if by_human or found.both.empty else _groups(found, swapped)}),
        _among(found, swapped.alpha),
        favour(every, frame, alpha=swapped.alpha),
        Part({"verdicts": _verdicts(every)}),
    )
    doubts = {name: list(judge_doubts(group)) for name, group in fields.fields["groups"].items()}
    return Part({**fields.fields, "doubts": doubts}, fields.why, tuple(judge_notes(fields.fields)))


def _groups(found: Labelled, swapped: Swapped) -> Part:
    question, alpha = swapped.question, swapped.alpha
    both, cases = found.both, pairs(found.answers, question.baseline, question.candidate)
    parts = {}
    for name in (ALL, *GROUPS):
        answers = found.answers if name == ALL else found.answers[found.answers["group"] == name]
        if answers.empty:
            continue
        parts[name] = agreed(both.loc[both.index.intersection(answers.index)], answers, alpha=alpha)
        if name != ALL:
            parts[name] = together(parts[name], corrected(cases[cases["group"] == name], alpha=alpha))
    return under(parts)


def _among(found: Labelled, alpha: float) -> Part:
    """Return how far humans agree with each other, by answers that two of them judged."""
    ratings = found.ratings
    twice = int(((ratings != NOBODY).sum(axis=1) > 1).sum())
    if not twice:
        return Part({"human_agreement": None}, {"human_agreement": "no answer was judged by two humans"})
    root = dict(zip(found.answers["case_id"], found.answers["root_id"], strict=True))
    roots = [root[case] for case in ratings.index.get_level_values("case_id")]
    measures = agreement(ratings.to_numpy(int), roots, categories=2, alpha=alpha)
    told = (Part({"answers": twice}), estimate("ac1", measures["AC1"]), estimate("alpha", measures["alpha"]))
    return under({"human_agreement": together(*told)})


def _verdicts(every: pd.DataFrame) -> list[dict[str, Any]]:
    """Count what each judge said of each model: outcomes, malformed verdicts, and what it could not score."""
    rows = []
    for (judge, model), part in every.groupby(["judge", "model"], sort=True):
        malformed = int(part["malformed"].eq(other=True).fillna(value=False).sum())
        missing = int(part["outcome"].isin(["unscored", "error"]).sum())
        rows.append(
            {"judge": str(judge), "model": str(model), "rows": len(part)}
            | {"malformed": malformed, "not_scored": missing - malformed}
        )
    return rows
