"""How one value of a file becomes one value of a case or label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import UsageError, shown
from workbench.exchange.jsonl import BrokenError, loads
from workbench.exchange.values import Number, own_text, plain
from workbench.provenance import SHA256_PATTERN, family, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRUE = frozenset({"true", "1", "yes"})
FALSE = frozenset({"false", "0", "no", ""})

_LOST_DIGITS = re.compile(r"-?\d\.\d+[eE]\+?\d+")


class FieldError(ValueError):
    """A value cannot be read; the message is what a sentence about the case goes on with."""


class CaseId(NamedTuple):
    """A case's id here, and the id that the file gives it when that is another."""

    id: str
    foreign: str | None


def case_id(value: Any) -> CaseId:
    """Read a case's id; one that is no id here is slugged with a short hash, the same everywhere.

    Args:
        value: The value as the file wrote it; space around it is not part of it.

    Raises:
        FieldError: There is none, or it is a float: an id that went through one has lost digits.

    Example:
        >>> case_id("b77-train-00000"), case_id("ticket #4711")
        (CaseId(id='b77-train-00000', foreign=None), CaseId(id='ticket-4711-0478fce4', foreign='ticket #4711'))
    """
    text = (own_text(value) or "").strip()
    if not text:
        raise FieldError("has no case_id; fill it in, or leave the row out")
    if (isinstance(value, Number) and not re.fullmatch(r"-?\d+", text)) or _LOST_DIGITS.fullmatch(text):
        raise FieldError(
            f"has the case_id {shown(text)}, which went through a floating-point number and may have lost digits; export ids as text"
        )
    if not isinstance(value, str):
        raise FieldError(f"has the case_id {shown(text)}; write a text or a whole number")
    short = slug(text)
    return CaseId(short, None if short == text else text)


def ids(value: Any) -> list[str]:
    """Read case ids: a list, JSON, or ids separated by commas, semicolons, bars or spaces.

    Example:
        >>> ids("r17, r18"), ids('["ticket #4711"]'), ids("")
        (['r17', 'r18'], ['ticket-4711-0478fce4'], [])
    """
    found = _json(value) if isinstance(value, str) and value.lstrip().startswith("[") else value
    if isinstance(found, Number):
        found = [found]
    if isinstance(found, str):
        found = [part for part in re.split(r"[,;|\s]+", found) if part]
    if found is None:
        return []
    try:
        return [case_id(part).id for part in found]
    except (FieldError, TypeError):
        raise FieldError(f"{shown(own_text(value))}, which is no list of case ids; write r17, r18") from None


def text(value: Any) -> str | None:
    """Read a name or word, without the space around it; blank is missing."""
    return (own_text(value) or "").strip() or None


def flag(value: Any) -> bool:
    """Read true, 1, yes or false, 0, no; blank is false."""
    found = (own_text(value) or "").strip().lower()
    if found not in TRUE | FALSE:
        raise FieldError(f"{shown(found)}, which is neither true nor false; write true or false")
    return found in TRUE


def number(value: Any) -> float | None:
    """Read a number that is not negative; blank is missing."""
    found = text(value)
    if found is None:
        return None
    try:
        amount = float(found)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise FieldError(f"{shown(found)}, which is no number from 0; write a number such as 0.05")
    return amount


def document(value: Any) -> Any:
    """Read a context: JSON, or a plain text as `{"facts": text}`; blank is none.

    Example:
        >>> document('{"order": {"total": 39.9}}'), document("Order delivered 12 days ago.")
        ({'order': {'total': 39.9}}, {'facts': 'Order delivered 12 days ago.'})
    """
    if isinstance(value, str) and not isinstance(value, Number):
        if not value.strip():
            return None
        return plain(_json(value)) if value.lstrip()[0] in "[{" else {"facts": value}
    return plain(value)


def items(value: Any) -> list[Any]:
    """Read a JSON list; blank is empty, and a single text is a list of one."""
    found = document(value)
    if found is None:
        return []
    if isinstance(found, dict) and set(found) == {"facts"} and isinstance(value, str):
        return [value]
    return found if isinstance(found, list) else [found]


def digest(value: Any) -> str | None:
    """Read a sha256; blank is missing."""
    found = text(value)
    if found is not None and not re.fullmatch(SHA256_PATTERN, found):
        raise FieldError(f"{shown(found)}, which is no sha256; write its 64 hexadecimal digits")
    return found


def lineage(value: Any) -> str | None:
    """Read a generator's family; blank is missing."""
    found = text(value)
    try:
        return None if found is None else str(family(found))
    except UsageError:
        raise FieldError(
            f"{shown(found)}, which is no family; write vendor/line, unknown, human, programmatic or demo"
        ) from None


def _json(value: str) -> Any:
    try:
        return loads(value)
    except BrokenError as error:
        raise FieldError(
            f"{shown(value)}, whose JSON is broken ({error}); write it with json.dumps"
        ) from None


READERS: Mapping[str, Callable[[Any], Any]] = {
    "context": document,
    "author": text,
    "tag": text,
    "slice": text,
    "cell": text,
    "persona": text,
    "must_hold": flag,
    "parent_ids": ids,
    "hint_ids": ids,
    "operators": items,
    "taxonomy": items,
    "generator_provider": text,
    "generator_model": text,
    "generator_family": lineage,
    "prompt_sha256": digest,
    "call_id": text,
    "content_sha256": digest,
    "cost_usd": number,
}
"""How each column of a case is read; its id, turns and time have rules of their own."""


def read(column: str, value: Any) -> Any:
    """Read a value of a column; an error names the column.

    Raises:
        FieldError: The value cannot be read.
    """
    try:
        return READERS[column](value)
    except FieldError as error:
        raise FieldError(f"has {column} {error}") from None
