"""What a reviewer answered in the window becomes a decision, or one sentence that says what it lacks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.review.decisions import COLUMNS, refusal
from workbench.tables import CASES, LABELS
from workbench.text import last_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.settings import Rubric
    from workbench.store import Transaction

MOST_SIGNS = 20_000
"""Characters of a note or name, which nobody writes by hand in an afternoon."""


class Refused(Exception):  # noqa: N818 - the reviewer goes on; nothing broke
    """A decision that lacks something.

    Args:
        text: One sentence for the reviewer.
        field: The answer that it is about; empty for the whole decision.
    """

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def read(
    message: Mapping[str, Any], case: Mapping[str, Any], rubric: Rubric, *, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a decision.

    Args:
        message: What the window sent: `verdict`, `realistic`, `expected`, `fits_cell`, `reasons`, `note`,
            `edited`, `provisional` ({owner, backfill_by}) and `visible_ms`.
        case: A row of `cases` or `checks` with `candidate` and `made_here`.
        rubric: The rubric.
        about: What the window does not say: the case, the reviewer, the moment, the sitting.

    Returns:
        The columns of `workbench.review.decisions.COLUMNS`.

    Raises:
        Refused: It lacks something.
    """
    told = dict[str, Any](dict.fromkeys(COLUMNS)) | dict(about)
    told["verdict"] = _one_of(message, "verdict", str)
    for name, kind in (("realistic", bool), ("fits_cell", bool), ("expected", str), ("visible_ms", int)):
        told[name] = _one_of(message, name, kind)
    told["reasons"] = [
        reason for reason in message.get("reasons") or () if isinstance(reason, str) and reason
    ]
    told["note"] = _one_of(message, "note", str) or None
    told["turns"] = _one_of(message, "edited", str)
    promise = message.get("provisional")
    if isinstance(promise, dict):
        told |= {"owner": promise.get("owner"), "backfill_by": _day(promise.get("backfill_by"))}
    _complete(told, has_cell=bool(case["cell"]))
    if fault := refusal(told, case, rubric, told["at"]):
        raise Refused(
            f"The decision {fault}.", "edited" if told["turns"] is not None and "edited" in fault else ""
        )
    return told


def _complete(told: Mapping[str, Any], *, has_cell: bool) -> None:
    """Refuse what is not answered yet, the first question first."""
    verdict = told["verdict"]
    if verdict in {"reject", "revise"} and not told["reasons"]:
        raise Refused(f"Choose a reason: a {verdict} says why.", "reasons")
    if verdict != "keep":
        return
    if told["realistic"] is None:
        raise Refused("Say first whether a real customer could have written this.", "realistic")
    if not told["realistic"]:
        raise Refused("A case that no customer would write is not kept: reject or revise it.", "realistic")
    if not told["expected"]:
        raise Refused("Say which outcome is expected.", "expected")
    if has_cell and told["fits_cell"] is None:
        raise Refused("Say whether it fits the cell that it claims.", "fits_cell")


def _one_of(message: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return an answer of its kind; what another kind says is no answer."""
    value = message.get(name)
    if value is None or (kind is str and not value):
        return None
    is_long = isinstance(value, str) and len(value) > MOST_SIGNS and name != "edited"
    if type(value) is not kind or is_long or (isinstance(value, str) and is_torn(value)):
        raise Refused(f"The answer to {name} cannot be read; reload the page and answer again.", name)
    return value


def is_torn(text: str) -> bool:
    """Say whether a text holds half of a pair of surrogates, which no database keeps.

    Example:
        >>> is_torn("where is it?"), is_torn(chr(0xD83D))
        (False, True)
    """
    return any("\ud800" <= character <= "\udfff" for character in text)


def edit_of(tx: Transaction, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the candidate that a revise brought about, a row of `cases`; None where there is none."""
    if event["decision"] != "revise":
        return None
    made = tx.rows(CASES, author=event["reviewer"])
    own = (row for row in made if event["case_id"] in row["parent_ids"] and row["created_at"] == event["at"])
    return next(own, None)


def answered(tx: Transaction, event: Mapping[str, Any], child: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was answered when a decision was made, as the window keeps a half-filled form.

    Args:
        tx: The transaction to read in.
        event: The decision.
        child: What it brought about; see `edit_of`.
    """
    form = {name: event[name] for name in ("realistic", "expected", "fits_cell", "reasons", "note")}
    labels = tx.rows(LABELS, case_id=event["case_id"], author=event["reviewer"], kind="provisional")
    promised = next((label for label in labels if label["created_at"] == event["at"]), None)
    if promised:
        day = promised["backfill_by"].date().isoformat()
        form["provisional"] = {"owner": promised["owner"], "backfill_by": day}
    if child:
        form["edited"] = last_user(child["turns"])
    return form


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        raise Refused("Write the date of the backfill as YYYY-MM-DD.", "provisional") from None
