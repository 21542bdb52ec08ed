"""Elongation: a letter held, as in soooo and pleaseee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.lexicon import Lexicon, reworded
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

STRETCHED = frozenset(
    words(
        "so too very really way such all still again already always forever ever now ages late slow bad mad good great nice"
        " please pls help why what wait yes hi hey hello thanks sorry love hate need seriously literally finally"
    )
)
"""Words of strong feeling, pleas and calls. Without negations: what is said by "no" is not to be played with."""

HELD = frozenset("aeiouyflmnrsvz")
"""The letters that a voice can hold; three of the letter w before a dot would begin an address."""

MOST_LETTERS = 4
"""How often a letter is repeated at most; once is a typo, so the fewest are two."""


def stretched(word: str, times: int) -> str:
    """Return a word with its last letter that a voice can hold repeated.

    Letters are repeated as sounds are held in speech (Kalman and Gergle, "Letter repetitions in computer-mediated
    communication", 2014), in longer words often the last one (Gray et al., "Hahahahaha, Duuuuude, Yeeessss!", 2020).

    Example:
        >>> stretched("so", 3), stretched("please", 2), stretched("help", 2), stretched("what", 2)
        ('soooo', 'pleaseee', 'helllp', 'whaaat')
    """
    at = max(place for place, letter in enumerate(word) if letter in HELD)
    return word[:at] + word[at] * times + word[at:]


_STRETCHED = Lexicon(
    {word: [stretched(word, times) for times in range(2, MOST_LETTERS + 1)] for word in STRETCHED}
)


def elongate(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Hold a letter of the words of `STRETCHED`, two to four times longer.

    Example:
        >>> from random import Random
        >>> elongate([{"role": "user", "text": "It is so late, please!"}], Random(4)).turns[0]["text"]
        'It is sooo lateee, pleaseeee!'
    """
    return reworded(turns, rng, _STRETCHED, otherwise="no word that people stretch")
