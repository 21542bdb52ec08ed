"""Where one message ends and the next begins: a message sent in pieces, and pieces sent as one."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, Mutated, applied, pick, unchanged
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.shorten import COURTESY
from workbench.generate.operators.statements import spoken, statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

LEAST_WORDS = 2
"""Words of a piece behind the first: people send "hello" alone, and nothing as short after it."""

_COMMA = re.compile(r",\s+(?=\w)")
_MARKED = (".", "!", "?", "…")


def split_turns(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Send one message of the user as two or three, as people do who press Enter early.

    It is cut between statements or at a comma, which is left out; never within a number, a bracket or a
    quotation. The last piece is never a mere courtesy, so that what is asked is not answered with "you're
    welcome".

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "My kettle leaks, it is new. I want my money back."}]
        >>> [turn["text"] for turn in split_turns(turns, Random(1)).turns]
        ['My kettle leaks, it is new.', 'I want my money back.']
    """
    said = {number: turn["text"] for number, turn in enumerate(turns) if turn["role"] == "user"}
    cuts = {
        number: [cut for cut in _cuts(number, text) if _holds(text, [cut])] for number, text in said.items()
    }
    free = [number for number, found in cuts.items() if found]
    if not free:
        return unchanged(turns, "no message can be sent in pieces")
    number = pick(free, rng)
    one = pick(cuts[number], rng)
    pairs = [sorted((one, other)) for other in cuts[number] if other != one]
    pairs = [pair for pair in pairs if _holds(said[number], pair)]
    spans = pick(pairs, rng) if pairs and rng.random() < 0.5 else [one]
    return Mutated(applied(turns, spans), tuple(spans), keeps_label=True)


def merge_turns(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Send as one message what the user sent as several in a row.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "hello?"}, {"role": "user", "text": "where is it"}]
        >>> [turn["text"] for turn in merge_turns(turns, Random(0)).turns]
        ['hello? where is it']
    """
    spans = [
        Change(number, len(one["text"]), len(one["text"]), "", _gap(one["text"]), "join")
        for number, (one, other) in enumerate(pairwise(turns))
        if one["role"] == other["role"] == "user"
    ]
    if not spans:
        return unchanged(turns, "no two messages of the user follow each other")
    return Mutated(applied(turns, spans), tuple(spans), keeps_label=True)


def _gap(text: str) -> str:
    """Return what parts a message from the next one: a space behind a mark, else a new line."""
    return " " if text.endswith(_MARKED) else "\n"


def _cuts(number: int, text: str) -> list[Change]:
    """Return where a text can be cut, in order."""
    between = {(one.end, other.start) for one, other in pairwise(statements(text))}
    if "," in text:
        between |= {match.span() for match in _COMMA.finditer(hidden(text))}
    return [
        Change(number, start, end, text[start:end], "", "cut")
        for start, end in sorted(between)
        if not _is_within(text[:start])
    ]


def _is_within(text: str) -> bool:
    """Say whether a bracket or a quotation is open at the end of a text."""
    return text.count("(") > text.count(")") or text.count('"') % 2 == 1 or text.count("“") > text.count("”")


def _holds(text: str, cuts: Sequence[Change]) -> bool:
    """Say whether each piece says something, and the last one more than thanks."""
    ends = [*(cut.start for cut in cuts), len(text)]
    first, *others = (
        text[start:end] for start, end in zip([0, *(cut.end for cut in cuts)], ends, strict=True)
    )
    long = all(len(spoken(piece)) >= LEAST_WORDS for piece in others)
    return long and bool(spoken(first)) and COURTESY.fullmatch(others[-1].strip()) is None
