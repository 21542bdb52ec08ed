"""How much of a mixed number is the choice of weights, in the report's words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.report import swap
from workbench.report.charts import Chart
from workbench.report.swap.folder import SwapRun

if TYPE_CHECKING:
    from collections.abc import Callable

LATER = [
    swap.weights,
    swap.tipping,
    swap.mixes,
    swap.chances,
    swap.missing_bounds,
    swap.assumptions,
    swap.looks,
]


def line(real: float, synthetic: float, *, reach: float = 3.0) -> list[dict[str, Any]]:
    """A line as verdict.json has it."""
    rows = []
    for step in range(21):
        at = step / 20 * real + (1 - step / 20) * synthetic
        told = "worse" if at < -reach else "better" if at > reach else "unresolved"
        ends = {"delta_pp": at, "low_pp": at - reach, "high_pp": at + reach}
        rows.append({"seed_weight": step / 20, **ends, "reading": told})
    return rows


def run_with(**fields: Any) -> SwapRun:
    """A run whose verdict.json holds these fields and little else."""
    verdict = {
        "schema_version": 1,
        "verdict": "BLOCK",
        "gate": {"margin_pp": 3.0},
        "groups": {"real": {}, "synthetic": {}},
    }
    return SwapRun(Path("run"), verdict | fields, {}, pd.DataFrame())


def weighed(
    kind: str, pieces: list[list[float]], *, real: float = -12.0, synthetic: float = 3.0, **more: Any
) -> SwapRun:
    """A run with a line and a set of weights at which its sign is open."""
    weighing = {
        "line": line(real, synthetic),
        "tipping": {"kind": kind, "pieces": pieces},
        "seed_weight": 0.3,
        "mixes": {},
    }
    return run_with(weighing=weighing, **more)


@pytest.mark.parametrize("shown", LATER, ids=[shown.__name__ for shown in LATER])
def test_a_run_that_is_older_than_a_part_has_a_sentence_for_it(shown: Callable[[SwapRun], Any]) -> None:
    said = shown(run_with())

    assert not isinstance(said, Chart)
    assert "older" in said.text


@pytest.mark.parametrize(
    ("kind", "pieces", "said"),
    [
        ("interval", [[0.03, 0.48]], "not told from zero where they weigh 3% to 48%; it is better from 0% to 3% and worse from 48% to 100%."),
        ("interval", [[0.0, 0.48]], "not told from zero where they weigh 0% to 48%; it is worse from 48% to 100%."),
        ("complement", [[0.0, 0.3], [0.7, 1.0]], "where they weigh 0% to 30% and 70% to 100%; it is worse from 30% to 70%."),
        ("everything", [[0.0, 1.0]], "At no weight is the mix told from zero: whatever sign it shows is a choice of weight and chance."),
        ("none", [], "At every weight of the real cases the mix is worse."),
    ],
)  # fmt: skip
def test_each_kind_of_set_is_said_in_words(kind: str, pieces: list[list[float]], said: str) -> None:
    text = swap.tipping(weighed(kind, pieces)).text

    assert said in text
    assert text.endswith("A mix decides nothing: the real cases do.")


def test_the_line_is_drawn_with_its_band_the_margin_and_the_mixes() -> None:
    run = weighed("interval", [[0.03, 0.48]], tipping_weight=0.2)
    run.verdict["weighing"]["mixes"] = {  # type: ignore[index]
        "70/30": {"weights": {"real": 0.3, "synthetic": 0.7}},
        "hand-written": {"weights": {"golden": 1.0}},
    }
    chart = swap.weights(run)

    assert isinstance(chart, Chart)
    assert "With synthetic cases alone +3.0 (0.0 to +6.0) points" in chart.summary
    assert "Marked: tips at 20%, declared, 70/30 at 30%." in chart.summary
    drawn = str(chart.spec["datasets"])
    assert all(word in drawn for word in ("margin", "no change", "not told from zero", "tips"))
    assert len(chart.png()) > 1000


def test_marks_that_would_overprint_on_a_telephone_share_one_label() -> None:
    run = weighed("interval", [[0.03, 0.48]], tipping_weight=0.28)
    run.verdict["weighing"]["mixes"] = {  # type: ignore[index]
        "mature": {"weights": {"real": 0.32, "synthetic": 0.68}},
        "50/25/25": {"weights": {"real": 0.67, "synthetic": 0.33}},
    }
    chart = swap.weights(run)
    named = [one for rows in chart.spec["datasets"].values() for one in rows if {*one} == {"weight", "name"}]  # type: ignore[union-attr]

    assert [one for one in named if "tips" in one["name"]] == [
        {"weight": 0.28, "name": "tips"},
        {"weight": 0.28, "name": "tips, declared, mature"},
    ]
    assert [one["weight"] for one in named].count(0.67) == 2


def test_that_a_mix_decides_nothing_is_said_once() -> None:
    run = weighed("none", [])
    run.verdict["weighing"]["declared"] = {"weights": {"real": 1.0}}  # type: ignore[index]

    assert (swap.tipping(run).text + swap.mixes(run).text).count("A mix decides nothing") == 1


def test_a_line_without_an_interval_is_a_sentence_with_its_reason() -> None:
    rows = [{**row, "low_pp": None, "high_pp": None} for row in line(-12, 3)]
    run = run_with(
        weighing={"line": rows, "tipping": None, "mixes": {}},
        why={"weighing.tipping": "Fewer than 10 roots: synthetic (4)."},
    )

    assert "Fewer than 10 roots: synthetic (4)." in swap.weights(run).text  # type: ignore[union-attr]
    assert "Fewer than 10 roots: synthetic (4)." in swap.tipping(run).text


def test_what_the_shares_of_production_could_not_reach_is_said() -> None:
    told = {"delta_pp": -4.0, "low_pp": -9.0, "high_pp": 1.0, "reading": "unresolved"}
    weights = {"real": 0.3, "synthetic": 0.7}
    stratified = {
        **told,
        "shares": {"late": 0.6, "damaged": 0.4},
        "as_found": ["synthetic"],
        "left_out": {"real": ["damaged"]},
        "outside": {"real": 12, "synthetic": 153},
    }
    run = weighed("everything", [[0.0, 1.0]])
    run.verdict["weighing"].update(declared={"weights": weights, **told}, post_stratified=stratified)  # type: ignore[index]
    text = swap.mixes(run).text

    assert "The real cases have none in damaged: left out, and the rest renormalised." in text
    assert "The synthetic cases are in no declared slice or cell, and stand as found." in text
    assert "12 real cases are outside every declared slice and cell" in text
    assert "declared, in the shares of production" in text


@pytest.mark.parametrize(
    ("worse", "word"),
    [(0.999, "virtually certain worse"), (0.95, "very likely worse"), (0.7, "likely worse"), (0.5, "about as likely worse as better"), (0.05, "very likely better")],
)  # fmt: skip
def test_a_chance_has_a_word(worse: float, word: str) -> None:
    row = {"p_worse": worse, "p_worse_than_margin": worse / 2, "p_better": 1 - worse, "effective_n": 65.0}
    run = run_with(chances={"groups": {"real": row}, "assumes": "Nothing was known."})

    assert word in swap.chances(run).text


def test_no_chance_reads_as_certainty() -> None:
    row = {"p_worse": 0.99999, "p_worse_than_margin": 0.9995, "p_better": 0.00001, "effective_n": 202.0}
    text = swap.chances(run_with(chances={"groups": {"real": row}, "assumes": ""})).text

    assert text.count("over 99.9%") == 2
    assert "under 0.1%" in text
    assert "100" not in text


def test_missing_outcomes_are_shown_from_both_sides() -> None:
    row = {"missing": 10, "low_delta_pp": -10.0, "low_pp": -17.6, "high_delta_pp": 0.0, "high_pp": 3.7}
    text = swap.missing_bounds(run_with(missing_bounds={"real": row | {"reading": "unresolved"}})).text

    assert "−17.6 to +3.7" in text
    assert "unresolved" in text


def test_looks_are_priced_and_a_refused_swap_took_none() -> None:
    looks = [
        {"look": 2, "alpha": 0.0076, "smallest_n_to_ship": 231, "needed_real_cases": 1400},
        {"look": 3, "alpha": 0.0034, "smallest_n_to_ship": 278, "needed_real_cases": None, "why": "too few to plan with"},
    ]  # fmt: skip
    taken = swap.looks(run_with(reach={"looks": looks}, look=2)).text
    refused = swap.looks(
        run_with(reach={"looks": looks}, look=None, why={"look": "a refused swap takes no look"})
    ).text

    assert "2, this one" in taken
    assert "too few to plan with" in taken
    assert "This swap took none: a refused swap takes no look." in refused
    assert "this one" not in refused
