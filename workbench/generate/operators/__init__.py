"""Mutation operators: each makes another way to say the same out of a conversation, without a model.

An operator changes what the user says, never damages a protected place, logs every change, and says
whether the expected outcome is still the parent's. A few change values on purpose, in every turn and in the
record alike, and log that. Where it has no safe way it changes nothing and says
why. Numbers and dates in words, and all grammar, are English.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from workbench.errors import UsageError, shown
from workbench.generate.operators import casing, order, punctuation, shorten, subject
from workbench.generate.operators.apostrophes import no_apostrophes
from workbench.generate.operators.blunt import blunt
from workbench.generate.operators.changes import Change, Mutated, fault, unchanged
from workbench.generate.operators.elongation import elongate
from workbench.generate.operators.issues import merge_issues
from workbench.generate.operators.keyboard import RATES, typo
from workbench.generate.operators.misspelling import misspell
from workbench.generate.operators.negation import negation_flip
from workbench.generate.operators.polite import polite
from workbench.generate.operators.preamble import preamble
from workbench.generate.operators.protected import Protected, protected
from workbench.generate.operators.quotation import quoted_reply
from workbench.generate.operators.scene import Scene, Scened
from workbench.generate.operators.shorthand import shorthand
from workbench.generate.operators.swaps import entity_swap, product_swap
from workbench.generate.operators.turns import merge_turns, split_turns
from workbench.generate.operators.window import window_edge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

__all__ = ["OPERATORS", "Change", "Mutated", "Operator", "Protected", "Scene", "chain", "protected"]


class _Run(Protocol):
    def __call__(self, turns: Sequence[Mapping[str, str]], rng: Random, /) -> Mutated: ...


@dataclass(frozen=True)
class Operator:
    """One way to mutate a conversation.

    Attributes:
        name: Its name in tags and in the table of cases.
        meaning: What it does, in one line.
        run: The pure function from turns and a source of chance to what became of them.
        in_place: It only changes words where nothing is protected, so that no place can be lost or joined;
            what others make is checked once more.
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
        wrong = fault(turns, done.turns, done.spans) if not self.in_place and done.changed else ""
        return unchanged(turns, wrong) if wrong else done


def _typo(name: str, layout: str, device: str) -> Operator:
    meaning = f"slips on the {layout.upper()} keyboard of a {device}, {RATES[device]} per 100 characters"
    return Operator(name, meaning, partial(typo, layout=layout, rate=RATES[device]), in_place=True)


_ALL = (
    _typo("typo", "qwerty", "phone"),
    _typo("typo_desktop", "qwerty", "desktop"),
    _typo("typo_qwertz", "qwertz", "phone"),
    _typo("typo_qwertz_desktop", "qwertz", "desktop"),
    _typo("typo_azerty", "azerty", "phone"),
    _typo("typo_azerty_desktop", "azerty", "desktop"),
    Operator("lowercase", "everything small", casing.lowercase, in_place=True),
    Operator("shout", "everything in capitals", casing.shout, in_place=True),
    Operator("misspell", "words that many people misspell", misspell, in_place=True),
    Operator("shorthand", "words and phrases as people text them", shorthand, in_place=True),
    Operator("elongate", "letters held in words of feeling", elongate, in_place=True),
    Operator(
        "no_apostrophes", "no apostrophes in contractions and possessives", no_apostrophes, in_place=True
    ),
    Operator("no_final_mark", "no mark at the end of a message", punctuation.no_final_mark),
    Operator("repeated_marks", "question and exclamation marks repeated", punctuation.repeated_marks),
    Operator("no_marks", "no full stops, commas or question marks", punctuation.no_marks),
    Operator("blunt", "no greetings, thanks, pleas and apologies", blunt),
    Operator("polite", "a greeting before or thanks behind what is said", polite),
    Operator("shorten", "greetings, thanks, side statements and asides left out", shorten.shorten),
    Operator("reorder", "two statements of a message change places", order.reorder),
    Operator("merge", "two statements of a message joined by a comma", order.merge),
    Operator("subject_swap", "said of a relative, with agreement", subject.subject_swap),
    Operator("split_turns", "one message sent as two or three", split_turns),
    Operator("merge_turns", "messages in a row sent as one", merge_turns),
    Operator("preamble", "a remark about something else in front", preamble),
    Operator("quoted_reply", "the message before quoted above or below the answer", quoted_reply),
    Operator("entity_swap", "an order has another number, in every turn and the record", Scened(entity_swap)),
    Operator(
        "product_swap", "another product of its group, in every turn and the record", Scened(product_swap)
    ),
    Operator("negation_flip", "a statement turned into its opposite", negation_flip),
    Operator("window_edge", "so many days, on the other side of a window", Scened(window_edge)),
    Operator("merge_issues", "the matter of a second case in the last message", Scened(merge_issues)),
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
