"""Marks left out or repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import hidden

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from workbench.generate.operators.changes import Mutated

MOST_MARKS = 5
"""How often a mark is repeated at most; people hold the key down for longer, and it says no more."""

_FINAL = re.compile(r"(?<=\w)[.!?…]+\s*\Z")
_SINGLE = re.compile(r"(?<=\w)(?:[?!](?=\s|\Z)|\.(?=\s*\Z))")
_MARKS = re.compile(r"(?P<word>\w+)(?P<marks>[.,;:!?…]+)(?=\s|\Z)")

PIVOTS = re.compile(
    r"no|nope|nah|not|never|yes|yeah|yep|ok|okay|stop|wait|don|won|can|keep|cancel(?:l?ed)?|return(?:ed)?"
    r"|refund(?:ed)?|replace(?:d)?|exchange(?:d)?|send|sent|sorry",
    re.IGNORECASE,
)
"""Words that would join what follows into another meaning: "no. refund" is not "no refund"."""


def no_final_mark(turns: Sequence[Mapping[str, str]], _rng: np.random.Generator) -> Mutated:
    """Leave out the mark at the end of each message.

    Example:
        >>> import numpy as np
        >>> no_final_mark([{"role": "user", "text": "Hi. Where is it?"}], np.random.default_rng(0)).turns[0]["text"]
        'Hi. Where is it'
    """

    def edits(text: str) -> list[Edit]:
        return [Edit(match.start(), match.end(), "") for match in _FINAL.finditer(hidden(text))]

    return edited(turns, edits, keeps_label=True, otherwise="no message ends in a mark")


def repeated_marks(turns: Sequence[Mapping[str, str]], rng: np.random.Generator) -> Mutated:
    """Repeat the question and exclamation marks, and the dots at the end.

    Example:
        >>> import numpy as np
        >>> repeated_marks([{"role": "user", "text": "Hi. Where is it?"}], np.random.default_rng(0)).turns[0]["text"]
        'Hi. Where is it?????'
    """

    def edits(text: str) -> list[Edit]:
        return [
            Edit(match.start(), match.end(), match[0] * int(rng.integers(2, MOST_MARKS + 1)))
            for match in _SINGLE.finditer(hidden(text))
        ]

    return edited(turns, edits, keeps_label=True, otherwise="there is no single mark to repeat")


def no_marks(turns: Sequence[Mapping[str, str]], _rng: np.random.Generator) -> Mutated:
    """Leave out every mark that ends a word, except after the words of `PIVOTS` and at a line's end.

    Apostrophes, hyphens, brackets and smileys stay.

    Example:
        >>> import numpy as np
        >>> turns = [{"role": "user", "text": "No, it's broken. Refund me, please :)"}]
        >>> no_marks(turns, np.random.default_rng(0)).turns[0]["text"]
        "No, it's broken Refund me please :)"
    """

    def edits(text: str) -> list[Edit]:
        return [
            Edit(match.start("marks"), match.end("marks"), "")
            for match in _MARKS.finditer(hidden(text))
            if not PIVOTS.fullmatch(match["word"]) or match.end() == len(text.rstrip())
        ]

    return edited(turns, edits, keeps_label=True, otherwise="there is no mark to leave out")
