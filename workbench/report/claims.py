"""What must hold: the claims of a notebook, shown and enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ReportError, listed
from workbench.report.cells import Look, Remark, safe_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.markup import Shown


def must_hold(claims: Mapping[str, bool]) -> Shown:
    """Show a notebook's claims when all are true, and fail it otherwise.

    Args:
        claims: Each claim as a sentence, with whether it is true.

    Raises:
        ReportError: A claim is false; the message lists every false one. An empty list claims
            nothing and is refused as well.

    Example:
        >>> print(must_hold({"every case has a bucket": True}))
        Claims checked
        claim                   holds
        every case has a bucket   yes
        >>> must_hold({"every case has a bucket": False, "no id occurs twice": True})
        Traceback (most recent call last):
        workbench.errors.ReportError: 1 of 2 claims of this notebook does not hold: every case has a bucket
    """
    if not claims:
        raise ReportError("the notebook claims nothing, so nothing was checked; name what must hold")
    false = [claim for claim, holds in claims.items() if not holds]
    if false:
        verb = "does" if len(false) == 1 else "do"
        raise ReportError(
            f"{len(false)} of {len(claims)} claims of this notebook {verb} not hold: {listed(false, most=len(false))}"
        )
    frame = pd.DataFrame({"claim": list(claims), "holds": ["yes"] * len(claims)})
    return safe_table(
        frame,
        caption="Claims checked",
        looks={"claim": Look("claim"), "holds": Look("holds", "word")},
        remarks={(i, "holds"): Remark(sign="yes") for i in range(len(claims))},
    )
