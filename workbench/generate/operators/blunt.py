"""Bluntness: greetings, thanks, pleas and apologies left out, the rest as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.shorten import COURTESY, OPENING
from workbench.generate.operators.statements import spoken, statements
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated
    from workbench.generate.operators.statements import Statement

_HEADS = frozenset(
    words(
        "hi hello hey good dear thanks thank thx ty cheers many regards wishes please pls plz kindly sorry excuse pardon hope"
        " appreciate appreciated forward possible mind trouble chance moment"
    )
)
"""Words without which there is nothing to leave out."""

_PLEASE = r"(?:please|pls|plz)"
_THANKS = (
    r"(?:many thanks|thanks|thank you|thx|ty|cheers)(?: (?:so|very) much| a lot| again)?(?: in advance)?"
    r"(?: for (?:your|the|any|all your) (?:help|time|support|assistance|understanding|patience))?"
)
_SORRY = (
    r"(?:i(?:['\u2019]m| am) )?(?:so |very |really )?sorry(?: (?:to|for) (?:bother|troubl|disturb)\w*(?: you)?(?: again)?)?"
    r"|(?:excuse|pardon) me"
)
_WISH = (
    r"(?:i )?hope (?:you(?:['\u2019]re| are)|all is|this (?:message |email |mail )?finds you) (?:doing )?well"
)
_GRATEFUL = (
    r"(?:i(?:['\u2019]d)? )?(?:would |really |greatly )*appreciate (?:it|this|your (?:help|time))"
    r"|(?:(?:any|your) help (?:is|would be) )?(?:much |greatly |really )*appreciated"
    r"|(?:i )?look(?:ing)? forward to (?:hearing from you|your (?:reply|response|answer))"
)
_HEDGE = (
    r"if (?:possible|you don['\u2019]t mind|it(?:['\u2019]s| is) not too much trouble)"
    r"|when(?:ever)? you (?:get a chance|have a moment)"
)
# At the head of a statement, and all of it or parted from the rest.
_LEAD = re.compile(
    rf"(?:{_THANKS}|{_SORRY}|{_WISH}|{_GRATEFUL}|{_HEDGE})(?:[.,!…\s]*\Z|,?\s+(?:but|and)\s+|[,!]+\s+(?:but\s+)?)"
    rf"|(?:{_PLEASE}|kindly)(?:[.,!?…\s]*\Z|,?\s+(?=\w))"
    r"|dear sir(?:s|(?: or |/)madam)(?:[,.!\s]*\Z|[,!]\s+)"
    r"|(?:hi|hello|hey)\s+(?=(?:i|my|where|what|when|why|how|can|could|is|are|do|does|the|we)\b)",
    re.IGNORECASE,
)
# Each begins with the sign that parts it from the words before, which are then looked back at.
_NOT_BEHIND = r"(?<!\bno.)(?<!\bnot.)(?<!\bsay.)(?<!\ba.)(?<!\bbig.)(?<!\bof.)(?<!\bto.)(?<!\bas you.)"
_PLEA = re.compile(
    rf"[, \t](?:(?<=\byou,)\s{{0,3}}{_PLEASE},(?=\s)|{_NOT_BEHIND}[ \t]{{0,3}}{_PLEASE}(?=[\s.,!?;:)])(?! me\b))",
    re.IGNORECASE,
)
_LAST = rf"\s{{0,3}}(?:and )?(?:{_THANKS}|{_GRATEFUL}|{_HEDGE}|{_PLEASE})"
_TAIL = re.compile(
    rf"[,\s]{_NOT_BEHIND}{_LAST}(?:[,\s]{_LAST}){{0,3}}(?=[.,!?…\s]*\Z)",
    re.IGNORECASE,
)


def blunt(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Leave out every greeting, thanks, plea, apology and closing that a closed list knows.

    "No thanks", "to say thank you" and "thanks to your courier" stay, and so does a message that is nothing
    else. A word that now opens its statement takes the capital of the one that did.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "Hi there, sorry to bother you but could you please cancel it? Thanks!"}]
        >>> blunt(turns, Random(0)).turns[0]["text"]
        'Could you cancel it?'
    """
    return edited(turns, _edits, keeps_label=True, otherwise="there is no courtesy, or nothing else")


def _edits(text: str) -> list[Edit]:
    if _HEADS.isdisjoint(spoken(text)):
        return []
    shape = hidden(text)
    found = statements(text)
    leads = [_lead(shape, statement) for statement in found]
    last = max((n for n, lead in enumerate(leads) if lead < found[n].end), default=-1)
    if last < 0:
        return []
    edits: list[Edit] = []
    for number, (statement, lead) in enumerate(zip(found[: last + 1], leads, strict=False)):
        if lead == statement.end:
            edits.append(Edit(statement.start, found[number + 1].start, ""))
        else:
            edits += _parts(text, shape, statement, lead)
    if last + 1 < len(found):
        edits.append(Edit(found[last].end, found[-1].end, ""))
    return edits


def _lead(shape: str, statement: Statement) -> int:
    """Return where the courtesies at the head of a statement end; its own end, where it is nothing else."""
    place, end = statement.start, statement.end
    while place < end and not _HEADS.isdisjoint(spoken(statement.text)):
        if COURTESY.fullmatch(shape, place, end):
            return end
        found = OPENING.match(shape, place, end) or _LEAD.match(shape, place, end)
        if not found:
            break
        place = found.end()
    return place


def _parts(text: str, shape: str, statement: Statement, lead: int) -> Iterator[Edit]:
    """Return the edits within a statement that is more than courtesies, apart from each other."""
    done = statement.start
    if lead > done:
        small = text[done].isupper() and shape[lead] != "0"
        done = lead + small
        yield Edit(statement.start, done, text[lead].upper() if small else "")
    if _HEADS.isdisjoint(spoken(statement.text)):
        return
    tail = _TAIL.search(shape, done, statement.end)
    end = tail.start() if tail else statement.end
    for plea in _PLEA.finditer(shape, done, end):
        yield Edit(plea.start(), plea.end(), "")
    if tail:
        yield Edit(tail.start(), tail.end(), "")
