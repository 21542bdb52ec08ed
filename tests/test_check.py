"""`workbench check` on a bare workspace, on a seed alone, and on one with runs, reviews and swaps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench import workspace as workspaces
from workbench.cli.check import questions
from workbench.tables import CASES, RESULTS, REVIEWS, RUNS, SWAPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

DEMO = Path(__file__).parents[1] / "data" / "demo"


def answers(shop: Workspace) -> list[str]:
    return [found.answer for found in questions(shop)]


def test_a_bare_workspace_knows_nothing_and_is_no_error(tmp_path: Path, command: Callable[..., Any]) -> None:
    command("init", str(tmp_path / "shop"))
    lines = command("-w", str(tmp_path / "shop"), "check").out.splitlines()

    assert lines[0] == "not known  Does every case carry a provenance tag?"
    assert lines[1] == "           there is no case"
    assert lines[-1].startswith("shop: 1 yes, 0 no, 7 not known.")


def test_a_seed_alone_has_its_tags(tmp_path: Path, command: Callable[..., Any]) -> None:
    shop = str(tmp_path / "shop")
    command("init", shop)
    command("-w", shop, "import", "seed", str(DEMO / "seed.jsonl"))

    with workspaces.open(shop) as opened:
        assert answers(opened) == [
            "yes",
            "not known",
            "not known",
            "not known",
            "yes",
            "yes",
            "yes",
            "not known",
        ]
        assert questions(opened)[0].evidence == "184 of 184 cases"


@pytest.fixture
def full(
    workspace: Workspace, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> Workspace:
    """A seed case and 200 candidates of one run, 153 of them kept, their answers judged, and three swaps."""
    made = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    rows = [new_case(f"p-{n:03d}", f"parcel {n} is late and i'm done", **made) for n in range(200)]
    workspace.store.append(CASES, [new_case("s-1"), *rows])
    workspace.store.append(
        REVIEWS, [new_event(n + 1, f"p-{n:03d}", "keep" if n < 153 else "reject") for n in range(200)]
    )
    at = rows[0]["created_at"]
    workspace.store.append(
        RUNS,
        [
            {"run_id": "a" * 64, "generator_provider": "replay", "generator_model": "composed", "seed": 1}
            | {"generator_family": "mistral/large", "slots": [{"case_id": row["case_id"]} for row in rows]}
            | {"prompts": {}, "low_usd": 2.0, "high_usd": 10.0, "created_at": at}
        ],
    )
    judged = {"results_run": "b" * 64, "case_id": "s-1", "model": "shop-bot-3", "model_family": "openai/gpt", "trial": "1"}  # fmt: skip
    judged |= {"outcome": "pass", "judge": "checks", "judge_family": "programmatic", "imported_at": at}
    workspace.store.append(RESULTS, [judged])
    for number in range(3):
        swap(workspace, number, real="worse", synthetic="worse")
    return workspace


def swap(shop: Workspace, number: int, **readings: str) -> None:
    """Store a decided swap with the pairs that its readings are of: 20 of 40 cases of each group changed."""
    changes = {"worse": (1.0, 0.0), "better": (0.0, 1.0)}
    pairs = [
        [f"{group}-{n}", f"{group}-{n}", group, bucket, *(changes[readings[group]] if n < 20 else (1.0, 1.0))]
        for group, bucket in (("real", "seed"), ("synthetic", "prompted"))
        for n in range(40)
    ]
    gate = {"margin_pp": 3.0, "look_alpha": 0.05}
    shop.store.append(
        SWAPS,
        [
            {"verdict_id": f"{number:064d}", "baseline": "shop-bot-2", "candidate": "shop-bot-3", "look": 1}
            | {"evalset_sha256": "c" * 64, "results_sha256": f"{number:064x}", "verdict": "BLOCK", "run": "r"}
            | {"numbers": {"gate": gate}, "pairs": pairs}
            | {"created_at": shop.cases["created_at"].iloc[0].to_pydatetime()}
        ],
    )


def test_a_full_workspace_is_answered_from_its_tables(full: Workspace, command: Callable[..., Any]) -> None:
    found = questions(full)
    printed = command("-w", str(full.root), "check").out

    assert [question.answer for question in found] == [
        "yes",
        "yes",
        "yes",
        "not known",
        "yes",
        "not known",
        "yes",
        "yes",
    ]
    assert found[2].evidence.startswith(
        "153 of 200 reviewed candidates of the last reviewed generation run were kept"
    )
    assert found[4].evidence == "mistral/large graded by programmatic"
    assert all(question.evidence in printed for question in found)
    assert "6 yes, 0 no, 2 not known." in printed


def test_a_last_swap_that_points_apart_is_a_no(full: Workspace) -> None:
    swap(full, 7, real="worse", synthetic="better")

    assert answers(full)[1] == "no"


def test_a_judge_of_the_generators_line_is_a_no(full: Workspace) -> None:
    row = full.results.iloc[0].to_dict() | {"results_run": "d" * 64, "judge": "m", "judge_family": "mistral/large"}  # fmt: skip
    full.store.append(RESULTS, [row])

    assert answers(full)[4] == "no"


def test_a_demo_says_that_it_is_one(full: Workspace, command: Callable[..., Any]) -> None:
    (full.root / "workbench.toml").write_text("demo = true\n", "utf-8")

    assert "DEMO. shop: " in command("-w", str(full.root), "check").out
