"""What the report says of the judge that gates: agreement, correction, favours and malformed verdicts."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from workbench.report import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS = {
    "judge": swap.judge,
    "agreement": swap.judge_agreement,
    "correction": swap.judge_correction,
    "verdicts": swap.verdicts,
}
HOSTILE = "<script>alert(1)</script> {family} $10 ... $5"
CASES = 160


def rows(judge: str, passes: Callable[[int, int], str], cases: int = CASES) -> list[dict[str, Any]]:
    """Rows of both models by one judge."""
    return [
        {"case_id": f"s-{case:03d}", "model": f"bot-{model}", "judge": judge, "outcome": passes(case, model)}
        for case in range(cases)
        for model in (1, 2)
    ]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> swap.SwapRun:
    """A swap whose judge passes most of what the candidate fails, beside a human, and a judge that gave garbage."""
    folder = tmp_path_factory.mktemp("judged")
    shop, rng = str(folder / "shop"), np.random.default_rng(8)
    truth, waved = rng.random((CASES, 3)) < 0.7, rng.random((CASES, 3)) < [0, 0.05, 0.6]
    command("init", shop)
    (folder / "seed.jsonl").write_text(
        "".join(json.dumps({"case_id": f"s-{case:03d}", "text": f"where is {case}??"}) + "\n" for case in range(CASES)), "utf-8"
    )  # fmt: skip
    command("-w", shop, "import", "seed", str(folder / "seed.jsonl"))
    told = rows(HOSTILE, lambda case, model: "pass" if truth[case, model] or waved[case, model] else "fail")
    told += rows("ana", lambda case, model: "pass" if truth[case, model] else "fail", 90)
    told += rows("ben", lambda case, model: "pass" if truth[case, model] or case < 9 else "fail", 40)
    told += rows("odd", lambda case, _: "garbage" if case < 7 else "pass")
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told), "utf-8")
    judges = [f"{HOSTILE}=openai/o", "ana=human", "ben=human", "odd=mistral/large"]
    command(
        *("-w", shop, "import", "results", str(folder / "results.jsonl"), "--pass-when", "pass"),
        *(
            "--malformed-when",
            "garbage",
            "--family",
            "bot-1=anthropic/sonnet",
            "--family",
            "bot-2=google/gemini",
        ),
        *(part for judge in judges for part in ("--judge", judge)),
    )
    command("-w", shop, "freeze", "launch", "--all")
    command(
        *("-w", shop, "swap", "bot-1", "bot-2", "--evalset", "launch", "--no-report"),
        *("--gate-judge", HOSTILE, "--out", str(folder / "run")),
    )  # fmt: skip
    return swap.read(folder / "run")


def changed(run: swap.SwapRun, **fields: Any) -> swap.SwapRun:
    verdict: Mapping[str, Any] = copy.deepcopy(dict(run.verdict))
    return dataclasses.replace(run, verdict={**verdict, "judging": {**verdict["judging"], **fields}})


def test_the_sentence_says_who_gates_what_humans_say_and_what_it_changes(checked: swap.SwapRun) -> None:
    told = checked.verdict["judging"]["groups"]["real"]
    text = str(swap.judge(checked))

    assert f"A model gates as judge: {HOSTILE} (openai/o)." in text
    assert (
        f"It agrees with humans on {told['both_pass'] + told['both_fail']} of {told['answers']} answers"
        in text
    )
    assert "On the real cases it sees" in text
    assert "by the judge," in text
    assert "corrected." in text
    assert "wb-warning" in swap.judge(checked).html


def test_the_table_and_the_chart_carry_the_numbers_of_the_verdict(checked: swap.SwapRun) -> None:
    told = checked.verdict["judging"]["groups"]["real"]
    table, chart = str(swap.judge_agreement(checked)), swap.judge_correction(checked)
    drawn = [row for rows in chart.spec["datasets"].values() for row in rows if "who" in row]

    assert f"{told['kappa']:.3f}" in table
    assert "Humans agree with each other on the 80 answers" in table
    assert [row["who"] for row in drawn] == ["judge alone", "corrected", "humans alone"]
    assert drawn[1]["delta"] == told["difference"]["value_pp"]
    assert drawn[0]["low"] == checked.verdict["groups"]["real"]["low_pp"]
    assert chart.summary.startswith("Candidate minus baseline in points. real, judge alone: ")


def test_malformed_verdicts_stand_by_judge_and_model(checked: swap.SwapRun) -> None:
    told = {(row["judge"], row["model"]): row["malformed"] for row in checked.verdict["judging"]["verdicts"]}

    assert (told["odd", "bot-1"], told["ana", "bot-1"]) == (7, 0)
    assert "Verdicts by judge and model" in str(swap.verdicts(checked))


@pytest.mark.parametrize("part", PARTS)
def test_hostile_names_are_text_only(checked: swap.SwapRun, part: str) -> None:
    shown = PARTS[part](checked)
    markup = shown.html if part != "correction" else json.dumps(shown.spec, allow_nan=False)

    assert "<script>alert" not in markup
    assert ("&lt;script&gt;alert(1)" in markup) == (part in {"judge", "verdicts"})
    assert "nan" not in str(shown)


def test_a_run_that_knew_nothing_of_judges_says_so(checked: swap.SwapRun) -> None:
    older = {name: value for name, value in checked.verdict.items() if name != "judging"}
    said = [show(dataclasses.replace(checked, verdict=older)) for show in PARTS.values()]

    assert "before judges were checked" in str(said[0])
    assert said[1:3] == [None, None]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("human", "A human gates: "),
        ("programmatic", "No human labelled an answer that it judged, so its errors are not known."),
        ("unknown", "Who judged is not known: import the results with --judge NAME=FAMILY."),
    ],
)
def test_a_judge_without_labels_is_said_to_have_none_once(
    checked: swap.SwapRun, kind: str, text: str
) -> None:
    run = changed(checked, kind=kind, groups={}, doubts={}, human_agreement=None, collusion=None)

    assert text in str(swap.judge(run))
    assert ("favours" in str(swap.judge(run))) == (kind == "unknown")
    assert swap.judge_agreement(run) is swap.judge_correction(run) is None


@pytest.mark.parametrize(
    ("not_estimable", "text"),
    [
        (
            "",
            "more often than others by +12.0 points (+4.0 to +20.0): its favour, if strict is neutral to both.",
        ),
        (
            "Not estimable here: too few.",
            "Whether kind favours cases by mistral/small: Not estimable here: too few.",
        ),
    ],
)
def test_a_favour_is_told_with_its_interval_or_is_not_estimable(
    checked: swap.SwapRun, not_estimable: str, text: str
) -> None:
    told = {"judge": "kind", "beside": "strict", "generator": "mistral/small", "not_estimable": not_estimable}
    told |= {"inflation_pp": 12.0, "inflation_low_pp": 4.0, "inflation_high_pp": 20.0}

    assert text in str(swap.judge(changed(checked, collusion=told)))
