"""What a judge is sent: instructions in the system part, and all data as one JSON document.

The canary stands in the instructions only. It is made of the document and of a salt that the workspace
drew at random and keeps, so that nobody who writes cases or answers can know it, and the same answer is
the same request for ever: what was paid is not paid again. Two answers with the same words to the same
case are one request, whichever model gave them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from workbench.exchange.values import mended
from workbench.llm import Request
from workbench.provenance import canonical, sha256
from workbench.redact import find
from workbench.swap.answering.reading import pseudonyms
from workbench.swap.grading.readings import FAILURE_MODES
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.redact import Redactor
    from workbench.settings import Rubric
    from workbench.store import Store
    from workbench.swap.grading.answered import Answered

SALT = "judge-salt"
"""Under which name the ledger keeps the salt; without `sent` before it, it counts as no call."""

LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")
"""A canary has letters alone, so that it looks like no number of a card and like no key."""

LENGTH = 24
"""Letters of a canary: 96 bits."""


class UnsafeError(ValueError):
    """A document may not be sent; the message says why."""


@cache
def template() -> str:
    """Return the instructions of a judge."""
    return (files("workbench.swap.grading") / "prompts" / "judge.md").read_text("utf-8")


def digest() -> str:
    """Return the sha256 of the instructions, without the canary."""
    return hashlib.sha256(template().encode()).hexdigest()


def document(answer: Answered, rubric: Rubric) -> dict[str, Any]:
    """Return all that a judge may know of an answer: not who gave it, nor where the case comes from.

    Personal data becomes the pseudonyms that whoever answered has seen, so that an answer which names one names
    the same here.
    """
    expected = answer.expected or ""
    # First the case, which fixes the numbers; the owner's texts and the answer add to them.
    hide = pseudonyms(answer.turns, answer.context)
    told = {
        "policy": rubric.policy,
        "expected": {"value": expected, "meaning": rubric.expected.get(expected, "")},
        "conversation": [dict(turn) for turn in answer.turns],
        "context": answer.context,
        "answer": answer.output,
    }
    return _whole(mended(hide(told)).value, hide)


def _whole(within: dict[str, Any], hide: Redactor) -> dict[str, Any]:
    """Return a document with pseudonyms also for what looks like personal data only beside its neighbours."""
    try:
        whole: dict[str, Any] = json.loads(hide(json.dumps(within, ensure_ascii=False)))
    except ValueError:
        return within
    return whole if _shape(whole) == _shape(within) else within


def _shape(value: Any) -> Any:
    """Return what a JSON value is without its texts and numbers."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    return [_shape(part) for part in value] if isinstance(value, list) else ""


def request(told: Mapping[str, Any], case_id: str, salt: str) -> Request:
    """Return the request that a document is graded by.

    Args:
        told: The document.
        case_id: Its case, which is not sent.
        salt: The salt of the workspace.

    Raises:
        UnsafeError: The document holds personal data that redaction has not found as such.
    """
    prompt = json.dumps(told, ensure_ascii=False)
    left = sorted({span.kind for span in find(prompt)})
    if left:
        raise UnsafeError(f"it holds what looks like personal data ({', '.join(left)}) and was not sent")
    system = Template(template()).substitute(
        canary=canary(told, case_id, salt),
        failure_modes="\n".join(f"- `{name}`: {meaning}" for name, meaning in FAILURE_MODES.items()),
    )
    return Request(cell=case_id, index=0, bucket="judge", prompt=prompt, system=system)


def canary(told: Mapping[str, Any], case_id: str, salt: str) -> str:
    """Return the mark of the instructions that go with a document."""
    made = hmac.new(bytes.fromhex(salt), canonical([case_id, told]).encode(), "sha256")
    return made.hexdigest()[:LENGTH].translate(LETTERS)


def salt_of(store: Store) -> str:
    """Return the salt of a workspace's canaries, 64 hexadecimal digits; drawn at random when first asked for."""
    with store.transaction() as tx:
        held = tx.read(CALLS, call_id=SALT)
        if len(held):
            return str(held["raw_reply"].iloc[0])
        drawn = secrets.token_hex(32)
        row = {"call_id": SALT, "request_sha256": sha256(SALT), "state": "got", "raw_reply": drawn}
        tx.append(CALLS, [{**row, "usage": {}, "at": dt.datetime.now(dt.UTC)}])
    return drawn
