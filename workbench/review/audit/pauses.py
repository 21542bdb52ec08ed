"""When a sitting should rest: a suggestion from its last decisions, in words that tell nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.review.audit.pace import FAST_SHARE, READING_SPEED
from workbench.review.audit.planted import OVERLOOKED
from workbench.review.audit.trends import RARE_RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = 40
"""Decisions that are looked back on: two blocks of the queue."""

EVERY = 10
"""Decisions between two looks. A suggestion right behind a planted check would tell that it was one."""

UNLIKELY = 0.01
"""Chance under which a look suggests a break; a sitting of 200 decisions has 20 looks."""

USUAL_KEEPS, USUAL = 8.5, 10.0
"""Decisions, and keeps among them, that stand for the rate before a sitting has one: the upper end of
healthy survival, so that a good set of candidates is no streak."""

BREAK = "This is a good moment for a short break: attention drops in every long sitting, and what you decided is saved."
"""The one sentence there is. It is the same whatever brought it up."""


def tiring(
    verdicts: Sequence[str],
    visible_ms: Sequence[float | None],
    words: Sequence[int],
    wrong: Sequence[bool | None],
) -> str:
    """Return a sentence that suggests a break when quality drops, else an empty one.

    All four sequences have one entry per decision of the running sitting that stands, the oldest
    first, planted checks and repeats among them. It looks only every `EVERY` decisions, and takes well
    under a millisecond for a thousand.

    A break is suggested when, at a chance under `UNLIKELY`, more of the last `LAST` timed decisions lie
    under the reading floor than `FAST_SHARE`, or more of their planted checks went wrong than
    `OVERLOOKED`; or when the sitting ends in a run of keeps with p^k under `RARE_RUN`.

    Args:
        verdicts: keep, reject, revise or skip.
        visible_ms: Time on screen; None where it was not measured.
        words: Words of the conversation, as `workbench.text.words` counts them.
        wrong: Whether a planted check was decided wrongly; None for what is none, or was skipped.

    Example:
        >>> tiring(["keep"] * 50, [900.0] * 50, [60] * 50, [None] * 50) == BREAK
        True
        >>> tiring(["keep", "reject"] * 25, [15_000.0] * 50, [60] * 50, [None] * 50)
        ''
    """
    n = len(verdicts)
    if n == 0 or n % EVERY:
        return ""
    recent = range(max(0, n - LAST), n)
    timed = [(visible_ms[at], words[at]) for at in recent if verdicts[at] != "skip"]
    under = [
        milliseconds < 1000 * many / READING_SPEED for milliseconds, many in timed if milliseconds is not None
    ]
    checked = [told for at in recent if (told := wrong[at]) is not None]
    quick = _chance(sum(under), len(under), FAST_SHARE) < UNLIKELY
    return (
        BREAK
        if quick or _chance(sum(checked), len(checked), OVERLOOKED) < UNLIKELY or _runs_on(verdicts)
        else ""
    )


def _runs_on(verdicts: Sequence[str]) -> bool:
    judged = [verdict == "keep" for verdict in verdicts if verdict != "skip"]
    run = next((back for back, kept in enumerate(reversed(judged)) if not kept), len(judged))
    before = judged[: len(judged) - run]
    rate = (sum(before) + USUAL_KEEPS) / (len(before) + USUAL)
    return float(rate**run) < RARE_RUN


def _chance(many: int, n: int, share: float) -> float:
    """Return the chance of as many of n, or more."""
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(many, n + 1))
