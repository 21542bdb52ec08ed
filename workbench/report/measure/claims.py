"""What must hold of measures and their map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.measure.places import described
from workbench.text import user_text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.measure.places import Map, Measured


def claims(measured: Measured, found: Map, cases: pd.DataFrame, *, at_least: float) -> dict[str, bool]:
    """Return what has to be true of measures, each checked against the table of cases.

    Args:
        measured: The measures.
        found: The map.
        cases: The table `cases`.
        at_least: The cosine from which two cases repeat each other.
    """
    measures, pairs = measured.measures, measured.pairs
    rested = cases["split"] == "holdout"
    told = cases[~rested & cases["turns"].map(lambda turns: bool(user_text(turns).strip()))]
    named = {*measures["case_id"], *measures["nearest_seed_id"], *measures["duplicate_of"], *pairs["case_id"], *pairs["duplicate_of"], *found.places["case_id"]}  # fmt: skip
    kin = {
        frozenset((case, parent))
        for case, parents in zip(cases["case_id"], cases["parent_ids"], strict=True)
        for parent in parents
    }
    flagged = measures.dropna(subset="duplicate_of")
    paired = {
        frozenset(pair)
        for frame in (pairs, flagged)
        for pair in zip(frame["case_id"], frame["duplicate_of"], strict=True)
    }
    return {
        "every case outside the holdout with text is measured once": sorted(measures["case_id"])
        == sorted(told["case_id"]),
        "no case of the holdout is measured or drawn": not named & set(cases.loc[rested, "case_id"]),
        "no case is a duplicate of itself, its parent or its child": not paired & kin
        and all(len(pair) == 2 for pair in paired),
        f"every flagged pair has a cosine of at least {at_least}": bool((pairs["cosine"] >= at_least).all())
        and bool((flagged["duplicate_cosine"] >= at_least).all()),
        "the bands of each bucket add up to its cases that have one": _sums(measured.bands)
        == described(measures, cases).dropna(subset="band")["bucket"].value_counts().to_dict(),
        "the map has every measured case once, or says why not": bool(found.reason)
        or sorted(found.places["case_id"]) == sorted(measures["case_id"]),
    }


def _sums(bands: pd.DataFrame) -> dict[str, int]:
    sums = bands.groupby("bucket")["cases"].sum()
    return {str(bucket): int(cases) for bucket, cases in sums[sums > 0].items()}
