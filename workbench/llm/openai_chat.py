"""OpenAI's chat completions, by the official SDK: the one dialect that every compatible server speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from workbench.errors import MissingExtraError
from workbench.llm.outcomes import Answer
from workbench.llm.prices import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from workbench.llm.access import Access
    from workbench.llm.messages import Asked


class _Said(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    model: str = ""


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Counted(BaseModel):
    usage: _Usage


class OpenAIChat:
    """The wire of chat completions.

    Args:
        access: Where requests go.
        key: The API key.
        http: The guarded client.
        timeout_s: How long a reply may take.

    Raises:
        MissingExtraError: The library openai is not installed.
    """

    def __init__(self, access: Access, key: str, http: httpx2.Client, timeout_s: float) -> None:
        try:
            import openai
        except ModuleNotFoundError:
            raise MissingExtraError(
                "the provider openai needs the library openai, which is not installed; "
                "pip install 'workbench[openai]'"
            ) from None
        self._sdk = openai.OpenAI(
            api_key=key, base_url=access.base_url, http_client=http, max_retries=0, timeout=timeout_s
        )
        # Reasoning models of OpenAI refuse max_tokens; small servers know nothing else. And a server
        # that is not OpenAI's keeps nothing for OpenAI, while some refuse names that they do not know.
        self._limit = "max_completion_tokens" if access.official else "max_tokens"
        self._kept: dict[str, Any] = {"store": False} if access.official else {}

    def send(self, asked: Asked, headers: Mapping[str, str]) -> None:
        """Send a request; what comes back is read from the ledger's side, not from the SDK's."""
        options: dict[str, Any] = {self._limit: asked.max_tokens, **self._kept}
        if asked.schema is not None:
            # Not strict: that mode refuses objects with free names, and the reply is checked here anyway.
            named = {"name": "reply", "schema": dict(asked.schema), "strict": False}
            options["response_format"] = {"type": "json_schema", "json_schema": named}
        system = [{"role": "system", "content": asked.system}] if asked.system else []
        messages: list[Any] = [*system, *asked.messages]
        self._sdk.chat.completions.create(
            model=asked.model,
            messages=messages,
            extra_headers=headers,
            **options,
        )


def read(body: Any) -> Answer:
    """Return the reading of a completion: its first choice."""
    try:
        completion = _Completion.model_validate(body)
    except ValidationError:
        return Answer("bad", reason="the reply is no chat completion")
    choice, model = completion.choices[0], completion.model
    text = choice.message.content or ""
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Answer("refused", choice.message.refusal or text, model, "refused")
    if choice.finish_reason == "length":
        return Answer("truncated", text, model, "cut off (length)")
    if not text.strip():
        return Answer("bad", "", model, "the reply holds no text")
    return Answer("ok", text, model)


def tokens(body: Any) -> Tokens | None:
    """Return the tokens of a completion, cached ones at the full price; None where it does not say."""
    try:
        usage = _Counted.model_validate(body).usage
    except ValidationError:
        return None
    return Tokens(usage.prompt_tokens, usage.completion_tokens)
