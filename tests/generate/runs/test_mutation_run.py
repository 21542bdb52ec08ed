"""A run of operators: mutants of the seed and of kept candidates, with the splits of their parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import UsageError
from workbench.generate import damaged, fill, mutate_run, parents, requested, runs, slots
from workbench.tables import CASES, LABELS, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable

CHAINS = ["shout", "lowercase+no_marks"]


def test_the_eval_split_of_the_seed_is_mutated_and_nothing_else(shop: Any) -> None:
    done = mutate_run(shop.workspace, CHAINS, seed=3)
    cases = shop.workspace.cases
    made = cases[cases["bucket"] == "mutation"]
    split = cases.set_index("case_id")["split"]

    assert done.added == len(made) == len(done.mutants.cases) == 2
    assert {parent for ids in made["parent_ids"] for parent in ids} == {"e1", "e2"}
    assert set(made["split"]) == {"eval"}
    assert "  not mutated: 5 train cases, for style hints only" in str(done).splitlines()
    assert [split[ids[0]] for ids in made["parent_ids"]] == made["split"].tolist()
    assert set(made["generator_family"]) == {"programmatic"}
    assert set(made["generator_provider"]) == set(made["generator_model"]) == {"operators"}
    assert all(tag.startswith("demo-mut-") for tag in made["tag"])
    assert damaged(cases) == []


def test_the_same_run_again_adds_nothing_and_another_seed_is_another_run(shop: Any) -> None:
    first = mutate_run(shop.workspace, ["typo"], seed=3)
    again = mutate_run(shop.workspace, ["typo"], seed=3)
    other = mutate_run(shop.workspace, ["typo"], seed=4)

    assert (again.run, again.added) == (first.run, 0)
    assert other.run.run_id != first.run.run_id
    assert len(shop.workspace.store.read(RUNS)) == 2


def test_the_run_says_what_was_made_and_what_was_left_out(shop: Any) -> None:
    done = mutate_run(shop.workspace, [*CHAINS, "reorder"], seed=3)
    found = slots(shop.workspace)
    tried = found.groupby(found["operators"].map("+".join))["count"].sum()

    assert tried.to_dict() == {"shout": 2, "lowercase+no_marks": 2, "reorder": 2}
    assert found.loc[~found["made"], "reason"].ne("").all()
    assert int(found["made"].sum()) == done.added
    assert runs(shop.workspace)["generator_provider"].tolist() == ["operators"]
    # Mutants are asked for by operator, not by cell.
    assert requested(shop.workspace) is None
    assert (
        str(done)
        .splitlines()[0]
        .endswith(f"{done.added} mutants made, {6 - done.added} left out, {done.added} added")
    )
    assert str(done).splitlines()[-1] == (
        "0 of 2 mutants can inherit the parent's label once a reviewer has kept them; 2 need a label of their own"
    )


def test_only_the_mutants_of_a_labelled_parent_can_inherit(
    shop: Any, new_label: Callable[..., dict[str, Any]]
) -> None:
    shop.workspace.store.append(LABELS, [new_label("e1", kind="human")])
    done = mutate_run(shop.workspace, ["shout"], plan_only=True)

    assert (done.inherit, done.added) == (1, None)
    assert shop.workspace.store.read(RUNS).empty


def test_mutants_get_no_label_before_a_reviewer_keeps_them(
    shop: Any, new_label: Callable[..., dict[str, Any]]
) -> None:
    shop.workspace.store.append(LABELS, [new_label("t1"), new_label("e1")])
    mutate_run(shop.workspace, CHAINS, seed=3)

    assert shop.workspace.store.read(LABELS)["case_id"].tolist() == ["t1", "e1"]


def test_kept_candidates_are_parents_and_the_red_team_and_mutants_are_not(
    shop: Any, writer: Any, new_event: Callable[..., dict[str, Any]]
) -> None:
    fill(shop.workspace, shop.run(), writer())
    mutate_run(shop.workspace, ["shout"], seed=3)
    cases = shop.workspace.cases
    first = [
        cases.loc[cases["bucket"] == bucket, "case_id"].iloc[0]
        for bucket in ("persona", "redteam", "mutation")
    ]
    events = [new_event(number, case, "keep") for number, case in enumerate(first, 1)]
    found = parents(cases, REVIEWS.frame(events))

    assert set(found["case_id"]) == {"e1", "e2", first[0]}


def test_a_chosen_holdout_case_is_left_out(shop: Any) -> None:
    cases = shop.workspace.cases
    done = mutate_run(shop.workspace, ["shout"], cases=cases[cases["split"] == "holdout"])

    assert done.added == 0
    assert done.mutants.left_out["reason"].tolist() == ["the holdout is never touched"]


def test_a_damaged_mutant_is_found(shop: Any) -> None:
    mutate_run(shop.workspace, ["shout"], seed=3, cases=shop.workspace.cases)
    cases = shop.workspace.cases
    place = next(i for i, case in cases.iterrows() if case["parent_ids"] == ["t2"])
    cases.at[place, "turns"] = [{"role": "user", "text": "WHERE IS ORDER 4418?"}]

    assert damaged(cases) == [cases.at[place, "case_id"]]


@pytest.mark.parametrize("change", [{"parent_ids": []}, {"parent_ids": ["gone"]}, {"turns": []}], ids=str)
def test_a_mutant_that_cannot_be_compared_with_its_parent_counts_as_damaged(
    shop: Any, change: dict[str, list[Any]]
) -> None:
    mutate_run(shop.workspace, ["shout"], seed=3)
    cases = shop.workspace.cases
    place = cases.index[cases["bucket"] == "mutation"][0]
    for name, value in change.items():
        cases.at[place, name] = value

    assert damaged(cases) == [cases.at[place, "case_id"]]


def test_an_empty_workspace_and_an_unknown_operator_say_so(shop: Any) -> None:
    with pytest.raises(UsageError, match="has no case to mutate in the eval split; import a seed"):
        mutate_run(shop.workspace, ["shout"], cases=CASES.frame())
    with pytest.raises(UsageError, match="operator 'scream' is none of"):
        mutate_run(shop.workspace, ["scream"])
    assert shop.workspace.store.read(RUNS).empty
