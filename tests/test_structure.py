"""What the house is built like: light to import, its layers kept, its modules small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from workbench.tables import dictionary

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "workbench").rglob("*.py"))

HEAVY = (
    "altair", "anthropic", "ipywidgets", "nbconvert", "numba", "numpy", "openai", "pandas", "papermill", "pyarrow",
    "scipy", "sentence_transformers", "sklearn", "sqlalchemy", "statsmodels", "torch", "umap",
)  # fmt: skip


@pytest.mark.parametrize("start", ["import workbench", "import workbench.cli"])
def test_importing_loads_no_large_library(start: str) -> None:
    """By what is loaded, not by the clock; `benchmarks/imports.py` shows the time."""
    program = f"{start}, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_sorted() -> None:
    assert all(getattr(workbench, name) is not None for name in workbench.__all__)
    assert sorted(workbench.__all__, key=str.casefold) == sorted(set(workbench.__all__), key=str.casefold)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        workbench.nonsense  # noqa: B018 - the access is the test


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_hold_one_idea(module: Path) -> None:
    """A module over 320 lines or a function over 45, its docstring not counted, holds more than one."""
    source = module.read_text("utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    long = [f.name for f in functions if _lines(f) > 45]

    assert len(source.splitlines()) <= 320 or module.name == "tables.py"  # one declaration, by the design
    assert long == []


def _lines(function: ast.FunctionDef) -> int:
    documented = ast.get_docstring(function) is not None and len(function.body) > 1
    first = function.body[1 if documented else 0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("word", ["utils", "helpers", "core", "base", "manager", "common"])
def test_no_module_is_named_after_nothing(word: str) -> None:
    assert [path for path in MODULES if path.stem == word] == []


def test_the_data_dictionary_says_what_the_tables_say() -> None:
    """`make dictionary` writes it."""
    assert (ROOT / "data" / "README.md").read_text("utf-8") == dictionary()


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "## Unreleased" in changelog or f"## {workbench.__version__}" in changelog
