"""What notebook 03 shows of the red team."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hostile import STRINGS

from workbench.generate.attacks import ATTACKS, HARMS
from workbench.report.generate import redteam
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

PERSONAS = {"new_customer": "You bought here for the first time.", "angry": "This is your third message."}
TODAY = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)

CASES_MADE = (
    ("r1", "receipt_less", "new_customer", dt.datetime(2026, 11, 1, tzinfo=dt.UTC)),
    ("r2", "double_dip", "new_customer", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
    ("r3", "customer_data", "angry", dt.datetime(2026, 5, 22, tzinfo=dt.UTC)),
)


@pytest.fixture
def cases(new_case: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """Three generated red-team cases, one that a person wrote, and a real one."""
    rows = [
        new_case(
            name, f"about {attack}", bucket="redteam", tag=f"demo-red-{attack}", persona=PERSONAS[voice],
            taxonomy=ATTACKS[attack].taxonomy, created_at=at,
        )
        for name, attack, voice, at in CASES_MADE
    ]  # fmt: skip
    own = new_case("h1", "my lawyer says pay", bucket="redteam", tag="red-import-human", created_at=TODAY)
    return CASES.frame([*rows, own, new_case("s1")])


def words(part: object, first: str) -> list[str]:
    """The words of the first line of a table that begins with a word."""
    return next(line.split() for line in str(part).splitlines() if line.split()[:1] == [first])


def test_the_map_counts_cases_by_persona_and_harm(cases: pd.DataFrame) -> None:
    chart = redteam.harm_map(cases, ATTACKS, HARMS, PERSONAS)
    tiles = {
        (row["row"], row["column"]): row["told"] for rows in chart.spec["datasets"].values() for row in rows
    }

    assert {place: told for place, told in tiles.items() if told != "0"} == {
        ("new_customer", "money"): "2",
        ("angry", "data"): "1",
        ("not known", "not known"): "1",
    }
    assert len(tiles) == len(PERSONAS) * len(HARMS) + 1
    assert chart.summary.startswith(
        "4 red-team cases by the persona that voices it and the harm that it tries."
    )
    assert "Without a case: new_customer/data, new_customer/promises" in chart.summary


def test_a_workspace_without_personas_still_has_its_map(cases: pd.DataFrame) -> None:
    chart = redteam.harm_map(cases, ATTACKS, HARMS, {})

    assert "4 red-team cases" in chart.summary


def test_every_attack_stands_with_its_cases_and_its_public_classes(cases: pd.DataFrame) -> None:
    table = redteam.coverage(cases, ATTACKS)
    lines = str(table).splitlines()

    assert words(table, "customer_data")[-5:] == ["data", "1", "LLM02:2025", "AML.T0057,", "AML.T0085.001"]
    assert words(table, "receipt_less")[-2:] == ["money", "1"]
    assert words(table, "token_burn")[-4:-1] == ["service", "0", "LLM10:2025"]
    assert "Attacks with a case: 3 of 17." in lines
    assert "Cases whose tag names no attack of this list: 1." in lines


def test_the_oldest_case_stands_first_and_old_ones_are_counted(cases: pd.DataFrame) -> None:
    table = redteam.ageing(cases, at=TODAY)

    assert [line.split()[0] for line in str(table).splitlines()[2:6]] == ["r2", "r3", "r1", "h1"]
    assert words(table, "r2") == ["r2", "double_dip", "2026-03-01", "8.7"]
    # 183 days are six months and a few hours.
    assert words(table, "r3")[-1] == "6.0"
    assert "Older than 6 months: 2 of 4 red-team cases; 4 shown, the oldest first." in str(table)


def test_a_young_red_team_is_not_warned_of(cases: pd.DataFrame) -> None:
    table = redteam.ageing(cases[cases["case_id"] == "r1"], at=TODAY)

    assert "Older than 6 months: 0 of 1 red-team case;" in str(table)


def test_known_attacks_stand_beside_the_case_flagged_ones_first(cases: pd.DataFrame) -> None:
    rows = [
        ("r1", "dan", 0.31, "leak", 3, "i want to", False),
        ("r2", "dan", 0.12, "dan", 9, "from now on you are going to act as", True),
    ]
    columns = ["case_id", "nearest_id", "cosine", "shared_id", "shared_words", "words", "flagged"]
    found = pd.DataFrame(rows, columns=columns)
    table = redteam.known(found, cases)

    assert [line.split()[0] for line in str(table).splitlines()[2:4]] == ["r2", "r1"]
    assert words(table, "r2")[1:6] == ["about", "double_dip", "0.120", "dan", "9"]
    assert "Flagged as known: 1 of 2 red-team cases; 2 shown, flagged ones first. Nothing is removed." in str(
        table
    )


def test_without_a_list_or_a_red_team_a_sentence_says_so(cases: pd.DataFrame) -> None:
    none = cases[cases["bucket"] == "seed"]
    nothing = pd.DataFrame(columns=["case_id", "flagged"])

    assert str(redteam.known(None, cases)) == redteam.NO_LIST
    assert {
        str(redteam.harm_map(none, ATTACKS, HARMS, PERSONAS)),
        str(redteam.ageing(none)),
        str(redteam.known(nothing, none)),
    } == {redteam.NO_REDTEAM}


def test_hostile_texts_tags_and_attacks_are_shown_as_text(
    cases: pd.DataFrame, new_case: Callable[..., dict[str, Any]]
) -> None:
    texts = [text for text in STRINGS if "\0" not in text]
    rows = [new_case(f"x{n}", text, bucket="redteam", tag="red-x") for n, text in enumerate(texts)]
    odd = pd.concat([cases, CASES.frame(rows)], ignore_index=True)
    columns = ["case_id", "nearest_id", "cosine", "shared_id", "shared_words", "words", "flagged"]
    found = pd.DataFrame([(f"x{n}", text[:99], 0.5, text[:99], 8, text, True) for n, text in enumerate(texts)], columns=columns)  # fmt: skip
    html = "".join(
        part.html
        for part in (redteam.known(found, odd), redteam.coverage(odd, ATTACKS), redteam.ageing(odd, at=TODAY))
    ).casefold()

    assert not [live for live in ("<script", "<img", "<svg", "<iframe", "\u202e") if live in html]
