"""Times of foreign files, as UTC; nothing about day, month or zone is guessed."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.errors import UsageError, shown

_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})\b.*")

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}.*")


class TimeError(ValueError):
    """A text is not a time; the message is what a sentence about the case goes on with."""


class NaiveError(TimeError):
    """A time has no timezone, and none was declared."""


def zone(name: str | None) -> dt.tzinfo | None:
    """Return the timezone that a user declared for times without one.

    Raises:
        UsageError: The name is not in the timezone database.

    Example:
        >>> str(zone("Europe/Lisbon"))
        'Europe/Lisbon'
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"timezone {shown(name)} is not known; write one such as UTC or Europe/Lisbon"
        ) from None


def moment(text: str, tz: dt.tzinfo | None = None) -> dt.datetime:
    """Read an ISO 8601 time and return it in UTC.

    Args:
        text: Such as `2026-03-04T10:15:00Z`, `2026-03-04 10:15+01:00` or `2026-03-04`.
        tz: The zone of times that name none.

    Raises:
        NaiveError: The time names no zone and `tz` is None.
        TimeError: The text is not ISO 8601, or could be two dates.

    Example:
        >>> moment("2026-03-04T10:15:00+01:00").isoformat()
        '2026-03-04T09:15:00+00:00'
    """
    try:
        # fromisoformat would also read 20260304 and 2026W101, which look like numbers and ids.
        found = dt.datetime.fromisoformat(text.strip() if _DATED.match(text.strip()) else "")
    except ValueError:
        raise TimeError(_fault(text.strip())) from None
    if found.tzinfo is None:
        if tz is None:
            raise NaiveError("has no timezone")
        found = found.replace(tzinfo=tz)
    try:
        return found.astimezone(dt.UTC)
    except OverflowError:
        raise TimeError(f"{shown(text)} is out of range") from None


def _fault(text: str) -> str:
    slashed = _SLASHED.fullmatch(text)
    if slashed and max(int(slashed[1]), int(slashed[2])) <= 12 and slashed[1] != slashed[2]:
        return f"{shown(text)} can be two dates; write a day as 2026-12-25"
    return f"{shown(text)} is no time as ISO 8601 has it; write one as 2026-12-25T10:00:00Z"
