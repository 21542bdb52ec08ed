"""Candidates: cases that were made elsewhere, and mutants that operators make of cases."""

from workbench.generate.imported import (
    CANDIDATE_BUCKETS,
    CandidateOptions,
    CasesImport,
    import_cases,
)
from workbench.generate.mutation import Mutants, inherited, mutate
from workbench.generate.operators import OPERATORS, Change, Mutated, Operator, protected

__all__ = [
    "CANDIDATE_BUCKETS",
    "OPERATORS",
    "CandidateOptions",
    "CasesImport",
    "Change",
    "Mutants",
    "Mutated",
    "Operator",
    "import_cases",
    "inherited",
    "mutate",
    "protected",
]
