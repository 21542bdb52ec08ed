"""A shop with a frozen set, and a model under test on this machine."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.evalset import freeze
from workbench.provenance import content_sha256
from workbench.tables import CASES
from workbench.workspace import Workspace

# Tests are no package, so what they share is loaded by its path and known by its name.
if "loopback" not in sys.modules:
    _path = Path(__file__).parents[2] / "llm" / "loopback.py"
    _spec = importlib.util.spec_from_file_location("loopback", _path)
    assert _spec is not None
    assert _spec.loader is not None
    sys.modules["loopback"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["loopback"])

from loopback import KEY, Loopback, plant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTINGS = """
[roles]
under_test = {{ provider = "{provider}", base_url = "{url}", model = "shop-bot-3", family = "acme/bot" }}
[prices]
shop-bot-3 = {{ input = 4.0, output = 20.0 }}
shop-bot-4 = {{ input = 4.0, output = 20.0 }}
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are planted, and nothing of this machine's network settings matters."""
    plant(monkeypatch)


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture(params=["anthropic", "openai"])
def provider(request: pytest.FixtureRequest) -> str:
    """Both SDKs."""
    return str(request.param)


@pytest.fixture
def serve() -> Iterator[Callable[..., Any]]:
    """Start a model on this machine that promises to look into it."""
    with contextlib.ExitStack() as stack:
        yield lambda *faults, **options: stack.enter_context(
            Loopback(faults, **{"text": "I will look into it.", **options})
        )


@pytest.fixture
def shop(tmp_path: Path, new_case: Callable[..., dict[str, Any]]) -> Iterator[Callable[..., Workspace]]:
    """Make a shop whose model under test has this address, with these cases in the frozen set `gate`."""
    made: list[Workspace] = []

    def make(url: str = "", *cases: dict[str, Any], provider: str = "anthropic", size: int = 4) -> Workspace:
        folder = tmp_path / f"shop{len(made)}"
        folder.mkdir()
        (folder / "workbench.toml").write_text(SETTINGS.format(provider=provider, url=url), "utf-8")
        workspace = Workspace(folder)
        made.append(workspace)
        plain = [new_case(f"s{number}", f"parcel {number} is late, what now") for number in range(size)]
        workspace.store.append(CASES, list(cases) or plain)
        freeze(workspace, "gate")
        return workspace

    yield make
    for workspace in made:
        workspace.close()


@pytest.fixture
def said(new_case: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make a case of turns, each as (role, text), with any column changed."""

    def make(case_id: str, *turns: tuple[str, str], context: Any = None, **changes: Any) -> dict[str, Any]:
        told = [{"role": role, "text": text} for role, text in turns]
        digest = content_sha256(told, context)
        return new_case(case_id, **{"turns": told, "context": context, "content_sha256": digest, **changes})

    return make


@pytest.fixture
def typed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Type `workbench answer --evalset gate` for a shop."""

    def run(workspace: Workspace, *options: str, exits: int = 0) -> Any:
        return command("-w", str(workspace.root), "answer", "--evalset", "gate", *options, exits=exits)

    return run
