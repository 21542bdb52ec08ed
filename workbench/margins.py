"""Margins: sums of one table of cells by each of its axes, which therefore have one total."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def unreconciled(
    margins: pd.DataFrame, counts: Sequence[str], *, cells: pd.DataFrame | None = None
) -> list[str]:
    """Return one sentence for each count that does not add up to the same total on every axis.

    Args:
        margins: One row per `axis` and `level`, with some of the counts.
        counts: The columns that are counted; those that are not there are left out.
        cells: One row per cell, with the same counts; none when only margins were published.

    Example:
        >>> import pandas as pd
        >>> unreconciled(pd.DataFrame({
        ...     "axis": ["customer", "customer", "case"], "level": ["new", "angry", "delay"], "kept": [4, 5, 8]}), ["kept"])
        ['kept adds up to 9 by customer and 8 by case; no table of cells has both']
    """
    said = []
    for name in [count for count in counts if count in margins]:
        sums = {f"by {axis}": _total(values[name]) for axis, values in margins.groupby("axis", sort=False)}
        if cells is not None:
            sums["over all cells"] = _total(cells[name])
        if len(set(sums.values())) > 1:
            told = [
                f"{'nothing that is known' if total is None else f'{total:,}'} {where}"
                for where, total in sums.items()
            ]
            said.append(
                f"{name} adds up to {', '.join(told[:-1])} and {told[-1]}; no table of cells has both"
            )
    return said


def _total(values: pd.Series[int]) -> int | None:
    return None if values.isna().any() else int(values.sum())
