"""Asking the model that writes: who it is, what it costs, and where a run stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.costs import GENERATION_USD
from workbench.errors import UsageError, counted
from workbench.generate.filling import fill, requests
from workbench.generate.history import slots
from workbench.generate.replies import schema
from workbench.llm import Ledger
from workbench.llm.asking import Terms, asking
from workbench.tables import RUNS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from workbench.generate.filling import Filled
    from workbench.generate.run import Run
    from workbench.llm import WireClient
    from workbench.settings import Role
    from workbench.workspace import Workspace


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


def client_for(
    workspace: Workspace, run: Run, role: Role, **terms: Any
) -> AbstractContextManager[WireClient]:
    """Give the client that asks for a run, on these terms; see `workbench.llm.asking`.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        role: The model that writes.
        **terms: Those of `workbench.llm.asking.Terms`; what is expected is the high end of the run's forecast, or
            of `workbench.costs` where that is more.

    Raises:
        UsageError: As of `workbench.llm.asking.asking`.
    """
    # What a run may cost is fixed when it begins, however much of it is left. A first forecast knows nothing
    # of what the model thinks, so it is not let go under what candidates cost elsewhere.
    begun = workspace.store.read(RUNS, run_id=run.run_id)["high_usd"]
    usual = sum(GENERATION_USD[slot.technique][1] for slot in run.slots)
    high = max(usual, run.high_usd if begun.empty else float(begun.iloc[0]))
    asked = [request for _, request in requests(workspace, run.slots)]
    return asking(workspace, role, asked, high_usd=high, terms=Terms(**terms), schema=schema())


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
