"""A run of operators: mutants of the seed and of kept candidates, with the splits of their parents."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import UsageError
from workbench.generate import (
    damaged,
    fill,
    mutate,
    mutate_run,
    parents,
    requested,
    runs,
    slots,
)
from workbench.generate.mutation_run import TOO_FAR, accepted
from workbench.review import decide
from workbench.tables import CASES, LABELS, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable

CHAINS = ["shout", "lowercase+no_marks"]
TALKS = (
    ("e3", "delay", "where is my parcel, it was not at the door"),
    ("e4", "damaged", "I got it 29 days ago. The mug was never used, and it leaks."),
    ("e5", "billing", "Hello, I was charged twice for it. Can I have my money?"),
    ("e6", "question", "do you ship to the islands, and is it dear"),
)
CHANGING = ["negation_flip", "window_edge", "merge_issues"]


@pytest.fixture
def talks(shop: Any, new_case: Callable[..., dict[str, Any]]) -> Any:
    """The shop with a policy and four more cases, of as many topics, that are labelled by hand."""
    (shop.workspace.root / "rubric.toml").write_text('policy = "Returns within 30 days."\n', "utf-8")
    (shop.workspace.root / "lexicon.toml").write_text('version = "1"\n', "utf-8")
    rows = [
        new_case(name, text, split="eval", slice=topic, tag="demo-prod", context={"facts": {"open": name}})
        for name, topic, text in TALKS
    ]
    shop.workspace.store.append(CASES, rows)
    return shop.workspace


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


def test_what_keeps_the_label_and_is_not_like_its_parent_is_left_out_and_counted(
    talks: Any,
) -> None:
    cases = talks.cases.query("case_id in ['e3', 'e4', 'e5', 'e6']")
    made = mutate(cases, ["lowercase", "negation_flip"], seed=1)
    far = [{"role": "user", "text": "the trumpet next door is too loud"}]
    drifted = made.cases.assign(turns=[far] * len(made.cases))
    found = accepted(replace(made, cases=drifted), cases)

    assert accepted(made, cases).cases["case_id"].tolist() == made.cases["case_id"].tolist()
    assert {step["name"] for steps in found.cases["operators"] for step in steps} == {"negation_flip"}
    assert found.left_out.query("reason == @TOO_FAR")[["operators", "cases"]].values.tolist() == [
        ["lowercase", 2]
    ]
    assert len(found.cases) + found.left_out["cases"].sum() == 8


def test_a_run_names_what_was_too_far_as_any_other_reason(
    talks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.generate.mutation_run.LEAST_COSINE", 1.01)
    done = mutate_run(talks, ["preamble", "negation_flip"], seed=3)
    found = slots(talks).set_index("reason")

    assert {step["name"] for steps in done.mutants.cases["operators"] for step in steps} == {"negation_flip"}
    assert found.loc[TOO_FAR, ["operators", "count", "made"]].tolist() == [["preamble"], 4, False]
    assert found["count"].sum() == 12


def test_two_parents_make_one_root_and_the_run_says_what_that_leaves_of_the_seed(talks: Any) -> None:
    done = mutate_run(talks, ["merge_issues", "lowercase"], seed=3)
    cases = talks.cases
    root = cases.set_index("case_id")["root_id"]
    two = cases[cases["parent_ids"].map(len) == 2]

    assert done.roots == (12, 10)
    assert (
        "  mutants of two parents, if all are kept, leave the seed 10 of its 12 roots"
        in str(done).splitlines()
    )
    assert len(two) == 2
    for mutant in two.to_dict("records"):
        # The other mutants of both parents are of this root too.
        family = cases[
            cases["parent_ids"].map(lambda ids, mine=mutant["parent_ids"]: not set(ids).isdisjoint(mine))
        ]
        assert set(family["root_id"]) == {min(mutant["parent_ids"])}
        assert [root[parent] for parent in mutant["parent_ids"]] == mutant["parent_ids"]
    assert damaged(cases) == []


def test_a_window_of_the_rubric_is_crossed_and_the_change_is_no_damage(talks: Any) -> None:
    mutate_run(talks, ["window_edge", "window_edge+split_turns"], seed=3)
    cases = talks.cases
    made = cases[cases["bucket"] == "mutation"]

    assert len(made) == 2
    assert all("31 days ago" in turns[0]["text"] for turns in made["turns"])
    assert damaged(cases) == []


@pytest.mark.parametrize("change", ["spans", "facts", "kind"])
def test_a_record_that_does_not_lead_to_the_mutant_counts_as_damage(talks: Any, change: str) -> None:
    mutate_run(talks, ["window_edge"], seed=3)
    cases = talks.cases
    place = cases.index[cases["bucket"] == "mutation"][0]
    (step,) = cases.at[place, "operators"]
    (span,) = step["spans"]
    fact = {"path": ["facts", "open"], "before": "e4", "after": "e9"}
    forged = {
        "spans": step | {"spans": []},
        "facts": step | {"facts": [fact]},
        "kind": step | {"spans": [span | {"kind": "text"}]},
    }
    cases.at[place, "operators"] = [forged[change]]

    assert damaged(cases) == [cases.at[place, "case_id"]]


def test_what_a_reviewer_wrote_anew_is_no_damage_of_an_operator(talks: Any) -> None:
    mutate_run(talks, ["shout"], seed=3)
    mutant = talks.cases.query("bucket == 'mutation'").iloc[-1]
    text = "WHERE IS ORDER 7790?"
    decide(talks, [verdict(mutant, "revise", reasons=["unrealistic"], turns=text)])
    revised = talks.cases.iloc[-1]

    assert revised["turns"][0]["text"] == text
    assert damaged(talks.cases) == []


def test_a_kept_mutant_with_another_outcome_waits_for_a_label_of_its_own(
    talks: Any, new_label: Callable[..., dict[str, Any]]
) -> None:
    talks.store.append(LABELS, [new_label(name, kind="human") for name, _, _ in TALKS])
    changing = ["negation_flip", "window_edge", "merge_issues", "merge_issues+split_turns"]
    done = mutate_run(talks, [*changing, "split_turns", "preamble"], seed=3)
    made = talks.cases.query("bucket == 'mutation'")
    names = made.set_index("case_id")["operators"].map(lambda steps: steps[0]["name"])
    decide(talks, [verdict(mutant, "keep") for _, mutant in made.iterrows()])
    given = set(talks.labels["case_id"]) - {name for name, _, _ in TALKS}

    assert set(names) == {*CHANGING, "split_turns", "preamble"}
    assert {names[case] for case in given} == {"split_turns", "preamble"}
    assert done.inherit == len(given) == int(names.isin(["split_turns", "preamble"]).sum())


def verdict(mutant: Any, said: str, **more: Any) -> dict[str, Any]:
    when = dt.datetime.now(dt.UTC)
    told = {"case_id": mutant["case_id"], "content_sha256": mutant["content_sha256"]}
    return told | {"verdict": said, "reviewer": "Support lead", "at": when} | more
