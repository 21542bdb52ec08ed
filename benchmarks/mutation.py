"""Every operator beside nlpaug's keyboard augmenter, in turn, where nlpaug is installed.

nlpaug is no dependency of this project, not even for its tests. To measure beside it, install nlpaug==1.1.11
into a folder of its own (`pip install --target FOLDER --no-deps nlpaug==1.1.11 gdown`, which it imports) and put that
folder on PYTHONPATH. The two do not do the same: nlpaug also damages numbers and addresses, and logs
nothing; ours finds and spares them within its time. Each operator is measured alone, over texts of which
nothing is remembered, and as a run uses it: all of them on one parent after the other.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import statistics
import time
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from workbench.generate import OPERATORS, mutate
from workbench.generate.operators.protected import hidden, protected
from workbench.generate.operators.statements import spoken, statements
from workbench.tables import CASES
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.generate import Operator

ROUNDS = 25
SEED = Path(__file__).parents[1] / "data" / "demo" / "seed.jsonl"
REMEMBERED = (protected, hidden, statements, spoken)


class Times(NamedTuple):
    """Microseconds per call, of each round.

    Attributes:
        alone: By operator, each over texts of which nothing is known yet.
        together: By operator, where all of them mutate one parent after the other, as a run does.
        nlpaug: Of nlpaug's keyboard augmenter; empty where it is not installed.
    """

    alone: dict[str, list[float]]
    together: dict[str, list[float]]
    nlpaug: list[float]


def microseconds(run: Callable[[], object], made: int) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) / made * 1e6


def forget() -> None:
    for remembered in REMEMBERED:
        remembered.cache_clear()


def mutated(operator: Operator, cases: list[list[dict[str, str]]], rng: Random) -> None:
    for turns in cases:
        operator(turns, rng)


def measured(texts: list[str]) -> Times:
    """Measure every operator, and nlpaug in each round between them."""
    rng = Random(1)  # noqa: S311 - chance that comes again, no secret
    cases = [[{"role": "user", "text": text}] for text in texts]
    times = Times({name: [] for name in OPERATORS}, {name: [] for name in OPERATORS}, [])
    augment = None
    if importlib.util.find_spec("nlpaug"):
        from nlpaug.augmenter.char import KeyboardAug

        augment = KeyboardAug().augment
    for _ in range(ROUNDS):
        if augment:
            times.nlpaug.append(microseconds(lambda: [augment(text) for text in texts], len(texts)))
        for name, operator in OPERATORS.items():
            forget()
            times.alone[name].append(microseconds(partial(mutated, operator, cases, rng), len(cases)))
        forget()
        together = dict.fromkeys(OPERATORS, 0.0)
        for turns in cases:
            for name, operator in OPERATORS.items():
                together[name] += microseconds(partial(operator, turns, rng), len(cases))
        for name, took in together.items():
            times.together[name].append(took)
    return times


def whole(texts: list[str]) -> float:
    """Return microseconds per mutant with its lineage, hashes and checked row, as `mutate` makes it."""
    parents = rows(texts)
    return statistics.median(
        microseconds(lambda: mutate(parents, ["typo"], seed=1), len(texts)) for _ in range(ROUNDS // 5)
    )


def rows(texts: list[str]) -> pd.DataFrame:
    same = {
        "bucket": "seed", "tag": "prod", "parent_ids": [], "must_hold": False, "operators": [], "taxonomy": [],
        "hint_ids": [], "split": "eval", "extra": {}, "created_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    }  # fmt: skip
    return CASES.frame(
        {"case_id": f"c{number}", "root_id": f"c{number}", "turns": [{"role": "user", "text": text}], **same}
        for number, text in enumerate(texts)
    )


def main() -> None:
    """Print the times for the demo's cases, and for five of them at a time as one long message."""
    short = [user_text(json.loads(line)["turns"]) for line in SEED.read_text("utf-8").splitlines()]
    long = [" ".join(short[start : start + 5]) for start in range(0, len(short), 5)]
    for texts in (short, long):
        times = measured(texts)
        print(
            f"{statistics.mean(map(len, texts)):.0f} characters a case; microseconds a call, median of {ROUNDS}"
        )
        if times.nlpaug:
            print(
                f"  nlpaug's keyboard {statistics.median(times.nlpaug):.1f}; in brackets, how many times that is"
            )
        else:
            print("  nlpaug is not installed, so it was not measured beside them")
        mean = [statistics.mean(took) for took in zip(*times.together.values(), strict=True)]
        for name in OPERATORS:
            alone, together = (told(took[name], times.nlpaug) for took in (times.alone, times.together))
            print(f"  {name:19} alone {alone}, in a run {together}")
        print(f"  {'all of them':19} in a run {told(mean, times.nlpaug)} on average")
        print(f"  a typo with lineage, hashes and a checked row {whole(texts):.0f}")


def told(ours: list[float], theirs: list[float]) -> str:
    """Return the median time, and the median of the ratios to nlpaug in the same round."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=False)]
    ratio = f" ({statistics.median(ratios):4.1f})" if ratios else ""
    return f"{statistics.median(ours):5.1f}{ratio}"


if __name__ == "__main__":
    main()
