"""Mutation operators: each makes another way to say the same out of a conversation, without a model.

An operator changes the user's turns only, never damages a protected place, logs every change, and says
whether the expected outcome is still the parent's. Where it has no safe way it changes nothing and says
why. Numbers and dates in words, and all grammar, are English.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.errors import UsageError, shown
from workbench.generate.operators import casing, keyboard, order, punctuation, shorten, subject
from workbench.generate.operators.changes import Change, Mutated, fault, unchanged
from workbench.generate.operators.protected import Protected, protected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

__all__ = ["OPERATORS", "Change", "Mutated", "Operator", "Protected", "chain", "protected"]


class _Run(Protocol):
    def __call__(self, turns: Sequence[Mapping[str, str]], rng: Random, /) -> Mutated: ...


@dataclass(frozen=True)
class Operator:
    """One way to mutate a conversation.

    Attributes:
        name: Its name in tags and in the table of cases.
        meaning: What it does, in one line.
        run: The pure function from turns and a source of chance to what became of them.
        in_place: It only replaces letters, each where nothing is protected, so that no place can be lost
            or joined; what others make is checked once more.
    """

    name: str
    meaning: str
    run: _Run
    in_place: bool = False

    def __call__(self, turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
        """Return the mutated conversation, or the same one with the reason.

        Example:
            >>> from random import Random
            >>> OPERATORS["shout"]([{"role": "user", "text": "4481"}], Random(0)).reason
            'everything is in capitals already'
        """
        done = self.run(turns, rng)
        wrong = fault(turns, done.turns) if not self.in_place and done.changed else ""
        return unchanged(turns, wrong) if wrong else done


_ALL = (
    Operator("typo", "slips on a QWERTY keyboard, 2.3 per 100 characters", keyboard.typo, in_place=True),
    Operator("lowercase", "everything small", casing.lowercase, in_place=True),
    Operator("shout", "everything in capitals", casing.shout, in_place=True),
    Operator("no_final_mark", "no mark at the end of a message", punctuation.no_final_mark),
    Operator("repeated_marks", "question and exclamation marks repeated", punctuation.repeated_marks),
    Operator("no_marks", "no full stops, commas or question marks", punctuation.no_marks),
    Operator("shorten", "greetings, thanks, side statements and asides left out", shorten.shorten),
    Operator("reorder", "two statements of a message change places", order.reorder),
    Operator("merge", "two statements of a message joined by a comma", order.merge),
    Operator("subject_swap", "said of a relative, with agreement", subject.subject_swap),
)
OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in _ALL}
"""Every operator by name."""


def chain(names: str) -> list[Operator]:
    """Return the operators of a chain such as `typo+lowercase`, in their order.

    Raises:
        UsageError: There is no such operator.

    Example:
        >>> [operator.name for operator in chain("typo+lowercase")]
        ['typo', 'lowercase']
    """
    found = names.split("+")
    for name in found:
        if name not in OPERATORS:
            raise UsageError(f"operator {shown(name)} is none of {', '.join(OPERATORS)}")
    return [OPERATORS[name] for name in found]
