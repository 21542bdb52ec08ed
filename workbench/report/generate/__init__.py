"""What notebook 03 shows of generation: what runs asked for, what came, and what it was made of.

The frames are those of `workbench.generate.runs` and `slots`; nothing is generated here.
"""

from workbench.report.generate import redteam
from workbench.report.generate.claims import claims
from workbench.report.generate.copies import copied, copies_chart
from workbench.report.generate.examples import changes, examples
from workbench.report.generate.made import filled_map, headline, hints, mutation, provenance, unfilled
from workbench.report.generate.spending import costs, planned, spending
from workbench.report.generate.words import batches, key_words

__all__ = [
    "batches",
    "changes",
    "claims",
    "copied",
    "copies_chart",
    "costs",
    "examples",
    "filled_map",
    "headline",
    "hints",
    "key_words",
    "mutation",
    "planned",
    "provenance",
    "redteam",
    "spending",
    "unfilled",
]
