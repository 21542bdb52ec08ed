"""Measure a workspace: every case with text against the seed, stored so that it is done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench import embed
from workbench.errors import counted
from workbench.measure.bands import FEWEST, alarms, band, bands
from workbench.measure.duplicates import DUPLICATE, flags, ordered, removal, repeats
from workbench.measure.nearest import nearest_seed, ranks
from workbench.provenance import sha256
from workbench.tables import MEASURES
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Where the cases lie.

    Attributes:
        measures: The table `measures`, of this embedder and reference; the seed first.
        reference_sha256: Of the ids and contents of the seed cases measured against.
        seed_distances: The scale: 1 - cosine of each seed case to the nearest other one, by its id.
        pairs: The flagged cases: `case_id`, `duplicate_of` and `cosine`.
        bands: How each bucket spreads over the bands; see `workbench.measure.bands`.
        removal: The share of each bucket that is flagged; see `workbench.measure.removal`.
        notes: What a reader has to know, in sentences; alarms first.
    """

    measures: pd.DataFrame
    reference_sha256: str
    seed_distances: pd.Series[float]
    pairs: pd.DataFrame
    bands: pd.DataFrame
    removal: pd.DataFrame
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{counted(len(self.measures), 'case')} measured by {embed.EMBEDDER}"]
        if len(self.seed_distances):
            middle = 1 - self.seed_distances.median()
            lines.append(f"seed: half of it has another seed case at cosine {middle:.2f} or nearer")
        for row in self.removal.to_dict("records"):
            own = self.bands[(self.bands["bucket"] == row["bucket"]) & (self.bands["cases"] > 0)]
            spread = ", ".join(
                f"{count:,} {name}" for name, count in zip(own["band"], own["cases"], strict=True)
            )
            lines.append(
                f"{row['bucket']}: {counted(row['cases'], 'case')} ({spread or 'no band'}); "
                f"{row['duplicates']:,} ({row['share']:.1%}) repeat an earlier case at cosine {DUPLICATE}"
            )
        return "\n".join([*lines, *self.notes])


def measure(workspace: Workspace) -> Measured:
    """Measure all cases with text, except the holdout, which is not even embedded.

    The reference is the seed of train and eval. What the user says is embedded
    (`workbench.text.user_text`): a bot's replies would make all conversations alike. A stub has no
    text and is not measured. When nothing is new since the last time, the stored rows are read.

    Args:
        workspace: The workspace; its folder `cache` keeps the vectors.

    Raises:
        SafetyError: The model's files are not the ones that this project was tested with.
    """
    cases = workspace.cases
    held, reference = _held(cases)
    found = workspace.store.read(MEASURES, embedder=embed.EMBEDDER, reference_sha256=reference)
    if set(found["case_id"]) != set(held["case_id"]):
        parents = dict(zip(cases["case_id"], cases["parent_ids"], strict=True))
        rows = _rows(held, parents, workspace.path("cache"))
        found = MEASURES.check(rows.assign(embedder=embed.EMBEDDER, reference_sha256=reference))
        with workspace.store.transaction() as tx:
            tx.replace(MEASURES, found, embedder=embed.EMBEDDER, reference_sha256=reference)
    return _measured(found, cases, reference)


def stored(workspace: Workspace) -> pd.DataFrame | None:
    """Return the rows of `measures` that `measure` stored for the seed as it is; None where there are none.

    Nothing is embedded, so a case that came later has no row.
    """
    _, reference = _held(workspace.cases)
    found = workspace.store.read(MEASURES, embedder=embed.EMBEDDER, reference_sha256=reference)
    return found if len(found) else None


def _held(cases: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the cases that are measured with their `text`, the seed first, and the hash of that seed."""
    told = cases.assign(text=cases["turns"].map(user_text))
    held = ordered(told[(told["split"] != "holdout") & (told["text"].str.strip() != "")])
    seed = held[held["bucket"] == "seed"]
    pairs = zip(seed["case_id"], seed["content_sha256"], strict=True)
    return held, sha256(sorted([*pair] for pair in pairs))


def _rows(cases: pd.DataFrame, parents: Mapping[str, list[str]], cache: Path) -> pd.DataFrame:
    """Return the measures of cases in the order of `ordered`, the seed first."""
    ids, texts = cases["case_id"].tolist(), cases["text"].tolist()
    seeds = int((cases["bucket"] == "seed").sum())
    embedded = embed.embedded(texts, cache=cache)
    near = nearest_seed(embedded.vectors, seeds)
    distances = 1 - near.cosines
    placed = ranks(distances, seeds)
    pairs = repeats(ids, texts, embedded, parents)
    of_seed = {ids[row] for row in range(seeds)}
    copies = {
        case_id
        for pair in zip(pairs["case_id"], pairs["earlier_id"], strict=True)
        for case_id, other in (pair, pair[::-1])
        if other in of_seed
    }
    flagged = flags(pairs).set_index("case_id")
    repeats_seed = cases["case_id"].isin(copies).to_numpy()
    return cases[["case_id"]].assign(
        nearest_seed_id=np.array([*ids, None], dtype=object)[near.places],
        cosine_to_seed=near.cosines,
        p_near=placed.p_near,
        p_far=placed.p_far,
        band=band(distances, placed, seeds=seeds, repeats_seed=repeats_seed),
        duplicate_of=cases["case_id"].map(flagged["duplicate_of"]),
        duplicate_cosine=cases["case_id"].map(flagged["cosine"]),
        windows=embedded.counts,
    )


def _measured(measures: pd.DataFrame, cases: pd.DataFrame, reference: str) -> Measured:
    measures = measures.reset_index(drop=True)
    flagged = measures[measures["duplicate_of"].notna()].reset_index(drop=True)
    is_seed = measures["case_id"].isin(cases.loc[cases["bucket"] == "seed", "case_id"])
    known = measures[is_seed & measures["cosine_to_seed"].notna()].set_index("case_id")
    spread = bands(measures, cases)
    return Measured(
        measures=measures,
        reference_sha256=reference,
        seed_distances=(1 - known["cosine_to_seed"]).rename("distance"),
        pairs=flagged[["case_id", "duplicate_of", "duplicate_cosine"]].rename(
            columns={"duplicate_cosine": "cosine"}
        ),
        bands=spread,
        removal=removal(measures, cases),
        notes=(*alarms(spread), *_notes(measures, cases, seeds=int(is_seed.sum()))),
    )


def _notes(measures: pd.DataFrame, cases: pd.DataFrame, *, seeds: int) -> list[str]:
    """Say what was left out, and what so few seed cases cannot tell."""
    resting = int((cases["split"] == "holdout").sum())
    silent = len(cases) - resting - len(measures)
    long = int((measures["windows"] > 1).sum())
    notes = []
    if not len(measures):
        notes.append(
            "no case has text that could be measured; import a seed with `workbench import seed FILE`"
        )
    elif not seeds:
        notes.append(
            "there is no seed case to measure a distance to; import one with `workbench import seed FILE`"
        )
    elif seeds < FEWEST:
        notes.append(
            f"{counted(seeds, 'seed case')} cannot tell near from far, which takes {FEWEST}: only duplicates have a band"
        )
    if long:
        notes.append(f"{counted(long, 'text')} longer than the model reads at once, embedded in windows")
    if silent:
        notes.append(f"{counted(silent, 'case')} without a word of a user, such as stubs, not measured")
    if resting:
        notes.append(f"{counted(resting, 'case')} of the holdout not touched")
    return notes
