"""The parameters of a notebook: read from its parameters cell, and checked before a kernel starts.

Papermill only warns about an unknown name, turns the text `false` into a truthy string, and runs
a hostile name as code. Here a name has to be declared, and a value has to be of its declared type.
"""

from __future__ import annotations

import ast
import difflib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import SafetyError, UsageError, listed, shown
from workbench.redact import find

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME_PATTERN = r"[a-z_][a-z0-9_]*"

SECRET_NAMES = re.compile(r"key|token|secret|passw|credential|bearer", re.IGNORECASE)
"""A name that holds one of these is refused: papermill stores a value twice in the notebook."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a notebook.

    Attributes:
        name: Its name.
        type: `str`, `int`, `float`, `bool`, `list` or `dict`.
        default: Its value when none is given.
        help: What it is for, in the words of the notebook.
    """

    name: str
    type: str
    default: Any
    help: str


def declared(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters that a notebook declares, by name.

    Raises:
        UsageError: A parameter has no annotation of a known type, or its default is no literal.
    """
    import papermill

    found = {}
    for name, seen in papermill.inspect_notebook(str(notebook).replace("{", "{{").replace("}", "}}")).items():
        kind = re.split(r"[\[\s|]", str(seen["inferred_type_name"]).strip())[0]
        if kind not in TYPES:
            raise UsageError(
                f"{notebook.name}: parameter {name} is not annotated with one of {', '.join(TYPES)}; write `{name}: str = ...  # what it is`"
            )
        try:
            default = ast.literal_eval(str(seen["default"]))
        except (ValueError, SyntaxError):
            raise UsageError(
                f"{notebook.name}: the default of parameter {name} is {shown(seen['default'])}; only a literal survives a run with another value"
            ) from None
        found[name] = Parameter(name, kind, default, str(seen["help"]))
    return found


def values(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters as values of their declared types, or refuse them.

    Args:
        notebook: The notebook that declares them.
        given: Values by name. A text for another type is read as the command line writes it:
            `true` or `false`, a number, or JSON for a list or dict.

    Raises:
        SafetyError: A name could be code, or a name or value looks like a key.
        UsageError: A name is not declared, or a value is not of its type.
    """
    for name, value in given.items():
        _refuse_unsafe(notebook.name, name, value)
    known = declared(notebook)
    unknown = [name for name in given if name not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {listed(list(known), most=12) or 'none'}"
        raise UsageError(f"{notebook.name} has no parameter {listed(unknown)}; {hint}")
    return {name: _value(notebook.name, known[name], value) for name, value in given.items()}


def _refuse_unsafe(notebook: str, name: str, value: Any) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise SafetyError(
            f"{notebook}: {shown(name)} is not a parameter's name; a name has only a-z, 0-9 and _ and does not start with a digit"
        )
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if SECRET_NAMES.search(name) or any(span.kind == "KEY" for span in find(text)):
        raise SafetyError(
            f"{notebook}: parameter {name} looks like a key or password, which would be stored in the notebook; set it in the environment instead"
        )


def _value(notebook: str, parameter: Parameter, given: Any) -> Any:
    value = _read(parameter.type, given) if isinstance(given, str) and parameter.type != "str" else given
    right = isinstance(value, TYPES[parameter.type]) and (
        parameter.type == "bool" or not isinstance(value, bool)
    )
    if not right or not _is_json(value):
        wanted = {
            "bool": "true or false",
            "list": "a JSON list",
            "dict": "a JSON object",
            "int": "a whole number",
            "float": "a finite number",
            "str": "a text",
        }[parameter.type]
        raise UsageError(
            f"{notebook}: parameter {parameter.name} is {shown(given)} and has to be {wanted}; {parameter.help or 'see the parameters cell'}"
        )
    return float(value) if parameter.type == "float" else value


def _read(kind: str, text: str) -> Any:
    """Read a text as the command line writes a value; a text that is none stays a text."""
    if kind in {"int", "float"} and not re.fullmatch(
        r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text.strip()
    ):
        return text
    try:
        return int(text) if kind == "int" else float(text) if kind == "float" else json.loads(text)
    except ValueError:
        return text


def _is_json(value: Any) -> bool:
    """Say whether a value survives a notebook: finite numbers, text that can be encoded, no tuples."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(part) for key, part in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        # A lone surrogate cannot be written to a file, and a NUL ends a path.
        return "\0" not in value and not re.search("[\ud800-\udfff]", value)
    return value is None or isinstance(value, bool | int)
