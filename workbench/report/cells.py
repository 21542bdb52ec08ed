"""The one table of reports and notebooks: every cell, header and caption is text.

pandas' own Styler runs script that stands in data, so it is not used anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pandas as pd

from workbench.redact import redact
from workbench.report.markup import Shown, filled
from workbench.report.numbers import MISSING, PRINTED, is_missing
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["text", "id", "word", "count", "rate", "points", "number", "interval"]

LONG_TEXT = 240
"""Characters of a text cell that stand open; the rest folds out, so that a table stays a table."""

MOST_TEXT = 2_000
"""Characters of a text that a cell holds; how many more there are is said. A browser measures every
character of every cell before it draws the first: at 60,000 in one cell that took half a minute."""

MOST_ROWS = 500
"""Rows that a table shows; how many more there are is said."""


@dataclass(frozen=True)
class Look:
    """How one column of a table is shown.

    Attributes:
        label: Its header.
        kind: How a value is printed: `count` 1,234; `rate` 0-1 as percent; `points` signed
            percentage points; `number` three digits that matter; `interval` printed already;
            `id` in a fixed width; `word` never broken over lines; `text` folds when it is long.
        unit: Printed small beside the header.
        spanner: A header above neighbouring columns that share it.
    """

    label: str
    kind: Kind = "text"
    unit: str = ""
    spanner: str = ""


@dataclass(frozen=True)
class Remark:
    """What is said about one cell.

    Attributes:
        reason: Why it says this or is missing; printed below the table, with a letter.
        sign: A reading (`worse`, `better`, ...), or `yes`, `no` or `open`, that gives it a colour
            and a shape.
    """

    reason: str = ""
    sign: str = ""


class Cell(NamedTuple):
    """One cell as the template prints it."""

    text: str
    kind: str
    head: str
    mark: str
    sign: str


def safe_table(
    frame: pd.DataFrame,
    *,
    caption: str = "",
    looks: Mapping[str, Look] | None = None,
    notes: Sequence[str] = (),
    remarks: Mapping[tuple[int, str], Remark] | None = None,
) -> Shown:
    """Return a table whose every cell, header and caption is shown as text, without personal data.

    The same address or number has the same pseudonym in every row. Ids stay: a case is looked up by its id.

    Args:
        frame: The rows. A named index is shown as the first columns.
        caption: One line above the table that says what it shows.
        looks: The columns to show, in order, by name; all columns without it.
        notes: Lines below the table.
        remarks: For a cell (row number from 0, column) its reason and its sign.

    Returns:
        A table that scrolls inside its own box. Missing values are an em dash.

    Example:
        >>> table = safe_table(pd.DataFrame({"text": ["where is it????"], "cases": [3]}), caption="Seed")
        >>> print(table)
        Seed
                    text cases
        where is it????     3
    """
    named = frame.reset_index() if any(frame.index.names) else frame.reset_index(drop=True)
    looks = {str(name): look for name, look in (looks or _looks(named)).items()}
    shown = {name: replace(look, label=redact(look.label)) for name, look in looks.items()}
    named = named.set_axis([str(name) for name in named.columns], axis="columns")
    said = {place: replace(remark, reason=redact(remark.reason)) for place, remark in (remarks or {}).items()}
    reasons = dict.fromkeys(remark.reason for remark in said.values() if remark.reason)
    marks = {reason: chr(ord("a") + i % 26) for i, reason in enumerate(reasons)}
    head = named.head(MOST_ROWS)
    told = [
        [printed(row[name], look.kind) for name, look in shown.items()] for row in head.to_dict("records")
    ]
    # Before any text is cut: half a number is not found.
    rows = [
        [
            _cell(raw if look.kind == "id" else text, look, said.get((i, name), Remark()), marks)
            for raw, text, (name, look) in zip(*pair, shown.items(), strict=True)
        ]
        for i, pair in enumerate(zip(told, redact(told), strict=True))
    ]
    rest = len(named) - len(head)
    caption, below = redact(caption), redact(list(notes))
    below += [f"{rest:,} more rows are not shown."] if rest else []
    html = filled(
        "table.html",
        caption=caption,
        looks=list(shown.values()),
        spanners=_spanners(shown),
        rows=rows,
        notes=below,
        marks=marks,
    )
    plain = [f"{mark}  {reason}" for reason, mark in marks.items()]
    return Shown(
        html, text="\n".join([*([marked(caption)] if caption else []), _plain(shown, rows), *below, *plain])
    )


def _looks(frame: pd.DataFrame) -> dict[str, Look]:
    """Return a look for each column by its dtype."""
    numeric = pd.api.types.is_numeric_dtype
    flag = pd.api.types.is_bool_dtype
    return {
        str(name): Look(str(name), "number" if numeric(frame[name]) and not flag(frame[name]) else "text")
        for name in frame.columns
    }


def _cell(text: str, look: Look, remark: Remark, marks: Mapping[str, str]) -> Cell:
    long = look.kind == "text" and len(text) > LONG_TEXT
    head = f"{text[:LONG_TEXT].rstrip()}…" if long else ""
    return Cell(capped(text), look.kind, head, marks.get(remark.reason, ""), remark.sign)


def printed(value: Any, kind: str) -> str:
    """Return a value as a table prints it; see `Look`. An empty text is a cell that does not apply."""
    if is_missing(value):
        return MISSING
    return str(value) if isinstance(value, str) or kind not in PRINTED else PRINTED[kind](value)


def capped(text: str, most: int = MOST_TEXT) -> str:
    """Return a text as far as a page holds it, and how many characters there are beyond."""
    more = len(text) - most
    return text if more <= 0 else f"{text[:most]}… and {more:,} more characters"


def _spanners(looks: Mapping[str, Look]) -> list[tuple[str, int]]:
    """Return the headers above the headers with how many columns each spans; none without any."""
    spans: list[tuple[str, int]] = []
    for look in looks.values():
        if spans and spans[-1][0] == look.spanner:
            spans[-1] = (look.spanner, spans[-1][1] + 1)
        else:
            spans.append((look.spanner, 1))
    return spans if any(name for name, _ in spans) else []


def _plain(looks: Mapping[str, Look], rows: Sequence[Sequence[Cell]]) -> str:
    """Return the table for a terminal."""
    if not rows:
        return "No rows."
    header = [marked(f"{look.label} ({look.unit})" if look.unit else look.label) for look in looks.values()]
    body = [[" ".join(marked(cell.text[:80]).split()) for cell in row] for row in rows]
    return pd.DataFrame(body, columns=header, dtype=object).to_string(index=False)
