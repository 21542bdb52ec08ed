"""`workbench generate`, as a person types it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def replies(tmp_path: Path) -> Path:
    """Stored replies for both candidates of each cell, and for one red-team case."""
    common = {"origin": "composed", "model": "writer", "family": "demo"}
    places = [
        (f"{a}/{b}", n, "persona") for a in ("new", "angry") for b in ("delay", "damaged") for n in (0, 1)
    ]
    lines = []
    for cell, index, bucket in [*places, ("redteam/false_premise", 0, "redteam")]:
        body = json.dumps({"turns": [{"role": "user", "text": f"{cell} again, number {index}"}]})
        lines.append(json.dumps({**common, "cell": cell, "index": index, "bucket": bucket, "reply": body}))
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_the_plan_is_printed_before_the_cells_are_filled(
    shop: Any, replies: Path, command: Callable[..., Any]
) -> None:
    folder = str(shop.workspace.root)
    asked = ("generate", "--replies", str(replies), "--per-cell", "persona=2", "--redteam", "1")
    done = command("-w", folder, *asked)
    lines = done.out.splitlines()

    assert lines[1] == "  2 persona: each of 4 cells (new/delay, new/damaged, angry/delay and 1 more)"
    assert lines[4:] == [
        "reviewing them costs $15.00",
        "9 of 9 slots filled, 9 of them now",
    ]
    again = command("-w", folder, *asked)
    assert again.out.splitlines()[-1] == "9 of 9 slots filled, 0 of them now"


def test_the_red_team_alone_is_a_run_of_its_own(
    shop: Any, replies: Path, command: Callable[..., Any]
) -> None:
    folder = str(shop.workspace.root)
    lines = command("-w", folder, "generate", "--replies", str(replies), "--redteam", "1").out.splitlines()

    assert lines[1] == "  1 redteam: outside the cells"
    assert lines[-1] == "1 of 1 slot filled, 1 of them now"


def test_the_red_team_is_asked_for_without_a_grid(
    shop: Any, replies: Path, command: Callable[..., Any]
) -> None:
    folder = shop.workspace.root
    settings = (folder / "workbench.toml").read_text("utf-8")
    without = re.sub(r"\[grid\].*(?=\[personas\])", "", settings, flags=re.DOTALL)
    (folder / "workbench.toml").write_text(without, "utf-8")
    done = command("-w", str(folder), "generate", "--replies", str(replies), "--redteam", "1")
    cells = command(
        "-w",
        str(folder),
        "generate",
        "--replies",
        str(replies),
        "--redteam",
        "1",
        "--per-cell",
        "persona=1",
        exits=2,
    )

    assert done.out.splitlines()[-1] == "1 of 1 slot filled, 1 of them now"
    assert "[grid.axes] names no axis" in cells.err


def test_a_plan_alone_stores_nothing(shop: Any, command: Callable[..., Any]) -> None:
    folder = str(shop.workspace.root)
    done = command(
        "-w", folder, "generate", "--plan-only", "--per-cell", "prompted=3", "--per-cell", "persona=1"
    )

    assert "1 persona, 3 prompted: each of 4 cells" in done.out
    assert len(shop.workspace.cases) == 8


def test_operators_run_alone_or_after(shop: Any, replies: Path, command: Callable[..., Any]) -> None:
    folder = str(shop.workspace.root)
    alone = command("-w", folder, "generate", "--mutate", "shout", "--mutate", "typo", "--copies", "2")
    both = command("-w", folder, "generate", "--replies", str(replies), "--mutate", "shout", "--seed", "9")

    assert "mutants made" in alone.out
    assert "slots" not in alone.out
    assert "8 of 8 slots filled" in both.out
    assert "mutants made" in both.out


def test_a_plan_of_operators_alone_is_printed_and_stores_nothing(
    shop: Any, command: Callable[..., Any]
) -> None:
    done = command("-w", str(shop.workspace.root), "generate", "--mutate", "shout", "--plan-only")

    assert "2 mutants made, 0 left out, nothing stored" in done.out
    assert len(shop.workspace.cases) == 8


def test_replies_that_no_slot_asks_for_are_counted(
    shop: Any, replies: Path, command: Callable[..., Any]
) -> None:
    line = replies.read_text("utf-8").splitlines()[0].replace("new/delay", "nowhere/cell")
    with replies.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = command("-w", str(shop.workspace.root), "generate", "--replies", str(replies))

    assert "2 replies were not asked for: redteam/false_premise, nowhere/cell" in done.out.splitlines()


def test_a_cell_without_a_persona_makes_prompted_the_default(shop: Any, command: Callable[..., Any]) -> None:
    toml = shop.workspace.root / "workbench.toml"
    toml.write_text(toml.read_text("utf-8").replace('angry = "This is your third message."', ""), "utf-8")
    done = command("-w", str(shop.workspace.root), "generate", "--plan-only")

    assert "2 prompted: each of 4 cells" in done.out


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (("", ""), [], "the generator of workbench.toml answers from stored replies; pass --replies FILE"),
        (
            ('"replay"', '"anthropic"'),
            [],
            "api.anthropic.com asks for a key and ANTHROPIC_API_KEY is not set",
        ),
        (("[roles]\ngenerator", "[roles]\ngrader"), [], "workbench.toml names no generator"),
        (("", ""), ["--per-cell", "persona"], "--per-cell 'persona' is not BUCKET=N, such as persona=6"),
        (
            ("", ""),
            ["--per-cell", "prompted=2", "--per-cell", "prompted=3"],
            "--per-cell names prompted twice",
        ),
        (("", ""), ["--per-cell", "golden=1"], "'golden' fills no cell; ask for persona or prompted"),
        (("", ""), ["--mutate", "scream"], "operator 'scream' is none of"),
        (("", ""), ["--replies", "none.jsonl"], "no file none.jsonl; name the file of stored replies"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    shop: Any, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], options: list[str],
    said: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    toml = shop.workspace.root / "workbench.toml"
    toml.write_text(toml.read_text("utf-8").replace(*change), "utf-8")
    plan = ["--plan-only"] if options[:1] == ["--per-cell"] else []
    done = command("-w", str(shop.workspace.root), "generate", *options, *plan, exits=2)

    assert done.err.startswith(f"workbench: {said}")
    assert len(done.err.splitlines()) == 1
