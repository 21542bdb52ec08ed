"""Judges of others, held against the humans of others, through the product.

XSTest: five models answered 216 prompts, 126 that sound dangerous and are safe (here the seed) and 90 that are
not (here golden); humans and GPT-4 said whether the safe were answered and the others refused.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench import open as open_workspace
from workbench.frozen import load
from workbench.swap import human_rates
from workbench.swap.calibration import agreed
from workbench.swap.human_rates import _rates
from workbench.swap.labelled import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from workbench.workspace import Workspace

pytestmark = pytest.mark.real

MODELS = ("gpt4", "llama2new", "llama2orig", "mistralguard", "mistralinstruct")
HALVES = {"real": (484, 535, 630), "golden": (361, 303, 450)}
"""Of each half: answers that humans pass, that GPT-4 passes, and all."""

DRAWN = {"safe": 160, "unsafe_contrast": 160}
"""Answers of each half that a human labels in the sampled workspace."""

REFUSALS = ("--fail-when", "3_partial_refusal")


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, rows[0])
        sheet.writeheader()
        sheet.writerows(rows)
    return str(path)


def prepared(folder: Path, labels: Path, command: Callable[..., Any]) -> None:
    """Import the prompts and GPT-4's verdicts, and freeze the set."""
    rows = rows_of(labels)
    prompts = list({row["case_id"]: row for row in rows}.values())
    command("init", str(folder))
    for kind, into in (
        ("safe", ("seed",)),
        ("unsafe_contrast", ("cases", "--bucket", "golden", "--author", "curators")),
    ):
        taken = [
            {"case_id": row["case_id"], "text": row["prompt"]}
            for row in prompts
            if row["prompt_kind"] == kind
        ]
        file = write(folder / f"{kind}.csv", taken)
        command("-w", str(folder), "import", into[0], file, *into[1:])
    imported(folder, labels, command, "gpt-4=openai/gpt", "passed_gpt4", "1")
    command("-w", str(folder), "freeze", "launch", "--all")


def imported(
    folder: Path,
    file: Path | str,
    command: Callable[..., Any],
    judge: str,
    outcome: str,
    passes: str,
    *more: str,
) -> Any:
    options = ("--judge", judge, "--column", f"outcome={outcome}", "--pass-when", passes, *more)
    return command("-w", str(folder), "import", "results", str(file), *options)


@pytest.fixture(scope="module")
def labels(real_data: Path) -> Path:
    """XSTest's labels."""
    return real_data / "human_vs_judge_xstest" / "labels.csv.gz"


@pytest.fixture(scope="module")
def everybody(
    labels: Path, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]
) -> Iterator[Workspace]:
    """A workspace in which a human labelled every answer."""
    folder = tmp_path_factory.mktemp("xstest") / "all"
    prepared(folder, labels, command)
    imported(folder, labels, command, "humans=human", "passed_human", "1")
    with open_workspace(folder) as opened:
        yield opened


def test_the_agreement_is_the_published_one_to_the_digit(everybody: Workspace) -> None:
    rows, frozen = everybody.results, load(everybody, "launch")
    found = labelled(rows[rows["judge"] == "gpt-4"], rows, frozen.members)
    told = agreed(found.both, found.answers, alpha=0.05).fields
    rates = human_rates(everybody, "launch", MODELS, judge="gpt-4").set_index(["group", "model"])

    assert {name: told[name] for name in ("both_fail", "too_kind", "too_harsh", "both_pass")} == {
        "both_fail": 155, "too_kind": 80, "too_harsh": 87, "both_pass": 758,
    }  # fmt: skip
    assert (told["answers"], told["roots"]) == (1080, 216)
    assert told["sensitivity"] == pytest.approx(758 / 845)
    assert told["specificity"] == pytest.approx(155 / 235)
    for half, (human, judge, answers) in HALVES.items():
        pooled = rates.loc[(half, "all models")]
        assert (pooled["answers"], pooled["labels"]) == (answers, answers)
        assert pooled["raw"] == pytest.approx(judge / answers)
        assert pooled["corrected"] == pytest.approx(human / answers)


def test_a_sample_of_labels_corrects_the_judge_towards_the_humans_in_each_half(
    labels: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """GPT-4 is 8 points too kind where prompts are safe, and 13 too harsh where they are not."""
    folder = tmp_path / "sampled"
    prepared(folder, labels, command)
    rng, rows = np.random.default_rng(1), rows_of(labels)
    taken = [
        half[at]
        for kind, size in DRAWN.items()
        for half in [[row for row in rows if row["prompt_kind"] == kind]]
        for at in rng.choice(len(half), size, replace=False)
    ]
    imported(folder, write(tmp_path / "sample.csv", taken), command, "ana=human", "passed_human", "1")
    with open_workspace(folder) as opened:
        rates = human_rates(opened, "launch", MODELS, judge="gpt-4").set_index(["group", "model"])

    for half, (human, judge, answers) in HALVES.items():
        pooled, truth = rates.loc[(half, "all models")], human / answers
        assert pooled["labels"] == 160
        assert pooled["raw"] == pytest.approx(judge / answers)
        assert abs(pooled["corrected"] - truth) < abs(pooled["raw"] - truth) / 2
        assert pooled["low"] <= truth <= pooled["high"]
        assert not pooled["low"] <= pooled["raw"] <= pooled["high"]


def test_over_many_samples_the_interval_covers_the_humans_rate_in_each_half(everybody: Workspace) -> None:
    """150 draws of 160 labels a half; the judge's own rate is never the humans'."""
    rows, frozen = everybody.results, load(everybody, "launch")
    found = labelled(rows[rows["judge"] == "gpt-4"], rows, frozen.members)
    rng, seen = np.random.default_rng(2), []
    for _ in range(150):
        order = pd.Series(rng.permutation(len(found.answers))).groupby(found.answers["group"]).rank()
        drawn = found.answers.assign(human=found.answers["human"].where(order <= 160))
        told = pd.DataFrame(_rates(dataclasses.replace(found, answers=drawn), MODELS[:1] * 2, "ppi"))
        seen += told[told["model"] == "all models"].to_dict("records")
    frame = pd.DataFrame(seen)
    truth = frame["group"].map({half: human / of for half, (human, _, of) in HALVES.items()})
    covered = ((frame["low"] <= truth) & (truth <= frame["high"])).groupby(frame["group"]).mean()
    bias = (frame["corrected"] - truth).groupby(frame["group"]).mean()

    # The 1,080 answers are all there are, so that an interval for more of their kind covers them more often.
    assert (covered >= 0.95).all()
    assert (bias.abs() < 0.01).all()


def test_errors_learnt_in_another_half_correct_the_wrong_way(everybody: Workspace) -> None:
    """Rogan-Gladen takes one sensitivity and specificity for both halves, and the judge errs differently in each."""
    ppi, gladen = (
        human_rates(everybody, "launch", MODELS, judge="gpt-4", method=method).set_index(["group", "model"])
        for method in ("ppi", "rogan_gladen")
    )
    raw, human, wrong = (found.loc[("real", "all models"), name] for found, name in (
        (ppi, "raw"), (ppi, "corrected"), (gladen, "corrected")))  # fmt: skip

    assert human < raw < wrong


def test_two_humans_and_a_swap_of_two_of_the_models(
    labels: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    folder, rows = tmp_path / "two", rows_of(labels)
    prepared(folder, labels, command)
    for human in ("human_1", "human_2"):
        for kind, passes, fails in (("safe", "1_full_compliance", "2_full_refusal"), ("unsafe_contrast", "2_full_refusal", "1_full_compliance")):  # fmt: skip
            imported(folder, labels, command, f"{human}=human", human, passes, "--fail-when", fails, *REFUSALS, "--where", f"prompt_kind=={kind}")  # fmt: skip
    done = command("-w", str(folder), "swap", "llama2orig", "mistralinstruct", "--evalset", "launch", "--gate-judge", "gpt-4", "--no-report", "--out", str(tmp_path / "run"), exits=11)  # fmt: skip
    with open_workspace(folder) as opened:
        told = opened.verdicts["numbers"].iloc[-1]["judging"]
    right = {"safe": "1_full_compliance", "unsafe_contrast": "2_full_refusal"}
    mine = [row for row in rows if row["model"] in {"llama2orig", "mistralinstruct"}]
    split = sum((row["human_1"] == right[row["prompt_kind"]]) != (row["human_2"] == right[row["prompt_kind"]]) for row in mine)  # fmt: skip

    assert "judge_unreliable" in done.out
    assert (told["ties"], told["human_agreement"]["answers"]) == (split, 432)
    assert told["human_agreement"]["ac1"] > told["groups"]["all"]["ac1"]
    # The judge sees a gain on the safe prompts and a loss on the others; humans see half as much again.
    real, golden = (told["groups"][name]["difference"] for name in ("real", "golden"))
    assert real["value_pp"] > real["raw_pp"] + 10
    assert golden["value_pp"] < golden["raw_pp"] - 10


def test_a_refusal_of_the_judge_is_malformed(
    labels: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    folder, rows = tmp_path / "raw", rows_of(labels)
    odd = "I'm sorry, but I can't assist with that."
    command("init", str(folder))
    fails = ("--fail-when", "2_full_refusal", *REFUSALS, "--malformed-when", odd, "--stubs", "golden")
    imported(folder, labels, command, "gpt-4=openai/gpt", "judge_gpt4", "1_full_compliance", *fails)
    with open_workspace(folder) as opened:
        found = opened.results

    assert (len(found), int(found["malformed"].sum())) == (1080, sum(row["judge_gpt4"] == odd for row in rows)) == (1080, 1)  # fmt: skip


def test_garbage_verdicts_are_counted_and_none_is_lost(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """PandaLM: GPT-3.5 judged 477 pairs of this half."""
    folder, labels = tmp_path / "pandalm", real_data / "human_vs_judge_pandalm" / "labels.csv.gz"
    command("init", str(folder))
    first = (
        "--column",
        "model=response of {model_1}",
        "--stubs",
        "golden",
        "--fail-when",
        "2",
        "--fail-when",
        "0",
    )
    said = imported(folder, labels, command, "gpt-3.5=openai/gpt", "judge_gpt35", "1", *first, "--malformed-when", "garbage")  # fmt: skip
    for human in ("human_1", "human_2", "human_3"):
        imported(folder, labels, command, f"{human}=human", human, "1", *first)
    with open_workspace(folder) as opened:
        rows, cases = opened.results, opened.cases
    judge = rows[rows["judge"] == "gpt-3.5"]
    found = labelled(judge, rows, cases[["case_id", "root_id"]].assign(group="golden"))
    garbage = sum(row["judge_gpt35"] == "garbage" for row in rows_of(labels))

    assert (len(judge), int(judge["malformed"].sum()), garbage) == (477, 11, 11)
    assert "malformed: 11 verdicts of 'gpt-3.5'; they are counted as unscored, and none is lost" in said.out
    assert (judge.loc[judge["malformed"].astype(bool), "outcome"] == "unscored").all()
    assert (len(found.both), found.ties, found.unjudged) == (477 - 11, 0, 11)
    assert found.ratings.shape == (477, 3)


def test_27820_verdicts_of_65_judges_keep_the_64_that_are_none(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """LLMBar: two orders a case; a verdict is 1 or 2, and passes when it is the better response."""
    folder, results = tmp_path / "llmbar", real_data / "judge_llmbar" / "results.csv.gz"
    command("init", str(folder))
    shared = ("--column", "judge={judge}@{strategy}", "--column", "trial=order", "--column", "model=response {gold}", "--column", "outcome=verdict", "--malformed-when", "None", "--stubs", "golden")  # fmt: skip
    for gold, other in (("1", "2"), ("2", "1")):
        command("-w", str(folder), "import", "results", str(results), "--where", f"gold=={gold}", "--pass-when", gold, "--fail-when", other, *shared)  # fmt: skip
    with open_workspace(folder) as opened:
        rows = opened.results
    passed = sum(row["passed"] == "1" for row in rows_of(results))

    assert (len(rows), rows["judge"].nunique()) == (27_820, 65)
    assert int(rows["malformed"].sum()) == 64
    assert (rows["outcome"].eq("unscored") == rows["malformed"].astype(bool)).all()
    assert int(rows["outcome"].eq("pass").sum()) == passed
