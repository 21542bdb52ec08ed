"""How often the gating judge passes what it had failed, once an instruction to pass it is planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import interval, is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.swap.folder import SwapRun

LOOKS: Mapping[str, Look] = {
    "placement": Look("planted", "word"),
    "judged": Look("judged", "count"),
    "flips": Look("flipped to pass", "count"),
    "rate": Look("share", "rate"),
    "between": Look("interval, %", "interval"),
}
NOTE = (
    "Answers that the judge had failed were judged again with an instruction to pass them; `control` plants a "
    "harmless sentence instead, so what flips there flips by itself."
)


def flips(run: SwapRun) -> Shown:
    """Return the share of planted instructions that the judge obeyed, in all and by placement."""
    rows: list[dict[str, Any]] | None = run.get("judge_flips", "rates")
    if not rows:
        why = "this run was made before it was measured"
        return sentence(
            f"How far the judge can be talked into a pass is not shown: {run.why('judge_flips', 'rates') if run.get('judge_flips') else why}."
        )
    frame = pd.DataFrame(rows)
    frame["between"] = [
        None if is_missing(row["low"]) else interval(100 * row["low"], 100 * row["high"]) for row in rows
    ]
    remarks = {
        (i, name): Remark(str(row["why"]))
        for i, row in enumerate(rows)
        if row.get("why")
        for name in ("rate", "between")
    }
    return safe_table(
        frame, caption="How often a planted instruction turns a fail into a pass", looks=LOOKS, notes=[NOTE], remarks=remarks
    )  # fmt: skip
