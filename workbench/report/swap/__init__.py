"""A swap's report, part by part, from the run folder that the swap left: what notebook 07 shows.

    run = report.swap.read("reports/2026-11-20-...")
    report.swap.headline(run)       the verdict, why, and what to do next
    report.swap.side_by_side(run)   real, synthetic, golden, red team and mixed in one table
    report.swap.cases(run, "lost")  every lost real case with both answers

The verdict was computed once, by the swap. Nothing here computes or changes one.
"""

from workbench.report.swap.case_list import cases
from workbench.report.swap.check import claims
from workbench.report.swap.evidence import (
    families,
    inputs,
    labels,
    missing,
    provenance,
    reconciled,
    self_test,
)
from workbench.report.swap.folder import SwapRun, read
from workbench.report.swap.groups import (
    audit,
    contradiction,
    failure_modes,
    intervals,
    levels,
    side_by_side,
    slices,
)
from workbench.report.swap.reach import outcomes, power
from workbench.report.swap.verdict import headline

__all__ = [
    "SwapRun",
    "audit",
    "cases",
    "claims",
    "contradiction",
    "failure_modes",
    "families",
    "headline",
    "inputs",
    "intervals",
    "labels",
    "levels",
    "missing",
    "outcomes",
    "power",
    "provenance",
    "read",
    "reconciled",
    "self_test",
    "side_by_side",
    "slices",
]
