"""Answering a frozen set: a model under test, or any Python function, in so many trials.

who.py        who answers, and the setup that answers are kept apart by
reading.py    how a case is put to whoever answers
planning.py   which answers are asked for, which cases cannot be, and what it will cost
functions.py  a Python function as a client
answering.py  asking, and storing what comes as it comes
"""

from workbench.swap.answering.answering import Answers, answer, answerer
from workbench.swap.answering.planning import Plan, plan_answers
from workbench.swap.answering.who import Function, function, under_test

__all__ = [
    "Answers",
    "Function",
    "Plan",
    "answer",
    "answerer",
    "function",
    "plan_answers",
    "under_test",
]
