"""How long the demo takes: in a new process, twice, as `make demo` runs it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time


def main() -> None:
    """Print the wall time of two runs of `workbench demo` in one scratch folder."""
    with tempfile.TemporaryDirectory() as folder:
        for run in ("first", "second"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "workbench", "demo", f"{folder}/demo"], check=True, capture_output=True
            )
            print(f"{run} run: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
