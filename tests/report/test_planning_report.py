"""What a set could decide, before anything is paid."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.report import grid
from workbench.settings import Costs, Gate

MDE = {
    50: (8.7, 12.2, 15.0, 17.3, 21.2),
    65: (7.6, 10.8, 13.2, 15.3, 18.7),
    184: (4.6, 6.5, 7.9, 9.2, 11.2),
    500: (2.8, 4.0, 4.8, 5.6, 6.8),
    1000: (2.0, 2.8, 3.4, 4.0, 4.8),
}
"""The printed table, at 5, 10, 15, 20 and 30 % of answers that change."""

NEEDED = {2: (982, 1963, 2944, 3925), 3: (437, 873, 1309, 1745), 5: (157, 314, 471, 628)}


def cases(**counts: int) -> pd.DataFrame:
    """Cases by bucket; mutants share 31 parents, each other case is its own root."""
    rows = [
        {"bucket": bucket, "root_id": f"{bucket}-{i % 31 if bucket == 'mutation' else i}", "split": "eval"}
        for bucket, many in counts.items()
        for i in range(many)
    ]
    return pd.DataFrame(rows, columns=["bucket", "root_id", "split"])


def lines(text: str) -> dict[str, list[str]]:
    """The rows of a printed table by their first column."""
    return {row[0].rstrip(","): row[1:] for row in (line.replace(", at hand", "").replace(", the gate's", "").split() for line in text.splitlines()) if row}  # fmt: skip


@pytest.mark.parametrize(("n", "row"), MDE.items())
def test_the_table_of_detectable_differences_is_the_printed_one(n: int, row: tuple[float, ...]) -> None:
    """But for cells that no swap can have: with 5 % of answers changed no difference is 8.7 points."""
    printed = lines(grid.detectable(184, Gate()).text)[f"{n:,}"]
    shares = (5, 10, 15, 20, 30)

    assert printed == [f"{mde:.1f}" if mde <= share else "—" for mde, share in zip(row, shares, strict=True)]


@pytest.mark.parametrize(("margin", "row"), NEEDED.items())
def test_the_table_of_needed_roots_is_the_printed_one(margin: int, row: tuple[int, ...]) -> None:
    printed = lines(grid.needed(184, Gate()).text)[str(margin)]

    assert printed[:4] == [f"{n:,}" for n in row]


def test_the_gates_own_margin_and_the_size_at_hand_stand_in_the_tables() -> None:
    assert "2.5, the gate's" in grid.needed(184, Gate(margin_pp=2.5)).text
    assert "147, at hand" in grid.detectable(147, Gate()).text
    assert "300" in lines(grid.detectable(147, Gate(), wished=300).text)


def test_mutants_are_worth_fewer_cases_than_they_are() -> None:
    text = grid.mutants(184, cases(mutation=153)).text

    assert "What 153 mutants of 31 parents are worth (at hand)" in text
    assert [lines(text)[icc][0] for icc in ("0.100", "0.300", "0.500", "0.800")] == ["109", "70", "51", "36"]
    assert "920 mutants of 184 real roots do not buy 1,104 real cases" in text


def test_without_mutants_five_of_each_root_are_planned() -> None:
    assert "What 920 mutants of 184 parents are worth (planned)" in grid.mutants(184, cases()).text


def test_trials_buy_little_and_five_are_best_at_a_dollar_and_two_cents() -> None:
    assert lines(grid.trials(Costs()).text)["0.500"] == ["5", "1.36", "1.50"]
    assert lines(grid.trials(Costs(prompted=0.0)).text)["0.500"] == ["1", "1", "1.50"]


def test_the_chart_marks_the_seed_at_hand() -> None:
    chart = grid.detectable_chart(184, Gate())

    assert chart.summary.startswith("184 real roots at hand find, in points")
    assert "7.9 when 15% change" in chart.summary
    assert "seed at hand" in str(chart.spec["datasets"])


def test_a_small_seed_finds_nothing_where_little_changes_and_an_empty_one_is_said() -> None:
    assert "nothing when only 5% change" in grid.detectable_chart(65, Gate()).summary
    assert grid.detectable_chart(0, Gate()).summary.startswith("There is no real root to plan with.")
    assert (
        grid.mutants(0, cases()).text == "Without a real case there is no parent, and no mutant to plan with."
    )
    assert "At hand: 0 real roots." in grid.needed(0, Gate()).text


def test_only_roots_of_the_seeds_eval_split_count() -> None:
    found = cases(seed=40, prompted=20)
    found.loc[:9, "split"] = "train"

    assert grid.real_roots(found) == 30
