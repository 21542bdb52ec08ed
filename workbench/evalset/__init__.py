"""Stage evalset: a set that a swap can be decided on.

mixes.py     declared compositions by bucket
members.py   which cases a set would hold now
sizes.py     how a mix divides a number of cases, and how large a set the seed carries
needs.py     what a mix lacks, how many candidates that takes, and what they cost
planning.py  all of this for a workspace, and what the set can decide
freezing.py  a set is frozen
history.py   the sets that were frozen, against their files
"""

from workbench.evalset.freezing import freeze, record_use, set_sha256
from workbench.evalset.history import history
from workbench.evalset.members import members, unlabelled
from workbench.evalset.mixes import composed
from workbench.evalset.needs import Progress, needs, progress
from workbench.evalset.planning import Plan, decides, plan
from workbench.evalset.sizes import carries, whole_numbers
from workbench.mixes import PRESETS, group_weights, mixes

__all__ = [
    "PRESETS",
    "Plan",
    "Progress",
    "carries",
    "composed",
    "decides",
    "freeze",
    "group_weights",
    "history",
    "members",
    "mixes",
    "needs",
    "plan",
    "progress",
    "record_use",
    "set_sha256",
    "unlabelled",
    "whole_numbers",
]
