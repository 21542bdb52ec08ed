"""The caps of a run: how often it may ask, and what it may spend."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import CapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.llm.ledger import Spent


class Use(NamedTuple):
    """What attempts used, or may use at most.

    Attributes:
        tokens: Sent and come back, which the ledger keeps.
        usd: In USD; None without a price.
    """

    tokens: int
    usd: float | None


class Budget:
    """Caps that hold before anything is sent, counted over the threads of one process.

    What may still come back counts in full until it is known, so the worst case never passes a cap.
    A call whose outcome stays unknown counts in full for good.

    Args:
        most_attempts: Requests that may leave, repeats included.
        most_usd: What they may cost, in USD; None for no cap.

    Example:
        >>> budget = Budget(most_attempts=10, most_usd=0.50)
        >>> budget.reserve(Use(4_000, 0.40))
        >>> budget.reserve(Use(4_000, 0.40))
        Traceback (most recent call last):
        workbench.errors.CapError: the next request may cost $0.4000, which with $0.4000 passes the cap of $0.5000 (--most-usd); it was not sent: raise the cap, or plan fewer
        >>> budget.settle(Use(4_000, 0.40), Use(900, 0.01))
        >>> round(budget.usd, 6)
        0.01
    """

    def __init__(self, *, most_attempts: int, most_usd: float | None = None) -> None:
        self.most_attempts, self.most_usd = most_attempts, most_usd
        self.attempts, self.usd = 0, 0.0
        self._lock = threading.Lock()

    def count(self, spent: Spent) -> None:
        """Count what was spent before, see `Ledger.spent`; attempts are those of this process alone.

        Raises:
            CapError: Nobody knows what that was at most, and dollars are capped.
        """
        if spent.most_usd is None and self.most_usd is not None:
            raise CapError(
                f"calls that left before without a price may be paid ({spent.unknown:,} without a reply, {spent.unpriced:,} "
                "with one of unknown cost), so a cap in dollars cannot hold; plan another run, such as by another seed of "
                "chance"
            )
        with self._lock:
            self.usd += spent.most_usd or 0.0

    def fitting(self, worst: Sequence[Use]) -> int:
        """Return how many of these calls there is room for now, counted from the first."""
        with self._lock:
            usd = 0.0
            for number, one in enumerate(worst):
                usd += one.usd or 0.0
                if (one.usd is None and self.most_usd is not None) or self._passed(usd, number + 1):
                    return number
            return len(worst)

    def reserve(self, worst: Use, calls: int = 1) -> None:
        """Take what a request may use at most.

        Args:
            worst: What it may use.
            calls: The calls that it carries; more than one in a batch.

        Raises:
            CapError: It could pass a cap, or no price holds for it under a cap in dollars.
        """
        if worst.usd is None and self.most_usd is not None:
            raise CapError(
                "the prompt of the next request may be longer than the price in the table holds for, as each of its bytes "
                "counts as a token until it is answered; it was not sent: write what the model costs for long prompts into "
                "[prices] of workbench.toml"
            )
        with self._lock:
            passed = self._passed(worst.usd or 0.0, calls)
            if passed:
                raise CapError(f"{passed}; it was not sent: raise the cap, or plan fewer")
            self.attempts += calls
            self.usd += worst.usd or 0.0

    def settle(self, worst: Use, used: Use) -> None:
        """Put what a request did use in the place of what it might have used."""
        # What has tokens and no price stays at its worst case, which is 0 only without any price.
        if used.usd is not None:
            with self._lock:
                # What another process reserved may not have been counted here, and a cap never grows by it.
                self.usd = max(0.0, self.usd + used.usd - (worst.usd or 0.0))

    def _passed(self, usd: float, calls: int) -> str:
        if self.attempts + calls > self.most_attempts:
            return f"the next request would pass the cap of {self.most_attempts:,} attempts"
        if self.most_usd is not None and self.usd + usd > self.most_usd:
            return (
                f"the next request may cost ${usd:,.4f}, which with ${self.usd:,.4f} passes the cap of "
                f"${self.most_usd:,.4f} (--most-usd)"
            )
        return ""
