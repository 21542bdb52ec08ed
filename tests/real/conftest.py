"""Real data made by others, read where it lies: nothing of it is copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, beside the checkout or named by WORKBENCH_REAL_DATA."""
    folder = Path(os.environ.get("WORKBENCH_REAL_DATA", BESIDE))
    if not folder.is_dir():
        pytest.skip("the real data (Banking77, Bitext, BFCL, tau-bench) is not on this machine")
    return folder
