"""How much longer `import workbench` takes than bare Python, run in turn so that drift cancels."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
PROGRAMS = {"bare python": "pass", "import workbench": "import workbench", "import numpy": "import numpy"}


def seconds(program: str) -> float:
    """Return the wall time of one new process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the median of each program and its ratio to bare Python, round by round."""
    rounds = [{name: seconds(program) for name, program in PROGRAMS.items()} for _ in range(ROUNDS)]
    for name in PROGRAMS:
        taken = [found[name] for found in rounds]
        above = [found[name] - found["bare python"] for found in rounds]
        print(
            f"{name:17} median {statistics.median(taken):.3f} s, {statistics.median(above):+.3f} s against bare python"
        )


if __name__ == "__main__":
    main()
