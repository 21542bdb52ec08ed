"""Small notebooks for tests of the runner and of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def write(path: Path, *cells: str, parameters: str = "") -> Path:
    """Write a notebook; a cell that starts with # is Markdown."""
    nodes = [new_markdown_cell(cell) if cell.startswith("#") else new_code_cell(cell) for cell in cells]
    if parameters:
        nodes.insert(0, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    nbformat.write(new_notebook(cells=nodes, metadata=KERNEL), path)
    return path
