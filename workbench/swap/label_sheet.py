"""A sheet of answers for humans to judge, drawn by the judge's verdicts, and its way back.

A person who judges sees the conversation, the expected outcome and one answer. Not on the sheet are the model,
the judge's verdict, where the case comes from, and the chance with which it was drawn, since that gives the
verdict away: these stand in the key, which stays here.
"""

from __future__ import annotations

import csv
import io
import json
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import InputError, UsageError, counted, listed, shown
from workbench.exchange import files
from workbench.exchange.asked import Asked
from workbench.exchange.sheets import cell, guarded, same, unguarded
from workbench.files import write_bytes, write_lines
from workbench.provenance import sha256
from workbench.swap.label_sample import drawn
from workbench.swap.labelled import HUMAN
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.exchange.mapping import Mapping as Mapped
    from workbench.exchange.records import Records
    from workbench.frozen import Frozen
    from workbench.store import Transaction
    from workbench.swap.rows import Declared
    from workbench.swap.selection import Question
    from workbench.workspace import Workspace

TEXTS = ("conversation", "context", "expected", "answer")

COLUMNS = ("answer_id", *TEXTS, "outcome", "reason")
"""The last two are empty, for who judges: pass or fail, and why."""

KEY = ("answer_id", "case_id", "model", "model_family", "trial", "content_sha256", "output", "inclusion")


@dataclass(frozen=True, kw_only=True)
class LabelSheet:
    """A sheet that was written.

    Attributes:
        path: The sheet.
        key: The file that says which answer is whose; it does not go to who judges.
        whole: A file with the texts that no cell holds, if there are any.
        answers: How many answers are on it.
        plan: One sentence per group.
    """

    path: Path
    key: Path
    whole: Path | None
    answers: int
    plan: tuple[str, ...]

    def __str__(self) -> str:
        beside = f" and {self.whole.name}" if self.whole else ""
        paths = shlex.join([str(self.path), "--key", str(self.key)])
        return "\n".join(
            [
                f"{counted(self.answers, 'answer')} to judge in {self.path}",
                *self.plan,
                "holds: conversations, contexts and answers as they are stored, with the personal data in them",
                "holds no: model, verdict of the judge, group or chance of being drawn",
                f"there: write pass or fail into outcome; hand out {self.path.name}{beside} and keep {self.key.name}",
                f"back: workbench import results {paths} --judge NAME=human --pass-when pass",
            ]
        )


def export_labels(
    workspace: Workspace,
    frozen: Frozen,
    question: Question,
    path: Path,
    *,
    half_width_pp: float | None = None,
) -> LabelSheet:
    """Draw answers for humans to judge, both models' of a case, and write them as a sheet.

    The draw depends on the set, the judge and the models alone: made again it is the same, and a narrower half
    width adds to it.

    Args:
        workspace: The workspace.
        frozen: The frozen set.
        question: The two models, and the judge whose verdicts are checked as `gate_judge`.
        path: The sheet to write, `.csv`.
        half_width_pp: The half width, in percentage points, that each group's corrected difference is to have; by
            default the fewest labels from which a judge is corrected. A tenth more is drawn, for rows left blank.

    Raises:
        UsageError: A file is there already, the path is no `.csv`, or no case has answers of both models.
    """
    if path.suffix.lower() != ".csv":
        raise UsageError(f"{path} is no .csv file; name one that a spreadsheet opens")
    key, whole = path.with_suffix(".key.jsonl"), path.with_suffix(".whole.jsonl")
    there = [str(one) for one in (path, key, whole) if one.exists()]
    if there:
        raise UsageError(f"{listed(there)} exists already and may hold labels; name another file")
    with workspace.store.transaction() as tx:
        sample = drawn(tx, frozen, question, half_width_pp=half_width_pp)
        told = _told(tx, frozen, sample.answers)
    rows = [
        {name: cell(row[name], whole.name) for name in TEXTS} | {"answer_id": row["answer_id"]}
        for row in told
    ]
    text = io.StringIO()
    sheet = csv.DictWriter(text, COLUMNS, restval="", quoting=csv.QUOTE_ALL)
    sheet.writeheader()
    sheet.writerows({name: guarded(value) for name, value in row.items()} for row in rows)
    # The cells of a text that was cut name its twin.
    cut = any(cell(row[name], whole.name) != cell(row[name]) for row in told for name in TEXTS)
    if cut:
        write_lines(whole, (_json({name: row[name] for name in ("answer_id", *TEXTS)}) for row in told))
    write_lines(key, (_json({name: row[name] for name in KEY}) for row in told))
    # Last, so that a sheet always has its key; its byte-order mark makes Excel read UTF-8.
    write_bytes(path, text.getvalue().encode("utf-8-sig"))
    return LabelSheet(path=path, key=key, whole=whole if cut else None, answers=len(told), plan=sample.plan)


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _told(tx: Transaction, frozen: Frozen, answers: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what stands on the sheet and in the key, in an order that says nothing."""
    ids = answers["case_id"].unique().tolist()
    cases = {row["case_id"]: row for row in tx.rows(CASES, case_id=ids)}
    labels = folds.labels(folds.upheld(tx.read(LABELS), tx.read(REVIEWS)))
    expected = dict(zip(labels["case_id"], labels["expected"], strict=True))
    rows = []
    for row in answers.astype(object).where(answers.notna(), None).to_dict("records"):
        case = cases[row["case_id"]]
        texts = Asked("", "", case["turns"], case["context"], None).texts()
        name = sha256([frozen.sha256, row["judge"], row["case_id"], row["model"], row["trial"]])[:16]
        rows.append(
            {str(column): value for column, value in row.items()}
            | {"answer_id": f"answer-{name}", "content_sha256": case["content_sha256"]}
            | {"conversation": texts["conversation"], "context": texts["context"]}
            | {"expected": str(expected.get(row["case_id"]) or ""), "answer": row["output"]}
        )
    return sorted(rows, key=lambda row: str(row["answer_id"]))


def answered(records: Records, mapping: Mapped, declared: Declared) -> tuple[Records, Declared]:
    """Return the filled rows of a sheet as rows of results, by its key, and the families of its models.

    Args:
        records: The sheet.
        mapping: Where its columns are that somebody renamed.
        declared: What is declared of it; one human judged.

    Raises:
        InputError: A row is not in the key, or brings another answer back than the one that was shown.
        UsageError: It is not said which human judged, or a column is not on a sheet.
    """
    if list(declared.judges.values()) != [HUMAN]:
        raise UsageError(
            f"{records.name} holds labels of one human; say whose with --judge NAME=human, and import each person's sheet "
            "by itself"
        )
    sources = mapping.sources(records, COLUMNS)
    found = _key(declared)
    key = {str(row["answer_id"]): row for row in found.rows}
    twin = found.name.replace(".key.", ".whole.")
    rows, places = [], []
    for told, place in zip(records.rows, records.places, strict=True):
        row = {column: source.value(told) for column, source in sources.items()}
        if not str(row.get("outcome") or "").strip():
            continue
        name = str(row.get("answer_id") or "").strip()
        known = key.get(name)
        if known is None:
            raise InputError(
                f"{records.name} {place}: answer_id {shown(name)} is not in {declared.key}; use the key that was "
                "written with this sheet"
            )
        if "answer" in row and not same(str(row["answer"] or ""), str(known["output"]), twin):
            raise InputError(
                f"{records.name} {place}: the answer is not the one of {shown(name)}; a column may have been sorted "
                "without the others, or a text was changed"
            )
        judged = {column: unguarded(str(row.get(column) or "")) or None for column in ("outcome", "reason")}
        rows.append({column: known[column] for column in KEY} | judged)
        places.append(place)
    if not rows:
        raise InputError(f"{records.name}: no row has an outcome; write pass or fail into it")
    families = {str(row["model"]): str(row["model_family"]) for row in rows}
    left = len(records.rows) - len(rows)
    notes = (*records.notes, *([f"not judged yet: {left:,}"] if left else []))
    return replace(
        records, columns=(*KEY, "outcome", "reason"), rows=rows, places=places, notes=notes
    ), replace(declared, families=families | dict(declared.families))


def _key(declared: Declared) -> Records:
    found = files.read(str(declared.key))
    absent: Sequence[str] = [name for name in KEY if name not in found.columns]
    if absent:
        raise InputError(f"{found.name} is no key of a sheet of labels: it has no {listed(absent)}")
    return found
