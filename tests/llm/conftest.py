"""Fixtures of the wire: a server on this machine, and clients that ask it with the real SDKs."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.llm import Budget, Ledger, Request, WireClient
from workbench.llm.policy import Patience
from workbench.llm.prices import Price
from workbench.provenance import sha256
from workbench.settings import Role

# Tests are no package, so what they share is loaded by its path and known by its name.
for _name in ("batch_server", "forks"):
    if _name not in sys.modules:
        _spec = importlib.util.spec_from_file_location(_name, Path(__file__).with_name(f"{_name}.py"))
        assert _spec is not None
        assert _spec.loader is not None
        sys.modules[_name] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_name])

from batch_server import BatchServer  # noqa: E402 - it is loaded above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.workspace import Workspace

HASTE = Patience(attempts=3, backoff_s=0.001, timeout_s=2.0)


@pytest.fixture(autouse=True)
def _environment(_planted: None) -> None:
    """For every test of this folder."""


@pytest.fixture
def batches() -> Iterator[Callable[..., BatchServer]]:
    """Start a server with batches."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(BatchServer(**options))


@pytest.fixture
def asking(workspace: Workspace, provider: str) -> Iterator[Callable[..., WireClient]]:
    """Make a client of a server, with $4 in and $20 out per million tokens."""
    with contextlib.ExitStack() as stack:

        def make(url: str, *, resend: bool = False, **options: Any) -> WireClient:
            role = Role(provider=provider, base_url=url, model="writer-1", family="acme/writer")
            defaults = {
                "ledger": Ledger(workspace.store), "budget": Budget(most_attempts=100_000), "patience": replace(HASTE, resend=resend),
                "prices": {"writer-1": Price(4, 20)},
            }  # fmt: skip
            return stack.enter_context(WireClient(role, **defaults | options))

        yield make


@pytest.fixture
def request_for() -> Callable[..., Request]:
    """Make a request for one candidate of a cell."""

    def make(
        index: int = 0, prompt: str = "Write what a customer writes about a late parcel.", **changes: Any
    ) -> Request:
        told = {"cell": "angry/late", "index": index, "bucket": "prompted", "prompt": prompt}
        return Request(**told | {"prompt_sha256": sha256(prompt)} | changes)

    return make
