"""Mistyping: the slips of fingers on a keyboard."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, changed
from workbench.generate.operators.codes import CODED
from workbench.generate.operators.protected import SPELT, hidden, spans_words
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

    _Ways = Mapping[str, tuple[str | None, ...]]

RATES: Mapping[str, float] = {"phone": 2.3, "desktop": 1.17}
"""Slips per 100 characters: the characters that people left standing wrong. Sources: 2.3 % of 37,000 people on phones
(Palin et al., "How do People Type on Mobile Devices?", MobileHCI 2019); 1.17 % of 168,000 people at computers (Dhakal
et al., "Observations on Typing from 136 Million Keystrokes", CHI 2018, table 3)."""

LAYOUTS: Mapping[str, tuple[str, str, str]] = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
}
"""The letters of each layout by rows; letters with marks, which English has not, are left out."""


def neighbours(layout: str) -> dict[str, str]:
    """Return the letters around each letter; a row lies half a key to the right of the one above it.

    Example:
        >>> neighbours("qwerty")["s"], neighbours("qwertz")["s"], neighbours("azerty")["s"]
        ('awedzx', 'awedyx', 'qzedwx')
    """
    above, *rows = ("", *LAYOUTS[layout], "")
    found = {}
    for row, below in pairwise(rows):
        for at, letter in enumerate(row):
            left = max(at - 1, 0)
            found[letter] = row[left:at] + above[at : at + 2] + row[at + 1 : at + 2] + below[left : at + 1]
        above = row
    return found


def _ways(layout: str) -> dict[str, tuple[str | None, ...]]:
    """Return what may stand for a letter, each kind of slip with the same chance; None swaps it with the one before."""
    return {
        letter: ("",) * len(near) + tuple(near) + tuple(key + letter for key in near) + (None,) * len(near)
        for key, keys in neighbours(layout).items()
        for letter, near in ((key, keys), (key.upper(), keys.upper()))
    }


_WAYS = {layout: _ways(layout) for layout in LAYOUTS}

NEGATIONS = frozenset(
    words(
        "no not nor never none nothing nobody neither without cannot cant dont wont didnt doesnt "
        "isnt arent wasnt werent hasnt havent hadnt couldnt wouldnt shouldnt"
    )
)
"""Words whose slip could turn a text into its opposite."""

DATING = frozenset({"last", "next", "past", "this"})
"""Words that make a date of the week, month or day behind them."""

GOLDEN = 0.618034
"""Steps of this size come everywhere between 0 and 1."""

# In the cases that the two patterns below let through.
_LEFT = frozenset(
    cased for word in NEGATIONS | DATING | SPELT | CODED for cased in (word, word.capitalize(), word.upper())
)
_ALONE = r"\s[(\"]?(%s)[.,;:!?)\"\u2026]*+(?!\S)"
_WORD, _SHOUTED = re.compile(_ALONE % "[A-Za-z][a-z]{3,12}+"), re.compile(_ALONE % "[A-Z]{4,13}+")
"""Words behind a space that only marks are written together with: as they are, and in capitals."""


def typo(
    turns: Sequence[Mapping[str, str]], rng: Random, *, layout: str = "qwerty", rate: float = RATES["phone"]
) -> Mutated:
    """Mistype words as fingers do: a neighbouring key, a letter too few or too many, two letters swapped.

    These four make up most slips (Damerau, "A Technique for Computer Detection and Correction of Spelling
    Errors", 1964). A slip falls anywhere in the text with the same chance, and the next word of four to
    thirteen letters takes it; a word takes at most one, never in its first letter, so that it can still be
    read. Negations, `DATING` and protected places are never touched, nor does a slip make one. Among other words, one
    in capitals may be a code or a name, and is left alone too.

    Args:
        turns: The conversation.
        rng: The source of chance; its `random()` is all that is used.
        layout: One of `LAYOUTS`.
        rate: Slips per 100 characters of the user's text, on average; those behind its last word that can
            take one are lost, and a text gets at least one.

    Example:
        >>> from random import Random
        >>> typo([{"role": "user", "text": "where is order 4481, i want it"}], Random(12)).turns[0]["text"]
        'wheer is order 4481, i want it'
    """
    return changed(
        turns,
        partial(_slips, rng.random, _WAYS[layout], 100 / rate),
        keeps_label=True,
        otherwise="no word of four letters or more that may be mistyped",
    )


def _slips(random: Callable[[], float], ways: _Ways, gap: float, turn: int, text: str) -> list[Change]:
    """Return the slips of a text in their order, on average one per `gap` characters."""
    # Behind a space the first word is found as any other.
    shouted = text.isupper()
    said = " " + (hidden(text) if shouted or spans_words(text) else text)
    search = (_SHOUTED if shouted else _WORD).search
    # Between events that fall anywhere with the same chance, the gaps are exponential.
    place = -gap * log(1 - random())
    if place >= len(said):
        place = random() * len(said)
    found: list[Change] = []
    # Again from the start where the one place lies behind the last word that can take a slip.
    for first in (int(place), 0):
        behind = first
        while match := search(said, behind):
            behind, word = match.end(), match[1]
            if word not in _LEFT:
                start = match.start(1) - 1
                found.append(Change(turn, start, start + len(word), word, _slipped(word, place % 1, ways)))
                place -= gap * log(1 - random())
                if place > behind:
                    behind = int(place)
        if found:
            break
    return found


def _slipped(word: str, chance: float, ways: _Ways) -> str:
    """Return a word of four letters or more with one slip; `chance`, from 0 to 1, says where and which."""
    place = chance * (len(word) - 1)
    at = 1 + int(place)
    around = ways[word[at]]
    way = around[int(place % 1 * len(around))]
    if way is None:
        at = max(at, 2)
        made = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    else:
        made = word[:at] + way + word[at + 1 :]
    # Two equal letters swapped are no slip; and none makes a number, a date or a negation.
    return _slipped(word, (chance + GOLDEN) % 1, ways) if made == word or made in _LEFT else made
