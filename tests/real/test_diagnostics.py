"""A vocabulary leak in a measured swap: one refund router knows a word, the other its synonyms too.

Banking77's refund queries are the seed, Bitext's utterances the synthetic cases. The synthetic set says
`refund` in a third of its cases and the seed in four fifths, so the same improvement looks twelve times larger on it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.report import swap as report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.real

LEXICON = """version = "1"
[concepts]
money = ["refund", "money back", "reimbursement"]
"""


@pytest.fixture(scope="module")
def run(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]
) -> report.SwapRun:
    """The run folder of the swap from the keyword to its synonyms."""
    folder = tmp_path_factory.mktemp("leak")
    shop, refunds = (
        ("-w", str(folder / "shop")),
        ("--where", "refund_intent==true", "--column", "expected=intent"),
    )
    command("init", str(folder / "shop"))
    (folder / "shop" / "lexicon.toml").write_text(LEXICON, "utf-8")
    command(*shop, "import", "seed", str(real_data / "seed_banking77" / "cases.jsonl.gz"), *refunds)
    synthetic = str(real_data / "synth_bitext" / "cases.jsonl.gz")
    command(
        *shop, "import", "cases", synthetic, "--bucket", "prompted", "--generator", "bitext/nlg", *refunds
    )
    results = str(real_data / "derived_refund_router" / "results.csv.gz")
    command(
        *(*shop, "import", "results", results, "--column", "outcome=passed", "--pass-when", "1"),
        *("--where", "is_refund==1", "--judge", "labels=programmatic"),
    )
    command(*shop, "freeze", "launch", "--all")
    command(
        *(*shop, "swap", "keyword-refund", "keyword-synonyms", "--evalset", "launch", "--no-report"),
        *("--out", str(folder / "run")),
        exits=11,
    )
    return report.read(folder / "run")


def word(run: report.SwapRun, group: str) -> dict[str, Any]:
    """The row of `refund` in a group."""
    rows = run.get("diagnostics", "trigger_words", "rows")
    found: dict[str, Any] = next(row for row in rows if (row["word"], row["group"]) == ("refund", group))
    return found


def test_what_looks_like_an_improvement_lies_in_the_cases_without_the_word(run: report.SwapRun) -> None:
    """On the synthetic cases 32.99 become 92.78 %: nothing with the word, 89 points without it."""
    synthetic, rates = word(run, "synthetic"), run.get("groups", "synthetic")

    assert [round(100 * rates[f"{side}_rate"], 2) for side in ("baseline", "candidate")] == [32.99, 92.78]
    assert run.get("diagnostics", "trigger_words", "reading") == "shown"
    assert (synthetic["with"]["cases"], synthetic["without"]["cases"]) == (32, 65)
    assert [synthetic[side]["baseline"] for side in ("with", "without")] == [1.0, 0.0]
    assert synthetic["with"]["difference"] == 0
    assert round(100 * synthetic["without"]["difference"], 1) == 89.2
    assert synthetic["difference"]["reading"] == "shown"
    assert synthetic["difference"]["high_pp"] < -70


def test_real_cases_say_the_word_and_hide_how_little_the_candidate_learned(run: report.SwapRun) -> None:
    """Without it the candidate passes 13 % of the real cases and 89 % of the synthetic ones."""
    real = word(run, "real")

    assert (real["with"]["cases"], real["without"]["cases"]) == (164, 38)
    assert [round(100 * real[side]["candidate"], 1) for side in ("with", "without")] == [100.0, 13.2]
    assert real["candidate"]["reading"] == real["difference"]["reading"] == "shown"


def test_the_gap_is_shown_for_the_baseline_and_open_for_the_candidate(run: report.SwapRun) -> None:
    """By the rule on points the candidate's 9 points would be within ten; the interval reaches 16."""
    rows = run.get("diagnostics", "gap", "rows")

    assert [round(rows["baseline"][name], 1) for name in ("gap_pp", "low_pp", "high_pp")] == [
        -48.2,
        -58.0,
        -36.7,
    ]
    assert [round(rows["candidate"][name], 1) for name in ("gap_pp", "low_pp", "high_pp")] == [9.1, 0.9, 15.9]
    assert [rows[name]["reading"] for name in ("baseline", "candidate", "difference")] == [
        "beyond",
        "unresolved",
        "beyond",
    ]


def test_what_the_data_lacks_has_its_reason_and_the_next_step(run: report.SwapRun) -> None:
    assert "grade with a closed list of failure modes" in run.why("diagnostics", "failure_modes")
    assert "import cases with --column cell=" in run.why("diagnostics", "drill_down", "cell")
    assert "cannot be compared" in str(report.exclusive_modes(run))


def test_the_report_reads_the_leak_and_says_what_to_do(run: report.SwapRun) -> None:
    text = str(report.trigger_words(run))

    assert "Shown on synthetic cases: with refund the candidate changes 0.0 points, without it +89.2." in text
    assert "What to do: " in text
    assert "refund (synthetic): with 0.0, without +89.2, shown" in report.trigger_words_chart(run).summary


def test_no_number_of_it_is_nan(run: report.SwapRun) -> None:
    json.dumps(dict(run.verdict), allow_nan=False)
