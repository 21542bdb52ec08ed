"""The last swaps together: pass rates, what changed in between, and whether the synthetic set has drifted.

origins.py    what a swap's numbers come from, and what of it changed
past.py       decided swaps, read back with their pairs
rates.py      pass rates and differences by swap and part
course.py     signs, drift and trends over the window
age.py        how often the set was used, and how old it is
staleness.py  whether newer traffic looks like the seed of the set
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.stats.windows import LAST, MIN_SWAPS
from workbench.swap.cases import pairs_of
from workbench.swap.history.age import age
from workbench.swap.history.course import course
from workbench.swap.history.origins import marks, origins
from workbench.swap.history.past import Past, last_used, pairs_frame, past
from workbench.swap.history.rates import rates
from workbench.swap.part import Part
from workbench.swap.verdict import decide
from workbench.tables import EVALSETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.store import Transaction
    from workbench.swap.beside import Swapped
    from workbench.workspace import Workspace

NO_SWAP = "no swap was decided yet"

RATES = (
    "swap", "kind", "part", "paired", "roots", "baseline_rate", "baseline_low", "baseline_high", "candidate_rate",
    "candidate_low", "candidate_high", "delta_pp", "low_pp", "high_pp", "reading", "why",
)  # fmt: skip
SWAP = ("at", "baseline", "candidate", "verdict", "evalset")
"""The columns of a history's frame: of the swap, and of its parts."""


@dataclass(frozen=True)
class History:
    """The last swaps of a workspace, as `wb.report.swap` shows them.

    Attributes:
        told: The same as in verdict.json: `history`, and `why` a field of it is None.
        rates: One row per swap, and group or bucket: `at`, `baseline`, `candidate`, `verdict` and
            `evalset` of the swap, and the columns of `workbench.swap.history.rates.rates`.
    """

    told: Mapping[str, Any] = field(repr=False)
    rates: pd.DataFrame = field(repr=False)

    def get(self, *path: str) -> Any:
        """Return a field by its path, which begins with `history`; None where it is absent or None."""
        value: Any = self.told
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def why(self, *path: str) -> str:
        """Return why a field is None."""
        return str(self.told["why"].get(".".join(path), "no reason is stored"))

    def __str__(self) -> str:
        shown = self.get("history", "swaps")
        lines = [
            f"{(swap['at'] or 'now')[:10]}  {swap['verdict']}: {swap['baseline']} -> {swap['candidate']} on {swap['evalset']}"
            + (f" ({swap['unused']})" if swap["unused"] else "")
            for swap in shown
        ]
        drift = self.get("history", "drift", "reading")
        return "\n".join([*(lines or [NO_SWAP]), f"drift of synthetic from real: {drift.replace('_', ' ')}"])


def history(workspace: Workspace, last: int = LAST) -> History:
    """Return the last swaps of a workspace together, and what they say of drift.

    Args:
        workspace: The workspace.
        last: How many of the swaps whose pairs are stored.

    Raises:
        UsageError: Fewer than three are asked for, which is no course.
    """
    import pandas as pd

    if last < MIN_SWAPS:
        raise UsageError(f"a history reads {MIN_SWAPS} swaps or more, and {last} were asked for")
    with workspace.store.transaction() as tx:
        swaps = past(tx)
        sets = tx.rows(EVALSETS, sha256=swaps[-1].evalset_sha256) if swaps else []
        frozen = sets[-1] if sets else None
        found = _part(tx, swaps, frozen, alpha=workspace.settings.gate.alpha, last=last)
    why = {f"history.{path}": reason for path, reason in found.why.items()}
    shown = pd.DataFrame(found.fields["swaps"], columns=list(SWAP))
    rows = pd.DataFrame(found.fields["rates"], columns=list(RATES))
    frame = rows.merge(shown, left_on="swap", right_index=True)[[*SWAP, *RATES]]
    return History({"history": dict(found.fields), "why": why}, frame)


def history_part(tx: Transaction, swapped: Swapped) -> Part:
    """Return the last swaps with this one as the last of them."""
    frozen, evidence = swapped.frozen, swapped.evidence
    found = evidence.contradiction
    verdict = decide(evidence).verdict
    this = Past(
        at=None,
        baseline=swapped.question.baseline,
        candidate=swapped.question.candidate,
        verdict=verdict,
        look=None if verdict == "REFUSED" else swapped.look,
        evalset=f"{frozen.name} v{frozen.version}",
        evalset_sha256=frozen.sha256,
        alpha=swapped.alpha,
        margin_pp=evidence.margin_pp,
        contradiction={name: getattr(found, name) for name in ("delta_pp", "low_pp", "high_pp")},
        contradiction_why=found.why,
        pairs=pairs_frame(pairs_of(swapped.frame)),
        origins=origins(tx, frozen, swapped.frame["case_id"].tolist(), swapped.outcomes),
        current=True,
    )
    asked = (this.baseline, this.candidate, swapped.results_sha256)
    return _part(
        tx,
        [*past(tx, swapped.results_sha256), this],
        tx.rows(EVALSETS, name=frozen.name, version=frozen.version)[0],
        alpha=swapped.workspace.settings.gate.alpha,
        deciding=None if verdict == "REFUSED" else asked,
    )


def _part(
    tx: Transaction,
    swaps: Sequence[Past],
    frozen: Mapping[str, Any] | None,
    *,
    alpha: float,
    last: int = LAST,
    deciding: tuple[str, str, str] | None = None,
) -> Part:
    """Put the parts of a history together; `frozen` is the row of the newest swap's set."""
    shown = last_used(swaps, last)
    told = [_told(swap, before) for swap, before in zip(swaps, _before(swaps), strict=True)]
    rows = rates(shown, alpha=alpha)
    read = course(shown, rows, alpha=alpha, last=last)
    used, used_why = age(tx, frozen, deciding=deciding)
    fields = {
        "alpha": alpha,
        "last": last,
        "swaps": told[len(told) - len(shown) :],
        "rates": rows,
        **read.fields,
        **used,
        "origins": swaps[-1].origins if swaps else None,
    }
    why = {**read.why, **used_why}
    if fields["origins"] is None:
        why["origins"] = "it was not stored with the last swap" if swaps else NO_SWAP
    return Part(fields, why)


def _before(swaps: Sequence[Past]) -> list[Past | None]:
    """Return for each swap the one before it that is used."""
    before: list[Past | None] = []
    newest: Past | None = None
    for swap in swaps:
        before.append(newest)
        newest = newest if swap.unused else swap
    return before


def _told(swap: Past, before: Past | None) -> dict[str, Any]:
    """Return a swap as it stands in verdict.json."""
    why = [swap.contradiction_why] if None in swap.contradiction.values() else []
    changed = None
    if before is None:
        why.append("no swap before it is used, so no change is named")
    elif swap.origins is None or before.origins is None:
        why.append("what it or the swap before came from is not stored, so no change is named")
    else:
        changed = marks(before.origins, swap.origins)
    if swap.at is None:
        why.append("its manifest says when it was decided")
    if swap.look is None:
        why.append(
            "its own look stands beside its verdict" if swap.current else "a refused swap takes no look"
        )
    names = (
        "at",
        "baseline",
        "candidate",
        "verdict",
        "look",
        "evalset",
        "evalset_sha256",
        "current",
        "unused",
    )
    return {name: getattr(swap, name) for name in names} | {
        "contradiction": dict(swap.contradiction),
        "marks": changed,
        "why": "; ".join(filter(None, why)),
    }
