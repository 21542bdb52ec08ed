"""Sitting down: the order of a new sitting is drawn and recorded, or an earlier one goes on."""

from __future__ import annotations

import datetime as dt
import random
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.provenance import sha256
from workbench.review import checks, order
from workbench.tables import CASES, CHECKS, SITTINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from workbench.review.waiting import Waiting
    from workbench.store import Transaction
    from workbench.workspace import Workspace

BREAK = dt.timedelta(hours=2)
"""Rest after which a reviewer begins a sitting anew: position in a sitting stands for fatigue."""

VERDICTS = ("keep", "reject", "revise", "skip")
"""The four verdicts, of equal standing."""

FORGOTTEN = 15
"""Decisions between a case and its repeat, so that it is judged anew and not remembered."""

REPEAT = "repeat"
"""The hidden check that shows a case a second time."""


class Chair(NamedTuple):
    """Who sits down, and to what.

    Attributes:
        reviewer: Who.
        identity: How the name is known: hub, given or asked.
        only: Names that the queue is narrowed to.
        adjudicates: Whether it settles what reviewers disagree on.
    """

    reviewer: str
    identity: str = "given"
    only: tuple[str, ...] = ()
    adjudicates: bool = False


def earlier(tx: Transaction, reviews: pd.DataFrame, chair: Chair) -> dict[str, Any] | None:
    """Return the sitting that goes on: the newest of this reviewer at this queue, after less than `BREAK`.

    Args:
        tx: The transaction to read in.
        reviews: The table `reviews`.
        chair: Who sits down.

    Returns:
        A row of `sittings`, or None.
    """
    rows = tx.rows(SITTINGS, reviewer=chair.reviewer)
    same = [row for row in rows if (row["filters"], row["adjudicates"]) == ([*chair.only], chair.adjudicates)]
    if not same:
        return None
    newest = same[-1]
    last = reviews.loc[reviews["session_id"] == newest["session_id"], "at"].max()
    since = dt.datetime.now(dt.UTC) - (newest["started_at"] if last != last else last)  # noqa: PLR0124 - NaT
    return newest if since < BREAK else None


def drawn(
    tx: Transaction, workspace: Workspace, waiting: Waiting, chair: Chair, *, seen: Collection[str]
) -> dict[str, Any]:
    """Draw a new sitting and record it, with the hidden checks that it needs; an empty one leaves no trace.

    Args:
        tx: The transaction to write in.
        workspace: The workspace.
        waiting: What waits.
        chair: Who sits down.
        seen: The ids of everything that this reviewer was ever shown.

    Returns:
        A row of `sittings`.
    """
    rng, now = random.Random(secrets.randbits(64)), dt.datetime.now(dt.UTC)  # noqa: S311 - it draws, it hides nothing
    hidden = Hidden([], frozenset())
    if waiting.open and not chair.adjudicates:
        hidden = _hidden(tx, workspace, waiting, seen, rng)
    left = sorted(waiting.open - hidden.used)
    row: dict[str, Any] = {
        "reviewer": chair.reviewer,
        "identity": chair.identity,
        "started_at": now,
        "buttons": rng.sample(VERDICTS, len(VERDICTS)),
        "places": order.balanced({case: str(waiting.rows[case]["cell"] or "") for case in left}, rng),
        "planted": hidden.slots,
        "filters": [*chair.only],
        "adjudicates": chair.adjudicates,
    }
    row["session_id"] = session_id(row)
    if waiting.open:
        tx.append(SITTINGS, [row])
    return row


def session_id(row: Mapping[str, Any]) -> str:
    """Return the id of a sitting: its moment and the hash of its row, which every event of it carries.

    So the chain of events also holds what was drawn: a row that was changed later has another id.

    Args:
        row: A row of `sittings`, with or without its id.
    """
    began = row["started_at"].astimezone(dt.UTC)
    told = {name: value for name, value in row.items() if name not in {"session_id", "started_at"}}
    return f"{began:%Y%m%dT%H%M%S}-{sha256(told | {'started_at': began.isoformat()})[:16]}"


class Hidden(NamedTuple):
    """The hidden checks of a sitting.

    Attributes:
        slots: `{after, case_id, planted}`: what comes after how many decisions.
        used: The candidates that were spoilt for them, which the sitting does not show beside their check.
    """

    slots: list[dict[str, Any]]
    used: frozenset[str]


def _hidden(
    tx: Transaction, workspace: Workspace, waiting: Waiting, seen: Collection[str], rng: random.Random
) -> Hidden:
    """Return the hidden checks of a sitting; those that are not there yet are made.

    Conversations of the seed are taken from train, which no verdict rests on, and none that this
    reviewer was shown before. Where there are too few to spoil, candidates are: first those that wait
    no more, then those that do.
    """
    settings, now = workspace.settings.review, dt.datetime.now(dt.UTC)
    shares = {"bad": settings.known_bad, "good": settings.known_good, REPEAT: settings.repeats}
    slots = order.checks(len(waiting.open), shares, rng)
    needed = {kind: sum(slot.kind == kind for slot in slots) for kind in ("bad", "good")}
    stored = {row["check_id"]: row for row in tx.rows(CHECKS)}
    gone = {case_id for check_id in {*seen} & stored.keys() for case_id in stored[check_id]["made_from"]}
    fresh = [
        row
        for row in tx.rows(CASES, bucket="seed", split="train")
        if row["turns"] and row["case_id"] not in gone
    ]
    rest = [row for case_id, row in waiting.rows.items() if case_id not in gone]
    for rows in (fresh, rest):
        rng.shuffle(rows)
    rest.sort(key=lambda row: row["case_id"] in waiting.open)
    cells = sorted({waiting.rows[case]["cell"] for case in waiting.open} - {None}) or [None]
    good = checks.known_good(fresh, cells, rng, at=now)[: needed["good"]]
    taken = {row["made_from"][0] for row in good}
    material = [*(row for row in fresh if row["case_id"] not in taken), *rest][: needed["bad"]]
    bad = checks.known_bad(material, cells, rng, at=now)
    tx.append(CHECKS, [row for row in [*good, *bad] if row["check_id"] not in stored])
    told = {"good": iter(good), "bad": iter(bad)}
    found = []
    for slot in slots:
        if slot.kind == REPEAT:
            found.append({"after": slot.after, "case_id": None, "planted": REPEAT})
        elif check := next(told[slot.kind], None):
            planted = f"{slot.kind}:{check['how']}"
            found.append({"after": slot.after, "case_id": check["check_id"], "planted": planted})
    return Hidden(found, frozenset(row["case_id"] for row in material) & waiting.open)
