"""Drawing the report of a decided swap: the verdict is read, never computed again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def draw(
    folder: Path,
    *,
    notebook: Path | None = None,
    parameters: Mapping[str, str] | None = None,
    output: Path | None = None,
) -> Path:
    """Draw report.html and report.ipynb of a run folder, and mark its manifest complete, last.

    Args:
        folder: The run folder.
        notebook: Another notebook than 07_swap_report.
        parameters: Further parameters of the notebook.
        output: Another folder for the report; the run folder's manifest then stays as it is.

    Raises:
        UsageError: The folder is no run folder, or a parameter is unknown.
        ReportError: The report cannot be drawn; verdict.json stays.
    """
    from workbench.report.runner import find_notebook, run

    manifest = _read(folder, "manifest.json")
    path = notebook or find_notebook("07_swap_report")
    # The notebook runs where the folder is, so that the report holds no path of this machine.
    given = {**(parameters or {}), "run_dir": "."}
    done = run(path, given, output_dir=output or folder, cwd=folder)
    if output is None:
        write_json(folder / "manifest.json", manifest | {"complete": True})
    return listed(done.html)


def listed(report: Path) -> Path:
    """Bring the page up to date that links the reports of a workspace, if this is one of them."""
    from workbench.report.index import refresh
    from workbench.workspace import SETTINGS

    reports = report.resolve().parents[1]
    if reports.name == "reports" and (reports.parent / SETTINGS).is_file():
        refresh(reports, title=f"Reports of {reports.parent.name}")
    return report


def exit_code(folder: Path) -> int:
    """Return the exit code of the verdict that is stored in a run folder."""
    from workbench.swap.verdict import EXIT_CODES

    return EXIT_CODES[_read(folder, "verdict.json")["verdict"]]


def _read(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        raise UsageError(f"{folder} has no {name}: it is no run folder of a swap; name one under reports/")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
