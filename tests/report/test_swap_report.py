"""What notebook 07 shows, part by part, of a blocked, a refused, an empty and a hostile swap."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hostile import STRINGS

from workbench.errors import ReportError, UsageError
from workbench.redact import redact
from workbench.report import must_hold, swap
from workbench.report.page import MARKUP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

PARTS = {
    "headline": swap.headline,
    "side_by_side": swap.side_by_side,
    "audit": swap.audit,
    "intervals": swap.intervals,
    "levels": swap.levels,
    "slices": swap.slices,
    "failure_modes": swap.failure_modes,
    "contradiction": swap.contradiction,
    "lost": swap.cases,
    "gained": lambda run: swap.cases(run, "gained", folded=True),
    "unpaired": lambda run: swap.cases(run, "unpaired"),
    "power": swap.power,
    "outcomes": swap.outcomes,
    "missing": swap.missing,
    "reconciled": swap.reconciled,
    "labels": swap.labels,
    "provenance": swap.provenance,
    "families": swap.families,
    "self_test": swap.self_test,
    "inputs": swap.inputs,
}


GAPS = re.compile(r".{,30}(?:\bnan\b|\bNaN\b|None<|>None|&lt;NA).{,30}")
"""What pandas and Python print for a missing value."""


def drawn(shown: Any) -> str:
    """Draw a part as a notebook does, its picture too, and return all that it says."""
    said = [told for kind, told in shown._repr_mimebundle_().items() if kind != "image/png"]
    return "\n".join(told if isinstance(told, str) else json.dumps(told, allow_nan=False) for told in said)


def changed(run: swap.SwapRun, **fields: Any) -> swap.SwapRun:
    """Return a run whose verdict.json says something else."""
    return dataclasses.replace(run, verdict={**copy.deepcopy(dict(run.verdict)), **fields})


def test_the_headline_answers_first_and_says_why_and_what_next(run: swap.SwapRun) -> None:
    lines = str(swap.headline(run)).splitlines()

    assert lines[0].startswith("DEMO.")
    assert lines[1] == "BLOCK: wellread-bot 2026-10 -> keyword-bot 2026-11"
    assert lines[3].startswith("Why: the candidate is worse on the real cases (seed): -19.4 points")
    assert lines[4].startswith("Next: Keep the baseline.")


@pytest.mark.parametrize("verdict", ["SHIP", "BLOCK", "NO VERDICT", "REFUSED"])
def test_every_verdict_has_a_word_a_colour_and_a_shape_of_its_own(run: swap.SwapRun, verdict: str) -> None:
    shown = {
        word: swap.headline(changed(run, verdict=word)).html
        for word in ("SHIP", "BLOCK", "NO VERDICT", "REFUSED")
    }
    signs = {word: html.split("wb-verdict-")[1].split()[0] for word, html in shown.items()}

    assert f'<p class="wb-said">{verdict}</p>' in shown[verdict]
    assert list(signs.values()).count(signs[verdict]) == 1


def test_an_override_is_shown_and_changes_nothing(run: swap.SwapRun) -> None:
    rules = [{"rule": "unknown_family", "by": "the release owner", "reason": "the vendor confirmed it."}]
    html = swap.headline(changed(run, override=rules)).html

    assert (
        "OVERRIDE of unknown_family by the release owner: the vendor confirmed it. The verdict and its exit code are unchanged by it."
        in html
    )


def test_unreviewed_cases_and_a_set_of_everything_are_warned_of(run: swap.SwapRun) -> None:
    html = swap.headline(changed(run, unreviewed=465, everything=True)).html

    assert "UNREVIEWED. 465 cases of the set" in html
    assert "EVERYTHING. The set was frozen with --all" in html


def test_numbers_stand_side_by_side_and_what_is_missing_has_its_reason(run: swap.SwapRun) -> None:
    text = str(swap.side_by_side(run))
    rows = {line.split()[0]: line.split() for line in text.splitlines()[2:7]}

    assert rows["real"][-7:] == ["worse", "25", "0", "129", "132", "79.1%", "59.7%"]
    assert rows["synthetic"][-7] == "better"
    assert rows["mixed"][1] == "−1.3"
    assert "a  Fewer than 10 roots (8): the difference is described without an interval." in text
    assert "mixed weighs real 33.3%, synthetic 61.1%, golden 5.6%; it has no cases of its own" in text


def test_a_refused_swap_shows_its_numbers_as_a_smoke_test(run: swap.SwapRun) -> None:
    refused = changed(run, verdict="REFUSED", look=None)

    assert "smoke test only" in str(swap.headline(refused))
    assert "Smoke test only" in str(swap.side_by_side(refused))
    assert "Smoke test only" in str(swap.audit(refused))
    assert swap.intervals(refused).title == "Difference by group (smoke test only)"
    assert "Look none taken" in str(swap.headline(refused))
    assert must_hold(swap.claims(refused))


def test_every_lost_real_case_is_there_with_both_answers(run: swap.SwapRun) -> None:
    html = swap.cases(run, "lost").html
    lost = run.selected("real", "lost")

    assert len(lost) == 25
    assert html.count("<article") == 25
    assert all(f">{case_id}</span>" in html for case_id in lost["case_id"])
    assert html.count("✓") == 0  # the sign is the style's, the word is the text's
    assert (
        html.count('<b class="wb-outcome wb-pass">pass</b>')
        == html.count('<b class="wb-outcome wb-fail">fail</b>')
        == 25
    )


def test_a_group_that_is_not_in_the_set_is_said_and_not_counted_as_nothing(run: swap.SwapRun) -> None:
    without = dataclasses.replace(run, cases=run.cases[run.cases["group"] != "redteam"])

    assert str(swap.cases(without, "lost", group="redteam")) == "The set has no red team case."


def test_trials_are_told_as_trials(run: swap.SwapRun) -> None:
    cases = run.cases.copy()
    lost = cases.index[(cases["group"] == "real") & (cases["change"] == "lost")][0]
    cases.loc[lost, ["baseline_score", "baseline_trials", "candidate_score", "candidate_trials"]] = [
        0.75,
        4,
        0.5,
        4,
    ]

    assert "passes 3 of 4 trials" in swap.cases(dataclasses.replace(run, cases=cases)).html


def test_an_unpaired_case_says_what_became_of_its_outcome(run: swap.SwapRun) -> None:
    assert "no score: 1 in error" in swap.cases(run, "unpaired").html


def test_results_without_answers_show_the_cases_alone(run: swap.SwapRun) -> None:
    bare = run.cases.copy()
    sides = [
        f"{side}_{part}"
        for side in ("baseline", "candidate")
        for part in ("output", "reason", "failure_mode")
    ]
    bare[sides] = None
    html = swap.cases(dataclasses.replace(run, cases=bare)).html

    assert "The results hold no answers for these cases" in html
    assert html.count("<article") == 25
    assert "no answer is stored" not in html


def test_a_list_too_long_for_a_page_names_the_rest(run: swap.SwapRun) -> None:
    long = run.cases.assign(text="where is it???? " * 10_000)
    html = swap.cases(dataclasses.replace(run, cases=long)).html

    assert len(html) < 1_500_000
    assert "more, which cases.parquet holds: " in html
    assert all(case_id in html for case_id in run.selected("real", "lost")["case_id"])


def test_a_contradiction_is_a_warning_that_says_what_synthetic_alone_would_have_done(
    run: swap.SwapRun,
) -> None:
    shown = swap.contradiction(run)

    assert "wb-warning" in shown.html
    assert "Had they decided, they would have said SHIP; they never do." in shown.text
    assert "the two contradict each other" in shown.text


def test_no_contradiction_is_said_where_none_is_shown(run: swap.SwapRun) -> None:
    apart = swap.contradiction(changed(run, contradiction={"delta_pp": -2.0, "low_pp": -9.0, "high_pp": 5.0}))

    assert "no contradiction is shown" in apart.text
    assert "wb-note" in apart.html


def test_a_lineage_in_two_roles_is_named(run: swap.SwapRun) -> None:
    held = {
        "generators": ["acme/opus", "unknown"],
        "judges": ["acme/sonnet"],
        "baseline": "other/a",
        "candidate": "acme/opus",
    }
    rows = [" ".join(line.split()) for line in str(swap.families(changed(run, families=held))).splitlines()]

    assert "generator acme/opus same line as candidate" in rows
    assert "judge acme/sonnet same vendor as candidate, generator" in rows
    assert "generator unknown unknown: it equals nothing, and bars SHIP where it gates" in rows
    assert "baseline other/a clear" in rows


def test_a_zero_has_its_reason(run: swap.SwapRun) -> None:
    safe = changed(run, excluded_harm_pp=0.0, why={"excluded_harm_pp": "the whole interval lies above 0"})

    assert "by more than this: the whole interval lies above 0" in swap.power(safe).html


class Markup(HTMLParser):
    """A part of a report as a browser sees it: its elements, its attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element and the names of its attributes."""
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@pytest.mark.parametrize("part", PARTS)
def test_nothing_of_a_hostile_run_becomes_markup(hostile_run: swap.SwapRun, part: str) -> None:
    shown = PARTS[part](hostile_run)
    seen = Markup(getattr(shown, "html", ""))

    assert seen.elements <= MARKUP
    assert seen.attributes <= {
        "class",
        "dir",
        "role",
        "tabindex",
        "aria-label",
        "aria-hidden",
        "scope",
        "colspan",
    }
    # A chart is data until the page draws it, and its data is JSON.
    assert seen.text or json.dumps(shown.spec, allow_nan=False)


def test_every_hostile_text_of_a_lost_case_is_shown_as_it_is_but_for_addresses(
    hostile_run: swap.SwapRun,
) -> None:
    shown = Markup(swap.cases(hostile_run, "lost").html).text
    plain = [text for text in STRINGS if text.isprintable() and len(text) < 10_000]

    assert len(plain) > 100
    assert [text for text in plain if redact(text) not in shown] == []


EMPTY: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no case": lambda cases: cases.iloc[:0],
    "one real case": lambda cases: cases[cases["group"] == "real"].head(1),
    "synthetic only": lambda cases: cases[cases["group"] == "synthetic"],
    "nothing paired": lambda cases: cases.assign(candidate_score=float("nan"), change="unpaired"),
    "all ties": lambda cases: cases.assign(candidate_score=cases["baseline_score"], change="same"),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", EMPTY)
def test_a_poor_run_is_drawn_without_a_traceback_a_nan_or_a_none(
    run: swap.SwapRun, kind: str, part: str
) -> None:
    bare: dict[str, Any] = {
        "schema_version": 1, "swap": {"baseline": "a", "candidate": "b"}, "verdict": "REFUSED", "reasons": [{"code": "seed_too_small", "text": "too few"}],
        "next_action": "", "gate": {"margin_pp": 3.0, "look_alpha": 0.05}, "groups": {}, "buckets": {}, "why": {},
    }  # fmt: skip
    poor = dataclasses.replace(run, verdict=bare, manifest={}, cases=EMPTY[kind](run.cases))

    assert GAPS.findall(drawn(PARTS[part](poor))) == []


@pytest.mark.parametrize("part", PARTS)
def test_a_verdict_with_every_field_null_is_drawn(run: swap.SwapRun, part: str) -> None:
    empty = dict.fromkeys(run.verdict) | {"schema_version": 1, "verdict": "REFUSED"}

    assert drawn(PARTS[part](dataclasses.replace(run, verdict=empty, manifest={})))


def without(run: swap.SwapRun, *numbers: str) -> swap.SwapRun:
    """Return a refused run whose groups, buckets and mix lack some numbers."""
    told = copy.deepcopy(dict(run.verdict)) | {"verdict": "REFUSED", "look": None}
    for part in (*told["groups"].values(), *told["buckets"].values(), told["mixed"]):
        part |= {name: None for name in numbers if name in part}
    return dataclasses.replace(run, verdict=told)


INTERVALS = ("low_pp", "high_pp", "p_midp", "deff")
NOTHING = (*INTERVALS, "delta_pp", "baseline_rate", "candidate_rate")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("numbers", [INTERVALS, NOTHING], ids=["no interval", "no pair"])
def test_groups_without_numbers_are_drawn(run: swap.SwapRun, numbers: tuple[str, ...], part: str) -> None:
    assert GAPS.findall(drawn(PARTS[part](without(run, *numbers)))) == []


def test_without_an_interval_a_sentence_stands_for_the_chart(run: swap.SwapRun) -> None:
    for numbers in (INTERVALS, NOTHING):
        assert str(swap.intervals(without(run, *numbers))) == (
            "No group has an interval, so no difference is drawn; the table above says why (smoke test only)."
        )


def test_without_a_pair_a_sentence_stands_for_the_pass_rates(run: swap.SwapRun) -> None:
    assert (
        str(swap.levels(without(run, *NOTHING))) == "No group has a paired case, so no pass rates are drawn."
    )
    assert str(swap.levels(without(run, *INTERVALS))).startswith("Pass rates by group")


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"verdict": "MAYBE"}, "the verdict is SHIP, BLOCK, NO VERDICT or REFUSED"),
        ({"demo": False}, "a demo says that it is one"),
        ({"verdict": "REFUSED"}, "a refused swap has taken no look"),
        ({"verdict": "SHIP"}, "SHIP stands only on real cases that are not worse by the margin"),
        ({"tipping_weight": float("nan")}, "no number of the verdict is NaN or infinite"),
    ],
)
def test_a_report_that_contradicts_its_files_is_not_made(
    run: swap.SwapRun, change: dict[str, Any], claim: str
) -> None:
    with pytest.raises(ReportError, match=f"does not hold: {claim}"):
        must_hold(swap.claims(changed(run, **change)))


def test_cases_that_do_not_add_up_to_the_verdict_are_found(run: swap.SwapRun) -> None:
    fewer = dataclasses.replace(run, cases=run.cases.drop(run.selected("real", "lost").index[0]))
    false = [claim for claim, holds in swap.claims(fewer).items() if not holds]

    assert false == [
        "every case of the set is in this report, once",
        "the cases of each group are those that the verdict counted",
        "the pairs of each group are those that the verdict counted",
        "lost and gained cases add up to the verdict's counts",
    ]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("angry_escalator/delay", "angry_escalator/delay"),
        ("*/delay", "cell not known beyond delay"),
        ("*/*", "cell not known"),
    ],
)
def test_a_case_known_in_part_says_so_in_words(run: swap.SwapRun, cell: str, words: str) -> None:
    known = dataclasses.replace(run, cases=run.cases.assign(cell=cell))

    for part in (swap.cases(known), swap.slices(known, "cell")):
        assert words in part.html
        assert "*" not in part.html


def test_what_is_known_only_after_the_report_is_not_told_in_it(run: swap.SwapRun) -> None:
    """The manifest is completed once the report is there."""
    drawing = dataclasses.replace(run, manifest={**run.manifest, "complete": False})

    assert "complete" not in str(swap.inputs(drawing))
    assert "git_sha" in str(swap.inputs(drawing))


def test_a_report_needs_a_run_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this notebook needs a swap's run folder"):
        swap.read("")
    with pytest.raises(
        UsageError, match=r"holds no verdict\.json; pass the folder that `workbench swap` printed"
    ):
        swap.read(tmp_path)


def test_a_verdict_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text('{"schema_version": 2}')
    with pytest.raises(ReportError, match="has schema_version '2' and this version reads 1"):
        swap.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "NaN?"])
def test_a_broken_verdict_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "verdict.json").write_text(text)
    with pytest.raises(ReportError, match="make the run again"):
        swap.read(tmp_path)


def test_broken_cases_are_one_sentence(run_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text((run_dir / "verdict.json").read_text("utf-8"))
    (tmp_path / "cases.parquet").write_bytes(b"PAR1 is where it ends")
    with pytest.raises(ReportError, match=r"cases\.parquet cannot be read"):
        swap.read(tmp_path)
