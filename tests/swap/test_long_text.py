"""The long text's own swap, entered with the counts that its percentages allow.

Its section 8 compares two models on 153 synthetic and 65 real cases: 84.3 % to 87.6 % on the synthetic
ones, which is 129 to 134 of 153, and 71.2 % to 69.8 % on the mix. No 65 real cases give the mix; the
nearest are 26 to 18. How many cases changed is not said, so the fewest that can have is taken: 5 gained
and none lost, 8 lost and none gained.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest

from workbench import open as open_workspace
from workbench.margins import unreconciled
from workbench.report import swap as shown
from workbench.stats.paired import mcnemar_exact, mcnemar_midp, tango

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BASELINE, CANDIDATE = "sonnet 2026-01", "opus 2026-01"
REAL = {"pp": 18, "pf": 8, "fp": 0, "ff": 39}
SYNTHETIC = {"pp": 129, "pf": 0, "fp": 5, "ff": 19}
MINED = 82
"""Real cases of which the split puts 65 into eval: the others give style hints and decide nothing."""


class LongText(NamedTuple):
    """What the command said, the verdict it wrote, and the run folder."""

    said: str
    verdict: dict[str, Any]
    folder: Path


def _outcomes(ids: list[str], counts: Mapping[str, int]) -> list[dict[str, str]]:
    letters = [pair for pair, many in counts.items() for _ in range(many)]
    return [
        {"case_id": case, "model": model, "outcome": letter}
        for case, pair in zip(ids, letters, strict=True)
        for model, letter in zip((BASELINE, CANDIDATE), pair, strict=True)
    ]


def _file(folder: Path, name: str, rows: list[dict[str, str]]) -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def long_text(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> LongText:
    """The swap of the long text, from import to verdict."""
    folder = tmp_path_factory.mktemp("long") / "shop"
    command("init", str(folder))

    def run(*arguments: str, exits: int = 0) -> Any:
        return command("-w", str(folder), *arguments, exits=exits)

    mined = [
        {"case_id": f"real-{i:03d}", "text": f"order {i} never came, money back pls"} for i in range(MINED)
    ]
    made = [{"case_id": f"synth-{i:03d}", "text": f"I demand a refund for order {i}!"} for i in range(153)]
    run("import", "seed", _file(folder, "seed.jsonl", mined))
    reviewed = ("--reviewed-by", "a reviewer", "--reviewed-on", "2026-01-15")
    generator = ("--bucket", "prompted", "--generator", "mistral/large")
    run("import", "cases", _file(folder, "made.jsonl", made), *generator, *reviewed)
    with open_workspace(folder) as opened:
        seeds = opened.cases[opened.cases["bucket"] == "seed"]
    real = seeds.loc[seeds["split"] == "eval", "case_id"].tolist()
    rows = _outcomes(real, REAL) + _outcomes([case["case_id"] for case in made], SYNTHETIC)
    families = ("--family", f"{BASELINE}=anthropic/sonnet", "--family", f"{CANDIDATE}=openai/gpt")
    run(
        "import",
        "results",
        _file(folder, "results.jsonl", rows),
        "--pass-when",
        "p",
        "--fail-when",
        "f",
        *families,
    )
    run("freeze", "launch")
    done = run(
        "swap",
        BASELINE,
        CANDIDATE,
        "--evalset",
        "launch",
        "--out",
        str(folder / "run"),
        "--no-report",
        exits=10,
    )
    return LongText(
        done.out, json.loads((folder / "run" / "verdict.json").read_text("utf-8")), folder / "run"
    )


def test_the_mix_cannot_be_told_from_zero(long_text: LongText) -> None:
    low, high = tango(8, 5, 218)
    mixed = long_text.verdict["mixed"]

    assert [f"{100 * value:+.1f}" for value in (-3 / 218, low, high)] == ["-1.4", "-5.1", "+2.1"]
    assert f"{mcnemar_midp(8, 5):.2f}" == "0.42"
    assert f"{mixed['delta_pp']:+.1f}" == "-1.4"
    assert mixed["low_pp"] < 0 < mixed["high_pp"]


def test_the_seed_decides(long_text: LongText) -> None:
    verdict, real = long_text.verdict, long_text.verdict["groups"]["real"]

    assert (verdict["verdict"], verdict["reasons"][0]["code"]) == ("BLOCK", "real_worse")
    assert [f"{real[name]:+.1f}" for name in ("delta_pp", "low_pp", "high_pp")] == ["-12.3", "-22.5", "-6.0"]
    assert f"{mcnemar_exact(8, 0):.3f}" == "0.008"
    # With three cases gained as well the exact test cannot tell it: what changed has to be counted.
    assert mcnemar_exact(11, 3) > 0.05


def test_synthetic_and_real_contradict_each_other(long_text: LongText) -> None:
    found = long_text.verdict["contradiction"]
    real, synthetic = (tango(*counts) for counts in ((8, 0, 65), (0, 5, 153)))
    apart = -8 / 65 - 5 / 153
    low = apart - ((-8 / 65 - real.low) ** 2 + (synthetic.high - 5 / 153) ** 2) ** 0.5
    high = apart + ((real.high + 8 / 65) ** 2 + (5 / 153 - synthetic.low) ** 2) ** 0.5

    assert [f"{100 * value:.1f}" for value in (apart, low, high)] == ["-15.6", "-26.5", "-8.8"]
    assert f"{found['delta_pp']:.1f}" == "-15.6"
    assert found["high_pp"] < 0
    assert "drift" in " ".join(reason["code"] + reason["text"] for reason in long_text.verdict["reasons"])


def test_the_tipping_weight_lies_between_the_mix_that_blocks_and_the_one_that_ships(
    long_text: LongText,
) -> None:
    weighing = long_text.verdict["weighing"]
    line = {row["seed_weight"]: row for row in weighing["line"]}
    (low, high), *others = weighing["tipping"]["pieces"]

    assert f"{long_text.verdict['tipping_weight']:.2f}" == "0.21"
    assert (weighing["tipping"]["kind"], others) == ("interval", [])
    assert (f"{low:.2f}", f"{high:.2f}") == ("0.03", "0.48")
    assert f"{weighing['mixes']['70/30']['delta_pp']:+.2f}" == "-1.40"
    assert line[0.3]["delta_pp"] < 0 < line[0.2]["delta_pp"]
    assert [line[weight]["reading"] for weight in (0.2, 0.3, 0.5)] == ["equivalent", "unresolved", "worse"]


def test_the_chances_say_it_in_plain_words(long_text: LongText) -> None:
    groups = long_text.verdict["chances"]["groups"]

    assert f"{groups['real']['p_worse']:.3f}" == "0.999"
    assert groups["synthetic"]["p_better"] > 0.99


def test_the_report_says_where_the_sign_is_open(long_text: LongText) -> None:
    run = shown.read(long_text.folder)
    chart, said = shown.weights(run), shown.tipping(run).text

    assert "changes its sign where the real cases weigh 21%" in said
    assert "not told from zero where they weigh 3% to 48%" in said
    assert "better from 0% to 3%" in said
    assert "worse from 48% to 100%" in said
    assert "70/30 at 30%" in chart.summary


# What nobody can enter


def _percent(passed: int, of: int) -> str:
    return str((Decimal(100 * passed) / of).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize(("printed", "of"), [("71.2", 218), ("69.8", 218), ("99.4", 153), ("99.4", 200)])
def test_no_whole_number_of_cases_gives_the_texts_percentage(printed: str, of: int) -> None:
    assert printed not in {_percent(passed, of) for passed in range(of + 1)}


def test_no_65_real_cases_give_both_mixed_percentages_and_184_do() -> None:
    def mixed(real: int, of: int, synthetic: int) -> str:
        exact = Decimal(100) * (Decimal("0.3") * real / of + Decimal("0.7") * synthetic / 153)
        return str(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))

    def found(of: int) -> list[tuple[int, int]]:
        before = [real for real in range(of + 1) if mixed(real, of, 129) == "71.2"]
        after = [real for real in range(of + 1) if mixed(real, of, 134) == "69.8"]
        return [(first, last) for first in before for last in after]

    assert found(65) == []
    assert found(184) == [(75, 52)]


def test_the_survivors_add_up_to_two_numbers() -> None:
    scenarios = {"scenario": [38, 31, 33, 21, 29], "user": [46, 38, 33, 36]}
    kept = pd.DataFrame(
        [
            {"axis": axis, "level": str(i), "kept": n}
            for axis, row in scenarios.items()
            for i, n in enumerate(row)
        ]
    )

    assert unreconciled(kept, ["kept"]) == [
        "kept adds up to 152 by scenario and 153 by user; no table of cells has both"
    ]
