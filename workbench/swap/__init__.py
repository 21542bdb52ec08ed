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
looks.py       how often a pair has been looked at
self_test.py   the questions that are asked before a set is trusted
record.py      verdict.json and verdict.md
folder.py      the files of a run folder
run.py         a swap from frozen set to run folder
"""

from workbench.swap.outcomes import Polarity
from workbench.swap.results import ResultsImport, import_results
from workbench.swap.rows import Declared
from workbench.swap.run import Swap, run_swap
from workbench.swap.selection import Question

__all__ = ["Declared", "Polarity", "Question", "ResultsImport", "Swap", "import_results", "run_swap"]
