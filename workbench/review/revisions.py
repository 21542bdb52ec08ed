"""A revision: an edited candidate is a new candidate, whose parent is the one that was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.exchange.turns import UnreadableError, conversation
from workbench.provenance import content_sha256, sha256, slug

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

REVISION = "revision"
"""The operator of an edited candidate. It keeps no label: the reviewer who keeps it states one."""

EMPTY = ("[]", "{}")
"""What tools write where there is no conversation."""

_SAME = (
    "context", "bucket", "tag", "slice", "cell", "persona", "taxonomy", "hint_ids", "split",
    "generator_provider", "generator_model", "generator_family",
)  # fmt: skip


def edited(value: Any, turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return an edited conversation.

    Args:
        value: Turns or their JSON; or a text, which takes the place of the user's last message.
        turns: The conversation before.

    Raises:
        UnreadableError: It is no conversation.

    Example:
        >>> edited("where is it??", [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "Hello!"}])
        [{'role': 'user', 'text': 'where is it??'}, {'role': 'assistant', 'text': 'Hello!'}]
    """
    if isinstance(value, str) and "".join(value.split()) in EMPTY:
        raise UnreadableError("has no turns; write the edited conversation")
    found = conversation(value).turns
    asked = [place for place, turn in enumerate(turns) if turn["role"] == "user"]
    if not isinstance(value, str) or found != [{"role": "user", "text": value}] or not asked:
        return found
    return [*turns[: asked[-1]], *found, *turns[asked[-1] + 1 :]]


def child_id(parent: Mapping[str, Any], turns: list[dict[str, str]]) -> str:
    """Return the id of a revision: the same edit of the same candidate has the same id."""
    digest = sha256([parent["case_id"], REVISION, content_sha256(turns, parent["context"])])[:10]
    return slug(f"{parent['case_id']}.{digest}")


def child(
    parent: Mapping[str, Any], turns: list[dict[str, str]], *, reviewer: str, at: dt.datetime
) -> dict[str, Any]:
    """Return the row of `cases` of a revision, without its root.

    Its generator stays that of its parent: most of the text is still a model's.
    """
    return {name: parent[name] for name in _SAME} | {
        "case_id": child_id(parent, turns),
        "turns": turns,
        "author": reviewer,
        "parent_ids": [parent["case_id"]],
        "must_hold": False,
        "operators": [*parent["operators"], {"name": REVISION, "keeps_label": False, "spans": []}],
        "created_at": at,
        "content_sha256": content_sha256(turns, parent["context"]),
        "extra": {},
    }
