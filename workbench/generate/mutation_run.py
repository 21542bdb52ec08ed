"""A run of operators: mutants of the seed and of kept candidates, frozen and added together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import folds
from workbench.errors import UsageError, counted
from workbench.exchange.comparison import refuse_mixture
from workbench.generate.mutation import mutate
from workbench.generate.operators.protected import is_damaged
from workbench.generate.run import BY_OPERATORS, Run, Slot, freeze, frozen
from workbench.labels import inherited
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.generate.mutation import Mutants
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class MutationRun:
    """What a run of operators did.

    Attributes:
        run: The run.
        mutants: What was made, and what was left out with its reasons.
        added: Mutants that were not in the store before; None where nothing was to be stored.
        inherit: Mutants that inherit their parent's label once a reviewer has kept them.
        train: Train cases that are no parents by default.
    """

    run: Run
    mutants: Mutants
    added: int | None
    inherit: int
    train: int

    def __str__(self) -> str:
        left = self.mutants.left_out.groupby("operators", sort=False)["cases"].sum()
        made = len(self.mutants.cases)
        added = "nothing stored" if self.added is None else f"{self.added:,} added"
        train = f"  not mutated: {counted(self.train, 'train case')}, for style hints only"
        labels = (
            f"{self.inherit:,} of {counted(made, 'mutant')} can inherit the parent's label once a reviewer has kept "
            f"them; {made - self.inherit:,} need a label of their own"
        )
        return "\n".join(
            [
                f"run {self.run.run_id[:12]}: {self.mutants}, {added}",
                *(f"  left out: {number:,} {operators}" for operators, number in left.items()),
                *([train] if self.train else []),
                labels,
            ]
        )


def parents(cases: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that may be mutated: the eval split of the seed, and kept candidates.

    Train cases give style hints and never decide, so no frozen set takes their mutants by default.

    Kept mutants are left out, for a mutant of a mutant is a chain of operators by another name; so
    is the red team, whose mutants would count as synthetic.

    Args:
        cases: The table `cases`.
        reviews: The table `reviews`.
    """
    kept = folds.candidates(cases, reviews)["kept"] & cases["bucket"].isin(["prompted", "persona"])
    return cases[(kept | (cases["bucket"] == "seed")) & (cases["split"] == "eval")]


def mutate_run(
    workspace: Workspace,
    operators: Sequence[str],
    *,
    seed: int = 0,
    copies: int = 1,
    cases: pd.DataFrame | None = None,
    plan_only: bool = False,
) -> MutationRun:
    """Mutate cases and add the mutants with the run that made them: all of it, or nothing.

    The same run again adds nothing. Mutants get no label here: review gives one to those it keeps.

    Args:
        workspace: The workspace.
        operators: Chains such as `typo` or `typo+lowercase`.
        seed: The seed of chance.
        copies: How often each chain is tried on each case.
        cases: Rows of `cases` to mutate; by default what `parents` returns. The holdout never is.
        plan_only: Make the mutants and store nothing.

    Raises:
        UsageError: There is no such operator, no case to mutate, or the store is not for this kind of
            workspace.
    """
    stored = workspace.cases
    refuse_mixture(workspace, stored)
    chosen = parents(stored, workspace.reviews) if cases is None else cases
    if chosen.empty:
        raise UsageError(
            f"{workspace.name} has no case to mutate in the eval split; import a seed with `workbench import seed FILE`"
        )
    mutants = mutate(chosen, operators, seed=seed, copies=copies)
    run = frozen(_slots(mutants), BY_OPERATORS, BY_OPERATORS, "programmatic", seed=seed)
    seed_train = (stored["bucket"] == "seed") & (stored["split"] == "train")
    return MutationRun(
        run=run,
        mutants=mutants,
        added=None if plan_only else _stored(workspace, run, mutants),
        inherit=len(inherited(mutants.cases, workspace.store.read(LABELS))),
        train=int(seed_train.sum()) if cases is None else 0,
    )


def _stored(workspace: Workspace, run: Run, mutants: Mutants) -> int:
    """Add the run and its new mutants; return how many were new."""
    with workspace.store.transaction() as tx:
        freeze(tx, run)
        # The same parent, operators and text have the same id in every run.
        there = tx.read(CASES, case_id=mutants.cases["case_id"])["case_id"]
        new = mutants.cases[~mutants.cases["case_id"].isin(there)]
        return tx.append(CASES, new.assign(generator_provider=BY_OPERATORS, generator_model=BY_OPERATORS))


def damaged(cases: pd.DataFrame) -> list[str]:
    """Return the mutants that lost a number, date, address or id of their parent.

    Args:
        cases: The table `cases`; a mutant is compared with its one parent, turn by turn, and counts
            as damaged where that cannot be done.
    """
    turns = dict(zip(cases["case_id"], cases["turns"], strict=True))
    found = []
    made = cases[(cases["bucket"] == "mutation") & (cases["generator_provider"] == BY_OPERATORS)]
    for mutant in made.to_dict("records"):
        before = turns.get(next(iter(mutant["parent_ids"]), ""), [])
        pairs = zip(before, mutant["turns"], strict=False)
        lost = any(is_damaged(old["text"], new["text"]) for old, new in pairs if old != new)
        if lost or len(before) != len(mutant["turns"]):
            found.append(mutant["case_id"])
    return found


def _slots(mutants: Mutants) -> list[Slot]:
    made = [
        Slot(
            bucket="mutation",
            case_id=mutant["case_id"],
            parent_ids=tuple(mutant["parent_ids"]),
            operators=tuple(step["name"] for step in mutant["operators"]),
        )
        for mutant in mutants.cases.to_dict("records")
    ]
    left = [
        Slot(bucket="mutation", operators=tuple(names.split("+")), count=number, reason=reason)
        for names, reason, number in mutants.left_out.itertuples(index=False)
    ]
    return [*made, *left]
