"""What an operator did to a case: the new turns and facts, and every place that it changed."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from workbench.generate.operators.protected import is_damaged
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from random import Random

Turns = list[dict[str, str]]
Kind = Literal["text", "value", "cut", "join"]
Chosen = TypeVar("Chosen")

_BETWEEN = "\n" * 4
"""What parts turns that are read as one text: numbers and dates so far apart are never one place."""


class Edit(NamedTuple):
    """A piece of one text that is replaced: `text[start:end]` by `after`."""

    start: int
    end: int
    after: str


class Change(NamedTuple):
    """A place that an operator changed.

    Attributes:
        turn: The index of the turn, from 0, in the conversation as it was before.
        start: The index of the first character that was replaced, in the turn as it was before.
        end: The index after the last one.
        before: What was replaced.
        after: What stands there now.
        kind: `text` leaves every number, date, address and id as it was; `value` replaces or adds some on
            purpose; behind a `cut` the turn goes on as a new one; behind a `join` the next turn goes on
            in this one.
    """

    turn: int
    start: int
    end: int
    before: str
    after: str
    kind: Kind = "text"

    @property
    def extent(self) -> int:
        """How many characters differ; none where words only moved or changed their case."""
        before, after = self.before.casefold(), self.after.casefold()
        if sorted(words(before)) == sorted(words(after)):
            return 0
        shorter = min(len(before), len(after))
        head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
        rest = shorter - head
        tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
        return max(len(before), len(after)) - head - tail


class Fact(NamedTuple):
    """A value of the context that an operator changed.

    Attributes:
        path: The keys and indexes that lead to it.
        before: What stood there.
        after: What stands there now.
    """

    path: tuple[str | int, ...]
    before: Any
    after: Any


class Mutated(NamedTuple):
    """What an operator made of a case.

    Attributes:
        turns: The new turns; equal to the old ones when nothing was changed in them.
        spans: Every change of the turns, in the order of the text, without overlaps.
        keeps_label: Whether the expected outcome is still that of the parent.
        reason: Why nothing was changed; empty when something was.
        facts: Every change of the context.
        keeps_cell: Whether the case still lies in its parent's slice and cell.
        second: The id of the second parent; empty where there is none.
    """

    turns: Turns
    spans: tuple[Change, ...]
    keeps_label: bool
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    keeps_cell: bool = True
    second: str = ""

    @property
    def changed(self) -> bool:
        """Whether the case is another one than before."""
        return bool(self.spans or self.facts)


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
        ('hello there', 'hi', (Change(turn=0, start=0, end=2, before='hi', after='hello', kind='text'),))
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
    spans = [
        span
        for number, turn in enumerate(turns)
        if turn["role"] == "user"
        for span in changes_of(number, turn["text"])
    ]
    return Mutated(applied(turns, spans), tuple(spans), keeps_label) if spans else unchanged(turns, otherwise)


def applied(turns: Sequence[Mapping[str, str]], spans: Iterable[Change]) -> Turns:
    """Return a conversation with changes made: what a log leads to.

    Raises:
        ValueError: The changes are not of this conversation.

    Example:
        >>> turns = [{"role": "user", "text": "hi. where is it?"}, {"role": "user", "text": "hello?"}]
        >>> spans = [Change(0, 3, 4, " ", "", "cut"), Change(0, 16, 16, "", " ", "join")]
        >>> [turn["text"] for turn in applied(turns, spans)]
        ['hi.', 'where is it? hello?']
    """
    told: dict[int, list[Change]] = defaultdict(list)
    for span in spans:
        told[span.turn].append(span)
    made: Turns = []
    joined = False
    for number, turn in enumerate(turns):
        text, place = turn["text"], 0
        parts: list[list[str]] = [[]]
        joins = False
        for _, start, end, before, after, kind in told.pop(number, ()):
            if start < place or text[start:end] != before:
                raise ValueError(f"the changes of turn {number + 1} are not of this conversation")
            parts[-1] += [text[place:start], after]
            place = end
            joins = kind == "join"
            if kind == "cut":
                parts.append([])
        parts[-1].append(text[place:])
        pieces = ["".join(part) for part in parts]
        if joined:
            made[-1]["text"] += pieces.pop(0)
        made += [{**turn, "text": piece} for piece in pieces]
        joined = joins
    if told or joined:
        raise ValueError("the changes are of a turn that is not in this conversation")
    return made


def restated(context: Any, facts: Sequence[Fact]) -> Any:
    """Return a context with facts changed: what a log leads to.

    Raises:
        ValueError: The facts are not of this context.

    Example:
        >>> restated({"facts": {"order": {"id": "K-1"}}}, [Fact(("facts", "order", "id"), "K-1", "K-2")])
        {'facts': {'order': {'id': 'K-2'}}}
    """
    if not facts:
        return context
    made = copy.deepcopy(context)
    for (*way, last), before, after in facts:
        holder = made
        try:
            for step in way:
                holder = holder[step]
            if holder[last] != before:
                raise KeyError(last)
            holder[last] = after
        except (LookupError, TypeError) as error:
            raise ValueError(f"{last} is not a fact of this context, or another one") from error
    return made


DAMAGED = "it would damage a number, date, address or id"


def fault(
    before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]], spans: Iterable[Change] = ()
) -> str:
    """Say why a mutant must not be used, or nothing: a damaged place, or a turn without words.

    Args:
        before: The turns.
        after: What an operator made of them.
        spans: Its changes, of which those of the kind `value` are meant.
    """
    meant = [span for span in spans if span.kind == "value"]
    wanted = applied(before, meant) if meant else before
    was, now = ([turn["text"] for turn in turns] for turns in (wanted, after))
    pairs = (
        list(zip(was, now, strict=True)) if len(was) == len(now) else [(_apart(was, now), _apart(now, was))]
    )
    if any(old != new and is_damaged(old, new) for old, new in pairs):
        return DAMAGED
    said = {turn["text"] for turn in before}
    for number, text in enumerate(now, 1):
        if text not in said and not any(character.isalnum() for character in text):
            return f"nothing would be left of turn {number}"
    return ""


def _apart(texts: Sequence[str], others: Sequence[str]) -> str:
    """Return as one text what is in these turns and not in others, which have been cut or joined."""
    return _BETWEEN.join(text for text in texts if text not in others)


def pick(found: Sequence[Chosen], rng: Random) -> Chosen:
    """Return one of these by chance; `random()` is all that is used of its source."""
    return found[int(rng.random() * len(found))]
