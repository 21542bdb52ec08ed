"""Review packs: what waits for a review, for people who review elsewhere, and their decisions back.

A pack calls its cases by pseudonyms, since an id that a run gave names the cell, or the parent of a mutant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.decided import DECISIONS
from workbench.errors import UsageError, counted, listed, shown
from workbench.exchange import argilla, label_studio, sheets
from workbench.exchange.asked import SHOWN, Asked, Form
from workbench.exchange.intake import printed
from workbench.files import write_bytes, write_json
from workbench.provenance import sha256
from workbench.review.queue import queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.exchange.records import Records
    from workbench.review.decisions import Row
    from workbench.settings import Rubric
    from workbench.workspace import Workspace


class Target(NamedTuple):
    """A way to review elsewhere: what it is called, what is done there, and what writes its files."""

    name: str
    how: str
    files: Callable[[Sequence[Asked], Form], dict[str, bytes]]
    back: str


TARGETS: Mapping[str, Target] = {
    "label-studio": Target(label_studio.NAME, label_studio.HOW, label_studio.files, "EXPORT.json"),
    "argilla": Target(argilla.NAME, argilla.HOW, argilla.files, "RECORDS.json --reviewed-on DATE"),
    "csv": Target("a spreadsheet (CSV)", sheets.HOW, sheets.csv_files, "review.csv --reviewer NAME --reviewed-on DATE"),
    "xlsx": Target("Excel", sheets.HOW, sheets.xlsx_files, "review.xlsx --reviewer NAME --reviewed-on DATE"),
}  # fmt: skip

TOOLS = {"label-studio": label_studio, "argilla": argilla, "sheet": sheets}
"""Whose files are known by their columns when they come back."""

PLAIN = "table"
"""A file of decisions that is none of a tool's."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A pack that was written.

    Attributes:
        folder: Where.
        target: One of `TARGETS`.
        cases: The ids of its cases, in their order.
        waiting: How many cases wait for a review.
        files: Its files.
        sha256: Of its cases with their hashes, and the rubric's version.
    """

    folder: Path
    target: str
    cases: tuple[str, ...]
    waiting: int
    files: tuple[str, ...]
    sha256: str

    def __str__(self) -> str:
        target = TARGETS[self.target]
        return printed(
            [
                (
                    f"{counted(len(self.cases), 'case')} of {self.waiting:,} waiting for {target.name} in {self.folder}: "
                    f"{listed(self.files, most=10)}"
                ),
                "holds: conversations and contexts as they are stored, with the personal data in them; hashes, cells",
                "holds no: id, generator, model, persona, tag, label, suggestion, verdict of others, or planted check",
                f"there: {target.how}",
                f"back: workbench import reviews {target.back}",
            ]
        )


def export_review(workspace: Workspace, target: str, folder: Path, *, limit: int | None = None) -> Pack:
    """Write a pack of candidates that wait for a review, in an order drawn from their texts.

    Nothing is recorded: a case stays in the queue until its decision comes back, and another pack may
    hold it too. One that two people decide on is in packs until both have, so a later pack belongs to
    somebody else: of one person the latest decision counts, once. Planted checks and repeats are not in packs, where a file would tell them apart, so the audit
    of reviewers says nothing about what comes back.

    Args:
        workspace: The workspace.
        target: One of `TARGETS`.
        folder: A new or empty folder.
        limit: How many cases at most, those of the least reviewed cells first; None for all.

    Raises:
        UsageError: The folder holds something, nothing waits, or the target is not known.
        MissingExtraError: Excel needs `pip install "workbench[excel]"`.
    """
    if target not in TARGETS:
        raise UsageError(f"a pack for {shown(target)} is not known; there are {', '.join(TARGETS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty; name a new folder")
    cases, rubric = workspace.cases, workspace.rubric
    waiting = queue(cases, workspace.reviews, double=workspace.settings.review.double)
    if waiting.empty:
        raise UsageError("no candidate waits for a review; generate or import some first")
    drawn = _drawn(cases, waiting, limit)
    asked = list(drawn.values())
    digest = sha256([rubric.version, sorted(case.case_id for case in asked)])
    form = _form(rubric, digest)
    files = TARGETS[target].files(asked, form) | {"GUIDE.md": form.guide().encode("utf-8")}
    manifest = {
        "schema_version": 1,
        "pack_sha256": digest,
        "target": target,
        "rubric_version": rubric.version,
        "verdicts": list(form.verdicts),
        "cases": [{"case_id": case.case_id, "content_sha256": case.content_sha256} for case in asked],
        "files": {name: write_bytes(folder / name, data) for name, data in files.items()},
    }
    # Last, so that a pack with its manifest is whole.
    write_json(folder / "manifest.json", manifest)
    return Pack(
        folder=folder,
        target=target,
        cases=tuple(drawn),
        waiting=len(waiting),
        files=(*files, "manifest.json"),
        sha256=digest,
    )


def _drawn(cases: pd.DataFrame, waiting: pd.DataFrame, limit: int | None) -> dict[str, Asked]:
    """Return cases by their ids, in an order in which neighbours share no cell but by chance."""
    known = _asked(cases[cases["case_id"].isin(waiting["case_id"])])
    drawn = waiting.assign(drawn=waiting["case_id"].map(lambda case_id: known[case_id].case_id))
    taken = drawn.sort_values(["cell_reviewed", "drawn"]).head(len(drawn) if limit is None else limit)
    return {case_id: known[case_id] for case_id in taken.sort_values("drawn")["case_id"]}


def _asked(cases: pd.DataFrame) -> dict[str, Asked]:
    """Return cases as a reviewer sees them, by their ids."""
    columns = ["case_id", "content_sha256", "turns", "context", "cell"]
    rows = cases[columns].astype("object")
    told = rows.where(rows.notna(), None).itertuples(index=False, name=None)
    return {row[0]: Asked(pseudonym(row[0], row[1]), *row[1:]) for row in told}


def pseudonym(case_id: str, content_sha256: str) -> str:
    """Return what a case is called in every pack; its first letters keep a spreadsheet from reading a number.

    Example:
        >>> pseudonym("synth-angry-delay-3", "0" * 64)
        'case-032da456d5f4fc6e'
    """
    return f"case-{sha256([case_id, content_sha256])[:16]}"


def _form(rubric: Rubric, digest: str) -> Form:
    """Return the form of a pack; the order of the verdicts is drawn, so that none is always the first."""
    return Form(
        rubric_version=rubric.version,
        policy=rubric.policy,
        checklist=rubric.checklist,
        expected=rubric.expected,
        reasons=rubric.reasons,
        verdicts=sorted(DECISIONS, key=lambda verdict: sha256([digest, verdict])),
    )


class Returned(NamedTuple):
    """Decisions as a table, and whether they are from a tool, so that the judged texts came back too."""

    records: Records
    from_tool: bool


def returned(records: Records, tool: str | None = None) -> Returned:
    """Return the decisions of a file: as they are, or as a tool exports them.

    Args:
        records: The file.
        tool: One of `TOOLS`, or `PLAIN`; None to tell by its columns.

    Raises:
        InputError: The tool's file lacks what makes a decision.
        UsageError: The tool is not known, or the file is none of its.
    """
    if tool is not None and tool not in {*TOOLS, PLAIN}:
        raise UsageError(f"files from {shown(tool)} are not known; there are {', '.join((*TOOLS, PLAIN))}")
    named = tool or next((name for name, kind in TOOLS.items() if kind.exported(records.columns)), PLAIN)
    if named == PLAIN:
        return Returned(records, from_tool=False)
    found = TOOLS[named].decisions(records)
    return Returned(
        replace(found, notes=(f"read as a review from {TOOLS[named].NAME}", *found.notes)), from_tool=True
    )


def recognised(read: Sequence[Row], values: Sequence[Mapping[str, Any]], cases: pd.DataFrame) -> list[Row]:
    """Return decisions of a tool with the ids of their cases, and a fault where another text came back.

    Args:
        read: The decisions.
        values: The rows that they were read from.
        cases: The table `cases`.
    """
    known = _asked(cases[cases["content_sha256"].notna()])
    names = {case.case_id: case_id for case_id, case in known.items()}
    found = []
    for row, told in zip(read, values, strict=True):
        case_id = names.get(row.told["case_id"], row.told["case_id"])
        fault = row.fault or _altered(row.told["content_sha256"], told, known.get(case_id))
        found.append(replace(row, told=row.told | {"case_id": case_id}, fault=fault))
    return found


def _altered(judged: str | None, told: Mapping[str, Any], case: Asked | None) -> str:
    if case is None or judged not in {None, case.content_sha256}:
        # What is wrong then is said with every other decision.
        return ""
    whole = case.texts()
    changed = [name for name in SHOWN if told.get(name) and not sheets.same(str(told[name]), whole[name])]
    if not changed:
        return ""
    return (
        f"came back with another {listed(changed)} than is stored, so it is not known what was judged; put the text "
        "of the pack back, or leave the row out"
    )
