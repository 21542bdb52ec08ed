"""The plan of a set, the labels it lacks, and the sets that were frozen before it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench import settings as files
from workbench.chain import linked
from workbench.errors import UsageError
from workbench.evalset import decides, freeze, history, plan, unlabelled
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

MADE = {"generator_family": "mistral/large"}


@pytest.fixture
def shop(
    workspace: Workspace,
    new_case: Callable[..., dict[str, Any]],
    new_event: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
) -> Workspace:
    """Sixty real cases, and four candidates of which two are kept and one of them is labelled."""
    rows = [new_case(f"s-{n:02d}", f"where is parcel {n}????", slice="delay") for n in range(60)]
    rows += [new_case("s-train", "hello??", split="train")]
    rows += [
        new_case(f"p-{n}", f"send me my money, order {n}", bucket="prompted", tag="synth-angry", cell=cell, **MADE)
        for n, cell in enumerate(["angry/delay", "angry/delay", "new/delay", None])
    ]  # fmt: skip
    workspace.store.append(CASES, rows)
    decided = {"p-0": "keep", "p-1": "keep", "p-2": "reject"}
    told = [new_event(n, case, event) for n, (case, event) in enumerate(decided.items(), 1)]
    workspace.store.append(REVIEWS, linked(workspace.reviews, told))
    workspace.store.append(LABELS, [new_label("p-0"), new_label("s-00")])
    return workspace


def settle(shop: Workspace, settings: str) -> None:
    """Write workbench.toml anew, as an owner does between two runs."""
    (shop.root / "workbench.toml").write_text(f"{settings}\n", "utf-8")
    shop.__dict__.pop("settings", None)


def test_a_plan_starts_from_what_freezing_takes(shop: Workspace) -> None:
    planned = plan(shop)
    frozen = freeze(shop, "launch", mix="mature")

    assert planned.members.equals(frozen.members)
    assert planned.weights == frozen.weights
    assert planned.parts.set_index("part")["short"].to_dict() == {
        part: row["short"] for part, row in frozen.mix.items()
    }


def test_planning_freezes_nothing(shop: Workspace) -> None:
    plan(shop)

    assert shop.evalsets.empty
    assert not list((shop.root / "evalsets").iterdir())


def test_by_default_the_size_is_as_far_as_the_seed_carries(shop: Workspace) -> None:
    planned = plan(shop)
    needs = planned.needs.set_index("part")

    assert planned.total == 200
    assert needs.loc["seed", ["wanted", "have", "short"]].tolist() == [60, 60, 0]
    assert needs.loc["persona+prompted", ["wanted", "have", "kept", "reviewed"]].tolist() == [40, 2, 2, 3]


def test_a_larger_set_is_short_of_real_cases(shop: Workspace) -> None:
    assert plan(shop, "70/30", total=1000).needs.set_index("part").loc["seed", "short"] == 240


def test_a_mix_of_the_owners_own_is_planned_and_carried(shop: Workspace) -> None:
    settle(shop, "[mix.ours]\nseed = 0.5\nprompted = 0.5\n[mix.probes]\nprompted = 0.8\nredteam = 0.2")
    carried = plan(shop).carried.set_index("mix")["carried"]

    assert list(carried.index) == ["70/30", "mature", "50/25/25", "ours", "probes"]
    assert plan(shop, "ours").total == carried["ours"] == 120
    assert plan(shop, "probes").total == 1000


def test_an_owners_mix_never_takes_a_presets_place(shop: Workspace) -> None:
    settle(shop, '[mix."70/30"]\nseed = 1.0')

    assert plan(shop, "70/30").total == 200


@pytest.mark.parametrize(
    ("mix", "total", "message"), [("80/20", 0, "no mix '80/20'"), ("mature", -1, "a set of -1 cases")]
)
def test_what_cannot_be_planned_says_so(shop: Workspace, mix: str, total: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan(shop, mix, total=total)


def test_a_bare_workspace_has_an_empty_plan(workspace: Workspace) -> None:
    planned = plan(workspace)

    assert (planned.total, len(planned.members), planned.weights) == (0, 0, {})
    assert planned.decides.empty
    assert planned.needs["wanted"].tolist() == [0] * 5


def test_what_the_set_can_decide_is_that_of_its_real_roots() -> None:
    """184 real cases, a neutral candidate: 22/3 and 17/3 % of SHIP/BLOCK, and a disaster never ships."""
    found = decides(184, files.Settings().gate).set_index(["discordance", "true_delta_pp"])

    assert [round(100 * found.loc[(pi, 0.0), "ship"]) for pi in (0.10, 0.15)] == [22, 17]
    assert [round(100 * found.loc[(pi, 0.0), "block"]) for pi in (0.10, 0.15)] == [3, 3]
    assert round(100 * found.loc[(0.15, -12.0), "block"]) == 100
    assert found[["ship", "block", "no_verdict"]].sum(axis=1).tolist() == pytest.approx([1] * 6)


def test_candidates_without_a_label_are_told_by_cell(shop: Workspace) -> None:
    found = plan(shop).unlabelled

    assert found.to_dict("records") == [
        {"cell": "angry/delay", "cases": 2, "without_label": 1, "case_ids": ["p-1"]}
    ]


def test_what_only_the_model_claims_that_wrote_a_candidate_is_no_label(
    shop: Workspace, new_label: Callable[..., dict[str, Any]]
) -> None:
    shop.store.append(LABELS, [new_label("p-1", "refund", kind="claimed", author=None)])
    assert plan(shop).unlabelled["case_ids"].tolist() == [["p-1"]]

    shop.store.append(LABELS, [new_label("p-1", "refund", kind="programmatic")])
    assert plan(shop).unlabelled["without_label"].tolist() == [0]


def test_candidates_that_name_no_cell_are_told_too(
    shop: Workspace, new_event: Callable[..., dict[str, Any]]
) -> None:
    shop.store.append(REVIEWS, [new_event(9, "p-3", "keep")])
    found = plan(shop).unlabelled

    assert found["cell"].isna().tolist() == [False, True]
    assert found["case_ids"].tolist() == [["p-1"], ["p-3"]]


def test_a_set_without_candidates_lacks_no_label(workspace: Workspace) -> None:
    assert unlabelled(plan(workspace).members, workspace.cases, workspace.labels).empty


# The sets that were frozen


def test_frozen_sets_are_listed_with_their_use_and_their_files(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    freeze(shop, "launch")
    shop.store.append(CASES, [new_case("s-99", "and the other parcel?")])
    freeze(shop, "launch")
    found = history(shop)

    assert found[["name", "version", "cases", "times_used", "age_days", "intact", "files"]].to_numpy().tolist() == [
        ["launch", 1, 62, 0, 0, True, "match"],
        ["launch", 2, 63, 0, 0, True, "match"],
    ]  # fmt: skip


def test_a_workspace_without_a_set_lists_none(workspace: Workspace) -> None:
    assert history(workspace).empty


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases.jsonl", "{}\n"),
        ("manifest.json", "{}"),
        ("manifest.json", "[]"),
        ("manifest.json", "not json"),
    ],
)
def test_files_that_were_changed_are_told(shop: Workspace, name: str, text: str) -> None:
    (freeze(shop, "launch").folder / name).write_text(text, "utf-8")

    assert history(shop)["files"].tolist() == ["differ"]


def test_files_that_are_not_on_this_machine_are_absent(shop: Workspace) -> None:
    (freeze(shop, "launch").folder / "cases.jsonl").unlink()

    assert history(shop)["files"].tolist() == ["absent"]


def test_the_manifest_of_another_set_does_not_match(shop: Workspace) -> None:
    manifest = freeze(shop, "launch").folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | {"sha256": "0" * 64}), "utf-8")

    assert history(shop)["files"].tolist() == ["differ"]
