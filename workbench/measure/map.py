"""The map: the seed spread out on a plane, and every other case placed on it.

A map is for looking. It keeps neighbours together and nothing else, so distances are measured in the
embedding and never on the picture. The picture is fitted to the seed alone, so that no flood of
candidates moves it, and what has a place once keeps it.
"""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench import embed
from workbench.errors import counted
from workbench.files import write_text
from workbench.provenance import canonical, sha256
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from workbench.workspace import Workspace

NEIGHBOURS = 15
"""Neighbours of a text that the picture keeps together, and of its trustworthiness. Source: the
default of umap-learn (McInnes, Healy and Melville, 2018)."""

FEWEST = NEIGHBOURS + 1
"""Different seed texts below which there is no picture: a text needs that many neighbours."""

MOST_TRUSTED = 3_000
"""Seed texts that trustworthiness is taken over, evenly spread: it needs all their pairs in memory."""

PARAMETERS: Mapping[str, Any] = {"n_neighbors": NEIGHBOURS, "metric": "cosine", "random_state": 42}
"""What umap-learn is told; a fixed random state makes it the same every time, on one thread."""

REPULSION = 0.0
"""How strongly the standing points push a new one away while it is placed. umap-learn's default of 1
drives new points to the rim: on the demo's seed 6 of 15 mutants had their parent among the 3 nearest
points, and 13 without it; of the 15 nearest seed texts of a held-out fifth, 33 % were near on the
picture, and 40 % without it (58 % and 60 % on 297 real refund queries)."""


@dataclass(frozen=True)
class Map:
    """Where each case stands on the map.

    Attributes:
        places: One row per case: `case_id`, `x`, `y` (float64, without a unit); no rows without a picture.
        trustworthiness: How far near neighbours on the picture are near in the embedding too: 1 is
            all of them, about 0.5 what chance gives (Venna and Kaski, 2001); none without a picture.
        fitted: Different texts of the seed that the picture is fitted to.
        reason: Why there is no picture; empty when there is one.
    """

    places: pd.DataFrame
    trustworthiness: float | None
    fitted: int
    reason: str = ""


class _Stored(NamedTuple):
    """A map as its file has it: x and y by the hash of a text, from the first fit on."""

    trustworthiness: float
    places: dict[str, list[float]]


def placed(workspace: Workspace, measures: pd.DataFrame) -> Map:
    """Return the map of the measured cases of a workspace, kept in its folder `cache`.

    Args:
        workspace: The workspace.
        measures: Rows of the table `measures`: the cases that are drawn.
    """
    cases = workspace.cases
    cases = cases[cases["case_id"].isin(measures["case_id"])]
    cache = workspace.path("cache")
    texts = [user_text(turns) for turns in cases["turns"]]
    return projected(cases, embed.vectors(texts, cache=cache), cache=cache)


def projected(cases: pd.DataFrame, vectors: NDArray[np.float32], *, cache: Path) -> Map:
    """Return the map of a seed with all other cases placed on it.

    The map is kept by content in `cache`: it opens again without umap-learn, and a new case gets a
    place without moving another. Equal texts have one place. A place depends a little on which cases
    were placed together with it, so only a stored map is the same for every order of arrival.

    Args:
        cases: Rows of the table `cases` with a text. Those of the holdout are left out.
        vectors: Their vectors, float32 of shape (cases, dimensions), unit length, of `workbench.embed`.
        cache: The folder of stored maps; it is made if need be.

    Returns:
        The places of all cases outside the holdout, in their order.
    """
    import pandas as pd

    told = (cases["split"] != "holdout").to_numpy()
    cases, vectors = cases[told], vectors[told]
    keys = [sha256(user_text(turns)) for turns in cases["turns"]]
    seed = sorted({key for key, bucket in zip(keys, cases["bucket"], strict=True) if bucket == "seed"})
    places = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "text": keys})
    if len(seed) < FEWEST:
        why = f"The seed has {counted(len(seed), 'different text')} outside the holdout and a map needs {FEWEST}; import more of the seed."
        return Map(places.iloc[:0].assign(x=0.0, y=0.0)[["case_id", "x", "y"]], None, len(seed), why)
    content = {
        "seed": seed,
        "embedder": embed.EMBEDDER,
        "umap-learn": version("umap-learn"),
        "repulsion": REPULSION,
        **PARAMETERS,
    }
    path = cache / f"map-{sha256(content)[:16]}.json"
    stored = _read(path)
    new = sorted({*places["text"]} - (stored.places.keys() if stored else set()))
    if stored is None or new:
        stored = _extended(stored, seed, new, dict(zip(keys, vectors, strict=True)))
        write_text(path, canonical(stored._asdict()))
    places[["x", "y"]] = [stored.places[key] for key in places["text"]]
    return Map(places[["case_id", "x", "y"]], stored.trustworthiness, len(seed))


def _read(path: Path) -> _Stored | None:
    if not path.exists():
        return None
    try:
        return _Stored(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        sys.stderr.write(f"{path.name} is damaged ({error}); the map is drawn again\n")
        return None


def _extended(
    stored: _Stored | None,
    seed: Sequence[str],
    new: Sequence[str],
    vectors: Mapping[str, NDArray[np.float32]],
) -> _Stored:
    """Return a map with places for new texts; without a stored one the seed is fitted first."""
    import numpy as np

    doing = (
        "Drawing the first map of" if stored is None else f"Placing {counted(len(new), 'text')} on the map of"
    )
    sys.stderr.write(f"{doing} {len(seed):,} seed texts: about 15 s, longer above 1,000.\n")
    reference = np.array([vectors[key] for key in seed])
    with warnings.catch_warnings():
        # It warns of libraries that it does not need and of choices that are meant here.
        warnings.simplefilter("ignore")
        from umap import UMAP

        model = UMAP(**PARAMETERS, n_jobs=1).fit(reference)
        if stored is None:
            trusted = _trustworthiness(reference, model.embedding_)
            stored = _Stored(trusted, dict(zip(seed, model.embedding_.tolist(), strict=True)))
        # Cases are placed on the stored picture: a fit on another machine may turn it.
        model.embedding_ = np.array([stored.places[key] for key in seed], dtype=np.float32)
        model.repulsion_strength = REPULSION
        rest = [key for key in new if key not in stored.places]
        places = model.transform(np.array([vectors[key] for key in rest])).tolist() if rest else []
    return stored._replace(places=stored.places | dict(zip(rest, places, strict=True)))


def _trustworthiness(vectors: NDArray[np.float32], places: NDArray[np.float32]) -> float:
    from sklearn.manifold import trustworthiness

    step = -(-len(vectors) // MOST_TRUSTED)
    # It is defined for fewer neighbours than half of the texts.
    neighbours = min(NEIGHBOURS, (len(vectors[::step]) - 1) // 2)
    return float(trustworthiness(vectors[::step], places[::step], n_neighbors=neighbours, metric="cosine"))
