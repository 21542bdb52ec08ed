"""The one reading of a conversation as text, and how odd characters are shown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ODD = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but not tab and line feed
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f"
)
"""Characters that change or hide what a reader sees, as the inside of a character class.

Controls, bidirectional overrides (which show `gpj.exe` as `exe.jpg`), zero-width characters, halves
of surrogate pairs, and the invisible tag letters. The zero-width joiner (U+200D) and non-joiner
(U+200C) are not among them: emoji and many scripts need them.
Source: Unicode Technical Report 36, sections 2.6 and 3; Boucher and Anderson, "Trojan Source", 2021.
"""

_MARKED = re.compile(
    # The flags of England, Scotland and Wales are a black flag, a few tag letters and a cancel tag.
    rf"(?P<flag>\U0001f3f4[\U000e0061-\U000e007a]{{3,6}}\U000e007f)|[{ODD}]"
)
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'+[a-z0-9]+)*")
_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+\w{2,24}"
_URL = r"\b(?:https?://|www\.)[^\s<>\"']+"
_NUMBER = r"\d+(?:[.,:/-]\d+)*"
_MASKED = re.compile(f"(?P<URL>{_URL})|(?P<EMAIL>{_EMAIL})|(?P<NUMBER>{_NUMBER})", re.IGNORECASE)


def turns_text(turns: Iterable[Mapping[str, str]]) -> str:
    r"""Return a conversation as text: one `role: text` per turn, joined by line feeds.

    Args:
        turns: Mappings with `role` and `text`.

    Returns:
        The text, byte for byte as the turns have it; empty for a stub without turns.

    Example:
        >>> turns_text([{"role": "user", "text": "where is it????"}, {"role": "assistant", "text": "On its way."}])
        'user: where is it????\nassistant: On its way.'
    """
    return "\n".join(f"{turn['role']}: {turn['text']}" for turn in turns)


def user_text(turns: Iterable[Mapping[str, str]]) -> str:
    r"""Return what the user wrote, one turn after the other, joined by line feeds.

    Example:
        >>> user_text([{"role": "user", "text": "hi"}, {"role": "assistant", "text": "Hello!"},
        ...            {"role": "user", "text": "still no parcel"}])
        'hi\nstill no parcel'
    """
    return "\n".join(turn["text"] for turn in turns if turn["role"] == "user")


def last_user(turns: Iterable[Mapping[str, str]]) -> str | None:
    """Return the user's last message, or None when there is none.

    Example:
        >>> last_user([{"role": "user", "text": "hi"}, {"role": "user", "text": "send me my money"}])
        'send me my money'
        >>> last_user([]) is None
        True
    """
    return next((turn["text"] for turn in reversed(list(turns)) if turn["role"] == "user"), None)


def masked(text: str) -> str:
    """Return a text with addresses and numbers masked, so that copies that differ only there are equal.

    Example:
        >>> masked("Order 4481 of 3/5/2026, mail me at kim@shop.example or see https://shop.example/o/4481")
        'Order <NUMBER> of <NUMBER>, mail me at <EMAIL> or see <URL>'
        >>> masked("where is #5523?") == masked("where is #7790?")
        True
    """
    return _MASKED.sub(lambda match: f"<{match.lastgroup}>", text)


def marked(text: str) -> str:
    """Return a text with every character of `ODD` shown as a chip such as `[U+202E]`.

    For plain-text places such as titles, tables and terminals. Tabs, line feeds and emoji stay.

    Example:
        >>> marked("invoice \u202egpj.exe")
        'invoice [U+202E]gpj.exe'
    """
    return _MARKED.sub(lambda match: match[0] if match["flag"] else f"[U+{ord(match[0]):04X}]", text)


def words(text: str) -> list[str]:
    """Return the words of a text in order: case-folded runs of letters, marks and digits.

    Apostrophes inside a word stay, invisible characters inside a word vanish, everything else
    parts words. Scripts written without spaces come as one word per run.

    Example:
        >>> words("I'm DONE, send me my money-back!!")
        ["i'm", 'done', 'send', 'me', 'my', 'money', 'back']
        >>> words("re\u200bfund")
        ['refund']
    """
    if text.isascii():
        # Most text is, and then no character has to be looked up.
        return _ASCII_WORD.findall(text.lower())
    folded = unicodedata.normalize("NFC", text.casefold()).replace("\u2019", "'")
    runs = "".join(_word_part(character) for character in folded).split()
    return [word for word in (run.strip("'") for run in runs) if word]


def _word_part(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return character if category[0] in "LMN" or character == "'" else " "
