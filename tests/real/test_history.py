"""Swaps in a row on real data: no alarm that the counts do not support, and none kept quiet that they do.

One model was served by five builds, and 2,125 cases were answered by each. The real users' cases are the
seed; the curated single turns were written by others and stand in for synthetic cases; the multi-turn
cases have no text here and are golden stubs.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench import open as open_workspace
from workbench import report
from workbench.swap import History, history

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.real

ROUTERS = ("swap", "keyword-synonyms", "tfidf-lr(bitext)")
PRINTED = {
    "real_user_contributed": (0.7500, 0.7526, 0.7526, 0.7650, 0.7544),
    "curated_multi_turn": (0.4401, 0.4207, 0.4919, 0.5469, 0.5405),
}
"""Pass rates of the five builds as the data was published with them."""


@pytest.fixture(scope="module")
def answers(real_data: Path) -> pd.DataFrame:
    """Every outcome of the 120b model, as the file has it."""
    rows = pd.read_csv(real_data / "swap_bfcl" / "results.csv.gz")
    return rows[rows["model"] == "gpt-oss-120b"].sort_values("swap_order", kind="stable")


@pytest.fixture(scope="module")
def builds(answers: pd.DataFrame) -> list[str]:
    """The five servings in their order, as models."""
    return [f"gpt-oss-120b@{serving}" for serving in answers["serving"].unique()]


@pytest.fixture(scope="module")
def shop(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any], builds: list[str]
) -> Path:
    """A workspace in which each build was swapped for the next one."""
    folder, data = tmp_path_factory.mktemp("bfcl") / "shop", real_data / "swap_bfcl"
    command("init", str(folder))
    into, cases = ("-w", str(folder), "import"), str(data / "cases.jsonl.gz")
    command(*into, "seed", cases, "--where", "provenance==real_user_contributed")
    command(
        *(*into, "cases", cases, "--bucket", "prompted", "--generator", "bfcl/curators"),
        *("--where", "provenance==curated_single_turn"),
    )
    command(
        *(*into, "results", str(data / "results.csv.gz"), "--column", "model={model}@{serving}"),
        *("--column", "outcome=passed", "--pass-when", "1", "--stubs", "golden"),
    )
    command("-w", str(folder), "freeze", "builds", "--all")
    for number, (old, new) in enumerate(itertools.pairwise(builds)):
        out = str(folder / f"run-{number}")
        done = command(
            "-w", str(folder), "swap", old, new, "--evalset", "builds", "--no-report", "--out", out, exits=11
        )
        assert done.err == ""
    return folder


@pytest.fixture(scope="module")
def seen(shop: Path) -> History:
    """The four swaps together."""
    with open_workspace(shop) as opened:
        return history(opened)


def test_the_rates_are_those_that_were_published(
    answers: pd.DataFrame, builds: list[str], shop: Path, seen: History
) -> None:
    """Of all real cases the product reads those of train and eval, so they are counted again from the file."""
    table = answers.pivot_table(index="case_id", columns="swap_order", values="passed")
    source = answers.drop_duplicates("case_id").set_index("case_id")["provenance"]
    for name, printed in PRINTED.items():
        assert table[source.loc[table.index] == name].mean().round(4).tolist() == list(printed)
    with open_workspace(shop) as opened:
        members = pd.DataFrame(opened.evalsets.iloc[0]["members"])
    expected = {
        part: table.loc[members.loc[members["bucket"] == bucket, "case_id"]].mean().tolist()
        for part, bucket in (("real", "seed"), ("synthetic", "prompted"), ("golden", "golden"))
    }
    groups = seen.rates[seen.rates["kind"] == "group"]
    for part, rates in expected.items():
        own = groups[groups["part"] == part]
        assert own["candidate"].tolist() == builds[1:]
        assert own["baseline_rate"].tolist() == pytest.approx(rates[:-1])
        assert own["candidate_rate"].tolist() == pytest.approx(rates[1:])
    assert expected["golden"] == pytest.approx(PRINTED["curated_multi_turn"], abs=5e-5)


def test_the_signs_of_the_groups_disagree_and_no_alarm_is_raised(seen: History) -> None:
    """Real and stand-in cases point apart in three of four steps, by a point or less."""
    signs, drift = seen.get("history", "signs"), seen.get("history", "drift")

    assert (signs["compared"], signs["estimates_apart"]) == (4, 3)
    assert (signs["resolved"], signs["agree"], signs["reading"]) == (0, None, "unresolved")
    assert seen.why("history", "signs", "agree") == "No swap of 4 is resolved in both groups."
    assert (drift["reading"], drift["slow"]["n"]) == ("no_drift", 4)
    assert drift["p"] > 0.3
    assert {name: row["reading"] for name, row in seen.get("history", "trend").items() if name != "false_alarms"} == {
        "gap": "flat", "synthetic": "flat", "real": "flat"
    }  # fmt: skip
    assert all(low < 0 < high for low, high in _contradictions(seen))


def _contradictions(seen: History) -> list[tuple[float, float]]:
    return [
        (swap["contradiction"]["low_pp"], swap["contradiction"]["high_pp"])
        for swap in seen.get("history", "swaps")
    ]


def test_the_last_verdict_holds_the_same_history(shop: Path, seen: History) -> None:
    told = json.loads((shop / "run-3" / "verdict.json").read_text("utf-8"))["history"]

    for name in ("rates", "signs", "drift", "trend", "use"):
        assert told[name] == seen.get("history", name)


def test_the_report_says_so_in_plain_words(seen: History) -> None:
    headline, drift = str(report.swap.history_headline(seen)), str(report.swap.history_signs(seen))

    assert headline.startswith(
        "Over the last 4 swaps no drift of the synthetic cases from the real ones is seen"
    )
    assert "The bare estimates point apart in 3: an alarm on signs alone would have fired." in drift


def test_the_router_swap_does_contradict_and_one_swap_is_no_course(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """Banking77's refund queries and Bitext's utterances: one loses 16 points, the other gains 6."""
    folder = tmp_path / "router"
    command("init", str(folder))
    into = ("-w", str(folder), "import")
    command(
        *into, "seed", str(real_data / "seed_banking77" / "cases.jsonl.gz"), "--where", "refund_intent==true"
    )
    command(
        *(*into, "cases", str(real_data / "synth_bitext" / "cases.jsonl.gz"), "--bucket", "prompted"),
        *("--generator", "bitext/nlg", "--where", "refund_intent==true"),
    )
    command(
        *(
            *into,
            "results",
            str(real_data / "derived_refund_router" / "results.csv.gz"),
            "--column",
            "outcome=passed",
        ),
        *("--pass-when", "1", "--where", "is_refund==1", "--judge", "labels=programmatic"),
    )
    command("-w", str(folder), "freeze", "launch", "--all")
    command("-w", str(folder), *ROUTERS, "--evalset", "launch", "--no-report", exits=10)
    with open_workspace(folder) as opened:
        found = history(opened)
    low, high = _contradictions(found)[0]
    signs = found.get("history", "signs")

    assert high < -15
    assert low > -30
    assert (signs["resolved"], signs["agree"], signs["reading"]) == (1, 0, "apart")
    assert found.get("history", "drift", "p") is None
    assert "the window has 1" in found.why("history", "drift", "p")


def test_trials_of_23_tasks_are_never_counted_as_cases(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """One model was measured, so it is held against itself by the first two and the last two of its trials."""
    rows = pd.read_csv(real_data / "trials_tau_airline" / "results.csv.gz", dtype={"trial": "str"})
    half = rows["trial"].isin(sorted(rows["trial"].unique())[:2])
    split = rows.assign(model=rows["model"].where(half, "the same again"))
    split.to_csv(tmp_path / "halves.csv", index=False)
    folder = tmp_path / "tau"
    command("init", str(folder))
    command(
        *("-w", str(folder), "import", "results", str(tmp_path / "halves.csv")),
        *("--column", "outcome=passed", "--pass-when", "1", "--stubs", "golden"),
    )
    command("-w", str(folder), "freeze", "tasks", "--all")
    command(
        "-w",
        str(folder),
        "swap",
        str(rows["model"].iloc[0]),
        "the same again",
        "--evalset",
        "tasks",
        "--no-report",
        exits=12,
    )
    with open_workspace(folder) as opened:
        stored = opened.verdicts.iloc[0]

    assert len(rows) == 92
    assert len(stored["pairs"]) == 23
    assert {len(pair) for pair in stored["pairs"]} == {6}
    assert stored["numbers"]["groups"]["golden"]["paired"] == 23
