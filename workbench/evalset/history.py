"""The sets that were frozen so far, held against their files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from workbench.evalset.freezing import set_sha256
from workbench.frozen import times_used

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace


def history(workspace: Workspace) -> pd.DataFrame:
    """Return the frozen sets, oldest first.

    Returns:
        One row per set: `name`, `version`, `cases`, `sha256`, `times_used` (swaps decided on it),
        `created_at` (UTC), `age_days` (whole days, as of now), `intact` (bool: the stored row has
        its hash) and `files`: `match`, `differ`, or `absent` where the folder is not on this
        machine.
    """
    import pandas as pd

    now = pd.Timestamp.now("UTC")
    rows = []
    row: Any
    for row in workspace.evalsets.itertuples():
        members = pd.DataFrame(row.members)
        rows.append(
            {
                "name": row.name,
                "version": row.version,
                "cases": len(members),
                "sha256": row.sha256,
                "times_used": times_used(workspace.store, row.sha256),
                "created_at": row.created_at,
                "age_days": (now - row.created_at).days,
                "intact": set_sha256(members, row.weights) == row.sha256,
                "files": _files(workspace.path("evalsets", f"{row.name}-v{row.version}"), row.sha256),
            }
        )
    columns = [
        "name",
        "version",
        "cases",
        "sha256",
        "times_used",
        "created_at",
        "age_days",
        "intact",
        "files",
    ]
    return pd.DataFrame(rows, columns=columns)


def _files(folder: Path, digest: str) -> str:
    manifest, cases = folder / "manifest.json", folder / "cases.jsonl"
    if not (manifest.is_file() and cases.is_file()):
        return "absent"
    try:
        told = json.loads(manifest.read_text("utf-8"))
    except ValueError:
        return "differ"
    found = {"sha256": digest, "cases_jsonl_sha256": hashlib.sha256(cases.read_bytes()).hexdigest()}
    return "match" if isinstance(told, dict) and found.items() <= told.items() else "differ"
