"""Ways to fail that only synthetic, or only real cases show, and whether enough failures were looked at to say so."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.stats.rates import rate
from workbench.swap.diagnostics_gaps import MOST_ROWS
from workbench.swap.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from workbench.swap.selection import Question

UNSEEN = 0.05
"""The chance that a mode is missed in all failures looked at, though it is as frequent there. Source: methods 6.2."""

SHARE_OF_FREE_TEXT, FEWEST_FOR_FREE_TEXT = 0.5, 20
"""A column with a new mode in every second failure names no modes: it holds texts, each written for its case."""

OTHER = {"synthetic": "real", "real": "synthetic"}
ONLY = {group: f"only_{group}" for group in OTHER}

NEXT = "grade with a closed list of failure modes, or import the column failure_mode"

REMEDIES = {
    "synthetic": "The generator writes cases that production may never send. Take fresh cases from production, have people label "
    "them, and rebalance: fewer synthetic cases of this kind, unless they are there to probe it.",
    "real": "The synthetic cases miss what breaks in production. Take fresh cases from production that fail this "
    "way, have people label them, rebalance, and generate for the cells they lie in.",
}
"""Source: the short text; each mode that one group alone shows has its own meaning, and the remedy is the same."""


class Failures(NamedTuple):
    """One group's cases under one model.

    Attributes:
        roots: The root of each scored case.
        modes: For each failed case that has any, its position and the modes it failed by.
        failed: How many cases failed, with a mode or without.
    """

    roots: Sequence[str]
    modes: Mapping[int, set[str]]
    failed: int

    @property
    def failed_roots(self) -> list[str]:
        """The root of each failed case with a mode."""
        return [self.roots[i] for i in self.modes]

    @property
    def effective(self) -> float:
        """Independent failures that would say as much, were relatives to fail all alike (Kish)."""
        counts = np.array(list(Counter(self.failed_roots).values()))
        return float(counts.sum() ** 2 / (counts**2).sum()) if counts.size else 0.0

    def counts(self) -> dict[str, int]:
        """Return how many cases failed, how many of them with a mode, and the roots of these."""
        return {"failed": self.failed, "named": len(self.modes), "roots": len(set(self.failed_roots))}

    def holding(self, mode: str) -> list[int]:
        """Return the positions of the cases that failed by a mode."""
        return [i for i, modes in self.modes.items() if mode in modes]


def failure_modes(frame: pd.DataFrame, outcomes: pd.DataFrame, question: Question, *, alpha: float) -> Part:
    """Return how often each mode occurs in both groups, per model, and which one group alone shows.

    A case fails by every mode that a failed trial of it names. That only one group shows a mode is claimed
    when two things hold: so many failures of the other group were looked at, counted by roots, that a mode
    as frequent there would have been missed with a chance of `UNSEEN` at most; and Fisher's test of both
    groups' failures, at their effective number where they share roots, is significant at alpha by the
    Benjamini-Hochberg rule over all modes and models.

    Args:
        frame: One row per case of the set.
        outcomes: The rows of `results` that the swap is decided on.
        question: The two models.
        alpha: This look's alpha.
    """
    from scipy.stats import false_discovery_control

    models = {"baseline": question.baseline, "candidate": question.candidate}
    found = {
        side: {group: _failures(frame, outcomes[outcomes["model"] == model], side, group) for group in OTHER}
        for side, model in models.items()
    }
    lack = _lacking([one for groups in found.values() for one in groups.values()])
    if lack:
        return Part({}, {"": lack})
    rows = [_row(side, groups, mode) for side, groups in found.items() for mode in _named(groups.values())]
    for row, p in zip(rows, false_discovery_control([row["p"] for row in rows]), strict=True):
        row |= {"p_adjusted": float(p), "reading": _reading(row, found[row["model"]], significant=p <= alpha)}
    rows.sort(
        key=lambda row: (
            not row["reading"].startswith("only"),
            -sum(row[group]["failures"] for group in OTHER),
            row["mode"],
        )
    )
    readings = {only: _summed(rows, group) for group, only in ONLY.items()}
    fields = {
        **readings,
        "remedy": [REMEDIES[group] for group, only in ONLY.items() if readings[only] == "shown"],
        "failures": {
            side: {group: one.counts() for group, one in groups.items()} for side, groups in found.items()
        },
        "rows": rows[:MOST_ROWS],
        "more_rows": max(0, len(rows) - MOST_ROWS),
    }
    return Part(fields)


def enough(share: float) -> int:
    """Return how many failures have to be looked at before a mode of this share is called absent.

    Example:
        >>> [enough(share) for share in (0.05, 0.1, 0.2, 0.3)]
        [59, 29, 14, 9]
    """
    return 1 if share >= 1 else math.ceil(math.log(UNSEEN) / math.log(1 - share))


def _failures(frame: pd.DataFrame, results: pd.DataFrame, side: str, group: str) -> Failures:
    scored = frame[(frame["group"] == group) & (frame[f"{side}_trials"] > 0)]
    position = {case: i for i, case in enumerate(scored["case_id"])}
    failed = results[(results["outcome"] == "fail") & results["case_id"].isin(position)]
    modes: dict[int, set[str]] = {}
    for case, mode in zip(failed["case_id"], failed["failure_mode"], strict=True):
        # A mode is one line, however it was written down.
        told = " ".join(mode.split()) if isinstance(mode, str) else ""
        if told:
            modes.setdefault(position[case], set()).add(told)
    return Failures(scored["root_id"].tolist(), modes, failed["case_id"].nunique())


def _named(groups: Iterable[Failures]) -> list[str]:
    return sorted({mode for one in groups for modes in one.modes.values() for mode in modes})


def _lacking(found: Sequence[Failures]) -> str:
    """Say why modes cannot be compared, with the next step, or nothing."""
    if not any(one.failed for one in found):
        return "no real or synthetic case failed, so there is no failure to compare"
    named, distinct = sum(len(one.modes) for one in found), len(_named(found))
    if not named:
        return f"the results name no failure modes; {NEXT}"
    if named >= FEWEST_FOR_FREE_TEXT and distinct > SHARE_OF_FREE_TEXT * named:
        return f"{distinct:,} different failure modes for {named:,} failures are texts, and no modes; {NEXT}"
    return ""


def _row(side: str, groups: Mapping[str, Failures], mode: str) -> dict[str, Any]:
    from scipy.stats import fisher_exact

    sizes = {group: int(one.effective) for group, one in groups.items()}
    shares = {group: len(one.holding(mode)) / max(1, len(one.modes)) for group, one in groups.items()}
    table = [
        [round(share * sizes[group]), sizes[group] - round(share * sizes[group])]
        for group, share in shares.items()
    ]
    counted = {group: _counted(one, mode) for group, one in groups.items()}
    return {"model": side, "mode": mode, **counted, "p": float(fisher_exact(np.array(table))[1])}


def _counted(one: Failures, mode: str) -> dict[str, Any]:
    """Return how often a mode occurs among a group's failures with a mode, and among its scored cases."""
    holding = one.holding(mode)
    marked = np.zeros(len(one.roots))
    marked[holding] = 1
    of_failures, of_cases = rate(marked[list(one.modes)], one.failed_roots), rate(marked, one.roots)
    told = {
        name: {"rate": found.value, "low": found.low, "high": found.high, "why": found.reason or ""}
        for name, found in (("of_failures", of_failures), ("of_cases", of_cases))
    }
    return {"failures": len(holding), **told}


def _reading(row: Mapping[str, Any], groups: Mapping[str, Failures], *, significant: bool) -> str:
    """Say which group alone shows a mode: `both`, `only_synthetic`, `only_real`, or `unresolved`."""
    alone = [group for group, other in OTHER.items() if not row[other]["failures"]]
    if not alone:
        return "both"
    group = alone[0]
    looked_at = len(set(groups[OTHER[group]].failed_roots))
    shown = significant and looked_at >= enough(row[group]["of_failures"]["rate"])
    return ONLY[group] if shown else "unresolved"


def _summed(rows: Sequence[Mapping[str, Any]], group: str) -> str:
    """Say whether a group alone shows any mode; excluded where the other shows all of its modes."""
    seen = [row["reading"] for row in rows if row[group]["failures"]]
    if ONLY[group] in seen:
        return "shown"
    return "excluded" if seen and set(seen) == {"both"} else "unresolved"
