"""Grading by a model of another family: asked once, and stored when every answer has its mark."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tqdm import tqdm

from workbench.errors import CapError, StoppedError
from workbench.llm import Ledger
from workbench.llm.asking import asking
from workbench.swap.grading.flips import flip_rates
from workbench.swap.grading.graded import Graded, absent_of, counts_of, store
from workbench.swap.grading.marks import MALFORMED, NOT_TAKEN, PENDING, Mark, unscored
from workbench.swap.grading.probing import probes, store_probes
from workbench.swap.grading.readings import read, schema
from workbench.tables import PROBES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from workbench.errors import WorkbenchError
    from workbench.llm import Request, WireClient
    from workbench.llm.asking import Terms
    from workbench.llm.outcomes import PaidReply
    from workbench.settings import Role
    from workbench.swap.grading.plan import Judging
    from workbench.workspace import Workspace


class _Came(NamedTuple):
    """What came of some requests, and what ended it early."""

    replies: Mapping[Request, PaidReply]
    stopped: WorkbenchError | None = None


@dataclass(frozen=True)
class Asking:
    """On what terms a judge is asked.

    Attributes:
        high_usd: The high end of what it is expected to cost, in USD.
        terms: See `workbench.llm.asking.Terms`.
        opened: Called once, with the client, before anything is sent.
    """

    high_usd: float = 0.0
    terms: Terms | None = None
    opened: Callable[[WireClient], None] | None = None


def judge(workspace: Workspace, planned: Judging, on: Asking) -> Graded:
    """Ask the judge, and store its results when every answer has its mark.

    What came is in the ledger, however it ends: the next time goes on from there and pays for nothing twice.

    Args:
        workspace: The workspace that it was planned for.
        planned: What is asked.
        on: On what terms.

    Raises:
        UsageError: As of `workbench.llm.asking.asking`.
    """
    came = _asked(workspace, planned.role, planned.asked, on)
    marks, pending = _marks(workspace, planned, came.replies)
    run, is_new, flips, paid = "", False, None, list(came.replies.values())
    if not pending and _is_any_taken(planned, marks):
        ordered = [marks[place] for place in range(len(planned.answers))]
        with workspace.store.transaction() as tx:
            run, is_new = store(tx, workspace, planned.answers, ordered, planned.grader)
        came = _probed(workspace, planned, run, marks, on)
        paid += came.replies.values()
        if planned.probes:
            flips = _flips(workspace, planned, run)
    now = [reply for reply in paid if reply.attempts]
    waits = Mark("", why=PENDING)
    shown = [marks.get(place, waits) for place in range(len(planned.answers))]
    return Graded(
        run=run,
        is_new=is_new,
        counts=counts_of(planned.answers, shown),
        absent=absent_of(planned.answers, planned.frozen, planned.models),
        pending=pending,
        missing=Counter(mark.told or "" for mark in marks.values() if mark.why in {NOT_TAKEN, MALFORMED}),
        flips=flips,
        usd=sum(reply.cost_usd or 0.0 for reply in now),
        calls=len(now),
        unpriced=sum(reply.cost_usd is None for reply in now),
        stopped=came.stopped,
    )


def _asked(
    workspace: Workspace, role: Role, requests: Sequence[Request], on: Asking, before: Sequence[Request] = ()
) -> _Came:
    """Ask for requests under a cap that holds for those before, too."""
    replies: dict[Request, PaidReply] = {}
    if not requests:
        return _Came(replies)
    all_ = [*before, *requests]
    with asking(workspace, role, all_, high_usd=on.high_usd, terms=on.terms, schema=schema()) as client:
        if on.opened is not None and not before:
            on.opened(client)
        with (
            tqdm(total=len(requests), desc="judged", unit="answer", leave=False) as progress,
            closing(client.replies(requests)) as coming,
        ):
            try:
                for one, reply in coming:
                    replies[one] = reply
                    progress.update()
            except (CapError, StoppedError) as error:
                return _Came(replies, error)
    return _Came(replies)


def _marks(
    workspace: Workspace, planned: Judging, replies: Mapping[Request, PaidReply]
) -> tuple[dict[int, Mark], dict[str, int]]:
    """Return the marks by place, and how many are still to come, by reason."""
    ledger, marks, pending = Ledger(workspace.store), dict(planned.marks), Counter[str]()
    for place, asked in planned.requests.items():
        mark = _mark(replies.get(asked), planned.canary_of(planned.documents[place], place), ledger)
        if isinstance(mark, str):
            pending[mark] += 1
        else:
            marks[place] = mark
    return marks, dict(pending)


def _is_any_taken(planned: Judging, marks: Mapping[int, Mark]) -> bool:
    """Say whether the judge took anything it was asked: results of a server that takes nothing would say nothing."""
    return not planned.requests or any(marks[place].why != NOT_TAKEN for place in planned.requests)


def _mark(reply: PaidReply | None, canary: str, ledger: Ledger) -> Mark | str:
    """Return what a judge said, or why nobody knows yet."""
    if reply is None:
        return "not asked yet"
    if reply.outcome == "ok":
        return read(reply.text, canary)
    settled = ledger.settled(reply.request_sha256)
    if settled is not None and settled.state == "got":
        # It is paid, and no verdict: refused, cut off, or broken.
        return unscored(MALFORMED, reply.reason or reply.outcome)
    return unscored(NOT_TAKEN, reply.reason) if reply.outcome == "fatal" else reply.reason


def _probed(workspace: Workspace, planned: Judging, run: str, marks: Mapping[int, Mark], on: Asking) -> _Came:
    """Judge failed answers again with an instruction planted, and store what comes of it."""
    again = probes(planned, marks)
    came = _asked(workspace, planned.role, [asked for _, asked in again], on, planned.asked)
    ledger = Ledger(workspace.store)
    said = [
        (one, _mark(came.replies.get(asked), planned.canary_of(one.document, one.place), ledger))
        for one, asked in again
    ]
    with workspace.store.transaction() as tx:
        store_probes(tx, planned, run, [(one, mark) for one, mark in said if isinstance(mark, Mark)])
    return came


def _flips(workspace: Workspace, planned: Judging, run: str) -> pd.DataFrame:
    return flip_rates(workspace.store.read(PROBES, results_run=run, judge=planned.grader.name))
