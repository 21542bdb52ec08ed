"""The one reading of a generator's reply. It has no place for an expected outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema, WithJsonSchema

from workbench.exchange.jsonl import BrokenError, loads
from workbench.exchange.turns import is_visible
from workbench.exchange.values import holds_nul, mended, plain
from workbench.llm.replay import fault
from workbench.outcome_facts import OUTCOME_KEYS, bare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

NO_PLACE = "; a reply has turns and context, and no place for an expected outcome"


class BadReplyError(ValueError):
    """A reply is no case; the message says why."""


class Written(NamedTuple):
    """What a generator wrote.

    Attributes:
        turns: `[{role, text}]`; the last turn is the user's.
        context: What the shop knows; None where the reply has none.
    """

    turns: list[dict[str, str]]
    context: dict[str, Any] | None


def _seen(text: str) -> str:
    if not is_visible(text):
        raise ValueError("nothing to read")
    return text


def _users(turns: list[Turn]) -> list[Turn]:
    if turns[-1].role != "user":
        raise ValueError(f"the last one is the {turns[-1].role}'s; it has to be the user's")
    return turns


def _pairs(values: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON schema of a list of names, each with a value of one of these kinds."""
    pair = {"name": {"type": "string"}, "value": {"anyOf": values}}
    closed = {"type": "object", "properties": pair, "required": [*pair], "additionalProperties": False}
    return {"type": "array", "items": closed}


_PLAIN = [{"type": kind} for kind in ("string", "number", "boolean", "null")]

FACTS = _pairs([*_PLAIN, _pairs(_PLAIN)])
"""How a server is asked for facts: as names with values, and a value may be such a list again.

An object whose names are free cannot be asked for: Anthropic's API takes closed objects alone.
"""


class Part(BaseModel):
    """A part of a reply: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Turn(Part):
    """One message."""

    role: Literal["user", "assistant"]
    text: Annotated[str, AfterValidator(_seen)]


class Document(Part):
    """A text that the shop has."""

    id: str
    text: str


class Context(Part):
    """What the shop knows."""

    facts: Annotated[dict[str, Any] | None, WithJsonSchema(FACTS)] = None
    documents: list[Document] | None = None
    # Read where a reply has them, and asked for from nobody.
    steps: SkipJsonSchema[list[Any] | None] = None


class Conversation(Part):
    """What a generator writes: the input of a case, and nothing else."""

    turns: Annotated[list[Turn], Field(min_length=1), AfterValidator(_users)]
    context: Context | None = None


def schema() -> dict[str, Any]:
    """Return the JSON schema that servers are asked to hold a reply to; what comes is read all the same."""
    return Conversation.model_json_schema()


def read(text: str, outcomes: Collection[str] = OUTCOME_KEYS) -> Written:
    """Read a reply. Facts may be an object, or the same as a list of names with values.

    Args:
        text: A JSON object with `turns` and, where there is one, `context`.
        outcomes: Names that nothing in it may have; see `workbench.outcome_facts.outcome_names`.

    Raises:
        BadReplyError: It is none, or holds anything else, above all an expected outcome.

    Example:
        >>> read('{"turns": [{"role": "user", "text": "where is it????"}]}')
        Written(turns=[{'role': 'user', 'text': 'where is it????'}], context=None)
        >>> read('{"turns": [{"role": "user", "text": "hi"}], "expected": "refund"}')
        Traceback (most recent call last):
        workbench.generate.replies.BadReplyError: has the field 'expected'; a reply has turns and context, and no place for an expected outcome
    """
    try:
        found = plain(mended(loads(text)).value)
    except BrokenError as error:
        raise BadReplyError(f"is not JSON ({error})") from None
    if holds_nul(found):
        raise BadReplyError("holds U+0000, which no message contains")
    found = _with_facts(found)
    named = next((name for name in _names(found) if bare(name) in outcomes), None)
    if named is not None:
        raise BadReplyError(f"has the field '{named}'{NO_PLACE}")
    try:
        told = Conversation.model_validate(found)
    except ValidationError as error:
        extra = error.errors()[0]["type"] == "extra_forbidden"
        raise BadReplyError(f"{fault(error)}{NO_PLACE if extra else ''}") from None
    dumped = told.model_dump(exclude_none=True)
    return Written(dumped["turns"], dumped.get("context") or None)


def _with_facts(found: Any) -> Any:
    """Return a reply with its facts as an object."""
    context = found.get("context") if isinstance(found, dict) else None
    if not isinstance(context, dict) or not isinstance(context.get("facts"), list):
        return found
    return found | {"context": context | {"facts": _object(context["facts"])}}


def _object(pairs: list[Any]) -> Any:
    """Return a list of names with values as an object; another list as it is."""
    if not all(isinstance(pair, dict) and pair.keys() == {"name", "value"} for pair in pairs):
        return pairs
    told: dict[str, Any] = {}
    for pair in pairs:
        name, value = str(pair["name"]), pair["value"]
        if name in told:
            raise BadReplyError(f"has the fact '{name}' twice")
        told[name] = _object(value) if isinstance(value, list) and value else value
    return told


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _names(part)
