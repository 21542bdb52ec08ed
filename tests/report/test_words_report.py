"""The key words of a naive batch and of a seed-conditioned one, beside the seed's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.report.generate.words import MOST_WORDS, NO_CASES, NO_WORDS, batches, counts, key_words
from workbench.settings import Lexicon
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

LEXICON = Lexicon(
    concepts={"money": ["refund", "money back", "reverse the charge"], "stop": ["cancel"]},
    signature_words=["Kindly", "I'd like to request"],
)

SEED = ("send me my money back", "cancel it. CANCEL it!!", "where is it????", "my money-back, now")
NAIVE = (
    "Hi, I'd like to request a refund for my order. Kindly refund it.",
    "Hello, I would like a refund. A refund, please.",
    "I'm requesting a refund due to a delay. Kindly help.",
)
CONDITIONED = ("money back please", "a refund? or cancel")


@pytest.fixture
def cases(new_case: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """The three sets of the story: real ones, naive ones, and some that were shown real ones."""
    made = {"bucket": "prompted", "tag": "synth-delay", "generator_family": "acme/writer"}
    rows = [new_case(f"s{n}", text, split="train") for n, text in enumerate(SEED)]
    rows += [new_case(f"n{n}", text, **made) for n, text in enumerate(NAIVE)]
    rows += [new_case(f"c{n}", text, hint_ids=["s0"], **made) for n, text in enumerate(CONDITIONED)]
    rows += [new_case("g", "refund", bucket="golden", tag="golden")]
    return CASES.frame(rows)


def told(cases: pd.DataFrame) -> dict[tuple[str, str], tuple[int, float, float]]:
    """Return times, per 1,000 words and share of cases by the first word of a set's name and key word."""
    rows = counts(batches(cases), LEXICON).to_dict("records")
    return {
        (row["set"].split(":")[0], row["word"]): (row["times"], row["per_1000"], row["share"]) for row in rows
    }


def test_the_seed_the_naive_and_the_conditioned_are_told_apart_by_their_hints(cases: pd.DataFrame) -> None:
    sets = batches(cases)

    assert {name: frame["case_id"].tolist() for name, frame in sets.items()} == {
        "seed": ["s0", "s1", "s2", "s3"],
        "naive: no real case shown": ["n0", "n1", "n2"],
        "seed-conditioned": ["c0", "c1"],
    }
    assert list(batches(cases[cases["bucket"] == "seed"])) == ["seed"]


def test_words_are_counted_per_1000_words_and_by_the_cases_that_hold_them(cases: pd.DataFrame) -> None:
    found = told(cases)

    assert found["naive", "refund"] == (5, pytest.approx(1000 * 5 / 32), 1.0)
    assert found["seed", "refund"] == (0, 0.0, 0.0)
    assert found["seed", "money back"] == (2, pytest.approx(1000 * 2 / 16), 0.5)
    assert found["seed", "cancel"] == (2, pytest.approx(1000 * 2 / 16), 0.25)
    assert found["seed-conditioned", "refund"][0] == 1


def test_an_expression_counts_where_its_words_stand_in_a_row(cases: pd.DataFrame) -> None:
    assert told(cases)["naive", "I'd like to request"][0] == 1
    assert told(cases)["naive", "Kindly"][0] == 2


def test_what_support_wrote_does_not_count(new_case: Callable[..., dict[str, Any]]) -> None:
    turns = [{"role": "assistant", "text": "A refund?"}, {"role": "user", "text": "yes"}]
    cases = CASES.frame([new_case("s", turns=turns), new_case("stub", turns=[], content_sha256=None)])

    assert counts({"seed": cases}, LEXICON)["times"].sum() == 0


def test_the_chart_reads_out_the_words_that_differ_most(cases: pd.DataFrame) -> None:
    chart = key_words(batches(cases), LEXICON)

    assert chart.summary.startswith(
        "Times in 1,000 words (and share of cases) in seed, naive: no real case shown, seed-conditioned. "
        "refund: 0 (0.0%), 156 (100.0%), 143 (50.0%); money back: 125 (50.0%), 0 (0.0%), 143 (50.0%); "
    )
    assert "reverse the charge" not in str(chart.spec)
    assert chart.png()


def test_the_longest_lexicon_fits_a_screen_and_says_what_is_left_out(cases: pd.DataFrame) -> None:
    many = Lexicon(concepts={"all": [*"abcdefghijklmnopqrstuvwxyz", "refund", "money", "back", "it", "my"]})
    rows = [text.split() for text in ("a b c d e f g h i j k l m n o p q r s t u v w x y z",)]
    sets = batches(cases) | {
        "seed": cases.head(1).assign(turns=[[{"role": "user", "text": " ".join(rows[0])}]])
    }
    chart = key_words(sets, many)
    drawn = {row["word"] for data in chart.spec["datasets"].values() for row in data}

    assert len(drawn) == MOST_WORDS
    assert chart.summary.endswith("words that differ less are not drawn.")


@pytest.mark.parametrize(
    ("lexicon", "said"),
    [
        (Lexicon(), NO_WORDS),
        (Lexicon(concepts={"odd": ["!!!"]}), NO_WORDS),
        (
            Lexicon(signature_words=["delve"]),
            "None of the key words of lexicon.toml occurs in any of these cases.",
        ),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(cases: pd.DataFrame, lexicon: Lexicon, said: str) -> None:
    assert str(key_words(batches(cases), lexicon)) == said


def test_a_seed_alone_has_nothing_beside_it(cases: pd.DataFrame) -> None:
    assert str(key_words(batches(cases[cases["bucket"] == "seed"]), LEXICON)) == NO_CASES
