"""Politeness: a greeting before what is said, or thanks behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, changed, pick
from workbench.generate.operators.order import LEADING
from workbench.generate.operators.punctuation import PIVOTS
from workbench.generate.operators.statements import is_english, spoken
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

OPENERS = ("Hi", "Hello", "Hi there", "Hello there", "Hi team", "Sorry to bother you", "Hope you are well")
CLOSERS = ("Thanks", "Thank you", "Many thanks", "Thanks a lot", "Thanks in advance", "Thanks for your help")
"""What is said in shops every day: it promises nothing, and says nothing of the matter."""

_OPENED = frozenset(words("hi hello hey dear good greetings sorry excuse hope thanks thank please"))
_CLOSED = frozenset(words("thanks thank thx ty cheers regards wishes appreciate appreciated grateful"))

_TURNING = PIVOTS | LEADING
"""Words that thanks would join to another meaning ("no thanks"), or that say that the message broke off."""


def polite(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Greet before the first message of the user, give thanks behind the last, or both.

    What is put there is written as the message is: small, in capitals, with marks or without. Refused: a
    message that is not surely English; a greeting where there is one, thanks where there are any, or behind a
    word of `_TURNING`.

    Example:
        >>> from random import Random
        >>> polite([{"role": "user", "text": "I want my money back."}], Random(5)).turns[0]["text"]
        'Hi team, I want my money back. Thanks in advance.'
    """
    told = [(number, turn["text"]) for number, turn in enumerate(turns) if turn["role"] == "user"]
    opener, closer = pick(OPENERS, rng), pick(CLOSERS, rng)
    found = [_opened(*told[0], opener), _closed(*told[-1], closer)] if told else []
    free = [change for change in found if change]
    # A third of them greet, a third give thanks, and a third do both, where both can be done.
    chosen = pick([[free[0]], [free[-1]], free], rng) if free else []
    return changed(
        turns,
        lambda number, _: [change for change in chosen if change.turn == number],
        keeps_label=True,
        otherwise="it is polite already, or not surely English",
    )


def _opened(number: int, text: str, opener: str) -> Change | None:
    said = spoken(text)
    if not is_english(text) or not _OPENED.isdisjoint(said[:2]):
        return None
    start = len(text) - len(text.lstrip())
    if text[start].islower():
        opener = opener.lower()
    elif said[0].split("'")[0] != "i":
        # Behind a comma a capital is right for "I" alone.
        return Change(number, start, start, "", _like(text, f"{opener}. "))
    return Change(number, start, start, "", _like(text, f"{opener}, "))


def _closed(number: int, text: str, closer: str) -> Change | None:
    said = spoken(text)
    if not is_english(text) or not _CLOSED.isdisjoint(said) or said[-1] in _TURNING:
        return None
    end = len(text.rstrip())
    after = f" {closer}." if text[end - 1] in ".!?…" else f" {closer.lower()}"
    return Change(number, end, end, "", _like(text, after))


def _like(text: str, said: str) -> str:
    return said.upper() if text.isupper() else said
