"""Stage swap: outcomes in, a verdict out.

results.py     outcomes of models on cases, from a file into the table `results`
outcomes.py    what counts as a pass
stubs.py       cases without text, for results alone
reconcile.py   expected against found counts
selection.py   which outcomes a swap is decided on
cases.py       one row per case of the set
comparison.py  the paired comparison per group and bucket
evidence.py    what the rule looks at, and the numbers beside it
verdict.py     the rule
must_hold.py   when losing a must-hold case is more than chance
advice.py      what to do next
part.py        one question about a swap, answered beside the verdict
beside.py      all of them
weighing.py    what a mix says at every weight, by the named mixes, and by the shares of production
chances.py     how likely the candidate is worse
bounds.py      how far missing outcomes could move each group
reach.py       what the numbers on power assume, and what each look costs
history/       the last swaps together, and whether the synthetic set has drifted
labelled.py    a judge's verdicts beside what humans said of the same answers
calibration.py how far a judge agrees with humans, and a group's numbers without its errors
favour.py      whether a judge favours what its own vendor wrote
judging.py     these three, for the judge that gates
human_rates.py pass rates of any models as humans would give them
label_sample.py, label_sheet.py  answers drawn for humans to judge, and their way back
diagnostics.py whether the mix is bad; its parts ask where (_cells), how far (_gaps), how cases fail (_modes), which words (_words)
looks.py       how often a pair has been looked at
self_test.py   the questions that are asked before a set is trusted
answering/     the answers of a model or a function to a frozen set
grading/       answers become outcomes, by a check or by a judge, whose flip rate is measured
record.py      verdict.json and verdict.md
folder.py      the files of a run folder
run.py         a swap from frozen set to run folder
"""

from workbench.swap.answering import answer, answerer, plan_answers, under_test
from workbench.swap.history import History, history
from workbench.swap.history.staleness import Staleness, staleness
from workbench.swap.human_rates import human_rates
from workbench.swap.label_sheet import LabelSheet, export_labels
from workbench.swap.outcomes import Polarity
from workbench.swap.results import ResultsImport, import_results
from workbench.swap.rows import Declared
from workbench.swap.run import Swap, run_swap
from workbench.swap.selection import Question

__all__ = [
    "Declared",
    "History",
    "LabelSheet",
    "Polarity",
    "Question",
    "ResultsImport",
    "Staleness",
    "Swap",
    "answer",
    "answerer",
    "export_labels",
    "history",
    "human_rates",
    "import_results",
    "plan_answers",
    "run_swap",
    "staleness",
    "under_test",
]
