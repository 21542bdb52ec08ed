"""The rows of a file of results: read as text, normalised, and checked against each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, listed, shown
from workbench.exchange.fields import FieldError, case_id
from workbench.exchange.values import own_text
from workbench.provenance import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping as Pairs
    from collections.abc import Sequence

    from workbench.exchange.mapping import Mapping
    from workbench.exchange.records import Records
    from workbench.swap.outcomes import Polarity

COLUMNS = (
    "case_id", "model", "outcome", "trial", "judge", "content_sha256", "score", "threshold", "metric",
    "failure_mode", "output", "reason", "error", "latency_s", "cost_usd", "cached", "inclusion",
)  # fmt: skip
"""What a file of results may fill; `error`, unless it is one of `NO_ERROR`, makes the outcome an error."""

NO_ERROR = frozenset({"", "0", "0.0", "false", "no", "none", "null", "nan"})
"""How files write that there was no error."""

TEXTS = ("content_sha256", "metric", "failure_mode", "output", "reason")
NUMBERS = ("score", "threshold", "latency_s", "cost_usd", "inclusion")
FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the importer declares about a file of results.

    Attributes:
        polarity: What counts as a pass.
        judges: For each judge its family; one entry names the judge of a file without that column.
        families: For each model its family; a model that is not named is unknown.
        stubs: The bucket of cases that are made, without text, for ids that nobody knows.
        key: The key of a sheet of labels that comes back; empty for any other file.
    """

    polarity: Polarity
    judges: Pairs[str, str] = field(default_factory=dict)
    families: Pairs[str, str] = field(default_factory=dict)
    stubs: str | None = None
    key: str = ""


def normalised(records: Records, mapping: Mapping, declared: Declared) -> list[dict[str, Any]]:
    """Return the rows as the table `results` has them, without run and time.

    Raises:
        InputError: A column, id, model or number cannot be read, an outcome is neither pass nor
            fail, a case has two outcomes in one trial, or a declared name does not occur.
    """
    sources = mapping.sources(records, COLUMNS)
    absent = [name for name in ("case_id", "model", "outcome") if name not in sources]
    if absent:
        raise InputError(
            f"{records.name} has no column {listed(absent)}: say which it is with --column {absent[0]}=SOURCE; "
            f"it has {listed(records.columns, most=12)}"
        )
    texts = [{name: _text(source.value(row)) for name, source in sources.items()} for row in records.rows]
    ids = [
        _case_id(sources["case_id"].value(row), f"{records.name} {place}")
        for row, place in zip(records.rows, records.places, strict=True)
    ]
    outcomes = declared.polarity.outcomes(records.name, [text["outcome"] for text in texts], records.places)
    rows = []
    for case, text, outcome, place in zip(ids, texts, outcomes, records.places, strict=True):
        where = f"{records.name} {place}"
        if text["model"] is None:
            raise InputError(f"{where}: model is empty; fill it or leave the row out")
        failed = (text.get("error") or "").strip().lower() not in NO_ERROR
        rows.append({"case_id": case, **_row(text, "error" if failed else outcome, declared, where)})
    _check_twice(
        records,
        rows,
        "leave one of them out" if declared.key else "map the repeats with --column trial=SOURCE",
    )
    _check_declared(records.name, rows, declared)
    return rows


def _row(text: Pairs[str, str | None], outcome: str, declared: Declared, where: str) -> dict[str, Any]:
    only = next(iter(declared.judges), UNKNOWN) if len(declared.judges) <= 1 else UNKNOWN
    judge = text.get("judge") or only
    model = str(text["model"])
    cached = text.get("cached")
    if cached is not None and cached.lower() not in FLAGS:
        raise InputError(f"{where}: cached {shown(cached)} is neither true nor false")
    numbers = {name: _number(name, text.get(name), where) for name in NUMBERS}
    if numbers["inclusion"] is not None and not 0 < numbers["inclusion"] <= 1:
        raise InputError(
            f"{where}: inclusion {shown(text['inclusion'])} is no chance above 0 up to 1; leave it empty if there is none"
        )
    return {
        "model": model,
        "model_family": declared.families.get(model, UNKNOWN),
        "trial": text.get("trial") or "0",
        "outcome": outcome,
        "judge": judge,
        "judge_family": declared.judges.get(judge, UNKNOWN),
        **{name: text.get(name) or None for name in TEXTS},
        **numbers,
        "malformed": declared.polarity.malformed(text["outcome"]),
        "cached": None if cached is None else FLAGS[cached.lower()],
    }


def _case_id(value: Any, where: str) -> str:
    """Read an id as an import of cases reads it, so that the two join."""
    try:
        return case_id(value).id
    except FieldError as error:
        raise InputError(f"{where} {error}") from None


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


def _check_twice(records: Records, rows: Sequence[Pairs[str, Any]], then: str) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for row, place in zip(rows, records.places, strict=True):
        key = (row["case_id"], row["model"], row["trial"], row["judge"])
        if key in seen:
            raise InputError(
                f"{records.name} {seen[key]} and {place} are both trial {shown(key[2])} of case {key[0]} by "
                f"{shown(key[1])}, judged by {shown(key[3])}; {then}"
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
