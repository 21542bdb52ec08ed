"""Notebooks run strictly, and what they show is safe: tables, charts and pages.

report.enable()                                  make a notebook's charts and tables safe and offline
report.safe_table(frame, caption=...)            a table whose every cell is text
report.safe_chart(chart, title=..., summary=...) a chart that asks no server for anything
report.must_hold({claim: True, ...})             end a notebook with what must be true
report.run(notebook, {...}, output_dir=...)      run it; write <name>.ipynb and <name>.html
report.write_index(folder, entries)               one page that links the reports
report.seed, report.grid, report.generate, ...   what the notebooks 01 to 07 show
"""

from workbench.report import evalset, generate, grid, measure, review, seed, swap
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.charts import Chart, enable, safe_chart
from workbench.report.claims import must_hold
from workbench.report.index import Entry, write_index
from workbench.report.markup import Shown, sentence
from workbench.report.page import export
from workbench.report.parameters import Parameter, declared
from workbench.report.runner import Run, find_notebook, run

__all__ = [
    "Chart",
    "Entry",
    "Look",
    "Parameter",
    "Remark",
    "Run",
    "Shown",
    "declared",
    "enable",
    "evalset",
    "export",
    "find_notebook",
    "generate",
    "grid",
    "measure",
    "must_hold",
    "review",
    "run",
    "safe_chart",
    "safe_table",
    "seed",
    "sentence",
    "swap",
    "write_index",
]
