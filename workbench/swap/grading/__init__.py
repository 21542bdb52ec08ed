"""Grading answers: rows of `answers` become rows of `results`.

answered.py    the answers to be graded, each with its case and the label that counts
checks.py      programmatic checks
checking.py    grading by one of them
lineage.py     whether a judge may grade
prompting.py   what a judge is sent: instructions apart from data, and the canary
readings.py    what a judge replies
plan.py        what a judge will be asked
judging.py     grading by a judge
probing.py     failed answers judged again
injections.py  planted instructions
flips.py       how often they turn a fail into a pass
marks.py       what a grader said of one answer
graded.py      the results, and the table of marks
"""

from workbench.swap.grading.checking import grade_by_check
from workbench.swap.grading.graded import Graded
from workbench.swap.grading.judging import Asking, judge
from workbench.swap.grading.plan import PROBED, Judging, expected_cost, plan_judging

__all__ = [
    "PROBED",
    "Asking",
    "Graded",
    "Judging",
    "expected_cost",
    "grade_by_check",
    "judge",
    "plan_judging",
]
