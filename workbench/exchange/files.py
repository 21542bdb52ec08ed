"""One way to read a foreign file: by its suffix, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InputError
from workbench.exchange import delimited, excel, jsonl, parquet
from workbench.exchange.records import Parsed, Records, check_growth, check_size

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")

GZIP = b"\x1f\x8b"

OTHER_FORMATS: Mapping[bytes, str] = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or one with a password",
    b"%PDF": "a PDF",
    b"<!DOCTYPE html": "a web page",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
}
"""How files begin that are easily saved under a wrong name."""

REFUSED: Mapping[str, str] = {
    ".xls": "save it as .xlsx",
    ".pkl": "a pickle runs code when it is read; write it as Parquet or JSONL",
    ".pickle": "a pickle runs code when it is read; write it as Parquet or JSONL",
    ".zip": "unpack it",
}

_CHUNK = 1_000_000


def read(path: str | Path, *, encoding: str | None = None, sheet: str | None = None) -> Records:
    """Read the records of a CSV, TSV, JSONL, JSON, Parquet or Excel file; gzip is read through.

    Text is never converted: "NA", "null", "00042" and "1e5" stay what they are.

    Args:
        path: The file; its suffix (before `.gz`) says the format.
        encoding: Of a text file that is neither UTF-8 nor begins with a byte-order mark.
        sheet: Of an Excel workbook with several sheets.

    Raises:
        InputError: The file is absent, of an unknown kind, too large, damaged or empty.
        UsageError: The encoding or the sheet does not exist.
        MissingExtraError: Excel needs `pip install "workbench[excel]"`.
    """
    path = Path(path)
    packed = _bytes(path)
    data = _unpacked(path.name, packed) if packed.startswith(GZIP) else packed
    parsed = _parsed(path, data, encoding=encoding, sheet=sheet)
    return Records(
        name=path.name,
        sha256=hashlib.sha256(packed).hexdigest(),
        columns=parsed.columns,
        rows=parsed.rows,
        places=parsed.places,
        notes=parsed.notes,
    )


def _parsed(path: Path, data: bytes, *, encoding: str | None, sheet: str | None) -> Parsed:
    name, suffix = path.name, _suffix(path)
    if suffix == ".parquet":
        return parquet.read(name, data)
    if suffix == ".xlsx":
        return excel.read(name, data, sheet=sheet)
    other = next((what for mark, what in OTHER_FORMATS.items() if data.startswith(mark)), None)
    if other:
        raise InputError(
            f"{name} is {other}, not {suffix[1:].upper()}; give it its own suffix or export it again"
        )
    if suffix in {".jsonl", ".ndjson"}:
        return jsonl.read_lines(name, data, encoding=encoding)
    if suffix == ".json":
        return jsonl.read(name, data, encoding=encoding)
    return delimited.read(name, data, encoding=encoding, delimiter="\t" if suffix == ".tsv" else ",")


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes or [""])[-1]
    if suffix not in SUFFIXES:
        advice = REFUSED.get(suffix, f"files that end in {', '.join(SUFFIXES)} can, each also with .gz")
        raise InputError(f"{path.name} cannot be read; {advice}")
    return suffix


def _bytes(path: Path) -> bytes:
    _suffix(path)
    if not path.is_file():
        held = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"{path} {held}; name a file")
    try:
        check_size(path.name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror or error}") from None


def _unpacked(name: str, packed: bytes) -> bytes:
    # A first pass only counts: a bomb is refused before it is held in memory.
    try:
        size = 0
        with gzip.open(io.BytesIO(packed)) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                check_size(name, size)
                check_growth(name, len(packed), size)
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        raise InputError(f"{name} is a damaged gzip file; download or pack it again") from None
