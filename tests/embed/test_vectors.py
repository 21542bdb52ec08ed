"""Vectors of texts: unit length, from the model or from the cache, and the same from both."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pytest

from workbench import embed

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.embed.cache import Pieces

LONG = "My parcel has not come, and nobody tells me where it is or when I will see it. " * 40
TEXTS = ["where is my parcel?", "my parcel has not arrived", "????", "где мой заказ?", LONG]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    embed.vectors(TEXTS, cache=folder)
    return folder


def test_every_text_has_a_unit_vector_also_one_without_a_word(cache: Path) -> None:
    found = embed.vectors(TEXTS, cache=cache)

    assert found.shape == (5, 384)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert found[0] @ found[1] > 0.6
    assert found[1] @ found[2] < 0.2


def test_no_texts_are_no_vectors() -> None:
    assert embed.vectors([]).shape == (0, 384)


def test_a_text_is_read_up_to_the_models_own_limit_and_not_the_tokenizers() -> None:
    """The packaged tokenizer.json cuts at 128 word pieces."""
    start = "the mug is broken and " * 30
    found = embed.embedded([start, start + "please send me all of my money back " * 10])

    assert found.counts.tolist() == [1, 1]
    assert found.vectors[0] @ found.vectors[1] < 0.97


def test_a_long_text_has_several_windows_and_its_vector_is_between_them(cache: Path) -> None:
    found = embed.embedded(TEXTS, cache=cache)

    assert found.counts[:4].tolist() == [1, 1, 1, 1]
    assert found.counts[4] == len(found.windows) - 4 > 1
    assert (found.windows[4:] @ found.vectors[4]).min() > 0.95
    assert np.abs(found.windows[0] - found.vectors[0]).max() < 1e-6


def test_what_comes_out_of_the_cache_is_what_was_put_in(cache: Path) -> None:
    again = embed.vectors([*reversed(TEXTS), TEXTS[0]], cache=cache)

    assert np.array_equal(again, embed.vectors([*reversed(TEXTS), TEXTS[0]], cache=cache))
    assert np.abs(again[:5] - embed.vectors(TEXTS)[::-1]).max() < 1e-5
    assert np.array_equal(again[4], again[5])


def test_a_full_cache_loads_no_model(cache: Path) -> None:
    program = (
        "import pathlib, sys; from workbench import embed;"
        f"embed.vectors({TEXTS!r}, cache=pathlib.Path(sys.argv[1]));"
        "print([name for name in ('torch', 'transformers', 'tokenizers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, cache], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_the_model_speaks_neither_on_loading_nor_on_embedding() -> None:
    program = "from workbench import embed; embed.vectors(['word ' * 600])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")


def _one_file(cache: Path) -> Path:
    (file,) = cache.iterdir()
    return file


def test_the_cache_is_one_file_named_after_its_embedder(cache: Path) -> None:
    assert _one_file(cache).name.startswith("all-MiniLM-L6-v2-sentence-transformers-6-fp32")


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "pickled", "something else"])
def test_a_damaged_cache_is_said_and_computed_again(
    damage: str, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = _one_file(cache).read_bytes()
    middle = len(whole) // 2
    np.savez(tmp_path / "pickled.npz", keys=np.array([{"text": 1}], dtype=object))
    data = {
        "cut": whole[:middle],
        "emptied": b"",
        "changed": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
        "pickled": (tmp_path / "pickled.npz").read_bytes(),
        "something else": b"%PDF-1.7",
    }[damage]
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / _one_file(cache).name).write_bytes(data)
    found = embed.vectors(TEXTS[:1], cache=folder)

    assert capsys.readouterr().err.endswith("is damaged; its vectors are computed again\n")
    assert np.abs(found - embed.vectors(TEXTS[:1], cache=cache)).max() < 1e-5
    embed.vectors(TEXTS[:1], cache=folder)
    assert capsys.readouterr().err == ""


def test_two_that_write_at_once_leave_a_whole_file(cache: Path, tmp_path: Path) -> None:
    from workbench.embed.cache import read, write

    held = read(_one_file(cache))
    program = (
        "import pathlib, sys; from workbench.embed.cache import read, write;"
        "held = read(pathlib.Path(sys.argv[1])); file = pathlib.Path(sys.argv[2]);"
        "[write(file, dict(list(held.items())[: int(sys.argv[3])])) for _ in range(40)]"
    )
    shared = tmp_path / "shared.npz"
    write(shared, held)
    writers = [
        subprocess.Popen([sys.executable, "-c", program, _one_file(cache), shared, str(count)])
        for count in (2, 4)
    ]
    sizes = set()
    while any(writer.poll() is None for writer in writers):
        sizes.add(len(read(shared)))

    assert [writer.returncode for writer in writers] == [0, 0]
    assert sizes <= {2, 4, 5}
    assert len(read(shared)) in {2, 4}
    assert [path.name for path in tmp_path.iterdir()] == ["shared.npz"]


def test_a_run_that_is_stopped_keeps_what_it_had_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package's function of that name hides the module.
    vectors = import_module("workbench.embed.vectors")
    whole, asked = vectors._computed, []

    def computed(texts: list[str]) -> list[Pieces]:
        asked.append(texts)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return whole(texts)

    monkeypatch.setattr(vectors, "KEPT", 2)
    monkeypatch.setattr(vectors, "_computed", computed)
    with pytest.raises(KeyboardInterrupt):
        embed.vectors(TEXTS[:4], cache=tmp_path)
    embed.vectors(TEXTS[:4], cache=tmp_path)

    assert asked == [TEXTS[:2], TEXTS[2:4], TEXTS[2:4]]
