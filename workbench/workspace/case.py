"""One case as a person looks at it. Its text is hostile, and is shown as text only."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, counted, shown
from workbench.tables import CASES, LABELS, RESULTS, REVIEWS
from workbench.text import marked, turns_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from workbench.store import Store

MISSING = "missing"

LABEL_COLUMNS = ("expected", "kind", "author", "rubric_version", "created_at")
ANSWER_COLUMNS = ("model", "trial", "outcome", "judge", "output", "reason")

LINE = "1px solid var(--jp-border-color2,#bbb)"
STYLE = (
    f"border:{LINE};border-radius:4px;padding:.6em .9em;max-width:64em;overflow:auto;"
    "font:13px/1.45 var(--jp-ui-font-family,sans-serif)"
)
TEXT_STYLE = (
    "white-space:pre-wrap;overflow-wrap:break-word;unicode-bidi:plaintext;max-height:32em;overflow:auto"
)
CELL_STYLE = f"text-align:left;vertical-align:top;padding:.2em 1em .2em 0;border-top:{LINE};font-size:13px"


@dataclass(frozen=True)
class Case:
    """One case with everything that is known about it.

    Attributes:
        row: The case's row of the table `cases`.
        root_id: Its root by today's lineage.
        parents: The cases that it descends from.
        children: The cases that descend from it.
        labels: Its labels, oldest first: every row, not only the one that counts.
        label: The expected value that counts now, or None.
        answers: Its rows of the table `results`.
    """

    row: Mapping[str, Any]
    root_id: str
    parents: tuple[str, ...]
    children: tuple[str, ...]
    labels: pd.DataFrame
    label: str | None
    answers: pd.DataFrame

    @property
    def case_id(self) -> str:
        """The case's id."""
        return str(self.row["case_id"])

    @property
    def turns(self) -> list[dict[str, str]]:
        """The conversation."""
        return list(self.row["turns"])

    def __repr__(self) -> str:
        lines = [
            f"{self.case_id}: {self._origin}",
            turns_text(self.turns) or "no text (a stub for its results)",
            *([f"context: {_plain(self.row['context'])}"] if self.row["context"] is not None else []),
            f"lineage: {self._lineage}",
            f"label: {self.label or MISSING}",
            *[f"  {' | '.join(cells)}" for cells in _cells(self.labels, LABEL_COLUMNS)],
            f"answers: {len(self.answers):,}",
            *[f"  {' | '.join(cells)}" for cells in _cells(self.answers, ANSWER_COLUMNS)],
        ]
        return marked("\n".join(lines))

    def _repr_html_(self) -> str:
        turns = "".join(f"<dt><b>{_text(t['role'])}</b></dt><dd>{_block(t['text'])}</dd>" for t in self.turns)
        context = self.row["context"]
        parts = [
            # Two or three dollar signs in a conversation would be typeset as mathematics.
            f'<div class="mathjax_ignore" style="{STYLE}">',
            f"<p><b>{_text(self.case_id)}</b>: {_text(self._origin)}</p>",
            f"<dl>{turns}</dl>" if turns else "<p>no text (a stub for its results)</p>",
            f"<details open><summary>context</summary>{_block(_plain(context))}</details>"
            if context is not None
            else "",
            f"<p><b>lineage</b>: {_text(self._lineage)}</p>",
            f"<p><b>label</b>: {_text(self.label or MISSING)}</p>",
            _table(self.labels, LABEL_COLUMNS),
            f"<p><b>answers</b>: {len(self.answers):,}</p>",
            _table(self.answers, ANSWER_COLUMNS),
            "</div>",
        ]
        return "".join(parts)

    @property
    def _origin(self) -> str:
        named = [
            f"{name} {self.row[name]}"
            for name in ("slice", "cell", "generator_family")
            if _there(self.row[name])
        ]
        return ", ".join(
            [f"bucket {self.row['bucket']}", f"tag {self.row['tag']}", f"split {self.row['split']}", *named]
        )

    @property
    def _lineage(self) -> str:
        return (
            f"root {self.root_id}; from {', '.join(self.parents) or 'no other case'}; "
            f"to {', '.join(self.children) or 'no other case'}"
        )


def look_up(store: Store, case_id: str) -> Case:
    """Read a case and everything that is known about it; see `Workspace.case`."""
    # Roots and children need the whole table: a relative may have come later.
    cases = store.read(CASES)
    found = cases[cases["case_id"] == case_id]
    if found.empty:
        close = difflib.get_close_matches(str(case_id), cases["case_id"].tolist(), n=1)
        hint = f"did you mean {shown(close[0])}?" if close else "`cases` lists the ids that there are"
        raise UsageError(
            f"no case {shown(case_id)} in this workspace of {counted(len(cases), 'case')}; {hint}"
        )
    every = store.read(LABELS)
    folded = folds.labels(folds.upheld(every, store.read(REVIEWS)))
    labels = every[every["case_id"] == case_id]
    now = folded.loc[folded["case_id"] == case_id, "expected"].tolist()
    is_child = [case_id in parents for parents in cases["parent_ids"]]
    return Case(
        row={str(name): value for name, value in found.iloc[0].items()},
        root_id=str(folds.roots(cases).loc[found.index[0]]),
        parents=tuple(found.iloc[0]["parent_ids"]),
        children=tuple(cases.loc[is_child, "case_id"]),
        labels=labels,
        label=str(now[0]) if now else None,
        answers=store.read(RESULTS, case_id=case_id),
    )


def _there(value: Any) -> bool:
    import pandas as pd

    return value is not None and not pd.isna(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _cells(frame: pd.DataFrame, columns: Iterable[str]) -> list[list[str]]:
    rows = frame[list(columns)].to_numpy().tolist()
    return [[_cell(value) if _there(value) else MISSING for value in row] for row in rows]


def _cell(value: Any) -> str:
    import datetime as dt

    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, dt.datetime) else str(value)


def _text(value: str) -> str:
    return escape(marked(value))


def _block(value: str) -> str:
    return f'<div dir="auto" style="{TEXT_STYLE}">{_text(value)}</div>'


def _table(frame: pd.DataFrame, columns: tuple[str, ...]) -> str:
    if frame.empty:
        return ""
    head = "".join(f'<th style="{CELL_STYLE}">{name.replace("_", " ")}</th>' for name in columns)
    rows = "".join(f"<tr>{''.join(_data(cell) for cell in cells)}</tr>" for cells in _cells(frame, columns))
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _data(cell: str) -> str:
    return f'<td style="{CELL_STYLE}">{_block(cell)}</td>'
