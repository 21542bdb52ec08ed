"""Filling a run: a client is asked for each open slot, and what it writes becomes a case."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from workbench.errors import UsageError, counted, listed
from workbench.exchange.comparison import refuse_mixture
from workbench.generate.attacks import ATTACKS
from workbench.generate.history import REPEATS, request_sha256, slots
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import BETWEEN, digest, prompt
from workbench.generate.replies import BadReplyError, read
from workbench.generate.run import freeze
from workbench.llm import Request
from workbench.llm.replay import PROVIDER
from workbench.provenance import content_sha256, sha256, tag_for
from workbench.tables import CALLS, CASES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.generate.run import Run, Slot
    from workbench.llm import Client, Reply
    from workbench.store import Transaction
    from workbench.workspace import Workspace

BATCH = 20
"""Replies that are stored together: what a crash loses at most, and what it costs to ask again."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What filling a run did.

    Attributes:
        run: The run.
        slots: Its slots with what became of each; see `workbench.generate.slots`.
        added: Cases that were added this time.
    """

    run: Run
    slots: pd.DataFrame
    added: int

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
            ]
        )


def fill(workspace: Workspace, run: Run, client: Client) -> Filled:
    """Ask a client for each open slot of a run and store what it writes, batch by batch, the run itself first.

    A slot is open while no case has its id, so a run that was stopped goes on where it was, and one
    that is filled stays as it is. A reply that repeats the content of a case makes no case, nor does one that
    cannot be read. Such a reply is kept as it came, in the table `calls`,
    so that its reason can be read again; its slot stays open.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        client: Whoever answers.

    Raises:
        UsageError: A prompt is no longer the one that was frozen, a reply is of another model,
            family or provider than the run's, or was composed and this is no demo. Batches before stay stored.
    """
    refuse_mixture(workspace, workspace.cases)
    requests = _requests(workspace, run)
    added = 0
    with tqdm(
        total=len(requests), desc="candidates", unit="slot", leave=False, disable=not requests
    ) as progress:
        for start in range(0, len(requests), BATCH):
            batch = requests[start : start + BATCH]
            answered = [(slot, client.reply(request)) for slot, request in batch]
            for slot, reply in answered:
                _check(reply, slot, run, demo=workspace.demo)
            with workspace.store.transaction() as tx:
                if not start:
                    freeze(tx, run)
                added += _store(tx, run, answered, demo=workspace.demo)
            progress.update(len(batch))
    told = slots(workspace)
    mine = told[told["run_id"] == run.run_id].reset_index(drop=True)
    return Filled(run=run, slots=mine, added=added)


def _requests(workspace: Workspace, run: Run) -> list[tuple[Slot, Request]]:
    """Return the open slots with their requests, and check that each prompt is the frozen one."""
    cases = workspace.cases
    there = set(cases["case_id"])
    open_ = [slot for slot in run.slots if slot.case_id not in there]
    wanted = {hint for slot in open_ for hint in slot.hint_ids}
    written = shown_hints(cases[cases["case_id"].isin(wanted)])
    axes = list(workspace.settings.grid.axes)
    return [(slot, _request(slot, axes, written)) for slot in open_]


def _request(slot: Slot, axes: Sequence[str], written: Mapping[str, str]) -> Request:
    asked = prompt(slot, axes, written) if written.keys() >= {*slot.hint_ids} else ""
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
    if reply.state == "absent":
        return
    where = f"the reply for {slot.bucket} {slot.index} of {slot.place}"
    if reply.origin == "composed" and not (
        demo and reply.family == "demo" and reply.provider == run.generator_provider == PROVIDER
    ):
        raise UsageError(
            f"{where} was composed by hand, which only a demo workspace takes (demo = true in workbench.toml); fill a "
            "real one with the replies of a model"
        )
    told = f"{reply.model} ({reply.family}, by {reply.provider})"
    asked = f"{run.generator_model} ({run.generator_family}, by {run.generator_provider})"
    if told != asked:
        raise UsageError(
            f"{where} is of {told}, and the run asks {asked}; name the generator in [roles] of workbench.toml and plan "
            "the run again"
        )


def _store(tx: Transaction, run: Run, answered: Sequence[tuple[Slot, Reply]], *, demo: bool) -> int:
    """Append the cases of a batch, without those that another process was faster with; return how many."""
    there = set(tx.read(CASES, case_id=[str(slot.case_id) for slot, _ in answered])["case_id"])
    cases: list[tuple[Slot, Reply, dict[str, Any]]] = []
    calls: list[dict[str, Any]] = []
    for slot, reply in answered:
        if slot.case_id in there or reply.state == "absent":
            continue
        try:
            if reply.state != "ok":
                raise BadReplyError(reply.state)  # noqa: TRY301 - one way for all that is no case
            cases.append((slot, reply, _case(slot, reply, run, demo=demo)))
        except BadReplyError:
            calls.append(_call(run, slot, reply, None if reply.state == "ok" else reply.state))
    before = tx.read(CASES, content_sha256=[case["content_sha256"] for _, _, case in cases])
    first = dict(zip(before["content_sha256"][::-1], before["case_id"][::-1], strict=True))
    new = []
    for slot, reply, case in cases:
        other = first.setdefault(case["content_sha256"], case["case_id"])
        if other == case["case_id"]:
            new.append(case)
        else:
            calls.append(_call(run, slot, reply, f"{REPEATS}{other}"))
    known = set(tx.read(CALLS, call_id=[call["call_id"] for call in calls])["call_id"])
    tx.append(CALLS, [call for call in calls if call["call_id"] not in known])
    return tx.append(CASES, new)


def _case(slot: Slot, reply: Reply, run: Run, *, demo: bool) -> dict[str, Any]:
    """Return the row of `cases` that a reply makes."""
    written = read(reply.text)
    name = slot.attack or slot.place.replace(BETWEEN, "-")
    return {
        "case_id": slot.case_id,
        "turns": written.turns,
        "context": written.context,
        "bucket": slot.bucket,
        "tag": tag_for(slot.bucket, name=name, demo=demo),
        "parent_ids": [],
        "root_id": slot.case_id,
        "cell": slot.cell,
        "persona": slot.persona,
        "must_hold": False,
        "operators": [],
        "taxonomy": ATTACKS[slot.attack].taxonomy if slot.attack else [],
        "hint_ids": list(slot.hint_ids),
        "generator_provider": run.generator_provider,
        "generator_model": reply.model,
        "generator_family": run.generator_family,
        "prompt_sha256": slot.prompt_sha256,
        "split": "eval",
        "created_at": dt.datetime.now(dt.UTC),
        "content_sha256": content_sha256(written.turns, written.context),
        "cost_usd": reply.cost_usd,
        "extra": {"origin": reply.origin},
    }


def _call(run: Run, slot: Slot, reply: Reply, stopped: str | None) -> dict[str, Any]:
    """Return the row of `calls` that keeps a reply which made no case; the same reply has the same row."""
    request = request_sha256(run.run_id, str(slot.case_id))
    return {
        "call_id": sha256([request, stopped or reply.state, reply.text]),
        "request_sha256": request,
        "state": "got",
        "at": dt.datetime.now(dt.UTC),
        "raw_reply": reply.text,
        "usage": {"stopped": stopped} if stopped else None,
        "cost_usd": reply.cost_usd,
    }
