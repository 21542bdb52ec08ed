"""Importing the seed: real cases, their labels, their split, and a version of both as files."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from workbench.errors import listed, shown
from workbench.exchange import intake
from workbench.exchange.cases import SEED_COLUMNS
from workbench.exchange.comparison import compared, refuse_mixture
from workbench.exchange.entries import Declared
from workbench.exchange.intake import Imported, by_kind, by_split, printed, tally
from workbench.seed import manifest
from workbench.seed.split import shares, split_of
from workbench.tables import CASES, LABELS, SEEDS, SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.exchange.cases import Read
    from workbench.exchange.comparison import Compared
    from workbench.exchange.intake import FileOptions
    from workbench.store import Transaction
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class SeedImport(Imported):
    """What an import of the seed did.

    Attributes:
        version: Of the seed; None when no case was new.
        slices: New cases by slice; those without one are not in it.
        shares: The share of each split, fixed by the first import.
        manifest: The version's manifest; None when no case was new.
    """

    version: int | None
    slices: Mapping[str, int]
    shares: Mapping[str, float]
    manifest: Path | None

    def __str__(self) -> str:
        rule = "/".join(f"{self.shares[name] * 100:.0f}" for name in SPLITS)
        head, *rest = self.lines()
        made = [
            f"seed v{self.version}: {tally(self.splits)} (by a hash of the root, {rule}, fixed)",
            *([f"slices: {tally(self.slices)}"] if self.slices else []),
        ]
        last = [f"manifest: {manifest.FOLDER}/v{self.version}/{self.manifest.name}"] if self.manifest else []
        return printed([head, *(made if self.version else []), *rest, *last])


def import_seed(workspace: Workspace, file: str | Path, **options: Unpack[FileOptions]) -> SeedImport:
    """Import production-mined cases with their labels: all of them, or none.

    A case that is in the store already, and of which the file says nothing else, is counted and left
    alone; a label that says something new about it is added. Every import with new cases is a version of the
    seed, with its cases and a manifest under `seeds/v<version>/`.

    Args:
        workspace: The workspace.
        file: CSV, TSV, JSONL, JSON, Parquet or Excel.
        options: See `workbench.exchange.intake.FileOptions`.

    Raises:
        QuarantineError: Some cases are bad, and `quarantine` was not asked for.
        InputError: The file cannot be read.
        UsageError: An option is wrong, or the store holds demo cases and the workspace is none, or the
            reverse.
        StoreError: The store refused.
    """
    at = dt.datetime.now(dt.UTC)
    labelling = intake.labelling(workspace, options)
    declared = Declared(
        bucket="seed",
        is_demo=workspace.demo,
        labelling=labelling,
        tz=labelling.tz,
        at=at,
    )
    read = intake.read_cases(file, SEED_COLUMNS, declared, options)
    with workspace.store.transaction() as tx:
        stored = tx.read(CASES)
        refuse_mixture(workspace, stored)
        found = compared(read, stored)
        intake.check(found.read, quarantine=bool(options.get("quarantine")))
        aside = intake.set_aside(found.read, workspace)
        done = _write(tx, workspace, found, at)
    path = manifest.publish(workspace, done.version) if done.version else None
    return replace(_summary(workspace, found, done), manifest=path, quarantine=aside)


@dataclass(frozen=True, kw_only=True)
class _Written:
    """What the transaction added."""

    version: int | None
    shares: Mapping[str, float]
    cases: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    total: int


def _write(tx: Transaction, workspace: Workspace, found: Compared, at: dt.datetime) -> _Written:
    seeds = tx.read(SEEDS)
    version = manifest.prepare(workspace, seeds)
    by: Mapping[str, float] = seeds["shares"].iloc[0] if len(seeds) else shares(len(found.new))
    cases = [
        entry.case | {"root_id": entry.case_id, "split": split_of(entry.case_id, by)} for entry in found.new
    ]
    stored = tx.read(LABELS, case_id=[entry.case_id for entry in found.known])
    labels = intake.label_rows([*found.new, *found.known], stored, at)
    if cases:
        row = {"version": version, "created_at": at, "shares": dict(by)}
        row |= _version(workspace, found.read, cases, labels)
        row["sha256"] = manifest.write(workspace, row, cases, labels)
        tx.append(CASES, cases)
        tx.append(SEEDS, [{name: row[name] for name in SEEDS.names}])
    tx.append(LABELS, labels)
    total = int(seeds["cases"].sum()) + len(cases)
    return _Written(version=version if cases else None, shares=by, cases=cases, labels=labels, total=total)


def _version(
    workspace: Workspace, read: Read, cases: Sequence[Mapping[str, Any]], labels: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what a version's row and manifest say about its cases."""
    slices = Counter(case["slice"] for case in cases if case["slice"])
    ids = {case["case_id"] for case in cases}
    return {
        "owner": workspace.settings.seed.owner or None,
        "cases": len(cases),
        "slices": dict(slices.most_common()),
        "without_slice": len(cases) - slices.total(),
        "splits": by_split(cases),
        "labels": by_kind(label for label in labels if label["case_id"] in ids),
        "source": read.name,
        "source_sha256": read.sha256,
        "demo": workspace.demo,
    }


def _summary(workspace: Workspace, found: Compared, done: _Written) -> SeedImport:
    read = found.read
    return SeedImport(
        source=read.name,
        version=done.version,
        read=read.total,
        imported=len(done.cases),
        known=len(found.known),
        set_aside=len(read.problems),
        splits=by_split(done.cases),
        slices=dict(Counter(case["slice"] for case in done.cases if case["slice"]).most_common()),
        labels=by_kind(done.labels),
        shares=done.shares,
        notes=(*read.notes, *_notes(workspace, done)),
        manifest=None,
    )


def _notes(workspace: Workspace, done: _Written) -> list[str]:
    notes = []
    declared = workspace.settings.seed.slices
    strange = (
        sorted({case["slice"] for case in done.cases if case["slice"]} - set(declared)) if declared else []
    )
    if strange:
        notes.append(
            f"slices that workbench.toml does not list: {listed([shown(name) for name in strange], most=10)}"
        )
    floor = workspace.settings.gate.floor_roots
    if done.total < floor:
        notes.append(
            f"the seed has {done.total:,} cases; a verdict needs {floor:,} with results, so import more"
        )
    return notes
