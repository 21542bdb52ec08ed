"""Spreadsheets of a review: a row a case, safe to open, with every text whole in a twin beside it.

A spreadsheet runs a cell that begins like a formula, and one that it parts at the wrong separator may
begin so in its middle. Source of the signs: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import json
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from workbench.errors import MissingExtraError, UsageError
from workbench.exchange.asked import IDS, QUESTIONS, SHOWN, YES_NO, Answers, counts
from workbench.exchange.values import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.exchange.asked import Asked, Form
    from workbench.exchange.records import Records

NAME = "a spreadsheet"

HOW = "fill in the empty columns; a text that says it goes on is whole in cases.jsonl"

COLUMNS = (
    "case_id", "conversation", "context", "realistic", "expected", "cell", "fits_cell", "verdict", "reasons",
    "revised", "note", "reviewer", "at", "rubric_version", "content_sha256",
)  # fmt: skip
"""In the order in which they are read and filled: the claimed cell comes after the blind step."""

TWIN = "cases.jsonl"

SHEET = "review"

LISTS = "lists"
"""The hidden sheet of what the cells of `SHEET` offer: a list inside a cell's rule ends at 255 characters."""

MOST_UNITS = 32_767
"""UTF-16 units that a cell holds. Source: Excel's published limits; it cuts what is longer without a word."""

HEAD = 4_000
"""Characters shown of a longer text: with every one of them escaped or guarded it still fits."""

_GUARDED = r"=+\-@\t\uff1d\uff0b\uff0d\uff20'"

_STARTS = r"(?<![^,;|\t\n\"])"
"""Where a cell may begin, also in a program that takes another separator."""

_GUARD = re.compile(f"{_STARTS}(?=[{_GUARDED}])")
_UNGUARD = re.compile(f"{_STARTS}'(?=[{_GUARDED}])")

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs: an apostrophe before each sign that could begin a formula.

    Example:
        >>> guarded("=1+1"), guarded("so;=cmd|'x'!A1"), guarded("all fine")
        ("'=1+1", "so;'=cmd|''x'!A1", 'all fine')
        >>> unguarded(guarded("so;=cmd|'x'!A1"))
        "so;=cmd|'x'!A1"
    """
    return _GUARD.sub("'", text)


def unguarded(text: str) -> str:
    """Return the text that was guarded."""
    return _UNGUARD.sub("", text)


def escaped(text: str) -> str:
    r"""Return a text with what XML cannot hold written as Excel writes it (ECMA-376, 22.9.2.19).

    Example:
        >>> escaped("\x16 and _x0041_")
        '_x0016_ and _x005F_x0041_'
    """
    return _NO_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def cell(text: str, twin: str = TWIN) -> str:
    """Return a text as a cell shows it: lines end as spreadsheets end them, and a long one says where it goes on."""
    lines = _lines(text)
    if len(guarded(escaped(lines)).encode("utf-16-le")) // 2 <= MOST_UNITS:
        return lines
    return f"{lines[:HEAD]}\n[{len(lines) - HEAD:,} more characters do not fit a cell; read the whole text in {twin}]"


def same(found: str, whole: str, twin: str = TWIN) -> bool:
    """Say whether a text that came back is the one that was shown, whole or as a cell shows it."""
    shown = {_lines(whole), cell(whole, twin)}
    return not shown.isdisjoint({_lines(found), unguarded(_lines(found))})


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def csv_files(cases: Sequence[Asked], form: Form) -> dict[str, bytes]:
    """Return `review.csv` and its twin; its byte-order mark makes Excel read UTF-8."""
    text = io.StringIO()
    sheet = csv.writer(text, quoting=csv.QUOTE_ALL)
    sheet.writerow(COLUMNS)
    sheet.writerows([guarded(value) for value in _row(case, form)] for case in cases)
    return {"review.csv": text.getvalue().encode("utf-8-sig"), **_twin(cases, form)}


def xlsx_files(cases: Sequence[Asked], form: Form) -> dict[str, bytes]:
    """Return `review.xlsx` and its twin: every cell is a text, and verdicts, reasons and outcomes are offered.

    Raises:
        MissingExtraError: openpyxl is not installed.
    """
    if find_spec("openpyxl") is None:
        raise MissingExtraError('review.xlsx needs an extra; pip install "workbench[excel]"')
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for number, row in enumerate([COLUMNS, *(_row(case, form) for case in cases)], 1):
        _write(sheet, number, row)
    sheet.freeze_panes = "B2"
    for place, name in enumerate(COLUMNS):
        column = sheet.column_dimensions[chr(ord("A") + place)]
        column.width = {"conversation": 70, "context": 40, "revised": 40, "note": 30}.get(name, 16)
        column.hidden = name in {"rubric_version", "content_sha256"}
    _offer(book, sheet, form, len(cases))
    data = io.BytesIO()
    book.save(data)
    return {"review.xlsx": data.getvalue(), **_twin(cases, form)}


def _write(sheet: Any, number: int, row: Sequence[str]) -> None:
    """Write texts as texts: none is a formula, now or when somebody edits its cell."""
    from openpyxl.styles import Alignment

    for place, value in enumerate(row, 1):
        found = sheet.cell(number, place)
        found.alignment = Alignment(wrap_text=True, vertical="top")
        if value:
            found.value = escaped(value)
            found.data_type = "s"
            found.quotePrefix = True
        else:
            found.number_format = "@"


def _offer(book: Any, sheet: Any, form: Form, cases: int) -> None:
    """Offer the values of each question; only a cell of reasons takes others too, since it holds several."""
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    offered = {"realistic": YES_NO, "expected": form.expected, "fits_cell": YES_NO, "verdict": form.verdicts, "reasons": form.reasons}  # fmt: skip
    for place, (name, values) in enumerate(offered.items(), 1):
        for number, value in enumerate([name, *values], 1):
            _write(lists, number, [""] * (place - 1) + [value])
        if values:
            source, target = chr(ord("A") + place - 1), chr(ord("A") + COLUMNS.index(name))
            rule = DataValidation(
                "list", f"{LISTS}!${source}$2:${source}${len(values) + 1}", allow_blank=True
            )
            rule.showErrorMessage = name != "reasons"
            rule.error = f"Choose a value of the list for {name}."
            rule.showInputMessage, rule.prompt = True, QUESTIONS[name]
            rule.add(f"{target}2:{target}{cases + 1}")
            sheet.add_data_validation(rule)


def _row(case: Asked, form: Form) -> list[str]:
    told = form.ids(case) | {name: cell(text) for name, text in case.texts().items()}
    return [told.get(name, "") for name in COLUMNS]


def _twin(cases: Sequence[Asked], form: Form) -> dict[str, bytes]:
    lines = (
        form.ids(case) | {"turns": case.turns, "context": case.context, "cell": case.cell} for case in cases
    )
    return {TWIN: "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode("utf-8")}


def exported(columns: Sequence[str]) -> bool:
    """Say whether a file with these columns is a sheet of a review."""
    return {*IDS, *SHOWN, "verdict"} <= set(columns)


def decisions(records: Records) -> Records:
    """Return the rows of a sheet that were filled in, without the signs that guarded them.

    Raises:
        UsageError: A column that the sheet had is missing.
    """
    if not exported(records.columns):
        raise UsageError(
            f"{records.name} is no sheet of a review; it needs {', '.join((*IDS, *SHOWN))} and verdict"
        )
    told = [
        (place, {name: _bare(value) if name not in SHOWN else value for name, value in row.items()})
        for place, row in zip(records.places, records.rows, strict=True)
        if any(str(row.get(name) or "").strip() for name in QUESTIONS)
    ]
    return Answers(told, counts([(len(records.rows) - len(told), "not decided yet")])).records(
        records, records.columns
    )


def _bare(value: Any) -> Any:
    return unguarded(value) if isinstance(value, str) and not isinstance(value, Number) else value
