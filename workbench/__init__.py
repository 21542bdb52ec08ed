"""A workbench that turns a few hundred real conversations into a set that can decide a model swap.

    import workbench as wb

    shop = wb.open("data/demo")          # a workspace: shop.cases, shop.labels, shop.case("demo-0001")
    wb.seed.audit(shop.cases, shop.labels)

A stage is a module: `wb.seed`, `wb.grid`, `wb.generate`, `wb.measure`, `wb.review`, `wb.evalset`,
`wb.swap`, `wb.report`.
Importing the package loads none of them, and no large library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench import evalset, generate, grid, llm, measure, report, review, seed, stats, swap
    from workbench.workspace import Workspace, init, open  # noqa: A004 - wb.open reads as it should

__version__ = "0.1.0"

_MODULES = ("evalset", "generate", "grid", "llm", "measure", "report", "review", "seed", "stats", "swap")
_WORKSPACE = ("Workspace", "init", "open")

__all__ = [
    "WorkbenchError",
    "Workspace",
    "evalset",
    "generate",
    "grid",
    "init",
    "llm",
    "measure",
    "open",
    "report",
    "review",
    "seed",
    "stats",
    "swap",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"workbench.{name}")
    if name in _WORKSPACE:
        return getattr(import_module("workbench.workspace"), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
