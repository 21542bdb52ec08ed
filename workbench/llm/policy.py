"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ATTEMPTS = 4
"""Attempts of one request; the SDKs make 3, and busy hours need one more."""

RETRY_AFTER_CAP_S = 60.0
"""The longest wait that a server may ask for. An SDK obeys any number, up to 49 days; a notebook would hang."""

TIMEOUT_S = 600.0
"""How long a reply may take, in seconds. Source: the default of both SDKs."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a client goes on.

    Attributes:
        attempts: Attempts of one request.
        backoff_s: The first wait; each next one is twice as long. Source: both SDKs, as are the next two.
        most_backoff_s: The longest of them.
        jitter: The share by which a wait is shortened at random, so that threads do not return together.
        retry_after_cap_s: The longest wait that a server may ask for.
        timeout_s: How long a reply may take.
        resend: Whether a request whose outcome is unknown, or whose reply is broken, is sent again, and perhaps paid twice.
    """

    attempts: int = MOST_ATTEMPTS
    backoff_s: float = 0.5
    most_backoff_s: float = 8.0
    jitter: float = 0.25
    retry_after_cap_s: float = RETRY_AFTER_CAP_S
    timeout_s: float = TIMEOUT_S
    resend: bool = False

    def wait(self, attempt: int, headers: Mapping[str, str]) -> float | None:
        """Return the seconds to wait after an attempt (1, 2, ...); None to give up.

        Example:
            >>> Patience().wait(1, {"retry-after": "7"}), Patience().wait(1, {"retry-after": "3600"})
            (7.0, None)
            >>> Patience().wait(4, {}) is None
            True
        """
        if attempt >= self.attempts:
            return None
        asked = retry_after(headers)
        if asked is not None:
            return asked if asked <= self.retry_after_cap_s else None
        wait = min(self.backoff_s * 2.0 ** (attempt - 1), self.most_backoff_s)
        return float(wait * (1 - self.jitter * random.random()))  # noqa: S311 - no secret

    def gave_up(self, headers: Mapping[str, str]) -> str:
        """Return what to tell about giving up."""
        asked = retry_after(headers)
        if asked is not None and asked > self.retry_after_cap_s:
            return (
                f"; the server asks to wait {asked:,.0f} s, longer than {self.retry_after_cap_s:,.0f} s: "
                "run it again then"
            )
        return f"; given up after {self.attempts:,} attempts: run it again later"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, from 0; None where it does not say.

    Source: RFC 9110, 10.2.3 (seconds or a date), and `retry-after-ms` of both providers.

    Example:
        >>> retry_after({"retry-after-ms": "250"}), retry_after({"retry-after": "soon"})
        (0.25, None)
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        found = re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", headers.get(name, "").strip())
        if found:
            return float(found[0]) / unit
    try:
        at = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - dt.datetime.now(dt.UTC)).total_seconds())
