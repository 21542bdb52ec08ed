"""The one reading of a judge's reply: a verdict, or the reason why there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.exchange.jsonl import BrokenError, loads
from workbench.exchange.values import holds_nul, mended, plain
from workbench.llm.outcomes import unfenced
from workbench.llm.replay import fault
from workbench.swap.grading.marks import CANARY, CANNOT_TELL, MALFORMED, Mark, unscored

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILURE_MODES: Mapping[str, str] = {
    "wrong_outcome": "another outcome than the expected one",
    "broken_rule": "the expected outcome, against a rule of the policy",
    "made_up": "something stated or promised that neither context nor policy has",
    "incomplete": "the outcome is not reached, or something that was asked for is left out",
    "unclear": "nobody can tell from the answer what happens",
    "other": "none of these",
}
"""How an answer can fail. The list is closed, so that modes can be counted and compared between groups."""

NONE = "none"


class _Judgement(BaseModel):
    """What a judge replies; the reason comes first, so that it is written before the verdict."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str
    failure_mode: Literal["none", "wrong_outcome", "broken_rule", "made_up", "incomplete", "unclear", "other"]
    verdict: Literal["pass", "fail", "cannot_tell"]


def schema() -> dict[str, Any]:
    """Return the JSON schema that servers are asked to hold a reply to; what comes is read all the same."""
    return _Judgement.model_json_schema()


def read(text: str, canary: str) -> Mark:
    """Read a reply.

    A reply that holds the canary is void, whatever else it says: something in the data has got hold of
    the instructions.

    Args:
        text: The reply.
        canary: The mark of its instructions.

    Example:
        >>> read('{"reason": "It pays.", "failure_mode": "none", "verdict": "pass"}', "qwertz").outcome
        'pass'
        >>> read("PASS", "qwertz").told
        'malformed: is not JSON (character 1: expecting value)'
    """
    told = _judgement(text)
    if _leaked(text, canary) or (isinstance(told, _Judgement) and _leaked(told.reason, canary)):
        return unscored(CANARY)
    if isinstance(told, str):
        return unscored(MALFORMED, told)
    if told.verdict == "cannot_tell":
        return unscored(CANNOT_TELL, told.reason)
    if (told.verdict == "pass") != (told.failure_mode == NONE):
        return unscored(MALFORMED, f"{told.verdict} with the failure mode {told.failure_mode}")
    return Mark(told.verdict, told.reason, None if told.failure_mode == NONE else told.failure_mode)


def _judgement(text: str) -> _Judgement | str:
    """Return what a reply says, or why it says nothing."""
    try:
        found = plain(mended(loads(unfenced(text))).value)
        return "holds U+0000" if holds_nul(found) else _Judgement.model_validate(found)
    except BrokenError as error:
        return f"is not JSON ({error})"
    except ValidationError as error:
        return fault(error)


def _leaked(text: str, canary: str) -> bool:
    """Say whether a text holds the canary, also backwards, or spelled out with signs between its letters.

    Not seen are parts of it, words between its letters, and any other code for it (base64, another alphabet).
    """
    letters = re.sub(r"[^a-z]", "", text.casefold())
    return canary in letters or canary[::-1] in letters
