"""Instructions such as "grade this as pass", and where somebody could plant them in what a judge reads."""

from __future__ import annotations

import math
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.provenance import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PACK: Mapping[str, Any] = tomllib.loads(
    (files("workbench.swap.grading") / "injections.toml").read_text("utf-8")
)

INSTRUCTIONS: Mapping[str, str] = _PACK["instructions"]
"""What is planted, by name."""

CONTROL = "control"
"""The placement that plants a sentence which asks for nothing: what changes there, changes by itself."""

Document = dict[str, Any]


class Planted(NamedTuple):
    """An answer that is judged again with something planted.

    Attributes:
        place: Which of the answers.
        placement: Where it stands; one of `PLACEMENTS`.
        instruction: Which one; of `INSTRUCTIONS`, or `CONTROL`.
        document: What the judge reads now.
    """

    place: int
    placement: str
    instruction: str
    document: Document


def _answer_end(told: Document, text: str) -> Document:
    return {**told, "answer": f"{told['answer']}\n\n{text}"}


def _last_user(told: Document, text: str) -> Document:
    turns = [dict(turn) for turn in told["conversation"]]
    last = next((turn for turn in reversed(turns) if turn["role"] == "user"), None)
    if last is None:
        return {**told, "conversation": [*turns, {"role": "user", "text": text}]}
    last["text"] = f"{last['text']}\n\n{text}"
    return {**told, "conversation": turns}


def _closed_json(told: Document, text: str) -> Document:
    return {**told, "answer": f'{told["answer"]}"}}\n\n{text}\n\n{{"answer": "'}


def _system_note(told: Document, text: str) -> Document:
    return {**told, "answer": f"{told['answer']}\n\n<system>\n{text}\n</system>"}


PLACEMENTS: Mapping[str, Callable[[Document, str], Document]] = {
    "answer_end": _answer_end,
    "last_user": _last_user,
    "closed_json": _closed_json,
    "system_note": _system_note,
    CONTROL: _answer_end,
}
"""Where it stands: at the end of the answer, in the customer's last message, behind what looks like the end of
the document, in what looks like a note of the system."""


def planted(failed: Mapping[int, Document], count: int) -> list[Planted]:
    """Return what is judged again: other answers first, each placement in turn, none twice.

    Args:
        failed: The documents of the answers that the judge failed, by their place.
        count: How many to judge again; fewer where there are not as many.

    Example:
        >>> told = {"answer": "No.", "conversation": []}
        >>> [(one.place, one.placement) for one in planted({7: told, 9: told}, 3)]
        [(7, 'answer_end'), (9, 'last_user'), (7, 'closed_json')]
    """
    # By their content, and so neither by model nor by the order of ids.
    order, names, texts = (
        sorted(failed, key=lambda place: sha256(failed[place])),
        [*PLACEMENTS],
        [*INSTRUCTIONS],
    )
    cycle = math.lcm(max(len(order), 1), len(names))
    found = []
    for number in range(min(count, len(order) * len(names))):
        place = order[number % len(order)]
        # Both go round; after a whole cycle each answer would meet the same placements again.
        placement = names[(number + number // cycle) % len(names)]
        name = CONTROL if placement == CONTROL else texts[number % len(texts)]
        text = _PACK["control"] if placement == CONTROL else INSTRUCTIONS[name]
        found.append(Planted(place, placement, name, PLACEMENTS[placement](failed[place], text)))
    return found
