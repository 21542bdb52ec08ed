"""Whether the synthetic cases have drifted from the real ones over the last swaps, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.stats.paired import Intervals
from workbench.stats.windows import LAST, drift, sign_agreement, trend, window
from workbench.swap.comparison import points
from workbench.swap.self_test import SWAPS_TO_COMPARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from workbench.stats.windows import Finding, Window
    from workbench.swap.history.past import Past

REAL, SYNTHETIC = "real", "synthetic"

APART_PP = 10.0
"""Percentage points by which subsets have to differ to count as disagreeing. Source: the short text."""

DRIFT_FALSE_ALARMS = (0.0, 0.07)
"""Share of windows without drift in which the test raises an alarm, from and to, over the settings that
tests/stats/test_windows.py and test_unseen.py simulate: 65 and 184 real and 153 to 920 synthetic cases of
which 1 to 15 % change, one way or both ways, fresh or reused, with mutants of one parent, a shared baseline,
and chains of baselines. The most are of fresh swaps in which many more synthetic than real cases change one
way; where mutants share few roots and hardly change there are none."""

TREND_FALSE_ALARMS = (0.03, 0.05)
"""The same of the slope of the gap and of each group, where models differ by chance only."""

SIGN_FALSE_ALARMS = (0.62, 0.92)
"""Share of windows without drift in which the mere signs of two estimates differ at least once in five
swaps of 65 real and 153 synthetic cases, both better by 4 points, and both the same. Exact, as above."""

LEVELS: Mapping[str, Mapping[str, float]] = {
    "gap": {SYNTHETIC: 1.0, REAL: -1.0},
    SYNTHETIC: {SYNTHETIC: 1.0},
    REAL: {REAL: 1.0},
}
"""The courses that are followed: synthetic minus real pass rate of the candidates, and each alone."""


class Course(NamedTuple):
    """What a window of swaps says of drift, as it stands in verdict.json, and why what is None is None."""

    fields: Mapping[str, Any]
    why: Mapping[str, str]


def course(
    swaps: Sequence[Past], rows: Sequence[Mapping[str, Any]], *, alpha: float, last: int = LAST
) -> Course:
    """Read the last swaps together.

    Args:
        swaps: Oldest first, shown and used.
        rows: Their `workbench.swap.history.rates.rates`.
        alpha: Level of each test.
        last: How many of the used ones make a window.
    """
    why: dict[str, str] = {}
    used = [(place, swap.pairs) for place, swap in enumerate(swaps) if not swap.unused]
    pairs = [frame for _, frame in used if frame is not None]
    differences = [_groups(frame, frame["candidate"] - frame["baseline"]) for frame in pairs]
    levels = [_groups(frame, frame["candidate"]) for frame in pairs]
    places = [place for place, _ in used]
    fields = {
        "signs": _signs(rows, places, alpha, why),
        "drift": _drift(window(differences, {REAL: 1.0, SYNTHETIC: -1.0}), places, alpha, last, why),
        "trend": {
            name: _trend(name, window(levels, weights), alpha, last, why) for name, weights in LEVELS.items()
        }
        | {"false_alarms": list(TREND_FALSE_ALARMS)},
    }
    return Course(fields, why)


def _groups(pairs: pd.DataFrame, numbers: pd.Series[float]) -> dict[str, tuple[Any, list[str]]]:
    return {
        name: (numbers[own].to_numpy(float), pairs.loc[own, "root_id"].tolist())
        for name in (REAL, SYNTHETIC)
        for own in [pairs["group"] == name]
    }


def _signs(
    rows: Sequence[Mapping[str, Any]], places: Sequence[int], alpha: float, why: dict[str, str]
) -> dict[str, Any]:
    """Count the swaps in which both groups are resolved and agree, and those whose estimates differ in sign."""
    of = {(row["swap"], row["part"]): row for row in rows if row["kind"] == "group"}
    found = sign_agreement(_limits(of, places, REAL), _limits(of, places, SYNTHETIC), alpha=alpha)
    both = [(of.get((place, REAL)), of.get((place, SYNTHETIC))) for place in places]
    compared = [(real, other) for real, other in both if real and other]
    agree = None if found.estimate is None else round(found.estimate * found.n)
    reading = "unresolved"
    if agree is not None and agree < found.n:
        reading = "apart"
    elif agree is not None and found.n >= SWAPS_TO_COMPARE:
        reading = "together"
    _because("signs", ("agree", "by_luck"), found.reason, why)
    return {
        "agree": agree,
        "resolved": found.n,
        "compared": len(compared),
        "by_luck": found.p,
        "reading": reading,
        "estimates_apart": sum(real["delta_pp"] * other["delta_pp"] < 0 for real, other in compared),
        "false_alarms": list(SIGN_FALSE_ALARMS),
    }


def _limits(of: Mapping[tuple[int, str], Mapping[str, Any]], places: Sequence[int], name: str) -> Intervals:
    """Return the limits of a group's difference by swap; NaN where there is none."""
    limits = [
        [np.nan if value is None else value for value in (row.get("low_pp"), row.get("high_pp"))]
        for row in (of.get((place, name), {}) for place in places)
    ]
    low, high = np.array(limits, dtype=np.float64).reshape(-1, 2).T
    return Intervals(low, high)


def _drift(
    seen: Window, places: Sequence[int], alpha: float, last: int, why: dict[str, str]
) -> dict[str, Any]:
    found = drift(seen, last, alpha=alpha)
    _because("drift", ("p", "swap"), found.abrupt.reason, why)
    lines = {"abrupt": found.abrupt, "slow": found.slow}
    told = {
        name: {"reading": _drifted(line, alpha / 2), **_told(f"drift.{name}", line, why)}
        for name, line in lines.items()
    }
    return {
        "reading": "drift" if found.p is not None and found.p < alpha else told["slow"]["reading"],
        "p": found.p,
        "alpha": alpha,
        "false_alarms": list(DRIFT_FALSE_ALARMS),
        "swap": None if found.row is None else places[found.row],
        **told,
    }


def _drifted(line: Finding, alpha: float) -> str:
    """Read one line of the test at its own level."""
    if line.p is None or line.low is None or line.high is None:
        return "unresolved"
    if line.p < alpha:
        return "drift"
    return "no_drift" if max(-line.low, line.high) < APART_PP / 100 else "unresolved"


def _trend(name: str, seen: Window, alpha: float, last: int, why: dict[str, str]) -> dict[str, Any]:
    found = trend(seen, last, alpha=alpha)
    flat = APART_PP / 100 / (last - 1)
    reading = "unresolved"
    if found.low is not None and found.high is not None:
        if found.low > 0 or found.high < 0:
            reading = "climbing" if found.low > 0 else "falling"
        elif max(-found.low, found.high) < flat:
            reading = "flat"
    return {"reading": reading, **_told(f"trend.{name}", found, why)}


def _told(path: str, found: Finding, why: dict[str, str]) -> dict[str, Any]:
    """Return a finding in percentage points, and put the reason of what is None under `why`."""
    numbers = {
        "estimate_pp": points(found.estimate),
        "low_pp": points(found.low),
        "high_pp": points(found.high),
        "p": found.p,
    }
    _because(path, numbers, found.reason, why)
    return numbers | {"n": found.n, "method": found.method}


def _because(path: str, names: Iterable[str], reason: str | None, why: dict[str, str]) -> None:
    if reason:
        why |= {f"{path}.{name}": reason for name in names}
