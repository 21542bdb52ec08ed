"""What no operator may damage: numbers, ids, amounts, dates, emails, links and placeholders.

What holds a digit, an address or a low line is kept with everything that is written together with it, so `$64.90`,
`K-20817`, `14th`, `x3` and `order_id` are one span each, and every place that `text.masked` masks lies in one. What
`redact.find` finds is kept too, and the ids of capitals that `codes` finds. Spans that only signs and space
part are one span: `3 May, 2026`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.generate.operators.codes import codes
from workbench.redact import find
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPELT = frozenset(
    words(
        "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
        "hundred thousand million first second third fourth fifth sixth seventh eighth ninth tenth "
        "once twice half quarter dozen double triple monday tuesday wednesday thursday friday "
        "saturday sunday tues weds thurs january february march april may june july august september "
        "october november december jan feb mar apr jun jul aug sep sept oct nov dec today tomorrow "
        "yesterday tonight noon midnight day days week weeks month months year years hour hours "
        "minute minutes dollar dollars euro euros pound pounds cent cents bucks quid usd eur gbp "
        "percent"
    )
)
"""Numbers, dates and units in English words. Their letters stay; their case may change."""

# Patterns begin with a set of characters where they can: a search then skips all others quickly.
_TELLING = re.compile(r"[\d@¼½¾²³:._](?:(?<![:._])|(?<=:)(?=//)|(?<=\w\.)(?=\w\w)|(?<=[^\W_]_)(?=[^\W_]))")
_SPACE = re.compile(r"\s")
_PLACEHOLDER = re.compile(r"\{\{[^{}]{1,80}\}\}|<[A-Za-z][^<>\n]{0,60}>|\[[A-Za-z][^\[\]\n]{0,60}\]")

_LETTERS = bytes(byte if chr(byte).islower() else ord(" ") for byte in bytes(range(128)).lower()) + b" " * 128
"""For each byte the small letter of ASCII, and a space for what is no letter of ASCII."""


def by_first_letter(patterns: Iterable[str]) -> str:
    """Return one pattern for any of these, each of which is tried only where its first letter stands.

    Example:
        >>> by_first_letter(["two", "ten", "week"])
        't(?:en|wo)|w(?:eek)'
    """
    heads = groupby(sorted(patterns), key=lambda pattern: pattern[0])
    return "|".join(f"{head}(?:{'|'.join(pattern[1:] for pattern in same)})" for head, same in heads)


_SPELT = re.compile(f" (?:{by_first_letter(SPELT)})(?= )".encode())
"""A word of `SPELT` among letters and spaces."""

_IBAN = re.compile(r"[0-9](?<=[A-Za-z]{2}[0-9])[0-9][ -]")
_MAY_BE_KEY = (
    bytes(33 if chr(byte).isalpha() or chr(byte) in "._~+/=-" else 32 for byte in range(128)) + b" " * 128
)
_KEY = b"!" * 15
"""The shortest shape of a key without a digit, each character of one being turned to `!`."""

_GAP = 3
"""Signs and spaces between two spans that belong together, as in `3 May, 2026` and `4481 / 4482`."""

Kind = Literal["value", "code", "word"]


class Protected(NamedTuple):
    """A place that stays as it is.

    Attributes:
        kind: `value` holds a digit, an address, a low line, personal data or a placeholder; `code` holds an id of
            capitals; `word` is a number, date or unit in words.
        start: The index of its first character.
        end: The index after its last character.
        text: The characters between the two.
    """

    kind: Kind
    start: int
    end: int
    text: str


@lru_cache(maxsize=64)
def protected(text: str) -> tuple[Protected, ...]:
    """Return what no operator may damage in a text, in order and without overlaps.

    Args:
        text: Any text. Numbers and dates in words are known in English only.

    Example:
        >>> [span.text for span in protected("K-20817 of 3 May, $64.90!! mail kim@shop.example")]
        ['K-20817', '3 May, $64.90', 'kim@shop.example']
        >>> [(span.kind, span.text) for span in protected("two weeks late, code WINTER, parcel RR 123 GB")]
        [('word', 'two weeks'), ('code', 'WINTER'), ('code', 'RR 123 GB')]
    """
    found = [Protected("code", start, end, text[start:end]) for start, end in codes(text)]
    return _joined(text, [*found, *_told(text)]) if found else _told(text)


@lru_cache(maxsize=64)
def _told(text: str) -> tuple[Protected, ...]:
    """Return the protected places but ids of capitals, which are there or not by the words beside them."""
    return _joined(text, _found(text))


def _joined(text: str, found: list[Protected]) -> tuple[Protected, ...]:
    if len(found) < 2:
        return tuple(found)
    joined: list[Protected] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if joined and _together(text[joined[-1].end : span.start]):
            last = joined.pop()
            end = max(last.end, span.end)
            kind = min(last.kind, span.kind, key=("code", "value", "word").index)
            joined.append(Protected(kind, last.start, end, text[last.start : end]))
        else:
            joined.append(span)
    return tuple(joined)


@lru_cache(maxsize=64)
def hidden(text: str) -> str:
    """Return a text of the same length in which each protected place is a run of zeros.

    Example:
        >>> hidden("paid $64.90 for it, pls")
        'paid 000000 for it, pls'
    """
    parts, end = [], 0
    for span in protected(text):
        parts += [text[end : span.start], "0" * (span.end - span.start)]
        end = span.end
    return "".join([*parts, text[end:]])


def spans_words(text: str) -> bool:
    """Say whether a protected place may take in words that stand alone between spaces.

    Where none does, such a word of letters alone is protected only as a number, date or unit in words, as
    an id of capitals, or as a key of more than 13 letters.

    Example:
        >>> spans_words("order K-20817, {{Customer Name}}"), spans_words("order K-20817, kim@shop.example")
        (True, False)
    """
    # One by one: a search for each of them in turn takes a tenth of the time of one pattern for all.
    return "{" in text or "<" in text or "[" in text or "-----BEGIN" in text or _IBAN.search(text) is not None


def is_damaged(before: str, after: str) -> bool:
    """Say whether a protected place of one text is lost, changed, or joined by a new one in the other.

    Places may move, and the case of words may change. Ids of capitals may only not be lost: what is shouted
    looks like one.

    Example:
        >>> is_damaged("paid $64.90 on MONDAY", "on monday i paid $64.90"), is_damaged("order 4481", "order 4418")
        (False, True)
    """
    return _kept(before) != _kept(after) or loses_code(before, after)


def loses_code(before: str, after: str) -> bool:
    """Say whether a code of capitals in one text stands less often in the other.

    In a text that was shouted a code is a word like any other, so what several operators made one after the
    other is compared with what the first began with.

    Example:
        >>> loses_code("use ABC-DEF-GHI", "use abc-def-ghi"), loses_code("use ABC-DEF-GHI", "USE ABC-DEF-GHI")
        (True, False)
    """
    codes = {span.text for span in protected(before) if span.kind == "code"}
    return any(after.count(code) < before.count(code) for code in codes)


def _kept(text: str) -> list[str]:
    return sorted(span.text.casefold() if span.kind == "word" else span.text for span in _told(text))


def _together(gap: str) -> bool:
    return len(gap) <= _GAP and not any(character.isalnum() for character in gap)


def _found(text: str) -> list[Protected]:
    """Return every protected place, in any order; each search runs only where it can find something."""
    found = list(_chunks(text)) if _TELLING.search(text) else []
    if "{" in text or "<" in text or "[" in text:
        found += [Protected("value", m.start(), m.end(), m[0]) for m in _PLACEHOLDER.finditer(text)]
    plain = text.encode("ascii", "replace")
    # What else is personal has a part without a digit: a key of letters, a private key, an IBAN in fours.
    if _KEY in plain.translate(_MAY_BE_KEY) or "-----BEGIN" in text or (found and _IBAN.search(text)):
        found += [Protected("value", span.start, span.end, span.text) for span in find(text)]
    # With a space in front, a word follows the place where its match begins.
    letters = b" %s " % plain.translate(_LETTERS)
    places = [(m.start(), m.end() - 1) for m in _SPELT.finditer(letters)]
    return found + [Protected("word", start, end, text[start:end]) for start, end in places]


def _chunks(text: str) -> Iterator[Protected]:
    """Find what holds a digit, an address or a low line, with all that is written together with it."""
    end = 0
    for hit in _TELLING.finditer(text):
        if hit.start() < end:
            continue
        start = hit.start()
        while start and not text[start - 1].isspace():
            start -= 1
        space = _SPACE.search(text, hit.end())
        end = space.start() if space else len(text)
        chunk = text[start:end]
        # The marks after a link may belong to it; those after a number end the sentence.
        if "://" not in chunk and "www." not in chunk:
            chunk = chunk.rstrip(".,;:!?…")
        yield Protected("value", start, start + len(chunk), chunk)
