"""Must-hold cases: when losing one is more than chance.

A single answer proves little, so a regression takes several trials of both models, and it blocks
only when it would hardly ever happen between two models that pass the case equally often.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import bdtrc

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIRMED_TRIALS = 3
"""Trials of each model that a must-hold regression takes."""

CONFIRMED_CHANCE = 0.01
"""How likely a must-hold regression may be under no change and still block."""


@dataclass(frozen=True)
class MustHold:
    """A must-hold case that the baseline passed in all scored trials and the candidate failed in all."""

    case_id: str
    baseline_trials: int
    candidate_trials: int

    @property
    def chance(self) -> float:
        """How likely this clean split is when nothing changed, 0-1.

        If the two models pass the case equally often, every way to deal the same passes among all
        trials is equally likely, so it has the chance 1 / C(b + c, b) for b and c trials.
        """
        return 1 / math.comb(self.baseline_trials + self.candidate_trials, self.baseline_trials)


def chance_under_no_change(lost: Sequence[MustHold], cases: int) -> float:
    """Return how likely it is to lose so many must-hold cases when nothing changed, 0-1.

    The chance that at least so many of the cases that could have regressed do, each with the chance
    of the least telling one: an upper bound, since the others are less likely.

    Args:
        lost: The regressions, at least one.
        cases: Must-hold cases with enough trials to regress, the lost ones among them.

    Example:
        >>> round(chance_under_no_change([MustHold("r1", 3, 3)], 1), 3)
        0.05
        >>> round(chance_under_no_change([MustHold("r1", 5, 5)], 2), 4)
        0.0079
        >>> chance_under_no_change([MustHold(f"r{n}", 3, 3) for n in range(8)], 8) < 1e-9
        True
    """
    return float(bdtrc(len(lost) - 1, max(cases, len(lost)), max(case.chance for case in lost)))


def confirmed(lost: Sequence[MustHold], cases: int) -> tuple[MustHold, ...]:
    """Return the regressions that no chance explains: the most telling ones that hold together.

    Example:
        >>> [case.case_id for case in confirmed([MustHold("r1", 3, 3), MustHold("r2", 6, 6)], 5)]
        ['r2']
    """
    telling = sorted(lost, key=lambda case: case.chance)
    for count in range(len(telling), 0, -1):
        if chance_under_no_change(telling[:count], cases) <= CONFIRMED_CHANCE:
            return tuple(telling[:count])
    return ()


def trials_to_confirm(cases: int) -> int:
    """Return the trials of each model after which one must-hold regression is unlikely enough to block.

    Example:
        >>> trials_to_confirm(1), trials_to_confirm(3)
        (5, 6)
    """
    return next(
        n
        for n in itertools.count(CONFIRMED_TRIALS)
        if chance_under_no_change([MustHold("", n, n)], cases) <= CONFIRMED_CHANCE
    )
