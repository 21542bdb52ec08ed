"""Parquet: sizes are known from its metadata and dictionaries before anything is unpacked."""

from __future__ import annotations

import datetime as dt
import io
import math
from decimal import Decimal
from typing import Any

from workbench.errors import InputError, shown
from workbench.exchange.records import Parsed, check_shape, check_size
from workbench.exchange.values import Number

MAGIC = b"PAR1"

BATCH_ROWS = 1_000
"""Rows that are unpacked at a time."""


def read(name: str, data: bytes) -> Parsed:
    """Read a Parquet file.

    Numbers become their shortest text (1.0 is `1.0`), times ISO 8601, NaN is missing.

    Raises:
        InputError: The file is damaged or empty, has too many rows, or unpacks to too much.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not (data.startswith(MAGIC) and data.endswith(MAGIC)):
        raise InputError(f"{name} is no Parquet file, or it is cut off; write it again")
    try:
        metadata = pq.read_metadata(io.BytesIO(data))
        columns = tuple(metadata.schema.to_arrow_schema().names)
        _check(name, metadata, columns)
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=_texts(metadata))
        # A dictionary of one long text repeated a million times is small until it is unpacked,
        # so the first pass only adds up lengths.
        size = 0
        for batch in file.iter_batches(BATCH_ROWS):
            size += sum(_unpacked(column) for column in batch.columns)
            check_size(name, size)
        rows = [
            {key: _value(name, key, value) for key, value in row.items()}
            for batch in file.iter_batches(BATCH_ROWS)
            for row in batch.to_pylist()
        ]
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{name} cannot be read as Parquet ({shown(reason)}); write it again") from None
    return Parsed(columns=columns, rows=rows, places=[f"row {number}" for number in range(1, len(rows) + 1)])


def _check(name: str, metadata: Any, columns: tuple[str, ...]) -> None:
    twice = [column for number, column in enumerate(columns) if column in columns[:number]]
    if twice:
        raise InputError(f"{name} names two columns {shown(twice[0])}; rename one of them")
    check_shape(name, rows=metadata.num_rows, columns=len(columns))
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    check_size(name, sum(group.total_byte_size for group in groups))
    for leaf in range(metadata.num_columns):
        check_shape(name, values=sum(group.column(leaf).num_values for group in groups))
    if metadata.num_rows == 0:
        raise InputError(f"{name} has columns and no rows; write it again")


def _texts(metadata: Any) -> list[str]:
    """Return the paths of text leaves; read as dictionaries, a repeated text is held once."""
    leaves = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    return [
        leaf.path
        for leaf in leaves
        if leaf.physical_type == "BYTE_ARRAY" and leaf.logical_type.type in {"STRING", "JSON", "ENUM", "NONE"}
    ]


def _unpacked(array: Any) -> int:
    """Return how many bytes the values of an array take when each is written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(array, pa.DictionaryArray):
        lengths = pc.binary_length(array.dictionary)
        return int(pc.sum(lengths.take(array.indices.drop_null())).as_py() or 0)
    if isinstance(array, pa.ListArray | pa.LargeListArray):
        return _unpacked(array.flatten())
    if isinstance(array, pa.StructArray):
        return sum(_unpacked(part) for part in array.flatten())
    return int(array.nbytes)


def _value(name: str, column: str, value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else Number(value)
    if isinstance(value, int | Decimal):
        return Number(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_value(name, column, part) for part in value]
    if isinstance(value, dict):
        return {key: _value(name, column, part) for key, part in value.items()}
    raise InputError(f"{name} column {shown(column)} holds {type(value).__name__}; write it as text")
