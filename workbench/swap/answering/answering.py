"""Asking for the answers of a plan, and storing each as it comes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from workbench import folds
from workbench.errors import CapError, StoppedError, counted
from workbench.llm import Ledger
from workbench.llm.asking import Terms, alone, asking, price_of
from workbench.llm.outcomes import AGAIN
from workbench.llm.wire import WireClient
from workbench.redact import contacts
from workbench.swap.answering.functions import FunctionClient
from workbench.swap.answering.planning import expected, place, settled
from workbench.swap.answering.who import Function
from workbench.tables import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from workbench.errors import WorkbenchError
    from workbench.llm import Client, Reply, Request
    from workbench.llm.messages import State
    from workbench.swap.answering.planning import Plan
    from workbench.workspace import Workspace

STATES: Mapping[State, str] = {
    "ok": "answered", "truncated": "answered", "refused": "refused", "unknown": "error", "absent": "error"
}  # fmt: skip
"""What a reply is as an answer. One cut off at the limit is answered as far as it goes, as a user would have seen it:
the limit is part of the setup. One cut off before its first word is an error."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What asking for a plan did.

    Attributes:
        plan: The plan.
        rows: Its rows of `answers`, as they are now.
        asked: Answers that were asked for this time.
        repeats: Requests of this time that came after one whose outcome is unknown, and may be paid too.
        usd: What the answers of this time cost, in USD, those left out whose cost nobody knows.
        spent_usd: What all calls for the plan cost, in USD; None for a function.
        unknown: Calls for the plan whose outcome nobody knows.
        stopped: Why it ended before all was asked; None where it did not.
    """

    plan: Plan
    rows: pd.DataFrame
    asked: int
    repeats: int = 0
    usd: float = 0.0
    spent_usd: float | None = None
    unknown: int = 0
    stopped: WorkbenchError | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered, neither now nor before."""
        return not settled(self.rows)

    @property
    def perhaps_paid(self) -> int:
        """Answers that are missing and that only `resend` asks for again, since they may be paid."""
        return int(self.rows.loc[self.rows["state"] == "error", "reason"].str.endswith(AGAIN).sum())

    def __str__(self) -> str:
        states = Counter(self.rows["state"])
        cut = int((self.rows["state"].eq("answered") & self.rows["reason"].notna()).sum())
        errors = self.rows.loc[self.rows["state"] == "error", "reason"]
        missing = len(self.plan.requests) - len(self.rows)
        paid = (
            ""
            if self.spent_usd is None
            else f", spent ${self.usd:,.4f} now and ${self.spent_usd:,.4f} in all"
        )
        counts = [
            f"{states['answered']:,} answered{f' ({cut:,} cut off)' if cut else ''}",
            f"{states['refused']:,} refused",
            counted(states["error"], "error"),
            f"{missing:,} not asked",
            f"{self.asked:,} asked now{paid}",
        ]
        asked = f"{counted(len(self.plan.cases), 'case')} x {counted(self.plan.trials, 'trial')}"
        lines = [f"{self.plan.who.model} on {self.plan.evalset}: {asked}: {', '.join(counts)}"]
        lines += [f"  error: {number:,} {reason}" for reason, number in Counter(errors).most_common()]
        if self.repeats:
            lines.append(f"  asked again, and perhaps paid twice: {counted(self.repeats, 'request')}")
        if self.unknown:
            lines.append(f"  without a reply, and perhaps paid: {counted(self.unknown, 'call')}")
        return "\n".join([*lines, *([f"stopped: {self.stopped}"] if self.stopped else [])])


@contextmanager
def answerer(workspace: Workspace, plan: Plan, **terms: Any) -> Iterator[Client]:
    """Give the client that answers a plan; one process at a time asks for a workspace.

    Args:
        workspace: The workspace that it was planned for.
        plan: The plan.
        **terms: Those of `workbench.llm.asking.Terms`; of a function, which costs nothing here, the concurrency alone.

    Raises:
        UsageError: As of `workbench.llm.asking.asking`.
    """
    told = Terms(**terms)
    if isinstance(plan.who, Function):
        with alone(workspace):
            yield FunctionClient(plan.who, plan.cases, told.concurrency)
        return
    high = expected(workspace, plan, price_of(workspace, plan.who), whole=True).high_usd
    with asking(
        workspace, plan.who, plan.requests, high_usd=high or 0.0, terms=told, known=contacts(plan.system)
    ) as client:
        yield client


def answer(workspace: Workspace, plan: Plan, client: Client) -> Answers:
    """Ask for each answer of a plan that is not there, and store each as it comes.

    A refusal is an answer. What brings none is stored as an error with its reason, and is asked again the next
    time, without paying twice: the ledger has what was paid. Killed at any moment, it goes on.

    Args:
        workspace: The workspace that it was planned for.
        plan: The plan.
        client: Who answers; see `answerer`.

    Raises:
        WorkbenchError: What the client raises, but for a cap that is reached and a server that turns everything
            away: the result says so.
    """
    rows = _rows(workspace, plan)
    there, before = settled(rows), {*zip(rows["case_id"], rows["trial"], strict=True)}
    open_ = [request for request in plan.requests if place(request) not in there]
    asked, repeats, usd, stopped = 0, 0, 0.0, None
    with (
        tqdm(total=len(open_), desc="answers", unit="answer", leave=False, disable=not open_) as progress,
        closing(client.replies(open_)) as replies,
    ):
        try:
            for request, reply in replies:
                # What was paid and is of no use comes from the ledger each time, and is told once.
                if reply.attempts or STATES[reply.state] != "error" or place(request) not in before:
                    _store(workspace, plan, request, reply)
                asked, repeats = asked + (reply.attempts > 0), repeats + reply.repeats
                usd += (reply.cost_usd or 0.0) if reply.attempts else 0.0
                progress.set_postfix_str(f"${usd:,.2f}", refresh=False)
                progress.update()
        except (CapError, StoppedError) as error:
            stopped = error
    told = Answers(
        plan=plan, rows=_rows(workspace, plan), asked=asked, repeats=repeats, usd=usd, stopped=stopped
    )
    return _with_spent(workspace, told, client)


def _with_spent(workspace: Workspace, told: Answers, client: Client) -> Answers:
    """Add what the ledger knows of the plan's calls."""
    if not isinstance(client, WireClient):
        return told
    keys = [client.key(request) for request in told.plan.requests]
    spent = Ledger(workspace.store).spent(keys)
    return replace(told, spent_usd=spent.usd, unknown=spent.unknown)


def _rows(workspace: Workspace, plan: Plan) -> pd.DataFrame:
    """Return the plan's rows of `answers` that count."""
    rows = folds.answers(workspace.store.read(ANSWERS, model=plan.who.model, setup_sha256=plan.setup_sha256))
    wanted = {place(request) for request in plan.requests}
    mine = [found in wanted for found in zip(rows["case_id"], rows["trial"], strict=True)]
    return rows.loc[mine].reset_index(drop=True)


def _store(workspace: Workspace, plan: Plan, request: Request, reply: Reply) -> None:
    case_id, trial = place(request)
    empty = reply.state == "truncated" and not reply.text.strip()
    state = "error" if empty else STATES[reply.state]
    # An answer stays, so it says nothing of asking again.
    reason = reply.reason if state == "error" else reply.reason.partition("; ")[0]
    row = {
        "model": plan.who.model,
        "case_id": case_id,
        "trial": trial,
        "setup_sha256": plan.setup_sha256,
        "model_family": plan.who.family,
        "content_sha256": plan.contents[case_id],
        "state": state,
        "output": None if state == "error" else _storable(reply.text),
        "reason": _storable(reason) or (reply.state if state == "error" else None),
        "latency_s": reply.latency_s,
        "cost_usd": reply.cost_usd,
        "call_id": reply.call_id or None,
        "answered_at": dt.datetime.now(dt.UTC),
    }
    workspace.store.append(ANSWERS, [row])


def _storable(text: str) -> str:
    """Return a text as databases take it: without U+0000 and halves of surrogate pairs."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
