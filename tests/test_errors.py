"""One tree of errors, and values as messages show them."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import errors
from workbench.errors import SHOWN_CHARACTERS, QuarantineError, TableError, WorkbenchError, listed, shown

TREE = {
    "WorkbenchError": Exception,
    "InputError": ValueError,
    "QuarantineError": errors.InputError,
    "TableError": errors.InputError,
    "SettingsError": ValueError,
    "UsageError": ValueError,
    "CapError": errors.UsageError,
    "StoreError": RuntimeError,
    "StoppedError": RuntimeError,
    "SafetyError": PermissionError,
    "MissingExtraError": ImportError,
    "ReportError": RuntimeError,
}


def test_every_error_hangs_on_one_root_and_on_the_builtin_that_people_expect() -> None:
    found = {
        name: kind
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    assert found.keys() == TREE.keys()
    for name, kind in found.items():
        assert issubclass(kind, WorkbenchError)
        assert issubclass(kind, TREE[name])
        assert kind.__doc__


def test_the_drawing_of_the_tree_names_every_error() -> None:
    assert errors.__doc__ is not None
    assert {name for name in TREE if name in errors.__doc__} == set(TREE)


def test_catching_the_root_catches_what_the_package_raises() -> None:
    with pytest.raises(WorkbenchError, match="where is it"):
        raise TableError("where is it")


def test_a_quarantine_keeps_the_sentence_of_every_bad_case() -> None:
    error = QuarantineError(
        "chats.csv: 2 of 184 cases are bad; none was imported", ["row 5: no text", "row 9: no text"]
    )
    assert error.problems == ("row 5: no text", "row 9: no text")
    assert str(error) == "chats.csv: 2 of 184 cases are bad; none was imported"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("where is it????", "'where is it????'"),
        ('it\'s "late"', "'it\\'s \"late\"'"),
        ("two\nlines\tand a \x1b[31m colour", "'two\\nlines\\tand a \\x1b[31m colour'"),
        ("invoice \u202egpj.exe", "'invoice \\u202egpj.exe'"),
        ("half \ud83d", "'half \\ud83d'"),
        ("أريد 😡", "'أريد 😡'"),
        (4481, "'4481'"),
        (None, "'None'"),
        ("", "''"),
    ],
)
def test_a_value_is_shown_quoted_and_on_one_line(value: object, expected: str) -> None:
    assert shown(value) == expected


def test_a_long_value_is_cut_where_it_is_still_recognised() -> None:
    assert shown("where is my money " * 1000) == "'" + ("where is my money " * 5)[:79] + "…'"


@given(st.text(st.characters(), max_size=400))
def test_no_value_breaks_out_of_its_line_or_fills_the_screen(text: str) -> None:
    value = shown(text)
    assert value.splitlines() == [value]
    assert len(value) <= SHOWN_CHARACTERS + 20
    assert value.isprintable()


def test_a_list_shows_its_first_entries_and_counts_the_rest() -> None:
    assert listed(["r1", "r2", "r3"]) == "r1, r2, r3"
    assert listed(["r1", "r2", "r3", "r4"]) == "r1, r2, r3 and 1 more"
    assert listed([f"r{number}" for number in range(2125)]) == "r0, r1, r2 and 2,122 more"
    assert listed([1, 2], most=1) == "1 and 1 more"
    assert listed([]) == ""
