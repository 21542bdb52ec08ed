"""A number of a file is its own text until somebody asks for a number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.exchange.values import Number, holds_nul, mended, own_text, plain


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_becomes_json_never_changes_its_value(number: float) -> None:
    """What a float would change stays a text, digit by digit."""
    kept = plain(Number(repr(number)))

    assert kept == number or kept == repr(number)


def test_a_number_written_in_another_way_than_python_writes_it_stays_a_text() -> None:
    assert plain([Number("1.50"), Number("1e5"), Number("-0")]) == ["1.50", "1e5", "-0"]
    assert plain({"n": Number("9007199254740993")}) == {"n": "9007199254740993"}


def test_the_own_text_of_a_value_is_what_the_file_says() -> None:
    assert [own_text(value) for value in (True, False, None, "NA", Number("0.10"))] == [
        "true",
        "false",
        None,
        "NA",
        "0.10",
    ]
    assert own_text({"b": Number("1"), "a": [None]}) == '{"a":[null],"b":1}'


def test_lone_surrogates_are_replaced_wherever_they_are_and_counted() -> None:
    value = {"so \udc00": ["angry \ud83d", "😡", 7, None]}

    assert mended(value) == ({"so \ufffd": ["angry \ufffd", "😡", 7, None]}, 2)


def test_nul_is_found_in_keys_and_values() -> None:
    assert holds_nul({"a\0": 1})
    assert holds_nul([["fine"], {"a": "b\0"}])
    assert not holds_nul({"a": ["fine", 0, None]})
