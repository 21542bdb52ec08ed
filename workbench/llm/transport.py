"""The one way out: every request of every SDK passes here, is guarded, and is in the ledger before it leaves."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from workbench.errors import SafetyError, UsageError, listed
from workbench.llm.budget import Use
from workbench.llm.ledger import Call
from workbench.llm.outcomes import GATEWAY_GAVE_UP, Exchange
from workbench.llm.prices import Tokens, cost
from workbench.redact import CONTACTS, Known, find, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.llm.budget import Budget
    from workbench.llm.ledger import Ledger
    from workbench.llm.prices import Price

MARKER = "x-workbench-call"
"""The header that carries request key and call id from our client to this transport. It never leaves."""

NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
"""Failures before the first byte of a request: nothing was asked, and nothing can be paid."""

SHORTEST_SECRET = 12
"""Characters of a key that is looked for. What servers on this machine take, such as `test` or `x`, is no secret,
and a part of what anybody writes; the keys that providers issue have 20 and more."""

HIDDEN_KEY = "<KEY>"
"""What stands for our key where a server repeats it, as in "incorrect API key provided"."""


class GuardedTransport(httpx2.BaseTransport):
    """Sends a request if every guard lets it, and stores what comes back before anybody reads it.

    In this order: the host, the marker, personal data, the caps, the ledger's `sent`, the wire, the
    ledger's `got` or `unknown`. A guard raises its own error, and nothing has left then.

    Args:
        inner: What sends, e.g. through a proxy.
        base_url: The one address that requests may go to.
        ledger: Where every call is written.
        budget: The caps.
        price: Of the model; None where nobody knows.
        tokens: The provider's reading of tokens from a body.
        key: The API key, which is never stored and never part of a prompt if it has `SHORTEST_SECRET` characters.

    Attributes:
        known: Contacts of the owner that may leave; none unless somebody says so.
    """

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        *,
        base_url: str,
        ledger: Ledger,
        budget: Budget,
        price: Price | None,
        tokens: Callable[[Any], Tokens | None],
        key: str,
    ) -> None:
        self.inner, self.ledger, self.budget, self.price = inner, ledger, budget, price
        self._allowed = _origin(base_url)
        self._tokens = tokens
        self._key = key if len(key) >= SHORTEST_SECRET else ""
        self._exchanges: dict[str, Exchange] = {}
        self.known: Known = frozenset()

    def __repr__(self) -> str:
        return f"GuardedTransport({'://'.join(map(str, self._allowed[:2]))!r})"

    def taken(self, call: Call) -> Exchange | None:
        """Return, once, what went over the wire for a call; None where nothing did."""
        return self._exchanges.pop(call.call_id, None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request.

        Raises:
            SafetyError: Its host is another one, it is not one of ours, or it holds personal data or a key.
            CapError: It could pass a cap.
            StoreError: The ledger cannot be written.
        """
        call = self.let_out(request)
        worst = self.most(request.read())
        self.budget.reserve(worst)
        self.ledger.sent(call, worst)
        began = time.monotonic()
        try:
            response = self.inner.handle_request(request)
            response.read()
        except NEVER_LEFT as error:
            failure = type(error).__name__
            self.free(call, worst, {"failure": failure})
            self._exchanges[call.call_id] = Exchange(failure=failure, left=False)
            raise
        except BaseException as error:
            # Also when a person interrupts: the request may be paid, and somebody has to decide.
            failure = type(error).__name__
            self.ledger.unknown(call, failure)
            self._exchanges[call.call_id] = Exchange(failure=failure)
            raise
        self._store(call, response, worst, time.monotonic() - began)
        return response

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()

    def hold_host(self, request: httpx2.Request) -> None:
        """Let a request to the one host pass.

        Raises:
            SafetyError: Its host is another one.
        """
        if _origin(str(request.url)) != self._allowed:
            raise SafetyError(
                f"a request to {request.url.host} was not sent, for {self._allowed[1]} is the only host allowed; "
                "check base_url in [roles]"
            )

    def let_out(self, request: httpx2.Request) -> Call:
        """Return the call that a request carries, if it may leave.

        Raises:
            SafetyError: Its host is another one, it is not one of ours, or it holds personal data or a key.
        """
        self.hold_host(request)
        key, _, call_id = request.headers.pop(MARKER, "").partition("/")
        if not call_id:
            raise SafetyError("a request that is not in the ledger was not sent; ask through the client")
        refused = guarded(request.read(), self._key, known=self.known)
        if refused:
            raise SafetyError(
                f"a request was not sent because it holds {refused}; redact the case, persona or template it comes from"
            )
        return Call(call_id, key)

    def most(self, body: bytes) -> Use:
        """Return what a call with this body may use at most."""
        sent = json.loads(body)
        # A token has at least a byte, so this is more than it can use, and may be more than its price holds for.
        most = Tokens(len(body), int(sent.get("max_completion_tokens") or sent.get("max_tokens") or 0))
        return Use(sum(most), cost(most, self.price))

    def free(self, call: Call, worst: Use | None, usage: dict[str, Any], raw: str | None = None) -> None:
        """Write that a call cost nothing, and why.

        Args:
            call: The call.
            worst: What was reserved for it and is given back; None for what another process reserved.
            usage: The status, or what happened instead.
            raw: What came back.
        """
        self.ledger.got(call, raw=raw, usage=usage, usd=0.0)
        if worst:
            self.budget.settle(worst, Use(0, 0.0))

    def paid(self, call: Call, worst: Use | None, usage: dict[str, Any], raw: str, body: Any) -> None:
        """Write a reply before anybody reads it, and what it used.

        Args:
            call: The call.
            worst: As in `free`.
            usage: The status.
            raw: The reply as it is stored.
            body: The message in it, whose tokens are counted.
        """
        tokens = self._tokens(body)
        usd = cost(tokens, self.price) if tokens else None
        counted = {"input_tokens": tokens.input, "output_tokens": tokens.output} if tokens else {}
        self.ledger.got(call, raw=raw, usage=usage | counted, usd=usd)
        # Without a count the worst case stays, so that a cap still holds.
        if worst and tokens:
            self.budget.settle(worst, Use(sum(tokens), usd))

    def exchange(self, response: httpx2.Response) -> Exchange:
        """Return what a server answered."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Exchange(status=response.status_code, headers=headers, raw=self.storable(response.content))

    def storable(self, content: bytes) -> str:
        """Return what came back as it is stored."""
        # Databases take no U+0000, and our key stays out of them whatever a server repeats.
        text = content.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        return text.replace(self._key, HIDDEN_KEY) if self._key else text

    def _store(self, call: Call, response: httpx2.Response, worst: Use, took_s: float) -> None:
        came = self._exchanges[call.call_id] = self.exchange(response)
        status = response.status_code
        if status in GATEWAY_GAVE_UP:
            self.ledger.unknown(call, f"HTTP {status}")
        elif 200 <= status < 300:
            self.paid(
                call, worst, {"status": status, "latency_s": round(took_s, 3)}, came.raw, _parsed(came.raw)
            )
        else:
            self.free(call, worst, {"status": status}, came.raw)


def outlet(proxy: str) -> httpx2.BaseTransport:
    """Return what sends: straight, or through a proxy.

    Passing a transport switches the SDKs' own reading of proxies off, so it is done here.

    Raises:
        UsageError: The proxy is of a kind that is not supported.
    """
    try:
        return httpx2.HTTPTransport(proxy=proxy or None, limits=httpx2.Limits(max_connections=None))
    except (ImportError, ValueError):
        raise UsageError(
            f"the proxy in the environment is of the kind {urlsplit(proxy).scheme}; set HTTPS_PROXY to an http:// address"
        ) from None


def guarded(body: bytes, key: str, *, known: Known = frozenset()) -> str:
    """Return what forbids a body to leave, by kind and never by value; empty for nothing.

    Args:
        body: JSON.
        key: The API key, which must not be part of it.
        known: Contacts of the owner, which may be part of it; a key is nobody's contact, whatever is known.
    """
    kinds: set[str] = set()
    published = frozenset(one for one in known if one[0] in CONTACTS)
    for text in texts(json.loads(body)):
        kinds |= {span.kind for span in find(text, known=published)}
        if key and key in text:
            kinds.add("KEY")
    return f"personal data or a key ({listed(sorted(kinds), most=8)})" if kinds else ""


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port
