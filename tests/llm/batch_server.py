"""A server on this machine with Message Batches over real sockets: slow, out of order and faulty on demand."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from loopback import USAGE, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATH = "/v1/messages/batches"

ERRORS = {"invalid": "invalid_request_error", "overloaded": "overloaded_error"}
"""Results of the type errored, by a short name."""


@dataclass
class Made:
    """A batch."""

    batch_id: str
    requests: list[dict[str, Any]]
    looks: int

    @property
    def prompts(self) -> list[str]:
        """What it asks."""
        return [request["params"]["messages"][0]["content"] for request in self.requests]


class BatchServer:
    """Batches that end after so many looks, and results in an order of chance.

    Faults by endpoint (create, list, retrieve, results), in the order of arrival: a status such as 429; reset,
    before a request is taken; lost or 500 taken, after it was; html; cut (fewer bytes than announced); half (fewer bytes, and
    nothing announced).

    Args:
        looks: How often a batch is in progress when it is looked at.
        take_s: How long a request is under way before it is taken.
        answer_s: How long the answer to a taken request takes.
        line_s: How long each line of results takes.
        kind: What becomes of a request, by its prompt: succeeded, cut off (at the limit of tokens), canceled, expired, or
            one of `ERRORS`.
        workspace: The workspace of every key.
        says: What errors say.
        faults: By endpoint.
        seen: Told of everything that happens, by its name.
    """

    def __init__(
        self,
        *,
        looks: int = 2,
        take_s: float = 0.0,
        answer_s: float = 0.0,
        line_s: float = 0.0,
        kind: Callable[[str], str] = lambda _: "succeeded",
        workspace: str = "wrkspc_1",
        says: str = "no",
        faults: Mapping[str, list[str]] | None = None,
        seen: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.looks, self.take_s, self.answer_s, self.line_s = looks, take_s, answer_s, line_s
        self.kind, self.workspace, self.says, self.seen = kind, workspace, says, seen
        self.results_at = ""
        self.faults = {name: deque(found) for name, found in (faults or {}).items()}
        self.made: dict[str, Made] = {}
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self._server = Server(_Handler, self)
        self.url, self.closing = self._server.url, self._server.closing

    def make(self, requests: list[dict[str, Any]]) -> Made:
        """Take a batch."""
        with self.lock:
            batch_id = f"msgbatch_{len(self.made) + 1:04d}"
            self.made[batch_id] = Made(batch_id, requests, self.looks)
            return self.made[batch_id]

    def foreign(self, size: int) -> str:
        """Take a batch of somebody else and return its id."""
        prompt = {"model": "theirs", "messages": [{"role": "user", "content": "Sum this up."}]}
        return self.make([{"custom_id": f"their-{n}", "params": prompt} for n in range(size)]).batch_id

    @property
    def ours(self) -> list[Made]:
        """The batches that are not somebody else's."""
        return [made for made in self.made.values() if made.requests[0]["custom_id"].startswith("batch-")]

    def told(self, made: Made) -> dict[str, Any]:
        """Return a batch as the API tells of it: counts move only at the end."""
        ended = made.looks <= 0
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        for prompt in made.prompts:
            kind = self.kind(prompt)
            counts[_type(kind) if ended else "processing"] += 1
        now = datetime.now(UTC).isoformat()
        return {
            "id": made.batch_id, "type": "message_batch", "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts, "created_at": now, "expires_at": now, "ended_at": now if ended else None,
            "archived_at": None, "cancel_initiated_at": None,
            "results_url": f"{self.results_at or self.url}{PATH}/{made.batch_id}/results" if ended else None,
        }  # fmt: skip

    def lines(self, made: Made) -> list[bytes]:
        """Return the results, out of order."""
        lines = [
            _line(request, self.kind(prompt), self.says)
            for request, prompt in zip(made.requests, made.prompts, strict=True)
        ]
        random.Random(made.batch_id).shuffle(lines)
        return lines

    def fault(self, endpoint: str) -> str:
        """Return what goes wrong this time."""
        with self.lock:
            self.asked[endpoint] += 1
            waiting = self.faults.get(endpoint)
            return waiting.popleft() if waiting else ""

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
        batches = self.server.play
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return  # a client that was killed while it sent
        batches.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = batches.fault("create")
        batches.seen("arrived")
        if fault == "reset":
            return
        batches.closing.wait(batches.take_s)
        if fault.isdecimal():
            self._say(int(fault), {"error": {"type": "api_error", "message": "no"}})
            return
        # What arrived is taken, whether its client still lives or not.
        made = batches.make(json.loads(body)["requests"])
        batches.seen("taken")
        batches.closing.wait(batches.answer_s)
        if fault == "lost":
            return
        if fault == "500 taken":
            self._say(500, {"error": {"type": "api_error", "message": "no"}})
            return
        self._say(200, "<!doctype html>" if fault == "html" else batches.told(made))
        batches.seen("answered")

    def do_GET(self) -> None:
        batches, address = self.server.play, urlsplit(self.path)
        name = address.path.removeprefix(PATH).strip("/")
        endpoint = "list" if not name else "results" if name.endswith("/results") else "retrieve"
        fault = batches.fault(endpoint)
        batches.seen(endpoint)
        made = batches.made.get(name.removesuffix("/results"))
        if fault == "reset":
            return
        if fault.isdecimal() or (name and made is None):
            self._say(int(fault or 404), {"error": {"type": "not_found_error", "message": "no"}})
        elif fault == "html":
            self._say(200, "<!doctype html>")
        elif endpoint == "list":
            self._say(200, self._page(parse_qs(address.query)))
        elif made is not None and endpoint == "retrieve":
            made.looks -= 1
            self._say(200, batches.told(made))
        elif made is not None:
            self._results(batches.lines(made), fault)

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        batches = self.server.play
        newest = list(batches.made.values())[::-1]
        after = query.get("after_id", [""])[0]
        start = next((n + 1 for n, made in enumerate(newest) if made.batch_id == after), 0)
        end = start + int(query.get("limit", ["20"])[0])
        data = [batches.told(made) for made in newest[start:end]]
        ids = [told["id"] for told in data] or [None]
        return {"data": data, "has_more": end < len(newest), "first_id": ids[0], "last_id": ids[-1]}

    def _results(self, lines: list[bytes], fault: str) -> None:
        batches = self.server.play
        whole = b"".join(lines)
        self.send_response(200)
        self.send_header("content-type", "application/x-jsonl")
        if fault != "half":
            self.send_header("content-length", str(len(whole)))
        self.end_headers()
        if fault in {"cut", "half"}:
            self.wfile.write(whole[: len(whole) // 2])
            return
        for line in lines:
            self.wfile.write(line)
            self.wfile.flush()
            batches.seen("line")
            batches.closing.wait(batches.line_s)

    def _say(self, status: int, said: Any) -> None:
        raw = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if isinstance(said, str) else "application/json")
        self.send_header("content-length", str(len(raw)))
        self.send_header("anthropic-workspace-id", self.server.play.workspace)
        self.end_headers()
        self.wfile.write(raw)


def _type(kind: str) -> str:
    return "errored" if kind in ERRORS else "succeeded" if kind == "cut off" else kind


def _line(request: dict[str, Any], kind: str, says: str) -> bytes:
    result: dict[str, Any] = {"type": _type(kind)}
    if result["type"] == "succeeded":
        prompt = request["params"]["messages"][0]["content"]
        # Other ends of lines than \n, as a model may write them.
        text = json.dumps(
            {"turns": [{"role": "user", "text": f"{prompt}\u2028\x85 sent"}]}, ensure_ascii=False
        )
        result["message"] = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": request["params"]["model"],
            "content": [{"type": "text", "text": text}], "stop_reason": "max_tokens" if kind == "cut off" else "end_turn", "stop_sequence": None, "usage": USAGE,
        }  # fmt: skip
    if kind in ERRORS:
        error = {"type": ERRORS[kind], "message": says}
        result["error"] = {"type": "error", "error": error}
    line = json.dumps({"custom_id": request["custom_id"], "result": result}, ensure_ascii=False)
    return f"{line}\n".encode()
