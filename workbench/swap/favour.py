"""Whether a judge favours cases that its own vendor wrote, beside a judge of another family."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from workbench.provenance import UNKNOWN, clash
from workbench.stats.collusion import collusion
from workbench.swap.calibration import estimate, together, under
from workbench.swap.labelled import ANSWER, SCORES
from workbench.swap.part import Part

if TYPE_CHECKING:
    import pandas as pd

NO_PAIR = (
    "Not estimable here: it takes two judges of different families on the same answers, one of them of the vendor "
    "of a generator of cases."
)
BOTH_WROTE = (
    "Not estimable here: both judges are of vendors that wrote cases, so a difference between them cannot be put "
    "on one; it takes a judge whose vendor wrote none."
)
NO_OTHER = (
    "Not estimable here: every case that both judged is by the judge's own vendor or an unknown generator, so "
    "leniency cannot be told from favour."
)


class Crossed(NamedTuple):
    """Two judges of the same answers, the generator of whose vendor the first one is, and the cases of both arms.

    Own cases are by exactly that generator, other cases by none of the first judge's vendor.
    """

    judge: str
    beside: str
    generator: str
    own: pd.DataFrame
    other: pd.DataFrame


def favour(rows: pd.DataFrame, frame: pd.DataFrame, *, alpha: float) -> Part:
    """Return the crossed estimate of collusion of the pair of judges with the most cases in the smaller arm.

    A case's number is the mean over its answers of the judge's outcome less the other's; a judge may be lenient
    on all cases alike, so what is told is the difference between the generator's cases and the others. It is the
    judge's favour only where the other judge is neutral to both arms, which no number here can show. A judge whose
    vendor wrote cases is not taken for neutral. Cases by another line of the judge's vendor, or by an unknown
    generator, are in neither arm.

    Args:
        rows: Rows of `results` of every judge.
        frame: One row per case: case_id, root_id, generator_family.
        alpha: One minus the confidence level.
    """
    named = rows.drop_duplicates("judge")
    families = dict(zip(named["judge"].astype(str), named["judge_family"].astype(str), strict=True))
    generators = sorted(set(frame["generator_family"].dropna()))
    wrote = {
        judge: [name for name in generators if clash(family, name)] for judge, family in families.items()
    }
    found = [
        Crossed(judge, other, name, cases[by == name], cases[~by.isin([*wrote[judge], UNKNOWN])])
        for judge, other in permutations(families, 2)
        if not wrote[other] and families[other] != UNKNOWN
        for name in wrote[judge]
        for cases in [_differences(rows, frame, judge, other)]
        for by in [cases["generator_family"]]
        if name in set(by)
    ]
    if not found:
        both = sum(map(bool, wrote.values())) > 1
        return Part({"collusion": None}, {"collusion": BOTH_WROTE if both else NO_PAIR})
    best = max(found, key=lambda one: min(len(one.own), len(one.other)))
    if best.other.empty:
        return Part({"collusion": None}, {"collusion": NO_OTHER})
    return under({"collusion": _estimated(best, alpha)})


def _estimated(found: Crossed, alpha: float) -> Part:
    arms = [(part["d"].tolist(), part["root_id"].tolist()) for part in (found.own, found.other)]
    told = collusion(*arms, alpha=alpha)
    why = (
        {} if told.needed else {"needed": "The judges differ on no case, so nothing says how many it takes."}
    )
    return together(
        Part({"judge": found.judge, "beside": found.beside, "generator": found.generator}),
        estimate("inflation", told.inflation, points=True),
        estimate("own", told.own, points=True),
        estimate("other", told.other, points=True),
        Part({"own_cases": told.own.cases, "other_cases": told.other.cases, "needed": told.needed}, why),
        Part({"not_estimable": told.reason or ""}),
    )


def _differences(rows: pd.DataFrame, frame: pd.DataFrame, judge: str, other: str) -> pd.DataFrame:
    """Return one row per case that both judged: `d`, root_id and generator_family."""
    scored = rows[rows["outcome"].isin(SCORES)].assign(
        score=lambda part: part["outcome"].map(SCORES).astype(float)
    )
    latest = scored.sort_values("imported_at", kind="stable").drop_duplicates([*ANSWER, "judge"], keep="last")
    first, second = (latest[latest["judge"] == name] for name in (judge, other))
    both = first.merge(second[[*ANSWER, "score", "output"]], on=ANSWER, suffixes=("", "_other"))
    same = both["output"].isna() | both["output_other"].isna() | (both["output"] == both["output_other"])
    both = both[same].assign(d=lambda part: part["score"] - part["score_other"])
    cases = both.groupby("case_id", sort=False)["d"].mean()
    place = frame.set_index("case_id")[["root_id", "generator_family"]]
    return place.join(cases, how="inner").reset_index()
