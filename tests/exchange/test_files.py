"""One way to read a file: by its suffix, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import pytest

from workbench.errors import InputError
from workbench.exchange import files

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"case_id,text\nr1,where is it????\n"


@pytest.mark.parametrize("name", ["chats.csv", "CHATS.CSV", "chats.march.csv", "chats.csv.gz"])
def test_a_suffix_says_the_format_however_it_is_written(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(CSV) if name.endswith(".gz") else CSV)
    read = files.read(file)

    assert (read.name, read.rows) == (name, [{"case_id": "r1", "text": "where is it????"}])


def test_the_hash_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    packed = gzip.compress(CSV)
    (tmp_path / "chats.csv.gz").write_bytes(packed)

    assert files.read(tmp_path / "chats.csv.gz").sha256 == hashlib.sha256(packed).hexdigest()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "chats.csv").mkdir()

    with pytest.raises(InputError, match=r"chats\.csv is a folder; name a file$"):
        files.read(tmp_path / "chats.csv")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "chats.csv").open("wb") as sparse:
        sparse.truncate(200_000_001)

    with pytest.raises(InputError, match=r"^chats\.csv holds more than 200 MB"):
        files.read(tmp_path / "chats.csv")
