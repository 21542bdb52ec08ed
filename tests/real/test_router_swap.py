"""A measured swap whose synthetic cases say ship and whose real ones say block.

Banking77's refund queries are the seed, Bitext's refund utterances are cases made elsewhere, and
two refund routers were run on both: a keyword list, and a classifier trained on Bitext.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench import open as open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.real

SWAP = ("swap", "keyword-synonyms", "tfidf-lr(bitext)", "--evalset", "launch", "--no-report")


@pytest.fixture(scope="module")
def shop(real_data: Path, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Path:
    """A workspace with the real seed, the synthetic cases and the routers' results."""
    folder = tmp_path_factory.mktemp("router") / "shop"
    command("init", str(folder))
    seed = real_data / "seed_banking77" / "cases.jsonl.gz"
    command(
        "-w",
        str(folder),
        "import",
        "seed",
        str(seed),
        "--column",
        "expected=intent",
        "--where",
        "refund_intent==true",
    )
    import_rest(folder, real_data, command)
    return folder


def import_rest(folder: Path, real_data: Path, command: Callable[..., Any]) -> None:
    """Import the synthetic cases and the results, and freeze all of it."""
    command(
        *("-w", str(folder), "import", "cases", str(real_data / "synth_bitext" / "cases.jsonl.gz")),
        *(
            "--bucket",
            "prompted",
            "--generator",
            "bitext/nlg",
            "--column",
            "expected=intent",
            "--where",
            "refund_intent==true",
        ),
    )
    command(
        *(
            "-w",
            str(folder),
            "import",
            "results",
            str(real_data / "derived_refund_router" / "results.csv.gz"),
        ),
        *(
            "--column",
            "outcome=passed",
            "--pass-when",
            "1",
            "--where",
            "is_refund==1",
            "--judge",
            "labels=programmatic",
        ),
        *(
            "--family",
            "tfidf-lr(bitext)=sklearn/logistic-regression",
            "--family",
            "keyword-synonyms=rules/keywords",
        ),
    )
    command("-w", str(folder), "freeze", "launch", "--all")


@pytest.fixture(scope="module")
def verdict(
    shop: Path, command: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The verdict of the swap, as its file says it."""
    out = tmp_path_factory.mktemp("runs") / "run"
    done = command("-w", str(shop), *SWAP, "--out", str(out), exits=10)
    assert done.err == ""
    found: dict[str, Any] = json.loads((out / "verdict.json").read_text("utf-8"))
    return found


def test_the_seed_holds_the_297_refund_queries_and_the_465_utterances_are_candidates(shop: Path) -> None:
    with open_workspace(shop) as opened:
        assert opened.cases["bucket"].value_counts().to_dict() == {"prompted": 465, "seed": 297}


def test_the_synthetic_cases_say_ship_and_the_real_ones_block(verdict: dict[str, Any]) -> None:
    real, synthetic = verdict["groups"]["real"], verdict["groups"]["synthetic"]

    assert verdict["verdict"] == "BLOCK"
    assert verdict["reasons"][0]["code"] == "real_worse"
    assert "real cases (seed)" in verdict["reasons"][0]["text"]
    assert (real["paired"], real["lost"], real["gained"]) == (202, 33, 0)
    assert [round(real[name], 1) for name in ("delta_pp", "low_pp", "high_pp")] == [-16.3, -22.1, -11.9]
    assert (synthetic["paired"], synthetic["lost"], synthetic["gained"]) == (97, 0, 6)
    assert [round(synthetic[name], 1) for name in ("delta_pp", "low_pp", "high_pp")] == [6.2, 2.1, 12.8]
    assert verdict["synthetic_only"]["would_say"] == "SHIP"


def test_the_rates_are_those_that_the_data_was_published_with(verdict: dict[str, Any]) -> None:
    rates = {
        name: [round(100 * verdict["groups"][name][side], 2) for side in ("baseline_rate", "candidate_rate")]
        for name in ("real", "synthetic")
    }

    assert rates == {"real": [83.66, 67.33], "synthetic": [92.78, 98.97]}


def test_a_mix_of_them_says_what_its_weights_say(verdict: dict[str, Any]) -> None:
    """With 7 % of real cases it is better, with 44 % worse, and the launch mix tells nothing."""
    weighing = verdict["weighing"]
    (low, high), *others = weighing["tipping"]["pieces"]

    assert (f"{verdict['tipping_weight']:.2f}", f"{low:.2f}", f"{high:.2f}") == ("0.27", "0.07", "0.43")
    assert others == []
    assert weighing["mixes"]["70/30"]["reading"] == "unresolved"
    assert (weighing["line"][0]["reading"], weighing["line"][-1]["reading"]) == ("better", "worse")


def test_what_stands_beside_the_verdict_is_named(verdict: dict[str, Any]) -> None:
    """The two sets contradict each other, 95 real cases have no outcome, and nobody reviewed the 465."""
    codes = [reason["code"] for reason in verdict["reasons"]]

    assert {"contradiction", "many_unpaired"} <= set(codes)
    assert verdict["unreviewed"] == 465
    assert verdict["joined_by_id_only"] == 4 * 0 + 2 * 299
    assert {row["absent"] for row in verdict["reconciled"] if row["group"] == "real"} == {95}


def test_without_the_filter_on_results_220_real_cases_pair(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    folder = tmp_path / "shop"
    command("init", str(folder))
    seed = real_data / "seed_banking77" / "cases.jsonl.gz"
    command("-w", str(folder), "import", "seed", str(seed), "--where", "refund_intent==true")
    results = real_data / "derived_refund_router" / "results.csv.gz"
    done = command(
        "-w", str(folder), "import", "results", str(results), "--column", "outcome=passed", "--pass-when", "1"
    )
    command("-w", str(folder), "freeze", "launch", "--all")
    command("-w", str(folder), *SWAP, "--out", str(tmp_path / "run"), exits=10)
    real = json.loads((tmp_path / "run" / "verdict.json").read_text("utf-8"))["groups"]["real"]

    assert "are no case here and their rows were set aside" in done.out
    assert (real["paired"], real["lost"], real["gained"]) == (220, 34, 1)


def test_forty_real_cases_decide_nothing(
    real_data: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """Under the floor of 50 the same swap is refused, and its numbers are a smoke test."""
    with gzip.open(real_data / "seed_banking77" / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        cases = sorted((json.loads(line) for line in lines), key=lambda case: case["case_id"])
    first = [case for case in cases if case["refund_intent"]][:40]
    small = tmp_path / "first-40.jsonl"
    small.write_text("".join(json.dumps(case) + "\n" for case in first), "utf-8")
    folder = tmp_path / "shop"
    command("init", str(folder))
    command("-w", str(folder), "import", "seed", str(small))
    import_rest(folder, real_data, command)
    command("-w", str(folder), *SWAP, "--out", str(tmp_path / "run"), exits=12)
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text("utf-8"))

    assert verdict["verdict"] == "REFUSED"
    assert verdict["reasons"][0]["code"] == "seed_too_small"
    assert verdict["smoke_test_only"] is True
    assert verdict["look"] is None
    assert verdict["groups"]["synthetic"]["lost"] == 0
