"""Where a share lies against a band, as far as few counts can tell.

A band such as 65-85 % is read on the share that stands behind the counts and not on the counts
themselves: 7 of 10 lies in the band, and says next to nothing about the share.
"""

from typing import Literal

from scipy.special import betainc

HEALTHY_SURVIVAL = (0.65, 0.85)
"""Survival of a healthy generation run, 0 to 1. Above it generating is too easy, below it the
candidates are too far from what is useful. Source: the long text, section 8."""

SURE = 0.9
"""Probability from which a reading is given. Below it a share is said to be in or out of the band
by chance, at the sizes of one review."""

ENOUGH = 10
"""Counts from which a reading is given. A smaller group is only described, by the rule of
`workbench.stats.clusters.MIN_ROOTS`: 0 of 1 would read outside 65-85 % from the prior and one count."""

Reading = Literal["inside", "outside low", "outside high", "unclear"]


def share_in(low: float, high: float, kept: int, n: int) -> float:
    """Return how probable it is that the share behind ``kept`` of ``n`` lies from low to high.

    The posterior under Jeffreys' prior, ``Beta(kept + 1/2, n - kept + 1/2)``. Of 0 counts it is the
    prior's.

    Args:
        low: The band's lower end, 0 to 1.
        high: Its upper end, from ``low`` to 1.
        kept: How many were kept.
        n: Of how many.

    Returns:
        A probability, 0 to 1.

    Raises:
        ValueError: an argument is out of range.

    Source: Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion,
    Statistical Science 16:101-133.

    Example:
        >>> round(share_in(0.65, 0.85, 153, 200), 2), round(share_in(0.65, 0.85, 38, 40), 2)
        (1.0, 0.03)
    """
    _check(kept, n)
    if not 0 <= low <= high <= 1:
        raise ValueError(f"a band lies from 0 to 1, got {low} to {high}.")
    shape = kept + 0.5, n - kept + 0.5
    return float(betainc(*shape, high) - betainc(*shape, low))


def read(kept: int, n: int, band: tuple[float, float] = HEALTHY_SURVIVAL) -> Reading:
    """Return whether the share behind ``kept`` of ``n`` is inside a band, below, above, or unclear.

    A reading is given from `ENOUGH` counts on, where its posterior probability is above `SURE`: read
    from the rate alone, 47 % of the runs of 10 candidates at a true share of 75 % fall out of 65-85 %.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> read(153, 200), read(38, 40), read(33, 50)
        ('inside', 'outside high', 'unclear')
        >>> read(0, 1)
        'unclear'
    """
    low, high = band
    parts: dict[Reading, float] = {
        "inside": share_in(low, high, kept, n),
        "outside low": share_in(0.0, low, kept, n),
        "outside high": share_in(high, 1.0, kept, n),
    }
    sure: list[Reading] = [part for part, chance in parts.items() if chance > SURE]
    return sure[0] if sure and n >= ENOUGH else "unclear"


def _check(kept: int, n: int) -> None:
    if not 0 <= kept <= n:
        raise ValueError(f"kept must lie from 0 to n, got {kept} of {n}.")
