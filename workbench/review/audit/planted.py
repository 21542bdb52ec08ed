"""What a sitting made of planted checks, and of candidates that it saw twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.review.audit.number import LEVEL, Number, missing, of
from workbench.stats.agreement import agreement
from workbench.stats.paired import Interval

if TYPE_CHECKING:
    import pandas as pd

OVERLOOKED = 0.10
"""Share of planted checks that a careful reviewer may get wrong. Our convention, with 10 planted: 4 wrong
are found significantly more (p .013), 3 are not (p .070)."""


NO_CHECK = "No such check was decided on."
NO_GOOD = "No good check was kept, and nothing was said of whether one is real."


def exact_bounds(wrong: int, n: int) -> Interval:
    """Return Clopper and Pearson's bounds, each of 95 %: 0 of 10 leaves up to .26, 0 of 20 up to .14.

    Source: Clopper and Pearson (1934), Biometrika 26:404-413; methods 5.4.

    Example:
        >>> round(exact_bounds(0, 10).high, 2), round(exact_bounds(0, 20).high, 2)
        (0.26, 0.14)
    """
    from scipy.stats import beta

    low = float(beta.ppf(LEVEL, wrong, n - wrong + 1)) if wrong else 0.0
    high = float(beta.ppf(1 - LEVEL, wrong + 1, n - wrong)) if wrong < n else 1.0
    return Interval(low, high)


def wrong(measure: str, many: int, n: int, reason: str = NO_CHECK) -> Number:
    """Return a share of planted checks that were got wrong, tested against `OVERLOOKED`.

    Example:
        >>> told = wrong("missed_bad", 4, 10)
        >>> round(told.p, 3), round(told.high, 2)
        (0.013, 0.7)
    """
    from scipy.stats import binom

    if not n:
        return missing(measure, reason)
    low, high = exact_bounds(many, n)
    chance = float(binom.sf(many - 1, n, OVERLOOKED))
    return Number(
        measure, many / n, low, high, chance, n, "Clopper-Pearson, each bound 95%; exact binomial test", f"{many} of {n}"
    )  # fmt: skip


def planted(judged: pd.DataFrame) -> list[Number]:
    """Return how many bad checks a sitting kept, and how many good ones it held to be unreal.

    A good one is a real conversation, so who says that no customer wrote it is wrong. Who calls it real and
    does not keep it, for the cell that it claims or another reason, may be right. Not kept and without
    a word on its realism it is not judged. So this finds who distrusts real customers, and is blind to who
    rejects everything but calls it real. Bad checks find who waves things through, and say nothing
    of subtle faults.

    Args:
        judged: Its decisions without skips, with `kind`, `kept` and `realistic`.
    """
    found = []
    for measure, kind, unsaid in (("missed_bad", "bad", NO_CHECK), ("rejected_good", "good", NO_GOOD)):
        checks = judged[judged["kind"] == kind]
        told = [is_wrong(kind, *answers) for answers in zip(checks["kept"], checks["realistic"], strict=True)]
        errors = [error for error in told if error is not None]
        found.append(wrong(measure, sum(errors), len(errors), unsaid if len(checks) else NO_CHECK))
    return found


def is_wrong(kind: str, kept: bool, realistic: Any) -> bool | None:
    """Say whether a planted check was got wrong; None where that cannot be told, see `planted`.

    Args:
        kind: bad or good.
        kept: Whether it was kept.
        realistic: Whether it was held to be real; missing where nothing was said.

    Example:
        >>> is_wrong("bad", True, True), is_wrong("good", False, False), is_wrong("good", False, None)
        (True, True, None)
    """
    if kind == "bad" or kept:
        return kind == "bad" and bool(kept)
    return not realistic if isinstance(realistic, bool | np.bool_) else None


def consistency(judged: pd.DataFrame) -> list[Number]:
    """Return how often a sitting decided alike on candidates that it saw again: percent and kappa.

    Args:
        judged: Its decisions without skips, with `kind`, `case_id` and `kept`.
    """
    first = judged[judged["kind"] == "case"].set_index("case_id")["kept"]
    again = judged[judged["kind"] == "repeat"].set_index("case_id")["kept"]
    both = first.index.intersection(again.index)
    if not len(both):
        reason = "No candidate was decided on twice in this sitting."
        return [missing("consistency", reason), missing("consistency_kappa", reason)]
    ratings = np.stack([first.loc[both].to_numpy(), again.loc[both].to_numpy()], axis=1).astype(np.int_)
    found = agreement(ratings, both, categories=2)
    names = {"consistency": "percent", "consistency_kappa": "kappa"}
    return [of(name, found[measure], len(both)) for name, measure in names.items()]
