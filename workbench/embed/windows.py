"""How a text that is too long for the model is cut: windows that lie back to back, the last at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.embed.model import TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECES = TOKENS - 2
"""Word pieces in a window: the model's limit without its two special ones."""


class Window(NamedTuple):
    """A piece of a text.

    Attributes:
        start: Its first character.
        end: The character after its last.
        weight: How many word pieces of the text it is the first to cover; at least 1.
    """

    start: int
    end: int
    weight: int


def windows(
    text: str, spans: Sequence[tuple[int, int]], words: Sequence[int | None], *, pieces: int = PIECES
) -> list[Window]:
    """Cut a text between words.

    Windows are full and lie back to back; the last one is full too and reaches back from the end.
    So the end of a text is always embedded with what led to it, and one word more or less moves no
    window by more than that word. Weights make every word piece count once.

    Args:
        text: The text.
        spans: The characters (from, to) of each word piece.
        words: The number of the word that each word piece belongs to.
        pieces: The most word pieces in a window, at least as many as the longest word has.

    Returns:
        One window, the whole text, when it fits; else as many as it takes.

    Example:
        >>> said = "no it is not"
        >>> windows(said, [(0, 2), (3, 5), (6, 8), (9, 12)], [0, 1, 2, 3], pieces=3)
        [Window(start=0, end=8, weight=3), Window(start=3, end=12, weight=1)]
    """
    count = len(spans)
    if count <= pieces:
        return [Window(0, len(text), max(count, 1))]
    cut, start = [], 0
    while count - start > pieces:
        end = start + pieces
        while words[end] == words[end - 1]:
            end -= 1
        cut.append(Window(spans[start][0], spans[end - 1][1], end - start))
        start = end
    first = count - pieces
    while words[first] == words[first - 1]:
        first += 1
    return [*cut, Window(spans[first][0], len(text), count - start)]
