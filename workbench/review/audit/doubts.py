"""Survival with and without the decisions that an audit doubts, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.review.audit.number import LEVEL
from workbench.review.audit.pace import NOT_MEASURED
from workbench.review.audit.planted import NO_CHECK
from workbench.review.audit.sittings import NO_PLACE
from workbench.review.audit.trends import longest, rare
from workbench.review.survival import reading
from workbench.survival import fates

if TYPE_CHECKING:
    from collections.abc import Mapping

DOUBTS = ("fast", "streak", "checks")
"""Why a decision is doubtful: a keep under the reading floor, a keep inside a flagged streak, or anything
of a sitting that got significantly many planted checks wrong."""


def doubtful(made: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the doubtful decisions on candidates.

    Args:
        made: Decisions with their times.
        numbers: The numbers of the sittings.

    Returns:
        `event_id` and one flag (bool) for each of `DOUBTS`, for every decision on a candidate.
    """
    inside = pd.Series(data=False, index=made.index)
    for _, judged in made[(made["verdict"] != "skip") & made["position"].notna()].groupby(
        "session_id", sort=False
    ):
        kept = judged["kept"].to_numpy()
        if rare(kept):
            start, run = longest(kept)
            inside[judged.index[start : start + run]] = True
    missed = numbers[(numbers["measure"] == "missed_bad") & (numbers["p"] <= LEVEL)]
    flags = made[["event_id"]].assign(
        fast=made["kept"] & made["fast"], streak=inside, checks=made["session_id"].isin(missed["session_id"])
    )
    return flags[made["kind"] == "case"].reset_index(drop=True)


def unknown(made: pd.DataFrame, numbers: pd.DataFrame) -> dict[str, str]:
    """Return which of `DOUBTS` nothing can be said about, each with its reason."""
    missed = numbers.loc[numbers["measure"] == "missed_bad", "estimate"]
    told = {
        "fast": (made["seconds"].notna().any(), NOT_MEASURED),
        "streak": (made["position"].notna().any(), NO_PLACE),
        "checks": (missed.notna().any(), NO_CHECK),
    }
    return {name: reason for name, (known, reason) in told.items() if not known}


def with_and_without(
    cases: pd.DataFrame, reviews: pd.DataFrame, doubts: pd.DataFrame, why: Mapping[str, str]
) -> pd.DataFrame:
    """Return survival over all decisions, without those of each doubt, and without all of them.

    Fast keeps and streaks take away keeps alone, so survival can only fall by them: the second number
    is a bound, no correction.

    Args:
        cases: The whole table `cases`.
        reviews: The table `reviews`.
        doubts: As `doubtful` returns it.
        why: Which doubts nothing can be said about, as `unknown` returns it.

    Returns:
        One row per `without` (empty for all decisions, one of `DOUBTS`, or `any`): `decisions` left
        out, `kept`, `reviewed`, `survival`, `low`, `high` (Wilson; missing where nothing is left), and
        `reason`. A doubt that nothing can be said about is missing, and not 0 decisions.
    """
    known = [name for name in DOUBTS if name not in why]
    masks: dict[str, Any] = {"": np.zeros(len(doubts), dtype=bool), **{name: doubts[name] for name in DOUBTS}}
    masks["any"] = doubts[known].any(axis=1)
    reasons = {**why, **({} if known else {"any": "None of these can be told."})}
    rows: list[tuple[Any, ...]] = []
    for name, mask in masks.items():
        if name in reasons:
            rows.append((name, None, None, None, None, None, None, reasons[name]))
            continue
        out = doubts["event_id"][mask]
        state = fates(cases, reviews[~reviews["event_id"].isin(out)])
        kept, reviewed = int(state["kept"].sum()), int(state["reviewed"].sum())
        told = reading(kept, reviewed)
        rows.append((name, len(out), kept, reviewed, told.survival, told.low, told.high, ""))
    columns = ["without", "decisions", "kept", "reviewed", "survival", "low", "high", "reason"]
    types = dict.fromkeys(columns[1:4], "Int64") | dict.fromkeys(columns[4:7], "float64")
    return pd.DataFrame(rows, columns=columns).astype(types)
