"""How far a judge agrees with humans in a group, and the group's numbers without its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.stats.agreement import agreement
from workbench.stats.corrected import Corrected, prediction_powered
from workbench.stats.judges import accuracy
from workbench.swap.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from pandas.api.typing import SeriesGroupBy

    from workbench.stats.roots import Estimate

SIDES = ("baseline", "candidate")

CONFUSION: Mapping[str, tuple[int, int]] = {
    "both_pass": (1, 1),
    "both_fail": (0, 0),
    "too_kind": (0, 1),
    "too_harsh": (1, 0),
}
"""What humans and the judge said."""

MIXED = (
    "Uncalibrated: cases with one verdict of the judge were drawn with different chances, and those of the cases "
    "without a label are not known; draw one sample for these two models with `workbench export labels`."
)


def agreed(both: pd.DataFrame, answers: pd.DataFrame, *, alpha: float) -> Part:
    """Return confusion, sensitivity, specificity, kappa and AC1 of the answers that judge and humans judged.

    A label weighs 1 / the chance with which it was drawn; without one, the share of its group that has labels.

    Args:
        both: Rows of `Labelled.both`.
        answers: The judge's answers that they were drawn from, in the same groups.
        alpha: One minus the confidence level.
    """
    human, judge = both["human"].to_numpy(float), both["judge"].to_numpy(float)
    roots, chance = both["root_id"].tolist(), _chances(both, answers)
    counts = {name: int(((human == h) & (judge == j)).sum()) for name, (h, j) in CONFUSION.items()}
    found = accuracy(human, judge, roots, inclusion=chance, alpha=alpha)
    pairs = np.column_stack([human, judge]).astype(int)
    measures = agreement(pairs, roots, categories=2, weight=1 / chance, alpha=alpha)
    return together(
        Part({"answers": len(both), "roots": len({*roots}), **counts}),
        estimate("sensitivity", found.sensitivity),
        estimate("specificity", found.specificity),
        estimate("kappa", measures["kappa"]),
        estimate("ac1", measures["AC1"]),
    )


def _chances(both: pd.DataFrame, answers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    of = answers.loc[answers["judge"].notna(), "group"].value_counts()
    share = both["group"].map(both["group"].value_counts() / of).astype(float)
    return np.asarray(both["inclusion"].astype(float).fillna(share), dtype=np.float64)


def pairs(answers: pd.DataFrame, baseline: str, candidate: str) -> pd.DataFrame:
    """Return one row per case that the judge scored for both models: the mean over its trials on each side.

    Returns:
        case_id, group, root_id; for each side `<side>_judge` and `<side>_human` (NaN where no human judged it);
        `judge` and `human`: candidate minus baseline; `inclusion`: of its labels, NaN without one or where they
        differ.
    """
    scores = answers.pivot_table(
        index="case_id", columns="model", values=["judge", "human"], aggfunc="mean", dropna=False, sort=False
    )
    place = answers.drop_duplicates("case_id").set_index("case_id")[["group", "root_id"]]
    frame = place.reindex(scores.index)
    for side, model in zip(SIDES, (baseline, candidate), strict=True):
        for who in ("judge", "human"):
            there = (who, model) in scores.columns
            frame[f"{side}_{who}"] = scores[who, model] if there else np.nan
    for who in ("judge", "human"):
        frame[who] = frame[f"candidate_{who}"] - frame[f"baseline_{who}"]
    drawn = answers.loc[answers["human"].notna()].groupby("case_id", sort=False)["inclusion"]
    frame["inclusion"] = drawn.min().where(_alike(drawn))
    frame["drawn_alike"] = _alike(drawn).reindex(frame.index, fill_value=True)
    return frame[frame["judge"].notna()].reset_index()


def _alike(chances: SeriesGroupBy[Any, Any]) -> pd.Series[bool]:
    """Say of each part whether its chances are one number, or all missing."""
    one = (chances.count() == chances.size()) & (chances.min() == chances.max())
    return one | (chances.count() == 0)


def strata(judge: pd.Series[float]) -> pd.Series[int]:
    """Return each case's stratum of a sample by verdict: whether the judge saw it lost, the same or gained.

    A verdict that a single case has joins the commonest one, since a stratum takes two labels.

    Example:
        >>> import pandas as pd
        >>> strata(pd.Series([0.0, 0.0, -1.0, -0.5, 1.0])).tolist()
        [0, 0, -1, -1, 0]
    """
    signs = judge.map(np.sign).astype(int)
    counts = signs.value_counts()
    return signs.where(signs.map(counts) > 1, counts.index[0]) if len(signs) else signs


def corrected(cases: pd.DataFrame, *, alpha: float) -> Part:
    """Return a group's difference and both models' pass rates, by the judge, without its errors, and by humans.

    Args:
        cases: Rows of `pairs` of one group.
        alpha: One minus the confidence level.
    """
    human = cases["human"]
    chance = _drawn(cases[human.notna()], strata(cases["judge"]))
    parts = {"difference": _one(cases, "judge", "human", chance, alpha=alpha)}
    for side in SIDES:
        # A sample by verdict drew cases, so one that is labelled in part is none of it.
        own = cases[f"{side}_human"]
        asked = cases.assign(human=own if chance is None else own.where(human.notna()))
        parts[side] = _one(asked, f"{side}_judge", "human", chance, alpha=alpha)
    return under(parts)


def _drawn(marked: pd.DataFrame, stratum: pd.Series[int]) -> pd.Series[float] | str | None:
    """Return the chance of every case to be labelled, None where all are alike, or why it is not known."""
    chances = marked["inclusion"]
    if not marked["drawn_alike"].all():
        return MIXED
    if chances.isna().all():
        return None
    found = chances.groupby(stratum.loc[marked.index])
    if not _alike(found).all() or chances.isna().any():
        return MIXED
    known = stratum.map(found.first())
    # A verdict of which nothing was labelled is a stratum of its own, and the estimate says that it has none.
    return known.fillna(known.min() / 2)


def _one(
    cases: pd.DataFrame, judge: str, human: str, chance: pd.Series[float] | str | None, *, alpha: float
) -> Part:
    f, y, roots = cases[judge].to_numpy(float), cases[human].to_numpy(float), cases["root_id"].tolist()
    raw = float(f.mean()) if len(f) else None
    n = int((~np.isnan(y)).sum())
    if isinstance(chance, str):
        found = Corrected(raw, n=n, reason=chance)
        return told(found, Corrected(None, reason=chance), points=judge == "judge")
    drawn = None if chance is None else chance.to_numpy(float)
    bounds = (-1.0, 1.0) if judge == "judge" else (0.0, 1.0)
    found, alone = (
        prediction_powered(y, by, roots, inclusion=drawn, bounds=bounds, alpha=alpha)
        for by in (f, np.zeros(len(f)))
    )
    return told(found, alone, points=judge == "judge")


def told(found: Corrected, alone: Corrected, *, points: bool) -> Part:
    """Return a corrected number beside the judge's own and the humans' alone, each with the reason that it lacks.

    Args:
        found: The corrected number.
        alone: That of the labels alone.
        points: Whether they are differences, told in percentage points, or rates from 0 to 1.
    """
    numbers = {
        "raw": found.raw, "value": found.value, "low": found.low, "high": found.high,
        "humans": alone.value, "humans_low": alone.low, "humans_high": alone.high,
    }  # fmt: skip
    reasons = {name: found.reason if name in {"value", "low", "high"} else alone.reason for name in numbers}
    reasons["raw"] = "No case has a verdict of the judge on both models."
    unit, scale = ("_pp", 100) if points else ("", 1)
    fields = {f"{name}{unit}": None if n is None else scale * n for name, n in numbers.items()}
    why = {f"{name}{unit}": reasons[name] or "" for name, number in numbers.items() if number is None}
    return Part({"labels": found.n, "method": found.method, **fields}, why)


def estimate(name: str, found: Estimate, *, points: bool = False) -> Part:
    """Return an estimate as `name`, `name_low` and `name_high`; in percentage points, each ends in `_pp`."""
    unit, scale = ("_pp", 100) if points else ("", 1)
    limits = {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    fields = {f"{path}{unit}": None if value is None else scale * value for path, value in limits.items()}
    return Part(fields, {path: found.reason or "" for path, value in fields.items() if value is None})


def together(*parts: Part) -> Part:
    """Return parts side by side in one."""
    return Part(
        {name: value for part in parts for name, value in part.fields.items()},
        {path: reason for part in parts for path, reason in part.why.items()},
    )


def under(parts: Mapping[str, Part]) -> Part:
    """Return parts as one, each under its name."""
    return Part(
        {name: dict(part.fields) for name, part in parts.items()},
        {f"{name}.{path}": reason for name, part in parts.items() for path, reason in part.why.items()},
    )
