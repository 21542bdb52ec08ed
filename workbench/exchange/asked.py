"""What a reviewer elsewhere is shown and asked, whatever the tool, and how the answers come back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.text import turns_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.exchange.records import Records

SHOWN = ("conversation", "context", "cell")
"""The texts that a reviewer judges; a file that brings them back is held against the store."""

IDS = ("case_id", "content_sha256", "rubric_version")

QUESTIONS: Mapping[str, str] = {
    "realistic": "Could a real customer have written this?",
    "expected": "What is the expected outcome?",
    "fits_cell": "Does it fit the cell that it claims?",
    "verdict": "Your verdict",
    "reasons": "Why? Needed for reject and revise",
    "revised": "For revise: the customer's last message as it should be",
    "note": "Anything else?",
}
"""In the order in which they are asked: what is blind first, then the claimed cell, then the verdict."""

YES_NO = ("yes", "no")


class Asked(NamedTuple):
    """A case as a reviewer elsewhere sees it: nothing says who or what wrote it, or what others think.

    Attributes:
        case_id: What it is called elsewhere.
        content_sha256: The hash of turns and context.
        turns: `[{role, text}]`.
        context: What the assistant could know, as JSON; None for nothing.
        cell: The cell that it claims; None for none.
    """

    case_id: str
    content_sha256: str
    turns: list[dict[str, str]]
    context: Any
    cell: str | None

    def texts(self) -> dict[str, str]:
        r"""Return what is shown as texts, by the names of `SHOWN`.

        Example:
            >>> Asked("p1", "0" * 64, [{"role": "user", "text": "where is it??"}], {"days": 12}, None).texts()
            {'conversation': 'user: where is it??', 'context': '{\n  "days": 12\n}', 'cell': ''}
        """
        context = "" if self.context is None else json.dumps(self.context, ensure_ascii=False, indent=2)
        return {"conversation": turns_text(self.turns), "context": context, "cell": self.cell or ""}


@dataclass(frozen=True, kw_only=True)
class Form:
    """What is asked about each case.

    Attributes:
        rubric_version: The rubric that the answers follow.
        policy: Its rules.
        checklist: What a reviewer asks of every case.
        expected: The values that a label may have, with their meanings; empty for any.
        reasons: Why a case is rejected or revised, with meanings; empty for any.
        verdicts: The four verdicts in the order in which they are offered.
    """

    rubric_version: str
    policy: str
    checklist: Sequence[str]
    expected: Mapping[str, str]
    reasons: Mapping[str, str]
    verdicts: Sequence[str]

    def ids(self, case: Asked) -> dict[str, str]:
        """Return what a decision about a case is known by when it comes back."""
        return dict(zip(IDS, (case.case_id, case.content_sha256, self.rubric_version), strict=True))

    def guide(self) -> str:
        """Return what reviewers read before they begin, as Markdown."""
        lines = [
            f"# How to review (rubric {self.rubric_version})",
            "",
            "Decide on your own and from the text alone. The four verdicts are of equal standing; skip leaves a",
            "case open.",
            "",
            *(f"{number}. {text}" for number, text in enumerate(QUESTIONS.values(), 1)),
            "",
            "Answer the first two before you look at the cell. A reject or revise needs a reason.",
        ]
        for title, told in (
            ("Rules", [self.policy.strip()] * bool(self.policy.strip())),
            ("Ask of every case", [f"- {text}" for text in self.checklist]),
            ("Expected outcomes", [f"- {named(*pair)}" for pair in self.expected.items()]),
            ("Reasons", [f"- {named(*pair)}" for pair in self.reasons.items()]),
        ):
            lines += ["", f"## {title}", "", *told] if told else []
        return "\n".join(lines) + "\n"


def named(value: str, meaning: str) -> str:
    """Return a value of the rubric with its meaning.

    Example:
        >>> named("refund", "Money goes back."), named("deny", "")
        ('refund: Money goes back.', 'deny')
    """
    return f"{value}: {meaning}" if meaning else value


class Answers(NamedTuple):
    """Decisions that a tool brings back: each with its place, and what was odd."""

    told: Sequence[tuple[str, Mapping[str, Any]]]
    notes: Sequence[str]

    def records(self, source: Records, columns: Iterable[str]) -> Records:
        """Return the decisions as the records of a file that has these columns."""
        return replace(
            source,
            columns=tuple(columns),
            rows=[dict(row) for _, row in self.told],
            places=[place for place, _ in self.told],
            notes=(*source.notes, *self.notes),
        )


def counts(pairs: Iterable[tuple[int, str]]) -> list[str]:
    """Return the notes on what there is any of.

    Example:
        >>> counts([(2, "drafts left out"), (0, "made in bulk")])
        ['drafts left out: 2']
    """
    return [f"{told}: {many:,}" for many, told in pairs if many]
