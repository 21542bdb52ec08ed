"""How a case is put to whoever answers it.

- The system prompt is the owner's, and is sent as it is, for what is deployed is what is tested. Its contacts are
  known: they stay where a case repeats them.
- Any other personal data is replaced by pseudonyms, the same throughout turns and context: nothing else that
  `workbench.redact` finds leaves the machine.
- Facts that hold an expected outcome, and `steps`, which say what was done, are left out of the context.
- Turns of user and assistant are sent in these roles; neighbours of one role are joined by an empty line, and turns
  without text are left out, for providers take neither.
- The context stands at the head of the last message of the user, as JSON between `<context>` and `</context>`.
- Any other turn (tool, system), and what an assistant says first of all, is data in the user's next message, as
  JSON between `<turn>` and `</turn>`. A case never writes into the system prompt, which is the owner's alone: its
  text comes from the public.

A Python function gets the turns in their own roles and the context as JSON, with the same left out and replaced.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.outcome_facts import without
from workbench.redact import contacts, find, redactor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from workbench.redact import Known, Redactor

ROLES = frozenset({"user", "assistant"})
"""Roles in which both providers take turns."""

STEPS = "steps"
"""The part of a context that says what was done for the user: the answer, as it were."""


@dataclass(frozen=True, kw_only=True)
class Put:
    """A case as it is put.

    Attributes:
        system: The system prompt; empty for none.
        turns: The turns in their own roles.
        context: What of the context is shown; None for nothing.
        is_redacted: Whether personal data was replaced.
    """

    system: str
    turns: list[dict[str, str]]
    context: Any
    is_redacted: bool

    @property
    def messages(self) -> list[tuple[str, str]]:
        """The conversation as a provider takes it, as (role, text); the last one is the user's."""
        said: list[tuple[str, str]] = []
        for turn in self.turns:
            role, text = turn["role"], turn["text"]
            if not text.strip():
                continue
            if role not in ROLES or (role == "assistant" and not said):
                role, text = "user", _data("turn", turn)
            if said and said[-1][0] == role:
                said[-1] = role, f"{said[-1][1]}\n\n{text}"
            else:
                said.append((role, text))
        if self.context is not None:
            role, text = said[-1]
            said[-1] = role, f"{_data('context', self.context)}\n\n{text}"
        return said

    @property
    def kept_back(self) -> list[str]:
        """Kinds of personal data that are found in what would be sent although it was replaced."""
        known = contacts(self.system)
        return sorted({span.kind for _, text in self.messages for span in find(text, known=known)})


def pseudonyms(turns: Sequence[Mapping[str, str]], context: Any, *, known: Known = frozenset()) -> Redactor:
    """Return what replaces the personal data of a case by the pseudonyms that whoever answers it sees.

    They follow from the case alone, so whoever judges an answer sees the same.

    Args:
        turns: Its turns, as they are stored.
        context: Its whole context, as it is stored.
        known: Contacts that stay; see `workbench.redact.contacts`.
    """
    case = [[dict(turn) for turn in turns], context]
    written = redactor(case, known=known)
    written(case)
    return written


def put(turns: Sequence[Mapping[str, str]], context: Any, *, system: str, withheld: Collection[str]) -> Put:
    r"""Return a case as it is put.

    Args:
        turns: Its turns.
        context: Its context.
        system: The system prompt.
        withheld: Names of facts that hold an outcome; see `workbench.outcome_facts`.

    Example:
        >>> case = put([{"role": "user", "text": "I am kim@shop.example, where is it?"}], {"facts": {"order": "K-1"}},
        ...            system="", withheld=())
        >>> case.messages
        [('user', '<context>\n{"facts": {"order": "K-1"}}\n</context>\n\nI am <EMAIL_1>, where is it?')]
    """
    shown = without(context, withheld)
    if isinstance(shown, dict):
        shown = {name: part for name, part in shown.items() if name != STEPS}
    before = [dict(turn) for turn in turns], shown or None
    written = pseudonyms(turns, context, known=contacts(system))
    after = written(before[0]), written(before[1])
    return Put(system=system, turns=after[0], context=after[1], is_redacted=after != before)


def unanswerable(turns: Sequence[Mapping[str, str]]) -> str:
    """Return why there is nothing to answer; empty where there is.

    Example:
        >>> unanswerable([{"role": "user", "text": "hi"}, {"role": "assistant", "text": "Hello!"}])
        "they end with the assistant's turn"
        >>> unanswerable([])
        'they are stubs without text'
    """
    if not turns:
        return "they are stubs without text"
    if turns[-1]["role"] != "user":
        return f"they end with the {turns[-1]['role']}'s turn"
    return "" if turns[-1]["text"].strip() else "the user's last turn is empty"


def _data(name: str, value: Any) -> str:
    # JSON may write any slash as \/, and then nothing in it closes what it stands in.
    written = json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
    return f"<{name}>\n{written}\n</{name}>"
