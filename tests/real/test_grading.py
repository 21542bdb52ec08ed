"""Answers of two real routers, graded here, come to the figures that were measured elsewhere."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench import open as open_workspace
from workbench.provenance import sha256
from workbench.tables import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.real

ROUTERS = {"keyword-synonyms": "acme/keywords", "tfidf-lr(bitext)": "bitext/tfidf"}


@pytest.fixture(scope="module")
def measured(real_data: Path) -> list[dict[str, str]]:
    """What both routers said of the real refund queries, and whether that was right."""
    with gzip.open(real_data / "derived_refund_router" / "results.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        row
        for row in rows
        if row["model"] in ROUTERS and row["is_refund"] == "1" and row["provenance"].startswith("real")
    ]


@pytest.fixture(scope="module")
def shop(
    real_data: Path,
    measured: list[dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
    command: Callable[..., Any],
) -> Path:
    """A workspace with the queries as its seed, frozen, and with the routers' answers."""
    folder = tmp_path_factory.mktemp("graded") / "shop"
    command("init", str(folder))
    wanted = {row["case_id"]: row["is_refund"] for row in measured}
    with gzip.open(real_data / "seed_banking77" / "cases.jsonl.gz", "rt", encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    seed = [
        {"case_id": case["case_id"], "text": case["text"], "expected": wanted[case["case_id"]]}
        for case in cases
        if case["case_id"] in wanted
    ]
    (folder / "seed.jsonl").write_text("\n".join(map(json.dumps, seed)) + "\n", "utf-8")
    command("-w", str(folder), "import", "seed", str(folder / "seed.jsonl"))
    command("-w", str(folder), "freeze", "launch", "--all")
    now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    with open_workspace(folder) as workspace:
        contents = workspace.cases.set_index("case_id")["content_sha256"]
        rows = [
            {"model": row["model"], "model_family": ROUTERS[row["model"]], "case_id": row["case_id"]}
            | {"content_sha256": contents[row["case_id"]], "trial": "0", "setup_sha256": sha256(row["model"])}
            | {"state": "answered", "output": row["predicted"], "answered_at": now}
            for row in measured
        ]
        workspace.store.append(ANSWERS, rows)
    return folder


def test_a_check_finds_every_outcome_that_was_measured(
    shop: Path, measured: list[dict[str, str]], command: Callable[..., Any]
) -> None:
    """202 real cases, 83.66 % and 67.33 %, 33 lost and none gained."""
    command("-w", str(shop), "grade", *ROUTERS, "--evalset", "launch", "--check", "equals")
    swapped = ("swap", *ROUTERS, "--evalset", "launch", "--no-report", "--out", str(shop / "out"))
    command("-w", str(shop), *swapped, exits=10)

    with open_workspace(shop) as workspace:
        found = workspace.results.set_index(["model", "case_id"])["outcome"].to_dict()
    told = {(row["model"], row["case_id"]): "pass" if row["passed"] == "1" else "fail" for row in measured}
    assert found == told
    real = json.loads((shop / "out" / "verdict.json").read_text("utf-8"))["groups"]["real"]
    assert (real["paired"], real["lost"], real["gained"]) == (202, 33, 0)
    assert (round(real["baseline_rate"], 4), round(real["candidate_rate"], 4)) == (0.8366, 0.6733)
