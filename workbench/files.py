"""Files that are whole or absent: written beside their place, flushed, then moved into it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file atomically, making its folder, and return the sha256 of its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        # "x" makes a new file with the permissions that the user's umask leaves.
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
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
