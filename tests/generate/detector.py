"""A reading of figures, ids, dates, addresses and links of its own: nothing here knows how the package reads them.

Each kind is one plain pattern. What is found in a text has to be found in its mutant as often, letter by letter; in
days, months and units the case may change. "One" is left out: it is a pronoun as often as a number. Runs of digits, emails and links may not become more either.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

_MONTH = (
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|ember|tember|ober)?"
)
_COUNT = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|hundred|thousand)"
)
_UNIT = r"(?:usd|eur|gbp|dollars?|euros?|pounds?|quid|bucks|cents?|percent)"

EXACT = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "link": r"(?:https?://|www\.)[^\s<>\"']*[\w/]|\b[a-z0-9-]+\.(?:com|org|net|example)\b(?:/[^\s,;!?]*\w)?",
    "id with a digit": r"[A-Za-z#]*\d[A-Za-z0-9]*(?:[-/_][A-Za-z0-9]+)*",
    "sum": r"[$€£¥]\s?\d+(?:[.,]\d+)*\w*|\d+(?:[.,]\d+)*\s?[$€£¥%](?!\d)",
    "name with a low line": r"[A-Za-z]\w*_\w*[A-Za-z0-9]",
    "postal item": r"\b[A-Z]{2} ?(?:\d ?){9}[A-Z]{2}\b",
    "account": r"\b[A-Z]{2}\d\d(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?\b",
    "insurance": r"\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b",
    "postcode": r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b",
    "plate": r"\b[A-Z]{2}\d\d ?[A-Z]{3}\b",
    "prefix": r"\b[B-DF-HJ-NP-TV-XZ]{2,4} ?\d{2,}\b",
    "suffix": r"\b\d{3,} [B-DF-HJ-NP-TV-XZ]{2,3}\b",
}
CASELESS = {
    "sum with a code": r"\b(?:CHF|CAD|AUD|INR|USD|EUR|GBP) \d+(?:[.,]\d+)*|\b\d+(?:[.,]\d+)* (?:CHF|CAD|AUD|INR|USD|EUR|GBP)\b",
    "date": rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? )?(?:of )?{_MONTH}\b(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?",
    "day": r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|tomorrow|yesterday)\b",
    "spelt number": rf"\b{_COUNT}\b",
    "spelt sum": rf"\b(?:{_COUNT} )?{_UNIT}\b",
    "span of time": rf"\b(?:(?:{_COUNT}|last|next|this|past) )?(?:days?|weeks?|months?|years?|hours?)\b",
}
HYPHENS = r"(?<![\w-])[A-Z]{2,}(?:-[A-Z]{2,})+(?![\w-])"
"""Capitals with hyphens; in a text that is all capitals nobody can tell them from words."""

_EXACT = {kind: re.compile(pattern) for kind, pattern in EXACT.items()}
_CASELESS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in CASELESS.items()}
_HYPHENS = re.compile(HYPHENS)
_DIGITS = re.compile(r"\d+")


@cache
def found(text: str) -> Counter[tuple[str, str]]:
    """Count what a text holds, by kind and letters."""
    told: Counter[tuple[str, str]] = Counter()
    for kind, pattern in _EXACT.items():
        told.update((kind, place) for place in pattern.findall(text))
    for kind, pattern in _CASELESS.items():
        told.update((kind, place.lower()) for place in pattern.findall(text))
    if any(letter.islower() for letter in text):
        told.update(("code", place) for place in _HYPHENS.findall(text))
    return told


def lost(before: str, after: str) -> list[str]:
    """Return what a mutant lost of its parent, and the digits and addresses that it has too many."""
    gone = []
    for (kind, place), count in found(before).items():
        if kind in _CASELESS:
            there = len(re.findall(rf"(?<!\w){re.escape(place)}(?!\w)", after.lower()))
        else:
            there = len(re.findall(rf"(?<![A-Za-z0-9]){re.escape(place)}(?![A-Za-z0-9])", after))
        gone += [f"{kind}: {place}"] if there < count else []
    for kind, pattern in [("digits", _DIGITS), ("email", _EXACT["email"]), ("link", _EXACT["link"])]:
        more = Counter(pattern.findall(after)) - Counter(pattern.findall(before))
        gone += [f"{kind} more: {place}" for place in more]
    return gone
