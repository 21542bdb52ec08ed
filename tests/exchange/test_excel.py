"""Excel: what a person sees on the sheet, and no trick of the format."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from workbench.errors import InputError
from workbench.exchange import excel


def book(*rows: tuple[Any, ...]) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    return made


def saved(made: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return a workbook with its first sheet changed by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if part.endswith("sheet1.xml"):
                assert old in content
                content = content.replace(old, new)
            after.writestr(part, content)
    return out.getvalue()


def test_rows_are_placed_as_excel_counts_them() -> None:
    read = excel.read("seed.xlsx", saved(book((), ("case_id", "text"), ("r1", "hi"), (), ("r2", "NA"))))

    assert read.places == ["sheet row 3", "sheet row 5"]
    assert read.rows[1] == {"case_id": "r2", "text": "NA"}


def test_numbers_and_flags_are_what_the_sheet_shows() -> None:
    read = excel.read("seed.xlsx", saved(book(("case_id", "score", "held", "note"), (42, 0.5, True, None))))

    assert read.rows == [{"case_id": "42", "score": "0.5", "held": True, "note": None}]


def test_a_column_without_a_name_gets_one_and_empty_ones_at_the_end_are_none() -> None:
    read = excel.read("seed.xlsx", saved(book(("case_id", None, "text", None), ("r1", 7, "hi", None))))

    assert read.columns == ("case_id", "column 2", "text")


def test_cell_errors_are_missing_and_counted() -> None:
    made = book(("case_id", "text", "expected"), ("r1", "hi", "#N/A"))
    made.active["C2"].data_type = "e"
    read = excel.read("seed.xlsx", saved(made))

    assert read.rows[0]["expected"] is None
    assert read.notes == ("1 cell with an Excel error such as #N/A read as missing",)


def test_some_formulas_may_be_blank_when_others_were_calculated() -> None:
    made = book(("case_id", "text", "expected"), ("r1", "hi", "=A1"), ("r2", "ho", '=IF(TRUE,"","")'))
    data = patched(saved(made), b"<f>A1</f><v />", b"<f>A1</f><v>7</v>")

    assert [row["expected"] for row in excel.read("seed.xlsx", data).rows] == ["7", None]


def test_a_row_number_beyond_excel_is_refused_and_not_counted_up_to() -> None:
    data = patched(saved(book(("case_id", "text"), ("r1", "hi"))), b'<row r="2">', b'<row r="99999999999">')

    with pytest.raises(InputError, match=r"^seed\.xlsx sheet row 1,048,577 is beyond what Excel allows"):
        excel.read("seed.xlsx", patched(data, b'r="A2"', b'r="A99999999999"'))


def test_entities_that_grow_without_end_are_refused() -> None:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    bomb = b'<!DOCTYPE worksheet [<!ENTITY l0 "lol">' + entities + b"]><worksheet"
    data = patched(saved(book(("case_id", "text"), ("r1", "hi"))), b"<worksheet", bomb)

    with pytest.raises(InputError, match=r"^seed\.xlsx is no Excel workbook, or it is damaged"):
        excel.read("seed.xlsx", data)
