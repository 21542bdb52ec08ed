"""The paired comparison of two models on one frozen set, per group and bucket.

The unit is the case: its score is the mean over its scored trials. A case whose trials all ended
in error or went unscored is missing; missing is never a fail and never 0.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from workbench.stats.clusters import group_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from workbench.stats.clusters import Estimate

Reading = Literal["better", "worse", "equivalent", "not_worse", "unresolved"]

MISSING = ("error", "unscored")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on the cases of one group or bucket.

    Attributes:
        cases: Cases in the set.
        paired: Cases with a scored trial of both models.
        roots: Distinct roots among the paired cases.
        errors: Result rows that ended in an error, of either model.
        unscored: Result rows without a score, of either model.
        baseline_rate: Mean score of the paired cases, 0-1; none without a pair.
        candidate_rate: The same for the candidate.
        lost: Sum over paired cases of what the baseline passed and the candidate failed.
        gained: The reverse.
        delta_pp: Candidate minus baseline, percentage points.
        low_pp: Lower end of the interval.
        high_pp: Upper end of the interval.
        p_midp: McNemar's mid-p; none under shared roots or fractions.
        reading: What the interval says against the margin.
        method: How the interval was made.
        deff: Design effect of shared roots, at least 1.
        effective_n: Independent cases with whole outcomes that would say as much: fewer than the
            pairs under shared roots, perhaps more where trials were averaged.
        why: For each number that is none, the reason.
    """

    cases: int
    paired: int
    roots: int
    errors: int = 0
    unscored: int = 0
    baseline_rate: float | None = None
    candidate_rate: float | None = None
    lost: float
    gained: float
    delta_pp: float | None
    low_pp: float | None
    high_pp: float | None
    p_midp: float | None
    reading: Reading
    method: str
    deff: float | None
    effective_n: float | None
    why: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the fields of verdict.json; the reasons go under its own `why`."""
        row = asdict(self)
        del row["why"]
        return row


@dataclass(frozen=True)
class Number:
    """A number, or the reason why there is none; a 0 may carry its reason too."""

    value: float | None
    why: str = ""


@dataclass(frozen=True)
class Interval:
    """A difference in percentage points with its limits, or the reason why there is none."""

    delta_pp: float | None
    low_pp: float | None
    high_pp: float | None
    why: str = ""

    @classmethod
    def of(cls, estimate: Estimate) -> Interval:
        """Read an estimate of fractions as percentage points."""
        return cls(points(estimate.value), points(estimate.low), points(estimate.high), estimate.reason or "")


def paired_cases(
    members: pd.DataFrame, results: pd.DataFrame, *, baseline: str, candidate: str
) -> pd.DataFrame:
    """Return one row per case of the set with both models' scores.

    Args:
        members: The frozen set: case_id, bucket, group, tag, root_id, split, reviewed.
        results: Rows of the table `results` of one judge.
        baseline: The model in use.
        candidate: The model that would replace it.

    Returns:
        The members' columns and, for each of `baseline` and `candidate`: `<side>_score` (0-1, NaN
        when missing), `<side>_trials` (scored), `<side>_errors`, `<side>_unscored`,
        `<side>_absent` (trials that the other model has on this case and this one has not); `d`
        (candidate minus baseline, NaN when unpaired); `worst_d`: the difference with each missing
        candidate outcome a fail and each missing baseline outcome a pass, whether it ended in
        error, went unscored or is absent; `best_d`: the reverse of it; `change`: lost, gained, same
        or unpaired.
    """
    frame = members.copy()
    found = {
        side: _counts(results[results["model"] == model]).reindex(frame["case_id"]).fillna(0).to_numpy()
        for side, model in (("baseline", baseline), ("candidate", candidate))
    }
    # Who leaves out the trials that failed must not look better for it.
    trials = np.maximum(found["baseline"].sum(axis=1), found["candidate"].sum(axis=1)).clip(min=1)
    for side, counts in found.items():
        passed, failed, errors, unscored = counts.T
        scored = passed + failed
        with np.errstate(invalid="ignore"):
            frame[f"{side}_score"] = passed / np.where(scored > 0, scored, np.nan)
        frame[f"{side}_trials"] = scored.astype(int)
        frame[f"{side}_errors"] = errors.astype(int)
        frame[f"{side}_unscored"] = unscored.astype(int)
        frame[f"{side}_absent"] = (trials - counts.sum(axis=1)).astype(int)
        frame[f"{side}_least"], frame[f"{side}_most"] = passed / trials, (passed + trials - scored) / trials
    frame["d"] = frame["candidate_score"] - frame["baseline_score"]
    frame["worst_d"] = frame.pop("candidate_least") - frame.pop("baseline_most")
    frame["best_d"] = frame.pop("candidate_most") - frame.pop("baseline_least")
    frame["change"] = np.select(
        [frame["d"].isna(), frame["d"] < 0, frame["d"] > 0], ["unpaired", "lost", "gained"], "same"
    )
    return frame


def _counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the outcomes of one model per case: columns pass, fail, error, unscored."""
    table = pd.crosstab(rows["case_id"], rows["outcome"])
    return table.reindex(columns=["pass", "fail", *MISSING], fill_value=0)


def comparison(frame: pd.DataFrame, *, alpha: float, margin: float, whole_roots: bool = False) -> Comparison:
    """Compare two models on some of the rows of `paired_cases`.

    Args:
        frame: Rows of one group or bucket; may be empty.
        alpha: One minus the confidence level.
        margin: The margin as a fraction, e.g. 0.03.
        whole_roots: Take the cases of a root as fully correlated, as the real cases are that decide:
            what is measured could fall when a case is lost.
    """
    complete = frame[frame["d"].notna()]
    numbers = difference(
        complete["d"].to_numpy(float),
        complete["root_id"].to_numpy(),
        alpha=alpha,
        margin=margin,
        whole_roots=whole_roots,
    )
    rates = {
        f"{side}_rate": float(complete[f"{side}_score"].mean()) if len(complete) else None
        for side in ("baseline", "candidate")
    }
    why = dict(numbers.why)
    if complete.empty:
        why |= dict.fromkeys(("baseline_rate", "candidate_rate"), why["delta_pp"])
    counts = {
        kind: int(frame[[f"baseline_{kind}", f"candidate_{kind}"]].to_numpy().sum())
        for kind in ("errors", "unscored")
    }
    return Comparison(**asdict(numbers) | {"cases": len(frame), "why": why} | rates | counts)


def difference(
    d: npt.NDArray[np.float64],
    roots: npt.NDArray[Any],
    *,
    alpha: float,
    margin: float,
    whole_roots: bool = False,
) -> Comparison:
    """Compare two models given each case's difference and root; see `comparison`."""
    estimate = group_interval(d, roots, alpha=alpha, whole_roots=whole_roots)
    why: dict[str, str] = {}
    if estimate.value is None:
        why["delta_pp"] = estimate.reason or ""
    if estimate.low is None:
        why |= dict.fromkeys(("low_pp", "high_pp"), estimate.reason or "")
    if estimate.p_midp is None:
        why["p_midp"] = estimate.p_reason or ""
    if estimate.deff is None:
        why |= dict.fromkeys(("deff", "effective_n"), estimate.deff_reason or "")
    return Comparison(
        cases=len(d),
        paired=len(d),
        roots=estimate.roots,
        lost=_whole(estimate.lost),
        gained=_whole(estimate.gained),
        delta_pp=points(estimate.value),
        low_pp=points(estimate.low),
        high_pp=points(estimate.high),
        p_midp=estimate.p_midp,
        reading=reading(estimate.low, estimate.high, margin=margin),
        method=estimate.method,
        deff=estimate.deff,
        effective_n=estimate.effective_n,
        why=why,
    )


def reading(low: float | None, high: float | None, *, margin: float) -> Reading:
    """Read an interval against zero and the margin; the first reading that holds is given.

    Example:
        >>> reading(-0.22, -0.12, margin=0.03), reading(-0.02, 0.05, margin=0.03)
        ('worse', 'not_worse')
    """
    if low is None or high is None:
        return "unresolved"
    if high < 0:
        return "worse"
    if low > 0:
        return "better"
    if low > -margin:
        return "equivalent" if high < margin else "not_worse"
    return "unresolved"


def points(fraction: float | None) -> float | None:
    """Return a fraction as percentage points; none stays none."""
    return None if fraction is None else 100 * fraction


def _whole(count: float) -> float:
    """Return a sum of whole cases as a whole number; fractions of trials stay fractions."""
    return round(count) if abs(count - round(count)) < 1e-9 else count
