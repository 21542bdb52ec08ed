"""What a reply becomes: a case, or a row that keeps it with the reason why it is none."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from workbench.generate.attacks import ATTACKS
from workbench.generate.history import REPEATS, request_sha256
from workbench.generate.mutation_run import LEAST_COSINE, TOO_FAR, cosines
from workbench.generate.paraphrase import rewritten
from workbench.generate.replies import BadReplyError, read
from workbench.provenance import BETWEEN, content_sha256, tag_for
from workbench.tables import CALLS, CASES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from workbench.generate.replies import Written
    from workbench.generate.run import Run, Slot
    from workbench.llm import Reply
    from workbench.store import Transaction
    from workbench.workspace import Workspace


def store(
    workspace: Workspace, run: Run, came: Sequence[tuple[Slot, Reply]], outcomes: Collection[str]
) -> int:
    """Append the cases of some replies, without those that another process was faster with; return how many.

    Args:
        workspace: The workspace.
        run: The run.
        came: The replies with their slots.
        outcomes: Names that nothing in a reply may have.
    """
    if not came:
        return 0
    with workspace.store.transaction() as tx:
        there = set(tx.read(CASES, case_id=[str(slot.case_id) for slot, _ in came])["case_id"])
        parents = tx.read(CASES, case_id=[parent for slot, _ in came for parent in slot.parent_ids])
        by_id = {row["case_id"]: row for row in parents.to_dict("records")}
        cases: list[tuple[Slot, Reply, dict[str, Any]]] = []
        calls: list[dict[str, Any]] = []
        for slot, reply in came:
            if slot.case_id in there:
                continue
            try:
                if reply.state == "ok":
                    written = read(reply.text, outcomes)
                    cases.append((slot, reply, _case(slot, reply, written, run, by_id, demo=workspace.demo)))
                elif reply.state != "absent" or reply.reason:
                    calls.append(_call(run, slot, reply, reply.reason or reply.state))
            except BadReplyError as error:
                calls.append(_call(run, slot, reply, f"bad: {error}"))
        new = []
        first = _by_content(tx, cases)
        far = _far([case for _, _, case in cases], by_id, cache=workspace.path("cache"))
        for slot, reply, case in cases:
            if case["case_id"] in far:
                calls.append(_call(run, slot, reply, f"bad: {TOO_FAR}"))
                continue
            other = first.setdefault(case["content_sha256"], case["case_id"])
            if other == case["case_id"]:
                new.append(case)
            else:
                calls.append(_call(run, slot, reply, f"{REPEATS}{other}"))
        tx.append(CALLS, _unkept(tx, calls))
        return tx.append(CASES, new)


def _far(cases: Sequence[dict[str, Any]], parents: Mapping[str, Any], *, cache: Path) -> set[str]:
    """Return the paraphrases that keep the label and are less like their parent than `LEAST_COSINE`."""
    held = [case for case in cases if any(step["keeps_label"] for step in case["operators"])]
    if not held:
        return set()
    before = [parents[case["parent_ids"][0]]["turns"] for case in held]
    near = cosines(before, [case["turns"] for case in held], cache=cache)
    return {case["case_id"] for case, cosine in zip(held, near, strict=True) if cosine < LEAST_COSINE}


def _by_content(tx: Transaction, cases: Sequence[tuple[Slot, Reply, dict[str, Any]]]) -> dict[str, str]:
    """Return the first case that has each of these contents already."""
    before = tx.read(CASES, content_sha256=[case["content_sha256"] for _, _, case in cases])
    return dict(zip(before["content_sha256"][::-1], before["case_id"][::-1], strict=True))


def _unkept(tx: Transaction, calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of these rows of `calls` that say something else than the last one of their slot."""
    before = tx.read(CALLS, request_sha256=[call["request_sha256"] for call in calls])
    last = {row["request_sha256"]: (row["raw_reply"], row["usage"]) for row in before.to_dict("records")}
    return [call for call in calls if last.get(call["request_sha256"]) != (call["raw_reply"], call["usage"])]


def _case(
    slot: Slot,
    reply: Reply,
    written: Written,
    run: Run,
    parents: Mapping[str, Mapping[Any, Any]],
    *,
    demo: bool,
) -> dict[str, Any]:
    """Return the row of `cases` that a reply makes."""
    told = (
        rewritten(slot, parents[slot.parent_ids[0]], written, demo=demo)
        if slot.parent_ids
        else _asked(slot, written, demo=demo)
    )
    return told | {
        "case_id": slot.case_id,
        "bucket": slot.bucket,
        "must_hold": False,
        "hint_ids": list(slot.hint_ids),
        "generator_provider": run.generator_provider,
        "generator_model": reply.model,
        "generator_family": run.generator_family,
        "prompt_sha256": slot.prompt_sha256,
        "call_id": reply.call_id or None,
        "created_at": dt.datetime.now(dt.UTC),
        "content_sha256": content_sha256(told["turns"], told["context"]),
        "cost_usd": reply.cost_usd,
        "extra": {"origin": reply.origin},
    }


def _asked(slot: Slot, written: Written, *, demo: bool) -> dict[str, Any]:
    """Return what of a case's row follows from its slot and from what a model wrote."""
    name = slot.attack or slot.place.replace(BETWEEN, "-")
    return {
        "turns": written.turns,
        "context": written.context,
        "tag": tag_for(slot.bucket, name=name, demo=demo),
        "parent_ids": [],
        "root_id": slot.case_id,
        "cell": slot.cell,
        "persona": slot.persona,
        "operators": [],
        "taxonomy": ATTACKS[slot.attack].taxonomy if slot.attack else [],
        "split": "eval",
    }


def _call(run: Run, slot: Slot, reply: Reply, stopped: str) -> dict[str, Any]:
    """Return the row of `calls` that keeps a reply which made no case.

    What was paid has its own row there, with its cost, and is named.
    """
    told = {"stopped": stopped} | ({"call_id": reply.call_id} if reply.call_id else {})
    return {
        "call_id": uuid.uuid4().hex,
        "request_sha256": request_sha256(run.run_id, str(slot.case_id)),
        "state": "got",
        "at": dt.datetime.now(dt.UTC),
        "raw_reply": reply.text,
        "usage": told,
        "cost_usd": None if reply.call_id else reply.cost_usd,
    }
