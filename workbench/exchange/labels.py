"""Labels as a file brings them: who vouches for them is declared, never assumed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.exchange.fields import FieldError, text
from workbench.exchange.times import TimeError, moment
from workbench.exchange.values import own_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.exchange.mapping import Source

KINDS = ("claimed", "human", "programmatic", "provisional")
"""What an import can declare; `inherited` is only ever made by a mutation that keeps its label."""

COLUMNS = ("expected", "label_kind", "label_author", "owner", "backfill_by", "rubric_version")
"""The columns of a file that make a label."""

_NEEDS = {
    "human": (("an author", "label_author", "--label-author NAME"),),
    "provisional": (
        ("an owner", "owner", "--label-owner NAME"),
        ("a date by which they are replaced", "backfill_by", "--backfill-by DATE"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """What is declared about the labels of a whole file; its columns go before it.

    Attributes:
        kind: Who vouches for them, one of `KINDS`.
        author: Who gave them; needed for human labels.
        owner: Who replaces provisional ones; needed for them.
        backfill_by: Until when provisional ones are replaced; needed for them.
        values: The expected values of the rubric; empty when it lists none.
        rubric_version: The rubric's version, recorded with labels of humans.
        tz: The zone of dates that name none.
    """

    kind: str = "claimed"
    author: str | None = None
    owner: str | None = None
    backfill_by: dt.datetime | None = None
    values: tuple[str, ...] = ()
    rubric_version: str | None = None
    tz: dt.tzinfo | None = None
    _spelt: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"--label-kind {shown(self.kind)} is none of {', '.join(KINDS)}")
        self._spelt.update({value.casefold(): value for value in self.values})

    def check(self, columns: Mapping[str, Source]) -> None:
        """Refuse a kind of label that lacks what it needs.

        Args:
            columns: The columns of the file that are used.

        Raises:
            UsageError: Human labels without an author, provisional ones without owner or date.
        """
        if "expected" not in columns:
            return
        for need, column, option in _NEEDS.get(self.kind, ()):
            if getattr(self, column.removeprefix("label_")) is None and column not in columns:
                raise UsageError(f"{self.kind} labels need {need}; pass {option} or --column {column}=SOURCE")

    def spelt(self, value: str) -> str:
        """Return a label as the rubric spells it, when only case and space differ."""
        return self._spelt.get(value.casefold(), value)


def label(
    row: Mapping[str, Any], sources: Mapping[str, Source], declared: Labelling
) -> dict[str, Any] | None:
    """Return the label of a row, without case and time; none where the file's is blank.

    Raises:
        FieldError: The row's kind, author, owner or date is missing or wrong, or a human label is
            not among the rubric's expected values.
    """
    found = {name: sources[name].value(row) if name in sources else None for name in COLUMNS}
    raw = (own_text(found["expected"]) or "").strip()
    if not raw:
        return None
    kind = text(found["label_kind"]) or declared.kind
    if kind not in KINDS:
        raise FieldError(f"has label_kind {shown(kind)}, which is none of {', '.join(KINDS)}")
    expected = declared.spelt(raw)
    author = text(found["label_author"]) or declared.author
    if kind == "human" and author is None:
        raise FieldError("has a human label without label_author; say who gave it")
    if kind == "human" and declared.values and expected not in declared.values:
        raise FieldError(
            f"has the human label {shown(expected)}, which the rubric does not have; "
            f"it has {', '.join(declared.values)}"
        )
    owner, backfill_by = _promise(found, kind, declared)
    version = text(found["rubric_version"]) or (declared.rubric_version if kind == "human" else None)
    return {
        "expected": expected,
        "kind": kind,
        "rubric_version": version,
        "author": author,
        "owner": owner,
        "backfill_by": backfill_by,
    }


def _promise(
    found: Mapping[str, Any], kind: str, declared: Labelling
) -> tuple[str | None, dt.datetime | None]:
    """Return who replaces a provisional label, and until when."""
    if kind != "provisional":
        return None, None
    owner = text(found["owner"]) or declared.owner
    date = text(found["backfill_by"])
    try:
        backfill_by = moment(date, declared.tz or dt.UTC) if date else declared.backfill_by
    except TimeError as error:
        raise FieldError(f"has a backfill_by that cannot be read: {error}") from None
    if owner is None or backfill_by is None:
        raise FieldError(
            "has a provisional label without owner and backfill_by; say who replaces it and until when"
        )
    return owner, backfill_by
