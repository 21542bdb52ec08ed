"""CSV and TSV are read strictly, and every cell stays text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.exchange import delimited, records

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.sampled_from([",", "\t"]))
def test_what_a_csv_writer_wrote_comes_back_character_by_character(
    rows: list[tuple[str, str]], mark: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([("case_id", "text"), *rows])

    read = delimited.read("seed.csv", out.getvalue().encode(), delimiter=mark)

    assert [(row["case_id"], row["text"]) for row in read.rows] == rows


def test_places_count_rows_of_data_also_across_line_breaks_and_empty_rows() -> None:
    read = delimited.read("seed.csv", b'case_id,text\nr1,"one\ntwo"\n\n,\nr3,three\n')

    assert read.places == ["row 1", "row 3"]
    assert read.notes == ("1 empty row left out",)


def test_a_column_without_a_name_gets_one() -> None:
    """As pandas writes its index."""
    assert delimited.read("seed.csv", b",case_id\n0,r1\n").columns == ("column 1", "case_id")


def test_semicolons_are_noted() -> None:
    assert delimited.read("seed.csv", b"case_id;text\nr1;a,b\n").notes == ("read as separated by semicolons",)


def test_the_limit_of_a_field_is_given_back_to_the_process() -> None:
    before = csv.field_size_limit()

    read = delimited.read("seed.csv", b"case_id,text\nr1," + b"a" * 200_000)

    assert len(read.rows[0]["text"]) == 200_000
    assert csv.field_size_limit() == before


def test_a_wrong_byte_in_a_row_of_several_lines_is_found_in_that_row() -> None:
    with pytest.raises(InputError, match=r"^seed\.csv row 2 byte 5: not UTF-8"):
        delimited.read("seed.csv", b'case_id,text\nr1,"one\ntwo"\nr2,"\xe9\nsix"\n')


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_ROWS", 2)

    with pytest.raises(InputError, match=r"^seed\.csv has more than 2 rows; split it into smaller files$"):
        delimited.read("seed.csv", b"case_id\nr1\nr2\nr3\n")
