"""One page that links the reports of a workspace, in the order of the stages."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import quote

from markupsafe import Markup

from workbench.errors import SafetyError, shown
from workbench.files import write_text
from workbench.redact import redact
from workbench.report.markup import filled, static
from workbench.report.swap.folder import MODELS
from workbench.report.swap.verdict import DEMO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Stage = Literal["seed", "grid", "generate", "measure", "review", "evalset", "swap"]

STAGES: tuple[Stage, ...] = get_args(Stage)
"""The order in which a case passes through the house."""


NOTEBOOKS: Mapping[str, Stage] = {
    "01_seed_audit": "seed",
    "02_grid_design": "grid",
    "03_generate": "generate",
    "04_distance_map": "measure",
    "05_review": "review",
    "06_eval_set": "evalset",
}
"""The stage of a report by the folder that `workbench run` gives it; a folder with a verdict is a swap's."""

EMPTY = "No report has been made here yet; workbench run 01_seed_audit makes the first."


@dataclass(frozen=True)
class Entry:
    """A report that the page links.

    Attributes:
        stage: Whose report it is.
        title: Its title.
        headline: What it found, in one sentence.
        path: Its file, inside the page's folder.
        ran_at: When it ran, with its zone.
        demo: Whether what it shows was composed for a demo.
    """

    stage: Stage
    title: str
    headline: str
    path: Path
    ran_at: dt.datetime
    demo: bool = False


def write_index(folder: Path, entries: Iterable[Entry], *, title: str = "Reports") -> Path:
    """Write `index.html`: self-contained, without script, asking no server for anything.

    Args:
        folder: The folder of the page; links are relative to it, so that it can be moved as a whole.
        entries: The reports, in any order; a stage may have several.
        title: The page's title, such as the name of the workspace.

    Returns:
        The path of the page; it is replaced as a whole.

    Raises:
        SafetyError: A report lies outside of the folder.
    """
    told = sorted(entries, key=lambda entry: (STAGES.index(entry.stage), entry.ran_at, str(entry.path)))
    count = f"{len(told)} report{'' if len(told) == 1 else 's'}"
    body = filled(
        "index.html",
        title=title,
        demo=DEMO if any(entry.demo for entry in told) else "",
        line=f"{count}, in the order in which they build on each other." if told else EMPTY,
        entries=told,
        links={entry.path: _link(folder, entry.path) for entry in told},
    )
    page = filled(
        "page.html",
        title=title,
        headings=[],
        # The page's policy names the one script that may run: here none, which is the empty one.
        digest=base64.b64encode(hashlib.sha256(b"").digest()).decode("ascii"),
        script="",
        css=Markup(static("output.css") + static("page.css")),  # noqa: S704 - our own
        body=Markup(body),  # noqa: S704 - a template's, so every value in it is escaped
    )
    write_text(folder / "index.html", page)
    return folder / "index.html"


def refresh(reports: Path, *, title: str) -> Path:
    """Write the page anew for the reports that are in a folder; see `found` and `write_index`."""
    return write_index(reports, found(reports), title=title)


def found(reports: Path) -> list[Entry]:
    """Return the finished reports in the folders of a folder, each with the first thing that it says.

    A folder of another name than `NOTEBOOKS` without a verdict is not listed, nor is a run that failed.
    """
    entries = []
    for notebook in sorted(reports.glob("*/report.ipynb")):
        stage: Stage | None = NOTEBOOKS.get(notebook.parent.name)
        stage = "swap" if (notebook.parent / "verdict.json").is_file() else stage
        if stage and notebook.with_suffix(".html").is_file():
            entries.append(_readable(stage, notebook))
    return entries


def _readable(stage: Stage, notebook: Path) -> Entry:
    """Return what a report says; a damaged one is named as that, for a page of links stops nobody's work."""
    page = notebook.with_suffix(".html")
    try:
        entry = _entry(stage, notebook)
    except (KeyError, TypeError, ValueError):
        changed = dt.datetime.fromtimestamp(page.stat().st_mtime, dt.UTC)
        return Entry(stage, stage, "Its notebook is damaged; run it again.", page, changed)
    if (notebook.parent / "report-failed.ipynb").is_file():
        return replace(entry, headline=f"A later run failed, so this is an earlier state. {entry.headline}")
    return entry


def _entry(stage: Stage, notebook: Path) -> Entry:
    node = json.loads(notebook.read_text("utf-8"))
    cells = [cell for cell in node["cells"] if "remove-output" not in cell["metadata"].get("tags", [])]
    said = [
        "".join(output["data"].get("text/plain", ""))
        for cell in cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    lines = said[0].splitlines() if said else []
    told = next((line for line in lines if not line.startswith("DEMO.")), "")
    headings = [line for cell in cells for line in "".join(cell["source"]).splitlines() if line[:2] == "# "]
    return Entry(
        stage,
        title=headings[0][2:] if headings else stage,
        headline=_decided(notebook.parent) if stage == "swap" else told,
        path=notebook.with_suffix(".html"),
        ran_at=dt.datetime.fromisoformat(node["metadata"]["papermill"]["end_time"]).replace(tzinfo=dt.UTC),
        demo=any(line.startswith("DEMO") for line in lines),
    )


def _decided(run: Path) -> str:
    """Return a swap's verdict with what to do next."""
    verdict = redact(json.loads((run / "verdict.json").read_text("utf-8")), keep=MODELS)
    models = f"{verdict['swap']['candidate']} in the place of {verdict['swap']['baseline']}"
    return f"{verdict['verdict']}: {models}. Next: {verdict['next_action']}"


def _link(folder: Path, path: Path) -> str:
    """Return the address of a file as seen from the page; no name in it can be a scheme or a query."""
    whole = path.resolve()
    if not whole.is_relative_to(folder.resolve()):
        raise SafetyError(
            f"the report {shown(str(path))} lies outside of {folder}; the page links what is beside or under it"
        )
    return "./" + quote(whole.relative_to(folder.resolve()).as_posix())
