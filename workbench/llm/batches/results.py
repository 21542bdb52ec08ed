"""The results of a batch: lines in any order, one of each request."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from workbench.errors import shown
from workbench.llm.outcomes import Answer

FREE = frozenset({"errored", "canceled", "expired"})
"""What becomes of a request without a message, and is not billed. Source: platform.claude.com, batch processing."""

TRANSIENT = frozenset({"api_error", "overloaded_error", "rate_limit_error", "timeout_error"})
"""Errors of a request that another try may heal. Source: the SDK's error types."""


class Result(BaseModel):
    """What became of a request: `succeeded` with a message, `errored` with an error, `canceled` or `expired`."""

    type: str
    message: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Line(BaseModel):
    """A line of the results."""

    custom_id: str
    result: Result


def line(raw: bytes | str) -> Line | None:
    """Return a line; None where it is none, such as the last one of a download that broke off.

    Example:
        >>> line('{"custom_id": "a-1", "result": {"type": "expired"}}').result.type
        'expired'
        >>> line('{"custom_id": "a-1", "res') is None
        True
    """
    try:
        return Line.model_validate(json.loads(raw))
    except (ValueError, RecursionError):
        return None


def failed(result: Result) -> Answer:
    """Return the reading of a result without a message; the request may be asked again.

    Example:
        >>> failed(Result(type="expired")).reason
        'expired: the batch ended before it; ask again'
        >>> failed(Result(type="errored", error={"error": {"type": "invalid_request_error"}})).outcome
        'fatal'
    """
    if result.type != "errored":
        return Answer("transient", reason=f"{result.type}: the batch ended before it; ask again")
    error = (result.error or {}).get("error") or {}
    kind = str(error.get("type"))
    reason = f"errored ({kind}): {shown(error.get('message', ''))}"
    return Answer("transient" if kind in TRANSIENT else "fatal", reason=reason)
