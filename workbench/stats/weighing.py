"""What a mix of real and synthetic cases says at every weight, and at which weights its sign is open."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.stats.clusters import MIN_ROOTS
from workbench.stats.paired import FloatArray, normal_quantile
from workbench.stats.roots import ROUNDING, Estimate, cases_by_root, covariance, t_quantile

Group = tuple[npt.ArrayLike, Iterable[Hashable]]
"""The difference of each case, -1 to 1, and its root."""

NAMES = ("real", "synthetic")

Kind = Literal["none", "interval", "complement", "everything"]


class TippingSet(NamedTuple):
    """The weights of the real cases, 0 to 1, at which the sign of the mix is not told from zero.

    Attributes:
        kind: `none`: the sign is told at every weight; `interval`: it is open between two weights;
            `complement`: it is told between two weights and open outside; `everything`: it is told at
            no weight.
        pieces: From and to of each piece of the set, in order.
    """

    kind: Kind
    pieces: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The difference of a mix against the weight of the real cases: ``w * real + (1 - w) * synthetic``.

    Attributes:
        real: The real group's difference as a fraction; None when it has no case.
        synthetic: The synthetic group's.
        variance: `covariance` of the real and the synthetic difference, shape (2, 2); None
            without an interval.
        roots: Distinct roots of both groups.
        df: Degrees of freedom of the t quantile.
        alpha: One minus the confidence level.
        reason: Why there is no value or interval.
    """

    real: float | None
    synthetic: float | None
    variance: FloatArray | None = None
    roots: int = 0
    df: int = 0
    alpha: float
    reason: str | None = None

    def at(self, weight: float) -> Estimate:
        """Return the difference with its interval where the real cases weigh ``weight``, 0 to 1."""
        method = "root jackknife"
        if self.real is None or self.synthetic is None:
            return Estimate(value=None, roots=self.roots, method=method, reason=self.reason)
        value = weight * self.real + (1 - weight) * self.synthetic
        if self.variance is None:
            return Estimate(value=value, roots=self.roots, method=method, reason=self.reason)
        weights = np.array([weight, 1 - weight])
        se = math.sqrt(max(0.0, float(weights @ self.variance @ weights)))
        if se <= ROUNDING:
            still = "No root changes the estimate: its spread cannot be measured."
            return Estimate(value=value, roots=self.roots, method=method, reason=still)
        reach = t_quantile(self.alpha, self.df) * se
        low, high = max(-1.0, value - reach), min(1.0, value + reach)
        return Estimate(value=value, low=low, high=high, se=se, roots=self.roots, df=self.df, method=method)

    def tipping_set(self) -> TippingSet | None:
        """Return the weights at which the line's interval holds 0; None without an interval.

        This is Fieller's set for the weight at which the line crosses 0: it covers that weight as
        often as the line's interval covers the truth there, also where the crossing is poorly known.

        Source: Fieller (1954), Some problems in interval estimation, JRSS B 16:175-185.

        Example:
            >>> real, synthetic = ([-1] * 8 + [0] * 57, range(65)), ([1] * 5 + [0] * 148, range(65, 218))
            >>> found = mix_line(real, synthetic).tipping_set()
            >>> found.kind, [f"{weight:.2f}" for weight in found.pieces[0]]
            ('interval', ['0.03', '0.48'])
        """
        if self.variance is None or self.real is None or self.synthetic is None:
            return None
        slope, reach = self.real - self.synthetic, t_quantile(self.alpha, self.df) ** 2
        direction, start = np.array([1.0, -1.0]), np.array([0.0, 1.0])
        # Where square * w^2 + 2 * half * w + rest <= 0, the line is within its reach of 0.
        square = slope**2 - reach * float(direction @ self.variance @ direction)
        half = slope * self.synthetic - reach * float(direction @ self.variance @ start)
        rest = self.synthetic**2 - reach * float(start @ self.variance @ start)
        return _told(square, half, rest)


def mix_line(real: Group, synthetic: Group, *, alpha: float = 0.05) -> Line:
    """Estimate the line with the variances and the covariance that leaving out one root at a time gives.

    Groups may share roots, as mutants do with their parents. The t quantile has (fewest roots of a
    group - 1) degrees of freedom, as in `jackknife`.

    Args:
        real: The real group.
        synthetic: The synthetic group.
        alpha: One minus the confidence level.

    Returns:
        The line; without an interval when a group has fewer than `MIN_ROOTS` roots.

    Raises:
        ValueError: a difference or ``alpha`` is out of range.
    """
    normal_quantile(alpha)
    codes: dict[Hashable, int] = {}
    cases = [cases_by_root(*group, codes=codes) for group in (real, synthetic)]
    roots = [len(np.unique(code)) for _, code in cases]
    means = [float(d.mean()) if d.size else None for d, _ in cases]
    line = Line(real=means[0], synthetic=means[1], roots=len(codes), df=min(roots) - 1, alpha=alpha)
    few = [f"{name} ({n})" for name, n in zip(NAMES, roots, strict=True) if n < MIN_ROOTS]
    if few:
        return replace(line, reason=f"Fewer than {MIN_ROOTS} roots: {', '.join(few)}.")
    return replace(line, variance=covariance(cases, len(codes), np.ones(2), alpha=alpha))


def effective_cases(weights: Mapping[str, float], cases: Mapping[str, int]) -> float:
    """Return Kish's effective number of the cases of groups that are weighted, ``(sum w)^2 / sum w^2``.

    Each case weighs its group's weight divided by the group's cases. Weights as found give the
    number of cases; any others give fewer. Shared roots are not reckoned with.

    Args:
        weights: Weight per group, at least one above 0.
        cases: Cases per group, at least 1 where it weighs.

    Source: Kish (1965), Survey Sampling, section 11.7.

    Example:
        >>> round(effective_cases({"real": 0.3, "synthetic": 0.7}, {"real": 184, "synthetic": 153}), 1)
        270.9
    """
    total = sum(weights.values())
    return total**2 / sum(weight**2 / cases[name] for name, weight in weights.items() if weight)


def _told(square: float, half: float, rest: float) -> TippingSet:
    """Return where ``square w^2 + 2 half w + rest`` is at most 0, for w from 0 to 1."""
    crossings = np.roots([square, 2 * half, rest])
    inside = sorted(float(w.real) for w in crossings if w.imag == 0 and 0 < w.real < 1)
    ends = [0.0, *inside, 1.0]
    pieces = tuple(
        (low, high)
        for low, high in pairwise(ends)
        for middle in [(low + high) / 2]
        if square * middle**2 + 2 * half * middle + rest <= 0
    )
    kinds: dict[int, Kind] = {0: "none", 2: "complement"}
    one: Kind = "everything" if pieces == ((0.0, 1.0),) else "interval"
    return TippingSet(kinds.get(len(pieces), one), pieces)
