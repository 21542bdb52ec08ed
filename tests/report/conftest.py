"""Fixtures for the report: a swap's run folder, kind and hostile, and its report drawn once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

# Tests are no package, so what they share is loaded by its path and known by its name.
for name in ("hostile", "notebooks", "sample_swap"):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])

import sample_swap  # noqa: E402 - it is loaded above

from workbench.report import swap  # noqa: E402


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a swap that is blocked."""
    return sample_swap.write(tmp_path_factory.mktemp("runs") / "swap")


@pytest.fixture(scope="session")
def run(run_dir: Path) -> swap.SwapRun:
    """The same, read."""
    return swap.read(run_dir)


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> swap.SwapRun:
    """A run with hostile texts in every place that may hold one."""
    return swap.read(sample_swap.write(tmp_path_factory.mktemp("runs") / "hostile", hostile=True))
