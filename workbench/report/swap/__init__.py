"""A swap's report, part by part, from the run folder that the swap left: what notebook 07 shows.

    run = report.swap.read("reports/2026-11-20-...")
    report.swap.headline(run)       the verdict, why, and what to do next
    report.swap.side_by_side(run)   real, synthetic, golden, red team and mixed in one table
    report.swap.cases(run, "lost")  every lost real case with both answers

The verdict was computed once, by the swap. Nothing here computes or changes one.
"""

from workbench.report.swap.case_list import cases
from workbench.report.swap.chances import chances, missing_bounds
from workbench.report.swap.check import claims
from workbench.report.swap.diagnostics import drill_down, gap, gap_chart
from workbench.report.swap.diagnostics_causes import exclusive_modes, trigger_words, trigger_words_chart
from workbench.report.swap.evidence import (
    families,
    inputs,
    labels,
    missing,
    provenance,
    reconciled,
    self_test,
)
from workbench.report.swap.flips import flips
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
from workbench.report.swap.history import history_chart, history_headline, history_signs, history_swaps
from workbench.report.swap.history_drift import history_age, history_drift, history_staleness
from workbench.report.swap.judging import judge, judge_agreement, judge_correction, verdicts
from workbench.report.swap.reach import assumptions, looks, outcomes, power
from workbench.report.swap.verdict import headline
from workbench.report.swap.weighing import mixes, tipping, weights

__all__ = [
    "SwapRun",
    "assumptions",
    "audit",
    "cases",
    "chances",
    "claims",
    "contradiction",
    "drill_down",
    "exclusive_modes",
    "failure_modes",
    "families",
    "flips",
    "gap",
    "gap_chart",
    "headline",
    "history_age",
    "history_chart",
    "history_drift",
    "history_headline",
    "history_signs",
    "history_staleness",
    "history_swaps",
    "inputs",
    "intervals",
    "judge",
    "judge_agreement",
    "judge_correction",
    "labels",
    "levels",
    "looks",
    "missing",
    "missing_bounds",
    "mixes",
    "outcomes",
    "power",
    "provenance",
    "read",
    "reconciled",
    "self_test",
    "side_by_side",
    "slices",
    "tipping",
    "trigger_words",
    "trigger_words_chart",
    "verdicts",
    "weights",
]
