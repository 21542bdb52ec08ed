"""What a reviewer answered in the window becomes a decision, or one sentence that says what it lacks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.review.decisions import COLUMNS, no_verdict, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.settings import Rubric

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
        case: A row of `cases` with `candidate` and `made_here`, or of `checks`.
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
    is_check = "check_id" in case
    fault = no_verdict(told, rubric) if is_check else refusal(told, case, rubric, told["at"])
    if fault:
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
    if type(value) is not kind or (isinstance(value, str) and len(value) > MOST_SIGNS and name != "edited"):
        raise Refused(f"The answer to {name} cannot be read; reload the page and answer again.", name)
    return value


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        raise Refused("Write the date of the backfill as YYYY-MM-DD.", "provisional") from None
