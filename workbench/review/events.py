"""Decisions become events: appended, chained, and in one transaction with what they bring about."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench import folds
from workbench.chain import FIRST, broken, following, newest
from workbench.errors import StoreError, counted
from workbench.exchange.intake import printed, tally
from workbench.labels import PASSED_ON, inherited, label_id
from workbench.review.checks import intact
from workbench.review.decisions import checked, plain, rows
from workbench.review.revisions import child
from workbench.review.sittings import session_id
from workbench.tables import CASES, LABELS, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from workbench.review.decisions import Row
    from workbench.settings import Rubric
    from workbench.store import Transaction
    from workbench.workspace import Workspace

SESSION = "notebook"
"""The sitting of decisions that name none: a call in a notebook or program."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was recorded.

    Attributes:
        verdicts: New decisions by verdict, the most frequent first.
        known: Decisions that were recorded before, and were left alone.
        labels: New labels by kind.
        revisions: The ids of edited candidates, which wait for a review of their own.
        newest_sha256: The hash of the newest event, which stands for the whole chain; empty for none.
        notes: What was odd and taken anyway, one sentence each.
    """

    verdicts: Mapping[str, int]
    known: int
    labels: Mapping[str, int]
    revisions: tuple[str, ...]
    newest_sha256: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f": {tally(self.verdicts)}" if self.verdicts else ""
        again = f", {self.known:,} known already" if self.known else ""
        edits = counted(len(self.revisions), "edited text")
        return printed(
            [
                f"{counted(sum(self.verdicts.values()), 'decision')} recorded{told}{again}",
                f"labels: {tally(self.labels) or 'none added'}",
                *([f"{edits} to review as new candidates"] if self.revisions else []),
                *(f"note: {note}" for note in self.notes),
                *([f"newest event: {self.newest_sha256[:12]}"] if self.newest_sha256 else []),
            ]
        )


def decide(workspace: Workspace, decisions: pd.DataFrame | Iterable[Mapping[str, Any]]) -> Decided:
    """Record decisions about candidates: all of them, or none.

    A keep that states an expected value writes the human label with it, or a provisional one where it
    says who is to replace it and until when (`owner`, `backfill_by`). A kept mutant without a
    stated one inherits its parent's label where every operator keeps labels. A revise that brings
    an edited text makes a new candidate, which waits for a review of its own. The same decision of
    the same reviewer at the same moment again changes nothing.

    Args:
        workspace: The workspace.
        decisions: One row per decision, with the columns of `workbench.review.decisions.COLUMNS`:
            `case_id`, `verdict` (keep, reject, revise, skip), `reviewer` and `at` (with its zone)
            are needed, and `reasons` (a list) for reject and revise.

    Raises:
        QuarantineError: Some are bad; all of them are listed, and nothing was recorded.
        UsageError: A column is not known.
        StoreError: The store refused, or the chain of events is broken.
    """
    return record(workspace, rows(decisions), source="decisions")


def record(workspace: Workspace, given: Sequence[Row], *, source: str) -> Decided:
    """Record decisions that were read; see `decide`."""
    rubric = workspace.rubric
    with workspace.store.transaction() as tx:
        cases = _concerned(tx, given)
        reviews = tx.read(REVIEWS)
        if fault := broken(reviews, seen=workspace.seen):
            raise StoreError(
                f"the chain of review events is broken: {fault}; nothing was recorded; restore the database "
                "from a backup"
            )
        found = checked(given, cases, reviews, rubric, made_here=_made_here(tx, given), source=source)
        events, labels, children = append(tx, found.new, cases, rubric, newest=newest(reviews))
    last = (events[-1]["event_id"], events[-1]["event_sha256"]) if events else newest(reviews)
    workspace.saw(last)
    return Decided(
        verdicts=dict(Counter(told["verdict"] for told in found.new).most_common()),
        known=found.known,
        labels=dict(Counter(labels)),
        revisions=tuple(children),
        newest_sha256=last[1] if last != FIRST else "",
    )


class Appended(NamedTuple):
    """What decisions brought about.

    Attributes:
        events: The rows of `reviews`.
        labels: The kinds of the new labels.
        children: The ids of the edited candidates.
    """

    events: list[dict[str, Any]]
    labels: list[str]
    children: list[str]


def append(
    tx: Transaction,
    new: Sequence[Mapping[str, Any]],
    cases: pd.DataFrame,
    rubric: Rubric,
    *,
    newest: tuple[int, str],
    around: Sequence[Mapping[str, Any]] = (),
) -> Appended:
    """Append decisions that were checked, with the labels and candidates that they bring about.

    Args:
        tx: The transaction in which the store was read.
        new: The decisions, with the columns of `workbench.review.decisions.COLUMNS`.
        cases: The rows of `cases` that are decided about; needed for edits, and for keeps without a label.
        rubric: The rubric they were made under.
        newest: The number and the hash of the newest event.
        around: Further events that come after them, as columns of `reviews`.
    """
    events = following(newest, [*(as_event(told, rubric) for told in new), *around])
    children = _children(tx, new, cases)
    labels = _stated(new, rubric)
    tx.append(REVIEWS, events)
    tx.append(CASES, children)
    tx.append(LABELS, labels)
    # After the events: a label that an earlier keep passed on stands again with this one.
    kinds = [label["kind"] for label in labels]
    silent = {told["case_id"] for told in new if told["verdict"] == "keep" and told["expected"] is None}
    if silent:
        passed_on = _passed_on(tx, cases[cases["case_id"].isin(silent)])
        tx.append(LABELS, passed_on)
        kinds += passed_on["kind"].tolist()
    return Appended(events, kinds, [case["case_id"] for case in children])


def verify(
    reviews: pd.DataFrame,
    *,
    seen: tuple[int, str] = FIRST,
    sittings: pd.DataFrame | None = None,
    checks: pd.DataFrame | None = None,
) -> str:
    """Say where the record of a review is broken; nothing when it is whole.

    Args:
        reviews: The whole table `reviews`; see `workbench.chain.broken`.
        seen: `Workspace.seen`, by which events that were cut off at the end are missed. Read it before
            the events: others may append meanwhile.
        sittings: The table `sittings`. What was drawn is held by the ids that the events carry.
        checks: The table `checks`, whose ids hold what they say.
    """
    if fault := broken(reviews, seen=seen):
        return fault
    drawn = [] if sittings is None else plain(sittings)
    changed = [row["session_id"] for row in drawn if session_id(row) != row["session_id"]]
    if changed:
        return f"what was drawn for the sitting {changed[0]} was changed later"
    planted = [] if checks is None else plain(checks)
    changed = [row["check_id"] for row in planted if not intact(row)]
    return f"the hidden check {changed[0]} was changed after it was made" if changed else ""


def _concerned(tx: Transaction, given: Sequence[Row]) -> pd.DataFrame:
    """Return the cases that are decided about; all of them where an edit may be known already."""
    if any(row.told["turns"] is not None for row in given):
        return tx.read(CASES)
    return tx.read(CASES, case_id=[str(row.told["case_id"]) for row in given])


def _made_here(tx: Transaction, given: Sequence[Row]) -> set[str]:
    """Return the cases that runs made, where a decision was made elsewhere and is held against their time."""
    if not any(row.told["event"] == "imported" for row in given):
        return set()
    return {slot["case_id"] for slots in tx.read(RUNS)["slots"] for slot in slots if slot["case_id"]}


def as_event(told: Mapping[str, Any], rubric: Rubric) -> dict[str, Any]:
    """Return a decision as columns of `reviews`, without the hashes of the chain."""
    event = told["event"] or told["verdict"]
    given = {name: value for name, value in told.items() if name in REVIEWS.names}
    return given | {
        "event": event,
        "verdict": None if event == told["verdict"] else told["verdict"],
        "reasons": list(told["reasons"] or ()),
        "session_id": told["session_id"] or SESSION,
        "rubric_version": rubric.version,
    }


def _children(tx: Transaction, new: Sequence[Mapping[str, Any]], cases: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the edited candidates that are not there yet, each in its parent's root."""
    edits = [told for told in new if told["turns"] is not None]
    if not edits:
        return []
    parents = cases.set_index("case_id", drop=False)
    made: dict[str, dict[str, Any]] = {}
    for told in edits:
        parent = parents.loc[told["case_id"]].to_dict()
        row = child(parent, told["turns"], reviewer=told["reviewer"], at=told["at"])
        # The id of a child begins with that of its parent, so the root keeps its smallest one.
        made.setdefault(row["case_id"], row | {"root_id": parent["root_id"]})
    stored = {row["case_id"] for row in tx.rows(CASES, case_id=[*made])}
    return [row for case_id, row in made.items() if case_id not in stored]


def _stated(new: Sequence[Mapping[str, Any]], rubric: Rubric) -> list[dict[str, Any]]:
    """Return the labels that keeps state: human ones, or provisional where somebody is to replace them."""
    labels = []
    for told in new:
        if told["verdict"] == "keep" and told["expected"] is not None:
            row = dict.fromkeys(LABELS.names) | {
                "case_id": told["case_id"],
                "expected": told["expected"],
                "kind": "human" if told["owner"] is None else "provisional",
                "rubric_version": rubric.version,
                "author": told["reviewer"],
                "owner": told["owner"],
                "backfill_by": told["backfill_by"],
                "created_at": told["at"],
            }
            labels.append(row | {"label_id": label_id(row)})
    return labels


def _passed_on(tx: Transaction, kept: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that kept mutants inherit, where nobody vouches for one yet."""
    family = [*kept["case_id"], *kept["parent_ids"].explode().dropna()]
    labels = folds.upheld(tx.read(LABELS, case_id=family), tx.read(REVIEWS, case_id=family))
    vouched = labels.loc[labels["kind"].isin(PASSED_ON), "case_id"]
    return inherited(kept[~kept["case_id"].isin(vouched)], labels, at=dt.datetime.now(dt.UTC))
