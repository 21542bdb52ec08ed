"""Candidates: frozen runs that fill cells, mutants that operators make, and cases made elsewhere.

generate.plan_run(shop, plan, places=..., per_cell={"persona": 6}, role=...)   what will be asked for
generate.fill(shop, run, wb.llm.Replay(path))     ask, read the replies strictly, add the cases
generate.mutate_run(shop, ["typo", "shorten"])    mutants of the seed and of kept candidates
generate.runs(shop), generate.slots(shop)         what was asked for, and what became of it
generate.requested(shop)                          how many were asked for by cell
generate.import_cases(shop, file, bucket=...)     candidates that were made elsewhere
"""

from workbench.generate.attacks import ATTACKS, HARMS, Attack
from workbench.generate.filling import Filled, fill
from workbench.generate.history import requested, runs, slots
from workbench.generate.imported import (
    CANDIDATE_BUCKETS,
    CandidateOptions,
    CasesImport,
    import_cases,
)
from workbench.generate.mutation import Mutants, mutate
from workbench.generate.mutation_run import MutationRun, damaged, mutate_run, parents
from workbench.generate.novelty import known_attacks, novelty
from workbench.generate.operators import OPERATORS, Change, Mutated, Operator, protected
from workbench.generate.planning import PER_CELL, persona, plan_run
from workbench.generate.run import Run, Slot

__all__ = [
    "ATTACKS",
    "CANDIDATE_BUCKETS",
    "HARMS",
    "OPERATORS",
    "PER_CELL",
    "Attack",
    "CandidateOptions",
    "CasesImport",
    "Change",
    "Filled",
    "Mutants",
    "Mutated",
    "MutationRun",
    "Operator",
    "Run",
    "Slot",
    "damaged",
    "fill",
    "import_cases",
    "known_attacks",
    "mutate",
    "mutate_run",
    "novelty",
    "parents",
    "persona",
    "plan_run",
    "protected",
    "requested",
    "runs",
    "slots",
]
