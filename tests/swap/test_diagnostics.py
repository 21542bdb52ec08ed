"""The three diagnostics of a bad mix: each is shown, excluded or unresolved, and where it lies is asked first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.swap import Question
from workbench.swap.comparison import Interval
from workbench.swap.diagnostics_cells import drill_down
from workbench.swap.diagnostics_gaps import gaps
from workbench.swap.diagnostics_modes import failure_modes
from workbench.swap.diagnostics_words import trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.swap.part import Part

ALPHA = 0.05
PAIR = Question(baseline="shop-bot-2", candidate="shop-bot-3")
NOTHING = Interval(None, None, None, "no synthetic case")


def cases(group: str, letters: Mapping[str, int], **columns: Any) -> pd.DataFrame:
    """Cases of a group, `{"pf": 3}` being three that the baseline passes and the candidate fails."""
    answers = [letter for letter, count in letters.items() for _ in range(count)]
    told = columns.get("cell", "") or columns.get("said", "")
    ids = [f"{group}-{told}-{i:04d}" for i in range(len(answers))]
    scores = {
        side: [float(letter[at] == "p") for letter in answers]
        for at, side in enumerate(("baseline", "candidate"))
    }
    frame = pd.DataFrame(
        {"case_id": ids, "root_id": ids, "group": group, "slice": None, "cell": None, "said": "", **columns}
    )
    return frame.assign(
        **{
            f"{side}_{kind}": score if kind == "score" else 1
            for side, score in scores.items()
            for kind in ("score", "trials")
        },
        d=np.subtract(scores["candidate"], scores["baseline"]),
    )


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    """One table of several."""
    return pd.concat(parts, ignore_index=True)


def gap(real: Mapping[str, int], synthetic: Mapping[str, int], **columns: Any) -> dict[str, Any]:
    """The fields of the gap of two groups."""
    frame = together(cases("real", real, **columns), cases("synthetic", synthetic, **columns))
    return dict(gaps(frame, NOTHING, alpha=ALPHA).fields)


# The gap in sum


@pytest.mark.parametrize(
    ("real", "synthetic", "reading"),
    [
        ({"pp": 26, "ff": 39}, {"pp": 129, "ff": 24}, "shown"),
        ({"pp": 160, "ff": 40}, {"pp": 320, "ff": 80}, "excluded"),
        ({"pp": 24, "ff": 6}, {"pp": 28, "ff": 2}, "unresolved"),
        ({"pp": 9}, {"ff": 400}, "unresolved"),
    ],
    ids=["the long text's own", "alike, and many", "13 points on thirty each", "nine real cases"],
)  # fmt: skip
def test_a_gap_is_beyond_ten_points_only_when_its_whole_interval_is(
    real: dict[str, int], synthetic: dict[str, int], reading: str
) -> None:
    found = gap(real, synthetic)

    assert found["reading"] == reading
    assert bool(found["remedy"]) is (reading == "shown")


def test_one_model_apart_is_enough_and_both_have_to_be_near() -> None:
    found = gap({"pp": 150, "fp": 150}, {"pp": 300})
    rows = found["rows"]

    assert [rows[name]["reading"] for name in ("baseline", "candidate")] == ["beyond", "within"]
    assert found["reading"] == "shown"


def test_the_difference_is_read_from_the_verdicts_own_interval() -> None:
    frame = together(cases("real", {"pp": 60}), cases("synthetic", {"fp": 60}))
    rows = gaps(frame, Interval(-100.0, -100.0, -90.0), alpha=ALPHA).fields["rows"]

    assert (rows["difference"]["low_pp"], rows["difference"]["high_pp"]) == (90.0, 100.0)
    assert rows["difference"]["reading"] == "beyond"


@pytest.mark.parametrize(("real", "synthetic"), [(65, 153), (30, 30)])
def test_how_often_the_rule_on_points_would_fire_is_computed_for_the_sizes_at_hand(
    real: int, synthetic: int
) -> None:
    """At the long text's sizes a rule of ten points fires for one in ten equal sets, on thirty each for a third."""
    found = gap(
        {"pp": real * 4 // 5, "ff": real - real * 4 // 5},
        {"pp": synthetic * 4 // 5, "ff": synthetic - synthetic * 4 // 5},
    )

    assert found["point_rule_false_alarm"] == pytest.approx({65: 0.09, 30: 0.33}[real], abs=0.01)


def test_without_synthetic_cases_there_is_no_gap_and_the_reason_says_what_to_do() -> None:
    found = gaps(cases("real", {"pp": 60}), NOTHING, alpha=ALPHA)

    assert found.fields == {}
    assert found.why[""].startswith("no synthetic case has an outcome of both models; freeze")


# Where it lies


EASY, HARD = {"pp": 285, "ff": 15}, {"pp": 150, "ff": 150}


def in_cells(group: str, **counts: Mapping[str, int]) -> pd.DataFrame:
    """Cases of a group, by cell."""
    return together(*(cases(group, letters, cell=cell) for cell, letters in counts.items()))


def part(letters: Mapping[str, int], share: float) -> dict[str, int]:
    """A share of such cases."""
    return {letter: round(count * share) for letter, count in letters.items()}


def test_a_gap_that_is_only_composition_is_named_as_such() -> None:
    """Both groups pass the easy cell and fail half of the hard one; the generator wrote mostly easy cases."""
    real = in_cells("real", delay=part(EASY, 0.4), remorse=HARD)
    synthetic = in_cells("synthetic", delay=EASY, remorse=part(HARD, 0.4))
    found = drill_down(together(real, synthetic), "cell", alpha=ALPHA).fields
    split = found["composition"]["baseline"]

    assert [row["baseline"]["reading"] for row in found["rows"]] != ["beyond", "beyond"]
    assert split["gap_pp"] > 15
    assert abs(split["within_pp"]) < 0.01
    assert split["cause"] == "composition"
    assert split["within_pp"] + split["shares_pp"] + split["elsewhere_pp"] == pytest.approx(split["gap_pp"])


def test_a_gap_between_like_cases_is_no_composition() -> None:
    real = in_cells("real", delay=HARD, remorse=HARD)
    synthetic = in_cells("synthetic", delay=EASY, remorse=EASY)
    found = drill_down(together(real, synthetic), "cell", alpha=ALPHA).fields

    assert found["composition"]["baseline"]["cause"] == "same_places"
    assert {row["baseline"]["reading"] for row in found["rows"]} == {"beyond"}


def test_cells_that_one_group_alone_has_are_a_part_of_the_gap() -> None:
    real = in_cells("real", delay=EASY, remorse=HARD)
    synthetic = in_cells("synthetic", delay=EASY)
    found = drill_down(together(real, synthetic), "cell", alpha=ALPHA).fields
    split = found["composition"]["candidate"]

    assert found["only"] == {"real": 1, "synthetic": 0}
    assert (round(split["within_pp"], 6), round(split["shares_pp"], 6)) == (0, 0)
    assert split["elsewhere_pp"] == pytest.approx(split["gap_pp"])
    assert split["cause"] == "composition"


def test_a_cell_with_ten_cases_of_each_group_is_rarely_called_different() -> None:
    """Twenty equal cells of ten and ten: the table as a whole rarely calls one different."""
    rng = np.random.default_rng(20)
    alarms = 0
    for _ in range(10):
        parts = [
            cases(group, {"pp": (passed := int(rng.binomial(10, 0.8))), "ff": 10 - passed}, cell=f"cell-{i}")
            for i in range(20)
            for group in ("real", "synthetic")
        ]
        rows = drill_down(together(*parts), "cell", alpha=ALPHA).fields["rows"]
        alarms += any(row["baseline"]["reading"] == "beyond" for row in rows)

    assert alarms <= 1


def test_what_is_known_in_part_only_is_not_placed() -> None:
    frame = together(in_cells("real", delay=EASY), in_cells("synthetic", delay=EASY))
    frame.loc[frame.index[:100], "cell"] = "*/delay"
    found = drill_down(frame, "cell", alpha=ALPHA).fields

    assert (found["placed"]["real"], found["cases"]["real"]) == (200, 300)


@pytest.mark.parametrize(
    ("real", "synthetic", "reason"),
    [
        (None, "delay", "no real case names a cell; import cases with --column cell="),
        ("remorse", "delay", "have no cell in common"),
    ],
)
def test_what_cannot_be_compared_by_cell_says_why(real: str | None, synthetic: str, reason: str) -> None:
    frame = together(cases("real", {"pp": 20}, cell=real), cases("synthetic", {"pp": 20}, cell=synthetic))

    assert reason in drill_down(frame, "cell", alpha=ALPHA).why[""]


# Ways to fail


def failed(
    frame: pd.DataFrame, modes: Mapping[str, Mapping[str | None, int]], model: str = "shop-bot-3"
) -> pd.DataFrame:
    """Failed outcomes: per group, how many of its cases fail by which mode."""
    rows = []
    for group, counts in modes.items():
        ids = iter(frame.loc[frame["group"] == group, "case_id"])
        rows += [(next(ids), mode) for mode, count in counts.items() for _ in range(count)]
    told = pd.DataFrame(rows, columns=["case_id", "failure_mode"]).astype({"failure_mode": "str"})
    return told.assign(model=model, outcome="fail")


def modes_of(modes: Mapping[str, Mapping[str | None, int]], sizes: tuple[int, int] = (200, 200)) -> Part:
    """The failure modes of a candidate that fails so; the baseline fails nowhere."""
    frame = together(
        *(cases(group, {"pf": size}) for group, size in zip(("real", "synthetic"), sizes, strict=True))
    )
    return failure_modes(frame, failed(frame, modes), PAIR, alpha=ALPHA)


@pytest.mark.parametrize(
    ("real", "synthetic", "only_synthetic"),
    [
        ({"asks again": 40}, {"asks again": 20, "invents an order": 20}, "shown"),
        ({"asks again": 5}, {"asks again": 20, "invents an order": 20}, "unresolved"),
        ({"asks again": 40}, {"asks again": 39, "invents an order": 1}, "unresolved"),
        ({"asks again": 39, "invents an order": 1}, {"asks again": 20, "invents an order": 20}, "excluded"),
    ],
    ids=["forty real failures without it", "five", "seen once", "seen in both"],
)  # fmt: skip
def test_a_mode_is_only_synthetic_when_enough_real_failures_were_looked_at(
    real: dict[str, int], synthetic: dict[str, int], only_synthetic: str
) -> None:
    found = modes_of({"real": real, "synthetic": synthetic}).fields

    assert found["only_synthetic"] == only_synthetic
    assert bool(found["remedy"]) is (only_synthetic == "shown")


def test_four_failures_are_too_few_to_miss_a_mode_of_every_second_even_where_the_owner_asks_for_little() -> (
    None
):
    """Five are needed: four miss it in one case of sixteen."""
    frame = together(cases("real", {"pf": 50}), cases("synthetic", {"pf": 50}))

    for count, reading in ((4, "unresolved"), (5, "shown")):
        told = {"real": {"asks again": count}, "synthetic": {"asks again": 20, "invents an order": 20}}
        found = failure_modes(frame, failed(frame, told), PAIR, alpha=0.2).fields

        assert found["only_synthetic"] == reading


def test_a_mode_that_synthetic_cases_miss_is_shown_with_its_remedy() -> None:
    found = modes_of(
        {"real": {"misses the wish for money": 30, "asks again": 30}, "synthetic": {"asks again": 60}}
    ).fields
    row = found["rows"][0]

    assert (found["only_synthetic"], found["only_real"]) == ("excluded", "shown")
    assert (row["mode"], row["reading"], row["real"]["failures"]) == (
        "misses the wish for money",
        "only_real",
        30,
    )
    assert row["real"]["of_failures"]["rate"] == 0.5
    assert row["real"]["of_cases"]["rate"] == 0.15
    assert row["synthetic"]["of_failures"]["low"] == 0 < row["synthetic"]["of_failures"]["high"] < 0.07
    assert "miss what breaks in production" in found["remedy"][0]


def test_sixty_mutants_of_three_cases_are_not_sixty_failures() -> None:
    frame = together(cases("real", {"pf": 60}), cases("synthetic", {"pf": 60}))
    frame.loc[frame["group"] == "real", "root_id"] = [f"s-{i % 3}" for i in range(60)]
    outcomes = failed(
        frame, {"real": {"asks again": 60}, "synthetic": {"asks again": 40, "invents an order": 20}}
    )
    found = failure_modes(frame, outcomes, PAIR, alpha=ALPHA).fields

    assert found["failures"]["candidate"]["real"] == {"failed": 60, "named": 60, "roots": 3}
    assert found["only_synthetic"] == "unresolved"


def test_modes_that_are_alike_in_both_groups_are_rarely_called_exclusive() -> None:
    """Forty failures each with eight modes, the rare ones at 4 %: a claim is rare."""
    rng = np.random.default_rng(5)
    names, shares = list("abcdefgh"), [0.4, 0.2, 0.12, 0.1, 0.06, 0.04, 0.04, 0.04]
    claims = 0
    for _ in range(60):
        drawn = {
            g: dict(zip(names, rng.multinomial(40, shares).tolist(), strict=True))
            for g in ("real", "synthetic")
        }
        found = modes_of(drawn, (40, 40)).fields
        claims += "shown" in {found["only_synthetic"], found["only_real"]}

    assert claims <= 3


@pytest.mark.parametrize(
    ("modes", "reason"),
    [
        ({"real": {None: 20}, "synthetic": {None: 9}}, "the results name no failure modes; grade with a closed list"),
        ({"real": {f"text {i} of one case": 1 for i in range(30)}}, "30 different failure modes for 30 failures are texts"),
        ({}, "no real or synthetic case failed"),
    ],
)  # fmt: skip
def test_without_modes_there_is_a_reason_and_a_next_step(
    modes: dict[str, dict[str | None, int]], reason: str
) -> None:
    found = modes_of(modes)

    assert found.fields == {}
    assert reason in found.why[""]


# Words


def said(group: str, counts: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Cases of a group by what the customer says."""
    return together(*(cases(group, letters, said=text) for text, letters in counts.items()))


LEAK = {
    "I would like a refund": {"pp": 32},
    "send back my money": {"fp": 58, "ff": 7},
}
"""The router's synthetic cases: the baseline knows one word, and the candidate learned the others."""


def words_of(frame: pd.DataFrame, listed: Mapping[str, list[str]] | None = None) -> Part:
    """The trigger words of some cases."""
    return trigger_words(frame, listed or {"money": ["refund"]}, alpha=ALPHA)


def test_a_gain_that_lives_in_cases_without_the_word_is_shown() -> None:
    found = words_of(said("synthetic", LEAK)).fields
    row = found["rows"][0]

    assert found["reading"] == "shown"
    assert (row["with"]["cases"], row["without"]["cases"]) == (32, 65)
    assert [row[side]["baseline"] for side in ("with", "without")] == [1, 0]
    assert row["difference"]["gap_pp"] == pytest.approx(-89.23, abs=0.01)
    assert row["difference"]["high_pp"] < -70


def test_a_word_that_makes_no_difference_is_excluded_where_the_cases_can_tell() -> None:
    counts = {"I want a refund": {"pp": 190, "pf": 10}, "send back my money": {"pp": 190, "pf": 10}}

    assert words_of(said("real", counts)).fields["reading"] == "excluded"
    assert (
        words_of(said("real", {text: part(letters, 0.1) for text, letters in counts.items()})).fields[
            "reading"
        ]
        == "unresolved"
    )


@pytest.mark.parametrize("text", ["REFUND!!", "two refunds", "refunded twice", "is refunding slow"])
def test_an_inflection_counts_as_the_word(text: str) -> None:
    frame = said("real", {text: {"pp": 20}, "reverse the charge": {"pp": 20}})
    row = words_of(frame, {"money": ["refund", "refunds"]}).fields["rows"]

    assert [(one["word"], one["with"]["cases"]) for one in row] == [("refund", 20)]


def test_an_expression_counts_where_it_stands_in_a_row() -> None:
    frame = said("real", {"i want my money back": {"pp": 20}, "my back hurts, money too": {"pp": 20}})
    found = words_of(frame, {"money": ["money back"]}).fields

    assert found["rows"][0]["with"]["cases"] == 20


def test_chance_is_paid_for_over_all_words() -> None:
    """Forty words that part equal cases at random: any is called a trigger in few of the draws."""
    rng = np.random.default_rng(41)
    listed = {"words": [f"word{i}x" for i in range(40)]}
    alarms = 0
    for _ in range(2):
        frame = cases("real", {"pp": 160, "pf": 20, "fp": 20})
        frame["said"] = [
            " ".join(word for word in listed["words"] if rng.random() < 0.4) or "none" for _ in range(200)
        ]
        alarms += words_of(frame, listed).fields["reading"] == "shown"

    assert alarms == 0


@pytest.mark.parametrize(
    ("listed", "text", "reason"),
    [
        ({"money": []}, "refund", "lexicon.toml lists no words; write the words"),
        ({"money": ["refund"]}, "", "no case with outcomes of both models has a text"),
        ({"money": ["refund"]}, "where is it", "in all or in none of the cases"),
    ],
)
def test_without_words_there_is_a_reason_and_a_next_step(
    listed: dict[str, list[str]], text: str, reason: str
) -> None:
    assert reason in trigger_words(cases("real", {"pp": 20}, said=text), listed, alpha=ALPHA).why[""]


# Any table


letters = st.dictionaries(st.sampled_from(["pp", "pf", "fp", "ff"]), st.integers(0, 14), max_size=4)


@settings(max_examples=40)
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["real", "synthetic"]), letters, st.sampled_from([None, "delay", "*/late", "remorse"]), st.sampled_from(["", "refund", "my money"])),
        max_size=5,
    ),
    relatives=st.integers(1, 7),
    modes=st.lists(st.sampled_from([None, "", "asks again", "invents"]), min_size=1, max_size=4),
)  # fmt: skip
def test_any_table_is_read_without_a_number_that_stands_for_nothing(
    parts: list[tuple[str, dict[str, int], str | None, str]], relatives: int, modes: list[str | None]
) -> None:
    made = [
        cases(group, counts, cell=cell, said=text).assign(n=i)
        for i, (group, counts, cell, text) in enumerate(parts)
    ]
    frame = together(cases("real", {}), *made)
    frame["case_id"] = [f"case-{i:03d}" for i in range(len(frame))]
    frame["root_id"] = [f"root-{i // relatives:03d}" for i in range(len(frame))]
    fails = frame[frame["candidate_score"] == 0]
    outcomes = pd.DataFrame(
        {"case_id": fails["case_id"], "failure_mode": [modes[i % len(modes)] for i in range(len(fails))]}
    )
    outcomes = outcomes.assign(model="shop-bot-3", outcome="fail").astype({"failure_mode": "str"})
    found = [
        gaps(frame, NOTHING, alpha=ALPHA),
        drill_down(frame, "cell", alpha=ALPHA),
        failure_modes(frame, outcomes, PAIR, alpha=ALPHA),
        trigger_words(frame, {"money": ["refund", "my money"]}, alpha=ALPHA),
    ]

    for one in found:
        json.dumps(dict(one.fields), allow_nan=False)
        assert bool(one.fields) is not ("" in one.why)
        assert all(one.why.values())
        assert set(nulls(dict(one.fields))) <= set(one.why)


def nulls(value: Any, path: str = "") -> Iterable[str]:
    """The dotted path of every null that does not give its reason beside it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not (inner is None and value.get("why") and "[" in path):
                yield from nulls(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{i}]")
    elif value is None:
        yield path
