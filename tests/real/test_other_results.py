"""Results of others: many builds of one model, repeated trials, cases whose text is not to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench import open as open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.real


def test_seven_builds_answer_2125_cases_of_which_309_have_no_text(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """BFCL: real users' cases are the seed, curated single turns are golden, the rest are stubs."""
    folder, data = tmp_path / "bfcl", real_data / "swap_bfcl"
    command("init", str(folder))
    into = ("-w", str(folder), "import")
    cases_file, results_file = str(data / "cases.jsonl.gz"), str(data / "results.csv.gz")
    seed = command(*into, "seed", cases_file, "--where", "provenance==real_user_contributed")
    command(
        *into,
        "cases",
        cases_file,
        "--bucket",
        "golden",
        "--author",
        "curators",
        "--where",
        "provenance==curated_single_turn",
    )
    options = ["--column", "model={model}@{serving}", "--column", "outcome=passed", "--pass-when", "1"]
    command(
        *into, "results", results_file, *options, "--column", "failure_mode=error_type", "--stubs", "golden"
    )
    with open_workspace(folder) as opened:
        results, cases = opened.results, opened.cases
    stubs = cases[cases["turns"].map(len) == 0]

    assert "1,136 read, 1,136 imported" in seed.out
    assert len(results) == 14_875
    assert results["model"].nunique() == 7
    assert set(results.groupby("model")["case_id"].nunique()) == {2_125}
    assert (len(cases), len(stubs)) == (2_125, 309)
    assert results["case_id"].isin(stubs["case_id"]).sum() == 2_163
    assert stubs["content_sha256"].isna().all()


def test_trials_stay_trials_of_23_cases(real_data: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    folder = tmp_path / "tau"
    command("init", str(folder))
    done = command(
        *("-w", str(folder), "import", "results", str(real_data / "trials_tau_airline" / "results.csv.gz")),
        *("--column", "outcome=passed", "--pass-when", "1", "--stubs", "golden"),
    )
    with open_workspace(folder) as opened:
        results, cases = opened.results, opened.cases

    assert "23 cases without text were made" in done.out
    assert (len(results), len(cases)) == (92, 23)
    assert set(results.groupby("case_id")["trial"].nunique()) == {4}
