"""Personal data in conversations: finding it, and replacing it by consistent pseudonyms.

The detectors are few and precise: a false alarm damages a case, and order numbers, amounts, dates
and tracking numbers look much like personal data. Where ten bare digits may be an order or a telephone,
and neither a word nor the name of a field says which, they are personal data. What is not found is
`NOT_DETECTED`, and a person has to look for it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from workbench.redact.detectors import DETECTORS, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["NOT_DETECTED", "Known", "Redactor", "Span", "contacts", "find", "redact", "redactor", "texts"]

NOT_DETECTED = (
    "names",
    "postal addresses",
    "dates of birth",
    "customer, order and tracking numbers",
    "passport, licence and tax numbers other than US social security numbers",
    "passwords",
    "bank accounts other than IBAN",
    "card numbers grouped otherwise than on a card, or by other signs than one space, hyphen or dot",
    "telephone numbers of 9 or 12 bare digits without words such as 'call me' in front of them",
    "telephone numbers of bare digits behind words such as 'order'",
    "numbers and addresses spelt out in words",
)
"""What `find` does not look for, as every place that shows redacted text has to say."""

_PLAIN = (
    {0xFEE0 + sign: sign for sign in range(0x21, 0x7F)}
    | dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
    | dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")
)
"""Full-width signs, spaces of other widths and hyphens of other kinds, as the detectors read them: one sign for one."""

CONTACTS = frozenset({"EMAIL", "PHONE", "IBAN", "IP"})
"""Kinds by which an owner may be reached; a key, a card or a link that opens something is nobody's contact."""

Known = frozenset[tuple[str, str]]
"""Contacts that an owner published, by kind and by what their spellings have in common."""

Value = TypeVar("Value")


@functools.lru_cache(maxsize=8)
def contacts(text: str) -> Known:
    """Return the contacts in a text that an owner wrote for the public, such as a system prompt.

    Example:
        >>> sorted(contacts("Questions go to Help@shop.example, never to sk-ant-api03-0123456789abcdefghij."))
        [('EMAIL', 'help@shop.example')]
    """
    return frozenset((span.kind, _identity(span)) for span in find(text) if span.kind in CONTACTS)


def find(text: str, *, known: Known = frozenset()) -> list[Span]:
    """Return the personal data in a text, in order and without overlaps.

    Where two detectors find the same place, the one with the stronger check wins: a credential
    over an address, a checksum over a pattern.

    Args:
        text: Any text.
        known: Contacts that are no personal data here; see `contacts`.

    Returns:
        The spans, by their place in the text.

    Example:
        >>> text = "mail kim@shop.example about order 4481-2290, card 4111 1111 1111 1111"
        >>> [(span.kind, span.text) for span in find(text)]
        [('EMAIL', 'kim@shop.example'), ('CARD', '4111 1111 1111 1111')]
    """
    found: list[Span] = []
    taken = bytearray(len(text))
    plain = text.translate(_PLAIN)
    for detector in DETECTORS:
        for span in detector(plain):
            if not any(taken[span.start : span.end]):
                taken[span.start : span.end] = b"\1" * (span.end - span.start)
                found.append(replace(span, text=text[span.start : span.end]))
    kept = [span for span in found if (span.kind, _identity(span)) not in known] if known else found
    return sorted(kept, key=lambda span: span.start)


def redact(conversation: Value, *, keep: Collection[str] = ()) -> Value:
    """Return a text, turns, or any JSON value with its personal data replaced by pseudonyms.

    The same address, number or key gets the same pseudonym throughout what is passed, however it
    is spaced or capitalised, so pass a whole conversation at once, with its context. The name of a
    field counts as words in front of its value: ten digits under `order_id` stay. Nothing else
    is touched, and the argument is not changed. What `NOT_DETECTED` lists stays.

    Args:
        conversation: A text, a list of turns, or a JSON value of them. Names of fields and whole numbers
            are read like texts.
        keep: Names of fields whose values stay, such as an id by which a case is looked up.

    Returns:
        The same shape with `<EMAIL_1>`, `<PHONE_1>`, `<CARD_1>`, `<IBAN_1>`, `<SSN_1>`, `<IP_1>`,
        `<URL_1>`, `<KEY_1>` and so on, counted by kind in the order of appearance.

    Example:
        >>> redact([{"role": "user", "text": "I'm Kim@shop.example, not pat@shop.example!"},
        ...         {"role": "assistant", "text": "Thank you, kim@shop.example."}])[1]["text"]
        'Thank you, <EMAIL_1>.'
    """
    return redactor(conversation)(conversation, keep=keep)


class Redactor(Protocol):
    """What replaces personal data, and keeps its pseudonyms from one call to the next."""

    def __call__(self, value: Value, *, keep: Collection[str] = ()) -> Value:
        """Return a value as `redact` does."""


def redactor(conversation: object, *, known: Known = frozenset()) -> Redactor:
    """Return what replaces the personal data of a conversation, and of all that is said of it later.

    Args:
        conversation: What may hold pseudonyms of an earlier redaction: they keep their meaning, and new ones are
            numbered after them. It is not replaced yet.
        known: Contacts that stay as they are. They take a number all the same, so that those of the others do not
            depend on who is known.

    Example:
        >>> written = redactor("")
        >>> written("mail kim@shop.example"), written("<EMAIL_1> and kim@shop.example, pat@shop.example")
        ('mail <EMAIL_1>', '<EMAIL_1> and <EMAIL_1>, <EMAIL_2>')
    """
    counts: dict[str, int] = {}
    for text in texts(conversation):
        for kind, number in re.findall(r"<([A-Z]{2,5})_([0-9]{1,6})>", text):
            counts[kind] = max(counts.get(kind, 0), int(number))
    pseudonyms: dict[tuple[str, str], str] = {}

    def pseudonym(span: Span) -> str:
        identity = (span.kind, _identity(span))
        if identity not in pseudonyms:
            counts[span.kind] = counts.get(span.kind, 0) + 1
            pseudonyms[identity] = f"<{span.kind}_{counts[span.kind]}>"
        return span.text if identity in known else pseudonyms[identity]

    # A table says the same name of a field, of a cell, of a bucket in every row.
    @functools.cache
    def written(text: str, field: str = "") -> str:
        parts, end, told = [], len(field), f"{field}{text}"
        for span in find(told):
            if span.start >= len(field):
                parts += [told[end : span.start], pseudonym(span)]
                end = span.end
        return "".join([*parts, told[end:]])

    def redacted(value: Value, *, keep: Collection[str] = ()) -> Value:
        result: Value = _rewritten(value, written, keep)
        return result

    return redacted


def _rewritten(value: Any, written: Callable[..., str], keep: Collection[str], field: str = "") -> Any:
    """Return a JSON value with every text of it rewritten, as what stands behind the name of its field."""
    if isinstance(value, dict):
        return {
            _rewritten(name, written, keep): part
            if name in keep
            else _rewritten(part, written, keep, _in_front(name))
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_rewritten(part, written, keep, field) for part in value]
    if not isinstance(value, str | int):
        return value
    # A whole number may be that of a card.
    text = written(str(value), field)
    return value if text == str(value) else text


def _in_front(name: str) -> str:
    """Return what the name of a field says of the number in it; that of a message says nothing of one."""
    return "" if name == "text" else f"{name}: "


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, the names of fields among them.

    Example:
        >>> list(texts({"facts": {"order": "K-20817", "days_late": 3}}))
        ['facts', 'order', 'K-20817', 'days_late']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from texts(name)
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def _identity(span: Span) -> str:
    """Return what two spellings of the same address or number have in common."""
    text = span.text.translate(_PLAIN)
    if span.kind in {"PHONE", "CARD", "SSN"}:
        return re.sub(r"\D", "", text).removeprefix("00")
    if span.kind in {"URL", "KEY"}:
        return text
    return re.sub(r"[\s-]", "", text).casefold() if span.kind == "IBAN" else text.casefold()
