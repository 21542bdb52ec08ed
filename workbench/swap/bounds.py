"""How far the missing outcomes could move each group's difference, either way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.swap.comparison import difference, reading
from workbench.swap.part import Part

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import Transaction
    from workbench.swap.beside import Swapped
    from workbench.swap.comparison import Comparison, Reading


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return for each group where its difference and its interval end if the missing outcomes all fell one way.

    `low_delta_pp` and `low_pp` are the difference and the lower limit with every missing outcome of
    the candidate a fail and of the baseline a pass; `high_delta_pp` and `high_pp` the difference and
    the upper limit with the reverse; `reading` is that of `low_pp` to `high_pp`. `missing` counts the
    cases that lack an outcome of either model.
    """
    del tx
    fields: dict[str, Any] = {}
    why: dict[str, str] = {}
    for name in swapped.evidence.groups:
        rows = swapped.frame[swapped.frame["group"] == name]
        worst, best = (_with(rows, column, swapped) for column in ("worst_d", "best_d"))
        fields[name] = {
            "missing": int((rows["worst_d"] != rows["best_d"]).sum()),
            "low_delta_pp": worst.delta_pp,
            "low_pp": worst.low_pp,
            "high_delta_pp": best.delta_pp,
            "high_pp": best.high_pp,
            "reading": _between(worst, best, swapped),
        }
        for field, found in (
            ("low_delta_pp", worst),
            ("high_delta_pp", best),
            ("low_pp", worst),
            ("high_pp", best),
        ):
            if fields[name][field] is None:
                why[f"{name}.{field}"] = found.why["delta_pp" if "delta" in field else field]
    return Part(fields, why)


def _with(rows: pd.DataFrame, column: str, swapped: Swapped) -> Comparison:
    return difference(
        rows[column].to_numpy(float),
        rows["root_id"].to_numpy(),
        alpha=swapped.alpha,
        margin=swapped.evidence.margin_pp / 100,
        whole_roots=bool((rows["group"] == "real").all()),
    )


def _between(worst: Comparison, best: Comparison, swapped: Swapped) -> Reading:
    if worst.low_pp is None or best.high_pp is None:
        return "unresolved"
    return reading(worst.low_pp, best.high_pp, margin=swapped.evidence.margin_pp)
