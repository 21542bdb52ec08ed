"""Apostrophes left out, as in dont and its."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import hidden
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

OTHER_WORDS = frozenset(words("we're we'll he'll she'll i'll i'd we'd she'd who're"))
"""Contractions that are another word without their apostrophe: were, well, hell, shell, ill, id, wed, shed."""

_SHORTENED = re.compile(r"['\u2019](?<=[^\W\d_].)(?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)


def no_apostrophes(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Leave the apostrophe out of contractions and possessives, except in those of `OTHER_WORDS`.

    Example:
        >>> from random import Random
        >>> no_apostrophes([{"role": "user", "text": "I don't think it's Kim's, we'll see"}], Random(0)).turns[0]["text"]
        "I dont think its Kims, we'll see"
    """

    def edits(text: str) -> list[Edit]:
        if "'" not in text and "\u2019" not in text:
            return []
        shape = hidden(text)
        return [
            Edit(match.start(), match.start() + 1, "")
            for match in _SHORTENED.finditer(shape)
            if _word(shape, match) not in OTHER_WORDS
        ]

    return edited(turns, edits, keeps_label=True, otherwise="no apostrophe that people leave out")


def _word(text: str, match: re.Match[str]) -> str:
    """Return the contraction or possessive that an apostrophe is in, in small letters."""
    start = match.start()
    while start and text[start - 1].isalpha():
        start -= 1
    return text[start : match.end()].replace("\u2019", "'").lower()
