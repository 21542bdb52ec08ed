"""What notebook 06 shows of a set before it is frozen: its mix, what is short, what it can decide.

The plan is that of `workbench.evalset.plan`; nothing is frozen or dropped here.
"""

from workbench.report.evalset.composition import composition, composition_chart, headline, weights
from workbench.report.evalset.frozen import claims, history, unlabelled
from workbench.report.evalset.reach import candidates, carried, carried_chart, decides, needs

__all__ = [
    "candidates",
    "carried",
    "carried_chart",
    "claims",
    "composition",
    "composition_chart",
    "decides",
    "headline",
    "history",
    "needs",
    "unlabelled",
    "weights",
]
