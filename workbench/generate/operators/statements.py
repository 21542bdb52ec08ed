"""Where the statements of a text begin and end."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from workbench.generate.operators.protected import hidden
from workbench.text import words

_OPEN = r"(?<=\.\.)|(?<=\b(?:mr|ms|dr|st|no|nr|vs)\.)|(?<=\b(?:mrs|etc|e\.g|i\.e)\.)|(?<=\bincl\.)|(?<=\bapprox\.)"
_END = re.compile(rf"(?:[.!?…]++[)\"'”\u2019]*+(?=\s)(?P<open>{_OPEN})?|\n)\s*", re.IGNORECASE)

FEW_WORDS = 3
"""A statement of fewer words is an answer, a call or the rest of one, and nothing to be moved or left out."""

_ENGLISH = frozenset(
    words(
        "the my it it's i'm i've i'd you your and of with they have for this that is not i can could would want need got get put"
    )
)
"""Words of nearly every English sentence that are rare in other languages."""


class Statement(NamedTuple):
    """A sentence, or a line: `text[start:end]` with its final mark and without the space around it."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=64)
def statements(text: str) -> tuple[Statement, ...]:
    """Return the sentences and lines of a text, in order.

    A mark inside a number, date or address ends nothing, nor does the dot of a common abbreviation.

    Example:
        >>> [statement.text for statement in statements("plate cracked. paid $3.50 for it!! now what")]
        ['plate cracked.', 'paid $3.50 for it!!', 'now what']
    """
    # What ends a statement is an end in the text as it is written too, so that most short ones need no more.
    shape = hidden(text) if _END.search(text) else ""
    ends = [match.end() for match in _END.finditer(shape) if match["open"] is None]
    found = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        inner = text[start:end].strip()
        if inner:
            first = start + text[start:end].index(inner)
            found.append(Statement(first, first + len(inner), inner))
    return tuple(found)


@lru_cache(maxsize=256)
def spoken(text: str) -> tuple[str, ...]:
    """Return the words of a text as `text.words` does, looked up once for all operators."""
    return tuple(words(text))


def is_english(text: str) -> bool:
    """Say whether a statement is surely English, so that the closed lists of words hold for it.

    Example:
        >>> is_english("I want my money back"), is_english("ich will mein Geld zurück"), is_english("eta?")
        (True, False, False)
    """
    foreign = not text.isascii() and any(letter.isalpha() and not letter.isascii() for letter in text)
    return not foreign and not _ENGLISH.isdisjoint(spoken(text))
