"""Decided swaps, read back with the pairs that they were decided on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.tables import SWAPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.store import Store, Transaction

PAIR_COLUMNS = ("case_id", "root_id", "group", "bucket", "baseline", "candidate")


@dataclass(frozen=True, kw_only=True)
class Past:
    """A swap, as a history sees it.

    Attributes:
        at: When it was decided, ISO 8601 in UTC; None while it is.
        baseline: The model in use.
        candidate: The model that would replace it.
        verdict: The verdict.
        look: Which look at the pair; None when refused.
        evalset: Name and version of the set.
        evalset_sha256: The set's hash.
        alpha: The level of that look.
        margin_pp: The margin, percentage points.
        contradiction: {delta_pp, low_pp, high_pp} of real minus synthetic, as decided.
        contradiction_why: Why a number of it is None.
        pairs: One row per pair (`PAIR_COLUMNS`, scores 0-1); None where none were stored.
        origins: What its numbers come from; None where that was not stored.
        current: Whether it is the one that is being decided.
    """

    at: str | None
    baseline: str
    candidate: str
    verdict: str
    look: int | None
    evalset: str
    evalset_sha256: str
    alpha: float
    margin_pp: float
    contradiction: Mapping[str, float | None]
    contradiction_why: str = ""
    pairs: pd.DataFrame | None = field(repr=False)
    origins: Mapping[str, Any] | None
    current: bool = False

    @property
    def unused(self) -> str:
        """Why it is shown and not used; empty when it is used."""
        if self.verdict == "REFUSED":
            return "refused: its set could not carry a verdict"
        return "" if self.pairs is not None else "decided before pairs were stored; run the swap again"


def pairs_frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return stored pairs (see `workbench.swap.cases.pairs_of`) as a frame of `PAIR_COLUMNS`."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(PAIR_COLUMNS))
    return frame.astype({"baseline": "float64", "candidate": "float64"})


def past(tx: Store | Transaction, results_sha256: str | None = None) -> list[Past]:
    """Return the decided and refused swaps of any pair, oldest first, each answers once.

    The same answers read again, the other way round, or on another set are no further evidence: they
    keep the place at which they were first asked, as they keep their look, and say what they said last.

    Args:
        tx: The store, or an open transaction.
        results_sha256: The answers that are being decided on: what came after they were first asked is
            left out, so that the same swap asked again has the same history.
    """
    latest: dict[tuple[str, ...], Any] = {}
    row: Any
    for row in tx.read(SWAPS).itertuples():
        if row.results_sha256 == results_sha256 and row.verdict != "REFUSED":
            break
        refused = row.verdict == "REFUSED"
        latest[row.results_sha256, str(refused), *sorted([row.baseline, row.candidate])] = row
    decided = {row.results_sha256 for row in latest.values() if row.verdict != "REFUSED"} | {results_sha256}
    return [
        _read(row)
        for row in latest.values()
        # What was refused and then decided on the same answers is one swap.
        if row.verdict != "REFUSED" or row.results_sha256 not in decided
    ]


def _read(row: Any) -> Past:
    numbers: Mapping[str, Any] = row.numbers
    stored = numbers.get("history") or {}
    contradiction = numbers.get("contradiction") or {}
    why = numbers.get("why") or {}
    return Past(
        at=row.created_at.isoformat(timespec="seconds"),
        baseline=row.baseline,
        candidate=row.candidate,
        verdict=row.verdict,
        look=numbers.get("look"),
        evalset=str(numbers.get("evalset") or row.evalset_sha256[:12]),
        evalset_sha256=row.evalset_sha256,
        alpha=float(numbers["gate"]["look_alpha"]),
        margin_pp=float(numbers["gate"]["margin_pp"]),
        contradiction={name: contradiction.get(name) for name in ("delta_pp", "low_pp", "high_pp")},
        contradiction_why=str(why.get("contradiction.low_pp", "")),
        pairs=pairs_frame(row.pairs) if isinstance(row.pairs, list) else None,
        origins=stored.get("origins"),
    )


def last_used(swaps: Sequence[Past], last: int) -> list[Past]:
    """Return the last swaps that are used, `last` of them at most, with the others between and after them."""
    used = [place for place, swap in enumerate(swaps) if not swap.unused]
    first = used[-last] if len(used) > last else 0
    return list(swaps[first:])
