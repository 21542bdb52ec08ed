"""One reading of every way to write a conversation down.

What people wrote is kept character by character: no stripping, no Unicode normalisation. Fields
of a turn other than its role and text (a time, an intent) are left out and counted, because a
case is what a model is shown. Parts that are no text stay as placeholders such as `[image]`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import listed, shown
from workbench.exchange.jsonl import BrokenError, loads, looks_like_python
from workbench.exchange.values import Number, mended
from workbench.provenance import slug_words

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Mapping[str, str] = {
    **dict.fromkeys(("user", "customer", "human", "client"), "user"),
    **dict.fromkeys(("assistant", "agent", "bot", "ai", "representative"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "action", "function"), "tool"),
}
"""What tools and transcripts call the four roles."""

ROLE_KEYS = ("role", "from", "speaker")
TEXT_KEYS = ("text", "content", "value")
LIST_KEYS = ("conversation", "conversations", "messages", "turns")
"""The keys of OpenAI, Anthropic, ShareGPT and plain exports."""

TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


class Placeholder(str):
    """What stands in a turn for a part that is no text."""

    __slots__ = ()


TOOL_CALL = Placeholder("[tool call]")
TOOL_RESULT = Placeholder("[tool result]")

PLACEHOLDERS: Mapping[str, Placeholder] = {
    **dict.fromkeys(("image", "image_url", "input_image"), Placeholder("[image]")),
    **dict.fromkeys(("audio", "input_audio", "output_audio"), Placeholder("[audio]")),
    **dict.fromkeys(("file", "input_file", "document"), Placeholder("[file]")),
    **dict.fromkeys(("tool_use", "server_tool_use", "tool_call", "function_call"), TOOL_CALL),
    **dict.fromkeys(("tool_result", "function_call_output"), TOOL_RESULT),
}
"""Parts of a message that are no text, by their type in the OpenAI and Anthropic interfaces."""

BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(n) for n in range(0xFE00, 0xFE10)
}
"""Letters, marks and signs that show nothing: Hangul fillers, empty Braille, variation selectors.
Source: Unicode's property Default_Ignorable_Code_Point, where its category does not say so."""

_SPEAKS = re.compile(r"""['"](?:role|speaker|content)['"]\s*:""")


class UnreadableError(ValueError):
    """A value is not a conversation; the message is what a sentence about the case goes on with."""


@dataclass(frozen=True)
class Conversation:
    """A conversation as a case holds it.

    Attributes:
        turns: `[{role, text}]` with the roles user, assistant, system, tool.
        placeholders: How often each placeholder stands for a part that is no text.
        dropped: How often each further key of a turn was left out.
        surrogates: Lone surrogates that became U+FFFD.
    """

    turns: list[dict[str, str]]
    placeholders: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    surrogates: int = 0


def conversation(value: Any) -> Conversation:
    """Read a plain text, a list of turns, OpenAI messages, Anthropic blocks, or JSON in a cell.

    A text that begins like JSON and is none stays a text, unless it speaks of roles.

    Raises:
        UnreadableError: The value is no conversation, or has no user turn with anything to see.

    Example:
        >>> conversation("where is it????").turns
        [{'role': 'user', 'text': 'where is it????'}]
        >>> conversation('[{"from": "human", "value": "hi"}, {"from": "bot", "value": "Hello!"}]').turns[1]
        {'role': 'assistant', 'text': 'Hello!'}
        >>> conversation("[whats app] my order never came").turns[0]["text"]
        '[whats app] my order never came'
    """
    clean = mended(_parsed(value))
    placeholders: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    found = _listed(clean.value, dropped)
    turns = [_turn(number, turn, placeholders, dropped) for number, turn in enumerate(found, 1)]
    if not any(turn["role"] == "user" and is_visible(turn["text"]) for turn in turns):
        raise UnreadableError(
            "has no user text; leave the row out, or map the column that holds what the user wrote"
        )
    return Conversation(turns, placeholders, dropped, clean.surrogates)


def is_visible(text: str) -> bool:
    r"""Say whether a text holds more than space and characters of no width.

    A control character counts: somebody pressed a key, and a reviewer is shown which.

    Example:
        >>> is_visible("?"), is_visible(" \u200b\ufeff\n"), is_visible("😡"), is_visible("\x16")
        (True, False, True, True)
    """
    return not all(c.isspace() or c in BLANK or unicodedata.category(c) == "Cf" for c in text)


def _parsed(value: Any) -> Any:
    """Return the conversation that a text cell holds as JSON, or the value as it is."""
    if not isinstance(value, str) or isinstance(value, Number) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        found = loads(value)
    except BrokenError as error:
        if not _SPEAKS.search(value):
            return value
        if looks_like_python(value):
            raise UnreadableError(
                "looks like Python, not JSON; write the conversation with json.dumps"
            ) from None
        raise UnreadableError(
            f"holds a conversation whose JSON is broken ({error}); export it again"
        ) from None
    # People paste order data into chats: JSON without roles and texts is a message like any other.
    if isinstance(found, list):
        speaks = any(
            isinstance(turn, dict) and not {*ROLE_KEYS, "text", "content"}.isdisjoint(turn) for turn in found
        )
    else:
        speaks = isinstance(found, dict) and not {*LIST_KEYS, *ROLE_KEYS}.isdisjoint(found)
    return found if speaks else value


def _listed(value: Any, dropped: Counter[str]) -> list[Any]:
    """Return the turns of a value, still as they were written."""
    if value is None:
        return []
    if isinstance(value, str):
        return [{"role": "user", "text": str(value)}]
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise UnreadableError(
            f"has {shown(str(value).lower())} for a conversation; write a text or a list of turns"
        )
    key = next((key for key in LIST_KEYS if isinstance(value.get(key), list)), None)
    if key is None:
        if _first(value, ROLE_KEYS):
            return [value]
        raise UnreadableError(
            f"has an object for a conversation, with {listed(list(value))}; write a list of turns"
        )
    dropped.update(name for name, held in value.items() if name not in {key, "system"} and held is not None)
    # Anthropic's interface has the system prompt beside the messages.
    system = [{"role": "system", "content": value["system"]}] if value.get("system") else []
    return [*system, *value[key]]


def _turn(number: int, turn: Any, placeholders: Counter[str], dropped: Counter[str]) -> dict[str, str]:
    if not isinstance(turn, dict):
        raise UnreadableError(f"has {shown(turn)} as turn {number}; write turns as {{role, text}}")
    role_key, text_key = _first(turn, ROLE_KEYS), _first(turn, TEXT_KEYS)
    name = turn.get(role_key or "role")
    if not isinstance(name, str):
        raise UnreadableError(f"has no role in turn {number}; write user, assistant, system or tool")
    role = ROLES.get(name.strip().lower())
    if role is None:
        raise UnreadableError(
            f"has the unknown role {shown(name)} in turn {number}; known are {', '.join(ROLES)}"
        )
    texts = _texts(number, turn.get(text_key or "text"))
    if calls := turn.get("tool_calls") or turn.get("function_call"):
        texts += [TOOL_CALL] * (len(calls) if isinstance(calls, list) else 1)
    if not texts:
        raise UnreadableError(
            f"has no text in turn {number} ({name}); leave the turn out or write what was said"
        )
    placeholders.update(text for text in texts if isinstance(text, Placeholder))
    used = {role_key, text_key, "tool_calls", "function_call"}
    dropped.update(key for key, value in turn.items() if key not in used and value is not None)
    # Anthropic sends tool results under the user's role; no user wrote them.
    if all(text is TOOL_RESULT for text in texts):
        role = "tool"
    return {"role": role, "text": "\n".join(texts)}


def _texts(number: int, content: Any) -> list[str]:
    """Return the texts of a turn's parts, with placeholders for those that are no text."""
    if content is None:
        return []
    if isinstance(content, str):
        return [str(content)]
    if not isinstance(content, list):
        raise UnreadableError(f"has {shown(str(content).lower())} as the text of turn {number}; write a text")
    return [_part(number, part) for part in content]


def _part(number: int, part: Any) -> str:
    if isinstance(part, str):
        return str(part)
    kind = part.get("type", "text") if isinstance(part, dict) else None
    if kind in TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    if not isinstance(kind, str) or kind in TEXT_PARTS:
        raise UnreadableError(
            f"has a part without type and text in turn {number}; write {{type: text, text: ...}}"
        )
    return PLACEHOLDERS.get(kind) or Placeholder(f"[{slug_words(kind)[:40] or 'part'}]")


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if value.get(key) is not None), None)
