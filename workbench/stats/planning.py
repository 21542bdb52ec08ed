"""What a set of a given size can decide, before and after it is used.

All sizes count independent pairs; where mutants share a root, multiply by the design effect or
ask `effective_n`. ``discordance`` is the share of pairs on which the two models differ, 0 to 1.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from workbench.stats.paired import normal_quantile, tango

POWER = 0.8
"""Chance of the wanted answer that sizes are planned for. Source: Cohen (1988), Statistical Power
Analysis, p. 56."""

UNSEEN = 1e-10
"""Chance per tail of a marginal count that the enumeration of tables leaves out."""


def look_alpha(look: int, alpha: float) -> float:
    """Return the level of one look at a swap whose evidence grows, 0 to 1.

    Look 1 uses ``alpha``, look k >= 2 uses ``alpha * 6 / (pi^2 k^2)``. All later looks together
    spend at most ``0.4 * alpha`` more, however many there are, as 6 / (pi^2 k^2) sums to 1 over
    k >= 1.

    Args:
        look: Number of the look, from 1.
        alpha: Two-sided level of the first look.

    Raises:
        ValueError: ``look`` is under 1 or ``alpha`` is out of range.

    Example:
        >>> look_alpha(1, 0.05), round(look_alpha(2, 0.05), 4)
        (0.05, 0.0076)
    """
    normal_quantile(alpha)
    if look < 1:
        raise ValueError(f"Looks are counted from 1, got {look}.")
    return alpha if look == 1 else alpha * 6 / (math.pi * look) ** 2


def smallest_n_to_ship(margin: float, alpha: float) -> int:
    """Return the fewest pairs that can ship a candidate which gains no more than it loses.

    With no pair lost or gained Tango's lower limit is ``-z^2 / (n + z^2)``, which clears
    ``-margin`` when ``n > z^2 (1 - margin) / margin``. Any pair lost takes more. Fewer pairs can
    only ship a candidate that gains more than it loses.

    Args:
        margin: Largest harm that is accepted, as a fraction above 0 and under 1.
        alpha: Two-sided level of the interval.

    Raises:
        ValueError: ``margin`` or ``alpha`` is out of range.

    Example:
        >>> smallest_n_to_ship(0.03, 0.05)
        125
    """
    _check_share("margin", margin)
    return math.floor(normal_quantile(alpha) ** 2 * (1 - margin) / margin) + 1


def needed_roots(
    discordance: float, margin: float, alpha: float, *, deff: float = 1.0, power: float = POWER
) -> int:
    """Return the pairs that ship two equally good models with the wanted power.

    ``(z_{1-alpha/2} + z_power)^2 * discordance * deff / margin^2`` rounded up, and never fewer
    than `smallest_n_to_ship`.

    Args:
        discordance: Share of pairs that differ, 0 to 1.
        margin: Largest harm that is accepted, as a fraction above 0 and under 1.
        alpha: Two-sided level of the interval.
        deff: Design effect of cases that share roots, at least 1.
        power: Chance to ship when there is no true difference.

    Raises:
        ValueError: an argument is out of range.

    Source: Liu, Hsueh, Hsieh and Chen (2002), Tests for equivalence or non-inferiority for paired
    binary data, Statistics in Medicine 21:231-245, with no true difference.

    Example:
        >>> needed_roots(0.10, 0.03, 0.05)
        873
    """
    if not 0 <= discordance <= 1 or not deff >= 1:
        raise ValueError(
            f"discordance must lie from 0 to 1 and deff be at least 1, got {discordance} and {deff}."
        )
    _check_share("power", power)
    floor = smallest_n_to_ship(margin, alpha)
    reach = normal_quantile(alpha) + float(ndtri(power))
    return max(floor, math.ceil(reach**2 * discordance * deff / margin**2))


def detectable_difference(n: float, discordance: float, alpha: float, *, power: float = POWER) -> float:
    """Return the smallest true difference that n pairs tell from 0 with the wanted power.

    The solution of ``delta = (z_{1-alpha/2} sqrt(pi) + z_power sqrt(pi - delta^2)) / sqrt(n)`` for
    discordance pi. No difference can exceed the discordance: a result above it means that n pairs
    cannot reach the power at this discordance, whatever the difference.

    Args:
        n: Independent pairs, more than 0 (an `effective_n` may be fractional).
        discordance: Share of pairs that differ, above 0 and under 1.
        alpha: Two-sided level of the test.
        power: Chance to find the difference.

    Returns:
        The difference as a fraction, 0 to 1.

    Raises:
        ValueError: an argument is out of range, or n is too small for the formula.

    Source: Connor (1987), Sample size for testing differences in proportions for the
    paired-sample design, Biometrics 43:207-211.

    Example:
        >>> round(100 * detectable_difference(184, 0.10, 0.05), 1)
        6.5
    """
    _check_share("discordance", discordance)
    _check_share("power", power)
    chance, strength = normal_quantile(alpha), float(ndtri(power))
    # The square of the equation is a quadratic in delta; its larger root solves the equation.
    square = n + strength**2
    inner = chance**2 * n * discordance - square * (chance**2 - strength**2) * discordance
    if not n > 0 or inner < 0:
        raise ValueError(f"No difference can be planned for with {n:g} pairs; take more.")
    return (chance * math.sqrt(n * discordance) + math.sqrt(inner)) / square


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingCharacteristic:
    """How often the rule ships or blocks under one true difference.

    Attributes:
        true_difference: Candidate minus baseline, as a fraction.
        discordance: Share of pairs that differ under it, 0 to 1.
        discordance_raised: True when the asked discordance was smaller than the difference, which
            is impossible, and was raised to it.
        ship: Chance of SHIP, 0 to 1.
        block: Chance of BLOCK, 0 to 1.
        no_verdict: Chance of neither, 0 to 1.
    """

    true_difference: float
    discordance: float
    discordance_raised: bool
    ship: float
    block: float
    no_verdict: float


def operating_characteristics(
    n: int,
    discordance: float,
    *,
    margin: float,
    alpha: float,
    differences: tuple[float, ...] = (0.0, -0.05, -0.12),
) -> tuple[OperatingCharacteristic, ...]:
    """Return how often n independent real pairs ship or block, by true difference.

    The rule is the real group's own: BLOCK when Tango's upper limit is under 0, SHIP when the
    lower limit is above ``-margin`` and the upper one is not under 0. Whatever else stands in the
    way of a SHIP, such as another group that is worse, takes its share of ``ship``. The chances
    are exact sums over all tables of lost and gained pairs, but for tails of `UNSEEN`.

    Args:
        n: Independent pairs, at least 1.
        discordance: Share of pairs that differ, 0 to 1; a smaller one than the difference is
            raised to it, and the row says so.
        margin: Largest harm that is accepted, as a fraction above 0 and under 1.
        alpha: Two-sided level of the interval.
        differences: True differences, each from -1 to 1.

    Returns:
        One row per true difference, in their order.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> for row in operating_characteristics(184, 0.10, margin=0.03, alpha=0.05):
        ...     print(f"{row.true_difference:+.2f} ship {row.ship:.0%} block {row.block:.0%}")
        +0.00 ship 22% block 3%
        -0.05 ship 0% block 60%
        -0.12 ship 0% block 100%
    """
    _check_share("margin", margin)
    if n < 1 or not 0 <= discordance <= 1 or not all(abs(delta) <= 1 for delta in differences):
        raise ValueError(
            "n must be at least 1, discordance lie from 0 to 1 and differences from -1 to 1, "
            f"got n={n}, discordance={discordance}, differences={differences}."
        )
    return tuple(_characteristic(n, discordance, delta, margin=margin, alpha=alpha) for delta in differences)


def _characteristic(
    n: int, discordance: float, delta: float, *, margin: float, alpha: float
) -> OperatingCharacteristic:
    from scipy.stats import binom, multinomial

    differing = max(discordance, abs(delta))
    p_lost, p_gained = (differing - delta) / 2, (differing + delta) / 2
    lost_range, gained_range = (
        np.arange(binom.ppf(UNSEEN, n, share), binom.isf(UNSEEN, n, share) + 1)
        for share in (p_lost, p_gained)
    )
    lost, gained = (axis.ravel() for axis in np.meshgrid(lost_range, gained_range))
    possible = lost + gained <= n
    lost, gained = lost[possible], gained[possible]
    tables = np.stack([lost, gained, n - lost - gained], axis=-1)
    chance = multinomial.pmf(tables, n, [p_lost, p_gained, 1 - differing])
    low, high = tango(lost, gained, n, alpha=alpha)
    block = float(chance[high < 0].sum())
    ship = float(chance[(low > -margin) & (high >= 0)].sum())
    return OperatingCharacteristic(
        true_difference=delta,
        discordance=differing,
        discordance_raised=differing > discordance,
        ship=ship,
        block=block,
        no_verdict=max(0.0, 1 - ship - block),
    )


def effective_n(n: int, cluster_size: float, icc: float) -> float:
    """Return the independent cases that n cases in clusters are worth.

    ``n / (1 + (cluster_size - 1) * icc)``.

    Args:
        n: Cases.
        cluster_size: Mean cases per root, at least 1.
        icc: Correlation of two cases of one root, 0 to 1.

    Raises:
        ValueError: an argument is out of range.

    Source: Kish (1965), Survey Sampling, chapter 5.

    Example:
        >>> round(effective_n(153, 153 / 31, 0.3), 1)
        70.2
    """
    if n < 0 or not cluster_size >= 1 or not 0 <= icc <= 1:
        raise ValueError(
            "n must be at least 0, cluster_size at least 1 and icc lie from 0 to 1, "
            f"got n={n}, cluster_size={cluster_size}, icc={icc}."
        )
    return n / (1 + (cluster_size - 1) * icc)


def _check_share(name: str, share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {share}.")
