"""Cases and labels from the records of a foreign file, and what is wrong with the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, UsageError, listed, shown
from workbench.exchange import fields
from workbench.exchange.entries import Entry, entry
from workbench.exchange.fields import FieldError
from workbench.exchange.labels import COLUMNS as LABEL_COLUMNS
from workbench.exchange.times import NaiveError
from workbench.exchange.turns import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.exchange.entries import Declared
    from workbench.exchange.mapping import Mapping as ColumnMapping
    from workbench.exchange.mapping import Source
    from workbench.exchange.records import Records

TURN_COLUMNS = ("turns", "messages", "conversation", "text")
"""Names of the column with what was said, the richest first: it is read where a file has several."""

SEED_COLUMNS = (
    "case_id", *TURN_COLUMNS, "context", "slice", "cell", "must_hold", "author", "tag",
    "created_at", "content_sha256", *LABEL_COLUMNS,
)  # fmt: skip
"""The columns of a case and its label that a seed file can fill."""

CANDIDATE_COLUMNS = (
    *SEED_COLUMNS, "parent_ids", "persona", "operators", "taxonomy", "hint_ids", "generator_provider",
    "generator_model", "generator_family", "prompt_sha256", "call_id", "cost_usd",
)  # fmt: skip
"""The columns that a file of cases made elsewhere can fill."""


@dataclass(frozen=True)
class Problem:
    """One record that is no case: where it is, which case it would be, why, and the record itself."""

    place: str
    case_id: str | None
    reason: str
    record: Mapping[str, Any]

    def __str__(self) -> str:
        subject = f"case {self.case_id}" if self.case_id else "the case"
        return f"{self.place}: {subject} {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a file holds.

    Attributes:
        name: The file's name.
        sha256: Of its bytes.
        total: How many records were taken from it.
        entries: The cases that can be imported, in the order of the file.
        problems: The records that cannot, in the order of the file.
        notes: What was odd and taken anyway, one sentence each.
    """

    name: str
    sha256: str
    total: int
    entries: list[Entry]
    problems: list[Problem]
    notes: tuple[str, ...]


def cases_from(records: Records, mapping: ColumnMapping, columns: Sequence[str], declared: Declared) -> Read:
    """Read cases and labels from a file's records.

    Columns of the file that fill nothing go to `extra`, so that nothing is lost.

    Args:
        records: The file.
        mapping: Which of its columns is which, and which rows are taken.
        columns: The columns that it can fill: `SEED_COLUMNS` or `CANDIDATE_COLUMNS`.
        declared: What holds for all cases of the file.

    Raises:
        UsageError: A column is named that does not exist, none holds ids or texts, or labels lack
            what their kind needs.
        InputError: No row meets the conditions, or times lack a timezone.
    """
    chosen = mapping.selected(records)
    sources = _sources(chosen, mapping, columns)
    declared.labelling.check(sources)
    entries: list[Entry] = []
    problems: list[Problem] = []
    naive: list[str] = []
    for place, row in zip(chosen.places, chosen.rows, strict=True):
        try:
            entries.append(entry(place, row, sources, declared))
        except NaiveError:
            naive.append(place)
        except (FieldError, UnreadableError) as error:
            problems.append(Problem(place, _id(row, sources), str(error), row))
    if naive:
        raise InputError(
            f"{records.name}: created_at has no timezone in {places(naive)}; pass --tz, such as --tz UTC"
        )
    twice = _twice(entries)
    order = {place: number for number, place in enumerate(chosen.places)}
    kept = [one for one in entries if one.case_id not in {problem.case_id for problem in twice}]
    return Read(
        name=records.name,
        sha256=records.sha256,
        total=len(chosen.rows),
        entries=kept,
        problems=sorted(problems + twice, key=lambda problem: order[problem.place]),
        notes=(*records.notes, *_notes(kept, chosen, sources, mapping)),
    )


def _sources(records: Records, mapping: ColumnMapping, columns: Sequence[str]) -> dict[str, Source]:
    """Return the source of each column, with the one of the conversation under `turns`."""
    sources = mapping.sources(records, columns)
    explicit = [name for name in TURN_COLUMNS if name in mapping.columns]
    if len(explicit) > 1:
        raise UsageError(f"--column maps {' and '.join(explicit)}, which are one thing; map one of them")
    spoken = explicit or [name for name in TURN_COLUMNS if name in sources]
    held = listed(records.columns, most=30)
    if "case_id" not in sources:
        raise UsageError(f"{records.name} has no column case_id; pass --column case_id=SOURCE, one of {held}")
    if not spoken:
        raise UsageError(
            f"{records.name} has no column turns, messages, conversation or text; "
            f"pass --column text=SOURCE, one of {held}"
        )
    source = sources[spoken[0]]
    return {name: value for name, value in sources.items() if name not in TURN_COLUMNS} | {"turns": source}


def _id(row: Mapping[str, Any], sources: Mapping[str, Source]) -> str | None:
    try:
        return fields.case_id(sources["case_id"].value(row)).id
    except FieldError:
        return None


def _twice(entries: list[Entry]) -> list[Problem]:
    """Return a problem for each entry whose id another one has; the first two are shown."""
    by_id: dict[str, list[Entry]] = {}
    for one in entries:
        by_id.setdefault(one.case_id, []).append(one)
    return [
        Problem(
            one.place,
            one.case_id,
            f"is there {len(same)} times, on {same[0].place} ({shown(same[0].text)}) and {same[1].place} "
            f"({shown(same[1].text)}); give each case an id of its own",
            one.record,
        )
        for same in by_id.values()
        if len(same) > 1
        for one in same
    ]


def places(found: Sequence[str]) -> str:
    """Return places as a message counts and lists them.

    Example:
        >>> places(["row 5", "row 9"]), places(["sheet row 6"])
        ('2 rows (5, 9)', '1 sheet row (6)')
    """
    word = found[0].rpartition(" ")[0]
    numbers = listed([place.rpartition(" ")[2] for place in found], most=10)
    return f"{len(found):,} {word}{'s' * (len(found) > 1)} ({numbers})"


def _notes(
    entries: list[Entry], records: Records, sources: Mapping[str, Source], mapping: ColumnMapping
) -> list[str]:
    odd: Counter[tuple[str, str]] = Counter()
    for one in entries:
        odd.update(one.oddities)
    notes: list[str] = []
    for kind, sentence in _SENTENCES.items():
        found = [f"{shown(name)} ({count:,})" for (what, name), count in odd.most_common() if what == kind]
        if found:
            total = sum(count for (what, _), count in odd.items() if what == kind)
            notes.append(sentence.format(total=f"{total:,}", names=listed(found, most=10)))
    unlabelled = [one.place for one in entries if one.label is None]
    if "expected" not in sources:
        notes.append("no column holds labels; map one with --column expected=SOURCE")
    elif unlabelled:
        notes.append(f"no label in {places(unlabelled)} of {len(entries):,}")
    return notes + _column_notes(records, sources, mapping)


def _column_notes(records: Records, sources: Mapping[str, Source], mapping: ColumnMapping) -> list[str]:
    used = {column for source in sources.values() for column in source.columns}
    kept = [column for column in records.columns if column not in used]
    spoken = [column for column in TURN_COLUMNS if column in records.columns]
    notes = []
    if len(spoken) > 1 and not {*TURN_COLUMNS} & {*mapping.columns}:
        notes.append(f"conversations read from the column {spoken[0]}, not {' or '.join(spoken[1:])}")
    if kept:
        notes.append(f"{len(kept):,} column{'s' * (len(kept) > 1)} kept in extra: {listed(kept, most=10)}")
    return notes


_SENTENCES = {
    "placeholder": "parts that are no text, as placeholders: {names}",
    "left out of turns": "fields of turns left out: {names}",
    "surrogate": "broken characters (lone surrogates) that became U+FFFD: {total}",
    "respelt": "labels read as the rubric spells them: {names}",
    "outside the rubric": "labels outside the rubric: {names}",
    "slugged id": "ids made into names that work everywhere (the file's are in extra): {total}",
}
