"""`workbench grade`: answers of two models are graded, and the swap is decided on what came of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from workbench.evalset import freeze
from workbench.provenance import sha256
from workbench.swap.grading import plan_judging
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loopback import Loopback

BOTS = ("shop-bot-2", "shop-bot-3")


@pytest.fixture
def large(both: Any, new_case: Callable[..., Any], new_label: Callable[..., Any]) -> Any:
    """The shop with 60 real cases, of which the second bot answers 40 with the wrong outcome."""
    store, added = both.workspace.store, [f"t-{n:02d}" for n in range(50)]
    store.append(CASES, [new_case(case, f"where is order {case}???") for case in added])
    store.append(LABELS, [new_label(case, "inform") for case in added])
    freeze(both.workspace, "launch")
    both.answer({"shop-bot-2": dict.fromkeys(added, "We inform.")})
    wrong = {case: "We refund." if n < 32 else "We inform." for n, case in enumerate(added)}
    both.answer({"shop-bot-3": wrong})
    return both


def swapped(large: Any, command: Callable[..., Any], out: Path) -> dict[str, Any]:
    """Decide the swap without naming any results, and return verdict.json."""
    told = ("swap", *BOTS, "--evalset", "launch", "--no-report", "--out", str(out))
    command("-w", str(large.workspace.root), *told, exits=10)
    found: dict[str, Any] = json.loads((out / "verdict.json").read_text("utf-8"))
    return found


def test_answers_are_graded_by_a_check_and_the_swap_needs_nothing_more(
    large: Any, command: Callable[..., Any], tmp_path: Path
) -> None:
    done = command("-w", str(large.workspace.root), "grade", *BOTS, "--evalset", "launch", "--check", "contains")  # fmt: skip
    verdict = swapped(large, command, tmp_path / "out")

    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0].endswith(": 120 rows")
    assert lines[1].split() == ["model", "group", "answers", "pass", "fail", "error"]
    assert [line.split() for line in lines[2:4]] == [
        ["shop-bot-2", "real", "60", "60", "0", "0"],
        ["shop-bot-3", "real", "60", "20", "40", "0"],
    ]
    assert verdict["verdict"] == "BLOCK"
    assert (verdict["groups"]["real"]["paired"], verdict["groups"]["real"]["lost"]) == (60, 40)
    assert verdict["families"]["judges"] == ["programmatic"]
    assert verdict["judge_flips"] == {"rates": None}
    assert verdict["why"]["judge_flips.rates"].startswith("no judge that could be persuaded")


def test_a_function_answers_a_check_grades_and_the_swap_decides(
    shop: Any, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a frozen set to a verdict with three commands and no file of results."""
    (tmp_path / "twobots.py").write_text(
        "def careful(turns, context):\n    return 'inform'\n\ndef hasty(turns, context):\n    return 'refund'\n", "utf-8"
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    at = ("-w", str(shop.workspace.root))
    for bot, function in zip(BOTS, ("careful", "hasty"), strict=True):
        command(*at, "answer", "--evalset", "launch", "--callable", f"twobots:{function}", "--model", bot, "--family", "acme/bot")  # fmt: skip
    command(*at, "grade", *BOTS, "--evalset", "launch", "--check", "equals")
    command(
        *at, "swap", *BOTS, "--evalset", "launch", "--no-report", "--out", str(tmp_path / "out"), exits=12
    )

    verdict = json.loads((tmp_path / "out" / "verdict.json").read_text("utf-8"))
    assert verdict["reasons"][0]["code"] == "seed_too_small"
    real = verdict["groups"]["real"]
    assert (real["paired"], real["lost"], real["gained"]) == (10, 2, 2)
    assert verdict["groups"]["redteam"]["unscored"] == 2


def test_a_judge_is_planned_for_nothing_then_asked_and_its_flip_rate_stands_beside_the_verdict(
    large: Any, command: Callable[..., Any], judges: Any, serve: Callable[..., Loopback], tmp_path: Path
) -> None:
    grade = ("-w", str(large.workspace.root), "grade", *BOTS, "--evalset", "launch", "--judge", "--flip-rate", "30")  # fmt: skip
    with serve(text=judges["gullible"]) as served:
        large.judge_at(served.url)
        planned = command(*grade, "--plan-only")
        assert served.hits == []
        done = command(*grade)
        paid = len(served.hits)
        again = command(*grade)
    verdict = swapped(large, command, tmp_path / "out")

    assert "role grader" in planned.out
    assert "judged: 120, 20 of them word for word as another; up to 30 failed ones again" in planned.out
    assert "130 calls, about" in planned.out
    assert "expected" in planned.out
    assert "--most-usd" in done.out
    assert "  all: 24 of 24, 100% (86% to 100%)" in done.out
    assert "  control: 0 of 6, 0% (0% to 39%)" in done.out
    assert f"the judge cost ${paid * 0.002:,.4f} for {paid} calls" in done.out
    assert "was there before: nothing added" in again.out
    assert len(served.hits) == paid == 130
    rates = {row["placement"]: row for row in verdict["judge_flips"]["rates"]}
    assert (rates["all"]["flips"], rates["all"]["judged"], rates["control"]["flips"]) == (24, 24, 0)
    assert verdict["families"]["judges"] == ["third/judge"]
    assert verdict["groups"]["real"]["lost"] == 40


def test_what_is_not_measured_says_so(
    large: Any, command: Callable[..., Any], judges: Any, serve: Callable[..., Loopback], tmp_path: Path
) -> None:
    with serve(text=judges["careful"]) as served:
        large.judge_at(served.url)
        command("-w", str(large.workspace.root), "grade", *BOTS, "--evalset", "launch", "--judge", "--flip-rate", "0")  # fmt: skip
    verdict = swapped(large, command, tmp_path / "out")

    assert verdict["judge_flips"] == {"rates": None}
    assert verdict["why"]["judge_flips.rates"].startswith("not measured: `workbench grade --judge`")


@pytest.mark.parametrize("who", [(), ("--check", "equals", "--judge")])
def test_one_grader_is_named(both: Any, command: Callable[..., Any], who: tuple[str, ...]) -> None:
    done = command("-w", str(both.workspace.root), "grade", *BOTS, "--evalset", "launch", *who, exits=2)

    assert done.err == "workbench: say who grades: --check CHECK, or --judge for the grader of [roles]\n"


def test_a_stopped_run_says_what_is_left_and_how_to_go_on(
    both: Any, command: Callable[..., Any], judges: Any, serve: Callable[..., Loopback]
) -> None:
    grade = ("-w", str(both.workspace.root), "grade", *BOTS, "--evalset", "launch", "--judge")
    with serve(always="401", text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = command(*grade, "--concurrency", "1", exits=1)

    assert "20 answers still to be judged, so no results yet" in done.out
    assert "not judged: 20 not asked yet" in done.out
    assert "HTTP 401: the key is not accepted" in done.err


@pytest.mark.parametrize(
    "more",
    [
        ("--plan-only",),
        ("--most-usd", "1"),
        ("--flip-rate", "9"),
        ("--concurrency", "2"),
        ("--unknown", "ask"),
    ],
)
def test_what_holds_for_a_judge_alone_is_refused_with_a_check(
    both: Any, command: Callable[..., Any], more: tuple[str, ...]
) -> None:
    grade = ("-w", str(both.workspace.root), "grade", *BOTS, "--evalset", "launch", "--check", "contains")
    done = command(*grade, *more, exits=2)

    assert (
        done.err == f"workbench: {more[0]} holds for --judge alone, since a check asks nobody; leave it out\n"
    )
    assert both.workspace.results.empty


def test_answers_that_are_still_to_be_judged_end_a_chain_of_commands(
    both: Any, command: Callable[..., Any], judges: Any, serve: Callable[..., Loopback]
) -> None:
    grade = ("-w", str(both.workspace.root), "grade", "shop-bot-2", "--evalset", "launch", "--judge", "--flip-rate", "0")  # fmt: skip
    with serve("reset", text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = command(*grade, "--concurrency", "1", exits=1)
        command(*grade, exits=1)
        command(*grade, "--unknown", "resend")

    assert "1 answer still to be judged, so no results yet" in done.out
    assert len(both.workspace.results) == 10


def test_a_server_that_takes_nothing_makes_no_results_and_its_reason_is_said(
    both: Any, command: Callable[..., Any], judges: Any, serve: Callable[..., Loopback]
) -> None:
    grade = (
        "-w",
        str(both.workspace.root),
        "grade",
        *BOTS,
        "--evalset",
        "launch",
        "--judge",
        "--flip-rate",
        "0",
    )
    with serve(always="400", text=judges["careful"]) as served:
        both.judge_at(served.url)
        done = command(*grade, exits=1)
        assert both.workspace.results.empty
        served.always = "ok"
        command(*grade)

    assert "the judge's server took nothing that it was asked, so no results" in done.out
    assert "  no verdict: 20 not taken: HTTP 400" in done.out
    assert both.workspace.results["outcome"].isin(["pass", "fail"]).sum() == 20


def test_a_setup_is_chosen_for_the_model_that_has_several(both: Any, command: Callable[..., Any]) -> None:
    both.answer({"shop-bot-3": {"s-00": "We refund."}}, setup="b")
    grade = ("-w", str(both.workspace.root), "grade", *BOTS, "--evalset", "launch", "--check", "contains")
    asked = command(*grade, exits=2).err
    strange = command(*grade, "--setup", "zzz", exits=2).err
    command(*grade, "--setup", sha256("b")[:12])

    assert "'shop-bot-3' answered launch in 2 setups" in asked
    assert f"--setup {sha256('b')[:12]}" in asked
    assert "no setup of these models begins with 'zzz'; there are" in strange
    assert sha256("b")[:12] in strange
    assert both.workspace.results["model"].value_counts().to_dict() == {"shop-bot-2": 10, "shop-bot-3": 1}


def test_the_plan_says_what_the_judge_does_not_read_of_the_policy(both: Any) -> None:
    both.judge_at("http://127.0.0.1:9")
    rubric = both.workspace.root / "rubric.toml"
    said = {}
    for more in ("", " Write to help@shop.example."):
        rubric.write_text(
            f'version = "8"\npolicy = "Money goes back.{more}"\n[expected]\nrefund = "r"\n', "utf-8"
        )
        both.workspace.__dict__.pop("rubric", None)
        said[more] = str(plan_judging(both.workspace, both.frozen, BOTS))

    assert "the judge reads pseudonyms for EMAIL in the policy of rubric.toml" in said[" Write to help@shop.example."]  # fmt: skip
    assert "pseudonyms" not in said[""]
