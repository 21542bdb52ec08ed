"""Results made elsewhere: outcomes of models on cases, read from a file into the table `results`.

What counts as a pass is declared, never guessed. An error and an unscored answer are kept apart
from a fail; rows of cases that nobody knows are set aside and listed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import InputError, listed, shown
from workbench.exchange import files
from workbench.exchange.mapping import Mapping
from workbench.exchange.values import own_text
from workbench.provenance import GROUP_OF_BUCKET, UNKNOWN, canonical, sha256, slug
from workbench.swap.reconcile import reconciled
from workbench.swap.stubs import stub_rows
from workbench.tables import CASES, GATES, RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping as Pairs
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.exchange.records import Records
    from workbench.store import Transaction
    from workbench.swap.outcomes import Polarity
    from workbench.workspace import Workspace

COLUMNS = (
    "case_id", "model", "outcome", "trial", "judge", "content_sha256", "score", "threshold", "metric",
    "failure_mode", "output", "reason", "error", "latency_s", "cost_usd", "cached",
)  # fmt: skip
"""What a file of results may fill; `error`, unless it is one of `NO_ERROR`, makes the outcome an error."""

NO_ERROR = frozenset({"", "0", "false", "no", "none", "null", "nan"})
"""How files write that there was no error."""

TEXTS = ("content_sha256", "metric", "failure_mode", "output", "reason")
NUMBERS = ("score", "threshold", "latency_s", "cost_usd")
FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the importer declares about a file of results.

    Attributes:
        polarity: What counts as a pass.
        judges: For each judge its family; one entry names the judge of a file without that column.
        families: For each model its family; a model that is not named is unknown.
        stubs: The bucket of cases that are made, without text, for ids that nobody knows.
    """

    polarity: Polarity
    judges: Pairs[str, str] = field(default_factory=dict)
    families: Pairs[str, str] = field(default_factory=dict)
    stubs: str | None = None


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


def import_results(  # noqa: PLR0913 - the options of the command, by name
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
        columns: `NAME=SOURCE` for columns of `COLUMNS` that the file names otherwise.
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
    mapping = Mapping.of(columns, where)
    records = mapping.selected(files.read(path, encoding=encoding, sheet=sheet))
    rows = _rows(records, mapping, declared)
    now = dt.datetime.now(dt.UTC)
    with workspace.store.transaction() as tx:
        ids = sorted({row["case_id"] for row in rows})
        known = tx.read(CASES, case_id=ids)
        unknown = [case for case in ids if case not in set(known["case_id"])]
        made = 0
        if declared.stubs and unknown:
            made = tx.append(CASES, stub_rows(unknown, declared.stubs, demo=workspace.demo, at=now))
            known, unknown = tx.read(CASES, case_id=ids), []
        if known.empty:
            raise InputError(
                f"{records.name}: none of its {len(ids):,} case ids is a case of this workspace ({listed(ids)}); "
                "import the cases first, or make cases without text with --stubs BUCKET"
            )
        kept = [row for row in rows if row["case_id"] not in set(unknown)]
        _check_contents(records.name, kept, known)
        run = sha256(sorted(canonical(row) for row in kept))
        is_new = tx.read(RESULTS, results_run=run).empty
        if is_new:
            _seal_gate(tx, workspace, now)
            tx.append(RESULTS, [{"results_run": run, **row, "imported_at": now} for row in kept])
    frame = pd.DataFrame(kept)
    counts = reconciled(frame, known.assign(group=known["bucket"].map(dict(GROUP_OF_BUCKET))))
    notes = (*records.notes, *_notes(frame))
    return ResultsImport(run, len(kept), tuple(unknown), made, counts, notes, is_new)


def _rows(records: Records, mapping: Mapping, declared: Declared) -> list[dict[str, Any]]:
    sources = mapping.sources(records, COLUMNS)
    absent = [name for name in ("case_id", "model", "outcome") if name not in sources]
    if absent:
        raise InputError(
            f"{records.name} has no column {listed(absent)}: say which it is with --column {absent[0]}=SOURCE; "
            f"it has {listed(records.columns, most=12)}"
        )
    texts = [{name: _text(source.value(row)) for name, source in sources.items()} for row in records.rows]
    outcomes = declared.polarity.outcomes(records.name, [text["outcome"] for text in texts], records.places)
    rows = []
    for text, outcome, place in zip(texts, outcomes, records.places, strict=True):
        where = f"{records.name} {place}"
        if text["case_id"] is None or text["model"] is None:
            raise InputError(
                f"{where}: {'case_id' if text['case_id'] is None else 'model'} is empty; fill it or leave the row out"
            )
        failed = (text.get("error") or "").strip().lower() not in NO_ERROR
        rows.append(_row(text, "error" if failed else outcome, declared, where))
    _check_twice(records, rows)
    _check_declared(records.name, rows, declared)
    return rows


def _row(text: Pairs[str, str | None], outcome: str, declared: Declared, where: str) -> dict[str, Any]:
    only = next(iter(declared.judges), UNKNOWN) if len(declared.judges) <= 1 else UNKNOWN
    judge = text.get("judge") or only
    model = str(text["model"])
    cached = text.get("cached")
    if cached is not None and cached.lower() not in FLAGS:
        raise InputError(f"{where}: cached {shown(cached)} is neither true nor false")
    return {
        "case_id": slug(str(text["case_id"])),
        "model": model,
        "model_family": declared.families.get(model, UNKNOWN),
        "trial": text.get("trial") or "0",
        "outcome": outcome,
        "judge": judge,
        "judge_family": declared.judges.get(judge, UNKNOWN),
        **{name: text.get(name) or None for name in TEXTS},
        **{name: _number(name, text.get(name), where) for name in NUMBERS},
        "cached": None if cached is None else FLAGS[cached.lower()],
    }


def _text(value: Any) -> str | None:
    text = own_text(value)
    return text if text is not None and text.strip() else None


def _number(name: str, text: str | None, where: str) -> float | None:
    if text is None or text.strip().lower() in {"nan", "none", "null"}:
        return None
    try:
        number = float(text)
    except ValueError:
        raise InputError(
            f"{where}: {name} {shown(text)} is not a number; leave it empty if there is none"
        ) from None
    if number in {float("inf"), float("-inf")}:
        raise InputError(f"{where}: {name} is infinite; leave it empty if there is none")
    return number


def _check_twice(records: Records, rows: Sequence[Pairs[str, Any]]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for row, place in zip(rows, records.places, strict=True):
        key = (row["case_id"], row["model"], row["trial"], row["judge"])
        if key in seen:
            raise InputError(
                f"{records.name} {seen[key]} and {place} are both trial {shown(key[2])} of case {key[0]} by "
                f"{shown(key[1])}, judged by {shown(key[3])}; map the repeats with --column trial=SOURCE"
            )
        seen[key] = place


def _check_declared(name: str, rows: Sequence[Pairs[str, Any]], declared: Declared) -> None:
    for option, names, column in (
        ("--family", declared.families, "model"),
        ("--judge", declared.judges, "judge"),
    ):
        found = sorted({str(row[column]) for row in rows})
        absent = [given for given in names if given not in found]
        if absent:
            raise InputError(
                f"{name}: {option} names {shown(absent[0])}, which does not occur; it has {listed(found, most=8)}"
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
            f"{name}: the content hash of {len(differs):,} cases differs from the case in this workspace: "
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
    if frame["content_sha256"].isna().all():
        notes.append("joined by id only: the file has no content hashes")
    for column, what in (
        ("model_family", "--family MODEL=VENDOR/LINE"),
        ("judge_family", "--judge NAME=VENDOR/LINE"),
    ):
        unknown = sorted(set(frame.loc[frame[column] == UNKNOWN, column.removesuffix("_family")]))
        if unknown:
            notes.append(
                f"of unknown family: {listed(unknown)}; an unknown family bars SHIP, declare it with {what}"
            )
    return notes
