from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from workbench.report import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.report import Chart

GROUPS = pd.DataFrame(
    {
        "name": ["real", "synthetic", "red team", "golden"],
        "delta_pp": [-16.3, 6.2, 0.0, None],
        "low_pp": [-22.1, 2.1, None, None],
        "high_pp": [-11.9, 12.8, None, None],
        "reading": ["worse", "better", "unresolved", "unresolved"],
    }
)


def test_the_summary_of_differences_says_all_that_the_picture_shows_and_what_it_lacks() -> None:
    chart = figures.interval_chart(GROUPS, margin_pp=3.0)

    assert chart.summary == (
        "Candidate minus baseline in points. real: −16.3 (−22.1 to −11.9), worse; "
        "synthetic: +6.2 (+2.1 to +12.8), better; red team: 0.0 (no interval), unresolved; "
        "golden: no paired case. Lines mark zero and the margin of 3 points."
    )


def test_a_group_without_a_difference_is_not_drawn_at_zero() -> None:
    drawn = figures.interval_chart(GROUPS, margin_pp=3.0).spec["datasets"]

    assert not any(row.get("name") == "golden" for rows in drawn.values() for row in rows)


def test_rates_of_a_group_without_pairs_are_not_drawn() -> None:
    rates = pd.DataFrame(
        {"name": ["real", "golden"], "baseline_rate": [0.837, None], "candidate_rate": [0.673, None]}
    )

    assert figures.rates_chart(rates).summary == "real: baseline 83.7%, candidate 67.3%."
    assert figures.rates_chart(rates.iloc[1:]).summary == "No group has a paired case."


def test_outcomes_keep_their_order_and_are_told() -> None:
    rows = pd.DataFrame(
        {"true_delta_pp": [-12.0, 4.0], "ship": [0.0, 0.82], "block": [1.0, 0.0], "no_verdict": [0.0, 0.18]}
    )

    assert figures.outcomes_chart(rows).summary == (
        "By true difference in points: at −12.0 SHIP 0.0%, NO VERDICT 0.0%, BLOCK 100.0%; "
        "at +4.0 SHIP 82.0%, NO VERDICT 18.0%, BLOCK 0.0%."
    )


def test_counts_name_their_largest_bars() -> None:
    counts = pd.DataFrame(
        {"slice": ["delay", "delay", "wrong_item"], "split": ["train", "eval", "eval"], "cases": [4, 16, 9]}
    )
    chart = figures.counts_chart(counts, name="slice", part="split", title="Cases")

    assert chart.summary == "delay 20, wrong_item 9."


def test_lengths_are_counted_whole() -> None:
    lengths = pd.Series([1, 2, 2, 3, 140])
    chart = figures.lengths_chart(lengths, unit="words", title="Length")

    assert sum(row["cases"] for rows in chart.spec["datasets"].values() for row in rows) == 5
    assert (
        chart.summary
        == "Half of the cases have 2 words or fewer; nine in ten have 1 to 113; the longest has 140."
    )


def test_no_cases_are_no_lengths() -> None:
    assert (
        figures.lengths_chart(pd.Series([], dtype="int64"), unit="words", title="Length").summary
        == "No case has a length."
    )


def cases_by(*slices: str, cases: int = 1) -> pd.DataFrame:
    rows = [(name, "eval", cases) for name in slices]
    return pd.DataFrame(rows, columns=["slice", "split", "cases"])


def test_no_more_bars_are_drawn_than_can_be_read_and_the_rest_is_counted() -> None:
    """A column of free text mapped to slices must not end the audit."""
    many = cases_by(*(f"ticket {n}" for n in range(3_000)))
    chart = figures.counts_chart(many, name="slice", part="split", title="Cases by slice and split")

    assert sum(len(rows) for rows in chart.spec["datasets"].values()) == figures.MOST_BARS
    assert chart.summary.endswith(" and 2,988 more. The 60 largest are drawn.")
    assert chart.png()


ALMOST_NOTHING: dict[str, Callable[[], Chart]] = {
    "one difference of 0 without a margin": lambda: figures.interval_chart(
        GROUPS.iloc[2:3].assign(low_pp=0.0, high_pp=0.0), margin_pp=None
    ),
    "rates of nobody": lambda: figures.rates_chart(
        pd.DataFrame({"name": [], "baseline_rate": [], "candidate_rate": []})
    ),
    "rates of 0": lambda: figures.rates_chart(
        pd.DataFrame({"name": ["real"], "baseline_rate": [0.0], "candidate_rate": [0.0]})
    ),
    "one true difference": lambda: figures.outcomes_chart(
        pd.DataFrame({"true_delta_pp": [0.0], "ship": [0.0], "block": [0.0], "no_verdict": [1.0]})
    ),
    "no slice": lambda: figures.counts_chart(cases_by(), name="slice", part="split", title="Cases"),
    "one slice": lambda: figures.counts_chart(cases_by("delay"), name="slice", part="split", title="Cases"),
    "a slice of 0": lambda: figures.counts_chart(
        cases_by("delay", cases=0), name="slice", part="split", title="Cases"
    ),
    "no length": lambda: figures.lengths_chart(pd.Series([], dtype="int64"), unit="words", title="Length"),
    "one length": lambda: figures.lengths_chart(pd.Series([7]), unit="words", title="Length"),
    "lengths of 0": lambda: figures.lengths_chart(pd.Series([0, 0]), unit="words", title="Length"),
}


@pytest.mark.parametrize("kind", ALMOST_NOTHING)
def test_almost_nothing_is_drawn_too(kind: str) -> None:
    """As a picture: what is wrong with an empty chart shows only when it is drawn."""
    assert ALMOST_NOTHING[kind]().png()
