"""The one reading of a generator's reply. It has no place for an expected outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from workbench.exchange.jsonl import BrokenError, loads
from workbench.exchange.turns import is_visible
from workbench.exchange.values import holds_nul, mended, plain
from workbench.llm.replay import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOME_KEYS = frozenset(
    {"answer", "answerkey", "expected", "gold", "golden", "goldstandard", "groundtruth", "label", "outcome"}
    | {"resolution", "verdict"}
    | {
        which + what
        for which in ("correct", "desired", "expected", "final", "gold", "golden", "ideal", "reference", "target", "true")
        for what in ("action", "answer", "label", "outcome", "output", "resolution", "response", "result", "verdict")
    }
)  # fmt: skip
"""Names that nothing in a reply may have, also deep in its facts: a model that writes the input never
writes its expected outcome. They are compared by their letters and digits in lower case. Source: the
rule on labels of the design, section 1."""

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

    facts: dict[str, Any] | None = None
    documents: list[Document] | None = None
    steps: list[Any] | None = None


class Conversation(Part):
    """What a generator writes: the input of a case, and nothing else."""

    turns: Annotated[list[Turn], Field(min_length=1), AfterValidator(_users)]
    context: Context | None = None


def read(text: str) -> Written:
    """Read a reply.

    Args:
        text: A JSON object with `turns` and, where there is one, `context`.

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
    named = next((name for name in _names(found) if _bare(name) in OUTCOME_KEYS), None)
    if named is not None:
        raise BadReplyError(f"has the field '{named}'{NO_PLACE}")
    try:
        told = Conversation.model_validate(found)
    except ValidationError as error:
        extra = error.errors()[0]["type"] == "extra_forbidden"
        raise BadReplyError(f"{fault(error)}{NO_PLACE if extra else ''}") from None
    dumped = told.model_dump(exclude_unset=True)
    return Written(dumped["turns"], dumped.get("context"))


def _bare(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _names(part)
