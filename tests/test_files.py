"""A file is whole or absent."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from workbench.files import write_bytes, write_json, write_lines, write_text


def test_a_file_is_written_with_its_folders_and_its_hash_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "evalsets" / "launch-v1" / "cases.jsonl"
    digest = write_bytes(path, b"where is it????\n")

    assert path.read_bytes() == b"where is it????\n"
    assert digest == hashlib.sha256(b"where is it????\n").hexdigest()


def test_text_is_utf_8_with_the_line_ends_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "hola, the paquete no llegó\r\n\U0001f9fe\u202e\n")

    assert path.read_bytes() == "hola, the paquete no llegó\r\n\U0001f9fe\u202e\n".encode()


def test_every_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    write_lines(path, iter(["{}", "[]"]))

    assert path.read_bytes() == b"{}\n[]\n"
    assert write_lines(path, []) == hashlib.sha256(b"").hexdigest()


def test_json_is_readable_and_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    value = {"verdict": "NO VERDICT", "baseline": "größer", "a": [1, None, 0.5]}
    write_json(path, value)
    text = path.read_text("utf-8")

    assert json.loads(text) == value
    assert text.startswith('{\n  "verdict": "NO VERDICT",\n  "baseline": "größer"')


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_json_without_a_number_is_refused_and_nothing_is_written(tmp_path: Path, number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "verdict.json", {"delta_pp": number})

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_text(path, "a long first version\n")
    with path.open("rb") as opened:
        write_text(path, "short\n")

        assert path.read_text("utf-8") == "short\n"
        # Who had the old one open goes on reading the old one.
        assert opened.read() == b"a long first version\n"
    assert [found.name for found in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "manifest.json"
    write_text(path, "old\n")

    def fails(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os if broken == "fsync" else Path, broken, fails)
    with pytest.raises(OSError, match="no space left"):
        write_text(path, "new\n")

    assert path.read_text("utf-8") == "old\n"
    assert [found.name for found in tmp_path.iterdir()] == ["manifest.json"]


def test_files_can_be_read_by_others_and_are_no_programs(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    write_text(path, "{}\n")

    assert stat.S_IMODE(path.stat().st_mode) == 0o644
