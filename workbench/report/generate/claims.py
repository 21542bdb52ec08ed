"""What must hold of candidates that runs made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.report.generate.made import asked_of, mutants_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

VOUCHED = ("human", "programmatic", "provisional", "inherited")
"""Kinds of label that a person or a program stands behind; a generator never writes any."""


def claims(
    runs: pd.DataFrame,
    slots: pd.DataFrame,
    cases: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    damaged: Sequence[str],
) -> dict[str, bool]:
    """Return what has to be true of the candidates of runs, each checked against the table of cases.

    Args:
        runs: The runs.
        slots: Their slots.
        cases: The table `cases`.
        labels: The labels that are true now.
        damaged: The mutants that lost a protected place, as `workbench.generate.damaged` finds them.
    """
    asked = asked_of(slots)
    families = runs.set_index("run_id")["generator_family"]
    told = slots[slots["made"]].merge(cases, on="case_id", suffixes=("_asked", ""))
    prompted, mutants = asked_of(told), mutants_of(told)
    split = cases.set_index("case_id")["split"]
    hints = {hint for ids in asked["hint_ids"] for hint in ids}
    shown = cases[cases["case_id"].isin(hints)]
    pairs = [
        (one, split.get(parent))
        for one, ids in zip(told["split"], told["parent_ids"], strict=True)
        for parent in ids
    ]
    vouched = labels.loc[labels["case_id"].isin(prompted["case_id"]), "kind"].isin(VOUCHED)
    return {
        "every case of a run carries its tag, bucket and generator's family": bool(
            (
                told["tag"].notna()
                & (told["bucket"] == told["bucket_asked"])
                & (told["generator_family"] == told["run_id"].map(families))
            ).all()
        ),
        "every case that was prompted for carries the hash of its prompt and its hints": bool(
            (prompted["prompt_sha256"] == prompted["prompt_sha256_asked"]).all()
        )
        and prompted["hint_ids"].tolist() == prompted["hint_ids_asked"].tolist(),
        "no style hint is of eval or holdout, or was not real": len(shown) == len(hints)
        and bool(((shown["split"] == "train") & (shown["bucket"] == "seed")).all()),
        "what was requested is what came and what has a reason, in every cell": _all_there(runs, slots)
        and _reconciled(asked, prompted),
        "a mutant has its parent's split, and none is of the holdout": all(
            one == other != "holdout" for one, other in pairs
        ),
        "every mutant names its parents and says what each operator changed": all(
            len(ids) in {1, 2} and steps and all(step["spans"] or step.get("facts") for step in steps)
            for ids, steps in zip(mutants["parent_ids"], mutants["operators"], strict=True)
        ),
        "the mutants that were made are the mutants that are stored": int(mutants_of(slots)["made"].sum())
        == _by_operators(cases),
        "no mutant has a damaged number, id, amount, date, address or link": not damaged,
        "no label of a candidate came from its generator": bool(vouched.all()),
    }


def _by_operators(cases: pd.DataFrame) -> int:
    """Return how many cases operators made; what a reviewer wrote anew of one is none of theirs."""
    made = (cases["bucket"] == "mutation") & (cases["generator_provider"] == "operators")
    return int((made & cases["author"].isna()).sum())


def _all_there(runs: pd.DataFrame, slots: pd.DataFrame) -> bool:
    """Say whether no run has lost a slot since it was frozen."""
    counts = slots.groupby("run_id")["count"].sum()
    return bool((runs["run_id"].map(counts).fillna(0) == runs["slots"]).all())


def _reconciled(asked: pd.DataFrame, prompted: pd.DataFrame) -> bool:
    """Say whether each cell has as many cases, by the cases' own cells, as slots without a reason."""
    # A paraphrase is asked for by its parent, whose cell its case has.
    asked, prompted = (part[part["bucket"] != "mutation"] for part in (asked, prompted))
    wanted = Counter(asked["cell"].fillna("redteam"))
    came = Counter(prompted.drop_duplicates("case_id")["cell"].fillna("redteam"))
    return wanted == came + Counter(asked.loc[asked["reason"] != "", "cell"].fillna("redteam"))
