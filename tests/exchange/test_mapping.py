"""Columns and rows are chosen by option, and never by a guess."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import InputError, UsageError
from workbench.exchange.mapping import Mapping
from workbench.exchange.records import Records
from workbench.exchange.values import Number


def records(*rows: dict[str, Any]) -> Records:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    places = [f"row {number}" for number in range(1, len(rows) + 1)]
    return Records(name="results.csv", sha256="0" * 64, columns=columns, rows=list(rows), places=places)


ROWS = records(
    {"id": "r1", "refund": True, "trial": Number("1"), "model": "gpt-oss", "build": "5"},
    {"id": "r2", "refund": False, "trial": Number("2"), "model": "gpt-oss", "build": None},
    {"id": "r3", "refund": True, "trial": Number("2"), "model": "opus", "build": "7"},
)


def test_conditions_compare_the_files_own_text_and_all_must_hold() -> None:
    kept = Mapping.of(where=["refund==true", "trial == 2"]).selected(ROWS)

    assert [row["id"] for row in kept.rows] == ["r3"]
    assert kept.places == ["row 3"]


def test_a_missing_value_is_the_empty_text() -> None:
    assert [row["id"] for row in Mapping.of(where=["build=="]).selected(ROWS).rows] == ["r2"]


def test_a_value_may_hold_equals_signs() -> None:
    assert Mapping.of(where=["id==a==b"]).where[0].value == "a==b"


def test_a_condition_that_nothing_meets_lists_what_there_is_most_often() -> None:
    with pytest.raises(
        InputError, match=r"^results\.csv: no row has model == 'gpt'; found 'gpt-oss', 'opus'$"
    ):
        Mapping.of(where=["model==gpt"]).selected(ROWS)


def test_columns_join_by_a_template_and_a_missing_part_is_missing() -> None:
    source = Mapping.of(["model={model}@{build}"]).sources(ROWS, ["model"])["model"]

    assert [source.value(row) for row in ROWS.rows] == ["gpt-oss@5", None, "opus@7"]
    assert source.columns == ("model", "build")


def test_a_template_takes_flags_and_numbers_as_the_file_writes_them() -> None:
    source = Mapping.of({"slice": "{refund}-{trial}"}).sources(ROWS, ["slice"])["slice"]

    assert source.value(ROWS.rows[0]) == "true-1"


def test_a_column_whose_name_has_braces_is_that_column() -> None:
    odd = records({"{model}": "opus", "model": "gpt-oss"})

    assert Mapping.of(["model={model}"]).sources(odd, ["model"])["model"].value(odd.rows[0]) == "opus"


def test_columns_of_the_same_name_need_no_option_and_options_go_first() -> None:
    sources = Mapping.of(["trial=build"]).sources(ROWS, ["model", "trial", "judge"])

    assert {name: source.columns for name, source in sources.items()} == {
        "model": ("model",),
        "trial": ("build",),
    }


@pytest.mark.parametrize("option", ["model", "=model", "model=", " = "])
def test_half_an_option_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="is not NAME=SOURCE, such as case_id=ID"):
        Mapping.of([option])


@pytest.mark.parametrize("option", ["model", "model=opus", "==opus", "model!==opus", "model<==3"])
def test_half_a_condition_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="is not SOURCE==VALUE"):
        Mapping.of(where=[option])
