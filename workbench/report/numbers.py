"""How a number is printed: rounded half up, aligned, with a true minus, and never a 0 for nothing."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MISSING = "—"
"""What stands where a number or text is missing; its reason stands with it."""

MINUS = "\N{MINUS SIGN}"


def is_missing(value: Any) -> bool:
    """Say whether a value is missing: none, NaN, NaT or NA.

    Example:
        >>> is_missing(float("nan")), is_missing(0), is_missing([])
        (True, False, False)
    """
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def rounded(value: float, digits: int) -> str:
    """Return a number rounded half up, as people do by hand, with thousands separated.

    Python's own formatting rounds 77.5 and 78.5 both to 78.

    Example:
        >>> rounded(77.5, 0), rounded(78.5, 0), rounded(1234.25, 1)
        ('78', '79', '1,234.3')
        >>> rounded(-1.4, 1) == f"{MINUS}1.4"
        True
    """
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    # A small loss must not read as "-0.0".
    return f"{exact or abs(exact):,}".replace("-", MINUS)


def count(value: float) -> str:
    """Return a number of cases; sums over trials may be fractions and keep two decimals.

    Example:
        >>> count(2125), count(3.25)
        ('2,125', '3.25')
    """
    return rounded(value, 0 if float(value).is_integer() else 2)


def rate(value: float) -> str:
    """Return a rate in 0-1 as a percentage.

    Example:
        >>> rate(0.8366)
        '83.7%'
    """
    # Decimal keeps 0.775 at 77.5 where a float product may not.
    return f"{rounded(float(Decimal(repr(float(value))) * 100), 1)}%"


def points(value: float) -> str:
    """Return percentage points with their sign.

    Example:
        >>> points(6.19), points(0.0), points(-16.34) == f"{MINUS}16.3"
        ('+6.2', '0.0', True)
    """
    text = rounded(value, 1)
    return text if text.startswith(MINUS) or text == "0.0" else f"+{text}"


def number(value: float) -> str:
    """Return a number to three digits that matter, or whole when it is whole.

    Example:
        >>> number(0.01234), number(12.345), number(184), number(1e-10)
        ('0.0123', '12.3', '184', 'under 0.0001')
    """
    if float(value).is_integer():
        return rounded(value, 0)
    if 0 < value < 0.0001:
        return "under 0.0001"
    return rounded(value, max(0, 2 - Decimal(repr(float(value))).adjusted()))


def interval(low: Any, high: Any) -> str:
    """Return an interval in percentage points, or the sign for missing.

    Example:
        >>> interval(2.1, 12.8), interval(None, None)
        ('+2.1 to +12.8', '—')
    """
    if is_missing(low) or is_missing(high):
        return MISSING
    return f"{points(low)} to {points(high)}"


PRINTED: Mapping[str, Callable[[float], str]] = {
    "count": count,
    "rate": rate,
    "points": points,
    "number": number,
}
"""The kinds of numbers that a table shows."""
