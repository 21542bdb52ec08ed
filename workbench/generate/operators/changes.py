"""What an operator did to a conversation: the new turns, and every place that it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.generate.operators.protected import is_damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Turns = list[dict[str, str]]


class Edit(NamedTuple):
    """A piece of one text that is replaced: `text[start:end]` by `after`."""

    start: int
    end: int
    after: str


class Change(NamedTuple):
    """A place that an operator changed.

    Attributes:
        turn: The index of the turn, from 0.
        start: The index of the first character that was replaced, in the turn as it was before.
        end: The index after the last one.
        before: What was replaced.
        after: What stands there now.
    """

    turn: int
    start: int
    end: int
    before: str
    after: str


class Mutated(NamedTuple):
    """What an operator made of a conversation.

    Attributes:
        turns: The new turns; equal to the old ones when nothing was changed.
        spans: Every change, in the order of the text, without overlaps.
        keeps_label: Whether the expected outcome is still that of the parent.
        reason: Why nothing was changed; empty when something was.
    """

    turns: Turns
    spans: tuple[Change, ...]
    keeps_label: bool
    reason: str = ""

    @property
    def changed(self) -> bool:
        """Whether the text is another one than before."""
        return bool(self.spans)


def unchanged(turns: Sequence[Mapping[str, str]], reason: str) -> Mutated:
    """Return the turns as they are, with the reason why an operator does not apply."""
    return Mutated([dict(turn) for turn in turns], (), keeps_label=True, reason=reason)


def edited(
    turns: Sequence[Mapping[str, str]],
    edits_of: Callable[[str], Iterable[Edit]],
    *,
    keeps_label: bool,
    otherwise: str,
) -> Mutated:
    """Return the turns with the user's texts edited; other roles stay as they are.

    Args:
        turns: The conversation.
        edits_of: Returns the edits of one text, without overlaps and in any order.
        keeps_label: Whether such edits keep the expected outcome.
        otherwise: The reason to give when no text is changed.

    Example:
        >>> turns = [{"role": "user", "text": "hi there"}, {"role": "assistant", "text": "hi"}]
        >>> done = edited(turns, lambda text: [Edit(0, 2, "hello")], keeps_label=True, otherwise="")
        >>> done.turns[0]["text"], done.turns[1]["text"], done.spans
        ('hello there', 'hi', (Change(turn=0, start=0, end=2, before='hi', after='hello'),))
    """

    def changes_of(turn: int, text: str) -> list[Change]:
        return [
            Change(turn, start, end, text[start:end], after)
            for start, end, after in sorted(edits_of(text))
            if text[start:end] != after
        ]

    return changed(turns, changes_of, keeps_label=keeps_label, otherwise=otherwise)


def changed(
    turns: Sequence[Mapping[str, str]],
    changes_of: Callable[[int, str], list[Change]],
    *,
    keeps_label: bool,
    otherwise: str,
) -> Mutated:
    """Return the turns with changes made to the user's texts; see `edited`.

    Args:
        turns: The conversation.
        changes_of: Returns the changes of a turn, by its index and text, in order and without overlaps.
        keeps_label: Whether such changes keep the expected outcome.
        otherwise: The reason to give when no text is changed.
    """
    made: Turns = []
    spans: list[Change] = []
    for number, turn in enumerate(turns):
        text = turn["text"]
        if turn["role"] == "user":
            parts, place = [], 0
            for change in changes_of(number, text):
                spans.append(change)
                parts.append(text[place : change.start])
                parts.append(change.after)
                place = change.end
            parts.append(text[place:])
            text = "".join(parts)
        made.append({**turn, "text": text})
    return Mutated(made, tuple(spans), keeps_label) if spans else unchanged(turns, otherwise)


def fault(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> str:
    """Say why a mutant must not be used, or nothing: a damaged place, or a turn without words."""
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old["text"] != new["text"]:
            if is_damaged(old["text"], new["text"]):
                return "it would damage a number, date, address or id"
            if not any(character.isalnum() for character in new["text"]):
                return f"nothing would be left of turn {number}"
    return ""
