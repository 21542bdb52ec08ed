"""The audit of a review: what its sittings show of pace, drift, streaks, checks and agreement.

It speaks of sittings and not of people: a sitting that stands out may have had the dull part of the
queue. What it doubts is left out of survival once, beside the number that stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import counted
from workbench.review.audit.decisions import decided
from workbench.review.audit.doubts import doubtful, unknown, with_and_without
from workbench.review.audit.pairs import agreements
from workbench.review.audit.pauses import tiring
from workbench.review.audit.sittings import numbers, timed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["Audit", "audit", "tiring"]


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the sittings of a review show.

    Attributes:
        decisions: One row per sitting and thing decided, in the order shown; see
            `workbench.review.audit.decisions.decided` and `workbench.review.audit.sittings.timed`.
        numbers: One row per sitting and number: `session_id`, the columns of
            `workbench.review.audit.number.Number`, and `stands_out` (bool).
        agreement: How far reviewers agree, by question and measure.
        survival: Survival with all decisions and without doubtful ones; see
            `workbench.review.audit.doubts.with_and_without`.
    """

    decisions: pd.DataFrame
    numbers: pd.DataFrame
    agreement: pd.DataFrame
    survival: pd.DataFrame

    @property
    def standing_out(self) -> list[str]:
        """The sittings of which a number stands out, in their order."""
        found = self.numbers.loc[self.numbers["stands_out"].astype(bool), "session_id"]
        return [*dict.fromkeys(found)]

    def __str__(self) -> str:
        many = self.decisions["session_id"].nunique()
        return f"{counted(many, 'sitting')}, {len(self.standing_out)} of which stand out"


def audit(
    cases: pd.DataFrame,
    reviews: pd.DataFrame,
    checks: pd.DataFrame,
    places: pd.DataFrame | None = None,
    *,
    expected: Sequence[str] = (),
) -> Audit:
    """Audit the sittings of a review.

    How well this tells sittings apart is simulated in tests/review/test_audit_simulated.py: 200
    decisions with 10 bad and 10 good checks among them, beside three careful sittings.

    Args:
        cases: The whole table `cases`.
        reviews: The table `reviews`.
        checks: The table `checks`.
        places: Where each case lies, as `workbench.grid.placed` returns it; none without a grid.
        expected: The values that a label may have, as the rubric names them.
    """
    made = timed(decided(cases, reviews, checks, places))
    found = numbers(made)
    return Audit(
        decisions=made,
        numbers=found,
        agreement=agreements(made, cases, expected),
        survival=with_and_without(cases, reviews, doubtful(made, found), unknown(made, found)),
    )
