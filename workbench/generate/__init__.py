"""Candidates: frozen runs that fill cells, mutants that operators make, and cases made elsewhere.

generate.plan_run(shop, plan, places=..., per_cell={"persona": 6}, role=...)   what will be asked for
generate.forecast(shop, run, price)               tokens and dollars of what is open, before anything is asked
generate.client_for(shop, run, role)              the client that asks the model of a role, under a cap (`with ... as`)
generate.fill(shop, run, client)                  ask, read the replies strictly, add the cases
generate.plan_paraphrases(shop, count=40, role=role)   cases said in other words by a model, as a run of its own
generate.mutate_run(shop, ["typo", "shorten"])    mutants of the seed and of kept candidates
generate.runs(shop), generate.slots(shop)         what was asked for, and what became of it
generate.spent(shop)                              what the calls of each run have cost
generate.requested(shop)                          how many were asked for by cell
generate.import_cases(shop, file, bucket=...)     candidates that were made elsewhere
"""

from workbench.generate.asking import ask, client_for, generator, standing
from workbench.generate.attacks import ATTACKS, HARMS, Attack
from workbench.generate.copies import copies
from workbench.generate.filling import Filled, fill
from workbench.generate.forecast import Forecast, forecast
from workbench.generate.hints import SAME_WORDS, withheld
from workbench.generate.history import requested, runs, slots, spent
from workbench.generate.imported import (
    CANDIDATE_BUCKETS,
    CandidateOptions,
    CasesImport,
    import_cases,
)
from workbench.generate.mutation import Mutants, mutate
from workbench.generate.mutation_run import MutationRun, damaged, mutate_run, parents
from workbench.generate.novelty import known_attacks, novelty
from workbench.generate.operators import OPERATORS, Change, Mutated, Operator, Scene, protected
from workbench.generate.planning import PER_CELL, persona, plan_paraphrases, plan_run
from workbench.generate.run import Run, Slot
from workbench.llm.asking import price_of

__all__ = [
    "ATTACKS",
    "CANDIDATE_BUCKETS",
    "HARMS",
    "OPERATORS",
    "PER_CELL",
    "SAME_WORDS",
    "Attack",
    "CandidateOptions",
    "CasesImport",
    "Change",
    "Filled",
    "Forecast",
    "Mutants",
    "Mutated",
    "MutationRun",
    "Operator",
    "Run",
    "Scene",
    "Slot",
    "ask",
    "client_for",
    "copies",
    "damaged",
    "fill",
    "forecast",
    "generator",
    "import_cases",
    "known_attacks",
    "mutate",
    "mutate_run",
    "novelty",
    "parents",
    "persona",
    "plan_paraphrases",
    "plan_run",
    "price_of",
    "protected",
    "requested",
    "runs",
    "slots",
    "spent",
    "standing",
    "withheld",
]
