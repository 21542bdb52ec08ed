"""Anthropic's Messages API, by the official SDK: also what Ollama, llama.cpp, vLLM and LM Studio serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from workbench.errors import UsageError
from workbench.llm.outcomes import Answer
from workbench.llm.prices import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from workbench.llm.access import Access
    from workbench.llm.messages import Asked

TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Reasons to stop that leave a reply unfinished. Source: the SDK's StopReason."""


class _Block(BaseModel):
    type: str
    text: str | None = None


class _Usage(BaseModel):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Message(BaseModel):
    content: list[_Block]
    stop_reason: str | None = None
    model: str = ""
    stop_details: dict[str, Any] | None = None


class _Counted(BaseModel):
    usage: _Usage = Field()


class AnthropicMessages:
    """The wire of the Messages API.

    Args:
        access: Where requests go.
        key: The API key.
        http: The guarded client.
        timeout_s: How long a reply may take.
    """

    def __init__(self, access: Access, key: str, http: httpx2.Client, timeout_s: float) -> None:
        import anthropic

        self._sdk = anthropic.Anthropic(
            api_key=key,
            base_url=access.base_url,
            http_client=http,
            max_retries=0,
            timeout=timeout_s,
            # Otherwise a host process with tracing switched on may export prompts.
            open_telemetry=False,
        )

    def send(self, asked: Asked, headers: Mapping[str, str]) -> None:
        """Send a request; what comes back is read from the ledger's side, not from the SDK's."""
        self._sdk.messages.create(**params(asked), extra_headers=headers)


def params(asked: Asked) -> dict[str, Any]:
    """Return the body of a request; a batch carries the same."""
    found: dict[str, Any] = {
        "model": asked.model,
        "max_tokens": asked.max_tokens,
        "messages": asked.messages,
    }
    if asked.system:
        found["system"] = asked.system
    if asked.schema is not None:
        found["output_config"] = {"format": {"type": "json_schema", "schema": dict(asked.schema)}}
    return found


def fitted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema as this API takes it: every object closed, bounds moved into descriptions.

    An object with free names comes out closed, and so always empty: give names and values as a list.

    Raises:
        UsageError: It has a part of any type, which this API cannot hold a reply to.
    """
    import anthropic

    try:
        return dict(anthropic.transform_schema(dict(schema)))
    except ValueError as error:
        raise UsageError(
            f"the schema of a reply does not fit the provider anthropic ({error}); give every part a type"
        ) from None


def read(body: Any) -> Answer:
    """Return the reading of a message: its text blocks, wherever thinking stands between them."""
    try:
        message = _Message.model_validate(_message(body))
    except ValidationError:
        return Answer("bad", reason="the reply is no message of the Messages API")
    text = "".join(block.text or "" for block in message.content if block.type == "text")
    if message.stop_reason == "refusal":
        category = (message.stop_details or {}).get("category")
        return Answer("refused", text, message.model, f"refused{f' ({category})' if category else ''}")
    if message.stop_reason in TRUNCATED:
        return Answer("truncated", text, message.model, f"cut off ({message.stop_reason})")
    if not text.strip():
        return Answer("bad", "", message.model, "the reply holds no text")
    return Answer("ok", text, message.model)


def _message(body: Any) -> Any:
    """Return the message of a stored reply, which may have come as a line of a batch's results."""
    return body["result"].get("message") if "custom_id" in body else body


def tokens(body: Any) -> Tokens | None:
    """Return the tokens of a message; None where it does not say.

    We never ask for caching, so what a cache holds is 0; if a server says otherwise it counts as input.
    """
    try:
        usage = _Counted.model_validate(body).usage
    except ValidationError:
        return None
    cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
    return Tokens(usage.input_tokens + cached, usage.output_tokens)
