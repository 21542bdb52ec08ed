"""A long text is cut between words, and its last window reaches back from its end."""

from __future__ import annotations

import pytest

from workbench.embed.windows import windows


def _cut(text: str, *, pieces: int) -> list[tuple[str, int]]:
    """Cut a text of which every three letters of a word are one word piece."""
    spans, words, at = [], [], 0
    for number, word in enumerate(text.split(" ")):
        for start in range(0, len(word), 3):
            spans.append((at + start, at + min(start + 3, len(word))))
            words.append(number)
        at += len(word) + 1
    return [(text[w.start : w.end], w.weight) for w in windows(text, spans, words, pieces=pieces)]


def test_a_text_that_fits_is_one_window_and_stays_as_it_is() -> None:
    assert _cut("no,  it is not", pieces=9) == [("no,  it is not", 4)]


def test_a_text_without_words_is_one_window_that_counts() -> None:
    assert windows("", [], []) == [(0, 0, 1)]


def test_windows_lie_back_to_back_and_the_last_one_ends_with_the_text() -> None:
    assert _cut("one two six ten and all", pieces=4) == [("one two six ten", 4), ("six ten and all", 2)]


def test_no_word_is_cut_in_two() -> None:
    assert _cut("my order is undelivered", pieces=4) == [("my order is", 4), ("undelivered", 4)]
    assert _cut("undelivered is my order", pieces=5) == [("undelivered is", 5), ("is my order", 3)]


@pytest.mark.parametrize("length", range(1, 40))
def test_every_word_piece_counts_once(length: int) -> None:
    text = " ".join(["yes", "refund", "no", "undelivered"][n % 4] for n in range(length))
    cut = _cut(text, pieces=7)
    pieces = sum(-(-len(word) // 3) for word in text.split(" "))

    assert sum(weight for _, weight in cut) == pieces
    assert text.startswith(cut[0][0])
    assert text.endswith(cut[-1][0])
    assert {word for window, _ in cut for word in window.split(" ")} == set(text.split(" "))
