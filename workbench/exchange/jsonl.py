"""JSON and JSONL: numbers keep their source text, and a fault is named with its place."""

from __future__ import annotations

import json
from typing import Any

from workbench.errors import InputError, shown
from workbench.exchange.decoding import decode
from workbench.exchange.records import Parsed, check_shape
from workbench.exchange.values import Number, mended

MAX_DEPTH = 100
"""Of lists and objects inside each other: far more than any export, far less than Python's stack."""


class BrokenError(ValueError):
    """A text is not JSON.

    Attributes:
        reason: Why, in plain words.
        position: How many characters lie before the fault; None where it has no one place.
    """

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(f"character {position + 1}: {reason}" if position is not None else reason)
        self.reason = reason
        self.position = position


def loads(text: str) -> Any:
    """Read one JSON value; every number stays a `Number`, NaN is missing.

    Python's json dumps NaN for a missing number, so that is what it is read as.

    Raises:
        BrokenError: The text is not JSON, repeats a key, holds Infinity, or is nested too deeply.

    Example:
        >>> loads('{"case_id": 12345678901234567890123, "expected": NaN}')
        {'case_id': '12345678901234567890123', 'expected': None}
    """
    try:
        found = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:].removesuffix(" starting at")
        raise BrokenError(reason, error.pos) from None
    except RecursionError:
        raise BrokenError(f"it is nested more than {MAX_DEPTH} deep") from None
    if (
        text.count("[") + text.count("{") > MAX_DEPTH
        and isinstance(found, dict | list)
        and _depth(found) > MAX_DEPTH
    ):
        raise BrokenError(f"it is nested more than {MAX_DEPTH} deep")
    return found


def read_lines(name: str, data: bytes, *, encoding: str | None = None) -> Parsed:
    r"""Read a JSONL file: one object per line; blank lines are left out.

    Raises:
        InputError: The file is empty, not in the encoding, or a line is not a JSON object.

    Example:
        >>> read_lines("seed.jsonl", b'{"case_id": "r1", "text": "where is it????"}\n').places
        ['line 1']
    """
    text = decode(name, data, encoding=encoding)
    check_shape(name, values=text.count(",") + text.count("[") + text.count("{"))
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    # Only \n ends a line: str.splitlines would also split at U+2028 inside a message.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        check_shape(name, rows=len(rows) + 1)
        rows.append(_object_at(name, line, number))
        places.append(place)
    return _parsed(name, rows, places)


def read(name: str, data: bytes, *, encoding: str | None = None) -> Parsed:
    """Read a JSON file: one list of objects.

    Raises:
        InputError: The file is empty, not in the encoding, not JSON, or not a list of objects.

    Example:
        >>> read("seed.json", b'[{"case_id": "r1", "text": "where is it????"}]').places
        ['item 1']
    """
    text = decode(name, data, encoding=encoding)
    check_shape(name, values=text.count(",") + text.count("[") + text.count("{"))
    if not text.strip():
        raise InputError(f"{name} is empty; export it again")
    try:
        found = loads(text)
    except BrokenError as error:
        if error.reason == "extra data":
            raise InputError(
                f"{name} holds several JSON values; name it .jsonl if there is one on each line"
            ) from None
        raise _fault(name, text, error, first_line=1) from None
    if not isinstance(found, list):
        held = "an object" if isinstance(found, dict) else f"only {shown(found)}"
        raise InputError(f"{name} holds {held}; write a list of objects, one per case")
    check_shape(name, rows=len(found))
    for number, item in enumerate(found, 1):
        if not isinstance(item, dict):
            raise InputError(f"{name} item {number} is {_kind(item)}; write an object with named fields")
    return _parsed(name, found, [f"item {number}" for number in range(1, len(found) + 1)])


def _parsed(name: str, rows: list[dict[str, Any]], places: list[str]) -> Parsed:
    if not rows:
        raise InputError(f"{name} is empty; export it again")
    fixed = [mended(row) for row in rows]
    columns = tuple(dict.fromkeys(key for row in fixed for key in row.value))
    check_shape(name, rows=len(rows), columns=len(columns))
    count = sum(row.surrogates for row in fixed)
    note = f"broken characters (lone surrogates) that became U+FFFD: {count:,}"
    return Parsed(
        columns=columns, rows=[row.value for row in fixed], places=places, notes=(note,) * bool(count)
    )


def _object_at(name: str, line: str, number: int) -> dict[str, Any]:
    try:
        found = loads(line)
    except BrokenError as error:
        raise _fault(name, line, error, first_line=number) from None
    if not isinstance(found, dict):
        raise InputError(f"{name} line {number} is {_kind(found)}; write an object with named fields")
    return found


def _fault(name: str, text: str, error: BrokenError, *, first_line: int) -> InputError:
    """Return the error for a text of a file, with the line and character where the fault is."""
    before = text[: error.position or 0]
    line = first_line + before.count(chr(10))
    place = f" character {len(before) - before.rfind(chr(10))}" if error.position is not None else ""
    advice = (
        "it looks like Python, so write it with json.dumps" if looks_like_python(text) else "export it again"
    )
    return InputError(f"{name} line {line}{place} is not JSON ({error.reason}); {advice}")


def looks_like_python(text: str) -> bool:
    """Say whether a text that is not JSON is written as Python writes a list or dict.

    Example:
        >>> looks_like_python("[{'role': 'user', 'content': None}]"), looks_like_python("{order} never came")
        (True, False)
    """
    dense = "".join(text[:200].split())
    return dense.startswith(("{'", "[{'", "['", '{"', '[{"')) and (
        "':" in dense or "True" in text or "None" in text
    )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    return f"only {value if isinstance(value, Number) else shown(value)}"


def _constant(text: str) -> None:
    if text != "NaN":
        raise BrokenError(f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for number, key in enumerate(names) if key in names[:number])
        raise BrokenError(f"the key {shown(twice)} is there twice")
    return found


def _depth(value: Any) -> int:
    depth, layer = 0, [value]
    while layer:
        depth += 1
        inside = [part for whole in layer for part in (whole.values() if isinstance(whole, dict) else whole)]
        layer = [part for part in inside if isinstance(part, dict | list)]
    return depth
