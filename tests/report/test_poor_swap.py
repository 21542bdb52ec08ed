"""A swap that has nothing to compare ends with its verdict's code and a whole report, by the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def nothing_paired(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Path:
    """The run folder of a swap on 12 real cases, without labels or slices, on which the baseline only failed to run."""
    folder = tmp_path_factory.mktemp("poor")
    shop, into = folder / "shop", ("-w", str(folder / "shop"))
    command("init", str(shop))
    seed = [{"case_id": f"chat-{n}", "text": f"where is order {n}????"} for n in range(12)]
    results = [
        {"case_id": case["case_id"], "model": model, "passed": passed}
        for case in seed
        for model, passed in (("old", "error"), ("new", "1"))
    ]
    for name, rows in (("seed", seed), ("results", results)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    command(*into, "import", "seed", str(folder / "seed.jsonl"))
    lineages = ("--family", "old=shop/old", "--family", "new=shop/new", "--judge", "check=programmatic")
    outcome = ("--column", "outcome=passed", "--pass-when", "1")
    command(*into, "import", "results", str(folder / "results.jsonl"), *outcome, *lineages)
    command(*into, "freeze", "launch", "--all")
    command(*into, "swap", "old", "new", "--evalset", "launch", "--out", str(folder / "run"), exits=12)
    return folder / "run"


def test_it_is_refused_with_a_whole_report(nothing_paired: Path) -> None:
    assert json.loads((nothing_paired / "verdict.json").read_text("utf-8"))["verdict"] == "REFUSED"
    assert json.loads((nothing_paired / "manifest.json").read_text("utf-8"))["complete"] is True
    assert not list(nothing_paired.glob("*-failed.ipynb"))


@pytest.mark.parametrize(
    "sentence",
    [
        "No group has an interval, so no difference is drawn; the table above says why (smoke test only).",
        "No group has a paired case, so no pass rates are drawn.",
        "No case has both outcomes: there is nothing to compare.",
        "The set has no synthetic case.",
        "No real case names a slice, so nothing can be shown by slice.",
        "The results name no failure modes.",
        "How often each verdict comes out is not known for this set: no real case has a pair.",
    ],
)
def test_what_cannot_be_shown_is_said(nothing_paired: Path, sentence: str) -> None:
    assert sentence in (nothing_paired / "report.html").read_text("utf-8")
