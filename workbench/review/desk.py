"""The desk: what the window in the notebook asks, and what it is answered.

Messages are JSON objects with a `kind`. The window sends
    hello, reviewer {name}, draft {ticket, draft}, undo {id}, note {id, ticket, note} and
    decide {id, ticket, verdict, realistic, expected, fits_cell, reasons, note, edited, provisional, visible_ms}
and is answered with
    ask {text}                                              whose name is it?
    here {reviewer, buttons, rubric, case, next, draft, progress, demo, adjudicates}
    saved {id, ticket, verdict, next, progress, pause, told} committed; next comes after what is on the screen now
    undone {id, case, next, draft, progress}                the case that was taken back is on the screen again
    noted {id, ticket}
    refused {id, ticket, text, field}                       an answer is missing; nothing was recorded
    failed {id, ticket, text}                               the store failed; the same message may be sent again
A case is {ticket, turns, context, cell, said}.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import threading
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.provenance import BETWEEN
from workbench.review.answers import MOST_SIGNS, Refused, is_torn
from workbench.review.audit.pauses import tiring
from workbench.review.audit.planted import is_wrong
from workbench.review.sitting import Sitting
from workbench.review.sittings import Chair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workbench.review.dealing import Showing
    from workbench.workspace import Workspace

HUB_USER = "JUPYTERHUB_USER"
"""The environment variable in which JupyterHub says who is signed in."""

MOST_DRAFT = 100_000
"""Characters of a half-filled form; the window says when one is too long to be kept."""

RECENT = 30
"""Decisions from which the time that is left is estimated."""

BROKEN = "Something broke in the kernel, and its log says what; reload the page to see what is recorded."
"""What is said of a fault of ours."""

_log = logging.getLogger(__name__)

ASK = "Who reviews? The name is recorded with every decision."


class Desk:
    """Answers the messages of one window: who sits there, what is on the screen, what was recorded.

    A case goes to the browser as its conversation, context and claimed cell under a ticket, and as
    nothing else: no id, generator, persona or verdict of others, and nothing that tells a hidden check.

    Args:
        workspace: The workspace.
        reviewer: Who decides. Empty: the user of JupyterHub, or whoever answers the question for it.
        only: Names of levels or buckets that a candidate must all have.
        adjudicates: Whether to settle what reviewers disagree on.
    """

    def __init__(
        self, workspace: Workspace, *, reviewer: str = "", only: Sequence[str] = (), adjudicates: bool = False
    ) -> None:
        self._workspace, self._only, self._adjudicates = workspace, tuple(sorted(only)), adjudicates
        user = os.environ.get(HUB_USER, "").strip()
        self._who = (user, "hub") if user else (reviewer.strip(), "given")
        self._sitting: Sitting | None = None
        self._answered: dict[str, list[dict[str, Any]]] = {}
        self._one = threading.Lock()

    def answer(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the replies to a message of the window; never raises for what people or browsers do."""
        # A kernel may hear the messages of two views of the window in two threads.
        with self._one:
            return self._answer(message)

    def _answer(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        kind, sent = message.get("kind"), str(message.get("id") or "")
        if sent in self._answered:
            return self._answered[sent]
        about = {"id": sent or None, "ticket": message.get("ticket")}
        try:
            replies = self._ways()[str(kind)](message, about) if kind in self._ways() else []
        except Refused as refused:
            if refused.field == "window":
                return self._hello(message, about)
            replies = [about | {"kind": "refused", "text": str(refused), "field": refused.field or None}]
        except WorkbenchError as error:
            return [about | {"kind": "failed", "text": str(error)}]
        except Exception:  # noqa: BLE001 - the window would wait for ever; what happened is in the kernel's log
            _log.exception("a message of the review window could not be answered")
            return [about | {"kind": "refused", "text": BROKEN, "field": None}]
        if sent:
            # Only the newest can come again: the window waits for each.
            self._answered = {sent: replies}
        return replies

    def _ways(self) -> dict[str, Callable[[Mapping[str, Any], dict[str, Any]], list[dict[str, Any]]]]:
        return {
            "hello": self._hello,
            "reviewer": self._reviewer,
            "decide": self._decide,
            "undo": self._undo,
            "note": self._note,
            "draft": self._draft,
        }

    def _reviewer(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        if not self._who[0]:
            name = " ".join(str(message.get("name") or "").split())
            self._who = ("" if is_torn(name) else name[:MOST_SIGNS], "asked")
        return self._hello(message, about)

    def _hello(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        del message, about
        name, identity = self._who
        if not name:
            return [{"kind": "ask", "text": ASK}]
        if self._sitting is None or self._sitting.is_over:
            chair = Chair(
                known(name, self._workspace.reviews["reviewer"]), identity, self._only, self._adjudicates
            )
            try:
                self._sitting = Sitting(self._workspace, chair)
            except WorkbenchError as error:
                if identity == "asked":
                    self._who = ("", "asked")
                return [{"kind": "ask", "text": str(error)}]
        self._sitting.begin()
        return [self._here(self._sitting)]

    def _here(self, sitting: Sitting) -> dict[str, Any]:
        rubric, current = self._workspace.rubric, sitting.current
        return {
            "kind": "here",
            "reviewer": sitting.chair.reviewer,
            "buttons": sitting.buttons,
            "rubric": {
                "version": rubric.version,
                "policy": rubric.policy,
                "expected": _meanings(rubric.expected),
                "reasons": _meanings(rubric.reasons),
                "checklist": rubric.checklist,
            },
            "case": self._seen(current),
            "next": self._seen(sitting.next),
            "draft": _draft(sitting),
            "progress": _progress(sitting),
            "demo": self._workspace.demo,
            "adjudicates": self._adjudicates,
        }

    def _decide(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        sitting = self._seated()
        outcome = sitting.decide(str(message.get("ticket")), message)
        return [
            about
            | {
                "kind": "saved",
                "verdict": message.get("verdict") if outcome.is_recorded else None,
                "next": self._seen(sitting.next),
                "progress": _progress(sitting),
                "pause": _pause(sitting) or None,
                "told": outcome.news or None,
            }
        ]

    def _undo(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        del message
        sitting = self._seated()
        sitting.undo()
        return [
            about
            | {
                "kind": "undone",
                "case": self._seen(sitting.current),
                "next": self._seen(sitting.next),
                "draft": _draft(sitting),
                "progress": _progress(sitting),
            }
        ]

    def _note(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        text = str(message.get("note") or "").strip()[:MOST_SIGNS]
        if not text or is_torn(text):
            raise Refused("The note is empty.", "note")
        self._seated().note(str(message.get("ticket")), text)
        return [about | {"kind": "noted"}]

    def _draft(self, message: Mapping[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
        del about
        form = message.get("draft")
        if len(json.dumps(form)) <= MOST_DRAFT:
            self._seated().draft(str(message.get("ticket")), form)
        return []

    def _seated(self) -> Sitting:
        if self._sitting is None:
            raise Refused("The window is set up anew.", "window")
        return self._sitting

    def _seen(self, showing: Showing | None) -> dict[str, Any] | None:
        """Return what of a case the browser learns."""
        if showing is None or self._sitting is None:
            return None
        row = showing.row
        return {
            "ticket": showing.ticket,
            "turns": row["turns"],
            "context": row["context"],
            "cell": self._levels(row["cell"]),
            "said": self._sitting.said(showing),
        }

    def _levels(self, cell: str | None) -> list[str]:
        levels = cell.split(BETWEEN) if cell else []
        axes = list(self._workspace.settings.grid.axes)
        return (
            [f"{axis}: {level}" for axis, level in zip(axes, levels, strict=True)]
            if len(axes) == len(levels)
            else levels
        )


def known(name: str, names: Iterable[str]) -> str:
    """Return a name as it was spelt before, so that Ana and ana are one person.

    Example:
        >>> known(" ana  ruiz", ["Bo", "Ana Ruiz"]), known("Cem", ["Bo"])
        ('Ana Ruiz', 'Cem')
    """
    plain = " ".join(name.split())
    return next((old for old in names if " ".join(old.split()).casefold() == plain.casefold()), plain)


def _draft(sitting: Sitting) -> Any:
    return sitting.drafts.get(sitting.current.case_id) if sitting.current else None


def _meanings(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "meaning": meaning} for value, meaning in values.items()]


def _pause(sitting: Sitting) -> str:
    """Return a suggestion to rest, from the decisions so far."""
    done = sitting.decided
    return tiring(
        [event["decision"] for event in done],
        [event["visible_ms"] for event in done],
        [sitting.words(event["case_id"]) for event in done],
        [_was_wrong(event) for event in done],
    )


def _was_wrong(event: Mapping[str, Any]) -> bool | None:
    """Say whether a hidden check was decided wrongly; None for what is none, or cannot tell."""
    kind = (event["planted"] or "").partition(":")[0]
    if event["decision"] == "skip" or kind not in {"bad", "good"}:
        return None
    return is_wrong(kind, event["decision"] == "keep", event["realistic"])


def _progress(sitting: Sitting) -> dict[str, Any]:
    """Return how far the sitting is, and how long what waits takes at the pace of the newest decisions."""
    paces = [event["visible_ms"] for event in sitting.decided[-RECENT:] if event["visible_ms"] is not None]
    pace = statistics.median(paces) / 1000 if paces else None
    seconds = None if pace is None else round(pace * sitting.left)
    return {"decided": len(sitting.decided), "waiting": sitting.left, "seconds": seconds}
