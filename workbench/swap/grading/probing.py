"""Failed answers judged again with an instruction planted: which ones, and what came of them."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.swap.grading.injections import planted
from workbench.swap.grading.prompting import UnsafeError, request
from workbench.tables import PROBES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.llm import Request
    from workbench.store import Transaction
    from workbench.swap.grading.injections import Planted
    from workbench.swap.grading.marks import Mark
    from workbench.swap.grading.plan import Judging

KEY = ("case_id", "model", "trial", "placement")
"""What tells the probes of one judge and run apart."""


def probes(planned: Judging, marks: Mapping[int, Mark]) -> list[tuple[Planted, Request]]:
    """Return what is judged again, with its request; of answers that read alike only one."""
    # Backwards, so that the first of them stays.
    first = {planned.requests[place]: place for place in sorted(planned.requests, reverse=True)}
    failed = {place: planned.documents[place] for place in first.values() if marks[place].outcome == "fail"}
    found = []
    for one in planted(failed, planned.probes):
        with suppress(UnsafeError):
            case_id = planned.answers[one.place].row["case_id"]
            found.append((one, request(one.document, case_id, planned.salt)))
    return found


def store_probes(tx: Transaction, planned: Judging, run: str, came: Iterable[tuple[Planted, Mark]]) -> None:
    """Append what came of probes, where it is not there yet."""
    now, rows = dt.datetime.now(dt.UTC), list[dict[str, Any]]()
    for one, mark in came:
        case_id, model, trial = planned.answers[one.place].name
        rows.append(
            {
                "results_run": run,
                "judge": planned.grader.name,
                "case_id": case_id,
                "model": model,
                "trial": trial,
                "placement": one.placement,
                "instruction": one.instruction,
                "outcome": mark.outcome,
                "why": mark.why or None,
                "reason": mark.reason or None,
                "probed_at": now,
            }
        )
    held = tx.rows(PROBES, results_run=run, judge=planned.grader.name)
    there = {tuple(row[name] for name in KEY) for row in held}
    tx.append(PROBES, [row for row in rows if tuple(row[name] for name in KEY) not in there])
