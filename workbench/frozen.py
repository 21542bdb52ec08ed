"""A frozen set as it is read back: what a swap is decided on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import UsageError, counted, shown
from workbench.provenance import GROUP_OF_BUCKET
from workbench.tables import CASES, EVALSETS, REVIEWS, SWAPS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from workbench.store import Store, Transaction
    from workbench.workspace import Workspace


@dataclass(frozen=True)
class Frozen:
    """A frozen set.

    Attributes:
        name: The set's name.
        version: 1, 2, ... of this name.
        sha256: Of ids, contents, buckets, tags, splits and weights; no timestamps.
        members: One row per case: case_id, content_sha256, root_id, bucket, group, tag, split,
            reviewed.
        mix: For each part, its target share, cases found, and cases short of the target.
        weights: For each group but the red team its weight in the mixed estimate, summing to 1.
        everything: Whether train and unreviewed cases are in it too.
        folder: Where its files are.
        is_new: False when the same content was frozen under this name before.
    """

    name: str
    version: int
    sha256: str
    members: pd.DataFrame
    mix: Mapping[str, Mapping[str, float | int | None]]
    weights: Mapping[str, float]
    everything: bool
    folder: Path
    is_new: bool = True

    def __str__(self) -> str:
        counts = ", ".join(
            f"{n:,} {bucket}" for bucket, n in self.members["bucket"].value_counts(sort=False).items()
        )
        again = "" if self.is_new else " (as frozen before)"
        weights = ", ".join(f"{group} {weight:.1%}" for group, weight in self.weights.items())
        short = [
            f"{part} is {int(row['short'] or 0):,} short" for part, row in self.mix.items() if row["short"]
        ]
        unreviewed = int((~self.members["reviewed"]).sum())
        lines = [
            f"{self.name} v{self.version}{again}: {len(self.members):,} cases ({counts})",
            f"weights of the mixed estimate: {weights or 'none'}",
            *(["short of the mix: " + "; ".join(short)] if short else []),
            *(
                [f"{counted(unreviewed, 'case')} not reviewed by anybody: this set cannot ship a model"]
                if unreviewed
                else []
            ),
            f"sha256 {self.sha256}",
        ]
        return "\n".join(lines)


def load(workspace: Workspace, name: str) -> Frozen:
    """Return the newest version of a frozen set, or the one named `name-v<version>`.

    Raises:
        UsageError: No set has this name; the message lists those that there are.
    """
    sets = workspace.store.read(EVALSETS)
    full = sets["name"] + "-v" + sets["version"].astype("str")
    # A set that is itself named like a version of another one goes first.
    found = next((rows for rows in (sets[sets["name"] == name], sets[full == name]) if len(rows)), None)
    if found is None:
        known = ", ".join(full) or "none yet; make one with `workbench freeze NAME`"
        raise UsageError(f"no evalset {shown(name)} in this workspace; frozen sets: {known}")
    return stored(workspace, found.iloc[-1])


def stored(workspace: Workspace, row: pd.Series[Any]) -> Frozen:
    """Return a frozen set from its row of the table `evalsets`.

    Whether a candidate is reviewed is asked now: the review is a fact of its own, and may have come,
    or have been taken back, after the set was frozen.
    """
    import pandas as pd

    members = pd.DataFrame(row["members"])
    cases = workspace.store.read(CASES, case_id=members["case_id"].tolist())
    state = folds.candidates(cases, workspace.store.read(REVIEWS))
    unreviewed = state.loc[state["candidate"] & ~state["kept"], "case_id"]
    members["reviewed"] = ~members["case_id"].isin(unreviewed)
    members["group"] = members["bucket"].map(dict(GROUP_OF_BUCKET))
    return Frozen(
        name=str(row["name"]),
        version=int(row["version"]),
        sha256=str(row["sha256"]),
        members=members,
        mix=row["mix"],
        weights=row["weights"],
        everything=bool(row["everything"]),
        folder=workspace.path("evalsets", f"{row['name']}-v{row['version']}"),
        is_new=False,
    )


def times_used(
    store: Store | Transaction, digest: str, *, deciding: tuple[str, str, str] | None = None
) -> int:
    """Return how many different swaps were decided on a set; refused ones do not count.

    Args:
        store: The store, or an open transaction.
        digest: The set's sha256.
        deciding: Baseline, candidate and results_sha256 of one that is being decided, and counts too.
    """
    decided = store.read(SWAPS, evalset_sha256=digest)
    decided = decided[decided["verdict"] != "REFUSED"]
    columns = (decided[name] for name in ("baseline", "candidate", "results_sha256"))
    return len({*zip(*columns, strict=True), *([deciding] if deciding else [])})
