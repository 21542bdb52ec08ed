"""Mistyping: the slips of fingers on a QWERTY keyboard."""

from __future__ import annotations

import re
from functools import partial
from math import log
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, changed
from workbench.generate.operators.protected import CODED, SPELT, hidden, spans_words
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

RATE = 2.3
"""Slips per 100 characters. Source: Palin et al., "How do People Type on Mobile Devices?", MobileHCI 2019:
2.3 % of the characters that 37,000 people left standing were wrong."""

NEIGHBOURS: Mapping[str, str] = {
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk",
    "o": "ipkl", "p": "ol", "a": "qwsz", "s": "awedzx", "d": "serfxc", "f": "drtgcv", "g": "ftyhvb",
    "h": "gyujbn", "j": "huiknm", "k": "jiolm", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv",
    "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
"""The letters around each letter on a QWERTY keyboard."""

_WAYS: Mapping[str, tuple[str | None, ...]] = {
    letter: ("",) * len(near) + tuple(near) + tuple(key + letter for key in near) + (None,) * len(near)
    for key, keys in NEIGHBOURS.items()
    for letter, near in ((key, keys), (key.upper(), keys.upper()))
}
"""What may stand for a letter, each kind of slip with the same chance; None swaps it with the one before."""

NEGATIONS = frozenset(
    words(
        "no not nor never none nothing nobody neither without cannot cant dont wont didnt doesnt "
        "isnt arent wasnt werent hasnt havent hadnt couldnt wouldnt shouldnt"
    )
)
"""Words whose slip could turn a text into its opposite."""

GOLDEN = 0.618034
"""Steps of this size come everywhere between 0 and 1."""

# In the cases that the two patterns below let through.
_LEFT = frozenset(
    cased for word in NEGATIONS | SPELT | CODED for cased in (word, word.capitalize(), word.upper())
)
_ALONE = r"\s[(\"]?(%s)[.,;:!?)\"\u2026]*+(?!\S)"
_WORD, _SHOUTED = re.compile(_ALONE % "[A-Za-z][a-z]{3,12}+"), re.compile(_ALONE % "[A-Z]{4,13}+")
"""Words behind a space that only marks are written together with: as they are, and in capitals."""


def typo(turns: Sequence[Mapping[str, str]], rng: Random, *, rate: float = RATE) -> Mutated:
    """Mistype words as fingers do: a neighbouring key, a letter too few or too many, two letters swapped.

    These four make up most slips (Damerau, "A Technique for Computer Detection and Correction of Spelling
    Errors", 1964). A slip falls anywhere in the text with the same chance, and the next word of four to
    thirteen letters takes it; a word takes at most one, never in its first letter, so that it can still be
    read. Negations and protected places are never touched, nor does a slip make one. Among other words, one
    in capitals may be a code or a name, and is left alone too.

    Args:
        turns: The conversation.
        rng: The source of chance; its `random()` is all that is used.
        rate: Slips per 100 characters of the user's text, on average; those behind its last word that can
            take one are lost, and a text gets at least one.

    Example:
        >>> from random import Random
        >>> typo([{"role": "user", "text": "where is order 4481, i want it"}], Random(12)).spans
        (Change(turn=0, start=0, end=5, before='where', after='wheer'),)
    """
    return changed(
        turns,
        partial(_slips, rng.random, 100 / rate),
        keeps_label=True,
        otherwise="no word of four letters or more that may be mistyped",
    )


def _slips(random: Callable[[], float], gap: float, turn: int, text: str) -> list[Change]:
    """Return the slips of a text in their order, on average one per `gap` characters."""
    # Behind a space the first word is found as any other.
    said = " " + (hidden(text) if spans_words(text) else text)
    search = (_SHOUTED if text.isupper() else _WORD).search
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
                found.append(Change(turn, start, start + len(word), word, _slipped(word, place % 1)))
                place -= gap * log(1 - random())
                if place > behind:
                    behind = int(place)
        if found:
            break
    return found


def _slipped(word: str, chance: float) -> str:
    """Return a word of four letters or more with one slip; `chance`, from 0 to 1, says where and which."""
    place = chance * (len(word) - 1)
    at = 1 + int(place)
    ways = _WAYS[word[at]]
    way = ways[int(place % 1 * len(ways))]
    if way is None:
        at = max(at, 2)
        made = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    else:
        made = word[:at] + way + word[at + 1 :]
    # Two equal letters swapped are no slip; and none makes a number, a date or a negation.
    return _slipped(word, (chance + GOLDEN) % 1) if made == word or made in _LEFT else made
