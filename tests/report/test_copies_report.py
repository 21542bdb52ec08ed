"""What notebook 03 shows of copies: how many candidates repeat a real case, which words, beside the seed's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hostile import STRINGS

from workbench.generate.copies import copies
from workbench.generate.hints import SAME_WORDS
from workbench.report.generate.copies import AROUND, NO_CANDIDATE, copied, copies_chart
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

TRAIN = "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money"
EVAL = "the courier marked it delivered but nothing is here, neighbour says nobody came"


@pytest.fixture
def cases(new_case: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """Two real cases that share nothing, one candidate that copied its hint, one an eval case, one neither."""
    made = {"bucket": "prompted", "tag": "synth-delay", "hint_ids": ["t1"], "generator_family": "acme/writer"}
    return CASES.frame(
        [
            new_case("t1", TRAIN, split="train"),
            new_case("e1", EVAL),
            new_case("c1", f"Hello. {TRAIN.upper()} or else", **made),
            new_case("c2", "it says the courier marked it delivered but nothing is there", **made),
            new_case("c3", "my kettle leaks", **made),
        ]
    )


def test_the_chart_reads_the_flagged_share_beside_the_seeds(cases: pd.DataFrame) -> None:
    chart = copies_chart(copies(cases), least=SAME_WORDS)
    rows = {
        (row["set"], row["words"]): row["share"]
        for data in chart.spec["datasets"].values()
        for row in data
        if "set" in row
    }

    assert chart.summary == (
        "2 of 3 candidates (66.7%) share 8 words or more in a row with a real case: 1 with one that the prompt showed, "
        "1 with one of eval or holdout; of 2 real cases 0.0% do so among themselves."
    )
    assert rows["candidates", 8] == pytest.approx(2 / 3)
    assert rows["candidates", 14] == pytest.approx(1 / 3)
    assert rows["real cases", 8] == 0
    assert chart.png()


def test_the_worst_come_first_with_what_they_share_marked_in_their_text(cases: pd.DataFrame) -> None:
    table = copied(copies(cases), cases)
    first, second = str(table).splitlines()[2:4]

    assert first.split()[:4] == ["c1", "prompted", "14", "t1"]
    assert "shown to it" in first
    assert "Hello. [ORDERED 9 DAYS AGO, KID'S BIRTHDAY" in first
    assert "[the courier marked it delivered but nothing is] there" in table.html.replace("&#39;", "'")
    assert second.split()[:4] == ["c2", "prompted", "8", "e1"]
    assert "of eval, not shown" in second
    assert "my kettle leaks" not in table.html


def test_a_batch_without_copies_and_no_batch_are_a_sentence(cases: pd.DataFrame) -> None:
    clean = cases[cases["case_id"].isin(["t1", "e1", "c3"])]
    seed = cases[cases["bucket"] == "seed"]

    assert str(copied(copies(clean), clean)) == (
        "Candidates that share too long a run of words with a real case: 0 of 1."
    )
    for told in (copies_chart(copies(seed), least=SAME_WORDS), copied(copies(seed), seed)):
        assert str(told) == NO_CANDIDATE


def test_a_long_text_is_cut_around_what_it_shares(new_case: Callable[..., dict[str, Any]]) -> None:
    made = {"bucket": "prompted", "tag": "synth-x", "generator_family": "acme/writer"}
    filler = "blah " * 100
    cases = CASES.frame(
        [new_case("t1", TRAIN, split="train"), new_case("c1", f"{filler}{TRAIN}{filler}", **made)]
    )
    html = copied(copies(cases), cases).html

    assert f"…{filler[-AROUND:]}[ordered 9" in html.replace("&#39;", "'")
    assert html.count("blah") <= 2 * AROUND // 5 + 2


def test_what_no_search_finds_again_in_the_text_is_not_marked_and_that_is_said(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    """A zero-width sign inside a word is none of its letters."""
    made = {"bucket": "prompted", "tag": "synth-x", "generator_family": "acme/writer"}
    hidden = TRAIN.replace("yesterday", "yester\u200bday")
    cases = CASES.frame([new_case("t1", TRAIN, split="train"), new_case("c1", hidden, **made)])

    html = copied(copies(cases), cases).html.replace("&#x27;", "'").replace("&#39;", "'")

    assert "ordered 9 days ago, kid's birthday was yester" in html
    assert "(nothing is marked: it has other signs than: ordered 9 days ago kid's birthday" in html


def test_hostile_candidates_are_text_and_show_no_personal_data(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    made = {"bucket": "redteam", "tag": "red-leak", "generator_family": "acme/writer"}
    told = [f"{text} kim@shop.example {TRAIN}" for text in STRINGS]
    rows = [
        new_case("t1", TRAIN, split="train"),
        *(new_case(f"c{n}", text, **made) for n, text in enumerate(told)),
    ]
    cases = CASES.frame(rows)
    html = copied(copies(cases), cases).html

    assert "<script" not in html
    assert "<img" not in html
    assert "kim@shop.example" not in html
    assert f"{len(STRINGS) - 10:,} more are flagged." in html
