"""What the report says of a bad mix: what is shown stands with its remedy, and what is open alarms nobody."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hostile import STRINGS

from workbench.report import swap
from workbench.swap import Question
from workbench.swap.comparison import Interval
from workbench.swap.diagnostics_cells import drill_down
from workbench.swap.diagnostics_gaps import gaps
from workbench.swap.diagnostics_modes import failure_modes
from workbench.swap.diagnostics_words import trigger_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS = {
    "drill_down": swap.drill_down,
    "gap": swap.gap,
    "gap_chart": swap.gap_chart,
    "exclusive_modes": swap.exclusive_modes,
    "trigger_words": swap.trigger_words,
    "trigger_words_chart": swap.trigger_words_chart,
}
PAIR = Question(baseline="shop-bot-2", candidate="shop-bot-3")
APART, OPEN = Interval(-20.0, -30.0, -12.0), Interval(2.0, -9.0, 13.0)
SHORT = [text for text in STRINGS if text.strip() and len(text) < 300]


def cases(group: str, cell: str | None, said: str, letters: Mapping[str, int]) -> pd.DataFrame:
    """Cases of a group in a cell, `{"pf": 3}` being three that the baseline passes and the candidate fails."""
    answers = np.array(
        [[letter == "p" for letter in pair] for pair, count in letters.items() for _ in range(count)], float
    )
    ids = [f"{group}-{cell}-{i}" for i in range(len(answers))]
    frame = pd.DataFrame({"case_id": ids, "root_id": ids, "group": group, "cell": cell, "said": said})
    for at, side in enumerate(("baseline", "candidate")):
        frame[f"{side}_score"], frame[f"{side}_trials"] = answers[:, at], 1
    return frame.assign(d=answers[:, 1] - answers[:, 0])


def diagnosed(
    frame: pd.DataFrame, modes: Mapping[str, list[str]], listed: list[str], contradiction: Interval = APART
) -> dict[str, Any]:
    """The part of verdict.json that the swap would write, with its reasons."""
    fails = frame[frame["candidate_score"] == 0].copy()
    fails["failure_mode"] = [modes[group][i % len(modes[group])] for i, group in enumerate(fails["group"])]
    outcomes = fails.assign(model="shop-bot-3", outcome="fail").astype({"failure_mode": "str"})
    found = {
        "gap": gaps(frame, contradiction, alpha=0.05),
        "failure_modes": failure_modes(frame, outcomes, PAIR, alpha=0.05),
        "trigger_words": trigger_words(frame, {"money": listed}, alpha=0.05),
    }
    down = drill_down(frame, "cell", alpha=0.05)
    fields = {name: dict(part.fields) or None for name, part in found.items()}
    why = {
        f"diagnostics.{name}".removesuffix("."): part.why[""]
        for name, part in found.items()
        if "" in part.why
    }
    why |= {"diagnostics.drill_down.cell": down.why[""]} if "" in down.why else {}
    part: dict[str, Any] = json.loads(
        json.dumps({"band_pp": 10.0, "drill_down": {"cell": dict(down.fields) or None}, **fields})
    )
    return {"diagnostics": part, "why": why}


@pytest.fixture(scope="session")
def report_of(run: swap.SwapRun) -> Callable[..., swap.SwapRun]:
    """A run whose verdict.json holds other fields."""

    def make(fields: Mapping[str, Any]) -> swap.SwapRun:
        return dataclasses.replace(run, verdict={**copy.deepcopy(dict(run.verdict)), **fields})

    return make


@pytest.fixture(scope="session")
def bad(report_of: Callable[..., swap.SwapRun]) -> swap.SwapRun:
    """A bad mix: easier synthetic cases, a failure that the generator invents, a gain without a word."""
    frame = pd.concat(
        [
            cases("real", "delay", "send back my money", {"pp": 60, "pf": 40}),
            cases("real", "remorse", "a refund please", {"pp": 60, "pf": 40}),
            cases("synthetic", "delay", "send back my money", {"fp": 60, "pp": 30, "ff": 30}),
            cases("synthetic", "remorse", "a refund please", {"pp": 120}),
        ],
        ignore_index=True,
    )
    modes = {"real": ["asks again"], "synthetic": ["asks again", "invents an order"]}
    return report_of(diagnosed(frame, modes, ["refund", "kettle"]))


@pytest.fixture(scope="session")
def small(report_of: Callable[..., swap.SwapRun]) -> swap.SwapRun:
    """Twelve cases of each group, from which nothing can be told."""
    parts = [
        cases(group, "delay", said, {"pp": 5, "pf": 1})
        for group in ("real", "synthetic")
        for said in ("refund", "my money")
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["case_id"] = frame["root_id"] = [f"case-{i}" for i in range(len(frame))]
    return report_of(diagnosed(frame, {"real": ["asks again"], "synthetic": ["invents"]}, ["refund"], OPEN))


def test_what_is_shown_stands_with_its_remedy(bad: swap.SwapRun) -> None:
    for name in ("gap", "exclusive_modes", "trigger_words"):
        text = str(PARTS[name](bad))

        assert "Shown" in text, name
        assert "What to do: " in text, name
        assert "Take fresh cases from production" in text, name


def test_where_the_groups_differ_is_told_with_how_much_is_composition(bad: swap.SwapRun) -> None:
    text = str(swap.drill_down(bad))

    assert "cells that both groups have" in text
    assert "Candidate: the gap of +27.5 points" in text
    assert "within the same cells it is" in text


def test_the_chart_of_gaps_leaves_its_names_legend_and_title_room_on_a_telephone(bad: swap.SwapRun) -> None:
    """At 390 pixels long names leave the plot half of the width, and what stands below it is cut."""
    spec = swap.gap_chart(bad).spec  # type: ignore[union-attr]
    legends = [
        layer["encoding"][at]["legend"]
        for layer in spec["layer"]
        for at in ("color", "shape")
        if "legend" in layer["encoding"].get(at, {})
    ]
    titles = [
        layer["encoding"]["x"]["axis"]["title"] for layer in spec["layer"] if "axis" in layer["encoding"]["x"]
    ]

    assert {one["name"] for rows in spec["datasets"].values() for one in rows if "name" in one} == {
        "baseline", "candidate", "difference"
    }  # fmt: skip
    assert legends
    assert all(legend["columns"] == 1 for legend in legends)
    assert titles == ["synthetic minus real, points"]


def test_a_mode_of_synthetic_cases_is_counted_beside_the_real_ones(bad: swap.SwapRun) -> None:
    text = str(swap.exclusive_modes(bad))

    assert "Shown: 1 mode only in synthetic cases: invents an order (candidate)." in text
    assert "Excluded: each mode of the real cases is seen in synthetic ones too." in text


def test_what_is_not_resolved_alarms_nobody(small: swap.SwapRun) -> None:
    for name in ("drill_down", "gap", "exclusive_modes", "trigger_words"):
        shown = PARTS[name](small)

        assert "wb-open" not in shown.html, name
        assert "wb-no" not in shown.html.replace("wb-note", ""), name
        assert "What to do" not in str(shown), name
    assert "Unresolved: the cases cannot tell" in str(swap.gap(small))
    assert "beyond" not in swap.gap_chart(small).summary


@pytest.mark.parametrize("part", PARTS)
def test_an_older_run_is_told_so(run: swap.SwapRun, part: str) -> None:
    assert "older than the diagnostics" in str(PARTS[part](run))


@pytest.mark.parametrize("part", PARTS)
def test_what_could_not_be_made_gives_its_reason(report_of: Callable[..., swap.SwapRun], part: str) -> None:
    told = diagnosed(cases("real", None, "where is it", {"pp": 30}), {}, ["refund"])

    assert any(reason in str(PARTS[part](report_of(told))) for reason in told["why"].values())


@pytest.mark.parametrize(
    "part", ["gap", "gap_chart", "drill_down", "exclusive_modes", "trigger_words", "trigger_words_chart"]
)
def test_a_refused_swaps_diagnostics_are_a_smoke_test(bad: swap.SwapRun, part: str) -> None:
    refused = dataclasses.replace(bad, verdict={**bad.verdict, "verdict": "REFUSED"})

    assert "smoke test only" in str(PARTS[part](refused))
    assert "smoke test only" not in str(PARTS[part](bad))


@pytest.mark.parametrize("part", PARTS)
def test_hostile_cells_modes_and_words_stay_texts(bad: swap.SwapRun, part: str) -> None:
    part_of = copy.deepcopy(bad.verdict["diagnostics"])
    for rows, field in (
        (part_of["drill_down"]["cell"]["rows"], "place"),
        (part_of["failure_modes"]["rows"], "mode"),
        (part_of["trigger_words"]["rows"], "word"),
    ):
        kind = dict(rows[0])
        rows[:] = [{**kind, field: text} for text in SHORT]
    shown = PARTS[part](dataclasses.replace(bad, verdict={**bad.verdict, "diagnostics": part_of}))
    html = getattr(shown, "html", "")

    assert shown._repr_mimebundle_()
    assert "<script" not in html.casefold()
    assert "<img" not in html.casefold()


# The self-test


def test_eight_answers_are_one_strip_and_each_unfolds_to_its_evidence(
    report_of: Callable[..., swap.SwapRun],
) -> None:
    names = ("tags", "direction", "survival", "vocabulary", "families", "anchor", "which tags", "last swap")
    told = ("yes", "not known", "no", "not known", "yes", "yes", "yes", "not known")
    rows = [
        {"name": name, "question": f"Is it {name}?", "answer": answer, "evidence": f"counted for {name}"}
        for name, answer in zip(names, told, strict=True)
    ]
    shown = swap.self_test(report_of({"self_test": rows}))

    assert shown.html.count("<details") == 8
    assert shown.html.count('class="wb-reading wb-yes"') == 4
    assert shown.html.count('class="wb-reading wb-no"') == 1
    assert "4 yes, 1 no, 3 not known" in shown.html
    assert "counted for vocabulary" in shown.html
    assert str(shown).splitlines()[3] == "no         survival: Is it survival? counted for survival"


def test_answers_of_an_older_run_show_their_questions(
    run: swap.SwapRun, report_of: Callable[..., swap.SwapRun]
) -> None:
    assert "Is there a provenance tag on every case of the set?" in swap.self_test(run).html
    assert "No self-test is stored" in str(swap.self_test(report_of({"self_test": []})))


def test_who_is_named_in_evidence_is_not_told_by_address(report_of: Callable[..., swap.SwapRun]) -> None:
    row = {
        "name": "anchor",
        "question": "What is the seed?",
        "answer": "yes",
        "evidence": "owner kim@shop.example",
    }

    assert "kim@shop.example" not in swap.self_test(report_of({"self_test": [row]})).html
