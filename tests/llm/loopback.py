"""A server on this machine that speaks both wire formats over real sockets, with faults on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

TEXT = '{"turns": [{"role": "user", "text": "where is it????"}]}'

USAGE = {"input_tokens": 1_000, "output_tokens": 200}

HTML = "<!doctype html><title>Sign in</title><p>The network wants to know who you are."

STATUSES: dict[str, tuple[int, dict[str, str], Any]] = {
    "429": (429, {"retry-after": "0.01"}, {"error": {"type": "rate_limit_error", "message": "slow down"}}),
    "429 ms": (429, {"retry-after-ms": "5"}, {"error": {"type": "rate_limit_error"}}),
    "429 long": (429, {"retry-after": "3600"}, {"error": {"type": "rate_limit_error"}}),
    "429 spent": (429, {}, {"error": {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}}),
    "429 quota": (429, {}, {"error": {"code": "insufficient_quota", "message": "check your plan"}}),
    "500": (500, {}, {"error": {"type": "api_error", "message": "oops"}}),
    "500 final": (500, {"x-should-retry": "false"}, {"error": {"type": "api_error", "message": "oops"}}),
    "504": (504, {}, "gateway timed out"),
    "529": (529, {}, {"error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "307": (307, {"location": "http://127.0.0.1:9/v1/messages"}, ""),
    **{str(code): (code, {}, {"error": {"message": "no"}}) for code in (400, 401, 402, 403, 404, 408, 413)},
}  # fmt: skip
"""What a server says instead of an answer."""


KEY = "sk-planted-0123456789abcdefghij7"
"""A key that opens nothing, long enough to be looked for."""


def plant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the key of every provider, and forget this machine's network settings."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)


class Hit(NamedTuple):
    """A request that arrived whole."""

    path: str
    headers: dict[str, str]
    body: bytes


class Server(ThreadingHTTPServer):
    """A server on a port of its own that goes on in a thread until its `closing` is set.

    Args:
        handler: What answers.
        play: What its handlers find as `server.play`.
    """

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], play: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.play, self.closing = play, threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End what still answers, and then itself."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the play."""


class Loopback:
    """A server whose next answers are scripted; without a script it answers well.

    Faults: every name of `STATUSES`; hang, reset, cut (fewer bytes than announced), half (JSON cut, length
    right), html, error (an error object with 200), refusal, max_tokens, window, empty, thinking, fenced,
    other model, snapshot (a dated one of the model), no usage, slow, garbage, echo (401 that repeats the key).

    Args:
        faults: Scripted answers, in the order of arrival.
        always: What follows them.
        latency_s: How long every answer takes.
        text: The text of a good answer; a function of the prompt's text where it is one.
        choose: The fault of a request; it goes before the script.
    """

    def __init__(
        self,
        faults: Iterable[str] = (),
        *,
        always: str = "ok",
        latency_s: float = 0.0,
        text: str | Callable[[str], str] = TEXT,
        choose: Callable[[Hit], str] | None = None,
    ) -> None:
        self.hits: list[Hit] = []
        self._faults, self.always, self.latency_s, self.text = deque(faults), always, latency_s, text
        self._choose = choose
        self._lock = threading.Lock()
        self._server = Server(_Handler, self)
        self.url, self.closing = self._server.url, self._server.closing

    def fault(self, hit: Hit) -> str:
        """Count a request and return what it gets."""
        with self._lock:
            self.hits.append(hit)
            if self._choose is not None:
                return self._choose(hit)
            return self._faults.popleft() if self._faults else self.always

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return  # a client that was killed while it sent
        hit = Hit(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        fault = self.server.play.fault(hit)
        self.server.play.closing.wait(self.server.play.latency_s)
        if fault == "hang":
            self.server.play.closing.wait(5)
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.connection.close()
        else:
            self._answer(fault, hit)

    def _answer(self, fault: str, hit: Hit) -> None:
        status, headers, said = STATUSES.get(fault, (200, {}, None))
        if fault == "echo":
            status, said = 401, {"error": {"message": f"no such key: {hit.headers.get('authorization')}"}}
        if said is None:
            said = _message(fault, hit, self.server.play)
        raw = (
            said
            if isinstance(said, bytes)
            else (said if isinstance(said, str) else json.dumps(said)).encode()
        )
        if fault == "half":
            raw = raw[: len(raw) // 2]
        if fault == "slow":
            time.sleep(0.05)
        self.send_response(status)
        kind = "text/html" if fault == "html" else "application/json"
        for name, value in {"content-type": kind, "content-length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if fault == "cut" else raw)


def _message(fault: str, hit: Hit, loopback: Loopback) -> Any:
    match fault:
        case "html":
            return HTML
        case "garbage":
            return b"\xff\x00\xfe not JSON"
        case "error":
            return {"type": "error", "error": {"type": "api_error", "message": "oops"}}
    asked = json.loads(hit.body)
    prompt = asked["messages"][0]["content"]
    text = loopback.text if isinstance(loopback.text, str) else loopback.text(prompt)
    text = f"```json\n{text}\n```" if fault == "fenced" else text
    model = {"other model": "another-model", "snapshot": f"{asked['model']}-20261001"}.get(
        fault, asked["model"]
    )
    chat = hit.path.endswith("/chat/completions")
    message = _completion(fault, text, model) if chat else _anthropic(fault, text, model)
    if fault == "no usage":
        del message["usage"]
    return message


def _anthropic(fault: str, text: str, model: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    if fault == "thinking":
        content.insert(0, {"type": "thinking", "thinking": "", "signature": "x"})
    if fault in {"refusal", "empty"}:
        content = []
    stops = {"refusal": "refusal", "max_tokens": "max_tokens", "window": "model_context_window_exceeded"}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stops.get(fault, "end_turn"), "stop_sequence": None, "usage": USAGE,
    }  # fmt: skip


def _completion(fault: str, text: str, model: str) -> dict[str, Any]:
    said = {"role": "assistant", "content": text, "refusal": None}
    if fault == "refusal":
        said |= {"content": None, "refusal": "I cannot write that."}
    if fault == "empty":
        said["content"] = None
    if fault == "thinking":
        said["reasoning_content"] = "let me see"
    ends = {"max_tokens": "length", "window": "length"}
    choice = {"index": 0, "message": said, "finish_reason": ends.get(fault, "stop"), "logprobs": None}
    usage = {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200}
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }
