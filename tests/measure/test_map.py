"""The map: the seed spread out on a plane, and every other case placed on it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench.measure.map import FEWEST, Map, projected

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TOPICS = ("where is my parcel", "the mug came broken", "you charged me twice", "I changed my mind")
SEED, CANDIDATES = 48, 12


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    """A seed on four topics, then twelve candidates."""
    rows = [
        {
            "case_id": f"c{number:02}",
            "turns": [{"role": "user", "text": f"{TOPICS[number % 4]}, message {number}"}],
            "bucket": "seed" if number < SEED else "prompted",
            "split": "eval",
        }
        for number in range(SEED + CANDIDATES)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Unit vectors in which each topic is a cluster."""
    rng = np.random.default_rng(7)
    middles = rng.normal(size=(4, 24))
    found = np.tile(middles, (15, 1)) + rng.normal(scale=0.4, size=(SEED + CANDIDATES, 24))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop") / "cache"


@pytest.fixture(scope="module")
def first(cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path) -> Map:
    """The map of the seed with the first eight candidates, stored."""
    return projected(cases[:-4], vectors[:-4], cache=cache)


ELSEWHERE = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd
from workbench.measure.map import projected
folder, cache = map(Path, sys.argv[1:])
found = projected(pd.read_json(folder / "cases.json"), np.load(folder / "vectors.npy"), cache=cache)
told = {"places": found.places.to_dict("list"), "trustworthiness": found.trustworthiness}
print(json.dumps(told | {"heavy": sorted({"umap", "numba", "sklearn"} & set(sys.modules))}))
"""


def elsewhere(
    folder: Path, cases: pd.DataFrame, vectors: NDArray[np.float32], *, cache: Path
) -> dict[str, Any]:
    """Return the map as another process finds it, in which a warning is an error."""
    cases.to_json(folder / "cases.json")
    np.save(folder / "vectors.npy", vectors)
    asked = [sys.executable, "-W", "error", "-c", ELSEWHERE, folder, cache]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"places": pd.DataFrame(found["places"]), "said": done.stderr}


def test_every_case_has_a_place_and_topics_stay_together(first: Map, cases: pd.DataFrame) -> None:
    where = first.places.set_index("case_id")
    middles = where[:SEED].groupby(np.arange(SEED) % 4).mean().to_numpy()
    candidates = where[SEED:].to_numpy()
    nearest = np.linalg.norm(candidates[:, None] - middles, axis=2).argmin(axis=1)

    assert where.index.tolist() == cases["case_id"][:-4].tolist()
    assert nearest.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert (first.fitted, first.reason) == (SEED, "")
    assert first.trustworthiness is not None
    assert 0.7 < first.trustworthiness <= 1


def test_another_process_draws_the_same_picture_without_a_warning(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    found = elsewhere(tmp_path, cases[:-4], vectors[:-4], cache=tmp_path / "its own")

    pd.testing.assert_frame_equal(found["places"], first.places, check_exact=True)
    assert found["trustworthiness"] == first.trustworthiness
    assert found["said"] == "Drawing the first map of 48 seed texts: about 15 s, longer above 1,000.\n"


def test_it_opens_again_without_loading_what_draws_it(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path, tmp_path: Path
) -> None:
    found = elsewhere(tmp_path, cases[:-4], vectors[:-4], cache=cache)

    pd.testing.assert_frame_equal(found["places"], first.places, check_exact=True)
    assert found["heavy"] == []
    assert found["said"] == ""


def test_new_candidates_move_nothing(
    first: Map,
    cases: pd.DataFrame,
    vectors: NDArray[np.float32],
    cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    grown = projected(cases, vectors, cache=cache)

    pd.testing.assert_frame_equal(grown.places[:-4], first.places, check_exact=True)
    assert grown.places[["x", "y"]].notna().all(axis=None)
    assert capsys.readouterr().err.startswith("Placing 4 texts on the map of 48 seed texts")


def test_the_order_of_the_rows_changes_nothing(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path
) -> None:
    turned = projected(cases[:-4][::-1], vectors[:-4][::-1], cache=cache)

    pd.testing.assert_frame_equal(turned.places[::-1].reset_index(drop=True), first.places, check_exact=True)


def test_equal_texts_have_one_place(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path
) -> None:
    copy = cases[:1].assign(case_id="copy", bucket="prompted")
    both = projected(pd.concat([cases[:-4], copy]), np.vstack([vectors[:-4], vectors[:1]]), cache=cache)

    assert both.places[["x", "y"]].iloc[-1].tolist() == first.places[["x", "y"]].iloc[0].tolist()


def test_the_holdout_is_neither_fitted_nor_placed(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path
) -> None:
    rested = cases.assign(split=["eval"] * (SEED + CANDIDATES - 4) + ["holdout"] * 4)
    found = projected(rested, vectors, cache=cache)

    pd.testing.assert_frame_equal(found.places, first.places, check_exact=True)


def test_a_case_that_is_no_seed_never_changes_the_fit(
    cases: pd.DataFrame, vectors: NDArray[np.float32]
) -> None:
    # Were the candidates fitted too, eight seed cases and twelve others would be enough for a picture.
    few = pd.concat([cases[:8], cases[SEED:]])
    found = projected(few, np.vstack([vectors[:8], vectors[SEED:]]), cache=None)  # type: ignore[arg-type]

    assert found.places.empty
    assert found.fitted == 8


def test_too_few_different_seed_texts_say_what_is_missing(
    cases: pd.DataFrame, vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    few = cases[:SEED].assign(
        turns=[*cases["turns"][: FEWEST - 1], *[cases["turns"][0]] * (SEED - FEWEST + 1)]
    )
    found = projected(few, vectors[:SEED], cache=tmp_path)

    assert list(found.places) == ["case_id", "x", "y"]
    assert found.places.empty
    assert found.trustworthiness is None
    assert found.reason == (
        "The seed has 15 different texts outside the holdout and a map needs 16; import more of the seed."
    )
    assert not list(tmp_path.iterdir())


def test_an_empty_workspace_has_no_map(
    cases: pd.DataFrame, vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    assert projected(cases[:0], vectors[:0], cache=tmp_path).reason.startswith("The seed has 0")


def test_a_damaged_map_is_said_and_drawn_again(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (stored,) = cache.glob("map-*.json")
    (tmp_path / stored.name).write_bytes(stored.read_bytes()[:-20])
    again = projected(cases[:-4], vectors[:-4], cache=tmp_path)

    pd.testing.assert_frame_equal(again.places, first.places, check_exact=True)
    assert "is damaged" in capsys.readouterr().err


def test_what_is_stored_holds_no_text_of_a_case(first: Map, cache: Path) -> None:
    del first
    stored = "".join(path.read_text("utf-8") for path in cache.iterdir())

    assert not [topic for topic in TOPICS if topic.split()[-1] in stored]


def test_a_case_is_placed_on_the_stored_picture_even_where_a_new_fit_would_turn_it(
    first: Map, cases: pd.DataFrame, vectors: NDArray[np.float32], cache: Path, tmp_path: Path
) -> None:
    (stored,) = cache.glob("map-*.json")
    found = json.loads(stored.read_text("utf-8"))
    # The picture of another machine: the same, far away.
    found["places"] = {text: [x + 1_000, y] for text, (x, y) in found["places"].items()}
    (tmp_path / stored.name).write_text(json.dumps(found), "utf-8")
    newcomer = cases[-1:].assign(turns=[[{"role": "user", "text": "my money back, please"}]])
    both = projected(
        pd.concat([cases[:-4], newcomer]),
        np.vstack([vectors[:-4], vectors[-1:]]),
        cache=tmp_path,
    )

    assert both.places["x"].iloc[-1] > 500
    np.testing.assert_allclose(both.places["x"][:-1], first.places["x"] + 1_000)
