"""Results made elsewhere: outcomes of models on cases, read from a file into the table `results`.

What counts as a pass is declared, never guessed. An error and an unscored answer are kept apart
from a fail; rows of cases that nobody knows are set aside and listed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import folds
from workbench.errors import InputError, UsageError, counted, listed, shown
from workbench.exchange import files
from workbench.exchange.comparison import refuse_mixture
from workbench.exchange.mapping import Mapping
from workbench.provenance import ADDED, GROUP_OF_BUCKET, UNKNOWN, canonical, sha256
from workbench.swap.label_sheet import answered
from workbench.swap.reconcile import reconciled
from workbench.swap.rows import normalised
from workbench.swap.stubs import stub_rows
from workbench.tables import CASES, GATES, RESULTS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping as Pairs
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.store import Transaction
    from workbench.swap.rows import Declared
    from workbench.workspace import Workspace


@dataclass(frozen=True)
class ResultsImport:
    """What an import of results did.

    Attributes:
        run: The results run: the hash of the normalised rows.
        rows: Rows in the run.
        set_aside: Ids of rows whose case nobody knows; these rows are not in the run.
        stubs: Cases without text that were made for this run.
        counts: Expected against found per model, judge, group and trial; see `reconciled`.
        notes: What is worth knowing, one sentence each.
        is_new: False when the same rows had been imported before.
    """

    run: str
    rows: int
    set_aside: tuple[str, ...]
    stubs: int
    counts: pd.DataFrame
    notes: tuple[str, ...]
    is_new: bool = True

    def __str__(self) -> str:
        head = (
            f"results run {self.run[:12]}: {self.rows:,} rows"
            if self.is_new
            else (f"results run {self.run[:12]} was imported before: nothing added")
        )
        aside = (
            [
                f"{len(self.set_aside):,} ids are no case here and their rows were set aside: {listed(self.set_aside)}"
            ]
            if self.set_aside
            else []
        )
        made = [f"{self.stubs:,} cases without text were made (stubs)"] if self.stubs else []
        table = self.counts.to_string(index=False, max_colwidth=40) if len(self.counts) else ""
        return "\n".join([head, *aside, *made, *self.notes, table])


def import_results(
    workspace: Workspace,
    path: str | Path,
    declared: Declared,
    *,
    columns: Sequence[str] | Pairs[str, str] = (),
    where: Sequence[str] = (),
    encoding: str | None = None,
    sheet: str | None = None,
) -> ResultsImport:
    """Import outcomes of models on cases, all rows or none.

    Args:
        workspace: The workspace.
        path: A CSV, TSV, JSONL, JSON, Parquet or Excel file, plain or gzipped.
        declared: Polarity, judges, families and stubs.
        columns: `NAME=SOURCE` for columns of `workbench.swap.rows.COLUMNS` that the file names otherwise.
        where: `SOURCE==VALUE` conditions that select rows.
        encoding: Of a text file that is neither UTF-8 nor marked.
        sheet: Of an Excel workbook with several sheets.

    Returns:
        What was imported, with expected against found counts.

    Raises:
        InputError: An outcome is neither a pass nor a fail, a case has two outcomes of one model
            and trial, a content hash differs, or no id is known.
        UsageError: A column or family is not what it should be.
    """
    _check_demo(declared, demo=workspace.demo)
    mapping = Mapping.of(columns, where)
    records = mapping.selected(files.read(path, encoding=encoding, sheet=sheet))
    if declared.key:
        records, declared = answered(records, mapping, declared)
        mapping = Mapping.of()
    rows = normalised(records, mapping, declared)
    now = dt.datetime.now(dt.UTC)
    with workspace.store.transaction() as tx:
        ids = sorted({row["case_id"] for row in rows})
        known = tx.read(CASES, case_id=ids)
        unknown = [case for case in ids if case not in set(known["case_id"])]
        made = 0
        if declared.stubs and unknown:
            refuse_mixture(workspace, tx.read(CASES))
            made = tx.append(CASES, stub_rows(unknown, declared.stubs, demo=workspace.demo, at=now))
            known, unknown = tx.read(CASES, case_id=ids), []
        if known.empty:
            raise InputError(
                f"{records.name}: none of its {len(ids):,} case ids is a case of this workspace ({listed(ids)}); "
                "import the cases first; only where their texts are not to be had, --stubs BUCKET makes cases without text"
            )
        kept = [row for row in rows if row["case_id"] not in set(unknown)]
        _check_contents(records.name, kept, known)
        cases, reviews = tx.read(CASES), tx.read(REVIEWS)
        run, is_new = stored(tx, workspace, kept, now)
    frame = pd.DataFrame(kept)
    asked = _asked(cases, known, folds.candidates(cases, reviews))
    counts = reconciled(frame, asked.assign(group=asked["bucket"].map(dict(GROUP_OF_BUCKET))))
    notes = (*records.notes, *_notes(frame))
    return ResultsImport(run, len(kept), tuple(unknown), made, counts, notes, is_new)


def stored(
    tx: Transaction, workspace: Workspace, rows: Sequence[Pairs[str, Any]], now: dt.datetime
) -> tuple[str, bool]:
    """Append rows as a results run and seal the gate; the same rows again are the same run and change nothing.

    Args:
        tx: An open transaction.
        workspace: Whose gate is sealed.
        rows: Of the table `results`, without run and time.
        now: When they came, UTC.

    Returns:
        The run, and whether it is new.
    """
    told = [{name: row[name] for name in row if not (name in ADDED and row[name] is None)} for row in rows]
    run = sha256(sorted(map(canonical, told)))
    is_new = tx.read(RESULTS, results_run=run).empty
    if is_new:
        _seal_gate(tx, workspace, now)
        tx.append(RESULTS, [{"results_run": run, **row, "imported_at": now} for row in rows])
    return run, is_new


def _asked(cases: pd.DataFrame, known: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that the models were asked: of the workspace, as a file shows only what it has.

    A split that the file does not answer at all, such as train, was not asked of the models, nor were
    candidates that nobody has kept when it answers none of them.
    """
    asked = cases[cases["split"].isin(known["split"])]
    not_kept = state.loc[state["candidate"] & ~state["kept"], "case_id"]
    if known["case_id"].isin(not_kept).any():
        return asked
    return asked[~asked["case_id"].isin(not_kept)]


def _check_demo(declared: Declared, *, demo: bool) -> None:
    """Keep `demo` for demos: it never clashes, so elsewhere it would hide a lineage."""
    named = [name for name, family in {**declared.judges, **declared.families}.items() if family == "demo"]
    if named and not demo:
        raise UsageError(
            f"the family of {shown(named[0])} is demo, and this workspace is none; declare VENDOR/LINE or unknown"
        )


def _check_contents(name: str, rows: Sequence[Pairs[str, Any]], known: pd.DataFrame) -> None:
    # A stub has no content that could differ.
    contents = known[known["content_sha256"].notna()]
    frozen = dict(zip(contents["case_id"], contents["content_sha256"], strict=True))
    differs = sorted(
        {
            r["case_id"]
            for r in rows
            if r["content_sha256"] not in {None, frozen.get(r["case_id"], r["content_sha256"])}
        }
    )
    if differs:
        raise InputError(
            f"{name}: the content hash of {counted(len(differs), 'case')} differs from the case in this workspace: "
            f"{listed(differs)}; run the models again on the cases as they are"
        )


def _seal_gate(tx: Transaction, workspace: Workspace, now: dt.datetime) -> None:
    """Record the gate that is in force when results come; a change later is a new look."""
    gate = workspace.settings.gate
    asked = {"margin_pp": gate.margin_pp, "alpha": gate.alpha, "floor_roots": gate.floor_roots}
    sealed = tx.read(GATES)
    if len(sealed) and all(sealed.iloc[-1][name] == value for name, value in asked.items()):
        return
    row = asked | {
        "author": workspace.settings.seed.owner or "workbench.toml",
        "reason": "the gate of workbench.toml when results were imported",
    }
    tx.append(
        GATES, [{**row, "sealed_at": now, "seal_sha256": sha256({**row, "sealed_at": now.isoformat()})}]
    )


def _notes(frame: pd.DataFrame) -> list[str]:
    notes = []
    outcomes = Counter(frame["outcome"])
    missing = {kind: outcomes[kind] for kind in ("error", "unscored") if outcomes[kind]}
    if missing:
        notes.append(
            "missing outcomes: "
            + ", ".join(f"{count:,} {kind}" for kind, count in missing.items())
            + "; they are no fails"
        )
    malformed = frame[frame["malformed"].eq(True)]
    if len(malformed):
        shares = [
            f"{counted(n, 'verdict')} of {shown(judge)}"
            for judge, n in malformed["judge"].value_counts().items()
        ]
        notes.append(f"malformed: {listed(shares)}; they are counted as unscored, and none is lost")
    if frame["content_sha256"].isna().all():
        notes.append("joined by id only: the file has no content hashes")
    for column, what in (
        ("model_family", "--family MODEL=VENDOR/LINE"),
        ("judge_family", "--judge NAME=VENDOR/LINE"),
    ):
        unknown = sorted(set(frame.loc[frame[column] == UNKNOWN, column.removesuffix("_family")]))
        if unknown:
            named = listed([shown(name) for name in unknown])
            notes.append(f"of unknown family: {named}; an unknown family bars SHIP, declare it with {what}")
    return notes
