"""Checks that are one SQL query over the facts, documents and turns of a case.

Each case has a database of its own in memory. The query can read its three tables and nothing else.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.review.programmatic.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLES = """
CREATE TABLE facts (name TEXT, value NUMERIC);
CREATE TABLE documents (id TEXT, text TEXT);
CREATE TABLE turns (place INTEGER, role TEXT, text TEXT);
"""
"""The tables that a query reads. A fact is named by its path, such as `order.amount` or `order.lines.0.price`;
a text that is a number is stored as one, true is 1 and null is NULL."""

STEPS = 5_000_000
"""Instructions of SQLite's machine that a query may take, about a second."""

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
"""Of a value in bytes, of a LIKE pattern, and of further databases. Source: sqlite.org/security.html."""

REFUSED_FUNCTIONS = frozenset(
    {
        "load_extension", "random", "randomblob", "current_date", "current_time", "current_timestamp", "date", "time",
        "datetime", "julianday", "unixepoch", "strftime", "timediff",
    }
)  # fmt: skip
"""The first leaves the database. The others say something else each time or each day, and a label under
one hash must not. Source: sqlite.org/lang_datefunc.html and lang_corefunc.html."""


def sql(name: str, query: str) -> Check:
    """Return a check that expects the one value that a query gives; without a row, or with NULL, it says nothing.

    Args:
        name: The author of its labels.
        query: A SELECT of one column over the tables of `TABLES`.

    Raises:
        UsageError: SQLite does not take the query, or it does more than read, or asks for a date, a time
            or chance.

    Example:
        >>> late = sql("rule 5c", "SELECT 'refund' FROM facts WHERE name = 'order.days_late' AND value > 3")
        >>> late.says({"turns": [], "context": {"facts": {"order": {"days_late": 9}}}})
        'refund'
    """

    def says(case: Mapping[str, Any]) -> str | None:
        with closing(_database(case)) as database:
            cursor = database.execute(query)
            if len(cursor.description or ()) != 1:
                raise ValueError("the query does not select one column")
            value, *more = [row[0] for row in cursor.fetchmany(2)] or [None]
        if more:
            raise ValueError("the query gives more than one row; make it give one, such as with DISTINCT")
        if isinstance(value, bytes):
            raise TypeError("the query gives bytes; select a text")
        return None if value is None else str(value)

    try:
        says({"turns": [], "context": None})
    except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError) as error:
        raise UsageError(
            f"check {shown(name)} has a query that cannot be used ({error}); write one SELECT of one column over "
            "facts (name, value), documents (id, text) and turns (place, role, text), without functions of date, time "
            "or chance, since a label must not change with the day"
        ) from None
    return Check(name, "sql", query, says)


def _database(case: Mapping[str, Any]) -> sqlite3.Connection:
    """Return a database of one case that can only be read. Values are bound: none is part of a statement."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _fill(database, case)
    except BaseException:
        database.close()
        raise
    database.set_authorizer(_allowed)
    database.set_progress_handler(lambda: 1, STEPS)
    return database


def _fill(database: sqlite3.Connection, case: Mapping[str, Any]) -> None:
    context = case["context"] if isinstance(case["context"], dict) else {}
    documents = context.get("documents") or []
    for limit, most in LIMITS.items():
        database.setlimit(limit, most)
    database.executescript(TABLES)
    database.executemany("INSERT INTO facts VALUES (?, ?)", _flat("", context.get("facts")))
    database.executemany(
        "INSERT INTO documents VALUES (?, ?)",
        [(one.get("id"), one.get("text")) if isinstance(one, dict) else (None, one) for one in documents],
    )
    database.executemany(
        "INSERT INTO turns VALUES (?, ?, ?)",
        [(place, turn["role"], turn["text"]) for place, turn in enumerate(case["turns"])],
    )


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each fact that holds no others, by its path."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from _flat(f"{path}.{key}" if path else str(key), part)
    else:
        yield path, value


def _allowed(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}:
        return sqlite3.SQLITE_OK
    # The name of a WITH clause is read like a table, so the database's own are the ones left out.
    if action == sqlite3.SQLITE_READ and not (first or "").startswith(("sqlite_", "pragma_")):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second not in REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
