"""What notebook 03 shows of generation: what runs asked for, what came, and what it was made of.

The frames are those of `workbench.generate.runs` and `slots`; nothing is generated here.
"""

from workbench.report.generate import redteam
from workbench.report.generate.claims import claims
from workbench.report.generate.examples import changes, examples
from workbench.report.generate.made import costs, filled_map, headline, hints, mutation, provenance, unfilled

__all__ = [
    "changes",
    "claims",
    "costs",
    "examples",
    "filled_map",
    "headline",
    "hints",
    "mutation",
    "provenance",
    "redteam",
    "unfilled",
]
