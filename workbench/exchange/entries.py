"""One record of a foreign file as one case with its label."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import shown
from workbench.exchange import fields
from workbench.exchange.fields import FieldError
from workbench.exchange.labels import Labelling, label
from workbench.exchange.records import MAX_CELL_CHARACTERS
from workbench.exchange.times import NaiveError, TimeError, moment
from workbench.exchange.turns import conversation
from workbench.exchange.values import holds_nul, own_text, plain
from workbench.provenance import TAG_PATTERN, content_sha256, tag_for

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from workbench.exchange.mapping import Source
    from workbench.exchange.turns import Conversation

HAND_WRITTEN = frozenset({"golden", "redteam"})
"""Buckets whose cases people write; such a case names its author."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What is declared about all cases of a file; the file's own columns go before it.

    Attributes:
        bucket: Where the cases come from.
        generator_family: Who wrote the inputs; None for the seed.
        author: Who wrote them by hand.
        is_demo: Whether they were invented for a demo.
        labelling: What is declared about their labels.
        tz: The zone of times that name none.
        at: When they are imported, in UTC.
    """

    bucket: str
    generator_family: str | None = None
    author: str | None = None
    is_demo: bool = False
    labelling: Labelling = field(default_factory=Labelling)
    tz: dt.tzinfo | None = None
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One case as a file brings it: rows for the tables, still without root and split.

    Attributes:
        place: Where it is in the file.
        case: Its row in `cases`.
        label: Its row in `labels`; None where the file has none.
        record: The record as it was read.
        stated: The columns of `case` that the file or a declaration speaks of, besides what was said,
            its bucket and its time; the others only have their defaults.
        oddities: How often something was odd and taken anyway, by kind and name.
    """

    place: str
    case: dict[str, Any]
    label: dict[str, Any] | None
    record: Mapping[str, Any]
    stated: tuple[str, ...] = ()
    oddities: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def case_id(self) -> str:
        """The case's id."""
        return str(self.case["case_id"])

    @property
    def text(self) -> str:
        """What the user wrote first, for messages."""
        return next((turn["text"] for turn in self.case["turns"] if turn["role"] == "user"), "")


def entry(place: str, row: Mapping[str, Any], sources: Mapping[str, Source], declared: Declared) -> Entry:
    """Read one record as a case with its label.

    Args:
        place: Where the record is in its file.
        row: Its values by column.
        sources: Where each column of the table comes from, the conversation under `turns`.
        declared: What holds for the whole file.

    Raises:
        FieldError: A value cannot be read, or contradicts what was declared.
        UnreadableError: There is no conversation in the record.
        NaiveError: Its time names no zone, and none was declared.
    """
    if holds_nul(dict(row)):
        raise FieldError("holds the character NUL (U+0000), which no message has; remove it")
    found = fields.case_id(sources["case_id"].value(row))
    spoken = conversation(sources["turns"].value(row))
    _check_length(spoken)
    case: dict[str, Any] = {
        name: fields.read(name, sources[name].value(row) if name in sources else None)
        for name in fields.READERS
    }
    digest = content_sha256(spoken.turns, case["context"])
    if case["content_sha256"] not in {None, digest}:
        raise FieldError(
            "was changed since its content_sha256 was taken; export it again or drop that column"
        )
    foreign = {"foreign_id": found.foreign} if found.foreign else {}
    case |= {
        "case_id": found.id,
        "turns": spoken.turns,
        "content_sha256": digest,
        "bucket": declared.bucket,
        "author": case["author"] or declared.author,
        "generator_family": case["generator_family"] or declared.generator_family,
        "created_at": _created_at(row, sources, declared),
        "extra": _extra(row, sources) | foreign,
    }
    _check_origin(case)
    told = _stated(case, sources, declared)
    case["tag"] = _tag(case, declared.is_demo)
    stated = label(row, sources, declared.labelling)
    oddities = _oddities(spoken, stated, declared.labelling)
    oddities["slugged id", found.foreign or ""] += bool(foreign)
    raw = (own_text(sources["expected"].value(row)) or "").strip() if stated else ""
    oddities["respelt", raw] += bool(stated and stated["expected"] != raw)
    return Entry(place=place, case=case, label=stated, record=row, stated=told, oddities=+oddities)


def _stated(case: Mapping[str, Any], sources: Mapping[str, Source], declared: Declared) -> tuple[str, ...]:
    said = {name for name in fields.READERS if name in sources} - {"context", "content_sha256"}
    said |= {name for name in ("author", "generator_family") if getattr(declared, name)}
    # A tag that the file leaves blank is derived from what is compared already.
    return tuple(name for name in fields.READERS if name in said and (name != "tag" or case["tag"]))


def _check_length(spoken: Conversation) -> None:
    length = sum(len(turn["text"]) for turn in spoken.turns)
    if length > MAX_CELL_CHARACTERS:
        raise FieldError(
            f"has {length:,} characters, more than the {MAX_CELL_CHARACTERS:,} that one conversation can have; "
            "see whether a quote was left open, or shorten it"
        )


def _check_origin(case: Mapping[str, Any]) -> None:
    """Refuse a case that does not say who wrote it."""
    if case["bucket"] != "seed" and not case["generator_family"]:
        raise FieldError("has no generator_family; pass --generator VENDOR/LINE, or unknown")
    if case["bucket"] in HAND_WRITTEN and case["generator_family"] == "human" and not case["author"]:
        raise FieldError("has no author; pass --author NAME, or --column author=SOURCE")
    if case["case_id"] in case["parent_ids"]:
        raise FieldError("names itself as its parent; name the case it was made from")


def _tag(case: Mapping[str, Any], is_demo: bool) -> str:
    """Return the tag that the file names, or the one that every import of its kind gets."""
    usual = tag_for(case["bucket"], name=f"import-{case['generator_family']}", demo=is_demo)
    tag = case["tag"]
    if tag is None:
        return usual
    prefix = tag_for(case["bucket"], name="x").removesuffix("x")
    if not re.fullmatch(TAG_PATTERN, tag) or not tag.removeprefix("demo-").startswith(prefix):
        raise FieldError(
            f"has the tag {shown(tag)}, which is no tag of bucket {case['bucket']}; write one such as {usual}"
        )
    if tag.startswith("demo-") and not is_demo:
        raise FieldError(
            f"has the tag {shown(tag)}, and this workspace is no demo; leave the tag out, "
            "or set demo = true in the workbench.toml of a workspace for a demo"
        )
    return f"demo-{tag}" if is_demo and not tag.startswith("demo-") else str(tag)


def _created_at(row: Mapping[str, Any], sources: Mapping[str, Source], declared: Declared) -> dt.datetime:
    found = fields.text(sources["created_at"].value(row)) if "created_at" in sources else None
    try:
        return moment(found, declared.tz) if found else declared.at
    except NaiveError:
        raise
    except TimeError as error:
        raise FieldError(f"has a created_at that cannot be read: {error}") from None


def _extra(row: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
    used = {column for source in sources.values() for column in source.columns}
    return {name: plain(value) for name, value in row.items() if name not in used and value not in (None, "")}


def _oddities(
    spoken: Conversation, stated: Mapping[str, Any] | None, labelling: Labelling
) -> Counter[tuple[str, str]]:
    found = Counter({("placeholder", name): count for name, count in spoken.placeholders.items()})
    found.update({("left out of turns", name): count for name, count in spoken.dropped.items()})
    found["surrogate", ""] = spoken.surrogates
    if stated and labelling.values and stated["expected"] not in labelling.values:
        found["outside the rubric", stated["expected"]] += 1
    return found
