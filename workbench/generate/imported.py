"""Cases that were generated or written elsewhere come in with their lineage.

A candidate is a case before review. Nobody vouches for its label unless that is declared, and the
family of the model that wrote it travels with it, because a judge or a model under test of the
same family would grade its own kind.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from workbench.chain import linked
from workbench.errors import UsageError, listed, shown
from workbench.exchange import intake, times
from workbench.exchange.cases import CANDIDATE_COLUMNS, Problem
from workbench.exchange.comparison import compared, refuse_mixture, with_problems
from workbench.exchange.entries import HAND_WRITTEN, Declared
from workbench.exchange.intake import FileOptions, Imported, by_kind, by_split, printed, tally
from workbench.labels import wrote
from workbench.provenance import BUCKETS, family, roots
from workbench.survival import CASES_IMPORT
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.exchange.comparison import Compared
    from workbench.exchange.entries import Entry
    from workbench.store import Transaction
    from workbench.workspace import Workspace

CANDIDATE_BUCKETS = tuple(bucket for bucket in BUCKETS if bucket != "seed")


class CandidateOptions(FileOptions, total=False):
    """How a file of candidates is read, besides `workbench.exchange.intake.FileOptions`.

    Keys:
        author: Who wrote the cases by hand.
        reviewed_by: Who reviewed and kept all of them elsewhere.
        reviewed_on: When, as an ISO 8601 date; needed with `reviewed_by`.
    """

    author: str | None
    reviewed_by: str | None
    reviewed_on: str | None


@dataclass(frozen=True, kw_only=True)
class CasesImport(Imported):
    """What an import of candidates did.

    Attributes:
        bucket: Where they come from.
        families: New cases by the family of their generator.
        reviewed: Decisions to keep that were recorded with them.
    """

    bucket: str
    families: Mapping[str, int]
    reviewed: int

    def __str__(self) -> str:
        head, *rest = self.lines()
        made = (
            [f"{self.bucket}: {tally(self.splits)}; generator: {tally(self.families)}"]
            if self.imported
            else []
        )
        kept = [f"kept by an earlier review: {self.reviewed:,}"] if self.reviewed else []
        return printed([head, *made, *kept, *rest])


def import_cases(
    workspace: Workspace,
    file: str | Path,
    *,
    bucket: str,
    generator: str | None = None,
    **options: Unpack[CandidateOptions],
) -> CasesImport:
    """Import cases that were made elsewhere: all of them, or none.

    A case has its parents' split and is eval without parents. A case that is in the store already,
    and of which the file says nothing else, is counted and left alone; a label or review that says
    something new about it is added.

    Args:
        workspace: The workspace.
        file: CSV, TSV, JSONL, JSON, Parquet or Excel.
        bucket: golden, prompted, persona, mutation or redteam.
        generator: The family that wrote the inputs: vendor/line, unknown, human, programmatic or
            demo. Golden cases are human unless declared; the others need it, here or as a column.
        options: See `CandidateOptions`.

    Raises:
        QuarantineError: Some cases are bad, and `quarantine` was not asked for.
        InputError: The file cannot be read.
        UsageError: An option is wrong, or the store holds demo cases and the workspace is none, or the
            reverse.
        StoreError: The store refused.
    """
    declared = Declared(
        bucket=_bucket(bucket),
        generator_family=_generator(bucket, generator, options),
        author=options.get("author"),
        is_demo=workspace.demo,
        labelling=intake.labelling(workspace, options),
        tz=times.zone(options.get("tz")),
        at=dt.datetime.now(dt.UTC),
    )
    review = _review(options, declared)
    read = intake.read_cases(file, CANDIDATE_COLUMNS, declared, options)
    with workspace.store.transaction() as tx:
        stored = tx.read(CASES)
        refuse_mixture(workspace, stored)
        found = _with_parents(compared(read, stored), stored)
        intake.check(found.read, quarantine=bool(options.get("quarantine")))
        aside = intake.set_aside(found.read, workspace)
        cases = _placed(found.new, stored)
        entries = [*found.new, *found.known]
        _refuse_generator(review, entries)
        said = tx.read(LABELS, case_id=[entry.case_id for entry in found.known])
        labels = intake.label_rows(entries, said, declared.at)
        tx.append(CASES, cases)
        tx.append(LABELS, labels)
        reviewed = tx.append(REVIEWS, _events(tx, entries, review, read.sha256)) if review else 0
    read = found.read
    return CasesImport(
        source=read.name,
        read=read.total,
        imported=len(cases),
        known=len(found.known),
        set_aside=len(read.problems),
        splits=by_split(cases),
        labels=by_kind(labels),
        notes=(*read.notes, *_notes(bucket, cases)),
        quarantine=aside,
        bucket=bucket,
        families=dict(Counter(case["generator_family"] for case in cases).most_common()),
        reviewed=reviewed,
    )


def _bucket(bucket: str) -> str:
    if bucket not in CANDIDATE_BUCKETS:
        advice = "; real cases come in with import seed" if bucket == "seed" else ""
        raise UsageError(f"--bucket {shown(bucket)} is none of {', '.join(CANDIDATE_BUCKETS)}{advice}")
    return bucket


def _generator(bucket: str, generator: str | None, options: CandidateOptions) -> str | None:
    """Return the declared family of a file's generator; None where a column of the file says it."""
    if generator is not None:
        return str(family(generator))
    if bucket == "golden" or (bucket in HAND_WRITTEN and options.get("author")):
        return "human"
    return None


@dataclass(frozen=True)
class _Review:
    """A review that happened elsewhere."""

    reviewer: str
    at: dt.datetime


def _review(options: CandidateOptions, declared: Declared) -> _Review | None:
    reviewer, date = options.get("reviewed_by"), options.get("reviewed_on")
    if bool(reviewer) != bool(date):
        raise UsageError("--reviewed-by and --reviewed-on belong together; pass both or neither")
    if not reviewer or not date:
        return None
    try:
        at = times.moment(date, declared.tz or dt.UTC)
    except times.TimeError as error:
        raise UsageError(f"--reviewed-on {error}") from None
    if at > declared.at:
        raise UsageError(f"--reviewed-on {shown(date)} is in the future; write the day of the review")
    return _Review(reviewer, at)


def _refuse_generator(review: _Review | None, entries: Sequence[Entry]) -> None:
    """Refuse a review by the model that wrote the cases: models propose, and people decide."""
    own = [entry.case_id for entry in entries if review and wrote(review.reviewer, entry.case)]
    if review and own:
        raise UsageError(
            f"--reviewed-by {shown(review.reviewer)} is the generator that wrote {listed(own)}; models propose "
            "and people decide, so name the person who did"
        )


def _with_parents(found: Compared, stored: pd.DataFrame) -> Compared:
    """Set cases aside whose parents are unknown or lie in different splits."""
    splits = _splits(found.new, stored)
    problems = [
        Problem(entry.place, entry.case_id, _fault(entry, splits), entry.record)
        for entry in found.new
        if _fault(entry, splits)
    ]
    bad = {problem.case_id for problem in problems}
    return replace(
        found,
        new=[entry for entry in found.new if entry.case_id not in bad],
        read=with_problems(found.read, problems),
    )


def _splits(new: Sequence[Entry], stored: pd.DataFrame) -> dict[str, str]:
    """Return the split of every stored case and of every new one that has one split by its parents."""
    splits: dict[str, str] = dict(zip(stored["case_id"], stored["split"], strict=True))
    waiting = list(new)
    while waiting:
        ready = [entry for entry in waiting if all(parent in splits for parent in entry.case["parent_ids"])]
        found = {entry.case_id: {splits[parent] for parent in entry.case["parent_ids"]} for entry in ready}
        agreed = {case: by.pop() if by else "eval" for case, by in found.items() if len(by) <= 1}
        if not agreed:
            break
        splits |= agreed
        waiting = [entry for entry in waiting if entry.case_id not in agreed]
    return splits


def _fault(entry: Entry, splits: Mapping[str, str]) -> str:
    if entry.case_id in splits:
        return ""
    parents = entry.case["parent_ids"]
    unknown = [parent for parent in parents if parent not in splits]
    if unknown:
        return f"has the parent {unknown[0]}, which is neither in the store nor a good case of this file; import it first"
    told = ", ".join(f"{parent} in {splits[parent]}" for parent in parents)
    return f"has parents in different splits ({told}); a case has one split, so name parents of one"


def _placed(new: Sequence[Entry], stored: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of new cases with root and split."""
    parents = dict(zip(stored["case_id"], stored["parent_ids"], strict=True))
    root = roots(parents | {entry.case_id: entry.case["parent_ids"] for entry in new})
    splits = _splits(new, stored)
    return [entry.case | {"root_id": root[entry.case_id], "split": splits[entry.case_id]} for entry in new]


def _events(tx: Transaction, entries: Sequence[Entry], review: _Review, source: str) -> list[dict[str, Any]]:
    """Return a chained event for each case that this reviewer's decision is not recorded for yet."""
    stored = tx.read(REVIEWS)
    same = stored[(stored["event"] == "imported") & (stored["reviewer"] == review.reviewer)]
    decided = set(same.loc[same["at"] == review.at, "case_id"])
    return linked(
        stored,
        [
            {
                "at": review.at,
                "session_id": f"{CASES_IMPORT}{source[:8]}",
                "reviewer": review.reviewer,
                "case_id": entry.case_id,
                "content_sha256": entry.case["content_sha256"],
                "event": "imported",
                "verdict": "keep",
                "reasons": [],
            }
            for entry in entries
            if entry.case_id not in decided
        ],
    )


def _notes(bucket: str, cases: Sequence[Mapping[str, Any]]) -> list[str]:
    orphans = sum(not case["parent_ids"] for case in cases)
    if bucket != "mutation" or not orphans:
        return []
    return [
        f"mutations without a parent, each a root of its own: {orphans:,}; map --column parent_ids=SOURCE"
    ]
