"""Words that people write otherwise: where they are found, and how they are written."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators.codes import CODED
from workbench.generate.operators.keyboard import NEGATIONS
from workbench.generate.operators.lexicon import Lexicon, lexicon, reworded
from workbench.generate.operators.protected import SPELT, is_damaged
from workbench.text import words

SHIPPED = ("misspellings", "shorthand")


def said(ways: dict[str, list[str]], text: str, seed: int = 0) -> str:
    turns = [{"role": "user", "text": text}]
    return reworded(turns, np.random.default_rng(seed), Lexicon(ways), otherwise="none").turns[0]["text"]


def test_a_longer_phrase_goes_before_the_word_that_it_begins_with() -> None:
    ways = {"thank you": ["ty"], "thank you so much": ["tysm"]}

    assert [match[0] for match in Lexicon(ways).find("Thank you so much! And thank you")] == [
        "thank you so much",
        "thank you",
    ]


@pytest.mark.parametrize(
    "text",
    ["your", "you've", "YOU2 you@shop.example", "shop.example/you", "youu", "K-you", "you-tube", "and/you"],
)
def test_parts_of_words_and_protected_places_are_not_found(text: str) -> None:
    assert Lexicon({"you": ["u"]}).find(text) == []


def test_places_are_right_behind_letters_that_grow() -> None:
    assert said({"you": ["u"]}, "İ\u2019m İstanbul, you") == "İ\u2019m İstanbul, u"


def test_curly_apostrophes_are_apostrophes() -> None:
    assert said({"you're": ["ur"]}, "You\u2019re late") == "Ur late"


def test_one_person_writes_a_word_the_same_way_everywhere() -> None:
    turns = [{"role": "user", "text": "please, please"}, {"role": "user", "text": "PLEASE"}]
    known = Lexicon({"please": ["pls", "plz"]})
    made = {
        " ".join(
            turn["text"] for turn in reworded(turns, np.random.default_rng(seed), known, otherwise="").turns
        )
        for seed in range(40)
    }

    assert made == {"pls, pls PLS", "plz, plz PLZ"}


def test_a_word_has_a_chance_of_one_half_and_one_is_always_taken() -> None:
    made = [said({"you": ["u"], "are": ["r"]}, "are you") for _ in range(1)] + [
        said({"you": ["u"], "are": ["r"]}, "are you", seed) for seed in range(400)
    ]

    assert set(made) == {"r u", "r you", "are u"}
    # Both are taken in one of four, and none of the rest stays whole.
    assert 60 < made.count("r u") < 140


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_list_goes_one_way_and_brings_no_number_negation_or_code(name: str) -> None:
    ways = lexicon(name).ways
    written = {way for ways_of in ways.values() for way in ways_of}

    assert all(list(ways_of) and phrase not in ways_of for phrase, ways_of in ways.items())
    assert written.isdisjoint(ways)
    assert all(way.isalpha() and way.islower() and way.isascii() for way in written)
    assert written.isdisjoint(SPELT | NEGATIONS | CODED)
    assert {word for phrase in ways for word in words(phrase)}.isdisjoint(SPELT | NEGATIONS | CODED)
    assert list(ways) == sorted(ways)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("frame", ["{}", "K-1 {} 3 May", "({}), 40 {}", "RR {} 12", "CODE {} WINTER 4"])
def test_every_entry_is_found_and_damages_nothing(name: str, frame: str) -> None:
    known = lexicon(name)
    for phrase in known.ways:
        for cased in (phrase, phrase.upper(), phrase.capitalize()):
            text = frame.replace("{}", cased)
            made = reworded(
                [{"role": "user", "text": text}], np.random.default_rng(1), known, otherwise="none"
            )
            hidden_by_code = frame.startswith("RR") and len(cased) <= 4 and cased.isupper()

            assert made.changed or hidden_by_code, text
            assert not is_damaged(text, made.turns[0]["text"])
