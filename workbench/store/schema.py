"""The database schema, read from the tables' declarations, and how a cell is kept in it.

Both engines hold the same bytes: JSON is canonical JSON text, a time is ISO-8601 text in UTC with
microseconds and `Z`, and numbers are IEEE doubles. What is never changed is guarded by triggers.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.columns import DTYPES
from workbench.provenance import canonical
from workbench.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from workbench.columns import Column, Kind, Table

VERSION = 4
"""The schema that this package writes. A new table needs no new version, a changed one does."""

ROW = "_row"
"""The internal column that keeps the order in which rows were added; no frame shows it."""

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TYPES: Mapping[Kind, sa.types.TypeEngine[Any]] = {
    "text": sa.Text(),
    "integer": _WHOLE,
    "number": sa.Double(),
    "flag": sa.Boolean(),
    "json": sa.Text(),
    "time": sa.Text(),
}

METADATA = sa.MetaData()

STAMP = sa.Table("workbench_schema", METADATA, sa.Column("version", sa.Integer, nullable=False))
"""One row: the version of the schema. A database without this table is not ours."""

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION workbench_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION '%% is append-only: no row is changed or deleted', TG_TABLE_NAME; END $body$
"""


def sql_table(table: Table) -> sa.Table:
    """Return the database's table of a declared table."""
    return METADATA.tables[table.name]


def _declare(table: Table) -> None:
    columns = [sa.Column(c.name, _TYPES[c.kind], nullable=c.nullable) for c in table.columns]
    row = sa.Column(ROW, _WHOLE, primary_key=True, autoincrement=True)
    made = sa.Table(
        table.name, METADATA, row, *columns, sa.UniqueConstraint(*table.key), sqlite_autoincrement=True
    )
    if table.append_only:
        for dialect, statements in (
            ("sqlite", _sqlite_guards(table)),
            ("postgresql", _postgresql_guards(table)),
        ):
            for statement in statements:
                sa.event.listen(made, "after_create", sa.DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


def _sqlite_guards(table: Table) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only: no row is changed or deleted'); END"
    # INSERT OR REPLACE deletes the older row without firing a DELETE trigger.
    same = [" AND ".join(f"{c} = NEW.{c}" for c in columns) for columns in ((ROW,), table.key)]
    stored = " OR ".join(f"({condition})" for condition in same)
    exists = f"EXISTS (SELECT 1 FROM {table.name} WHERE {stored})"  # noqa: S608 - names of our own declarations
    return [
        f"CREATE TRIGGER {table.name}_no_update BEFORE UPDATE ON {table.name} {refuse}",
        f"CREATE TRIGGER {table.name}_no_delete BEFORE DELETE ON {table.name} {refuse}",
        f"CREATE TRIGGER {table.name}_no_replace BEFORE INSERT ON {table.name} WHEN {exists} {refuse}",
    ]


def _postgresql_guards(table: Table) -> list[str]:
    events = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} FOR EACH STATEMENT"
    return [
        _REFUSE_FUNCTION,
        f"CREATE TRIGGER {table.name}_append_only {events} EXECUTE FUNCTION workbench_refuse()",
    ]


for _table in TABLES:
    _declare(_table)


def cell(column: Column, value: Any) -> Any:
    """Return one value, not missing, as the database keeps it."""
    return _KEPT[column.kind](value)


def _iso(value: Any) -> str:
    text: str = value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


_KEPT: Mapping[Kind, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "flag": bool,
    "json": canonical,
    "time": _iso,
}


def encoded(table: Table, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return checked rows as the database keeps them; missing is NULL."""
    return [
        {
            column.name: None if row[column.name] is None else cell(column, row[column.name])
            for column in table.columns
        }
        for row in rows
    ]


def mapping(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    """Return a row of the database, in the order of the table's columns, with None for what is missing."""
    return {
        column.name: None if value is None else _READ[column.kind](value)
        for column, value in zip(table.columns, row, strict=True)
    }


_READ: Mapping[Kind, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "flag": bool,
    "json": json.loads,
    "time": dt.datetime.fromisoformat,
}


def decoded(table: Table, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Return rows of the database, in the order of the table's columns, as a typed frame."""
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(table.columns)
    series = {c.name: _series(c, values) for c, values in zip(table.columns, columns, strict=True)}
    return pd.DataFrame(series, columns=table.names)


def _series(column: Column, values: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.kind == "json":
        return pd.Series([None if v is None else json.loads(v) for v in values], dtype="object")
    if column.kind == "time":
        times = pd.to_datetime(pd.Series(list(values), dtype="str"), format="ISO8601", utc=True)
        return pd.Series(times.array, dtype=DTYPES["time"])
    return pd.Series(list(values), dtype=DTYPES[column.kind])
