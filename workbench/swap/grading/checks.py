"""Programmatic checks: an answer is held against the label of its case, without a model."""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.exchange.jsonl import BrokenError, loads
from workbench.exchange.values import own_text
from workbench.llm.outcomes import unfenced
from workbench.redact import redact
from workbench.swap.answering.functions import LONGEST_REASON
from workbench.swap.answering.who import function
from workbench.swap.grading.marks import NO_LABEL, NOT_COMPUTED, Mark, unscored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.swap.grading.answered import Answered

PASS = Mark("pass")


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: As it was asked for; it is the judge of its results.
        says: What it says of an answer whose case has a label.
    """

    name: str
    says: Callable[[Answered, str], Mark] = field(repr=False, compare=False)


def mark(check: Check, answer: Answered) -> Mark:
    """Return what a check says of an answer.

    An answer in error stays an error, a refusal is an answer like any other, and a case without a
    label is unscored.
    """
    if answer.state == "error":
        return Mark("error", answer.reason)
    if answer.expected is None:
        return unscored(NO_LABEL)
    return check.says(answer, answer.expected)


def check_of(asked: str) -> Check:
    """Return the check that is asked for.

    Args:
        asked: `equals`: the answer is the label, outer spaces and capitals apart. `contains`: the label
            stands in the answer as words of its own. `regex`: the label is an RE2 pattern that is found
            in the answer. `json:FIELD`: the answer is a JSON object that has the label in this field,
            `a.b` being b within a. `MODULE:FUNCTION`: the function is given a mapping with `case_id`,
            `turns`, `context`, `expected` and `output`; it returns True, False, or a text that says why
            the answer fails.

    Raises:
        UsageError: It is none of these, or there is no such function.

    Example:
        >>> check_of("contain")
        Traceback (most recent call last):
        workbench.errors.UsageError: --check 'contain' is none of equals, contains, regex, json:FIELD, MODULE:FUNCTION
    """
    if asked in _PLAIN:
        return Check(asked, _PLAIN[asked])
    kind, _, rest = asked.partition(":")
    if kind == "json" and rest:
        return Check(asked, lambda answer, expected: _json(answer.output, expected, rest))
    if rest:
        call: Any = function(asked).call
        return Check(asked, lambda answer, expected: _called(call, answer, expected))
    raise UsageError(f"--check {shown(asked)} is none of {', '.join(_PLAIN)}, json:FIELD, MODULE:FUNCTION")


def _equals(answer: Answered, expected: str) -> Mark:
    return PASS if _same(answer.output, expected) else _failed(answer.output, f"is not {shown(expected)}")


def _contains(answer: Answered, expected: str) -> Mark:
    # In one pass over the text, whatever stands in it.
    found = re.search(rf"(?<!\w){re.escape(_folded(expected))}(?!\w)", _folded(answer.output))
    return PASS if found else _failed(answer.output, f"does not contain {shown(expected)}")


def _regex(answer: Answered, expected: str) -> Mark:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        # RE2 has no backtracking, so no hostile text makes it slow.
        found = pc.match_substring_regex(pa.array([answer.output], pa.large_string()), expected)
    except pa.ArrowInvalid as error:
        return unscored(NOT_COMPUTED, f"the label is no pattern that RE2 takes ({error})")
    return PASS if found[0].as_py() else _failed(answer.output, f"does not match {shown(expected)}")


def _json(output: str, expected: str, path: str) -> Mark:
    try:
        value = loads(unfenced(output))
    except BrokenError:
        return _failed(output, "is no JSON")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    found = own_text(value)
    if found is None:
        return Mark("fail", f"the answer has no {path}")
    return (
        PASS if _same(found, expected) else Mark("fail", f"{path} is {shown(found)}, not {shown(expected)}")
    )


_PLAIN: Mapping[str, Callable[[Answered, str], Mark]] = {
    "equals": _equals, "contains": _contains, "regex": _regex
}  # fmt: skip


def _called(call: Callable[[Mapping[str, Any]], object], answer: Answered, expected: str) -> Mark:
    case = {
        "case_id": answer.row["case_id"],
        "turns": answer.turns,
        "context": answer.context,
        "expected": expected,
        "output": answer.output,
    }
    try:
        # A copy: what a function does to a case must not reach the next answer.
        found = call(copy.deepcopy(case))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what a function raises is no fail of the answer
        said = redact(next(iter(str(error).splitlines()), "no further words"))[:LONGEST_REASON]
        return unscored(NOT_COMPUTED, f"the check raised {type(error).__name__} ({said})")
    if isinstance(found, str):
        return Mark("fail", found)
    if found is not True and found is not False:
        return unscored(
            NOT_COMPUTED, f"the check returned {shown(found)}, and neither True, False nor a text"
        )
    return PASS if found else Mark("fail", "the check says no")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _failed(output: str, what: str) -> Mark:
    return Mark("fail", f"the answer {what}" if output.strip() else "the answer is empty")
