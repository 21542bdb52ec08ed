"""The vectors of texts: computed once, then read from the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.embed import cache as caches
from workbench.embed.cache import Pieces
from workbench.provenance import slug

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

EMBEDDER = "all-MiniLM-L6-v2/sentence-transformers-6/fp32/windows-254"
"""Model, runtime, precision and windows. Vectors of different embedders are never compared."""

BATCH = 16
"""Texts per pass through the model; 16 was as fast as any from 8 to 64, on short and on long texts."""

KEPT = 1_024
"""Texts after which the cache is written, so that a run that is killed has lost a minute at most."""

STEP = 256
"""Windows between two moves of the progress bar."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Texts as vectors.

    Attributes:
        vectors: One unit vector per text, float32, shape (n, 384): the mean of its windows, each
            weighted by the word pieces that it is the first to cover.
        windows: The unit vectors of all windows, float32, shape (w, 384), text by text.
        offsets: Where the windows of each text begin, int64, shape (n + 1,); the last is w.
    """

    vectors: NDArray[np.float32]
    windows: NDArray[np.float32]
    offsets: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many windows each text has, shape (n,)."""
        return np.diff(self.offsets)


def vectors(texts: Sequence[str], *, cache: Path | None = None) -> NDArray[np.float32]:
    """Return one unit vector per text.

    What is embedded is what the user wrote (`workbench.text.user_text`): a bot's replies follow
    its script, and would make all conversations alike.

    Args:
        texts: Any texts; one without a word, such as "????", has a vector too.
        cache: A folder in which vectors are kept; None computes them all.

    Returns:
        float32, shape (n, 384).

    Raises:
        SafetyError: The model's files are not the ones that this project was tested with.
    """
    return embedded(texts, cache=cache).vectors


def embedded(texts: Sequence[str], *, cache: Path | None = None) -> Embedded:
    """Return texts as vectors, with those of their windows; see `vectors`."""
    file = cache / f"{slug(EMBEDDER)}.npz" if cache else None
    held = caches.read(file) if file else {}
    keys = [caches.key(text) for text in texts]
    missing = [*{key: text for key, text in zip(keys, texts, strict=True) if key not in held}.items()]
    for start in range(0, len(missing), KEPT):
        part = missing[start : start + KEPT]
        made = _computed([text for _, text in part])
        held |= {key: pieces for (key, _), pieces in zip(part, made, strict=True)}
        if file:
            caches.write(file, held)
    found = [held[key] for key in keys]
    empty = np.empty((0, 384), dtype=np.float32)
    return Embedded(
        vectors=np.stack([_mean(pieces) for pieces in found]) if found else empty,
        windows=np.concatenate([empty, *(pieces.vectors for pieces in found)]),
        offsets=np.cumsum([0, *(len(pieces.weights) for pieces in found)], dtype=np.int64),
    )


def _mean(pieces: Pieces) -> NDArray[np.float32]:
    mean = (pieces.weights / pieces.weights.sum()).astype(np.float32) @ pieces.vectors
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def _computed(texts: list[str]) -> list[Pieces]:
    """Return the windows of texts, by the model."""
    from tqdm import tqdm

    from workbench.embed.model import load
    from workbench.embed.windows import windows

    model = load()
    read = model.tokenizer.encode_batch(texts, add_special_tokens=False)
    cut = [windows(text, one.offsets, one.word_ids) for text, one in zip(texts, read, strict=True)]
    said = [text[w.start : w.end] for text, own in zip(texts, cut, strict=True) for w in own]
    # Texts of one length share a pass, so that little of it is padding.
    order = np.argsort([-len(text) for text in said], kind="stable")
    made = np.empty((len(said), 384), dtype=np.float32)
    with tqdm(total=len(said), desc="embedding", unit="text", leave=False, disable=None) as bar:
        for start in range(0, len(said), STEP):
            rows = order[start : start + STEP]
            made[rows] = model.encoder.encode(
                [said[row] for row in rows], batch_size=BATCH, show_progress_bar=False
            )
            bar.update(len(rows))
    ends = np.cumsum([len(own) for own in cut])[:-1]
    weights = [np.array([w.weight for w in own], dtype=np.int64) for own in cut]
    return [Pieces(*part) for part in zip(np.split(made, ends), weights, strict=True)]
