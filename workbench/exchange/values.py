"""The values of a foreign file, as the file wrote them.

A number keeps its source text: `00042`, `1e5`, a 23-digit id and `0.10` are the same characters
after reading as before. pandas and json would turn them into floats and lose digits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from workbench.provenance import canonical

EXACT_INTEGER = 2**53
"""Up to here a JSON reader that uses floats keeps an integer exact (RFC 8259, section 6)."""

REPLACEMENT = "\ufffd"


class Number(str):
    """A number, as the text that the file spells it with.

    Example:
        >>> Number("1.50") == "1.50", isinstance(Number("7"), str)
        (True, True)
    """

    __slots__ = ()


def own_text(value: Any) -> str | None:
    """Return the file's own text of a value: JSON true is `true`, a list is JSON, null is missing.

    Example:
        >>> own_text(True), own_text(Number("1e5")), own_text(None), own_text(["a"])
        ('true', '1e5', None, '["a"]')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else canonical(plain(value))


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; a number that a float would change stays a text.

    Example:
        >>> plain([Number("42"), Number("0.5"), Number("12345678901234567890")])
        [42, 0.5, '12345678901234567890']
    """
    if isinstance(value, Number):
        return _number(str(value))
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    return value


def _number(text: str) -> int | float | str:
    if text.lstrip("-").isdigit():
        return (
            int(text)
            if len(text) <= 17 and abs(int(text)) <= EXACT_INTEGER and str(int(text)) == text
            else text
        )
    return float(text) if repr(float(text)) == text else text


class Mended(NamedTuple):
    """A value whose lone surrogates became U+FFFD, and how many there were."""

    value: Any
    surrogates: int


def mended(value: Any) -> Mended:
    r"""Replace lone surrogates, which no UTF-8 text can hold, by U+FFFD and count them.

    Example:
        >>> mended({"text": "so angry \ud83d"}).surrogates
        1
    """
    if isinstance(value, str):
        count = sum("\ud800" <= character <= "\udfff" for character in value) if not value.isascii() else 0
        if not count:
            return Mended(value, 0)
        return Mended("".join(REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in value), count)
    if isinstance(value, list):
        parts = [mended(part) for part in value]
        return Mended([part.value for part in parts], sum(part.surrogates for part in parts))
    if isinstance(value, dict):
        names = [mended(key) for key in value]
        parts = [mended(part) for part in value.values()]
        fixed = {name.value: part.value for name, part in zip(names, parts, strict=True)}
        return Mended(fixed, sum(part.surrogates for part in (*names, *parts)))
    return Mended(value, 0)


def holds_nul(value: Any) -> bool:
    r"""Say whether a text anywhere in a value holds U+0000, which no message contains.

    Example:
        >>> holds_nul([{"text": "where is\x00 it"}]), holds_nul("fine")
        (True, False)
    """
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list):
        return any(holds_nul(part) for part in value)
    return isinstance(value, dict) and any(holds_nul(part) for pair in value.items() for part in pair)
