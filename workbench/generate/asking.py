"""Asking the model that writes: who it is, what it costs, and where a run stops."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.costs import GENERATION_USD
from workbench.errors import UsageError, counted
from workbench.generate.filling import fill, requests
from workbench.generate.history import slots
from workbench.generate.replies import schema
from workbench.llm import Budget, Ledger, WireClient
from workbench.llm.access import access
from workbench.llm.concurrency import CONCURRENCY
from workbench.llm.policy import Patience
from workbench.llm.prices import Price, Tokens, cost, price
from workbench.llm.wire import MOST_OUTPUT_TOKENS
from workbench.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.generate.filling import Filled
    from workbench.generate.run import Run
    from workbench.llm import Request
    from workbench.settings import Role
    from workbench.workspace import Workspace

CAP = 2
"""By how much the high end of what is expected may be passed before a run stops, where no cap is named."""


def generator(workspace: Workspace) -> Role:
    """Return who writes, as workbench.toml says.

    Raises:
        UsageError: It names nobody.
    """
    role = workspace.settings.roles.generator
    if role is None:
        raise UsageError(
            "workbench.toml names no generator, whose family travels with every candidate; write "
            'generator = { provider = "replay", model = "...", family = "vendor/line" } in [roles]'
        )
    return role


def price_of(workspace: Workspace, role: Role) -> Price | None:
    """Return what a role's model costs, by the workspace's own prices or the table; None where nobody says."""
    if role.provider == "replay":
        return None
    return price(role.provider, role.model, _own(workspace), official=access(role).official)


@contextmanager
def client_for(
    workspace: Workspace,
    run: Run,
    role: Role,
    *,
    most_usd: float | None = None,
    concurrency: int = CONCURRENCY,
    resend: bool = False,
    batch: bool = False,
) -> Iterator[WireClient]:
    """Give the client that asks for a run; calls that a crash left open become unknown.

    One process at a time asks for a workspace, on a machine: two would pay for the same slots.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        role: The model that writes.
        most_usd: Dollars that the run may cost in all, however often it is gone on with. By default twice the
            high end of its forecast, or of `workbench.costs` where that is more, the worst case of one
            request, and that of calls whose outcome is unknown; of a batch the worst case of all.
        concurrency: Requests under way at a time.
        resend: Whether requests whose outcome is unknown, or whose reply is broken, are asked again, and perhaps
            paid twice.
        batch: Whether they are asked in batches, at half the price.

    Raises:
        UsageError: Another process asks; the provider is none that is asked, or has no batches; or as of
            `WireClient`.
    """
    from workbench.llm.batches import PATIENCE, BatchClient

    patience = replace(PATIENCE if batch else Patience(), resend=resend)
    with _alone(workspace):
        asked = [request for _, request in requests(workspace, run.slots)]
        ledger = Ledger(workspace.store)
        ledger.close_open()
        most = _cap(workspace, run, role, asked, batch=batch) if most_usd is None else most_usd
        budget = Budget(most_attempts=len(asked) * patience.attempts, most_usd=most)
        told: dict[str, Any] = {
            "ledger": ledger,
            "budget": budget,
            "schema": schema(),
            "prices": _own(workspace),
            "patience": patience,
        }
        with (
            BatchClient(role, **told)
            if batch
            else WireClient(role, **told, concurrency=concurrency) as client
        ):
            spent = ledger.spent([client.key(request) for request in asked])
            budget.count(spent)
            if most_usd is None:
                budget.most_usd = most + (spent.unknown_usd or 0.0)
            yield client


def ask(workspace: Workspace, run: Run, role: Role, *, most_usd: float) -> Filled:
    """Fill a run by asking its model, under a cap in dollars; see `client_for` and `fill`."""
    with client_for(workspace, run, role, most_usd=most_usd) as client:
        return fill(workspace, run, client)


def standing(workspace: Workspace, run: Run, client: WireClient) -> str:
    """Say how far a run is that was interrupted: what is filled, paid and unknown, by the store alone."""
    made = slots(workspace).query("run_id == @run.run_id")["made"]
    keys = [client.key(request) for _, request in requests(workspace, run.slots)]
    spent = Ledger(workspace.store).spent(keys)
    lines = [
        f"{made.sum():,} of {counted(len(made), 'slot')} filled when it was interrupted",
        f"  spent in all: ${spent.usd:,.4f} for {counted(spent.attempts, 'call')}",
    ]
    if spent.unpriced:
        lines.append(f"  of these at a cost nobody knows: {counted(spent.unpriced, 'call')}")
    if spent.unknown:
        usd = (
            ""
            if spent.unknown_usd is None
            else f", and perhaps paid, at most ${spent.unknown_usd:,.4f} in all"
        )
        lines.append(f"  without a reply{usd}: {counted(spent.unknown, 'call')}")
    return "\n".join(
        [*lines, "  what came and is no case yet becomes one when it goes on, and is not paid again"]
    )


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
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


def _cap(workspace: Workspace, run: Run, role: Role, asked: Sequence[Request], *, batch: bool) -> float:
    """Return the dollars at which a run stops where no cap is named.

    A request is sent only while its worst case fits, and a batch only if that of all its requests does.
    """
    from workbench.llm.batches.client import SHARE

    at = price_of(workspace, role)
    # A token has at least a byte. What an SDK makes of a schema, and writes around it, is less than this.
    around = 2 * len(json.dumps(schema())) + 1_000
    sizes = [len(json.dumps(one.prompt)) + around for one in asked]
    worst = [cost(Tokens(size, MOST_OUTPUT_TOKENS), at) or 0.0 for size in sizes]
    if batch:
        return SHARE * sum(worst)
    # What a run may cost is fixed when it begins, however much of it is left. A first forecast knows nothing
    # of what the model thinks, so it is not let go under what candidates cost elsewhere.
    begun = workspace.store.read(RUNS, run_id=run.run_id)["high_usd"]
    usual = sum(GENERATION_USD[slot.technique][1] for slot in run.slots)
    high = max(usual, run.high_usd if begun.empty else float(begun.iloc[0]))
    return CAP * high + max(worst, default=0.0)
