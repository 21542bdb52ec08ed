"""A request may carry a system prompt and what was said before, and what carries neither is as it always was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.llm.anthropic_messages import params
from workbench.provenance import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

SAID = (("user", "where is my parcel?"), ("assistant", "Which order is it?"))


def test_a_conversation_and_its_system_prompt_arrive_as_the_provider_takes_them(
    provider: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve()
    asking(server.url).reply(request_for(prompt="K-20817", system="You answer for a shop.", turns=SAID))

    sent = json.loads(server.hits[0].body)
    turns = [
        {"role": "user", "content": "where is my parcel?"},
        {"role": "assistant", "content": "Which order is it?"},
        {"role": "user", "content": "K-20817"},
    ]
    if provider == "anthropic":
        assert (sent["system"], sent["messages"]) == ("You answer for a shop.", turns)
    else:
        assert sent["messages"] == [{"role": "system", "content": "You answer for a shop."}, *turns]


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_batch_carries_what_a_single_call_does(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve()
    client, request = asking(server.url), request_for(system="You answer for a shop.", turns=SAID)
    client.reply(request)

    assert params(client._asked(request)) == json.loads(server.hits[0].body)


def test_a_request_that_carries_neither_sends_no_system_prompt_and_keeps_its_key(
    provider: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    """What was paid before requests could carry a conversation is found again."""
    server = serve()
    client, request = asking(server.url), request_for()
    reply = client.reply(request)

    sent = json.loads(server.hits[0].body)
    assert "system" not in sent
    assert sent["messages"] == [{"role": "user", "content": request.prompt}]
    asked = {"model": "writer-1", "prompt": request.prompt, "schema": None, "max_tokens": 8_192}
    place = {"cell": "angry/late", "bucket": "prompted", "index": 0}
    assert reply.request_sha256 == sha256(
        {"version": 1, "provider": provider, "base_url": server.url} | asked | place
    )


def test_another_system_prompt_or_another_past_is_another_request(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    client = asking(serve().url)
    ways = [
        {},
        {"system": "Be brief."},
        {"turns": SAID},
        {"turns": SAID[:1]},
        {"system": "Be brief.", "turns": SAID},
    ]

    assert len({client.key(request_for(**way)) for way in ways}) == len(ways)


def test_a_fence_is_taken_off_what_a_schema_asked_for_and_off_nothing_else(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    url, schema = serve(always="fenced", text="{}").url, {"type": "object", "properties": {}}

    assert asking(url, schema=schema).reply(request_for()).text == "{}"
    assert asking(url).reply(request_for()).text == "```json\n{}\n```"


def test_how_long_a_reply_took_is_known_also_when_it_is_stored(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve(latency_s=0.05)
    first = asking(server.url).reply(request_for())
    again = asking(server.url).reply(request_for())

    assert first.latency_s >= 0.05
    assert (again.attempts, again.latency_s) == (0, first.latency_s)
