"""Grading by a programmatic check: free, at once, and the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.swap.grading.answered import answered
from workbench.swap.grading.checks import check_of, mark
from workbench.swap.grading.graded import Graded, Grader, absent_of, counts_of, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.frozen import Frozen
    from workbench.workspace import Workspace


def grade_by_check(
    workspace: Workspace, frozen: Frozen, models: Sequence[str], check: str, *, setups: Sequence[str] = ()
) -> Graded:
    """Grade the answers of some models to a set by a check, into the table `results`.

    Args:
        workspace: The workspace.
        frozen: The set.
        models: The models.
        check: As of `checks.check_of`; it is the judge of the results, of the family `programmatic`.
        setups: The first digits of the setups whose answers are graded, of models that have several.

    Raises:
        UsageError: There is no such check, or a model has no answers, or those of several setups.
    """
    asked = check_of(check)
    answers = answered(workspace, frozen, models, setups)
    marks = [mark(asked, answer) for answer in answers]
    with workspace.store.transaction() as tx:
        run, is_new = store(tx, workspace, answers, marks, Grader(name=asked.name))
    counts, absent = counts_of(answers, marks), absent_of(answers, frozen, models)
    return Graded(run=run, is_new=is_new, counts=counts, absent=absent, pending={})
