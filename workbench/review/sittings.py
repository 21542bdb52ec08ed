"""Sitting down: the order of a new sitting is drawn and recorded, or an earlier one goes on."""

from __future__ import annotations

import datetime as dt
import random
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.review import checks, order
from workbench.tables import CASES, CHECKS, SITTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def drawn(tx: Transaction, workspace: Workspace, waiting: Waiting, chair: Chair) -> dict[str, Any]:
    """Draw a new sitting and record it, with the hidden checks that it needs.

    Args:
        tx: The transaction to write in.
        workspace: The workspace.
        waiting: What waits.
        chair: Who sits down.

    Returns:
        A row of `sittings`.
    """
    seed = secrets.randbits(64)
    rng, now = random.Random(seed), dt.datetime.now(dt.UTC)  # noqa: S311 - it draws, it hides nothing
    cells = {case_id: str(waiting.rows[case_id]["cell"] or "") for case_id in sorted(waiting.open)}
    row = {
        "session_id": f"{now:%Y%m%dT%H%M%S}-{seed:016x}",
        "reviewer": chair.reviewer,
        "identity": chair.identity,
        "started_at": now,
        "buttons": rng.sample(VERDICTS, len(VERDICTS)),
        "places": order.balanced(cells, rng),
        "planted": [] if chair.adjudicates else _planted(tx, workspace, waiting, chair, rng),
        "filters": [*chair.only],
        "adjudicates": chair.adjudicates,
    }
    tx.append(SITTINGS, [row])
    return row


def _planted(
    tx: Transaction, workspace: Workspace, waiting: Waiting, chair: Chair, rng: random.Random
) -> list[dict[str, Any]]:
    """Return the hidden checks of a sitting in their places; those that are not there yet are made.

    Conversations of the seed are taken from train, which no verdict rests on, and none that this
    reviewer was shown before. Where the seed has too few, there are fewer checks.
    """
    settings, now = workspace.settings.review, dt.datetime.now(dt.UTC)
    shares = {"bad": settings.known_bad, "good": settings.known_good, REPEAT: settings.repeats}
    slots = order.checks(len(waiting.open), shares, rng)
    needed = {kind: sum(slot.kind == kind for slot in slots) for kind in ("bad", "good")}
    seen = {
        made_from
        for row in _shown_before(tx, chair.reviewer)
        for made_from in row["made_from"]
    }  # fmt: skip
    train = tx.rows(CASES, bucket="seed", split="train")
    fresh = [row for row in train if row["turns"] and row["case_id"] not in seen]
    rng.shuffle(fresh)
    cells = sorted({waiting.rows[case]["cell"] for case in waiting.open} - {None}) or [None]
    good = checks.known_good(fresh[: needed["good"]], cells, rng, at=now)
    spoilt = [*fresh[needed["good"] :], *(row for row in waiting.rows.values() if row["case_id"] not in seen)]
    bad = checks.known_bad(spoilt[: needed["bad"]], cells, rng, at=now)
    known = {row["check_id"] for row in tx.rows(CHECKS)}
    tx.append(CHECKS, [row for row in [*good, *bad] if row["check_id"] not in known])
    told = {"good": iter(good), "bad": iter(bad)}
    found = []
    for slot in slots:
        if slot.kind == REPEAT:
            found.append({"after": slot.after, "case_id": None, "planted": REPEAT})
        elif check := next(told[slot.kind], None):
            planted = f"{slot.kind}:{check['how']}"
            found.append({"after": slot.after, "case_id": check["check_id"], "planted": planted})
    return found


def _shown_before(tx: Transaction, reviewer: str) -> Sequence[Mapping[str, Any]]:
    planted = [slot for row in tx.rows(SITTINGS, reviewer=reviewer) for slot in row["planted"]]
    ids = {slot["case_id"] for slot in planted}
    return [row for row in tx.rows(CHECKS) if row["check_id"] in ids]
