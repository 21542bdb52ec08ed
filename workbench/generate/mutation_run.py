"""A run of operators: mutants of the seed and of kept candidates, frozen and added together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench import embed, folds
from workbench.errors import UsageError, counted
from workbench.exchange.comparison import refuse_mixture
from workbench.generate.mutation import Mutants, mutate, need_scene
from workbench.generate.operators.changes import Change, Fact, applied, fault, restated
from workbench.generate.operators.scene import Scene
from workbench.generate.run import BY_OPERATORS, Run, Slot, freeze, frozen
from workbench.labels import inherited
from workbench.tables import CASES, LABELS
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from workbench.workspace import Workspace

LEAST_COSINE = 0.33
"""The least cosine to its parent of a mutant that keeps the label.

Under it lie 19 of 20 pairs of different cases of the demo's seed (99 of 100 lie under 0.45): such a mutant is no
more like its parent than an unrelated case may be. Of 15,759 mutants by 27 operators and chains that keep the
label, made of the demo's seed and of four public sets, 0.7 % lie under it, and of the demo's 2,684 it is 1.1 %. Nearly
all are typos in the word that a short message is about, which a person reads and the model does not. The median
is 0.8 for typos, 0.76 for remarks in front, and over 0.9 for the others.
"""

TOO_FAR = f"it keeps the label, and its cosine to its parent is under {LEAST_COSINE}"


@dataclass(frozen=True, kw_only=True)
class MutationRun:
    """What a run of operators did.

    Attributes:
        run: The run.
        mutants: What was made, and what was left out with its reasons.
        added: Mutants that were not in the store before; None where nothing was to be stored.
        inherit: Mutants that inherit their parent's label once a reviewer has kept them.
        train: Train cases that are no parents by default.
        roots: How many roots the seed has without these mutants, and with them: one of two parents makes
            one root of both.
    """

    run: Run
    mutants: Mutants
    added: int | None
    inherit: int
    train: int
    roots: tuple[int, int]

    def __str__(self) -> str:
        left = self.mutants.left_out.groupby("operators", sort=False)["cases"].sum()
        made = len(self.mutants.cases)
        added = "nothing stored" if self.added is None else f"{self.added:,} added"
        train = f"  not mutated: {counted(self.train, 'train case')}, for style hints only"
        before, after = self.roots
        roots = f"  mutants of two parents, if all are kept, leave the seed {after:,} of its {counted(before, 'root')}"
        labels = (
            f"{self.inherit:,} of {counted(made, 'mutant')} can inherit the parent's label once a reviewer has kept "
            f"them; {made - self.inherit:,} need a label of their own"
        )
        return "\n".join(
            [
                f"run {self.run.run_id[:12]}: {self.mutants}, {added}",
                *(f"  left out: {number:,} {operators}" for operators, number in left.items()),
                *([train] if self.train else []),
                *([roots] if after < before else []),
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
    Windows are those of the rubric's policy, and the second parent of a mutant is one of the cases. A
    mutant that keeps the label has to be like its parent: see `LEAST_COSINE`.

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
        SafetyError: The embedding model's files are not the ones that this project was tested with.
    """
    stored = workspace.cases
    refuse_mixture(workspace, stored)
    chosen = parents(stored, workspace.reviews) if cases is None else cases
    if chosen.empty:
        raise UsageError(
            f"{workspace.name} has no case to mutate in the eval split; import a seed with `workbench import seed FILE`"
        )
    known = need_scene(operators)
    scene = Scene(policy=workspace.rubric.policy, products=workspace.lexicon.products) if known else Scene()
    made = mutate(chosen, operators, seed=seed, copies=copies, scene=scene)
    mutants = _rooted(accepted(made, chosen, cache=workspace.path("cache")), stored)
    run = frozen(_slots(mutants), BY_OPERATORS, BY_OPERATORS, "programmatic", seed=seed)
    seed_train = (stored["bucket"] == "seed") & (stored["split"] == "train")
    return MutationRun(
        run=run,
        mutants=mutants,
        added=None if plan_only else _stored(workspace, run, mutants),
        inherit=len(inherited(mutants.cases, workspace.store.read(LABELS))),
        train=int(seed_train.sum()) if cases is None else 0,
        roots=(_seed_roots(stored), _seed_roots(stored, mutants.cases)),
    )


def accepted(mutants: Mutants, parents: pd.DataFrame, *, cache: Path | None = None) -> Mutants:
    """Return the mutants that are near enough to their parents to have their label.

    What keeps the label and is under `LEAST_COSINE` is left out with its reason. What keeps none may be
    as far as it likes: a reviewer says what is to be expected of it.

    Args:
        mutants: What a mutation made.
        parents: The cases that it was made of.
        cache: A folder in which vectors are kept; None computes them all.
    """
    said = dict(zip(parents["case_id"], parents["turns"], strict=True))
    keeps = (
        mutants.cases["operators"].map(lambda steps: all(step["keeps_label"] for step in steps)).astype(bool)
    )
    held = mutants.cases[keeps]
    near = cosines([said[ids[0]] for ids in held["parent_ids"]], held["turns"].tolist(), cache=cache)
    return mutants.without(held.index[near < LEAST_COSINE], TOO_FAR)


def cosines(before: Sequence[Any], after: Sequence[Any], *, cache: Path | None = None) -> NDArray[np.float32]:
    """Return how like each conversation is to the one in its place, by what the user says: -1 to 1.

    Args:
        before: Turns.
        after: Turns, as many conversations.
        cache: A folder in which vectors are kept; None computes them all.
    """
    made = embed.vectors([user_text(turns) for turns in (*before, *after)], cache=cache)
    # The last digits depend on which texts shared a pass through the model.
    found: NDArray[np.float32] = (made[: len(before)] * made[len(before) :]).sum(axis=1).round(4)
    return found


def _rooted(mutants: Mutants, stored: pd.DataFrame) -> Mutants:
    """Return the mutants with the roots that they have beside everything that is stored and each other."""
    import pandas as pd

    root = folds.roots(pd.concat([mutants.cases, stored], ignore_index=True))
    return replace(mutants, cases=mutants.cases.assign(root_id=root.iloc[: len(mutants.cases)].array))


def _seed_roots(*cases: pd.DataFrame) -> int:
    """Return how many roots the seed has among these cases."""
    import pandas as pd

    known = pd.concat(cases, ignore_index=True)
    return int(folds.roots(known)[known["bucket"] == "seed"].nunique())


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

    What is recorded of the operators is done to the parent again. A mutant counts as damaged where a step
    changes such a place otherwise than on purpose, and where the steps do not lead to it. What a reviewer
    wrote anew is not looked at.

    Args:
        cases: The table `cases`.
    """
    known = {
        case: (turns, context)
        for case, turns, context in zip(cases["case_id"], cases["turns"], cases["context"], strict=True)
    }
    by_operators = (cases["bucket"] == "mutation") & (cases["generator_provider"] == BY_OPERATORS)
    made = cases[by_operators & cases["author"].isna()]
    return [
        mutant["case_id"]
        for mutant in made.to_dict("records")
        if _is_damaged(known.get(next(iter(mutant["parent_ids"]), "")), mutant)
    ]


def _is_damaged(parent: tuple[Any, Any] | None, mutant: Mapping[Any, Any]) -> bool:
    if parent is None:
        return True
    turns, context = parent
    try:
        for step in mutant["operators"]:
            spans = [Change(**span) for span in step["spans"]]
            before, turns = turns, applied(turns, spans)
            context = restated(context, [Fact(**fact) for fact in step.get("facts", ())])
            if fault(before, turns, spans):
                return True
    except (ValueError, TypeError, KeyError):
        return True
    return bool(turns != mutant["turns"] or context != mutant["context"])


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
