"""The store: one database per workspace, to which facts are appended."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from workbench.errors import StoreError, UsageError, listed, shown
from workbench.store import backup, schema
from workbench.store import engine as engines

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from workbench.columns import Table

__all__ = ["Store", "Transaction"]

CHUNK = 10_000
"""Values of one IN list per statement; SQLite takes 32,766 parameters, PostgreSQL 65,535."""


class Transaction:
    """Appends and reads that happen together or not at all; made by `Store.transaction`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def append(self, table: Table, rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> int:
        """Append rows; see `Store.append`."""
        return self._insert(table, _checked(table, rows))

    def read(self, table: Table, **equals: Any) -> pd.DataFrame:
        """Read rows, with what this transaction has appended; see `Store.read`."""
        conditions = {name: _wanted(table, name, value) for name, value in equals.items()}
        return schema.decoded(table, (row[1:] for row in self._rows(table, conditions)))

    def rows(self, table: Table, **equals: Any) -> list[dict[str, Any]]:
        """Read rows as mappings with None for what is missing: for a few rows, faster than a frame."""
        conditions = {name: _wanted(table, name, value) for name, value in equals.items()}
        return [schema.mapping(table, row[1:]) for row in self._rows(table, conditions)]

    def after(self, table: Table, **values: Any) -> list[dict[str, Any]]:
        """Read the rows in which each column named is greater than its value, as `rows` does."""
        made = schema.sql_table(table)
        greater = [made.c[name] > _wanted(table, name, value)[0] for name, value in values.items()]
        found = self._connection.execute(sa.select(made).where(*greater).order_by(made.c[schema.ROW]))
        return [schema.mapping(table, row[1:]) for row in found]

    def replace(self, table: Table, rows: pd.DataFrame | Iterable[Mapping[str, Any]], **equals: Any) -> int:
        """Put rows in the place of those with certain values, in a table that is not append-only.

        Args:
            table: A table of what can be computed again.
            rows: The new rows.
            equals: Which rows go: a value or a list of values by column, at least one.

        Raises:
            StoreError: The table is append-only, or no column is named.
        """
        if table.append_only or not equals:
            raise StoreError(
                f"rows of {table.name} are not replaced: append instead, or name what is replaced"
            )
        checked = _checked(table, rows)
        made = schema.sql_table(table)
        matches = [made.c[name].in_(_wanted(table, name, value)) for name, value in equals.items()]
        self._connection.execute(made.delete().where(*matches))
        return self._insert(table, checked)

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> int:
        if not rows:
            return 0
        try:
            with self._connection.begin_nested():
                self._connection.execute(schema.sql_table(table).insert(), schema.encoded(table, rows))
        except sa.exc.IntegrityError as error:
            raise self._clash(table, rows, error) from error
        return len(rows)

    def _clash(self, table: Table, rows: list[dict[str, Any]], error: sa.exc.IntegrityError) -> StoreError:
        """Find which of the rows are stored already; the failed insert is rolled back by now."""
        names = list(table.key)
        stored = self.rows(table, **{names[0]: [row[names[0]] for row in rows]})
        held = {tuple(row[name] for name in names) for row in stored}
        both = [key for row in rows if (key := tuple(row[name] for name in names)) in held]
        if both:
            keys = [shown(" ".join(str(value) for value in key)) for key in both]
            return StoreError(
                f"{table.name}: {len(both):,} of {len(rows):,} rows are in the store already "
                f"({' + '.join(names)} {listed(keys)}) and nothing was added; leave them out, for no row is changed"
            )
        return StoreError(f"{table.name}: the database refused the rows ({error.orig}) and nothing was added")

    def _rows(self, table: Table, conditions: Mapping[str, list[Any]]) -> list[Any]:
        made = schema.sql_table(table)
        long = next((name for name, values in conditions.items() if len(values) > CHUNK), None)
        if long is not None:
            values = conditions[long]
            parts = [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]
            return sorted(
                (row for part in parts for row in self._rows(table, {**conditions, long: part})),
                key=lambda row: int(row[0]),
            )
        query = sa.select(made).order_by(made.c[schema.ROW])
        for name, values in conditions.items():
            given = [value for value in values if value is not None]
            matches = made.c[name].in_(given)
            query = query.where(matches if len(given) == len(values) else matches | made.c[name].is_(None))
        return list(self._connection.execute(query))


class Store:
    """One database: SQLite by default, PostgreSQL for teams.

    SQLite runs with its write-ahead log and synchronous=FULL, so what was acknowledged survives a
    crash of the process and of the machine. A write transaction starts as a writer, so reading a
    number and then writing the next one is safe between processes and threads, on both engines.
    Tables that are append-only refuse UPDATE and DELETE, also from other programs.

    Args:
        url: `sqlite:////folder/workbench.db`, or `postgresql://user@host/name`.

    Raises:
        UsageError: The address is of another kind.
        StoreError: The database cannot be opened, holds something else, or is newer than this package.

    Example:
        >>> import datetime as dt, tempfile
        >>> from workbench.tables import PREDICTIONS
        >>> forecast = {"cell": "angry/late", "predicted_survival": 0.7, "author": "Analyst",
        ...             "sealed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "seal_sha256": "0" * 64}
        >>> with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/workbench.db") as store:
        ...     store.append(PREDICTIONS, [forecast]), store.read(PREDICTIONS)["cell"].tolist()
        (1, ['angry/late'])
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.url = engines.address(url)
        self._engine = engines.engine(self.url)
        self._reading = engines.reading(self._engine)
        self._local = threading.local()
        try:
            with self._sentences():
                engines.prepare(self._engine)
        except StoreError:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"Store({engines.label(self.url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the one file."""
        self._engine.dispose()

    def append(self, table: Table, rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> int:
        """Append rows in one transaction: all of them, or none.

        Args:
            table: The table's declaration.
            rows: A frame with the table's columns, or one mapping per row; absent keys are missing.

        Returns:
            The number of rows added.

        Raises:
            TableError: A row breaks the declaration.
            StoreError: A row's key is in the store already, or the database refused.
        """
        # Checked before the write lock is taken, so that other writers wait less.
        checked = _checked(table, rows)
        with self.transaction() as tx:
            return tx._insert(table, checked)  # noqa: SLF001

    def read(self, table: Table, **equals: Any) -> pd.DataFrame:
        """Read a table as a typed frame, in the order in which rows were added.

        Args:
            table: The table's declaration.
            equals: For a column, the value that its rows have, or a list of such values; None
                stands for missing. JSON columns cannot be asked for.

        Returns:
            A frame with the declared columns and the dtypes of `workbench.columns.DTYPES`.

        Raises:
            UsageError: A column is unknown, or holds JSON.
            StoreError: The database refused.
        """
        opened = self._opened()
        if opened:
            return opened.read(table, **equals)
        with self._sentences(), self._reading.begin() as connection:
            return Transaction(connection).read(table, **equals)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold the right to write while several tables are read and appended to, all or nothing.

        Leaving the block by an exception undoes everything. Keep it short: other writers wait.

        Raises:
            StoreError: This thread holds a transaction already, or the database refused.

        Example:
            >>> import tempfile
            >>> from workbench.tables import REVIEWS
            >>> with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/w.db") as store:
            ...     with store.transaction() as tx:
            ...         len(tx.read(REVIEWS))
            0
        """
        if self._opened():
            raise StoreError("this thread holds a transaction already; use the append and read of that one")
        with self._sentences(), self._engine.begin() as connection:
            self._local.opened = Transaction(connection)
            try:
                yield self._local.opened
            finally:
                self._local.opened = None

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Write the whole database as it is at this moment into one new SQLite file.

        SQLite is copied by its own backup, while others may go on writing. PostgreSQL is read in
        one snapshot, and its rows go into a SQLite file with the same tables, so that a backup is
        always a file that `Store` opens and that any SQLite tool reads.

        Args:
            path: The file to write; it must not exist yet.

        Returns:
            The path of the file.

        Raises:
            StoreError: The file exists already, or cannot be written.
        """
        with self._sentences():
            return backup.write(self._engine, Path(path))

    def _opened(self) -> Transaction | None:
        return getattr(self._local, "opened", None)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise engines.refusal(error, self.url) from error


def _checked(table: Table, rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    import pandas as pd

    if not isinstance(rows, pd.DataFrame):
        return table.rows(rows)
    table.check_names(rows)
    return table.rows({str(name): value for name, value in row.items()} for row in rows.to_dict("records"))


def _wanted(table: Table, name: str, value: Any) -> list[Any]:
    """Return the values that a column may have, as the database keeps them, each once."""
    import pandas as pd

    if name not in table.names:
        raise UsageError(f"{table.name} has no column {shown(name)}; it has {', '.join(table.names)}")
    column = table[name]
    if column.kind == "json":
        raise UsageError(f"{table.name}.{name} holds JSON; read the table and filter the frame")
    values = list(value) if pd.api.types.is_list_like(value) else [value]
    return list(dict.fromkeys(None if pd.isna(v) else schema.cell(column, v) for v in values))
