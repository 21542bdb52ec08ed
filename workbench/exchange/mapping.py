"""Which column of a file is which column of a table, and which rows are taken."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, UsageError, listed, shown
from workbench.exchange.values import own_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.exchange.records import Records

_FIELD = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Condition:
    """A row is taken when the file's own text of a column is a value."""

    source: str
    value: str


@dataclass(frozen=True)
class Source:
    """Where a table's column comes from: one column of the file, or several joined by a template.

    Attributes:
        columns: The columns of the file that it reads.
        template: What joins them, such as `{model}@{serving}`; empty for one column as it is.
    """

    columns: tuple[str, ...]
    template: str = ""

    def value(self, row: MappingType[str, Any]) -> Any:
        """Return the value in a row; a template with a missing part is missing.

        Example:
            >>> Source(("model", "build"), "{model}@{build}").value({"model": "gpt-oss", "build": "5"})
            'gpt-oss@5'
        """
        if not self.template:
            return row.get(self.columns[0])
        texts = {name: (own_text(row.get(name)) or "").strip() for name in self.columns}
        if not all(texts.values()):
            return None
        return _FIELD.sub(lambda found: str(texts[found[1]]), self.template)


@dataclass(frozen=True)
class Mapping:
    """What `--column NAME=SOURCE` and `--where 'SOURCE==VALUE'` declare.

    Attributes:
        columns: For a table's column, the file's column or a template of several.
        where: Conditions that must all hold.
    """

    columns: MappingType[str, str]
    where: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, columns: Iterable[str] | MappingType[str, str] = (), where: Iterable[str] = ()) -> Mapping:
        """Read the options as they are written on the command line.

        Args:
            columns: `NAME=SOURCE` texts, or a mapping from NAME to SOURCE.
            where: `SOURCE==VALUE` texts.

        Raises:
            UsageError: An option has another form, or names a column twice.

        Example:
            >>> Mapping.of(["case_id=ID", "model={model}@{serving}"]).columns
            {'case_id': 'ID', 'model': '{model}@{serving}'}
        """
        pairs = (
            list(columns.items()) if isinstance(columns, MappingType) else [_pair(text) for text in columns]
        )
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        if twice:
            raise UsageError(f"--column names {shown(twice[0])} twice; name each column of the table once")
        return cls(dict(pairs), tuple(_condition(text) for text in where))

    def selected(self, records: Records) -> Records:
        """Return the records that meet every condition; JSON true compares as `true`.

        Raises:
            UsageError: A condition names no column of the file.
            InputError: No row meets the conditions; the message lists values that occur.
        """
        kept = list(range(len(records.rows)))
        for condition in self.where:
            check_names("--where", [condition.source], records.columns, of=records.name)
            before = kept
            kept = [n for n in before if _holds(condition, records.rows[n])]
            if not kept:
                found = Counter(own_text(records.rows[n].get(condition.source)) or "" for n in before)
                values = listed([shown(value) for value, _ in found.most_common(5)], most=5)
                raise InputError(
                    f"{records.name}: no row has {condition.source} == {shown(condition.value)}; found {values}"
                )
        return replace(
            records, rows=[records.rows[n] for n in kept], places=[records.places[n] for n in kept]
        )

    def sources(self, records: Records, targets: Sequence[str]) -> dict[str, Source]:
        """Return where each column of the table comes from.

        A column of the file that is named like one of the table's is used without an option.

        Args:
            records: The file.
            targets: The table's columns that a file can fill.

        Raises:
            UsageError: An option names no column of the table or of the file.
        """
        check_names("--column", self.columns, targets, of="the table")
        found = {name: _source(text, records) for name, text in self.columns.items()}
        return {name: Source((name,)) for name in targets if name in records.columns} | found


def check_names(option: str, names: Iterable[str], known: Sequence[str], *, of: str) -> None:
    """Refuse a name that is not known, saying which one was probably meant, and all there are.

    Raises:
        UsageError: A name is not known.
    """
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
            meant = next((k for k in known if close and k.lower() == close[0]), None)
            hint = f"did you mean {shown(meant)}? " if meant else ""
            raise UsageError(
                f"{option}: {of} has no column {shown(name)}; {hint}it has {listed(known, most=30)}"
            )


def _pair(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    if not (name.strip() and equals and source.strip()):
        raise UsageError(f"--column {shown(text)} is not NAME=SOURCE, such as case_id=ID")
    return name.strip(), source.strip()


def _condition(text: str) -> Condition:
    source, equals, value = text.partition("==")
    if not (source.strip() and equals) or source.strip().endswith(("!", "<", ">")):
        raise UsageError(f"--where {shown(text)} is not SOURCE==VALUE, such as 'refund_intent==true'")
    return Condition(source.strip(), value.strip())


def _holds(condition: Condition, row: MappingType[str, Any]) -> bool:
    return (own_text(row.get(condition.source)) or "") == condition.value


def _source(text: str, records: Records) -> Source:
    """Read a SOURCE: a column's own name goes before a template."""
    fields = tuple(dict.fromkeys(_FIELD.findall(text))) if text not in records.columns else ()
    check_names("--column", fields or [text], records.columns, of=records.name)
    return Source(fields, text) if fields else Source((text,))
