"""A version's files say what is in it, and their hash is that of the bytes on disk."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from workbench.errors import StoreError
from workbench.seed import import_seed, manifest
from workbench.tables import SEEDS

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.workspace import Workspace

CHATS = """case_id,text,slice,expected
r1,where is it????,delay,refund
r2,send me my money,delay,refund
r3,it came broken,damaged,
r4,hello?,,deny
"""


@pytest.fixture
def version(workspace: Workspace, tmp_path: Path) -> Path:
    """The folder of a first import."""
    (tmp_path / "chats.csv").write_text(CHATS, "utf-8")
    done = import_seed(workspace, tmp_path / "chats.csv")
    assert done.manifest is not None
    return done.manifest.parent


def test_the_manifest_says_what_the_version_holds(version: Path, workspace: Workspace) -> None:
    told = json.loads((version / "manifest.json").read_text("utf-8"))

    assert {name: told[name] for name in ("schema_version", "version", "owner", "cases", "source", "demo")} == {
        "schema_version": 1, "version": 1, "owner": None, "cases": 4, "source": "chats.csv", "demo": False,
    }  # fmt: skip
    assert (told["slices"], told["without_slice"]) == ({"delay": 2, "damaged": 1}, 1)
    assert told["labels"] == {"claimed": 3}
    assert told["splits"] == workspace.cases["split"].value_counts().to_dict()
    assert told["source_sha256"] == hashlib.sha256(CHATS.encode()).hexdigest()
    assert told["created_at"].endswith("Z")


def test_the_hash_is_of_the_file_and_in_the_store(version: Path, workspace: Workspace) -> None:
    digest = hashlib.sha256((version / "cases.jsonl").read_bytes()).hexdigest()

    assert json.loads((version / "manifest.json").read_text("utf-8"))["sha256"] == digest
    assert workspace.seeds["sha256"].tolist() == [digest]
    assert manifest.digest(version) == digest


def test_a_line_is_a_case_with_its_label(version: Path) -> None:
    lines = [json.loads(line) for line in (version / "cases.jsonl").read_text("utf-8").splitlines()]

    assert [line["case_id"] for line in lines] == ["r1", "r2", "r3", "r4"]
    assert [line["expected"] for line in lines] == ["refund", "refund", None, "deny"]
    assert {name for line in lines for name in line} == {
        "case_id", "turns", "context", "slice", "must_hold", "author", "tag", "split", "content_sha256",
        "expected", "label_kind", "label_author", "rubric_version",
    }  # fmt: skip


def test_files_that_were_changed_while_they_waited_are_not_put_in_place(
    version: Path, workspace: Workspace
) -> None:
    waiting = version.rename(version.parent / ".v1")
    (waiting / "cases.jsonl").write_text("{}\n", "utf-8")

    assert manifest.prepare(workspace, workspace.store.read(SEEDS)) == 2
    assert not version.exists()


def test_files_that_another_import_has_put_in_place_are_fine(version: Path, workspace: Workspace) -> None:
    assert manifest.publish(workspace, 1) == version / "manifest.json"


def test_files_that_are_gone_are_named(workspace: Workspace) -> None:
    with pytest.raises(StoreError, match=r"^seeds/v7 was imported, but its files are gone"):
        manifest.publish(workspace, 7)
