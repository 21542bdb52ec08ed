"""The keyboard operator beside nlpaug's keyboard augmenter, in turn, where nlpaug is installed.

nlpaug is no dependency of this project, not even for its tests. The two do not do the same: nlpaug
also damages numbers and addresses, and logs nothing; ours finds and spares them within its time.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.generate import OPERATORS
from workbench.generate.operators.keyboard import mistypable
from workbench.generate.operators.protected import protected
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
COPIES = 5
"""Mutants per case, as in a pool of five times the seed."""

SEED = Path(__file__).parents[1] / "data" / "demo" / "seed.jsonl"


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measured(texts: list[str]) -> dict[str, float]:
    """Return microseconds per mutant of each, the median of some rounds."""
    rng = np.random.default_rng(1)
    typo = OPERATORS["typo"]
    cases = [[{"role": "user", "text": text}] for text in texts]

    def ours(copies: int) -> None:
        # Without this, later rounds would find what they know of each text remembered.
        protected.cache_clear()
        mistypable.cache_clear()
        for turns in cases:
            for _ in range(copies):
                typo(turns, rng)

    runs: dict[str, Callable[[], object]] = {"one": lambda: ours(1), "copies": lambda: ours(COPIES)}
    if importlib.util.find_spec("nlpaug"):
        from nlpaug.augmenter.char import KeyboardAug

        augmenter = KeyboardAug()
        runs["nlpaug"] = lambda: [augmenter.augment(text) for text in texts]
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            made = len(texts) * (COPIES if name == "copies" else 1)
            times[name].append(seconds(run) / made * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    """Print the times for the demo's cases, and for five of them at a time as one long message."""
    short = [user_text(json.loads(line)["turns"]) for line in SEED.read_text("utf-8").splitlines()]
    long = [" ".join(short[start : start + 5]) for start in range(0, len(short), 5)]
    for texts in (short, long):
        took = measured(texts)
        print(
            f"{statistics.mean(map(len, texts)):.0f} characters a case: typo {took['one']:.0f} microseconds a mutant, "
            f"{took['copies']:.0f} with {COPIES} mutants a case",
            end="",
        )
        if "nlpaug" in took:
            once, pool = took["nlpaug"] / took["one"], took["nlpaug"] / took["copies"]
            print(f"; nlpaug's keyboard {took['nlpaug']:.0f}, {once:.1f} and {pool:.1f} times as long")
        else:
            print("; nlpaug is not installed, so it was not measured beside it")


if __name__ == "__main__":
    main()
