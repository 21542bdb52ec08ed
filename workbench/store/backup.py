"""A backup: the whole database at one moment, as one SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.store import engine as engines
from workbench.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS_AT_ONCE = 5_000
"""Rows held in memory while a PostgreSQL database is copied."""


def write(source: sa.Engine, target: Path) -> Path:
    """Copy a database into a new file, which gets its name only when it is whole.

    Raises:
        StoreError: The file exists already, or cannot be written.
    """
    if target.exists():
        raise StoreError(f"{target} exists already and a backup never overwrites; choose another name")
    if not target.parent.is_dir():
        raise StoreError(
            f"{target} cannot be written because its folder does not exist; make the folder first"
        )
    part = target.with_name(f"{target.name}.part")
    copy: Callable[[sa.Engine, Path], None] = _copy_pages if source.dialect.name == "sqlite" else _copy_rows
    try:
        part.unlink(missing_ok=True)
        copy(source, part)
        _close_log(part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target} could not be written ({error}); choose another place") from error
    finally:
        for left in (part, Path(f"{part}-wal"), Path(f"{part}-shm")):
            left.unlink(missing_ok=True)
    return target


def _copy_pages(source: sa.Engine, part: Path) -> None:
    pooled = source.raw_connection()
    try:
        with closing(sqlite3.connect(part)) as copy:
            pooled.driver_connection.backup(copy)  # type: ignore[union-attr]
    finally:
        pooled.close()


def _copy_rows(source: sa.Engine, part: Path) -> None:
    made = engines.engine(sa.URL.create("sqlite", database=str(part)))
    try:
        engines.prepare(made)
        with engines.reading(source).begin() as old, made.begin() as new:
            for table in schema.METADATA.sorted_tables:
                if schema.ROW in table.c:
                    query = sa.select(table).order_by(table.c[schema.ROW])
                    for rows in old.execute(query).mappings().partitions(ROWS_AT_ONCE):
                        new.execute(table.insert(), [dict(row) for row in rows])
    finally:
        made.dispose()


def _close_log(part: Path) -> None:
    # In write-ahead mode even reading makes two more files; a backup is one, readable on any disk.
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
