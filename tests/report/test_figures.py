from __future__ import annotations

import pandas as pd

from workbench.report import figures

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
