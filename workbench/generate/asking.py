"""Asking the model that writes: who it is, what it costs, and where a run stops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.costs import GENERATION_USD
from workbench.generate.filling import requests
from workbench.generate.replies import schema
from workbench.llm import Budget, Ledger, WireClient
from workbench.llm.access import access
from workbench.llm.concurrency import CONCURRENCY
from workbench.llm.policy import Patience
from workbench.llm.prices import Price, Tokens, cost, price
from workbench.llm.wire import MOST_OUTPUT_TOKENS
from workbench.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.generate.run import Run
    from workbench.llm import Request
    from workbench.settings import Role
    from workbench.workspace import Workspace

CAP = 2
"""By how much the high end of what is expected may be passed before a run stops, where no cap is named."""


def price_of(workspace: Workspace, role: Role) -> Price | None:
    """Return what a role's model costs, by the workspace's own prices or the table; None where nobody says."""
    if role.provider == "replay":
        return None
    return price(role.provider, role.model, _own(workspace), official=access(role).official)


def client_for(
    workspace: Workspace,
    run: Run,
    role: Role,
    *,
    most_usd: float | None = None,
    concurrency: int = CONCURRENCY,
    resend: bool = False,
    batch: bool = False,
) -> WireClient:
    """Return the client that asks for a run; calls that a crash left open become unknown.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        role: The model that writes.
        most_usd: Dollars that the run may cost in all, however often it is gone on with. By default twice the
            high end of its forecast, or of `workbench.costs` where that is more, and the worst case of one
            request; of a batch the worst case of all.
        concurrency: Requests under way at a time.
        resend: Whether requests whose outcome is unknown are asked again, and perhaps paid twice.
        batch: Whether they are asked in batches, at half the price.

    Raises:
        UsageError: As of `WireClient`, or the provider has no batches.
    """
    from workbench.llm.batches import PATIENCE, BatchClient

    patience = replace(PATIENCE if batch else Patience(), resend=resend)
    asked = [request for _, request in requests(workspace, run.slots)]
    if most_usd is None:
        most_usd = _cap(workspace, run, role, asked, batch=batch)
    ledger = Ledger(workspace.store)
    ledger.close_open()
    budget = Budget(most_attempts=len(asked) * patience.attempts, most_usd=most_usd)
    told: dict[str, Any] = {
        "ledger": ledger,
        "budget": budget,
        "schema": schema(),
        "prices": _own(workspace),
        "patience": patience,
    }
    client = BatchClient(role, **told) if batch else WireClient(role, **told, concurrency=concurrency)
    budget.count(ledger.spent([client.key(request) for request in asked]))
    return client


def _own(workspace: Workspace) -> Mapping[str, Price]:
    return {name: Price(told.input, told.output) for name, told in workspace.settings.prices.items()}


def _cap(workspace: Workspace, run: Run, role: Role, asked: Sequence[Request], *, batch: bool) -> float:
    """Return the dollars at which a run stops where no cap is named.

    A request is sent only while its worst case fits, and a batch only if that of all its requests does.
    """
    from workbench.llm.batches.client import SHARE

    at = price_of(workspace, role)
    # A token has at least a byte; the schema and what JSON escapes are less than the prompt again.
    worst = [cost(Tokens(2 * len(one.prompt.encode()), MOST_OUTPUT_TOKENS), at) or 0.0 for one in asked]
    if batch:
        return SHARE * sum(worst)
    # What a run may cost is fixed when it begins, however much of it is left. A first forecast knows nothing
    # of what the model thinks, so it is not let go under what candidates cost elsewhere.
    begun = workspace.store.read(RUNS, run_id=run.run_id)["high_usd"]
    usual = sum(GENERATION_USD[slot.technique][1] for slot in run.slots)
    high = max(usual, run.high_usd if begun.empty else float(begun.iloc[0]))
    return CAP * high + max(worst, default=0.0)
