"""What is read from a foreign file, and how much of it at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError

MAX_BYTES = 200_000_000
"""Of a file after decompression: 20,000 long chats or 200,000 short ones, and a quarter of a small
machine's memory once read. A gzip of 1 MB can hold 1,000 times that."""

MAX_GROWTH = 200
"""How much larger a packed file may become, from `GROWTH_FROM` on. Tables of text become 3 to 30 times
larger; deflate reaches 1,032 times with nothing but repetition."""

GROWTH_FROM = 10_000_000

MAX_ROWS = 200_000
"""Of one file: 20 models on 10,000 cases. A Parquet file of 464 KB can claim 20 million."""

MAX_COLUMNS = 1_000
"""Of one file: the widest exports of evaluation tools have some hundred."""

MAX_VALUES = 10_000_000
"""Rows times columns, or values in a JSON file: beyond it Python's own objects fill the memory."""

MAX_CELL_CHARACTERS = 1_000_000
"""Of one conversation: five times the longest transcript that was seen (200,000 characters). A
longer one is more often a whole export in one cell than something that a person wrote."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The content of a file, whatever its format.

    Attributes:
        columns: The names of its columns, in the order of the file.
        rows: One mapping per row, from column to value; an absent value is None.
        places: Where each row is, as messages say it.
        notes: What was odd and read anyway, one sentence each.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    places: list[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Records(Parsed):
    """The records of a foreign file, with values as the file wrote them.

    A place is `row 5` in CSV, TSV and Parquet (the fifth row of data, the header not counted),
    `line 5` in JSONL (as an editor counts), `item 5` in JSON and `sheet row 6` in Excel (as
    Excel counts).

    Attributes:
        name: The file's name without its folder.
        sha256: Of the file's bytes on disk.
    """

    name: str
    sha256: str


def check_size(name: str, size: int) -> None:
    """Refuse a file that is too large, or grows too large when it is unpacked.

    Raises:
        InputError: More than `MAX_BYTES`.
    """
    if size > MAX_BYTES:
        raise InputError(
            f"{name} holds more than {MAX_BYTES // 1_000_000:,} MB when it is unpacked; split it into smaller files"
        )


def check_growth(name: str, packed: int, size: int) -> None:
    """Refuse a packed file that grows as only a bomb does.

    Raises:
        InputError: More than `MAX_GROWTH` times its size.
    """
    if size > max(GROWTH_FROM, MAX_GROWTH * packed):
        raise InputError(
            f"{name} becomes more than {MAX_GROWTH} times larger when it is unpacked; unpack it and look inside"
        )


def check_shape(name: str, *, rows: int = 0, columns: int = 1, values: int = 0) -> None:
    """Refuse a file with too many rows, columns or values.

    Raises:
        InputError: More than `MAX_ROWS`, `MAX_COLUMNS` or `MAX_VALUES`.
    """
    for count, most, what in (
        (rows, MAX_ROWS, "rows"),
        (columns, MAX_COLUMNS, "columns"),
        (max(values, rows * columns), MAX_VALUES, "values"),
    ):
        if count > most:
            raise InputError(f"{name} has more than {most:,} {what}; split it into smaller files")
