"""The order of what a user says within one message, only where it keeps its sense."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.punctuation import PIVOTS
from workbench.generate.operators.statements import FEW_WORDS, is_english, spoken, statements
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated
    from workbench.generate.operators.statements import Statement

POINTING = frozenset(
    words(
        "it its it's this that that's these those they they're them their theirs he he's him his she she's her hers one ones"
        " other others another same such both either neither again instead also too else there so then"
    )
)
"""Words that point to something said before; a statement with one cannot come first."""

LEADING = frozenset(
    words(
        "and but or so then because since although though first second next after afterwards before later finally anyway"
        " meanwhile now still yet also plus however otherwise right ok okay yes no well hm hmm hi hello hey dear good thanks"
        " thank cheers kind best regards btw ps p to for with without on in at from of by not"
    )
)
"""Words at the head of a statement that tie it to its place."""

_QUOTE = re.compile(r"[\"“”«»:*]|['\u2018](?<!\w.)|[-•>](?<!.[-•>])")
_SMALL = frozenset(
    words(
        "a an the my your our his her their it it's its this that these those there he she they we you is are was were do"
        " does did can could would should may please pls what when where why who how just now still nobody nothing all they're we're you're that's there's he's she's don't doesn't didn't isn't can't won't couldn't but and so or because no yes well"
    )
)
"""Words that are written small within a sentence."""


class _Pair(NamedTuple):
    one: Statement
    other: Statement


def reorder(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Swap two neighbouring statements of one message of the user.

    Refused: a message that answers another turn; statements of fewer than three words or not surely
    English; one that begins with a word of `LEADING` ("but", "then", "hello") or has one of `POINTING`
    ("it", "that", "another"); a second one with "the"; quotations, lists and lines; a question whose
    neighbour has no mark. Turns are never exchanged with each other: each answers the one before.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "My kettle leaks. I want my money back."}]
        >>> reorder(turns, Random(0)).turns[0]["text"]
        'I want my money back. My kettle leaks.'
    """
    spoken = [turn for turn in turns if turn["role"] != "system"]
    opening = spoken[0]["text"] if spoken and spoken[0]["role"] == "user" else ""
    choice = rng.random()

    def edits(text: str) -> list[Edit]:
        pairs = [pair for pair in _pairs(text) if _may_swap(pair)] if text == opening else []
        return [_swapped(text, pairs[int(choice * len(pairs))])] if pairs else []

    return edited(
        turns, edits, keeps_label=True, otherwise="no two statements of a message can change places"
    )


def merge(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Join two neighbouring statements of one message with a comma, as hurried people do.

    Refused: where the first ends in anything but a dot, or in a word of `punctuation.PIVOTS`; where the
    second begins with a capital that may belong to a name; quotations and lists.

    Example:
        >>> from random import Random
        >>> merge([{"role": "user", "text": "My kettle leaks. It is new."}], Random(0)).turns[0]["text"]
        'My kettle leaks, it is new.'
    """
    choice = rng.random()

    def edits(text: str) -> list[Edit]:
        pairs = [pair for pair in _pairs(text) if _may_merge(text, pair)]
        return [_merged(pairs[int(choice * len(pairs))])] if pairs else []

    return edited(turns, edits, keeps_label=True, otherwise="no two statements of a message can be joined")


def _pairs(text: str) -> list[_Pair]:
    found = statements(text)
    if len(found) < 2 or _QUOTE.search(hidden(text)):
        return []
    return [_Pair(one, other) for one, other in pairwise(found) if "\n" not in text[one.start : other.end]]


def _may_swap(pair: _Pair) -> bool:
    one, other = spoken(pair.one.text), spoken(pair.other.text)
    if min(len(one), len(other)) < FEW_WORDS or one[0] in LEADING or other[0] in LEADING:
        return False
    alone = POINTING.isdisjoint(one) and POINTING.isdisjoint(other) and "the" not in other
    english = is_english(pair.one.text) and is_english(pair.other.text)
    return alone and english and (pair.other.text[-1] in ".!?…" or pair.one.text[-1] == ".")


def _swapped(text: str, pair: _Pair) -> Edit:
    one, other = (statement.text.rstrip(".!?…") for statement in pair)
    marks, others = pair.one.text[len(one) :], pair.other.text[len(other) :]
    gap = text[pair.one.end : pair.other.start]
    # Where the last statement has no mark, it takes the dot of the one that is now the last.
    after = f"{other}{others or marks}{gap}{one}{marks if others else ''}"
    return Edit(pair.one.start, pair.other.end, after)


def _may_merge(text: str, pair: _Pair) -> bool:
    if pair.one.text[-1] != "." or pair.one.text.endswith(".."):
        return False
    one, other, shape = spoken(pair.one.text), spoken(pair.other.text), hidden(text)
    free = shape[pair.one.end - 2] != "0" and shape[pair.other.start] != "0"
    if not free or len(one) < FEW_WORDS or not other or one[-1] in PIVOTS:
        return False
    # A capital that is not of the sentence would have to stay, and nobody can tell it from one that is.
    return pair.other.text[0].islower() or other[0] in _SMALL or other[0].split("'")[0] == "i"


def _merged(pair: _Pair) -> Edit:
    """Return the edit that puts a comma for the dot, and writes a small word small."""
    head = pair.other.text[0]
    small = spoken(pair.other.text)[0] in _SMALL and not pair.other.text[:2].isupper()
    return Edit(pair.one.end - 1, pair.other.start + 1, f", {head.lower() if small else head}")
