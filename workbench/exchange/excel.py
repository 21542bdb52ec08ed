"""Excel workbooks (.xlsx): values as a person sees them, never converted behind their back."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, MissingExtraError, UsageError, listed, shown
from workbench.exchange.records import Parsed, check_growth, check_shape, check_size
from workbench.exchange.values import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SHEET_ROWS = 1_048_576
"""What Excel itself allows (its published limits); a file may claim any row number."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(name: str, data: bytes, *, sheet: str | None = None) -> Parsed:
    """Read one sheet of an Excel workbook; its first filled row is the header.

    Formulas are read as their stored values, dates as ISO 8601 text, `00042` under the number
    format `00000` as it is shown, and a cell error such as #N/A as missing (counted in the notes).

    Args:
        name: The file's name, for messages.
        data: Its bytes.
        sheet: Which sheet; needed when there are several.

    Raises:
        MissingExtraError: openpyxl or defusedxml is not installed.
        UsageError: The workbook shows several sheets and none was named, or none has this name.
        InputError: The file is damaged, too large, has no rows, or was never calculated.
    """
    # With defusedxml present, openpyxl refuses entities that grow without end.
    if find_spec("openpyxl") is None or find_spec("defusedxml") is None:
        raise MissingExtraError(f'{name}: Excel files need an extra; pip install "workbench[excel]"')
    import openpyxl

    with _sentences(name):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
        check_size(name, size)
        check_growth(name, len(data), size)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        # What a workbook hides, such as the values of its lists, is not what somebody means.
        visible = [one.title for one in book.worksheets if one.sheet_state == "visible"]
        title = _title(name, book.sheetnames if sheet else visible or book.sheetnames, sheet)
        if _never_calculated(data, title, book[title]):
            raise InputError(f"{name} holds formulas without values; open it in Excel and save it once")
        return _parsed(name, book[title])


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Turn whatever openpyxl raises on a damaged file into one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InputError, UsageError):
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises KeyError, TypeError, ParseError and others on damage
        raise InputError(f"{name} is no Excel workbook, or it is damaged; save it as .xlsx again") from None


def _title(name: str, titles: list[str], sheet: str | None) -> str:
    if sheet is None and len(titles) > 1:
        raise UsageError(
            f"{name} has {len(titles)} sheets; pass --sheet with one of {listed(titles, most=10)}"
        )
    if sheet is not None and sheet not in titles:
        raise UsageError(f"{name} has no sheet {shown(sheet)}; it has {listed(titles, most=10)}")
    return sheet or titles[0]


def _never_calculated(data: bytes, title: str, values: Any) -> bool:
    """Say whether a sheet has formulas, and not one of them a stored value."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
        if not any(b"<f" in archive.read(part) for part in sheets):
            return False
    formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True)[title]
    stored = [
        value.value is not None
        for formula_row, value_row in zip(formulas.iter_rows(), values.iter_rows(), strict=True)
        for formula, value in zip(formula_row, value_row, strict=True)
        if formula.data_type == "f"
    ]
    return bool(stored) and not any(stored)


def _parsed(name: str, sheet: Any) -> Parsed:
    sheet.reset_dimensions()
    columns: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    errors = width = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        width += len(cells)
        check_shape(name, rows=len(rows), values=width)
        if number > MAX_SHEET_ROWS:
            raise InputError(
                f"{name} sheet row {number:,} is beyond what Excel allows; save it as .xlsx again"
            )
        values = [_value(cell) for cell in cells]
        while values and values[-1] is None:
            values.pop()
        if not values:
            continue
        if not columns:
            columns = _columns(name, values)
            continue
        if len(values) > len(columns):
            raise InputError(
                f"{name} sheet row {number} has {len(values)} cells, the header has {len(columns)}; name every column"
            )
        errors += sum(cell.data_type == "e" for cell in cells)
        rows.append(dict(zip(columns, values + [None] * (len(columns) - len(values)), strict=True)))
        places.append(f"sheet row {number}")
    if not rows:
        raise InputError(f"{name} {'has a header and no rows' if columns else 'is empty'}; export it again")
    note = f"{errors:,} cell{'s' * (errors > 1)} with an Excel error such as #N/A read as missing"
    return Parsed(columns=columns, rows=rows, places=places, notes=(note,) * bool(errors))


def _columns(name: str, values: list[Any]) -> tuple[str, ...]:
    columns = tuple(
        str(value).strip() if value is not None else f"column {n}" for n, value in enumerate(values, 1)
    )
    check_shape(name, columns=len(columns))
    twice = [column for number, column in enumerate(columns) if column in columns[:number]]
    if twice:
        raise InputError(f"{name} header: {shown(twice[0])} names two columns; rename one of them")
    return columns


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None or isinstance(value, bool):
        return value
    if cell.data_type == "e":
        return None
    if isinstance(value, int | float):
        shape = cell.number_format
        return Number(str(value).zfill(len(shape)) if set(shape) == {"0"} else value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    # ECMA-376, 22.9.2.19: a character that XML cannot hold is written _xHHHH_.
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), str(value))
