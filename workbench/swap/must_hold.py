"""Must-hold cases: when losing one is more than chance.

A single answer proves little, so a regression takes several trials of both models, and it blocks
only when it would hardly ever happen between two models that pass the case equally often.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

CONFIRMED_TRIALS = 3
"""Trials of each model that a must-hold regression takes."""

CONFIRMED_CHANCE = 0.01
"""How likely a must-hold regression may be under no change and still block."""


@dataclass(frozen=True)
class MustHold:
    """A must-hold case that the baseline passed in all trials and the candidate failed in all."""

    case_id: str
    baseline_trials: int
    candidate_trials: int


def chance_under_no_change(case: MustHold, cases: int) -> float:
    """Return how likely a must-hold regression is when nothing changed, 0-1.

    If the two models pass this case equally often, every way to deal the same passes among all
    trials is equally likely, so a clean split has the chance 1 / C(b + c, b) for b and c trials;
    it is multiplied by the number of must-hold cases that could have regressed (Bonferroni).

    Example:
        >>> round(chance_under_no_change(MustHold("r1", 3, 3), 1), 3)
        0.05
        >>> round(chance_under_no_change(MustHold("r1", 5, 5), 2), 4)
        0.0079
    """
    one = 1 / math.comb(case.baseline_trials + case.candidate_trials, case.baseline_trials)
    return min(1.0, one * max(1, cases))


def trials_to_confirm(cases: int) -> int:
    """Return the trials of each model after which a must-hold regression is unlikely enough under no change to block.

    Example:
        >>> trials_to_confirm(1), trials_to_confirm(3)
        (5, 6)
    """
    return next(
        n
        for n in itertools.count(CONFIRMED_TRIALS)
        if chance_under_no_change(MustHold("", n, n), cases) <= CONFIRMED_CHANCE
    )
