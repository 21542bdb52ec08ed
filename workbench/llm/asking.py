"""Asking a model for a workspace: one process at a time, under a cap, on with what was paid before."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.llm.access import access
from workbench.llm.batches import PATIENCE, BatchClient
from workbench.llm.batches.client import SHARE
from workbench.llm.budget import Budget
from workbench.llm.concurrency import CONCURRENCY
from workbench.llm.ledger import Ledger
from workbench.llm.policy import Patience
from workbench.llm.prices import Price, Tokens, cost, price
from workbench.llm.wire import MOST_OUTPUT_TOKENS, WireClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.llm.messages import Request
    from workbench.redact import Known
    from workbench.settings import Role
    from workbench.workspace import Workspace

CAP = 2
"""By how much the high end of what is expected may be passed before a run stops, where no cap is named."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a model is asked.

    Attributes:
        most_usd: Dollars that all of it may cost, however often it is gone on with. By default `CAP` times the
            high end of what is expected, the worst case of one request, and that of calls whose outcome is
            unknown; of a batch the worst case of all.
        concurrency: Requests under way at a time.
        resend: Whether requests whose outcome is unknown, or whose reply is broken, are asked again, and perhaps
            paid twice.
        batch: Whether they are asked in batches, at half the price.
    """

    most_usd: float | None = None
    concurrency: int = CONCURRENCY
    resend: bool = False
    batch: bool = False


def price_of(workspace: Workspace, role: Role) -> Price | None:
    """Return what a role's model costs, by the workspace's own prices or the table; None where nobody says."""
    if role.provider == "replay":
        return None
    return price(role.provider, role.model, _own(workspace), official=access(role).official)


@contextmanager
def asking(
    workspace: Workspace,
    role: Role,
    requests: Sequence[Request],
    *,
    high_usd: float,
    terms: Terms | None = None,
    schema: Mapping[str, Any] | None = None,
    known: Known = frozenset(),
) -> Iterator[WireClient]:
    """Give the client that asks a model; calls that a crash left open become unknown.

    One process at a time asks for a workspace, on a machine: two would pay for the same requests.

    Args:
        workspace: The workspace.
        role: Who is asked.
        requests: All that the cap is for, also what was asked before, whose cost counts.
        high_usd: The high end of what they are expected to cost, in USD.
        terms: On what terms.
        schema: The JSON schema of a reply; None for any text.
        known: Contacts that the owner published and that may leave; see `workbench.redact.contacts`.

    Raises:
        UsageError: Another process asks; the provider is none that is asked, or has no batches; or as of
            `WireClient`.
    """
    terms = terms or Terms()
    patience = replace(PATIENCE if terms.batch else Patience(), resend=terms.resend)
    with alone(workspace):
        ledger = Ledger(workspace.store)
        ledger.close_open()
        most = terms.most_usd
        if most is None:
            worst = _worst(requests, price_of(workspace, role), schema)
            most = SHARE * sum(worst) if terms.batch else CAP * high_usd + max(worst, default=0.0)
        budget = Budget(most_attempts=len(requests) * patience.attempts, most_usd=most)
        told: dict[str, Any] = {
            "ledger": ledger,
            "budget": budget,
            "schema": schema,
            "prices": _own(workspace),
            "patience": patience,
        }
        with (
            BatchClient(role, **told)
            if terms.batch
            else WireClient(role, **told, concurrency=terms.concurrency) as client
        ):
            client.allow(known)
            spent = ledger.spent([client.key(request) for request in requests])
            budget.count(spent)
            if terms.most_usd is None:
                budget.most_usd = most + (spent.unknown_usd or 0.0)
            yield client


def _worst(requests: Sequence[Request], at: Price | None, schema: Mapping[str, Any] | None) -> list[float]:
    """Return what each request may cost at most, in USD; 0 without a price that holds for it."""
    # A token has at least a byte. What an SDK makes of a schema, and writes around it, is less than this.
    around = (2 * len(json.dumps(schema)) if schema is not None else 0) + 1_000
    sizes = [len(json.dumps([one.system, one.turns, one.prompt])) + around for one in requests]
    return [cost(Tokens(size, MOST_OUTPUT_TOKENS), at) or 0.0 for size in sizes]


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Keep other processes from asking for this workspace; a process that dies keeps nobody."""
    from filelock import FileLock, Timeout

    folder = workspace.path("cache")
    folder.mkdir(exist_ok=True)
    try:
        with FileLock(folder / "asking.lock", timeout=0):
            yield
    except Timeout:
        raise UsageError(
            f"another process asks a model for {workspace.name} just now; wait until it has ended, and run it again"
        ) from None


def _own(workspace: Workspace) -> Mapping[str, Price]:
    return {name: Price(told.input, told.output) for name, told in workspace.settings.prices.items()}
