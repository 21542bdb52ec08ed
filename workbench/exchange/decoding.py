"""Bytes into text, without a guess: UTF-8, a byte-order mark, or the encoding that was named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import InputError, UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BYTE_ORDER_MARKS: Mapping[bytes, str] = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
"""The Unicode Standard 16.0, section 23.8."""

UTF_8 = frozenset({"utf-8", "utf-8-sig"})


def line_of(before: bytes) -> str:
    """Return the line, as an editor counts, of the byte that follows some bytes."""
    return f"line {before.count(10) + 1}"


def decode(
    name: str, data: bytes, *, encoding: str | None = None, place: Callable[[bytes], str] = line_of
) -> str:
    """Return a file's text; bytes that are not in the encoding are an error, never replaced.

    Args:
        name: The file's name, for messages.
        data: Its bytes.
        encoding: What the user named; by default the byte-order mark decides, else UTF-8.
        place: Says where a byte is, given all bytes before it.

    Raises:
        UsageError: Python knows no text encoding of that name.
        InputError: The bytes are not in the encoding; the message says where, and what they look like.

    Example:
        >>> decode("seed.csv", "où est-il ?".encode("utf-16"))
        'où est-il ?'
    """
    used = encoding or next(
        (name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8"
    )
    try:
        text = str(data, used)
    except LookupError:
        raise UsageError(
            f"encoding {shown(used)} is not known; write one such as utf-8, cp1252, utf-16 or shift_jis"
        ) from None
    except UnicodeError as error:
        before = data[: error.start if isinstance(error, UnicodeDecodeError) else 0]
        byte = len(before) - before.rfind(b"\n")
        spelt = "UTF-8" if used in UTF_8 else used
        raise InputError(f"{name} {place(before)} byte {byte}: not {spelt}{_advice(data, used)}") from None
    if used in UTF_8 and "\0" in text[:2_000] and _is_wide(data[:2_000]):
        raise InputError(
            f"{name} looks like UTF-16 without a byte-order mark; pass --encoding utf-16-le or utf-16-be"
        )
    return text.removeprefix("\ufeff")


def _is_wide(head: bytes) -> bool:
    """Say whether about every second byte is NUL, as in Western text in UTF-16."""
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 3


def _advice(data: bytes, used: str) -> str:
    if used not in UTF_8:
        return "; re-save it as UTF-8, or pass the --encoding that it was written in"
    if not data.decode("utf-8", errors="ignore").isascii():
        return ", though other places are: the file mixes encodings; re-save it as UTF-8 where it was made"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "; re-save it as UTF-8, or pass the --encoding that it was written in"
    return " (looks like Windows-1252); re-save it as UTF-8 or pass --encoding cp1252"
