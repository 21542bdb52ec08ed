"""A shop with a frozen set, and a model under test on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.evalset import freeze
from workbench.provenance import content_sha256
from workbench.tables import CASES
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTINGS = """
[roles]
under_test = {{ provider = "{provider}", base_url = "{url}", model = "shop-bot-3", family = "acme/bot" }}
[prices]
shop-bot-3 = {{ input = 4.0, output = 20.0 }}
shop-bot-4 = {{ input = 4.0, output = 20.0 }}
"""


@pytest.fixture(autouse=True)
def _environment(_planted: None) -> None:
    """For every test of this folder."""


@pytest.fixture
def reply_text() -> str:
    """What a model on this machine promises."""
    return "I will look into it."


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
