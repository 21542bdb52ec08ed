"""What a grader said of one answer."""

from __future__ import annotations

from typing import NamedTuple

NO_LABEL, NOT_COMPUTED = "no label", "not computed"
CANNOT_TELL, MALFORMED, CANARY, NOT_TAKEN = "cannot tell", "malformed", "canary leaked", "not taken"

WHY = (CANNOT_TELL, MALFORMED, CANARY, NOT_TAKEN, NOT_COMPUTED, NO_LABEL)
"""Why an answer can be unscored."""

PENDING = "pending"
"""How an answer is counted whose mark has not come yet."""


class Mark(NamedTuple):
    """What a grader said of one answer.

    Attributes:
        outcome: pass, fail, error or unscored.
        reason: Why, in the grader's words or ours; empty for none.
        failure_mode: How it failed; None where nobody says.
        why: One of `WHY` for what is unscored, else empty.

    Example:
        >>> unscored(MALFORMED, "is not JSON").told
        'malformed: is not JSON'
    """

    outcome: str
    reason: str = ""
    failure_mode: str | None = None
    why: str = ""

    @property
    def told(self) -> str | None:
        """The reason as the table `results` keeps it, by which the ways to be unscored are told apart."""
        return ": ".join(part for part in (self.why, self.reason) if part) or None


def unscored(why: str, reason: str = "") -> Mark:
    """Return the mark of an answer that has no outcome, for one of `WHY`."""
    return Mark("unscored", reason, why=why)
