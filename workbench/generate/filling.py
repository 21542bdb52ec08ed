"""Filling a run: a client is asked for each open slot, and what it writes becomes a case."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tqdm import tqdm

from workbench.errors import CapError, StoppedError, UsageError, counted, listed
from workbench.exchange.comparison import refuse_mixture
from workbench.generate.history import REPEATS, slots
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import digest, prompt
from workbench.generate.run import freeze
from workbench.generate.storing import store
from workbench.llm import Ledger, Request
from workbench.llm.outcomes import is_model
from workbench.llm.replay import PROVIDER
from workbench.outcome_facts import outcome_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from workbench.errors import WorkbenchError
    from workbench.generate.run import Run, Slot
    from workbench.llm import Client, Reply
    from workbench.workspace import Workspace

BATCH = 20
"""Replies that are stored together at most. A crash loses none that was paid: the ledger has it by then."""

BATCH_S = 1.0
"""Seconds after which what has come is stored, however little."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What filling a run did.

    Attributes:
        run: The run.
        slots: Its slots with what became of each; see `workbench.generate.slots`.
        added: Cases that were added this time.
        asked: Slots for which a model was asked this time.
        repeats: Requests of this time that came after one whose outcome is unknown or whose reply is broken, and
            may be paid too.
        usd: What the replies of this time cost, in USD, those left out whose cost nobody knows.
        unpriced: How many of those there are.
        stopped: Why it ended before all was asked: a cap, or a server that turns everything away; None where it did not.
        unknown: What each call may have cost at most that left and whose outcome is unknown, in USD, by the
            case's id; None without a price.
    """

    run: Run
    slots: pd.DataFrame
    added: int
    asked: int = 0
    repeats: int = 0
    usd: float = 0.0
    unpriced: int = 0
    unknown: Mapping[str, float | None] = field(default_factory=dict)
    stopped: WorkbenchError | None = None

    def __str__(self) -> str:
        made = int(self.slots["made"].sum())
        reasons = self.slots.loc[~self.slots["made"], "reason"]
        repeats = reasons.str.startswith(REPEATS)
        why = Counter(reasons[~repeats])
        same = listed(reasons[repeats].str.removeprefix(REPEATS).unique().tolist())
        return "\n".join(
            [
                f"{made:,} of {counted(len(self.slots), 'slot')} filled, {self.added:,} of them now",
                *(f"  without a case: {number:,} {reason}" for reason, number in why.most_common()),
                *(
                    [f"  without a case: {repeats.sum():,} word for word as another case ({same})"]
                    if same
                    else []
                ),
                *self._paid(),
                *([f"stopped: {self.stopped}"] if self.stopped else []),
            ]
        )

    def _paid(self) -> Iterator[str]:
        if self.asked:
            rest = f", and {counted(self.unpriced, 'call')} at a cost nobody knows" if self.unpriced else ""
            yield f"  spent now: ${self.usd:,.4f} for {counted(self.asked, 'slot')}{rest}"
        if self.repeats:
            yield f"  asked again, and perhaps paid twice: {counted(self.repeats, 'request')}"
        if self.unknown:
            most = [usd for usd in self.unknown.values() if usd is not None]
            all_ = f", at most ${sum(most):,.4f} in all" if len(most) == len(self.unknown) else ""
            yield f"  unknown, and perhaps paid{all_}:"
        for case_id, usd in self.unknown.items():
            yield f"    {case_id}: {'no price is known' if usd is None else f'at most ${usd:,.4f}'}"


def fill(workspace: Workspace, run: Run, client: Client) -> Filled:
    """Ask a client for each open slot of a run and store what it writes as it comes, the run itself first.

    A slot is open while no case has its id, so a run that was stopped goes on where it was, and one
    that is filled stays as it is. A reply that repeats the content of a case makes no case, nor does one that
    cannot be read. Such a reply is kept as it came, in the table `calls`,
    so that its reason can be read again; its slot stays open. However it ends, what came is stored. A cap that is
    reached, or a server that turns everything away, ends it: the result says so.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        client: Whoever answers.

    Raises:
        UsageError: A prompt is no longer the one that was frozen, a reply is of another model,
            family or provider than the run's, or was composed and this is no demo.
        WorkbenchError: What else the client raises.
    """
    cases = workspace.cases
    refuse_mixture(workspace, cases)
    there = set(cases["case_id"])
    open_ = requests(workspace, [slot for slot in run.slots if slot.case_id not in there])
    with workspace.store.transaction() as tx:
        freeze(tx, run)
    came, added, stopped = _filled(workspace, run, client, {request: slot for slot, request in open_})
    told = slots(workspace)
    return Filled(
        run=run,
        slots=told[told["run_id"] == run.run_id].reset_index(drop=True),
        added=added,
        asked=sum(reply.attempts > 0 for _, reply in came),
        repeats=sum(reply.repeats for _, reply in came),
        usd=sum(_usd(reply) for _, reply in came),
        unpriced=sum(
            reply.attempts > 0 and reply.cost_usd is None and reply.state != "unknown" for _, reply in came
        ),
        unknown=_unknown(workspace, came),
        stopped=stopped,
    )


def requests(workspace: Workspace, chosen: Sequence[Slot]) -> list[tuple[Slot, Request]]:
    """Return slots of a run with their requests.

    Raises:
        UsageError: A prompt is no longer the one that was frozen.
    """
    cases = workspace.cases
    wanted = {case for slot in chosen for case in (*slot.hint_ids, *slot.parent_ids)}
    written = shown_hints(cases[cases["case_id"].isin(wanted)], outcome_names(workspace))
    axes = list(workspace.settings.grid.axes)
    return [(slot, _request(slot, axes, written)) for slot in chosen]


def _filled(
    workspace: Workspace, run: Run, client: Client, asked: Mapping[Request, Slot]
) -> tuple[list[tuple[Slot, Reply]], int, WorkbenchError | None]:
    """Store what comes; return it with the number of cases that it made, and with what ended it early."""
    came: list[tuple[Slot, Reply]] = []
    stopped: WorkbenchError | None = None
    outcomes = outcome_names(workspace)
    stored, added, usd, last = 0, 0, 0.0, time.monotonic()
    with (
        tqdm(total=len(asked), desc="candidates", unit="slot", leave=False, disable=not asked) as progress,
        closing(client.replies(list(asked))) as replies,
    ):
        try:
            for request, reply in replies:
                _check(reply, asked[request], run, demo=workspace.demo)
                came.append((asked[request], reply))
                usd += _usd(reply)
                progress.set_postfix_str(f"${usd:,.2f}", refresh=False)
                progress.update()
                if len(came) - stored >= BATCH or time.monotonic() - last >= BATCH_S:
                    added += store(workspace, run, came[stored:], outcomes)
                    stored, last = len(came), time.monotonic()
        except (CapError, StoppedError) as error:
            stopped = error
        finally:
            added += store(workspace, run, came[stored:], outcomes)
    return came, added, stopped


def _usd(reply: Reply) -> float:
    """Return what a reply cost now, in USD: nothing where it was stored before, or nobody knows."""
    return reply.cost_usd or 0.0 if reply.attempts else 0.0


def _unknown(workspace: Workspace, came: Sequence[tuple[Slot, Reply]]) -> dict[str, float | None]:
    """Return what each call may have cost whose outcome is unknown, by the case's id."""
    lost = {reply.call_id: str(slot.case_id) for slot, reply in came if reply.state == "unknown"}
    if not lost:
        return {}
    calls = Ledger(workspace.store).calls()
    most = calls.loc[calls["most_usd"].notna()].set_index("call_id")["most_usd"].to_dict()
    return {case_id: most.get(call_id) for call_id, case_id in lost.items()}


def _request(slot: Slot, axes: Sequence[str], written: Mapping[str, str]) -> Request:
    asked = prompt(slot, axes, written) if written.keys() >= {*slot.hint_ids, *slot.parent_ids} else ""
    if digest(asked) != slot.prompt_sha256:
        raise UsageError(
            f"the prompt for {slot.bucket} {slot.index} of {slot.place} is not the one that was frozen (a template, an "
            "axis or a hint has changed) and nothing was asked; plan the run again, which makes it another run"
        )
    return Request(
        cell=slot.place, index=slot.index, bucket=slot.bucket, prompt=asked, prompt_sha256=slot.prompt_sha256
    )


def _check(reply: Reply, slot: Slot, run: Run, *, demo: bool) -> None:
    """Refuse a reply that this run must not take, whatever it says."""
    if reply.state in {"absent", "unknown"}:
        return
    where = f"the reply for {slot.bucket} {slot.index} of {slot.place}"
    if reply.origin == "composed" and not (
        demo and reply.family == "demo" and reply.provider == run.generator_provider == PROVIDER
    ):
        raise UsageError(
            f"{where} was composed by hand, which only a demo workspace takes (demo = true in workbench.toml); fill a "
            "real one with the replies of a model"
        )
    same = (reply.family, reply.provider) == (run.generator_family, run.generator_provider)
    if not (same and is_model(reply.model, run.generator_model)):
        raise UsageError(
            f"{where} is of {reply.model} ({reply.family}, by {reply.provider}), and the run asks {run.generator_model} "
            f"({run.generator_family}, by {run.generator_provider}); name the generator in [roles] of workbench.toml and "
            "plan the run again"
        )
