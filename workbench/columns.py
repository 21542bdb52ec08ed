"""What a column is, what a table is, and the check of a frame against its declaration.

A table is declared once, in `workbench.tables`. The check here, the database schema
(`workbench.store`) and the data dictionary (`data/README.md`) are read from that declaration.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import TableError, listed, shown
from workbench.provenance import canonical

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    import pandas as pd

Kind = Literal["text", "integer", "number", "flag", "json", "time"]

DTYPES: Mapping[Kind, str] = {
    "text": "str",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "json": "object",
    "time": "datetime64[us, UTC]",
}
"""The pandas dtype of each kind. Missing is NaN or <NA>, never an empty text and never 0."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name, the same in frames, database, files and charts.
        kind: What a value is; see `DTYPES` for the dtype in a frame.
        meaning: One line for the data dictionary.
        nullable: Whether a value may be missing.
        allowed: The values that may occur; empty for any.
        pattern: A regular expression that a text matches whole; empty for any.
        unit: The unit of a number, e.g. `USD`, `0-1`.
        low: The smallest number allowed.
        high: The largest number allowed.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what a row is, its columns, and what makes a row unique.

    Attributes:
        name: The table's name in the database and in messages.
        row: What one row is, for the data dictionary.
        columns: The columns in their order.
        key: The columns that name a row in messages and in the primary key.
        append_only: Whether the database refuses to change or delete a row.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    append_only: bool = True
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._by_name)

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def frame(self, rows: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
        """Return checked rows as a frame with every column, typed; absent values are missing.

        Args:
            rows: One mapping per row; a key that is no column is an error.

        Raises:
            TableError: A row breaks the declaration.

        Example:
            >>> from workbench.tables import LABELS
            >>> len(LABELS.frame()), list(LABELS.frame())[:3]
            (0, ['label_id', 'case_id', 'expected'])
        """
        import pandas as pd

        found = list(rows)
        self._refuse_unknown(found)
        columns = {name: [row.get(name) for row in found] for name in self._by_name}
        return self.check(pd.DataFrame(columns, columns=self.names, dtype=object))

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return rows as `frame` would, but as mappings with None for what is missing.

        For a few rows this takes a fraction of the time of a frame.

        Raises:
            TableError: A row breaks the declaration.

        Example:
            >>> from workbench.tables import HOLDS
            >>> HOLDS.rows([{"case_id": "m1", "reviewer": "Reviewer"}])
            Traceback (most recent call last):
            workbench.errors.TableError: holds.session_id of 'm1 Reviewer' is missing; this column needs a value
        """
        found = list(rows)
        self._refuse_unknown(found)
        keys = [" ".join(str(row.get(part)) for part in self.key) for row in found]
        checked = [
            {column.name: _checked(self, column, row.get(column.name), key) for column in self.columns}
            for row, key in zip(found, keys, strict=True)
        ]
        twice = sorted({key for key, many in Counter(keys).items() if many > 1})
        if twice:
            raise TableError(f"{self.name}: {' + '.join(self.key)} is not unique: {listed(twice)}")
        return checked

    def _refuse_unknown(self, rows: Iterable[Mapping[str, Any]]) -> None:
        unknown = sorted({str(key) for row in rows for key in row} - set(self._by_name))
        if unknown:
            raise TableError(f"{self.name}: no column {listed(unknown)}; it has {', '.join(self._by_name)}")

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a new frame with this table's columns, typed, or say what breaks the declaration.

        Args:
            frame: A frame with at least this table's columns; further columns are an error.

        Returns:
            A new frame in declared column order with the dtypes of `DTYPES`.

        Raises:
            TableError: Columns are absent or unknown, a value has the wrong kind, range or
                form, or two rows share a key. The message names table, column, rows and value.
        """
        import pandas as pd

        self.check_names(frame)
        keys = [" ".join(str(part) for part in row) for row in frame[list(self.key)].itertuples(index=False)]
        typed = {column.name: _typed(self, column, frame[column.name], keys) for column in self.columns}
        checked = pd.DataFrame(typed, columns=self.names)
        self._check_key(checked)
        return checked

    def check_names(self, frame: pd.DataFrame) -> None:
        """Refuse a frame whose columns are not those of this table, each once.

        Raises:
            TableError: Columns are absent, unknown or there twice.
        """
        for wrong, word in (
            ([n for n in self._by_name if n not in frame.columns], "lacks"),
            ([str(n) for n in frame.columns if n not in self._by_name], "has no"),
            ([str(n) for n in frame.columns[frame.columns.duplicated()]], "has twice the"),
        ):
            if wrong:
                raise TableError(f"{self.name}: the table {word} column {listed(wrong)}")

    def _check_key(self, frame: pd.DataFrame) -> None:
        columns = self.key
        twice = frame.duplicated(subset=list(columns), keep=False)
        if twice.any():
            rows = [" ".join(str(v) for v in row) for row in frame.loc[twice, list(columns)].to_numpy()]
            raise TableError(f"{self.name}: {' + '.join(columns)} is not unique: {listed(sorted(set(rows)))}")


def _typed(table: Table, column: Column, values: pd.Series[Any], keys: list[str]) -> pd.Series[Any]:
    import pandas as pd

    cells = [_checked(table, column, value, key) for key, value in zip(keys, values, strict=True)]
    if column.kind == "number":
        cells = [math.nan if cell is None else cell for cell in cells]
    return pd.Series(cells, dtype=DTYPES[column.kind], name=column.name)


def _checked(table: Table, column: Column, value: Any, key: str) -> Any:
    """Return one value, None for what is missing, or say what breaks the declaration."""
    cell = None if _missing(value) else value
    fault = _fault(column, cell)
    if fault:
        where = f"{table.name}.{column.name} of {shown(key)}" if key else f"{table.name}.{column.name}"
        raise TableError(f"{where} {fault}" if cell is None else f"{where}: {shown(cell)} {fault}")
    return float(cell) if column.kind == "number" and cell is not None else cell


def _missing(value: object) -> bool:
    import pandas as pd

    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _fault(column: Column, value: object) -> str:
    """Say what is wrong with one value, or nothing."""
    if value is None:
        return "" if column.nullable else "is missing; this column needs a value"
    if not _is_kind(column.kind, value):
        return f"is not {_ARTICLE[column.kind]}"
    return _unkept(column.kind, value) or _undeclared(column, value)


def _undeclared(column: Column, value: Any) -> str:
    """Say which declared form or range a value of the right kind breaks, or nothing."""
    if isinstance(value, str) and column.kind == "text":
        if column.allowed and value not in column.allowed:
            return f"is none of {', '.join(column.allowed)}"
        if column.pattern and not re.fullmatch(column.pattern, value):
            return f"does not match {column.pattern}"
    if column.kind in {"integer", "number"} and not column.low <= float(value) <= column.high:
        return f"is outside {column.low:g} to {column.high:g}"
    return ""


_ARTICLE: Mapping[Kind, str] = {
    "text": "a text",
    "integer": "a whole number of at most 64 bits",
    "number": "a finite number",
    "flag": "true or false",
    "json": "JSON",
    "time": "a time with its zone",
}


def _unkept(kind: Kind, value: Any) -> str:
    """Say what in a text or JSON value no database, file or hash can hold, or nothing."""
    if kind not in {"text", "json"}:
        return ""
    try:
        text = canonical(value)
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which is no character; replace it with U+FFFD"
    except (TypeError, ValueError, RecursionError):
        return "is not JSON, which holds texts, finite numbers, true, false, null, lists and objects"
    # JSON writes NUL as \u0000; PostgreSQL cannot hold it in a text.
    if "\\u0000" in text and _has_nul(value):
        return "holds the character NUL (U+0000), which PostgreSQL cannot hold; remove it"
    return ""


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(_has_nul(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _is_kind(kind: Kind, value: object) -> bool:
    import datetime as dt

    import numpy as np

    flag = isinstance(value, bool | np.bool_)
    if kind == "text":
        return isinstance(value, str)
    if kind == "integer":
        return isinstance(value, int | np.integer) and not flag and bool(-(2**63) <= value < 2**63)
    if kind == "number":
        return isinstance(value, int | float | np.integer | np.floating) and not flag and _finite(value)
    if kind == "flag":
        return flag
    if kind == "time":
        return isinstance(value, dt.datetime) and value.tzinfo is not None and _in_range(value)
    return isinstance(value, dict | list | str | int | float | bool)


def _finite(value: Any) -> bool:
    try:
        return bool(math.isfinite(value))
    except OverflowError:
        return False


def _in_range(value: dt.datetime) -> bool:
    """Say whether a time is still between the years 1 and 9999 in UTC."""
    import datetime as dt

    try:
        value.astimezone(dt.UTC)
    except OverflowError:
        return False
    return True
