"""CSV and TSV: every cell stays the text that the file holds."""

from __future__ import annotations

import csv
import re
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.errors import InputError, shown
from workbench.exchange.decoding import decode
from workbench.exchange.records import Parsed, check_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What a header without a single comma may be separated by; Excel writes semicolons in much of Europe."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

_limit = threading.Lock()


def read(name: str, data: bytes, *, encoding: str | None = None, delimiter: str = ",") -> Parsed:
    r"""Read a CSV or TSV file, strictly: a row that does not fit its header is an error.

    "NA", "null", "00042" and "1e5" stay text, and so do line breaks inside quotes. Empty rows
    are left out and counted in the notes.

    Args:
        name: The file's name, for messages.
        data: Its bytes.
        encoding: What it was written in, when it is neither UTF-8 nor marked.
        delimiter: What separates its fields.

    Raises:
        InputError: The file is empty or not in the encoding, its header repeats a name, a row has
            another number of fields than the header, or a quote is broken.

    Example:
        >>> read("seed.csv", b"case_id,text\nr1,NA\nr2,\"where, exactly,\nis it????\"\n").rows[1]["text"]
        'where, exactly,\nis it????'
    """
    text = decode(name, data, encoding=encoding, place=_row_of)
    text, delimiter, notes = _separated(text, delimiter)
    with _long_fields():
        return _parsed(name, text, delimiter, notes)


def _parsed(name: str, text: str, delimiter: str, notes: tuple[str, ...]) -> Parsed:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    try:
        header = next((fields for fields in reader if fields), None)
    except csv.Error as error:
        raise InputError(f"{name} header: {_quote_fault(error)}") from None
    if header is None:
        raise InputError(f"{name} is empty; export it again")
    columns = _columns(name, header)
    rows: list[dict[str, str | None]] = []
    places: list[str] = []
    number = empty = 0
    try:
        for fields in reader:
            if not fields:
                continue
            number += 1
            check_shape(name, rows=number, columns=len(columns))
            if len(fields) != len(columns):
                raise InputError(_misfit(name, number, len(fields), len(columns)))
            if not any(fields):
                empty += 1
                continue
            rows.append(dict(zip(columns, fields, strict=True)))
            places.append(f"row {number}")
    except csv.Error as error:
        raise InputError(f"{name} row {number + 1}: {_quote_fault(error)}") from None
    if not rows:
        raise InputError(f"{name} has a header and no rows; export it again")
    notes += (f"{empty:,} empty row{'s' * (empty > 1)} left out",) * bool(empty)
    return Parsed(columns=columns, rows=rows, places=places, notes=notes)


def _columns(name: str, header: list[str]) -> tuple[str, ...]:
    columns = [cell.strip() or f"column {number}" for number, cell in enumerate(header, 1)]
    check_shape(name, rows=1, columns=len(columns))
    twice = [column for number, column in enumerate(columns) if column in columns[:number]]
    if twice:
        raise InputError(f"{name} header: {shown(twice[0])} names two columns; rename one of them")
    return tuple(columns)


def _separated(text: str, delimiter: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the text, what separates it, and a note when that is not what the suffix says."""
    first, _, rest = text.partition("\n")
    if first.strip().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[4], ()
    if delimiter == "," and "," not in first:
        other = next((mark for mark in OTHER_DELIMITERS if mark in first), None)
        if other:
            return text, other, (f"read as separated by {OTHER_DELIMITERS[other]}",)
    return text, delimiter, ()


def _misfit(name: str, number: int, fields: int, columns: int) -> str:
    plural = "field" if fields == 1 else "fields"
    return (
        f"{name} row {number} has {fields:,} {plural}, the header has {columns:,}; "
        "put quotes around a field that holds the separator or a line break"
    )


def _quote_fault(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed; close it, or double the quotes inside a quoted field"
    return "text follows a closing quote; double the quotes inside a quoted field"


def _row_of(before: bytes) -> str:
    # Latin-1 maps every byte to itself, so the rows before a fault can be counted as rows.
    lines = _lines(f"{before.decode('latin-1')}x")
    with _long_fields():
        number = sum(1 for fields in csv.reader(lines) if fields) - 1
    return f"row {number}" if number else "header"


def _lines(text: str) -> Iterator[str]:
    """Yield lines with their ends; an io.StringIO would take four bytes for every character."""
    return (match[0] for match in _LINE.finditer(text))


@contextmanager
def _long_fields() -> Iterator[None]:
    """Lift csv's limit of 131,072 characters a field, which holds for the whole process."""
    with _limit:
        before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        try:
            yield
        finally:
            csv.field_size_limit(before)
