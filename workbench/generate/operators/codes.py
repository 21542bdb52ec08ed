"""Ids of capitals, and what tells them from shouted words: a cue, a hyphen, or the digits beside them."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUES = ("code", "voucher", "coupon", "promo", "ref", "reference", "booking", "tracking", "serial", "pnr")
CODED = frozenset({*_CUES, "bearer"})
"""Words that the next word is known by as a code or a key."""

SHORT = frozenset(
    words(
        "a add ago all also am an and any are arm as ask at away back bad bag bags bank be bed been best big bike bill bin"
        " blue book both bowl box boy buck but buy by bye call came can cant card case cash cent chat city coat come cost cup"
        " cups cut date days deal desk did didn dish do does don done dont door down due each else ever fail fan fast few file"
        " find fine fix for free from full gave get gets gift give go goes gone good got had half hard has hat hate have he"
        " help her here hers hey hi him his hold home hope how huge i if in info into is isn it item its jar just keep kept key"
        " kid kids kind knew know lamp last late left less let life like list live lol long look lost lot lots loud love low mad"
        " made mail main make man many may me mean mess mind mine more most much mug mugs must my name need new next nice no"
        " none nope nor not note now of off oh ok okay old omg on once one ones only open or our ours out over own paid pair pan"
        " part pass past pay per pick plan pls plus plz pot put read real red ring rude rug said same save saw say says see"
        " seen sell send sent set she ship shoe shop show sick side sign sir size so sofa sold some son soon stop such sure take"
        " talk tell text than that the them then they this thx till time to told too took top toy toys true try two type"
        " upon up us use used very via wait want was wasn way we week well went were what when who why will wish with won wont"
        " work worn yeah yes yet you your"
    )
)
"""English words of up to four letters that are shouted beside numbers; AM, ID and such are part of them."""

_VOWELS = frozenset("AEIOUY")
_NOUN = 3
"""Letters from which on a word may be missing in `SHORT`, which has the shorter ones."""

_MANY = 3
"""In a shout, so many characters beside a group that may be a word make it an id: ABC 123, but not FORK 2."""

# Each begins with the set of capitals, so that a text with few of them is passed through quickly.
_BESIDE_DIGITS = r"[ \xa0]#?\d|(?<=\d[ \xa0].)"
_BESIDE = re.compile(rf"[A-Z](?:{_BESIDE_DIGITS})")
_MAY_BE = re.compile(rf"[A-Z](?:[A-Z-]{{3}}|-[A-Z]|{_BESIDE_DIGITS})")
_HYPHENED = re.compile(r"[A-Z](?<![\w-].)[A-Z]*+(?:-[A-Z]++)++(?![\w-])")
_CAPITALS = re.compile(r"[A-Z](?<!\w.)[A-Z-]{3,}+(?!\w)")
_CUE = re.compile(
    rf"\b(?:{'|'.join(f'[{cue[0].upper()}{cue[0]}]{cue[1:]}' for cue in _CUES)}|PNR)"
    r"(?: number| no\.?| id)?[ :#]{1,3}(?:is )?\Z"
)
_CUE_LENGTH = 30
_STANDARD = re.compile(r"\b[A-Z]{2}[ \xa0]?(?:(?:\d[ \xa0]?){9}[A-Z]{2}|(?:\d\d[ \xa0]?){3}[A-D])\b")
"""A postal item (Universal Postal Union, S10: two letters, nine digits, a country) or a British national insurance
number; their ends are words too, such as IT, NO and A."""

_GROUP = r"(?:[A-Z]++|#?[A-Z]*+\d(?:[.,:/-]?[A-Z\d])*+)(?![\w'\u2019])"
_SERIES = re.compile(rf"(?<![\w'\u2019]){_GROUP}(?:[ \xa0]{_GROUP})++")
_GROUPS = re.compile(r"[^ \xa0]+")


def codes(text: str) -> Iterator[tuple[int, int]]:
    """Find where ids of capitals stand: start and end, in any order, perhaps with overlaps.

    Three things tell an id from a shouted word. A cue stands in front ("code WINTER"). Its capitals are parted by
    hyphens, in a text that is not all capitals ("ABC-DEF-GHI"). Or one to four capitals stand beside digits
    ("RR 123 456 785 GB") and are no word of `SHORT`. Where more words are shouted, only the group at the digits
    counts, and one of three letters or four with a vowel, which may be a word too, only beside three characters or
    more. Small letters
    are never an id without a digit in them.

    Example:
        >>> [text[start:end] for text in ("plate AB12 CDE", "WHERE IS 2 of my items", "code WINTER or GB-RR")
        ...  for start, end in codes(text)]
        ['CDE', 'WINTER', 'GB-RR']
    """
    if not _MAY_BE.search(text):
        return
    for match in _CAPITALS.finditer(text):
        if _CUE.search(text, max(match.start() - _CUE_LENGTH, 0), match.start()):
            yield match.span()
    # One word alone is an answer to "what is the code?", and no shout.
    shouted = text.isupper() and len(text.split()) > 1
    for match in () if shouted else _HYPHENED.finditer(text):
        if not SHORT.issuperset(match[0].lower().split("-")):
            yield match.span()
    if not _BESIDE.search(text):
        return
    for match in _STANDARD.finditer(text):
        yield match.span()
    for match in _SERIES.finditer(text):
        groups = list(_GROUPS.finditer(text, *match.span()))
        runs = [list(same) for _, same in groupby(groups, key=lambda group: group[0].isalpha())]
        yield from _beside_digits(runs, shouted=shouted)


def _beside_digits(runs: list[list[re.Match[str]]], *, shouted: bool) -> Iterator[tuple[int, int]]:
    """Return which capitals belong to the digits beside them; runs of capitals and of digits take turns."""
    for place, run in enumerate(runs):
        if len(runs) == 1 or not run[0][0].isalpha():
            continue
        unknown = [group for group in run if len(group[0]) <= 4 and group[0].lower() not in SHORT]
        if len(unknown) == len(run) and not shouted:
            yield from (group.span() for group in run)
            continue
        for near, group in ((place - 1, run[0]), (place + 1, run[-1])):
            if group in unknown and 0 <= near < len(runs):
                beside = sum(character.isalnum() for other in runs[near] for character in other[0])
                if len(group[0]) < _NOUN or _VOWELS.isdisjoint(group[0]) or beside >= _MANY:
                    yield group.span()
