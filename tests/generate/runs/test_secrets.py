"""Personal data and keys that were planted in the seed and in the environment are found nowhere they must not be.

The seed itself is the owner's data and stands in the database as it was imported: its rows are the one
place that is not searched for what customers wrote. Keys of the environment are searched for everywhere.
"""

from __future__ import annotations

import html
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from shapes import SHAPES, found, letters

from workbench import open as open_workspace
from workbench.tables import CASES, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENVIRONMENT = {
    "ANTHROPIC_API_KEY": f"sk-ant-api03-{letters(50)}", "OPENAI_API_KEY": f"sk-proj-{letters(50)}",
    "AWS_SECRET_ACCESS_KEY": letters(40), "GITHUB_TOKEN": f"ghp_{letters(36)}", "PGPASSWORD": letters(24),
}  # fmt: skip
"""Keys of whoever runs it; the first two are what a generator is asked with."""


@pytest.fixture
def planted(
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Any],
    ask: Callable[..., Any],
    new_case: Callable[..., Any],
) -> tuple[Any, Any]:
    """A server that repeats the first hint of each prompt, and a shop with a case of each shape in one cell."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def copied(prompt: str) -> str:
        hint = json.loads(prompt.split("=== real cases begin ===\n")[1].split("\n", maxsplit=1)[0])
        return json.dumps({"turns": [*hint["turns"], {"role": "user", "text": f"again, {len(server.hits)}"}]})

    server = serve(text=copied)
    shop = ask(server.url)
    rows = []
    for number, secret in enumerate(SHAPES.values()):
        turns = [
            {"role": "assistant", "text": f"Is it {secret}?"},
            {"role": "user", "text": f"yes. {secret} (late)"},
        ]
        facts = {
            "told": secret,
            f"about {secret}": 1,
            "card": 4539148803436467,
            "orders": ["K-20817", secret],
        }
        more = {"turns": turns, "context": {"facts": facts}, "split": "train", "cell": "new/delay"}
        rows.append(new_case(f"p{number}", tag="prod", **more))
    shop.workspace.store.append(CASES, rows)
    return server, shop


@pytest.fixture
def generated(
    planted: tuple[Any, Any], command: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> tuple[Any, Path, dict[str, bytes]]:
    """The server, the workspace's folder, and what a run of 60 slots printed and logged at its most talkative."""
    server, shop = planted
    root = shop.workspace.root
    with caplog.at_level(logging.DEBUG):
        asked = ("--per-cell", "prompted=12", "--redteam", "12", "--prompts", str(root / "prompts"))
        done = command("-w", str(root), "generate", *asked)
    shop.workspace.close()
    return server, root, {"output": (done.out + done.err).encode(), "log": caplog.text.encode()}


def test_nothing_planted_is_on_the_wire_in_prompts_cases_output_or_logs(
    generated: tuple[Any, Path, dict[str, bytes]],
) -> None:
    server, root, places = generated
    with open_workspace(root) as shop:
        tables = {table.name: shop.store.read(table) for table in TABLES}
    cases = tables["cases"]
    tables["cases"] = cases[cases["bucket"] != "seed"]
    for name, frame in tables.items():
        places[f"table {name}"] = frame.to_json(force_ascii=False, date_format="iso").encode()
    places |= {f"request {number}": _wire(hit) for number, hit in enumerate(server.hits)}
    places |= {str(path): path.read_bytes() for path in files(root / "prompts")}
    database = {str(path): path.read_bytes() for path in root.glob("workbench.db*")}

    # The search looks where the secrets would be: each was in the case of some prompt, and replies repeat those.
    assert {f"p{number}" for number in range(len(SHAPES))} <= {
        hint for ids in cases["hint_ids"] for hint in ids
    }
    assert len(SHAPES) >= 25
    assert len(server.hits) == len(files(root / "prompts")) == 60
    assert b"EMAIL_1" in places["table cases"]
    assert database

    assert found(SHAPES.values(), places) == []
    assert found(ENVIRONMENT.values(), places | database) == []


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_nothing_planted_is_in_the_notebooks_of_the_grid_and_of_generation_nor_in_their_pages(
    generated: tuple[Any, Path, dict[str, bytes]], command: Callable[..., Any]
) -> None:
    _, root, places = generated
    for name in ("02_grid_design", "03_generate"):
        ran = command("-w", str(root), "run", name)
        places[name] = (ran.out + ran.err).encode()
    places |= {str(path): path.read_bytes() for path in files(root / "reports")}

    assert {path.name for path in files(root / "reports")} >= {"report.ipynb", "report.html"}
    assert (
        len([place for place, held in places.items() if "03_generate" in place and b"EMAIL_1" in held]) == 2
    )
    assert found([*SHAPES.values(), *ENVIRONMENT.values()], places) == []


def test_the_search_finds_what_is_there(planted: tuple[Any, Any]) -> None:
    """In the rows of the seed, where it is the owner's, and however it is written."""
    _, shop = planted
    shop.workspace.store.close()
    held = {path.name: path.read_bytes() for path in files(shop.workspace.root)}

    assert {secret for secret, _ in found(SHAPES.values(), held)} == set(SHAPES.values())
    for secret in SHAPES.values():
        written = [
            secret,
            json.dumps({"text": secret}),
            f"<td>{html.escape(secret)}</td>",
            f"?q={quote(secret)}",
            json.dumps({"text": secret}).replace("&", "\\u0026"),
        ]
        assert all(found([secret], {"page": one.encode()}) for one in written)


def files(root: Path) -> list[Path]:
    """Return every file of a workspace."""
    return [path for path in root.rglob("*") if path.is_file()]


def _wire(hit: Any) -> bytes:
    """Return all that arrived but the one header that lets the request in, where the key belongs."""
    headers = {
        name: value for name, value in hit.headers.items() if name not in {"x-api-key", "authorization"}
    }
    return b"\n".join([hit.path.encode(), repr(headers).encode(), hit.body])
