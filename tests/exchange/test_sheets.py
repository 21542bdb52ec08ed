"""Spreadsheets: nothing of a customer's text is ever run, and nothing of it is lost."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.exchange import delimited, excel, sheets
from workbench.exchange.asked import Asked, Form
from workbench.exchange.records import Records
from workbench.provenance import content_sha256
from workbench.text import turns_text

FORM = Form(
    rubric_version="v3",
    policy="",
    checklist=[],
    expected={f"value {n}, with a comma": "" for n in range(40)},
    reasons={"caricature": "", "too_easy": ""},
    verdicts=("skip", "reject", "keep", "revise"),
)
RUN = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet may run, as OWASP lists them."""

HOSTILE = [f"{sign}cmd|'/C calc'!A0" for sign in RUN] + [
    "'=1+1",
    "hi\n=1+1",
    'so;"=1+1"',
    "|@SUM(1)",
    "\t-1",
    "''",
]

ANY = st.text(st.characters(exclude_categories=["Cs"]))
TRICKY = st.text("=+-@\t\r\n;,|\"' a\uff1d_x0041_\x16\ufffe")


def asked(text: str, case_id: str = "p1", cell: str | None = None) -> Asked:
    turns = [{"role": "user", "text": text}]
    return Asked(case_id, content_sha256(turns, {"facts": text}) or "", turns, {"facts": text}, cell)


def in_csv(*cases: Asked) -> list[dict[str, Any]]:
    return delimited.read("review.csv", sheets.csv_files(cases, FORM)["review.csv"]).rows


def in_excel(*cases: Asked) -> list[dict[str, Any]]:
    return excel.read("review.xlsx", sheets.xlsx_files(cases, FORM)["review.xlsx"], sheet="review").rows


def book(*cases: Asked) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(sheets.xlsx_files(cases, FORM)["review.xlsx"]))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_begins_like_a_formula_whatever_it_is_parted_by(text: str) -> None:
    """The claimed cell stands in a cell by itself, without a role before it."""
    file = sheets.csv_files([asked(text, "-5", text)], FORM)["review.csv"].decode("utf-8-sig")
    for separator in ",;\t|":
        found = [
            cell for row in csv.reader(io.StringIO(file, newline=""), delimiter=separator) for cell in row
        ]

        assert not [cell for cell in found if cell.startswith(RUN)], separator


@given(TRICKY)
def test_no_mix_of_signs_begins_a_formula(text: str) -> None:
    file = sheets.csv_files([asked(text, cell=text)], FORM)["review.csv"].decode("utf-8-sig")
    for separator in ",;\t|":
        found = [
            cell for row in csv.reader(io.StringIO(file, newline=""), delimiter=separator) for cell in row
        ]

        assert not [cell for cell in found if cell.startswith(RUN)]


def test_no_cell_of_a_workbook_is_a_formula_now_or_when_it_is_edited() -> None:
    made = book(*[asked(text, f"p{n}", text) for n, text in enumerate(HOSTILE)])
    cells = [cell for sheet in made for row in sheet.iter_rows() for cell in row]

    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert all(cell.quotePrefix for cell in cells if cell.value is not None)
    assert {cell.number_format for cell in made["review"]["H"][1:]} == {"@"}
    with zipfile.ZipFile(
        io.BytesIO(sheets.xlsx_files([asked("=1+1", cell="=1+1")], FORM)["review.xlsx"])
    ) as parts:
        assert b"<f" not in parts.read("xl/worksheets/sheet1.xml").replace(b"<formula", b"")


@given(ANY | TRICKY)
def test_any_text_survives_a_csv(text: str) -> None:
    case = asked(text, cell=text)
    (row,) = in_csv(case)

    assert all(sheets.same(row[name], whole) for name, whole in case.texts().items())
    assert sheets.unguarded(row["conversation"]) == f"user: {text}".replace("\r\n", "\n").replace("\r", "\n")
    assert (row["case_id"], row["content_sha256"]) == ("p1", case.content_sha256)


@settings(max_examples=40)
@given(ANY | TRICKY)
def test_any_text_survives_a_workbook(text: str) -> None:
    case = asked(text, cell=text)
    (row,) = in_excel(case)

    assert row["conversation"] == f"user: {text}".replace("\r\n", "\n").replace("\r", "\n")
    assert all(sheets.same(row[name] or "", whole) for name, whole in case.texts().items())


@given(ANY | TRICKY)
def test_the_twin_has_every_text_byte_for_byte(text: str) -> None:
    case = asked(text)
    (line,) = sheets.csv_files([case], FORM)["cases.jsonl"].decode("utf-8").split("\n")[:-1]
    told = json.loads(line)

    assert content_sha256(told["turns"], told["context"]) == told["content_sha256"] == case.content_sha256


@pytest.mark.parametrize("text", ["x" * 200_000, "\U0001f621" * 20_000, "\x16" * 30_000, "=" + ";=" * 20_000])
def test_a_text_that_no_cell_holds_says_where_it_goes_on(text: str) -> None:
    case = asked(text)
    for row in (*in_csv(case), *in_excel(case)):
        shown = row["conversation"]

        assert len(shown.encode("utf-16-le")) // 2 <= 32_767
        assert shown.endswith(" more characters do not fit a cell; read the whole text in cases.jsonl]")
        assert sheets.same(shown, turns_text(case.turns))
    assert text in json.loads(sheets.xlsx_files([case], FORM)["cases.jsonl"])["turns"][0]["text"]


def test_the_longest_text_that_a_cell_holds_is_whole() -> None:
    text = "x" * (32_767 - len("user: "))

    assert [len(row["conversation"]) for row in (*in_csv(asked(text)), *in_excel(asked(text)))] == [
        32_767
    ] * 2


@pytest.mark.parametrize("other", ["user: where is it", "where is it?", "user: where is it?\nand", ""])
def test_another_text_is_not_the_same(other: str) -> None:
    assert sheets.same("user: where is it?\n", "user: where is it?\r\n")
    assert not sheets.same(other, "user: where is it?")


def test_the_workbook_offers_the_rubric_and_fills_in_nothing() -> None:
    made = book(asked("where is it", "p1"), asked("hello", "p2"))
    sheet, lists = made["review"], made["lists"]
    header = [cell.value for cell in sheet[1]]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    place = {name: "ABCDEFGHIJKLMNO"[header.index(name)] for name in header}

    assert (sheet.freeze_panes, lists.sheet_state) == ("B2", "hidden")
    assert sheet["B2"].alignment.wrap_text
    for name, answers in {"realistic": 2, "expected": 40, "fits_cell": 2, "verdict": 4, "reasons": 2}.items():
        rule = rules[f"{place[name]}2:{place[name]}3"]
        offered = [row[0].value for row in made["lists"][rule.formula1.split("!")[1].replace("$", "")]]
        assert len(offered) == answers
        assert rule.showErrorMessage is (name != "reasons")
    assert [cell.value for cell in lists["D"]][:5] == ["verdict", *FORM.verdicts]
    for name in (
        "realistic",
        "expected",
        "fits_cell",
        "verdict",
        "reasons",
        "revised",
        "note",
        "reviewer",
        "at",
    ):
        assert [sheet[f"{place[name]}{row}"].value for row in (2, 3)] == [None, None]


def read(rows: list[dict[str, Any]]) -> Records:
    columns = tuple(rows[0])
    found = Records(name="review.csv", sha256="0" * 64, columns=columns, rows=rows, places=[f"row {n}" for n, _ in enumerate(rows, 1)])  # fmt: skip
    return sheets.decisions(found)


def test_rows_that_nobody_filled_in_are_left_open_and_counted() -> None:
    one, two = in_csv(asked("where is it", "-5"), asked("hello", "p2"))
    done = read([one | {"verdict": "keep", "note": "'=good"}, two | {"reviewer": "Kim"}])

    assert [(row["case_id"], row["verdict"], row["note"]) for row in done.rows] == [("-5", "keep", "=good")]
    assert (done.places, done.notes) == (["row 1"], ("not decided yet: 1",))


def test_a_table_that_is_no_sheet_of_a_review_is_refused() -> None:
    with pytest.raises(UsageError, match=r"review\.csv is no sheet of a review; it needs case_id"):
        read([{"case_id": "p1", "verdict": "keep"}])
