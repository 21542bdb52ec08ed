"""The files of a run folder; every one is whole or absent."""

from __future__ import annotations

import io
import json
import platform
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.files import write_bytes, write_json, write_text
from workbench.swap.record import verdict_md

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

LIBRARIES = ("workbench", "numpy", "pandas", "scipy", "altair", "papermill")


def check_folder(folder: Path, *, baseline: str, candidate: str) -> None:
    """Refuse a run folder that holds something else, before anything is decided.

    Raises:
        UsageError: It is a file, or holds other things than a run of the same two models.
    """
    advice = "name a new or empty folder with --out"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; {advice}")
    if not folder.exists() or not any(folder.iterdir()):
        return
    verdict = folder / "verdict.json"
    if not verdict.is_file() or not (folder / "cases.parquet").is_file():
        raise UsageError(f"{folder} holds other files; {advice}")
    if json.loads(verdict.read_text("utf-8")).get("swap") != {"baseline": baseline, "candidate": candidate}:
        raise UsageError(f"{folder} holds the run of another swap; {advice}")


def write_run(
    folder: Path, verdict: Mapping[str, Any], cases: pd.DataFrame, *, workspace: Path, made_at: dt.datetime
) -> None:
    """Write verdict.json, verdict.md, cases.parquet and a manifest that is not complete yet.

    A re-run of the same question replaces its own files. The old manifest goes first, so that a
    half-written folder never looks whole.
    """
    (folder / "manifest.json").unlink(missing_ok=True)
    write_json(folder / "verdict.json", verdict)
    write_text(folder / "verdict.md", verdict_md(verdict))
    buffer = io.BytesIO()
    cases.to_parquet(buffer, index=False)
    digest = write_bytes(folder / "cases.parquet", buffer.getvalue())
    write_json(
        folder / "manifest.json",
        {
            "complete": False,
            "made_at": made_at.isoformat(timespec="seconds"),
            "workspace": workspace.name,
            "parameters": verdict["swap"],
            "inputs": {
                "evalset_sha256": verdict["evalset_sha256"],
                "results_sha256": verdict["results_sha256"],
                "cases_parquet_sha256": digest,
            },
            "cost_usd": None,
            "cost_why": "a swap on imported results calls no model",
            "git_sha": git_sha(workspace),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        },
    )


def git_sha(folder: Path) -> str | None:
    """Return the commit that a folder is at, or none outside a git checkout."""
    try:
        found = subprocess.run(  # noqa: S603 - nothing of it comes from a case or a file
            ["git", "-C", str(folder), "rev-parse", "HEAD"],  # noqa: S607 - where git is differs by machine
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None
