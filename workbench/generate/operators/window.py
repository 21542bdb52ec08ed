"""The other side of a window: so many days ago become as many as the policy just no longer allows, or just does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.generate.operators.changes import Change, Fact, Mutated, applied, pick, unchanged
from workbench.generate.operators.statements import is_english
from workbench.text import user_text, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.scene import Leaf, Scene

_DURATION = re.compile(r"(?<![\w.,/$€£-])(\d{1,3})(\s?-?)(days?|d|weeks?|wks?)\b(?!-)", re.IGNORECASE)
_WINDOW = re.compile(
    r"(?<![\w.,/-])(?:\d{1,3}\s?(?:-|\u2013|to)\s?)?(\d{1,3})[\s-]?(days?|weeks?)\b", re.IGNORECASE
)
_DAYS = re.compile(r"(?:^|_)days(?:_|$)")
_AGO = re.compile(r"_(?:ago|since)$")
_TIME = frozenset(
    words(
        "day days week weeks month months year years ago last since yesterday today tomorrow tonight monday tuesday wednesday"
        " thursday friday saturday sunday january february march april june july august september october november"
        " december spring summer autumn winter easter christmas xmas"
    )
)
"""Words that tell a time, which a changed record would contradict."""


class _Edge(NamedTuple):
    """A number of days, and the one beyond the nearest window on one side."""

    days: int
    other: int


def windows(rules: str) -> list[int]:
    """Return the windows that rules name in days, ascending; of "15-30 days" the upper end.

    Example:
        >>> windows("Delivered 0-14 days ago: refund. More than 30 days: deny. Gifts within 6 weeks.")
        [14, 30, 42]
    """
    return sorted({_days(match[1], match[2]) for match in _WINDOW.finditer(rules)})


def window_edge(turns: Sequence[Mapping[str, str]], rng: Random, scene: Scene) -> Mutated:
    """Move a number of days across the nearest window of the policy: 29 become 31, 31 become 29.

    Windows are those that the policy and the documents of the context name in days or weeks. The number is
    changed in every turn and in the record, where a key such as `delivered_days_ago` or `days_late` tells
    it. How long ago something was that the record alone tells is changed where the user tells no time. Refused: what the record tells otherwise,
    and what would turn the order of two events round. The label is not kept, nor the cell.

    Example:
        >>> from random import Random
        >>> from workbench.generate.operators.scene import Scene
        >>> policy = Scene(policy="Returns within 30 days.", context={"facts": {"delivered_days_ago": 29}})
        >>> done = window_edge([{"role": "user", "text": "It came 29 days ago."}], Random(0), policy)
        >>> done.turns[0]["text"], done.facts[0].after
        ('It came 31 days ago.', 31)
    """
    edges = windows(scene.rules)
    if not edges:
        return unchanged(turns, "the policy names no window in days")
    record = [leaf for leaf in scene.record if _tells_days(leaf)]
    held = {leaf.value for leaf in record}
    ago = {leaf.value for leaf in record if _AGO.search(str(leaf.path[-1]))}
    said = {_days(match[1], match[3]) for match in _DURATION.finditer(user_text(turns))} - set(edges)
    silent = is_english(user_text(turns)) and _TIME.isdisjoint(words(user_text(turns)))
    # Where the record tells days at all, it has to tell these.
    stated = {days for days in said if not held or days in held} | (ago if silent and not said else set())
    found = [edge for days in sorted(stated) for edge in _beyond(days, edges) if _keeps_order(edge, record)]
    if not found:
        return unchanged(turns, "no number of days can be moved across a window")
    edge = pick(found, rng)
    spans = [
        Change(number, *match.span(), match[0], _written(match, edge.other), "value")
        for number, turn in enumerate(turns)
        for match in _DURATION.finditer(turn["text"])
        if _days(match[1], match[3]) == edge.days
    ]
    facts = tuple(Fact(leaf.path, leaf.value, edge.other) for leaf in record if leaf.value == edge.days)
    return Mutated(applied(turns, spans), tuple(spans), keeps_label=False, facts=facts, keeps_cell=False)


def _beyond(days: int, edges: Sequence[int]) -> list[_Edge]:
    """Return the nearest windows on either side, each crossed by a day: no policy's "within" is tested."""
    above = min((edge for edge in edges if edge >= days), default=None)
    below = max((edge for edge in edges if edge < days), default=None)
    crossed = [None if above is None else above + 1, None if below is None else below - 1]
    return [_Edge(days, other) for other in crossed if other is not None and other >= 0]


def _keeps_order(edge: _Edge, record: Sequence[Leaf]) -> bool:
    """Say whether what happened before something else still did."""
    ago = [leaf.value for leaf in record if _AGO.search(str(leaf.path[-1]))]
    return edge.days not in ago or all(
        (days < edge.days) == (days < edge.other) and (days > edge.days) == (days > edge.other)
        for days in ago
        if days != edge.days
    )


def _tells_days(leaf: Leaf) -> bool:
    whole = type(leaf.value) is int and leaf.value >= 0
    return whole and isinstance(leaf.path[-1], str) and _DAYS.search(leaf.path[-1]) is not None


def _days(number: Any, unit: str) -> int:
    return int(number) * (7 if unit[0].lower() == "w" else 1)


def _written(match: re.Match[str], days: int) -> str:
    """Return a number of days in the way another one was written."""
    unit = match[3]
    if unit[0] in "wW":
        unit = "WEEKS" if unit.isupper() else "weeks"
    if len(unit) > 1:
        unit = "day" if days == 1 or match[2] == "-" else "days"
        unit = unit.upper() if match[3].isupper() else unit
    return f"{days}{match[2] or ('' if unit.lower() == 'd' else ' ')}{unit}"
