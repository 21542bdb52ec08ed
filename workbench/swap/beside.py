"""Everything that stands beside a verdict and never decides it, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.swap import bounds, chances, diagnostics, judging, reach, weighing
from workbench.swap.grading import flips
from workbench.swap.history import history_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.store import Transaction
    from workbench.swap.part import Part
    from workbench.swap.selection import Question
    from workbench.swap.verdict import Evidence
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Swapped:
    """A swap that is being decided, as every part sees it.

    Attributes:
        workspace: The workspace.
        frozen: The frozen set.
        question: The two models, and which results and judge are used.
        outcomes: The result rows that it is decided on; see `chosen_outcomes`.
        frame: One row per case; see `case_rows`.
        evidence: What the rule looks at.
        look: The number of this look, which a refused swap does not take.
        alpha: This look's alpha.
        results_sha256: Hash of the outcomes.
    """

    workspace: Workspace
    frozen: Frozen
    question: Question
    outcomes: pd.DataFrame
    frame: pd.DataFrame
    evidence: Evidence
    look: int
    alpha: float
    results_sha256: str


def beside(tx: Transaction, swapped: Swapped) -> Mapping[str, Part]:
    """Return the parts of verdict.json that stand beside the verdict, by name."""
    return {
        "diagnostics": diagnostics.part(tx, swapped),
        "judging": judging.part(tx, swapped),
        "weighing": weighing.part(tx, swapped),
        "chances": chances.part(tx, swapped),
        "missing_bounds": bounds.part(tx, swapped),
        "reach": reach.part(tx, swapped),
        "history": history_part(tx, swapped),
        "judge_flips": flips.part(tx, swapped),
    }
