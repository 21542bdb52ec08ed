"""Files that are whole or absent: written beside their place, flushed, then moved into it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file atomically, making its folder, and return the sha256 of its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files private; these are made to be shared and committed.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return hashlib.sha256(data).hexdigest()


def write_text(path: Path, text: str) -> str:
    """Write a text file atomically as UTF-8 and return the sha256 of its bytes."""
    return write_bytes(path, text.encode("utf-8"))


def write_lines(path: Path, lines: Iterable[str]) -> str:
    """Write lines atomically as UTF-8 and return the sha256 of the file."""
    return write_text(path, "".join(f"{line}\n" for line in lines))


def write_json(path: Path, value: Any) -> str:
    """Write readable JSON atomically and return the sha256 of the file; NaN is refused."""
    return write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
