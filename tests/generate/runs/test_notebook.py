"""Notebook 03 plans a run, asks for it under a cap, and shows what came and what was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.report import find_notebook
from workbench.report import run as run_notebook

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_notebook_asks_only_when_it_may_spend(
    serve: Callable[..., Any], ask: Callable[..., Any], provider: str
) -> None:
    server = serve()
    shop = ask(server.url)

    def page(**parameters: Any) -> str:
        folder = shop.workspace.root / "reports"
        done = run_notebook(
            find_notebook("03_generate"),
            {"workspace": "."} | parameters,
            output_dir=folder,
            cwd=shop.workspace.root,
        )
        return done.html.read_text("utf-8")

    planned = page(plan=True, redteam=2)
    assert "Planned, and not asked yet" in planned
    assert "10 calls still to be made" in planned
    assert not server.hits

    asked = page(redteam=2, most_usd=3.0)
    assert len(server.hits) == 10
    assert "10 of 10 slots filled, 10 of them now" in asked
    assert "Calls of models" in asked
    assert f"by {provider}" in asked
