"""The sealed forecasts, and what must hold of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.numbers import MISSING, count, is_missing

if TYPE_CHECKING:
    from workbench.report.grid.coverage import Coverage
    from workbench.report.markup import Shown


def predictions(found: pd.DataFrame, coverage: Coverage) -> Shown:
    """Return the sealed forecast of each cell, and which cells have none."""
    cells = pd.DataFrame({"cell": list(coverage.plan.cells)})
    frame = cells.merge(found, on="cell", how="outer").set_index("cell")
    others = [cell for cell in found["cell"] if cell not in coverage.plan.cells]
    frame = frame.loc[[*coverage.plan.cells, *others]].reset_index()
    frame["at"] = [MISSING if is_missing(at) else f"{at:%Y-%m-%d %H:%M}" for at in frame["sealed_at"]]
    frame["seal"] = frame["seal_sha256"].str[:12]
    open_, earlier = int(frame["predicted_survival"].isna().sum()), int(frame["earlier"].sum())
    looks = {
        "cell": Look("cell", "word"),
        "predicted_survival": Look("survival", "rate", spanner="forecast"),
        "gap": Look("a case that the seed underweights", spanner="forecast"),
        "author": Look("by", "word", spanner="forecast"),
        "at": Look("at", "word", unit="UTC", spanner="sealed"),
        "seal": Look("hash", "word", spanner="sealed"),
    }
    notes = {
        f"Without a forecast: {count(open_)} of {counted(len(coverage.plan.cells), 'cell')}. Seal them with wb.grid.seal(...) before the first candidate; afterwards it is refused.": open_,
        f"Replaced by a later seal: {counted(earlier, 'forecast')}.": earlier,
    }
    told = [note for note, many in notes.items() if many]
    return safe_table(frame, caption="Forecasts of survival", looks=looks, notes=told)


def claims(
    coverage: Coverage, gaps: pd.DataFrame, predictions: pd.DataFrame, cases: pd.DataFrame
) -> dict[str, bool]:
    """Return what has to be true of a grid, each checked against the table of cases."""
    cells, plan = coverage.cells, coverage.plan
    inside = cells[cells["kind"] == "grid"]
    candidates = cases[~cases["bucket"].isin(["seed", "golden"]) & (cases["generator_family"] != "human")]
    begun = candidates.groupby("cell", as_index=False)["created_at"].min()
    both = predictions.merge(begun, on="cell")
    return {
        "the grid has 2 or 3 axes, and each cell is planned once": len(plan.axes) in {2, 3}
        and sorted(inside["cell"]) == sorted(set(plan.cells)),
        "no candidate is planned outside the grid": int(cells["planned"].sum()) == plan.candidates,
        "every seed case is in one row": int(cells["seed"].sum()) == int((cases["bucket"] == "seed").sum()),
        "every case is seed, generated or written by hand, once": int(
            cells[["seed", "generated", "by_hand"]].sum().sum()
        )
        == len(cases),
        "cells and margins by every axis add up to the same sums": not coverage.unreconciled,
        "no cell has more kept than reviewed, or more reviewed than generated": bool(
            ((cells["kept"] <= cells["reviewed"]) & (cells["reviewed"] <= cells["generated"])).all()
        ),
        "every cell of the grid is ranked once": sorted(gaps["cell"]) == sorted(plan.cells),
        "every forecast is as it was sealed": bool(predictions["intact"].all()),
        "every forecast was sealed before the first candidate of its cell": bool(
            (both["sealed_at"] < both["created_at"]).all()
        ),
    }
