"""Whether newer traffic still looks like the seed that a set was frozen with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench import embed
from workbench.embed.apart import Apart, apart
from workbench.frozen import load
from workbench.tables import CASES, EVALSETS
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.workspace import Workspace


class Newer(NamedTuple):
    """The seed cases of a set and the newest ones that are not in it.

    Attributes:
        held: Those of the set, rows of the table `cases`.
        later: The newer ones, without the holdout.
        basis: What makes them newer, in words.
        reason: Why there are none; empty when there are.
    """

    held: pd.DataFrame
    later: pd.DataFrame
    basis: str
    reason: str


class Staleness(NamedTuple):
    """What a comparison of the set's seed with newer traffic found.

    Attributes:
        apart: How well a classifier tells the newer cases from the set's seed, or why it was not asked.
        held: Seed cases of the set.
        later: Newer cases.
        basis: What makes them newer, in words.
    """

    apart: Apart
    held: int
    later: int
    basis: str

    def __str__(self) -> str:
        found = self.apart
        if found.auc is None:
            return f"staleness: not known, {found.reason}"
        return (
            f"staleness: {found.reading}, area {found.auc:.2f} ({found.low:.2f} to {found.high:.2f}; 0.5 is a guess), "
            f"{self.held:,} seed cases of the set against {self.later:,} {self.basis}"
        )


def newer(seed: pd.DataFrame, frozen: Mapping[str, Any]) -> Newer:
    """Return the seed cases of a set and the newer ones with which it can be compared.

    Newer is what has come since the set was frozen; where nothing has and the cases have their own
    times (`created_at` in the imported file), the newest calendar month.

    Args:
        seed: The rows of the table `cases` in the bucket seed.
        frozen: The set's row of the table `evalsets`.
    """
    inside = {member["case_id"] for member in frozen["members"]}
    told = seed[seed["turns"].map(len) > 0]
    held = told[told["case_id"].isin(inside)]
    # The holdout rests: it is not even embedded.
    rest = told[~told["case_id"].isin(inside) & (told["split"] != "holdout")]
    later, basis = rest[rest["created_at"] > frozen["created_at"]], "that came since it was frozen"
    if later.empty and len(told):
        months = told["created_at"].dt.strftime("%Y-%m")
        newest = months.max()
        if months.min() < newest:
            later, basis = rest[rest["created_at"].dt.strftime("%Y-%m") == newest], f"of {newest} outside it"
    reason = "" if len(later) else "no real case is newer than the set: import the newest traffic as seed"
    return Newer(held, later, basis, reason if len(held) else "the set has no seed case with a text")


def staleness(workspace: Workspace, name: str) -> Staleness:
    """Ask whether a classifier tells newer real cases from the seed cases of a set.

    Vectors come from the workspace's cache; those that are not there yet are computed and kept.

    Args:
        workspace: The workspace.
        name: The set's name, for its newest version, or `name-v<version>`.

    Raises:
        UsageError: No set has this name.
        SafetyError: The embedding model's files are not the ones that this project was tested with.
    """
    frozen = load(workspace, name)
    row = workspace.store.read(EVALSETS, name=frozen.name, version=frozen.version).iloc[0]
    found = newer(workspace.store.read(CASES, bucket="seed"), dict(row))
    counts = (len(found.held), len(found.later), found.basis)
    if found.reason:
        return Staleness(Apart(None, None, None, sum(counts[:2]), 0, reason=found.reason), *counts)
    texts = [user_text(turns) for frame in found[:2] for turns in frame["turns"]]
    vectors = embed.vectors(texts, cache=workspace.path("cache"))
    held = len(found.held)
    roots = (found.held["root_id"].tolist(), found.later["root_id"].tolist())
    return Staleness(apart(vectors[:held], vectors[held:], *roots), *counts)
