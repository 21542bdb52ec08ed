"""What has to be true of a swap's report, checked against the files that it was made from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.report.numbers import is_missing
from workbench.report.swap.verdict import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from workbench.report.swap.folder import SwapRun


def claims(run: SwapRun) -> dict[str, bool]:
    """Return what has to be true of a swap's report, each checked against the stored files."""
    groups = run.parts("groups")
    by_group = {part: run.cases[run.cases["group"] == part] for part in groups["part"]}
    rows = groups.to_dict("records")
    real = run.get("groups", "real") or {}
    verdict = run.get("verdict")
    return {
        "the verdict is SHIP, BLOCK, NO VERDICT or REFUSED and has a reason": verdict in SIGNS
        and bool(run.get("reasons")),
        "every case of the set is in this report, once": run.cases["case_id"].is_unique
        and len(run.cases) == sum(row["cases"] for row in rows),
        "the cases of each group are those that the verdict counted": all(
            len(by_group[row["part"]]) == row["cases"] for row in rows
        ),
        "the pairs of each group are those that the verdict counted": all(
            _paired(by_group[row["part"]]) == row["paired"] for row in rows
        ),
        "lost and gained cases add up to the verdict's counts": all(
            _adds_up(by_group[row["part"]], row) for row in rows
        ),
        "no number of the verdict is NaN or infinite": all(
            math.isfinite(value) for value in _floats(run.verdict)
        ),
        "SHIP stands only on real cases that are not worse by the margin": verdict != "SHIP"
        or _above(real.get("low_pp"), -float(run.get("gate", "margin_pp") or 0)),
        "a refused swap has taken no look": verdict != "REFUSED" or run.get("look") is None,
        "a demo says that it is one": bool(run.get("demo"))
        or not run.cases["tag"].str.startswith("demo-").fillna(value=False).any(),
    }


def _paired(cases: pd.DataFrame) -> int:
    return int((cases["baseline_score"].notna() & cases["candidate_score"].notna()).sum())


def _adds_up(cases: pd.DataFrame, row: Mapping[Any, Any]) -> bool:
    d = (cases["candidate_score"] - cases["baseline_score"]).dropna()
    lost, gained = -d[d < 0].sum(), d[d > 0].sum()
    return math.isclose(lost, row["lost"], abs_tol=1e-6) and math.isclose(gained, row["gained"], abs_tol=1e-6)


def _above(value: Any, bound: float) -> bool:
    return not is_missing(value) and value > bound


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _floats(part)
    elif isinstance(value, list):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, float):
        yield value
