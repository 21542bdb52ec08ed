"""Vectors that were computed before, in one file per embedder, by the sha256 of the text."""

from __future__ import annotations

import hashlib
import io
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class Pieces(NamedTuple):
    """The windows of one text.

    Attributes:
        vectors: One unit vector per window, float32, shape (windows, 384).
        weights: How many word pieces each window is the first to cover, int64, shape (windows,).
    """

    vectors: NDArray[np.float32]
    weights: NDArray[np.int64]


def key(text: str) -> bytes:
    """Return what a text is kept under: the sha256 of its UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).digest()


def read(file: Path) -> dict[bytes, Pieces]:
    """Return what a file holds; nothing when it is absent.

    A damaged file costs time and no data: it is said on stderr, and the vectors are computed again.
    """
    if not file.exists():
        return {}
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as held:
            keys, counts, weights, vectors = (held[n] for n in ("keys", "counts", "weights", "vectors"))
        ends = np.cumsum(counts)[:-1]
        parts = zip(np.split(vectors, ends), np.split(weights, ends), strict=True)
        found = {bytes(k): Pieces(*part) for k, part in zip(keys, parts, strict=True)}
        sound = counts.sum() == len(vectors) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    except Exception:  # noqa: BLE001 - a damaged archive raises nearly anything
        found, sound = {}, False
    if not sound:
        sys.stderr.write(f"{file} is damaged; its vectors are computed again\n")
        return {}
    return found


def write(file: Path, held: Mapping[bytes, Pieces]) -> None:
    """Write a file whole: of two processes that write at once the later one stays."""
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.frombuffer(b"".join(held), dtype=np.uint8).reshape(len(held), -1),
        "counts": np.array([len(pieces.weights) for pieces in held.values()], dtype=np.int64),
        "weights": np.concatenate([pieces.weights for pieces in held.values()]),
        "vectors": np.concatenate([pieces.vectors for pieces in held.values()]),
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_bytes(file, buffer.getvalue())
