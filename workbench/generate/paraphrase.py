"""Paraphrases: a model says a case in other words, and what it must not change is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.generate.operators.changes import Change, fault
from workbench.generate.operators.protected import protected
from workbench.generate.replies import BadReplyError
from workbench.provenance import tag_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.generate.operators.changes import Kind
    from workbench.generate.replies import Written
    from workbench.generate.run import Slot


class Way(NamedTuple):
    """What a paraphrase changes.

    Attributes:
        asks: How the prompt says it.
        keeps_label: Whether the expected outcome is still the parent's.
    """

    asks: str
    keeps_label: bool


WAYS: Mapping[str, Way] = {
    "paraphrase_tone": Way("the tone is another one, such as angrier, wearier or kinder", keeps_label=True),
    "paraphrase_formality": Way(
        "it is clearly more formal, or clearly more casual, than it is", keeps_label=True
    ),
    "paraphrase_gap": Way("a piece of information that the shop needs is missing", keeps_label=False),
}
"""Vary tone, formality and missing information, keep the intent, invent nothing. Source: the short text's prompt.
It asks for all three at once; here each is a mutant of its own, because without a piece of
information another outcome may be right, and such a mutant gets a label of its own."""


def rewritten(slot: Slot, parent: Mapping[str, Any], written: Written, *, demo: bool) -> dict[str, Any]:
    """Return what of a case's row follows from its parent and from what a model wrote.

    Args:
        slot: The slot.
        parent: The parent's row of `cases`.
        written: The reply.
        demo: Whether the workspace is a demo.

    Raises:
        BadReplyError: It changes more than a paraphrase may: the turns, the assistant's words, a number, date or id.
    """
    name = slot.operators[0]
    keeps_label = WAYS[name].keeps_label
    roles = [turn["role"] for turn in parent["turns"]]
    if written.context or [turn["role"] for turn in written.turns] != roles:
        raise BadReplyError("is no paraphrase: it has other turns than its parent, or a context")
    pairs = list(zip(parent["turns"], written.turns, strict=True))
    if any(old["role"] != "user" and old["text"] != new["text"] for old, new in pairs):
        raise BadReplyError("is no paraphrase: it changes what the assistant said")
    kind: Kind = "text" if keeps_label else "value"
    spans = [
        Change(number, 0, len(old["text"]), old["text"], new["text"], kind)
        for number, (old, new) in enumerate(pairs)
        if old["text"] != new["text"]
    ]
    if not spans:
        raise BadReplyError("is no paraphrase: it says the same word for word")
    if any(_invents(span) for span in spans) or fault(parent["turns"], written.turns, spans):
        raise BadReplyError("is no paraphrase: it changes a number, date, address or id")
    return {
        "turns": written.turns,
        "context": parent["context"],
        "tag": tag_for("mutation", name=name, demo=demo),
        "parent_ids": [parent["case_id"]],
        "root_id": parent["root_id"],
        "slice": parent["slice"],
        "cell": parent["cell"],
        "persona": parent["persona"],
        "taxonomy": [],
        "operators": [
            {"name": name, "keeps_label": keeps_label, "spans": [span._asdict() for span in spans]}
        ],
        "split": parent["split"],
    }


def _invents(span: Change) -> bool:
    """Say whether a number, date, address or id stands in the new text that the old one does not hold."""
    held = span.before.casefold()
    return any(place.text.casefold() not in held for place in protected(span.after))
