"""Decisions that were made elsewhere come in: from a spreadsheet, a labelling tool, or another team."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from workbench.errors import UsageError, listed, shown
from workbench.exchange import fields, files, times
from workbench.exchange.fields import FieldError
from workbench.exchange.labels import Labelling
from workbench.exchange.mapping import Mapping
from workbench.review.decisions import COLUMNS, Row
from workbench.review.events import record
from workbench.review.packs import recognised, returned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Mapping as MappingType
    from pathlib import Path

    import pandas as pd

    from workbench.exchange.mapping import Source
    from workbench.review.events import Decided
    from workbench.workspace import Workspace

FILE_COLUMNS = (
    "case_id", "verdict", "reasons", "expected", "note", "fits_cell", "content_sha256", "revised", "reviewer", "at",
    "owner", "backfill_by", "realistic", "rubric_version",
)  # fmt: skip
"""The columns that a file of decisions can fill; `revised` is the edited conversation, and a decision by
another `rubric_version` than the workspace's is refused: its reasons and values mean something else."""


class ReviewOptions(TypedDict, total=False):
    """How a file of decisions is read, as the options of the command.

    Keys:
        columns: `NAME=SOURCE` texts, or a mapping from a column of `FILE_COLUMNS` to the file's.
        where: `SOURCE==VALUE` texts; rows that meet all of them are taken.
        encoding: Of a text file that is neither UTF-8 nor marked.
        sheet: Of an Excel workbook with several sheets.
        tz: The timezone of times that name none, such as `Europe/Lisbon`.
        reviewer: Who decided, where the file does not say.
        reviewed_on: When, as an ISO 8601 date or time, where the file does not say.
        people: `SOURCE=NAME` texts: who stands behind what the file calls a reviewer, such as `3=Kim`.
        tool: Whose file it is: one of `workbench.review.packs.TOOLS`, or `table`; by default told by its columns.
    """

    columns: Iterable[str] | MappingType[str, str]
    where: Iterable[str]
    encoding: str | None
    sheet: str | None
    tz: str | None
    reviewer: str | None
    reviewed_on: str | None
    people: Iterable[str]
    tool: str | None


def import_reviews(workspace: Workspace, file: str | Path, **options: Unpack[ReviewOptions]) -> Decided:
    """Import decisions about candidates: all of a file, or none.

    A case that came in is dated by its import, and may have been reviewed before. One that a run made
    here cannot: a decision that is older by a day or more is refused (a bare date stands for its day).

    A file without ids names its cases by `content_sha256`, so that decisions can be carried to a workspace
    where the same candidates have other ids. They are recorded as `imported`, without a time on screen, which nobody measured.

    A file that a tool exported from a pack is known by its columns. It brings back the text that was judged,
    which has to be the one that is stored; see `workbench.review.packs`.

    Args:
        workspace: The workspace.
        file: CSV, TSV, JSONL, JSON, Parquet or Excel. Reasons are a JSON list, or parted by `;`.
        options: See `ReviewOptions`.

    Raises:
        QuarantineError: Some decisions are bad; all of them are listed.
        InputError: The file cannot be read.
        UsageError: An option is wrong or missing.
        StoreError: The store refused.
    """
    tz = times.zone(options.get("tz"))
    records, from_tool = returned(
        files.read(file, encoding=options.get("encoding"), sheet=options.get("sheet")), options.get("tool")
    )
    mapping = Mapping.of(options.get("columns", ()), options.get("where", ()))
    chosen = mapping.selected(records)
    sources = mapping.sources(chosen, FILE_COLUMNS)
    declared = _declared(options, tz, sources, file=records.name, held=records.columns)
    rubric = workspace.rubric
    labelling = Labelling(values=tuple(rubric.expected), rubric_version=rubric.version, tz=tz)
    declared["session_id"] = f"reviews-{records.sha256[:8]}"
    read = [
        _row(place, {name: source.value(row) for name, source in sources.items()}, declared, labelling)
        for place, row in zip(chosen.places, chosen.rows, strict=True)
    ]
    if "case_id" not in sources:
        read = _found(read, workspace.cases)
    if from_tool:
        read = recognised(read, chosen.rows, workspace.cases)
    read = _known_as(read, options.get("people", ()))
    by_id = sum(row.told["content_sha256"] is None for row in read)
    notes = [f"joined by id only, without a content_sha256: {by_id:,} of {len(read):,}"] if by_id else []
    return replace(record(workspace, read, source=records.name), notes=(*records.notes, *notes))


def _declared(
    options: ReviewOptions,
    tz: dt.tzinfo | None,
    sources: MappingType[str, Source],
    *,
    file: str,
    held: Iterable[str],
) -> dict[str, Any]:
    """Return what holds for all decisions of a file, or say what is missing."""
    for name in ("case_id", "verdict"):
        if name not in sources and not (name == "case_id" and "content_sha256" in sources):
            raise UsageError(
                f"{file} has no column {name}; pass --column {name}=SOURCE, one of {listed(list(held), most=30)}"
            )
    date = options.get("reviewed_on")
    for name, given, option in (
        ("reviewer", options.get("reviewer"), "--reviewer NAME"),
        ("at", date, "--reviewed-on DATE"),
    ):
        if not given and name not in sources:
            raise UsageError(f"{file} does not say {_ASKED[name]}; pass {option} or --column {name}=SOURCE")
    try:
        at = times.moment(date, tz or dt.UTC) if date else None
    except times.TimeError as error:
        raise UsageError(f"--reviewed-on {error}") from None
    if at and at > dt.datetime.now(dt.UTC):
        raise UsageError(f"--reviewed-on {shown(date)} is in the future; write the day of the review")
    return {"reviewer": options.get("reviewer"), "at": at}


def _found(read: Sequence[Row], cases: pd.DataFrame) -> list[Row]:
    """Return decisions with the ids of the cases that have the content that was judged."""
    ids = cases.groupby("content_sha256")["case_id"].agg(list)
    found = []
    for row in read:
        content = row.told["content_sha256"]
        same = ids.get(content, [])
        fault = f"has a content_sha256 that {len(same) or 'no'} cases have; name the case by its id"
        told = row.told | {"case_id": same[0] if len(same) == 1 else None}
        found.append(replace(row, told=told, fault=row.fault or ("" if len(same) == 1 else fault)))
    return found


def _known_as(read: Sequence[Row], people: Iterable[str]) -> list[Row]:
    """Return decisions with the names of the people behind what the file calls them."""
    names: dict[str, str] = {}
    for pair in people:
        source, _, name = (part.strip() for part in pair.rpartition("="))
        if not (source and name):
            raise UsageError(f"--person {shown(pair)} is not SOURCE=NAME, such as 3=Kim")
        names[source] = name
    found = {row.told["reviewer"] for row in read}
    for source in names:
        if read and source not in found:
            raise UsageError(
                f"--person {shown(source)} is no reviewer of the file; it has {listed([shown(one) for one in sorted(filter(None, found))], most=10)}"
            )
    return [
        replace(row, told=row.told | {"reviewer": names.get(row.told["reviewer"], row.told["reviewer"])})
        for row in read
    ]


_ASKED = {"reviewer": "who decided", "at": "when it was decided"}


def _row(
    place: str, values: MappingType[str, Any], declared: MappingType[str, Any], labelling: Labelling
) -> Row:
    """Read one decision; what cannot be read is its fault."""
    told: dict[str, Any] = dict.fromkeys(COLUMNS) | dict(declared) | {"event": "imported"}
    for name, value in values.items():
        try:
            found = _READERS[name](value)
            if name == "at" and found:
                found = times.moment(found, labelling.tz)
            if name == "backfill_by" and found:
                found = times.moment(found, labelling.tz or dt.UTC)
        except times.NaiveError:
            return Row(place, told, "was decided at a time without a timezone; pass --tz, such as --tz UTC")
        except times.TimeError as error:
            return Row(place, told, f"has a time that cannot be read: {error}")
        except FieldError as error:
            return Row(place, told, str(error) if name == "case_id" else f"has {name} {error}")
        if name == "rubric_version" and found not in {None, labelling.rubric_version}:
            return Row(
                place,
                told,
                f"was decided by rubric {shown(found)}, and the workspace has {shown(labelling.rubric_version)}; put "
                "that rubric.toml back, import, and change it again",
            )
        if found is not None:
            told["turns" if name == "revised" else name] = found
    if told["expected"] is not None:
        told["expected"] = labelling.spelt(told["expected"])
    return Row(place, told)


def _verdict(value: Any) -> str | None:
    found = fields.text(value)
    return found and found.lower()


def _flag(value: Any) -> bool | None:
    return None if fields.text(value) is None else fields.flag(value)


def _reasons(value: Any) -> list[str]:
    """Read reasons: a JSON list, or a text parted by semicolons; each once.

    Example:
        >>> _reasons("caricature; too_easy;"), _reasons('["wrong_cell"]'), _reasons(None)
        (['caricature', 'too_easy'], ['wrong_cell'], [])
    """
    found = fields.items(value)
    if len(found) == 1 and isinstance(value, str):
        found = str(found[0]).split(";")
    return list(dict.fromkeys(text for part in found if (text := fields.text(part))))


def _edit(value: Any) -> Any:
    return value if not isinstance(value, str) or value.strip() else None


_READERS: MappingType[str, Callable[[Any], Any]] = {
    "case_id": lambda value: fields.case_id(value).id,
    "verdict": _verdict,
    "reasons": _reasons,
    "expected": fields.text,
    "note": fields.text,
    "fits_cell": _flag,
    "content_sha256": fields.digest,
    "revised": _edit,
    "reviewer": fields.text,
    "at": fields.text,
    "owner": fields.text,
    "backfill_by": fields.text,
    "realistic": _flag,
    "rubric_version": fields.text,
}
