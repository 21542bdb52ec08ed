"""Every number of every sitting, and which sittings stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from workbench.review.audit.number import LEVEL, Number, missing
from workbench.review.audit.pace import floor_seconds, pace, robust_z
from workbench.review.audit.planted import consistency, planted
from workbench.review.audit.trends import cell_bias, change_point, drift, pooled_drift, streak
from workbench.stats.paired import wilson
from workbench.stats.pooling import pooled

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.stats.paired import FloatArray

ALL = "(all sittings)"
"""The name under which a number over all sittings stands."""

NO_PLACE = "No positions were recorded, as for decisions that came in from elsewhere."


def timed(made: pd.DataFrame) -> pd.DataFrame:
    """Return decisions with `fast` and `z`, how quick they were for the length of the text.

    `fast` is whether the time lay under the reading floor, False where it was not measured; `z` is
    `workbench.review.audit.pace.robust_z` over all sittings. Repeats, which are known already, and
    skips, which claim no reading, have no time here.

    Args:
        made: As `workbench.review.audit.decided` returns it.
    """
    first = (made["kind"] != "repeat") & (made["verdict"] != "skip")
    read = made.assign(seconds=made["seconds"].where(first))
    seconds, words = read["seconds"].to_numpy(dtype=np.float64), read["words"].to_numpy(dtype=np.float64)
    return read.assign(fast=seconds < floor_seconds(words), z=robust_z(seconds, words))


def numbers(made: pd.DataFrame) -> pd.DataFrame:
    """Return every number of every sitting, one row each.

    A number's p holds at the level of 5 % by itself. `stands_out` is Holm's decision over all that was
    tested of the sitting, so a careful sitting stands out by chance in at most one of twenty.

    Args:
        made: Decisions with their times, as `timed` returns them.

    Returns:
        `session_id` and the columns of `Number`, with `stands_out` (bool); over all sittings the drift
        stands under `ALL`.
    """
    import pandas as pd

    counts = _by_cell(made)
    offset = _offsets(counts)
    rows: list[dict[str, object]] = []
    for session, shown in made.groupby("session_id", sort=False):
        found = sitting(shown, counts, offset, session=str(session))
        flags = holm([one.p for one in found])
        rows += [
            {"session_id": session, **one._asdict(), "stands_out": flag}
            for one, flag in zip(found, flags, strict=True)
        ]
    told = pd.DataFrame(rows, columns=["session_id", *Number._fields, "stands_out"])
    slopes = told.loc[told["measure"] == "drift", "estimate"].tolist()
    over_all = pd.DataFrame([{"session_id": ALL, **pooled_drift(slopes)._asdict(), "stands_out": False}])
    return pd.concat([told, over_all], ignore_index=True) if rows else told


def sitting(
    shown: pd.DataFrame, counts: pd.DataFrame, offset: Mapping[str, float], *, session: str
) -> list[Number]:
    """Return the numbers of one sitting.

    Args:
        shown: Its decisions with their times.
        counts: Keeps and decisions of every sitting by cell.
        offset: The log-odds of keeping of each cell, over all sittings.
        session: Its id.
    """
    judged = shown[shown["verdict"] != "skip"]
    own = judged[judged["kind"] == "case"]
    kept, n = int(own["kept"].sum()), len(own)
    rate = (
        Number("keep_rate", kept / n, *wilson(kept, n), n=n, method="Wilson")
        if n
        else missing("keep_rate", "No candidate was decided on.")
    )
    placed = own[own["position"].notna()]
    kept_there = placed["kept"].to_numpy(dtype=np.bool_)
    position = placed["position"].to_numpy(dtype=np.float64)
    odds = np.array([offset[cell] for cell in placed["cell"]], dtype=np.float64)
    unplaced = n > 0 and placed.empty
    return [
        rate,
        *pace(shown),
        missing("drift", NO_PLACE, n) if unplaced else drift(kept_there, position, odds),
        missing("streak", NO_PLACE, n) if unplaced else streak(judged["kept"].to_numpy()),
        *planted(judged),
        *consistency(judged),
        _bias(counts, session),
        missing("change_point", NO_PLACE, n) if unplaced else change_point(kept_there, position, odds),
    ]


def holm(p: list[float]) -> list[bool]:
    """Return which of the tests stand out together at the level of 5 %; NaN is no test.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6:65-70.

    Example:
        >>> holm([0.012, float("nan"), 0.04, 0.3])
        [True, False, False, False]
    """
    tested = sorted((one, place) for place, one in enumerate(p) if np.isfinite(one))
    flags = [False] * len(p)
    for number, (one, place) in enumerate(tested):
        if one > LEVEL / (len(tested) - number):
            break
        flags[place] = True
    return flags


def _by_cell(made: pd.DataFrame) -> pd.DataFrame:
    """Return keeps and decisions on candidates by sitting and cell."""
    own = made[(made["kind"] == "case") & (made["verdict"] != "skip")]
    counts = own.groupby(["session_id", "cell"], sort=False)["kept"].agg(["sum", "size"])
    return counts.rename(columns={"sum": "kept", "size": "n"}).reset_index()


def _offsets(counts: pd.DataFrame) -> dict[str, float]:
    sums = counts.groupby("cell", sort=False)[["kept", "n"]].sum()
    rates: FloatArray = pooled(sums["kept"].to_numpy(), sums["n"].to_numpy()).rate
    return dict(zip(sums.index, logit(rates).tolist(), strict=True))


def _bias(counts: pd.DataFrame, session: str) -> Number:
    own = counts[counts["session_id"] == session].set_index("cell")
    others = counts[counts["session_id"] != session].groupby("cell")[["kept", "n"]].sum()
    both = own.index.intersection(others.index, sort=False)
    if not len(both):
        return missing("cell_bias", "No other sitting decided on these cells.", int(own["n"].sum()))
    mine, theirs = (frame.loc[both].to_numpy(dtype=np.float64).T for frame in (own[["kept", "n"]], others))
    return cell_bias(mine, theirs, [str(cell) for cell in both])
