"""Letters in one case: all small, or shouted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Edit, edited
from workbench.generate.operators.protected import protected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated


def lowercase(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Write everything small, as people do who never reach for the shift key.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "I paid for K-20817 on Monday. Where is it?"}]
        >>> lowercase(turns, Random(0)).turns[0]["text"]
        'i paid for K-20817 on monday. where is it?'
    """
    return edited(turns, _cased(str.lower), keeps_label=True, otherwise="everything is written small already")


def shout(turns: Sequence[Mapping[str, str]], _rng: Random) -> Mutated:
    """Write everything in capitals.

    Example:
        >>> from random import Random
        >>> shout([{"role": "user", "text": "where is k-20817"}], Random(0)).turns[0]["text"]
        'WHERE IS k-20817'
    """
    return edited(turns, _cased(str.upper), keeps_label=True, otherwise="everything is in capitals already")


def _cased(written: Callable[[str], str]) -> Callable[[str], list[Edit]]:
    """Return what recases each stretch between protected places; words such as Monday are recased too."""

    def edits(text: str) -> list[Edit]:
        found, start = [], 0
        for span in protected(text):
            if span.kind != "word":
                found.append(Edit(start, span.start, written(text[start : span.start])))
                start = span.end
        return [*found, Edit(start, len(text), written(text[start:]))]

    return edits
