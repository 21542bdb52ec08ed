"""What an import adds to the store: new cases, new labels, and what is set aside."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from workbench.errors import QuarantineError, StoreError, UsageError, listed
from workbench.exchange import files, times
from workbench.exchange.cases import cases_from
from workbench.exchange.labels import Labelling
from workbench.exchange.mapping import Mapping
from workbench.exchange.values import plain
from workbench.files import write_lines
from workbench.labels import label_id
from workbench.provenance import canonical, slug
from workbench.tables import SPLITS
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as MappingType
    from pathlib import Path

    import pandas as pd

    from workbench.exchange.cases import Read
    from workbench.exchange.entries import Declared, Entry
    from workbench.workspace import Workspace

SHOWN_PROBLEMS = 5
"""How many bad cases a message shows; a quarantine file holds all."""

SAID = ("expected", "kind", "author", "owner", "backfill_by")
"""What a label says. The rubric's version is not among it: to import a file again is not to label again."""


class FileOptions(TypedDict, total=False):
    """How a file of cases is read, as the options of an import command.

    Keys:
        columns: `NAME=SOURCE` texts, or a mapping from a table's column to the file's.
        where: `SOURCE==VALUE` texts; rows that meet all of them are taken.
        encoding: Of a text file that is neither UTF-8 nor marked.
        sheet: Of an Excel workbook with several sheets.
        tz: The timezone of times that name none, such as `Europe/Lisbon`.
        label_kind: `claimed` (the default), `human`, `programmatic` or `provisional`.
        label_author: Who gave the labels; needed for human ones.
        label_owner: Who replaces provisional labels.
        backfill_by: Until when, as an ISO 8601 date.
        quarantine: Import the good cases and write the bad ones to a file, instead of none.
    """

    columns: Iterable[str] | MappingType[str, str]
    where: Iterable[str]
    encoding: str | None
    sheet: str | None
    tz: str | None
    label_kind: str
    label_author: str | None
    label_owner: str | None
    backfill_by: str | None
    quarantine: bool


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import of cases did.

    Attributes:
        source: The name of the file.
        read: Records taken from the file.
        imported: New cases.
        known: Cases that were in the store already, as the file has them.
        set_aside: Bad cases that went to the quarantine file.
        splits: New cases by split.
        labels: New labels by kind, known cases included.
        notes: What was odd and taken anyway, one sentence each.
        quarantine: The file of bad cases.
    """

    source: str
    read: int
    imported: int
    known: int
    set_aside: int
    splits: MappingType[str, int]
    labels: MappingType[str, int]
    notes: tuple[str, ...]
    quarantine: Path | None = None

    def lines(self) -> list[str]:
        """Return the lines of the summary that every import has."""
        return [
            (
                f"{self.source}: {self.read:,} read, {self.imported:,} imported, "
                f"{self.known:,} known already, {self.set_aside:,} set aside"
            ),
            f"labels: {tally(self.labels) or 'none added'}",
            *(f"note: {note}" for note in self.notes),
            *([f"set aside: quarantine/{self.quarantine.name}"] if self.quarantine else []),
        ]


def printed(lines: Iterable[str]) -> str:
    r"""Return lines of a summary for a terminal; whatever a file's names hold, none becomes a line of its own.

    Example:
        >>> printed(["slices: 3 delay\nseed v9: 900 eval", "labels: none added"])
        'slices: 3 delay[U+000A]seed v9: 900 eval\nlabels: none added'
    """
    return "\n".join(marked(line).replace("\n", "[U+000A]") for line in lines)


def tally(counts: MappingType[str, int]) -> str:
    """Return counts as a summary lists them.

    Example:
        >>> tally({"claimed": 465})
        '465 claimed'
    """
    return listed([f"{count:,} {name}" for name, count in counts.items()], most=8)


def by_split(cases: Iterable[MappingType[str, Any]]) -> dict[str, int]:
    """Return how many cases each split has, in the order of the splits."""
    found = Counter(case["split"] for case in cases)
    return {name: found[name] for name in SPLITS if found[name]}


def by_kind(labels: Iterable[MappingType[str, Any]]) -> dict[str, int]:
    """Return how many labels each kind has, the most frequent first."""
    return dict(Counter(label["kind"] for label in labels).most_common())


def labelling(workspace: Workspace, options: FileOptions) -> Labelling:
    """Return what the options and the workspace's rubric declare about labels.

    Raises:
        UsageError: A kind, timezone or date is wrong.
    """
    tz = times.zone(options.get("tz"))
    date = options.get("backfill_by")
    try:
        backfill_by = times.moment(date, tz or dt.UTC) if date else None
    except times.TimeError as error:
        raise UsageError(f"--backfill-by {error}") from None
    return Labelling(
        kind=options.get("label_kind") or "claimed",
        author=options.get("label_author"),
        owner=options.get("label_owner"),
        backfill_by=backfill_by,
        values=tuple(workspace.rubric.expected),
        rubric_version=workspace.rubric.version or None,
        tz=tz,
    )


def read_cases(file: str | Path, columns: Sequence[str], declared: Declared, options: FileOptions) -> Read:
    """Read the cases of a file.

    Args:
        file: The file.
        columns: The table's columns that it can fill.
        declared: What holds for all its cases.
        options: How it is read.

    Raises:
        InputError: The file cannot be read.
        UsageError: An option is wrong.
    """
    records = files.read(file, encoding=options.get("encoding"), sheet=options.get("sheet"))
    mapping = Mapping.of(options.get("columns", ()), options.get("where", ()))
    return cases_from(records, mapping, columns, declared)


def check(read: Read, *, quarantine: bool) -> None:
    """Refuse a file with bad cases, unless they may be set aside and others are left.

    Raises:
        QuarantineError: There are bad cases; the message shows the first few.
    """
    if not read.problems or (quarantine and read.entries):
        return
    bad, left = len(read.problems), len(read.entries)
    nothing = (
        f"nothing was imported; --quarantine takes the other {left:,}" if left else "nothing was imported"
    )
    told = [printed([str(problem)]) for problem in read.problems]
    if bad == 1:
        raise QuarantineError(f"{read.name} {told[0]} ({nothing})", told)
    more = [f"and {bad - SHOWN_PROBLEMS:,} more"] if bad > SHOWN_PROBLEMS else []
    head = f"{read.name}: {bad:,} of {read.total:,} cases are bad ({nothing})"
    raise QuarantineError("\n  ".join([head, *told[:SHOWN_PROBLEMS], *more]), told)


def set_aside(read: Read, workspace: Workspace) -> Path | None:
    """Write the bad cases to a file of the workspace and return its path; None if there are none.

    A line holds the record's place, its case id, the reason, and the record as it was read. Call it
    before the store commits: what is set aside is then written, or nothing is imported.

    Raises:
        StoreError: The file cannot be written.
    """
    if not read.problems:
        return None
    path = workspace.path("quarantine", f"{slug(read.name, length=80)}-{read.sha256[:8]}.jsonl")
    lines = (
        {"place": p.place, "case_id": p.case_id, "reason": p.reason, "record": plain(dict(p.record))}
        for p in read.problems
    )
    try:
        write_lines(path, (canonical(line) for line in lines))
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); nothing was imported") from None
    return path


def label_rows(entries: Sequence[Entry], stored: pd.DataFrame, at: dt.datetime) -> list[dict[str, Any]]:
    """Return the rows of `labels` that say something which the store does not say yet.

    Args:
        entries: Cases that are new or known.
        stored: The rows of `labels` of the known ones.
        at: When they are imported.
    """
    columns = stored[["case_id", *SAID]].astype("object")
    said = set(columns.where(columns.notna(), None).itertuples(index=False, name=None))
    rows = []
    for entry in entries:
        stated = entry.label
        if stated and (entry.case_id, *(stated[name] for name in SAID)) not in said:
            row = {"case_id": entry.case_id, **stated, "parent_id": None, "operator": None, "created_at": at}
            rows.append(row | {"label_id": label_id(row)})
    return rows
