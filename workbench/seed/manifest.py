"""The seed as files: one folder per import, written beside its place and moved into it.

A folder is written while the store's transaction is open and moved after it is committed. If the
process dies in between, the store knows the version and the folder is still beside its place: the
next import moves it. A folder beside its place that the store does not know was never committed,
and is overwritten.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

from workbench.errors import StoreError
from workbench.files import write_json, write_lines
from workbench.provenance import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace

SCHEMA_VERSION = 1

FOLDER = "seeds"
CASES_FILE = "cases.jsonl"
MANIFEST_FILE = "manifest.json"


def write(
    workspace: Workspace,
    facts: Mapping[str, Any],
    cases: Sequence[Mapping[str, Any]],
    labels: Sequence[Mapping[str, Any]],
) -> str:
    """Write a version's files beside their place and return the sha256 of its cases.

    Args:
        workspace: The workspace.
        facts: What the manifest says besides its schema and that hash.
        cases: The new rows of `cases`.
        labels: The new rows of `labels`.

    Raises:
        StoreError: The files cannot be written.
    """
    folder = pending(workspace, facts["version"])
    by_case = {label["case_id"]: label for label in labels}
    try:
        shutil.rmtree(folder, ignore_errors=True)
        written = write_lines(
            folder / CASES_FILE, (_line(case, by_case.get(case["case_id"], {})) for case in cases)
        )
        created_at = facts["created_at"].isoformat(timespec="microseconds").replace("+00:00", "Z")
        told = {"schema_version": SCHEMA_VERSION, **facts, "created_at": created_at, "sha256": written}
        write_json(folder / MANIFEST_FILE, told)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written ({error.strerror}); nothing was imported") from None
    return written


def _line(case: Mapping[str, Any], label: Mapping[str, Any]) -> str:
    """Return a case as one line of `cases.jsonl`; the file imports again as it is."""
    told = ("case_id", "turns", "context", "slice", "must_hold", "author", "tag", "split", "content_sha256")
    stated = {
        "expected": label.get("expected"),
        "label_kind": label.get("kind"),
        "label_author": label.get("author"),
        "rubric_version": label.get("rubric_version"),
    }
    return canonical({name: case[name] for name in told} | stated)


def pending(workspace: Workspace, version: int) -> Path:
    """Return where a version's files are until the store has committed it."""
    return workspace.path(FOLDER, f".v{version}")


def place(workspace: Workspace, version: int) -> Path:
    """Return where a version's files are."""
    return workspace.path(FOLDER, f"v{version}")


def prepare(workspace: Workspace, seeds: pd.DataFrame) -> int:
    """Bring the folders into line with the store and return the number of the next version.

    Call it while the store's transaction is open: then no other import is at work.

    Raises:
        StoreError: The next version's folder exists, though the store does not know it.
    """
    for row in seeds.to_dict("records"):
        waiting, there = pending(workspace, row["version"]), place(workspace, row["version"])
        if waiting.is_dir() and not there.exists() and digest(waiting) == row["sha256"]:
            waiting.replace(there)
    version = len(seeds) + 1
    if place(workspace, version).exists():
        raise StoreError(
            f"{FOLDER}/v{version} is there already, but the store has only {len(seeds)} imports of the seed; "
            "move the folder away, or open the workspace that it belongs to"
        )
    return version


def publish(workspace: Workspace, version: int) -> Path:
    """Move a committed version into its place and return the path of its manifest."""
    there = place(workspace, version)
    try:
        pending(workspace, version).replace(there)
    except FileNotFoundError:
        # Another import has moved it in the meantime; that is as good.
        if not there.is_dir():
            raise StoreError(
                f"{FOLDER}/v{version} was imported, but its files are gone; see the disk"
            ) from None
    return there / MANIFEST_FILE


def digest(folder: Path) -> str:
    """Return the sha256 of a version's cases, or nothing when they are not there."""
    path = folder / CASES_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
