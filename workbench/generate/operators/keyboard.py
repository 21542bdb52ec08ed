"""Mistyping: the slips of fingers on a QWERTY keyboard."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import SPELT, hidden
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

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

NEGATIONS = frozenset(
    words(
        "no not nor never none nothing nobody neither without cannot cant dont wont didnt doesnt "
        "isnt arent wasnt werent hasnt havent hadnt couldnt wouldnt shouldnt"
    )
)
"""Words whose slip could turn a text into its opposite."""

_WORD = re.compile(r"\b(?<!['\u2019&/-])[A-Za-z]{4,}\b(?!['\u2019&/-])")


def typo(turns: Sequence[Mapping[str, str]], rng: np.random.Generator, *, rate: float = RATE) -> Mutated:
    """Mistype words as fingers do: a neighbouring key, a letter too few or too many, two letters swapped.

    These four make up most slips (Damerau, "A Technique for Computer Detection and Correction of Spelling
    Errors", 1964). A word of four letters or more takes at most one, never in its first letter, so that
    it can still be read. Negations and protected places are never touched, nor does a slip make one.

    Args:
        turns: The conversation.
        rng: The source of chance.
        rate: Slips per 100 characters of the user's text, on average; a text gets at least one.

    Example:
        >>> import numpy as np
        >>> typo([{"role": "user", "text": "where is order 4481, I want my refund"}], np.random.default_rng(3)).spans
        (Change(turn=0, start=0, end=5, before='where', after='wherre'),)
    """

    def slips(text: str) -> list[Edit]:
        pool = list(mistypable(text))
        chances = iter(rng.random(3 * len(pool) + 1).tolist())
        wanted = max(1, _poisson(rate * len(text) / 100, next(chances)))
        found: list[Edit] = []
        while pool and len(found) < wanted:
            start, end, word = pool.pop(int(next(chances) * len(pool)))
            if slipped := _slipped(word, next(chances), next(chances)):
                found.append(Edit(start, end, slipped))
        return found

    return edited(
        turns, slips, keeps_label=True, otherwise="no word of four letters or more that may be mistyped"
    )


@lru_cache(maxsize=64)
def mistypable(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the words of a text that may take a slip, each with its start and end.

    Example:
        >>> mistypable("I never got order K-20817")
        ((12, 17, 'order'),)
    """
    return tuple(
        (word.start(), word.end(), word[0])
        for word in _WORD.finditer(hidden(text))
        if word[0].lower() not in NEGATIONS
    )


def _poisson(mean: float, chance: float) -> int:
    """Return the Poisson number that a chance from 0 to 1 stands for, by inversion of its distribution."""
    # Beyond this mean the first term is 0 as a float; the text is then a book, and the mean is as good.
    if mean > 500:
        return round(mean)
    count, share = 0, math.exp(-mean)
    while chance > share and count < 10 * mean + 20:
        chance -= share
        count += 1
        share *= mean / count
    return count


def _slipped(word: str, place: float, kind: float) -> str:
    """Return a word with one slip; empty where the slip would make a number, a date or a negation.

    Args:
        word: Four letters or more.
        place: Where, from 0 (the second letter) to 1.
        kind: Which of the four slips by the quarter of 0 to 1, and which neighbour by its rest.
    """
    at = 1 + int(place * (len(word) - 1))
    which, rest = divmod(kind * 4, 1)
    near = NEIGHBOURS[word[at].lower()]
    key = near[int(rest * len(near))]
    key = key.upper() if word[at].isupper() else key
    if which == 0:
        made = word[:at] + key + word[at + 1 :]
    elif which == 1:
        made = word[:at] + word[at + 1 :]
    elif which == 2:
        made = word[:at] + key + word[at:]
    else:
        at = max(at, 2)
        made = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    plain = made.lower()
    return "" if made == word or plain in SPELT or plain in NEGATIONS else made
