"""What was said is said not to be so, and the other way round: another case, with another outcome perhaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.agreement import PARTICIPLES, is_past
from workbench.generate.operators.changes import Change, Mutated, applied, pick, unchanged
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.statements import is_english, statements
from workbench.generate.operators.subject import TOKEN, small
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.statements import Statement

_BARE: Mapping[str, str] = {
    "isn't": "is", "isnt": "is", "aren't": "are", "arent": "are", "wasn't": "was", "wasnt": "was", "weren't": "were",
    "werent": "were", "haven't": "have", "havent": "have", "hasn't": "has", "hasnt": "has", "hadn't": "had", "hadnt": "had",
    "don't": "do", "dont": "do", "doesn't": "does", "doesnt": "does", "didn't": "did", "didnt": "did", "can't": "can",
    "cannot": "can", "couldn't": "could", "couldnt": "could", "won't": "will", "wouldn't": "would", "wouldnt": "would",
}  # fmt: skip
"""Auxiliaries without their negation; "cant" and "wont" without an apostrophe are there in no other sense, but rare."""

_BEING = frozenset(
    words("is are was were am been it's that's they're you're we're he's she's i'm theyre youre")
)
_HAVING = frozenset(words("have has had i've you've we've they've ive"))
_ABLE = frozenset(words("can could will would did does"))
_AUXILIARIES = _BEING | _HAVING | _ABLE
_CONTRACTED = frozenset(word for word in _BEING | _HAVING if "'" in word) | frozenset(
    words("ive theyre youre")
)
_PRONOUNS = frozenset(words("i you he she it we they this that these those there"))
_DETERMINERS = frozenset(words("the my your his her our their this that"))
_BOUND = frozenset(
    words(
        "any anything anybody anyone anymore anywhere yet either neither nor ever at even until unless nothing nobody none"
        " no only hardly rather"
    )
)
"""Words that need a negation, are one, or hold a statement to one."""


def negation_flip(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Take a negation out of one statement of the user, or put one in.

    Out goes "n't", "not" behind an auxiliary, and "never" before a past: what stays is English ("I do want
    it"). In goes "not" before a past such as "opened" whose auxiliary has a pronoun or one noun for its
    subject; "still" becomes "no longer". Refused: questions, and statements with a word of `_BOUND` such
    as "any" or "yet", or with two negations. The label is not kept, nor the cell.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "The box was never opened. I want my money."}]
        >>> negation_flip(turns, Random(0)).turns[0]["text"]
        'The box was opened. I want my money.'
    """
    found = [
        span
        for number, turn in enumerate(turns)
        if turn["role"] == "user"
        for said in statements(turn["text"])
        if not said.text.endswith("?") and is_english(said.text)
        for span in _flips(number, turn["text"], said)
    ]
    if not found:
        return unchanged(turns, "no statement can be turned into its opposite by a rule")
    span = pick(found, rng)
    return Mutated(applied(turns, [span]), (span,), keeps_label=False, keeps_cell=False)


def _flips(number: int, text: str, said: Statement) -> Iterator[Change]:
    """Return every way to flip a statement."""
    tokens = list(TOKEN.finditer(small(hidden(text)), said.start, said.end))
    told = ["", "", *(token[0] for token in tokens), ""]
    negations = sum(word in _BARE or word in {"not", "never"} for word in told)
    if negations > 1 or not _BOUND.isdisjoint(told):
        return
    for place, token in enumerate(tokens):
        (start, end), (*before, word, behind) = token.span(), told[place : place + 4]
        if word in _BARE and behind not in _PRONOUNS:
            yield Change(number, start, end, text[start:end], _cased(text[start:end], _BARE[word]))
        elif word == "not" and before[-1] in _AUXILIARIES and behind not in _PRONOUNS:
            start = tokens[place - 1].end()
            yield Change(number, start, end, text[start:end], "")
        elif word == "never" and _is_done(behind):
            last = tokens[place + 1].start() + 1
            head = text[last - 1]
            yield Change(number, start, last, text[start:last], _cased(text[start], head))
        elif word == "still" and before[-1] in _BEING and behind and not negations:
            yield Change(number, start, end, text[start:end], _cased(text[start:end], "no longer"))
        elif _is_done(behind) and not negations and _is_said_of(before, word):
            yield Change(number, end, end, "", _cased(text[start:end], " not"))


def _is_done(word: str) -> bool:
    return is_past(word) or word in PARTICIPLES


def _is_said_of(before: Sequence[str], word: str) -> bool:
    """Say whether a word is an auxiliary behind its subject, as far as it can be told."""
    if word not in _BEING | _HAVING:
        return False
    one, other = before
    return word in _CONTRACTED or other in _PRONOUNS or (one in _DETERMINERS and other not in _AUXILIARIES)


def _cased(was: str, word: str) -> str:
    """Return a word in the capitals of another one."""
    if was.isupper() and was != "I":
        return word.upper()
    return word.capitalize() if was[0].isupper() else word
