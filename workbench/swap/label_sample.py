"""Which answers of two models humans are asked to judge, drawn by the verdicts of the judge per group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from workbench.errors import UsageError, counted
from workbench.provenance import GROUPS, sha256
from workbench.stats.judges import label_plan
from workbench.swap.calibration import pairs, strata
from workbench.swap.labelled import ANSWER, labelled
from workbench.swap.selection import chosen_outcomes
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.frozen import Frozen
    from workbench.stats.judges import LabelPlan
    from workbench.store import Transaction
    from workbench.swap.selection import Question

OVERTURNED: Mapping[int, float] = {-1: 0.29, 0: 0.17, 1: 0.37}
"""Share of a judge's verdicts on a pair (lost, the same, gained) that humans are expected to overturn, for the plan
alone. Source: XSTest's GPT-4 judge against its humans, ten pairs of five models on 216 prompts of it."""

WIDEST = 2.0
"""A half width that any sample has: the fewest labels are then those of the floors."""

SPARE = 10
"""For every so many cases of the plan one more is drawn, of each verdict, so that a row left blank leaves no group
uncalibrated. A convention, like the floors: where 1 case in 25 is left blank, 55 cases leave the 50 of the floor in
98 % of sheets (binomial), and 50 cases in 13 %."""


class Sample(NamedTuple):
    """The drawn answers, two per case, with `inclusion`, and what was drawn in a sentence per group."""

    answers: pd.DataFrame
    plan: tuple[str, ...]


def drawn(tx: Transaction, frozen: Frozen, question: Question, *, half_width_pp: float | None) -> Sample:
    """Draw cases by the judged pair, and one trial of each model.

    Cases without a text, or whose answers were not stored, cannot be judged by reading and are counted.

    Raises:
        UsageError: No case has answers of both models.
    """
    outcomes = chosen_outcomes(tx, frozen, question)
    scored = outcomes[outcomes["outcome"].isin(["pass", "fail"])]
    found = labelled(scored, scored.iloc[:0], frozen.members)
    cases = pairs(found.answers, question.baseline, question.candidate)
    seed = [frozen.sha256, *sorted(set(scored["judge"])), *sorted([question.baseline, question.candidate])]
    read = tx.read(CASES, case_id=cases["case_id"].tolist())
    texts = set(read.loc[read["turns"].map(len) > 0, "case_id"])
    answers = scored[scored["output"].notna() & scored["case_id"].isin(texts)]
    answers = answers.assign(place=[sha256([*seed, *row]) for row in answers[ANSWER].itertuples(index=False)])
    answers = answers.sort_values("place").drop_duplicates(["case_id", "model"])
    shown = answers["case_id"].value_counts()
    readable = cases[cases["case_id"].map(shown).eq(2)]
    if readable.empty:
        raise UsageError(
            f"no case of {frozen.name} has a text and a stored answer of both models that the judge scored; "
            "import results with --column output=SOURCE"
        )
    parts = list(_parts(readable, seed, WIDEST if half_width_pp is None else half_width_pp / 100))
    chosen = pd.concat([part for part, _ in parts], ignore_index=True)
    left = len(cases) - len(readable)
    aside = [f"{counted(left, 'pair')} without a text or a stored answer cannot be drawn"] if left else []
    return Sample(
        answers.drop(columns="inclusion").merge(chosen, on="case_id"), (*(said for _, said in parts), *aside)
    )


def _parts(cases: pd.DataFrame, seed: list[str], half_width: float) -> Iterator[tuple[pd.DataFrame, str]]:
    """Draw within each group: the first of each verdict in an order that hangs on the seed alone."""
    for group in (name for name in GROUPS if (cases["group"] == name).any()):
        mine = cases[cases["group"] == group]
        mine = mine.assign(
            stratum=strata(mine["judge"]), place=[sha256([*seed, case]) for case in mine["case_id"]]
        )
        sizes = mine["stratum"].value_counts().sort_index()
        plan = label_plan(
            {float(at): int(size) for at, size in sizes.items()},  # type: ignore[arg-type]
            {float(at): OVERTURNED[int(at)] for at in sizes.index},
            half_width,
        )
        draws = {
            at: min(int(sizes[int(at)]), labels + math.ceil(labels / SPARE))
            for at, labels in plan.labels.items()
        }
        order = mine.sort_values("place").groupby("stratum").cumcount().reindex(mine.index)
        taken = mine[order < mine["stratum"].map(draws)]
        inclusion = {at: number / sizes[int(at)] for at, number in draws.items()}
        chosen = taken[["case_id"]].assign(inclusion=taken["stratum"].map(inclusion))
        yield chosen, _said(group, plan, draws, sizes)


def _said(group: str, plan: LabelPlan, draws: Mapping[float, int], sizes: pd.Series[int]) -> str:
    words = {-1.0: "lost", 0.0: "the same", 1.0: "gained"}
    by = ", ".join(f"{n} of {sizes[int(at)]} {words[at]}" for at, n in draws.items())
    needed, drawn_ = sum(plan.labels.values()), sum(draws.values())
    spare = f", {drawn_ - needed} of them to spare for rows left blank" if drawn_ > needed else ""
    reached = f"about ±{100 * plan.half_width:.1f} points with {needed}"
    return f"{group}: {counted(drawn_, 'case')} by the judge's verdict ({by}){spare}, {reached}" + (
        f"; {plan.reason}" if plan.reason else ""
    )
