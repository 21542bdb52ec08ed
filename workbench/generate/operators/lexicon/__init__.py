"""Lists of words and phrases with what people write for them, and the search for them in conversations."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited, pick
from workbench.generate.operators.protected import by_first_letter, hidden
from workbench.generate.operators.statements import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

_END = r"(?![\w'/-])"


class Lexicon:
    """What may be written for words and phrases.

    Attributes:
        ways: By word or phrase, in small letters, what may be written for it.
    """

    def __init__(self, ways: Mapping[str, Sequence[str]]) -> None:
        self.ways = ways
        self._heads = frozenset(phrase.split()[0] for phrase in ways)
        # Ending in `_END`, a longer phrase sorts before the one that it begins with, for a space is less than "(".
        self._any = re.compile(rf"(?<![\w'/-])(?:{by_first_letter(phrase + _END for phrase in ways)})")

    def find(self, text: str) -> list[re.Match[str]]:
        """Return where words of the lexicon stand outside of protected places; a match is in small letters.

        Example:
            >>> [match[0] for match in Lexicon({"thank you": ["ty"], "you": ["u"]}).find("Thank You! are you K-1-you")]
            ['thank you', 'you']
        """
        if self._heads.isdisjoint(spoken(text)):
            return []
        # The dotted capital I alone has a small form of two characters; all places have to stay.
        small = hidden(text).replace("\u0130", "\u0131").lower().replace("\u2019", "'")
        return list(self._any.finditer(small))


@cache
def lexicon(name: str) -> Lexicon:
    """Return a lexicon that comes with the package, by the name of its file without the ending."""
    return Lexicon(tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8")))


def reworded(turns: Sequence[Mapping[str, str]], rng: Random, known: Lexicon, *, otherwise: str) -> Mutated:
    """Write words of a lexicon as people write them.

    Each word has a chance of one half, at least one is taken, and one that is taken is written the same way
    everywhere, as one person would. The label is kept.

    Args:
        turns: The conversation.
        rng: The source of chance; its `random()` is all that is used.
        known: The lexicon.
        otherwise: The reason to give when no text has a word of it.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "Are you there? YOU owe me"}]
        >>> reworded(turns, Random(0), Lexicon({"you": ["u"]}), otherwise="").turns[0]["text"]
        'Are u there? U owe me'
    """
    found = {turn["text"]: known.find(turn["text"]) for turn in turns if turn["role"] == "user"}
    chances = {match[0]: rng.random() for matches in found.values() for match in matches}
    bound = max(0.5, min(chances.values(), default=0))
    written = {phrase: pick(known.ways[phrase], rng) for phrase, chance in chances.items() if chance <= bound}

    def edits(text: str) -> list[Edit]:
        return [
            Edit(match.start(), match.end(), cased(written[match[0]], text[match.start() : match.end()]))
            for match in found[text]
            if match[0] in written
        ]

    return edited(turns, edits, keeps_label=True, otherwise=otherwise)


def cased(word: str, like: str) -> str:
    """Return a word with capitals where another one has them.

    Example:
        >>> cased("pls", "Please"), cased("pls", "PLEASE"), cased("u", "you")
        ('Pls', 'PLS', 'u')
    """
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word
