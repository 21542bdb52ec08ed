"""The one way out: what the guards stop never leaves, and what leaves is as the provider wants it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from workbench.errors import CapError, SafetyError, StoppedError, StoreError, UsageError
from workbench.llm import Budget, Ledger
from workbench.llm.access import secret
from workbench.llm.prices import Price
from workbench.llm.transport import MARKER, GuardedTransport, guarded
from workbench.redact import contacts
from workbench.settings import Role
from workbench.tables import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

PLANTED = {
    "EMAIL": ["kim@shop.example", "Kim.O'Neil+bills@mail.shop.example", "pat_77@shop.co.uk"],
    "CARD": ["4111 1111 1111 1111", "4111111111111111", "5555-5555-5555-4444", "3782 822463 10005"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "PHONE": ["+49 30 901820", "(212) 555-0187", "+44 20 7946 0958"],
    "SSN": ["536-90-4399"],
    "IP": ["203.0.113.77", "2001:db8:85a3::8a2e:370:7334"],
    "URL": ["https://kim:hunter2@files.example/a.pdf", "https://shop.example/reset/abcdefghijkl7890mnop"],
    "KEY": [
        "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd7", "sk-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefghij7",
        "AKIAIOSFODNN7EXAMPLE", "ghp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "sk_live_AbCdEfGhIjKlMnOpQrStUvWx",
        "xoxb-123456789012-AbCdEfGhIjKlMnOpQrStUvWx", "AIzaAbCdEfGhIjKlMnOpQrStUvWxYz012345678",
        "key-0123456789abcdef0123456789abcdef",
    ],
}  # fmt: skip
"""25 shapes, invented or published as examples."""

SHAPES = [(kind, value) for kind, values in PLANTED.items() for value in values]


def test_there_are_25_shapes() -> None:
    assert len(SHAPES) == 25


@pytest.mark.parametrize(("kind", "value"), SHAPES, ids=[value[:14] for _, value in SHAPES])
def test_personal_data_and_keys_never_leave(
    kind: str, value: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:  # fmt: skip
    server = serve()
    prompt = f'Write like this one: {{"text": "i am {value} and my parcel is late"}}'
    with pytest.raises(SafetyError, match="was not sent because it holds personal data or a key") as refused:
        asking(server.url).reply(request_for(prompt=prompt))

    assert kind in str(refused.value)
    assert value not in str(refused.value)
    assert server.hits == []
    assert workspace.store.read(CALLS).empty


def test_our_own_key_is_known_whatever_its_shape() -> None:
    body = json.dumps({"messages": [{"content": "say plain-words-key please"}]}).encode()

    assert guarded(body, "plain-words-key") == "personal data or a key (KEY)"
    assert guarded(body, "") == ""


@pytest.mark.parametrize("short", ["test", "x", "ollama"])
def test_a_key_that_is_no_secret_is_sent_and_looked_for_nowhere(
    short: str, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], asking: Callable[..., Any],
    request_for: Callable[..., Any],
) -> None:  # fmt: skip
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, short)
    told = "The latest box I ordered of ollama-x."
    server = serve(text=told)
    reply = asking(server.url).reply(request_for(prompt=f"Write like this: {told}"))

    assert (reply.outcome, reply.text) == ("ok", told)
    assert server.hits[0].headers["authorization"] == f"Bearer {short}"


def test_a_prompt_longer_than_its_price_holds_for_is_told_apart_from_a_cap_that_is_passed(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve()

    def client(longest: int | None) -> Any:
        budget = Budget(most_attempts=9, most_usd=100.0)
        return asking(server.url, budget=budget, prices={"writer-1": Price(4, 20, longest)})

    asked = request_for(prompt="Write about a late parcel. " * 40)
    with pytest.raises(
        CapError, match=r"longer than the price in the table holds for.* \[prices\] of workbench"
    ) as told:
        client(1_000).reply(asked)

    assert "raise the cap" not in str(told.value)
    assert server.hits == []
    assert client(None).reply(asked).outcome == "ok"


def test_pseudonyms_and_order_numbers_do_leave(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve()
    prompt = "order 4481-2290-77 of <EMAIL_1>, charged $1,120.50 on 03/04/2026, tracking 1Z999AA10123456784"

    assert asking(server.url).reply(request_for(prompt=prompt)).outcome == "ok"
    assert json.loads(server.hits[0].body)["messages"] == [{"role": "user", "content": prompt}]


def test_only_contacts_that_the_owner_published_leave(
    serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:
    server = serve()
    client = asking(server.url)
    client.allow(contacts("Call +44 20 7946 0958 or write to Help@acme.example."))
    published = request_for(prompt="i wrote to help@acme.example and called 0044 20 7946 0958, twice")

    assert client.reply(published).outcome == "ok"
    with pytest.raises(SafetyError, match=r"\(EMAIL\)"):
        client.reply(request_for(prompt="i wrote to help@acme.example as kim@shop.example"))
    assert len(server.hits) == 1


def test_a_key_stays_here_whatever_is_said_to_be_known() -> None:
    key = "sk-ant-api03-0123456789abcdefghijklmnop"
    body = json.dumps({"messages": [{"content": f"use {key}"}]}).encode()
    known = frozenset({("KEY", key)})

    assert contacts(f"use {key}") == frozenset()
    assert guarded(body, "", known=known) == guarded(body, key, known=known) == "personal data or a key (KEY)"


def test_another_host_gets_no_byte(
    serve: Callable[..., Any], asking: Callable[..., Any], workspace: Workspace
) -> None:
    server, other = serve(), serve()
    client = asking(server.url)
    with pytest.raises(SafetyError, match=r"is the only host allowed; check base_url in \[roles\]"):
        client._http.post(other.url, json={}, headers={MARKER: "0/1"})
    with pytest.raises(SafetyError, match="is not in the ledger"):
        client._http.post(f"{server.url}/v1/messages", json={})

    assert server.hits == other.hits == []
    assert workspace.store.read(CALLS).empty


def test_environment_variables_do_not_redirect(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:  # fmt: skip
    server, other = serve(), serve()
    for name in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, other.url)

    assert asking(server.url).reply(request_for()).outcome == "ok"
    assert other.hits == []


def test_the_marker_stays_here_and_the_key_goes_in_its_header(
    provider: str, key: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:  # fmt: skip
    server = serve()
    schema = {"type": "object", "properties": {"turns": {"type": "array", "items": {"type": "string"}}}}
    asking(server.url, schema=schema).reply(request_for())
    hit = server.hits[0]
    body = json.loads(hit.body)

    assert MARKER not in hit.headers
    assert hit.headers["authorization"] == f"Bearer {key}"
    assert not {"temperature", "top_p", "seed", "stream", "store", "metadata"} & body.keys()
    if provider == "anthropic":
        assert hit.path == "/v1/messages"
        assert body["output_config"]["format"]["schema"]["additionalProperties"] is False
    else:
        assert hit.path == "/chat/completions"
        assert body["response_format"]["json_schema"]["schema"] == schema


def test_a_schema_that_a_provider_cannot_hold_is_a_sentence(
    asking: Callable[..., Any], provider: str
) -> None:
    schema = {"type": "object", "properties": {"steps": {"type": "array", "items": {}}}}
    if provider == "openai":
        asking("http://127.0.0.1:9", schema=schema)
        return
    with pytest.raises(UsageError, match=r"does not fit the provider anthropic .*; give every part a type"):
        asking("http://127.0.0.1:9", schema=schema)


def test_openai_is_asked_to_keep_nothing() -> None:
    from workbench.llm.access import access
    from workbench.llm.openai_chat import OpenAIChat
    from workbench.llm.wire import Asked

    sent = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return httpx2.Response(200, json={"choices": []})

    role = Role(provider="openai", model="gpt-6-sol", family="openai/gpt")
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        OpenAIChat(access(role), "none", http, 1.0).send(Asked("gpt-6-sol", "Write", None, 100), {})

    assert (sent[0]["store"], sent[0]["max_completion_tokens"]) == (False, 100)
    assert "max_tokens" not in sent[0]


@pytest.mark.parametrize("fault", ["echo", "ok", "reset"])
def test_the_key_is_in_no_database_log_message_or_repr(
    fault: str, key: str, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any],
    workspace: Workspace, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server = serve(always=fault)
    client = asking(server.url)
    with caplog.at_level(logging.DEBUG):
        try:
            told = repr(client.reply(request_for()))
        except StoppedError as error:
            told = repr(error)
    assert key in server.hits[0].headers["authorization"]
    shown = (
        told + repr(client) + repr(client._transport) + repr(client.access) + repr(vars(client)) + caplog.text
    )
    assert key not in shown
    workspace.store.close()
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert any(path.name == "workbench.db" for path in files)
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_a_key_stays_here_where_the_wire_is_open_to_all(key: str) -> None:
    from workbench.llm.access import access

    there = {"provider": "openai", "model": "m", "family": "unknown"}
    far = access(Role(base_url="http://llm.example/v1", **there))
    safe = access(Role(base_url="https://llm.example/v1", **there))
    here = access(Role(base_url="http://localhost:11434/v1", **there))

    assert [found.key for found in (far, safe, here)] == ["withheld", "present", "present"]
    assert [secret(found) for found in (far, safe, here)] == ["none", key, key]


def test_without_a_key_the_provider_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, provider: str
) -> None:
    from workbench.llm import WireClient

    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    role = Role(provider=provider, model="m", family="unknown")
    with pytest.raises(UsageError, match=r"asks for a key and [A-Z]+_API_KEY is not set"):
        WireClient(role, ledger=Ledger(workspace.store), budget=Budget(most_attempts=1))


@pytest.mark.parametrize("url", ["llm.example", "ftp://llm.example", "http://", "http://llm.example:port"])
def test_an_address_that_is_none_is_named(url: str, asking: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="is no address; write it as https://host/path"):
        asking(url)


def test_a_proxy_of_the_environment_is_honoured(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any]
) -> None:  # fmt: skip
    proxy = serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http://", "http://clerk:hunter2@"))
    client = asking("http://llm.example")

    assert client.reply(request_for()).outcome == "ok"
    assert proxy.hits[0].path.startswith("http://llm.example/")
    assert proxy.hits[0].headers["proxy-authorization"].startswith("Basic ")
    assert client.access.proxy == proxy.url
    monkeypatch.setenv("NO_PROXY", "llm.example,127.0.0.1")
    assert asking("http://llm.example").access.proxy == ""


def test_a_proxy_of_another_kind_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, asking: Callable[..., Any]
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:70")
    with pytest.raises(UsageError, match="the proxy in the environment is of the kind gopher"):
        asking("http://llm.example")


def test_the_library_of_an_extra_is_named(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    from workbench.errors import MissingExtraError
    from workbench.llm import WireClient

    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    role = Role(provider="openai", model="m", family="unknown")
    with pytest.raises(MissingExtraError, match=r"pip install 'workbench\[openai\]'"):
        WireClient(role, ledger=Ledger(workspace.store), budget=Budget(most_attempts=1))


def test_what_the_ledger_cannot_write_does_not_leave(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], asking: Callable[..., Any], request_for: Callable[..., Any],
    workspace: Workspace,
) -> None:  # fmt: skip
    server = serve()
    client = asking(server.url)

    def full(*_: object) -> int:
        raise StoreError("the disk is full; free some space")

    monkeypatch.setattr(workspace.store, "append", full)
    with pytest.raises(StoreError, match="the disk is full"):
        client.reply(request_for())

    assert server.hits == []


def test_an_interrupted_call_is_unknown(workspace: Workspace) -> None:
    class Interrupted(httpx2.BaseTransport):
        def handle_request(self, _: httpx2.Request) -> httpx2.Response:
            raise KeyboardInterrupt

    transport = GuardedTransport(
        Interrupted(), base_url="https://llm.example", ledger=Ledger(workspace.store), budget=Budget(most_attempts=1),
        price=None, tokens=lambda _: None, key="none",
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt), httpx2.Client(transport=transport) as http:
        http.post("https://llm.example/v1", json={"max_tokens": 10}, headers={MARKER: f"{'0' * 64}/1"})

    assert workspace.store.read(CALLS)["state"].tolist() == ["sent", "unknown"]
