"""Every table is declared once, and the declarations make sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from workbench.columns import DTYPES
from workbench.errors import TableError
from workbench.tables import CASES, LABELS, OUTCOMES, RESULTS, TABLES, VERDICTS, dictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.columns import Table

    Row = Callable[..., dict[str, Any]]

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def test_names_of_tables_are_distinct_and_plain() -> None:
    names = [table.name for table in TABLES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


@each_table
def test_a_declaration_is_complete(table: Table) -> None:
    assert table.row
    assert len(set(table.names)) == len(table.columns)
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name), column.name
        assert column.meaning, column.name
        assert column.kind in DTYPES, column.name
        assert not (column.allowed or column.pattern) or column.kind == "text", column.name
        assert column.low < column.high, column.name
        re.compile(column.pattern)


@each_table
def test_keys_are_columns_that_are_never_missing(table: Table) -> None:
    assert table.key
    for name in table.key:
        assert not table[name].nullable, name
        assert table[name].kind in {"text", "integer", "time"}, name


@each_table
def test_units_stand_in_names_or_in_the_unit(table: Table) -> None:
    for column in table.columns:
        for suffix, unit in (("_usd", "USD"), ("_ms", "ms"), ("_pp", "pp"), ("_s", "s"), ("_at", "UTC")):
            if column.name.endswith(suffix) and column.kind in {"number", "integer", "time"}:
                assert column.unit == unit, column.name


def test_only_measures_and_holds_may_be_replaced() -> None:
    assert [table.name for table in TABLES if not table.append_only] == ["measures", "holds"]


def test_outcomes_keep_missing_apart_from_fail() -> None:
    assert OUTCOMES == ("pass", "fail", "error", "unscored")
    assert VERDICTS == ("SHIP", "BLOCK", "NO VERDICT", "REFUSED")


def test_a_case_of_a_customer_passes_the_check(new_case: Row) -> None:
    frame = CASES.frame(
        [
            new_case(
                "demo-0001", "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money"
            )
        ]
    )
    assert frame["turns"].iloc[0][0]["text"].startswith("ordered 9 days ago")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"case_id": "a b"}, r"^cases.case_id of 'a b': 'a b' does not match"),
        ({"case_id": "x" * 65}, r"^cases.case_id of .* does not match"),
        ({"case_id": "../etc"}, r"^cases.case_id of .* does not match"),
        ({"tag": "production"}, r"^cases.tag of 'r1': 'production' does not match"),
        ({"tag": "prod\n"}, r"^cases.tag of 'r1': 'prod\\n' does not match"),
        (
            {"bucket": "real"},
            r"^cases.bucket of 'r1': 'real' is none of seed, golden, prompted, persona, mutation, redteam$",
        ),
        ({"split": "test"}, r"^cases.split of 'r1': 'test' is none of train, eval, holdout$"),
        ({"generator_family": "Opus"}, r"^cases.generator_family of 'r1': 'Opus' does not match"),
        ({"content_sha256": "abc"}, r"^cases.content_sha256 of 'r1': 'abc' does not match"),
        ({"cost_usd": -0.01}, r"^cases.cost_usd of 'r1': '-0.01' is outside 0 to inf$"),
        ({"must_hold": None}, r"^cases.must_hold of 'r1' is missing; this column needs a value$"),
    ],
)
def test_a_case_that_breaks_the_rules_is_refused(
    new_case: Row, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        CASES.frame([new_case("r1") | changes])


@pytest.mark.parametrize("kind", ["gold", "Human", ""])
def test_a_label_has_one_of_the_declared_kinds(new_label: Row, kind: str) -> None:
    with pytest.raises(TableError, match=r"is none of human, programmatic, provisional, inherited, claimed$"):
        LABELS.frame([new_label("r1", kind=kind)])


def test_a_model_may_be_named_in_any_way_up_to_200_characters() -> None:
    column = RESULTS["model"]
    for name in ("gpt-oss:120b @ build 5", "claude <b>", "モデル\n2", "x" * 200):
        assert re.fullmatch(column.pattern, name)
    assert not re.fullmatch(column.pattern, "x" * 201)
    assert not re.fullmatch(column.pattern, "")


def test_the_data_dictionary_has_every_table_and_column() -> None:
    text = dictionary()
    for table in TABLES:
        section = text.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        assert table.row in section
        rows = re.findall(r"^\| (\w+) \| \w+ \| (may be|never) \| .* \| .+ \|$", section, re.MULTILINE)
        assert [name for name, _ in rows] == table.names
        assert [missing == "may be" for _, missing in rows] == [column.nullable for column in table.columns]
