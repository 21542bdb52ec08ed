"""The last swaps as a report shows them: of a run, of a workspace, of an old run, and of hostile names."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hostile import STRINGS

from workbench.provenance import BUCKETS, GROUPS
from workbench.report import swap
from workbench.report.markup import Shown
from workbench.report.swap.history_chart import LOOKS

if TYPE_CHECKING:
    from collections.abc import Mapping


PARTS = (
    swap.history_headline, swap.history_chart, lambda told: swap.history_chart(told, "bucket"), swap.history_swaps,
    swap.history_signs, swap.history_drift, swap.history_age,
)  # fmt: skip

NOTHING = {
    "estimate_pp": None,
    "low_pp": None,
    "high_pp": None,
    "p": None,
    "n": 2,
    "method": "",
    "reading": "unresolved",
}


class History(NamedTuple):
    """A history as a workspace gives it."""

    told: Mapping[str, Any]

    def get(self, *path: str) -> Any:
        """Return a field by its path."""
        value: Any = self.told
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def why(self, *path: str) -> str:
        """Return why a field is None."""
        return str(self.told["why"].get(".".join(path), "no reason is stored"))


def line(estimate: float, low: float, high: float, reading: str) -> dict[str, Any]:
    """Return a finding."""
    return {
        "estimate_pp": estimate,
        "low_pp": low,
        "high_pp": high,
        "p": 0.0123,
        "n": 3,
        "method": "",
        "reading": reading,
    }


def row(place: int, part: str, rate: float, delta: float, reading: str) -> dict[str, Any]:
    """Return what one swap says of one group."""
    between = {"delta_pp": delta, "low_pp": delta - 4, "high_pp": delta + 4, "reading": reading, "why": ""}
    sides = {
        f"{side}_{end}": rate + by
        for side in ("baseline", "candidate")
        for end, by in (("rate", 0), ("low", -0.1), ("high", 0.08))
    }
    return {"swap": place, "kind": "group", "part": part, "paired": 60, "roots": 60, **sides, **between}


def one_swap(number: int, **changes: Any) -> dict[str, Any]:
    """Return a swap of a history."""
    told = {
        "at": f"2026-03-0{number}T09:00:00+00:00", "baseline": f"shop-bot-{number}", "candidate": f"shop-bot-{number + 1}",
        "verdict": "NO VERDICT", "look": 1, "evalset": "launch v1", "evalset_sha256": "0" * 64, "current": False, "unused": "",
        "contradiction": {"delta_pp": -2.0, "low_pp": -9.0, "high_pp": 5.0}, "marks": [], "why": "",
    }  # fmt: skip
    return told | changes


@pytest.fixture
def told() -> History:
    """Three swaps in which the synthetic cases drift, and the judge changes before the last one."""
    mark = {"kind": "judge", "text": "judge: checks (programmatic) → gpt (openai/gpt)"}
    history = {
        "alpha": 0.05,
        "last": 5,
        "swaps": [
            one_swap(1, marks=None, why="no swap before it is used, so no change is named"),
            one_swap(2, verdict="REFUSED", look=None, unused="refused: its set could not carry a verdict", why="a refused swap takes no look"),
            one_swap(3),
            one_swap(4, at=None, current=True, marks=[mark], verdict="BLOCK"),
        ],
        "rates": [
            row(place, part, rate, delta, reading)
            for place in (0, 2, 3)
            for part, rate, delta, reading in (("real", 0.775, -12.0, "worse"), ("synthetic", 0.85, 6.0, "better"))
        ],
        "signs": {"agree": 0, "resolved": 3, "compared": 3, "by_luck": 1.0, "reading": "apart", "estimates_apart": 3,
                  "false_alarms": [0.62, 0.92]},
        "drift": {"reading": "drift", "p": 0.002, "alpha": 0.05, "false_alarms": [0.01, 0.04], "swap": 3,
                  "abrupt": line(-19, -29, -9, "drift"), "slow": line(-18, -24, -12, "drift")},
        "trend": {"gap": line(0.4, -3, 4, "unresolved"), "synthetic": line(3.1, 0.2, 6, "climbing"), "real": dict(NOTHING),
                  "false_alarms": [0.03, 0.05]},
        "use": {"times_used": 3, "set_age_days": 41, "redteam_cases": 0, "redteam_age_days": None},
        "staleness": None,
        "origins": {},
    }  # fmt: skip
    why = {
        "history.trend.real.estimate_pp": "It takes 3 swaps with 10 roots in every group; the window has 2.",
        "history.use.redteam_age_days": "the set has no red-team case",
        "history.staleness": "no real case is newer than the set",
    }
    return History({"history": history, "why": why})


def changed(told: History, **fields: Any) -> History:
    """Return a history that says something else."""
    return History({**told.told, "history": copy.deepcopy(told.told["history"]) | fields})


def drawn(shown: Any) -> str:
    """Return all that a part says; the picture is drawn in one test alone, for it takes a moment."""
    return shown.html if isinstance(shown, Shown) else json.dumps(dict(shown.spec), allow_nan=False)


def test_the_headline_is_one_sentence_for_a_release_owner(told: History) -> None:
    drift = swap.history_headline(told)
    slow = line(0.3, -0.3, 0.9, "no_drift")
    quiet = changed(told, drift=told.told["history"]["drift"] | {"reading": "no_drift", "slow": slow})
    few = changed(
        told,
        drift=told.told["history"]["drift"] | {"reading": "unresolved", "p": None, "slow": dict(NOTHING)},
    )
    few.told["why"]["history.drift.p"] = "It takes 3 swaps with 10 roots in every group; the window has 2."

    assert (
        str(drift)
        == "Over the last 3 swaps the synthetic cases have drifted from the real ones: trust the real ones, and renew the others."
    )
    assert "wb-warning" in drift.html
    assert "no drift of the synthetic cases from the real ones is seen; −0.3 to +0.9 points" in str(
        swap.history_headline(quiet)
    )
    assert "cannot be told yet. It takes 3 swaps" in str(swap.history_headline(few))


def test_the_chart_draws_every_group_at_every_swap_and_marks_the_new_judge(told: History) -> None:
    chart = swap.history_chart(told)
    rows = [one for data in chart.spec["datasets"].values() for one in data]

    assert chart.title == "Pass rate of the candidates over the last swaps, by group"
    assert [one["place"] for one in rows if one.get("name") == "real"] == [
        "1",
        "3",
        "4, this",
    ]
    assert "2026-03-03" in str(rows)
    assert [one["change"] for one in rows if "change" in one] == ["judge"]
    assert "real: 77.5%, 77.5%, 77.5%; synthetic: 85.0%, 85.0%, 85.0%" in chart.summary
    assert chart.summary.endswith("Changed: before 4, this: judge.")
    assert chart.png()


def by_bucket(told: History, *more: str) -> History:
    """Return a history in which real cases are seed cases, and synthetic ones of some buckets."""
    rows = copy.deepcopy(told.told["history"]["rates"])
    buckets = {"real": ["seed"], "synthetic": ["prompted", *more], "golden": ["golden"]}
    rows += [{**row, "part": "golden"} for row in rows if row["part"] == "real"]
    rows += [{**row, "kind": "bucket", "part": name} for row in rows for name in buckets[row["part"]]]
    return changed(told, rates=rows)


def test_a_name_has_one_colour_and_shape_in_every_chart_of_the_history(told: History) -> None:
    drawn = [swap.history_chart(by_bucket(told, "mutation"), kind).spec for kind in ("group", "bucket")]
    looks = [
        dict(zip(scale["domain"], scale["range"], strict=True))
        for spec in drawn
        for layer in spec["layer"]
        for channel in ("color", "shape")
        if "scale" in (scale := layer["encoding"].get(channel, {})) and (scale := scale["scale"])
    ]
    golden = [look["golden"] for look in looks]

    assert set(golden) == {golden[0], "diamond"}
    assert {*GROUPS, *BUCKETS} - {"redteam"} | {"red team"} == set(LOOKS)


def test_a_chart_by_bucket_that_would_repeat_the_one_by_group_is_a_sentence(told: History) -> None:
    assert "those by group" in str(swap.history_chart(by_bucket(told), "bucket"))
    assert not isinstance(swap.history_chart(by_bucket(told, "mutation"), "bucket"), Shown)


def test_the_table_of_swaps_says_what_changed_and_what_is_not_used(told: History) -> None:
    text = str(swap.history_swaps(told))

    assert "judge: checks (programmatic) → gpt (openai/gpt)" in text
    assert "Not used: refused: its set could not carry a verdict." in text
    assert "no swap before it is used" in text
    assert '<td class="wb-word">launch v1' in " ".join(swap.history_swaps(told).html.split())


def test_signs_count_where_both_groups_are_resolved(told: History) -> None:
    rows = copy.deepcopy(told.told["history"]["rates"])
    rows[1]["reading"] = "unresolved"
    text = str(swap.history_signs(changed(told, rates=rows)))

    assert text.count("yes, points apart") == 2
    assert text.count("no: unresolved in one or both") == 1
    assert "The bare estimates point apart in 3: an alarm on signs alone would have fired." in text
    assert "in 62 to 92% of windows" in text
    assert "coins" not in text


def test_that_coins_would_agree_as_often_is_said_where_all_agree(told: History) -> None:
    signs = told.told["history"]["signs"] | {"agree": 3, "by_luck": 0.125}

    assert "3 of them agree; coins all agree in 13% of windows." in str(
        swap.history_signs(changed(told, signs=signs))
    )


def test_each_test_of_drift_says_how_often_it_is_wrong(told: History) -> None:
    html = swap.history_drift(told).html

    assert "stands out most at 4, this swap, by −19.0 (−29.0 to −9.0) points. p 0.0123, 3 swaps." in html
    assert html.count("raise a false alarm in 1 to 4% of windows without drift.") == 2
    assert "A slope that is not there is seen in 3 to 5% of windows." in html
    assert "Not known. It takes 3 swaps" in html
    assert "The set changed in between" not in html


def test_without_a_test_of_drift_one_sentence_says_why_and_no_false_alarm_is_priced(told: History) -> None:
    fields = {
        part: {
            name: NOTHING if isinstance(value, dict) else value
            for name, value in told.told["history"][part].items()
        }
        for part in ("drift", "trend")
    }
    few = changed(told, **fields)
    paths = ["drift.abrupt", "drift.slow", "trend.gap", "trend.synthetic", "trend.real"]
    few.told["why"].update({f"history.{path}.estimate_pp": "It takes 3 swaps." for path in paths})

    assert (
        str(swap.history_drift(few))
        == "Whether the synthetic set has drifted is not known. It takes 3 swaps."
    )


def test_a_slope_over_a_set_that_changed_says_so(told: History) -> None:
    swaps = copy.deepcopy(told.told["history"]["swaps"])
    swaps[2]["marks"] = [{"kind": "set", "text": "set: launch v1 → launch v2"}]

    assert (
        "The set changed in between, so part of a slope may be other cases."
        in swap.history_drift(changed(told, swaps=swaps)).html
    )


def test_use_and_age_are_numbers_or_reasons(told: History) -> None:
    text = str(swap.history_age(told))

    assert "41" in text
    assert "the set has no red-team case" in text
    assert "no real case is newer than the set" in text


class Apart(NamedTuple):
    """What a classifier found."""

    auc: float | None
    low: float | None
    high: float | None
    reading: str
    reason: str | None = None


class Compared(NamedTuple):
    """What a comparison with newer traffic found."""

    apart: Apart
    held: int = 184
    later: int = 60
    basis: str = "that came since it was frozen"


@pytest.mark.parametrize(
    ("apart", "says"),
    [
        (
            Apart(0.71, 0.6, 0.82, "apart"),
            "Newer traffic differs from the seed of the set: a classifier tells them apart at 0.71",
        ),
        (Apart(0.5, 0.4, 0.6, "alike"), "Newer traffic looks like the seed of the set"),
        (Apart(0.6, 0.4, 0.8, "unresolved"), "nor shown to be alike"),
        (Apart(None, None, None, "unresolved", "9 roots are too few"), "not known: 9 roots are too few"),
    ],
)
def test_staleness_is_read_three_ways_or_not_known(apart: Apart, says: str) -> None:
    assert says in str(swap.history_staleness(Compared(apart)))


@pytest.mark.parametrize("part", PARTS)
def test_a_run_of_before_histories_says_so(part: Any, run: swap.SwapRun) -> None:
    verdict = {name: value for name, value in run.verdict.items() if name != "history"}

    assert "before histories were kept" in str(part(dataclasses.replace(run, verdict=verdict)))


@pytest.mark.parametrize("part", PARTS)
def test_a_run_shows_the_same_as_a_workspace(part: Any, run: swap.SwapRun, told: History) -> None:
    same = dataclasses.replace(run, verdict={**run.verdict, **told.told})

    assert str(part(same)) == str(part(told))


@pytest.mark.parametrize("part", PARTS)
def test_without_a_swap_every_part_is_a_sentence(part: Any, told: History) -> None:
    drift = {"reading": "unresolved", "p": None, "alpha": 0.05, "false_alarms": [0.01, 0.04], "swap": None}
    empty = changed(
        told,
        swaps=[],
        rates=[],
        signs=told.told["history"]["signs"]
        | {"agree": None, "resolved": 0, "by_luck": None, "estimates_apart": 0},
        drift=drift | {"abrupt": dict(NOTHING), "slow": dict(NOTHING)},
        trend={name: dict(NOTHING) for name in ("gap", "synthetic", "real")} | {"false_alarms": [0.03, 0.05]},
    )

    assert "None" not in drawn(part(empty))


def test_hostile_names_stay_text(told: History) -> None:
    """The table of swaps alone holds names; charts and sentences hold places, groups and kinds of change."""
    for text in STRINGS:
        swaps = copy.deepcopy(told.told["history"]["swaps"])
        marks = [{"kind": "judge", "text": text}]
        swaps[3] |= {"baseline": text, "candidate": text, "evalset": text, "marks": marks, "why": text}
        said = swap.history_swaps(changed(told, swaps=swaps)).html.casefold()

        assert not [tag for tag in ("<script", "<img", "<iframe", "<svg", "<object") if tag in said]
