"""No operator damages a number, id, amount, date, email or link, by a reading that is not its own."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from workbench.generate import OPERATORS, mutate
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

# A function of this name hides the module from `import`.
module = importlib.import_module("workbench.generate.operators.protected")

# The reading serves the tests on real data too, and lies beside this file.
spec = importlib.util.spec_from_file_location("detector", Path(__file__).with_name("detector.py"))
assert spec is not None
assert spec.loader is not None
detector = sys.modules.setdefault("detector", importlib.util.module_from_spec(spec))
spec.loader.exec_module(detector)

CHAINS = [
    *OPERATORS, "typo+lowercase", "misspell+lowercase", "shorthand+lowercase", "blunt+lowercase", "shorten+typo",
    "no_marks+shout", "no_apostrophes+shout", "elongate+repeated_marks", "polite+shorthand", "subject_swap+typo",
]  # fmt: skip

PLAIN = {
    "typo", "typo_desktop", "typo_qwertz", "typo_qwertz_desktop", "typo_azerty", "typo_azerty_desktop", "lowercase", "shout",
    "misspell", "shorthand", "elongate", "no_apostrophes", "no_final_mark", "repeated_marks", "no_marks", "blunt", "polite",
    "shorten", "reorder", "merge", "subject_swap",
}  # fmt: skip
"""The operators that need no more than one conversation."""

GROUPED = (
    "RR 123 456 785 GB", "RR123456785 IT", "LX 0042 7719 5 NL", "AB 12 34 56 C", "QQ123456A", "SW1A 1AA", "M1 1AE", "AB12 CDE",
    "GB82 WEST 1234 5698 7654 32", "GB00 ABCD 1234 5678 90", "NL91 ABNA 0417 1643 00", "PO 4471", "RMA 20817", "KLM 1023",
    "DE 129 273 398", "1Z 999 AA1 01 2345 6784", "HDFC 00123", "2041 XK", "DL 99 AAA 1234", "CHF 40", "40 CAD", "BMW 320",
    "UK 10", "4481", "K-20817", "DE-004-119-22", "$64.90", "EUR 40", "3 May", "10:30 PM", "kim@shop.example",
    "https://shop.example/Pay?Id=AbC", "www.shop.example/a", "[Order ID 4]", "<user's 2nd name>",
)  # fmt: skip
"""Ids whose capitals stand apart from their digits, and what else may not be damaged; all of it holds a digit."""

RECASED = {
    "3 May", "May 3rd, 2026", "12 March", "the 21st of June", "Monday", "yesterday", "two weeks", "twenty-five days", "EUR 40",
    "40 quid", "nineteen dollars", "CHF 40", "40 CAD",
}  # fmt: skip
"""Values whose letters are words of a date or a sum, and may change their case."""

HYPHENED = ("ABC-DEF-GHI", "GB-RR", "XKJQ-PLMN", "PNR-QW-ZX")

MIXED = (
    "Where is {}?", "My parcel {} never came, please help", "it says {}, and {} on the box", "I don't have {} any more.",
    "Hello, my code is {}. I definitely want my money back because it is so late!", "pls cancel {} NOW, thanks",
    "WHERE IS {} you said Monday", "({}) is wrong. I need {}!", "order {} was for my sister", "I got {}",
)  # fmt: skip
SHOUTED = ("WHERE IS {} PLEASE", "MY PARCEL {} NEVER CAME, IT IS SO LATE!", "{} IS WRONG. I WANT {} BACK.")


class Planted(NamedTuple):
    """A message, and the values that were put in."""

    text: str
    values: list[str]


def planted(rng: np.random.Generator) -> Planted:
    """Return a message with ids in it; codes of capitals stand in messages with small letters only."""
    sentence = str(rng.choice(MIXED + SHOUTED))
    values = GROUPED if sentence.isupper() else GROUPED + HYPHENED
    chosen = [str(value) for value in rng.choice(values, sentence.count("{}"))]
    return Planted(sentence.format(*chosen), chosen)


@pytest.fixture(scope="module")
def loaded() -> list[Planted]:
    rng = np.random.default_rng(42)
    return [planted(rng) for _ in range(300)]


def counted(value: str, text: str) -> int:
    return text.lower().count(value.lower()) if value in RECASED else text.count(value)


def checked(mutants: pd.DataFrame, before: dict[str, str]) -> list[tuple[str, str, str, list[str]]]:
    """Return the damaged among mutants whose changes were all meant to leave every figure as it was."""
    damaged = []
    for mutant in mutants.to_dict("records"):
        if not any(span["kind"] == "value" for step in mutant["operators"] for span in step["spans"]):
            old, new = before[mutant["parent_ids"][0]], user_text(mutant["turns"])
            if gone := detector.lost(old, new):
                damaged.append((mutant["tag"], old, new, gone))
    return damaged


def test_0_of_10_000_mutants_is_damaged(
    demo: list[list[dict[str, str]]],
    messages: list[tuple[str, list[str]]],
    loaded: list[Planted],
    parents: Callable[..., pd.DataFrame],
) -> None:
    """By the values that were put in, and by the reading of its own."""
    full = [*messages[:250], *loaded]
    cases = parents(*demo, *(text for text, _ in full))
    before = dict(zip(cases["case_id"], cases["turns"].map(user_text), strict=True))
    put_in = dict(zip(cases["case_id"], [[] for _ in demo] + [there for _, there in full], strict=True))
    mutants = mutate(cases, CHAINS, seed=5).cases
    # What changes values on purpose says so, and is looked at in test_case_operators.py.
    mutants = mutants[
        ~mutants["operators"].map(
            lambda steps: any(span["kind"] == "value" for step in steps for span in step["spans"])
        )
    ]
    gone = [
        (tag, value, text)
        for tag, (parent, *_), text in zip(
            mutants["tag"], mutants["parent_ids"], mutants["turns"].map(user_text), strict=True
        )
        for value in put_in[parent]
        if counted(value, text) < put_in[parent].count(value)
    ]

    assert len(mutants) >= 10_000
    assert {step["name"] for steps in mutants["operators"] for step in steps} >= PLAIN
    assert gone == []
    assert checked(mutants, before) == []


@pytest.mark.parametrize(
    ("name", "broken", "operator", "kind"),
    [
        ("codes", lambda _text: iter(()), "lowercase", "postal item"),
        ("codes", lambda _text: iter(()), "lowercase", "code"),
        ("_TELLING", re.compile("(?!)"), "shout", "email"),
        ("_TELLING", re.compile("(?!)"), "lowercase", "id with a digit"),
    ],
)
def test_the_reading_sees_what_a_broken_protection_lets_through(
    name: str,
    broken: object,
    operator: str,
    kind: str,
    loaded: list[Planted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remembered = (module.protected, module.hidden, module._told)
    for cached in remembered:
        cached.cache_clear()
    monkeypatch.setattr(module, name, broken)
    turns = [[{"role": "user", "text": message.text}] for message in loaded]
    made = [OPERATORS[operator].run(told, np.random.default_rng(1)).turns for told in turns]
    for cached in remembered:
        cached.cache_clear()
    gone = [detector.lost(user_text(old), user_text(new)) for old, new in zip(turns, made, strict=True)]

    assert any(told.startswith(f"{kind}: ") for lost in gone for told in lost)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("track RR 123 456 785 GB", "track rr 123 456 785 gb", "postal item: RR 123 456 785 GB"),
        ("mail kim@shop.example", "MAIL KIM@SHOP.EXAMPLE", "email: kim@shop.example"),
        ("key ABC-DEF", "key abc-def", "code: ABC-DEF"),
        ("paid $64.90", "paid $64.09", "sum: $64.90"),
        ("on 3 May", "on 3 Mya", "date: 3 may"),
        ("two weeks", "tow weeks", "span of time: two weeks"),
        ("refund", "refund 4", "digits more: 4"),
    ],
)
def test_the_reading_names_what_is_lost(before: str, after: str, told: str) -> None:
    assert told in detector.lost(before, after)


def test_the_reading_lets_words_move_and_change_their_case() -> None:
    assert detector.lost("paid $64.90 on Monday for K-1", "ON MONDAY PAID $64.90 FOR K-1") == []
