"""Reading a settings file, and naming every mistake in it with its line and what was meant."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from workbench.errors import SettingsError, shown
from workbench.settings.secrets import SECRET_NAME, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

File = TypeVar("File", bound=BaseModel)
Place = tuple[str | int, ...]

NO_KEYS = "a key never stands in a settings file"

EXPECTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "date_type": "a date",
    "dict_type": "a section, or a table in { }",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list in square brackets",
    "model_type": "a section, or a table in { }",
    "string_type": "a text in quotes",
}
"""Kinds of mistake, as pydantic names them, with what was expected in plain words."""

SYNTAX = (
    ("Cannot overwrite a value", "this name stands here a second time; keep one"),
    ("Cannot declare", "this section stands here a second time; put both together"),
    ("Cannot mutate immutable namespace", "this section stands here a second time; put both together"),
    ("Invalid value", "the value is not TOML; texts need quotes, and true and false are written small"),
    ("Expected '=' after a key", "a name needs = and a value behind it"),
    ("Unterminated string", "a text is not closed; put a quotation mark at its end"),
    ("Illegal character", "a text is not closed before the end of the line; put a quotation mark at its end"),
    (
        "Expected newline or end of document",
        "something stands behind the value; texts need quotes around them",
    ),
    ("Unclosed array", "a list is not closed; put ] at its end"),
    ("Unclosed inline table", "a table is not closed; put } at its end"),
)
"""What the TOML reader says, with what was probably meant."""


def mistakes(found: Iterable[tuple[Place, str]]) -> PydanticCustomError:
    """Return one error that carries several mistakes of a section, each with its own place."""
    return PydanticCustomError("mistakes", "several", {"found": list(found)})


def read(model: type[File], path: Path) -> File:
    """Read a settings file.

    Args:
        model: What may stand in it.
        path: The TOML file.

    Returns:
        The settings, with defaults for what the file leaves out.

    Raises:
        SettingsError: The file is absent, is no TOML, or holds mistakes. Every mistake is one line
            of the message, with the line of the file and what was probably meant.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_syntax(path.name, text, str(error))) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = [
            (_line(text, place), said)
            for detail in error.errors()
            for place, said in _said(model, data, detail)
        ]
        raise SettingsError(
            "\n".join(f"{path.name} line {line}: {said}" for line, said in sorted(found))
        ) from None


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(
            f"{path.name} is missing in the workspace {path.parent.name}; `workbench init` in a new folder shows a bare one"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read ({error.strerror}); check its rights") from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path.name} line {line}: not UTF-8; save the file again as UTF-8") from None


def _syntax(name: str, text: str, said: str) -> str:
    at = re.search(r"\(at line (\d+), column \d+\)", said)
    line = int(at[1]) if at else len(text.rstrip("\n").split("\n"))
    meant = next((step for start, step in SYNTAX if said.startswith(start)), said.partition(" (at ")[0])
    found = text.split("\n")[line - 1].strip()
    may_be_secret = SECRET_NAME.search(found) or is_secret(found) or "@" in found or "://" in found
    return f"{name} line {line}: {meant}" + ("" if may_be_secret else f"; found {shown(found)}")


def _said(model: type[BaseModel], data: Any, detail: ErrorDetails) -> list[tuple[Place, str]]:
    """Return the mistakes of one pydantic error, each with its place in the file."""
    place: Place = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "mistakes":
        found = ((*place, *inner) for inner, _ in detail["ctx"]["found"])
        return [
            (inner, f"{_named(inner)} {said}")
            for inner, (_, said) in zip(found, detail["ctx"]["found"], strict=True)
        ]
    if detail["type"] == "missing":
        return [(place[:-1], f"{_named(place[:-1])} lacks {place[-1]}")]
    fault = _fault(model, place, detail)
    # What may be a key is not repeated: messages end up in notebooks and logs.
    return [(place, f"{_named(place) if NO_KEYS in fault else _with_value(place, data)} {fault}")]


def _fault(model: type[BaseModel], place: Place, detail: ErrorDetails) -> str:
    """Say what is wrong with the value, or the name, at a place."""
    kind, ctx, is_name = detail["type"], detail.get("ctx", {}), "[key]" in detail["loc"]
    if kind == "string_pattern_mismatch":
        subject = "has a name that does not match" if is_name else "does not match"
        return f"{subject} {ctx['pattern'].strip('^$')}; it becomes part of tags"
    if kind == "extra_forbidden" or is_name:
        return _unknown(str(place[-1]), _options(model, place[:-1]))
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", str(ctx["expected"]))
        return f"is none of {', '.join(options)}{_meant(str(detail['input']), options)}"
    if kind == "value_error":
        return str(ctx["error"])
    if kind == "too_short":
        return "is empty; name at least one"
    quoted = isinstance(detail["input"], str) and kind in {"bool_type", "float_type", "int_type"}
    return f"is not {EXPECTED.get(kind, detail['msg'])}" + ("; write it without quotes" if quoted else "")


def _unknown(name: str, options: Sequence[str]) -> str:
    if SECRET_NAME.search(name):
        return f"is not known; {NO_KEYS}, put it into the environment"
    return f"is not known{_meant(name, options) or '; known are ' + ', '.join(options)}"


def _meant(name: str, options: Sequence[str]) -> str:
    close = difflib.get_close_matches(name.lower(), options, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _options(kind: Any, place: Place) -> list[str]:
    """Return the names that may stand at a place, by walking the model's types."""
    for part in place:
        kind = _inner(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:
            kind = get_args(kind)[-1]
    kind = _inner(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return [str(option) for option in get_args(get_args(kind)[0])]


def _inner(kind: Any) -> Any:
    """Return the type inside Annotated and inside `X | None`."""
    while not isinstance(kind, type) and get_origin(kind) not in {dict, list}:
        kind = get_args(kind)[0]
    return kind


def _named(place: Place) -> str:
    """Return how a message names a place: `[grid] masks entry 2`."""
    if not place:
        return "the file"
    head, rest = (f"[{place[0]}]", place[1:]) if len(place) > 1 else (str(place[0]), ())
    parts = [f" entry {part + 1}" if isinstance(part, int) else f".{part}" for part in rest]
    return f"{head} {''.join(parts).removeprefix('.').removeprefix(' ')}" if parts else head


def _with_value(place: Place, data: Any) -> str:
    value = data
    for part in place:
        value = value[part]
    if isinstance(value, dict):
        return f"[{place[0]}]" if len(place) == 1 else _named(place)
    if isinstance(value, list) or (isinstance(value, str) and is_secret(value)):
        return _named(place)
    return f"{_named(place)} = {shown(value) if isinstance(value, str) else str(value).lower()}"


def _line(text: str, place: Place) -> int:
    """Return the line on which a place stands: where the file, cut off after it, first has it.

    Cut inside a statement the file is no TOML, so a statement is known by the cuts around it.
    """
    lines = text.split("\n")
    for depth in range(len(place), 0, -1):
        start = 0
        for end in range(1, len(lines) + 1):
            try:
                parsed = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            if _holds(parsed, place[:depth]):
                blank = (
                    n for n in range(start, end) if lines[n].strip() and not lines[n].lstrip().startswith("#")
                )
                return next(blank) + 1
            start = end
    return 1


def _holds(value: Any, place: Place) -> bool:
    for part in place:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
