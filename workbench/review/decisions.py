"""What a reviewer decided about a candidate, and what makes it no decision."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.decided import DECISIONS
from workbench.errors import QuarantineError, UsageError, counted, listed, shown
from workbench.exchange.turns import UnreadableError
from workbench.labels import TWO_QUARTERS, wrote
from workbench.review.revisions import child_id, edited
from workbench.tables import REVIEWS
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from workbench.settings import Rubric

COLUMNS = (
    "case_id", "verdict", "reviewer", "at", "reasons", "expected", "note", "fits_cell", "content_sha256",
    "turns", "event", "session_id", "position", "visible_ms", "realistic", "owner", "backfill_by",
)  # fmt: skip
"""What a decision says. `turns` is the edited conversation of a revision, or a text in the place of the
user's last message; `event` is `imported` or `adjudicate` where it is not the verdict itself. A keep
with `owner` and `backfill_by` (a day, or a moment with its zone) states a provisional label."""


A_DAY = dt.timedelta(days=1)
"""How much older than its text an imported decision may seem: a bare date stands for the day it begins."""

NAMED_EVENTS = ("imported", "adjudicate")
"""Events that a decision can name; any other is recorded by its verdict, an undo is none."""


@dataclass(frozen=True)
class Row:
    """One decision as it was given.

    Attributes:
        place: Where it stands, as messages say it.
        told: The columns of `COLUMNS`; None for what is missing.
        fault: Why it could not be read; empty when it could.
    """

    place: str
    told: dict[str, Any]
    fault: str = ""

    def __str__(self) -> str:
        case_id = self.told["case_id"]
        return f"{self.place}: {f'case {case_id}' if case_id else 'the decision'} {self.fault}"


@dataclass(frozen=True)
class Checked:
    """Decisions that can be recorded.

    Attributes:
        new: Those that are not recorded yet, in their order, with `turns` as they were read.
        known: How many are recorded already, or stand there twice.
    """

    new: list[dict[str, Any]]
    known: int


def rows(decisions: pd.DataFrame | Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return decisions as rows with every column of `COLUMNS`.

    Raises:
        UsageError: A column is not known.
    """
    import pandas as pd

    told = plain(decisions) if isinstance(decisions, pd.DataFrame) else [dict(row) for row in decisions]
    unknown = sorted({str(name) for row in told for name in row} - {*COLUMNS})
    if unknown:
        raise UsageError(
            f"a decision has no {listed([shown(name) for name in unknown])}; it has {', '.join(COLUMNS)}"
        )
    return [
        Row(f"decision {number}", {name: row.get(name) for name in COLUMNS})
        for number, row in enumerate(told, 1)
    ]


def checked(
    given: Sequence[Row],
    cases: pd.DataFrame,
    reviews: pd.DataFrame,
    rubric: Rubric,
    *,
    made_here: Collection[str],
    source: str,
) -> Checked:
    """Return the decisions that are new, or refuse all of them with one sentence for each bad one.

    Args:
        given: The decisions.
        cases: The table `cases`.
        reviews: The table `reviews`.
        rubric: The rubric: its reasons and expected values.
        made_here: The ids of the cases that a run of this workspace made.
        source: What they were read from, for the message.

    Raises:
        QuarantineError: Some are bad; all of them are listed.
    """
    candidate = folds.candidates(cases, REVIEWS.frame())["candidate"]
    stored = cases.assign(candidate=candidate, made_here=cases["case_id"].isin(made_here))
    known = {str(row["case_id"]): row for row in plain(stored)}
    held, children = _held(reviews), set(known)
    now = dt.datetime.now(dt.UTC)
    new: list[dict[str, Any]] = []
    problems: list[Row] = []
    for row in given:
        told, case = dict(row.told), known.get(str(row.told["case_id"]))
        fault = row.fault or refusal(told, case, rubric, now)
        if case and not fault:
            key, said = _key(told), _said(told)
            made = child_id(case, told["turns"]) if told["turns"] is not None else ""
            if key not in held:
                held[key] = said
                children.add(made)
                new.append(told)
            elif held[key] != said or (made and made not in children):
                fault = "is decided otherwise by the same reviewer at the same moment; a change of mind has a later time"
        if fault:
            problems.append(Row(row.place, told, fault))
    _refuse(problems, len(given), source)
    return Checked(new, len(given) - len(new))


def _refuse(problems: Sequence[Row], total: int, source: str) -> None:
    if problems:
        # One line a problem, whatever the values of a file hold.
        told = [marked(str(problem)).replace("\n", "[U+000A]") for problem in problems]
        head = (
            f"{source}: {len(problems):,} of {counted(total, 'decision')} cannot be recorded, so nothing was"
        )
        raise QuarantineError("\n  ".join([head, *told]), told)


def refusal(told: dict[str, Any], case: Mapping[str, Any] | None, rubric: Rubric, now: dt.datetime) -> str:
    """Say what is wrong with a decision, or nothing; then its edit and its promise are read into their place.

    Args:
        told: The columns of `COLUMNS`.
        case: A row of `cases` with `candidate` (see `workbench.folds.candidates`) and `made_here` (whether a
            run of this workspace made it); None for one that is not known.
        rubric: The rubric: its reasons and expected values.
        now: The present moment.
    """
    if case is None:
        return "is not known; import the case first, or correct its id"
    return (
        _no_candidate(told, case)
        or _nobody(told, case, now)
        or _too_early(told, case)
        or no_verdict(told, rubric)
        or _read_promise(told)
        or _read_edit(told, case)
    )


def _too_early(told: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    """Say whether a decision is older than what it is about, or nothing."""
    # A case that came in may have been reviewed before: it is dated by its import. One of a run is not.
    known = told["event"] != "imported" or case["made_here"]
    slack = A_DAY if told["event"] == "imported" else dt.timedelta(0)
    if not known or told["at"] + slack >= case["created_at"]:
        return ""
    decided, made = (
        f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" for moment in (told["at"], case["created_at"])
    )
    return f"was decided at {decided} UTC, and its text is of {made} UTC; write when it was decided"


def _no_candidate(told: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    if not case["candidate"]:
        what = f"a {case['bucket']} case" if case["bucket"] in {"seed", "golden"} else "written by a person"
        return f"is {what}, and only candidates are reviewed; leave it out"
    if case["split"] == "holdout":
        return "lies in the holdout, which is never touched; leave it out"
    if case["content_sha256"] is None:
        return "has no text (a stub for its results), so there is nothing to judge; leave it out"
    judged = told["content_sha256"]
    if judged is not None and judged != case["content_sha256"]:
        return (
            f"has the content_sha256 {shown(str(judged)[:12])} and is stored with {shown(case['content_sha256'][:12])}: "
            "another text was judged; export it again and review that"
        )
    return ""


def _nobody(told: Mapping[str, Any], case: Mapping[str, Any], now: dt.datetime) -> str:
    """Say whether it is missing which person decided, or when."""
    at = told["at"]
    if not (isinstance(told["reviewer"], str) and told["reviewer"].strip()):
        return "has no reviewer; say who decided"
    if wrote(told["reviewer"], case):
        return (
            f"has the reviewer {shown(told['reviewer'])}, which is the generator that wrote it; "
            "models propose and people decide, so name the person who did"
        )
    if not isinstance(at, dt.datetime):
        return "has no time; say when it was decided"
    if at.tzinfo is None:
        return "was decided at a time without a timezone; name the zone, such as 2026-03-04T10:15:00Z"
    if at > now:
        return f"was decided in the future ({at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC); write when it was decided"
    return ""


def no_verdict(told: Mapping[str, Any], rubric: Rubric) -> str:
    """Say whether a decision lacks a verdict by the rubric, or a reason for it, or nothing."""
    verdict, expected, event = told["verdict"], told["expected"], told["event"]
    if event is not None and event not in NAMED_EVENTS:
        return f"has the event {shown(event)}; a decision names {' or '.join(NAMED_EVENTS)}, or no event"
    if verdict not in DECISIONS:
        found = f"the verdict {shown(verdict)}, which is none of" if verdict else "no verdict; write one of"
        return f"has {found} {', '.join(DECISIONS)}"
    if expected is not None and rubric.expected and expected not in rubric.expected:
        return (
            f"has the expected value {shown(expected)}, which the rubric does not have; "
            f"it has {', '.join(rubric.expected)}"
        )
    if told["turns"] is not None and verdict != "revise":
        return f"has an edited text with the verdict {verdict}; only revise takes one"
    return _no_reason(verdict, told["reasons"] or [], rubric)


def _no_reason(verdict: str, reasons: Any, rubric: Rubric) -> str:
    if isinstance(reasons, str):
        return f"has the reasons {shown(reasons)} as one text; write a list"
    if verdict in {"reject", "revise"} and not reasons:
        offered = f"; the rubric has {', '.join(rubric.reasons)}" if rubric.reasons else ""
        return f"has the verdict {verdict} without a reason{offered}"
    others = [shown(reason) for reason in reasons if rubric.reasons and reason not in rubric.reasons]
    if others:
        return f"has the reason {listed(others)}, which the rubric does not have; it has {', '.join(rubric.reasons)}"
    return ""


def _read_promise(told: dict[str, Any]) -> str:
    """Put the moment of a provisional label's date in its place, and say what is wrong with it, or nothing."""
    owner, date = told["owner"], told["backfill_by"]
    if owner is None and date is None:
        return ""
    if told["verdict"] != "keep" or told["expected"] is None:
        return "has an owner or a backfill_by, and states no label; only a keep with an expected value takes them"
    if not (isinstance(owner, str) and owner.strip() and isinstance(date, dt.date)):
        return "has a provisional label without owner and backfill_by; say who replaces it and until when"
    due = date if isinstance(date, dt.datetime) else dt.datetime.combine(date, dt.time(), dt.UTC)
    if due.tzinfo is None:
        return "has a backfill_by without a timezone; name the zone, or write the day alone"
    # Measured from the decision: what was recorded once can come again after its date has passed.
    if not told["at"] < due <= told["at"] + TWO_QUARTERS:
        return (
            f"has the backfill_by {due.astimezone(dt.UTC):%Y-%m-%d}; "
            f"write a day within {TWO_QUARTERS.days} days after the decision"
        )
    told["backfill_by"] = due
    return ""


def _read_edit(told: dict[str, Any], case: Mapping[str, Any]) -> str:
    """Put the edited conversation in its place, and say what is wrong with it, or nothing."""
    if told["turns"] is None:
        return ""
    try:
        told["turns"] = edited(told["turns"], case["turns"])
    except UnreadableError as error:
        return f"has an edited text that cannot be taken: it {error}"
    if told["turns"] == case["turns"]:
        return "has an edited text that is the text as it was; edit it, or leave it out"
    return ""


def _held(reviews: pd.DataFrame) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return what is recorded, by who decided about which case and when."""
    decided = reviews.assign(verdict=folds.verdicts(reviews))[reviews["planted"].isna()]
    return {_key(row): _said(row) for row in plain(decided) if row["verdict"] is not None}


def _key(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return told["case_id"], told["reviewer"], told["at"].astimezone(dt.UTC)


def _said(told: Mapping[str, Any]) -> tuple[Any, ...]:
    answers = (told["realistic"], told["fits_cell"], told["expected"], told["note"])
    return told["verdict"], tuple(told["reasons"] or ()), *answers


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows with None for what is missing."""
    plain = frame.astype("object")
    return [
        {str(name): value for name, value in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]
