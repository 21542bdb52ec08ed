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
    from collections.abc import Iterator

    import pandas as pd

NO_PAIR = (
    "Not estimable here: it takes two judges of different families on the same answers, one of them of the vendor "
    "of a generator of cases."
)


class Crossed(NamedTuple):
    """Two judges of the same answers, and the generator of whose vendor the first one is."""

    judge: str
    beside: str
    generator: str
    cases: pd.DataFrame


def favour(rows: pd.DataFrame, frame: pd.DataFrame, *, alpha: float) -> Part:
    """Return the crossed estimate of collusion of the pair of judges that share the most cases.

    A case's number is the mean over its answers of the judge's outcome less the other's; a judge may be lenient
    on all cases alike, so what is told is the difference between the cases of its own vendor and the others.

    Args:
        rows: Rows of `results` of every judge.
        frame: One row per case: case_id, root_id, generator_family.
        alpha: One minus the confidence level.
    """
    found = max(_pairs(rows, frame), key=lambda one: len(one.cases), default=None)
    if found is None:
        return Part({"collusion": None}, {"collusion": NO_PAIR})
    generated = found.cases["generator_family"] == found.generator
    arms = [
        (part["d"].tolist(), part["root_id"].tolist())
        for part in (found.cases[generated], found.cases[~generated])
    ]
    told = collusion(*arms, alpha=alpha)
    why = (
        {} if told.needed else {"needed": "The judges differ on no case, so nothing says how many it takes."}
    )
    fields = together(
        Part({"judge": found.judge, "beside": found.beside, "generator": found.generator}),
        estimate("inflation", told.inflation, points=True),
        estimate("own", told.own, points=True),
        estimate("other", told.other, points=True),
        Part({"own_cases": told.own.cases, "other_cases": told.other.cases, "needed": told.needed}, why),
        Part({"not_estimable": told.reason or ""}),
    )
    return under({"collusion": fields})


def _pairs(rows: pd.DataFrame, frame: pd.DataFrame) -> Iterator[Crossed]:
    named = rows.drop_duplicates("judge")
    families = dict(zip(named["judge"].astype(str), named["judge_family"].astype(str), strict=True))
    generators = sorted(set(frame["generator_family"].dropna()))
    for (judge, own), (other, family) in permutations(families.items(), 2):
        for generator in generators:
            if clash(own, generator) and family != UNKNOWN and not clash(family, generator):
                cases = _differences(rows, frame, judge, other)
                if len(cases):
                    yield Crossed(judge, other, generator, cases)


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
