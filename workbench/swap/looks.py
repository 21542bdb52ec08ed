"""How often a pair has been looked at, and under which gate.

Every further look at the same pair is another chance of a false alarm, so looks are counted and
each is paid for with a smaller alpha. A re-run on the same content keeps its look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.swap.evidence import Gate
from workbench.tables import GATES, SWAPS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import Transaction


class Content(NamedTuple):
    """What a look is at: the frozen set, the outcomes, and the gate that is asked of them."""

    evalset_sha256: str
    results_sha256: str
    gate: Gate


def sealed_gate(tx: Transaction, imported_at: pd.Timestamp) -> Gate | None:
    """Return the gate that was in force when outcomes were imported; none when none was sealed."""
    sealed = tx.read(GATES)
    sealed = sealed[sealed["sealed_at"] <= imported_at]
    if sealed.empty:
        return None
    last = sealed.iloc[-1]
    return Gate(float(last["margin_pp"]), float(last["alpha"]), int(last["floor_roots"]))


def look_at(
    tx: Transaction, content: Content, *, baseline: str, candidate: str, sealed: Gate | None = None
) -> int:
    """Return the number of this look at an ordered pair, from 1.

    A content keeps the look that it first took; refused swaps took none. A gate that was changed
    after the outcomes came is never their first look: that one belongs to the sealed gate, whether
    or not a verdict was asked for under it.

    Args:
        tx: An open transaction.
        content: What this look is at.
        baseline: The model in use.
        candidate: The model that would replace it.
        sealed: The gate that was in force when the outcomes were imported, if one was sealed.
    """
    decided = _decided(tx, baseline=baseline, candidate=candidate)
    looks: dict[Content, int] = {}
    row: Any
    for row in decided.itertuples():
        looks.setdefault(_content(row), int(row.look))
    if content in looks:
        return looks[content]
    unseen = all(seen[:2] != content[:2] for seen in looks)
    forgone = unseen and sealed not in {None, content.gate}
    return max(looks.values(), default=0) + (2 if forgone else 1)


def _decided(tx: Transaction, **equals: str) -> pd.DataFrame:
    rows = tx.read(SWAPS, **equals)
    return rows[rows["verdict"] != "REFUSED"]


def _content(row: Any) -> Content:
    gate = row.numbers["gate"]
    return Content(
        str(row.evalset_sha256),
        str(row.results_sha256),
        Gate(float(gate["margin_pp"]), float(gate["alpha"]), int(gate["floor_roots"])),
    )
