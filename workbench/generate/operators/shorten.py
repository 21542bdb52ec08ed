"""Shortening: what surrounds the ask is left out, the ask stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from workbench.generate.operators.changes import Edit, Mutated, edited
from workbench.generate.operators.protected import by_first_letter, hidden
from workbench.generate.operators.statements import FEW_WORDS, is_english, spoken, statements
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

_GREETING = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|dear)(?: (?:there|team|all|everyone|sir|madam))*"
)
_THANKS = r"(?:many thanks|thanks|thank you|cheers|thx)(?: (?:so|very) much| a lot)?(?: in advance| for your (?:help|time))?"
_CLOSING = (
    r"(?:with )?(?:kind|best|warm) (?:regards|wishes)|best wishes"
    r"|have a (?:nice|good|great|lovely|pleasant) (?:day|weekend|evening)"
)
COURTESY = re.compile(rf"(?:(?:{_GREETING}|{_THANKS}|{_CLOSING})(?:,? and\b|[,.!\s])*)+", re.IGNORECASE)
"""A statement that is a greeting, thanks or a closing, and nothing else."""

OPENING = re.compile(rf"{_GREETING}[,!]\s+(?=\w)", re.IGNORECASE)
_ENDING = re.compile(rf"(?:,\s+|\s+)(?:{_THANKS})(?=[.!?\s]*\Z)", re.IGNORECASE)
_ASIDE = re.compile(
    r",\s(?:which|who|because|although|though|as)\s[^,.;:!?()\n]+(?=[,.;!?\n]|\Z)", re.IGNORECASE
)

ASKING = words(
    "want wanted wants need needed needs would like prefer wish please pls plz can could may money credit send resend give get"
    " pay fix keep stop call ring tell put help how when where why who which what do does did is are should"
)
ASKING_STEMS = words("refund replace exchang swap cancel return")
"""Words of a statement that asks for something. Far too many, so that no ask is ever left out."""

_STEMMED = [rf"{stem}\w*" for stem in ASKING_STEMS]
_ASK = re.compile(rf"\?|\W(?:{by_first_letter([*ASKING, *_STEMMED])})\b")

_NOTHING = "there is nothing around the ask to leave out, or no statement is known to be the ask"


class _Part(NamedTuple):
    start: int
    end: int
    courtesy: bool


def shorten(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Leave out greetings, thanks, closings, side statements and asides; keep the ask.

    The ask is kept in three ways: a statement with a word of `ASKING` stays, the last statement that is no
    courtesy stays, and without any word of `ASKING` in the message only courtesies go. A statement with a
    protected place, one of fewer than three words, and one that is not surely English stay too. Of what
    stays, the opening, the thanks and asides such as ", because ..." may go. Each part goes with a chance
    of one half, and at least one does.

    The label is kept when only courtesies went: a side statement ("it was never opened") may decide the
    outcome.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "Hello, the mug broke. It was a gift. Can I get another one?"}]
        >>> done = shorten(turns, Random(22))
        >>> done.turns[0]["text"], done.keeps_label
        ('The mug broke. Can I get another one?', False)
    """
    kept_facts = True

    def edits(text: str) -> list[Edit]:
        nonlocal kept_facts
        parts = _parts(text)
        if not parts:
            return []
        chances = [rng.random() for _ in parts]
        bound = max(0.5, min(chances))
        chosen = [part for part, chance in zip(parts, chances, strict=True) if chance <= bound]
        kept_facts = kept_facts and all(part.courtesy for part in chosen)
        return _without(text, chosen)

    done = edited(turns, edits, keeps_label=True, otherwise=_NOTHING)
    return Mutated(done.turns, done.spans, kept_facts, done.reason)


def asks(text: str) -> bool:
    """Say whether a text has a question mark or a word of `ASKING`.

    Example:
        >>> asks("Refunds, NOW"), asks("it was never opened")
        (True, False)
    """
    return _ASK.search(f" {text.lower()}") is not None


def _parts(text: str) -> list[_Part]:
    """Return what may be left out of a text; never everything, and never an ask."""
    shape = hidden(text)
    found = statements(text)
    courtesies = [COURTESY.fullmatch(statement.text) is not None for statement in found]
    asking = [
        not polite and asks(statement.text) for statement, polite in zip(found, courtesies, strict=True)
    ]
    last = max((place for place, polite in enumerate(courtesies) if not polite), default=-1)
    parts: list[_Part] = []
    for place, (start, end, said) in enumerate(found):
        if courtesies[place]:
            parts += [_Part(start, end, courtesy=True)] if last >= 0 else []
            continue
        spared = asking[place] or place == last or "0" in shape[start:end] or not any(asking)
        if not spared and is_english(said) and len(spoken(said)) >= FEW_WORDS:
            parts.append(_Part(start, end, courtesy=False))
        if opening := OPENING.match(shape, start, end):
            parts.append(_Part(opening.start(), opening.end(), courtesy=True))
        if ending := _ENDING.search(shape, start, end):
            parts.append(_Part(ending.start(), ending.end(), courtesy=True))
        parts += [
            _Part(aside.start(), aside.end(), courtesy=False)
            for aside in _ASIDE.finditer(shape, start, end)
            if any(asking) and "0" not in aside[0] and not asks(aside[0])
        ]
    return parts


def _without(text: str, parts: Sequence[_Part]) -> list[Edit]:
    """Return the edits that leave parts out, with the space beside them and a capital where one was."""
    found: list[Edit] = []
    head = end = 0
    for part in sorted(parts, key=lambda part: (part.start, -part.end)):
        # An opening or aside of a statement that goes as a whole goes with it.
        if part.start < end:
            continue
        start, end = part.start, part.end
        if start == head:
            end += len(text[end:]) - len(text[end:].lstrip())
            head = end
        elif not text[end - 1].isspace():
            start = len(text[:start].rstrip())
        found.append(Edit(start, end, ""))
    if head and text[:1].isupper() and text[head : head + 1].islower() and hidden(text)[head] != "0":
        found.append(Edit(head, head + 1, text[head].upper()))
    return found
