"""What a check is, and the two that need no language of their own: a pattern, and the user's function."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.errors import UsageError, shown
from workbench.provenance import sha256
from workbench.text import turns_text, user_text

KINDS = ("sql", "unit_test", "regex", "calculator", "constraint")
"""What can compute a label; source: the short text."""

Says = Callable[[Mapping[str, Any]], str | None]
"""Takes a case (`case_id`, `turns`, `context`) and returns its expected value, or None for nothing."""


@dataclass(frozen=True)
class Check:
    """A function that computes the expected value of a case.

    Attributes:
        name: The author of its labels.
        kind: One of `KINDS`.
        source: What it computes, as it was written.
        says: The function; see `Says`.
        parameters: What else decides its answer.
    """

    name: str
    kind: str
    source: str
    says: Says = field(repr=False, compare=False)
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UsageError("a check has no name; name it after the rule that it computes")
        if self.kind not in KINDS:
            raise UsageError(f"a check of the kind {shown(self.kind)} is none of {', '.join(KINDS)}")

    @property
    def sha256(self) -> str:
        """The hash of kind, source and parameters; another name is no other check."""
        return sha256({"kind": self.kind, "source": self.source, "parameters": dict(self.parameters)})


def regex(name: str, pattern: str, expected: str, *, over: Literal["user", "conversation"] = "user") -> Check:
    r"""Return a check that expects a value where a pattern is found.

    The pattern is RE2's: without backtracking, so that no hostile text makes it slow, and hence without
    look-around and back references. `(?i)` at its start ignores case.

    Args:
        name: The author of its labels.
        pattern: The regular expression.
        expected: The expected value of a case in which it is found.
        over: What is searched: what the user wrote, or the conversation with its roles.

    Raises:
        UsageError: RE2 does not take the pattern, or `over` is neither.

    Example:
        >>> check = regex("a lawyer is named", r"(?i)\b(lawyer|solicitor)\b", "handoff")
        >>> check.says({"turns": [{"role": "user", "text": "My LAWYER will write to you."}]})
        'handoff'
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = {"user": user_text, "conversation": turns_text}
    if over not in texts:
        raise UsageError(f"check {shown(name)} is over {shown(over)}; write user or conversation")
    text = texts[over]

    def says(case: Mapping[str, Any]) -> str | None:
        found = pc.match_substring_regex(pa.array([text(case["turns"])], pa.large_string()), pattern)
        return expected if found[0].as_py() else None

    try:
        says({"turns": []})
    except pa.ArrowInvalid as error:
        raise UsageError(
            f"check {shown(name)} has a pattern that RE2 does not take ({error}); rewrite it"
        ) from None
    return Check(name, "regex", pattern, says, {"expected": expected, "over": over})


def unit_test(name: str, function: Says) -> Check:
    """Return a check that is a Python function; its source is hashed as `inspect` reads it.

    It runs as your own code does: with your rights, and without a limit on time. What it calls and
    the globals that it reads are no part of the hash, so keep what decides inside it.

    Args:
        name: The author of its labels.
        function: Takes a case and returns its expected value, or None; see `Says`.

    Raises:
        UsageError: Its source cannot be read, or does not tell all: a lambda shares its line with
            others, and a closure takes values from around it.
    """
    source = _source(function)
    if not source or getattr(function, "__closure__", None):
        raise UsageError(
            f"check {shown(name)} needs a function of a file or a notebook's cell, with `def` and without values "
            "from around it: its source is what is hashed"
        )
    return Check(name, "unit_test", source, function)


def _source(function: Says) -> str:
    """Return the source of a function, or nothing where what `inspect` finds is not its definition."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        [made] = ast.parse(source).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return ""
    is_its_own = isinstance(made, ast.FunctionDef) and made.name == getattr(function, "__name__", "")
    return source if is_its_own else ""
