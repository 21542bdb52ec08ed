"""Marks left out or repeated."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import hidden
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

MOST_MARKS = 5
"""How often a mark is repeated at most; people hold the key down for longer, and it says no more."""

# Each begins with the mark and then looks back: few places have one.
_FINAL = re.compile(r"[.!?…](?<=\w.)[.!?…]*+\s*\Z")
_SINGLE = re.compile(r"[?!.](?<=\w.)(?:(?<!\.)(?=\s|\Z)|(?=\s*\Z))")

PIVOTS = frozenset(
    words(
        "no nope nah not never yes yeah yep ok okay stop wait don won can keep cancel canceled cancelled return returned"
        " refund refunded replace replaced exchange exchanged send sent sorry"
    )
)
"""Words that would join what follows into another meaning: "no. refund" is not "no refund"."""

# What looks back has one length, so there is a part for each length of a word.
_NOT_A_PIVOT = "".join(
    rf"(?<!\b(?:{'|'.join(same)}).)" for _, same in groupby(sorted(PIVOTS, key=len), key=len)
)
_MARKS = re.compile(
    rf"[.,;:!?…](?<=\w.)(?:{_NOT_A_PIVOT}|(?=[.,;:!?…]*\s*\Z))[.,;:!?…]*+(?=\s|\Z)", re.IGNORECASE
)


def no_final_mark(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Leave out the mark at the end of each message.

    Example:
        >>> from random import Random
        >>> no_final_mark([{"role": "user", "text": "Hi. Where is it?"}], Random(0)).turns[0]["text"]
        'Hi. Where is it'
    """

    def edits(text: str) -> list[Edit]:
        if not text.rstrip().endswith((".", "!", "?", "…")):
            return []
        final = _FINAL.search(hidden(text))
        return [Edit(final.start(), final.end(), "")] if final else []

    return edited(turns, edits, keeps_label=True, otherwise="no message ends in a mark")


def repeated_marks(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Repeat the question and exclamation marks, and the dots at the end.

    Example:
        >>> from random import Random
        >>> repeated_marks([{"role": "user", "text": "Hi. Where is it?"}], Random(0)).turns[0]["text"]
        'Hi. Where is it?????'
    """

    def edits(text: str) -> list[Edit]:
        if "?" not in text and "!" not in text and not text.rstrip().endswith("."):
            return []
        return [
            Edit(match.start(), match.end(), match[0] * (2 + int(rng.random() * (MOST_MARKS - 1))))
            for match in _SINGLE.finditer(hidden(text))
        ]

    return edited(turns, edits, keeps_label=True, otherwise="there is no single mark to repeat")


def no_marks(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Leave out every mark that ends a word, except after the words of `PIVOTS` and at a line's end.

    Apostrophes, hyphens, brackets and smileys stay.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "No, it's broken. Refund me, please :)"}]
        >>> no_marks(turns, Random(0)).turns[0]["text"]
        "No, it's broken Refund me please :)"
    """

    def edits(text: str) -> list[Edit]:
        return [Edit(match.start(), match.end(), "") for match in _MARKS.finditer(hidden(text))]

    return edited(turns, edits, keeps_label=True, otherwise="there is no mark to leave out")
