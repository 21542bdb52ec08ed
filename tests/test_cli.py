"""The command, as a person or a pipeline uses it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from workbench.cli.opened import group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMPLAINTS = (
    "where is it????",
    "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money",
    "the courier marked delivered but nothing here. neighbour says nobody came. now what",
)


@pytest.fixture
def shop(tmp_path: Path, command: Callable[..., Any]) -> Path:
    """A workspace with 150 real cases and two models' answers to each."""
    folder = tmp_path / "shop"
    command("init", str(folder))
    seed = [{"case_id": f"chat-{n}", "text": f"{COMPLAINTS[n % 3]} order {n}"} for n in range(150)]
    results = [
        {"case_id": case["case_id"], "model": model, "passed": passed}
        for n, case in enumerate(seed)
        for model, passed in (("old", 1), ("same", 1), ("worse", int(n % 4 > 0)), ("unsure", int(n % 50 > 0)))
    ]
    for name, rows in (("seed", seed), ("results", results)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    command("-w", str(folder), "import", "seed", str(tmp_path / "seed.jsonl"))
    command(
        *("-w", str(folder), "import", "results", str(tmp_path / "results.jsonl")),
        *("--column", "outcome=passed", "--pass-when", "1", "--judge", "check=programmatic"),
        *(
            part
            for name in ("old", "same", "worse", "unsure")
            for part in ("--family", f"{name}=shop/{name}")
        ),
    )
    command("-w", str(folder), "freeze", "launch", "--all")
    return folder


def commands(found: click.Command = group, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command of the program, with those of its groups."""
    yield names
    for name, child in getattr(found, "commands", {}).items():
        yield from commands(child, *names, name)


@pytest.mark.parametrize("names", list(commands()), ids=" ".join)
def test_every_command_explains_itself_and_its_options(
    names: tuple[str, ...], command: Callable[..., Any]
) -> None:
    found: Any = group
    for name in names:
        found = found.commands[name]

    assert "Usage:" in command(*names, "--help").out
    assert found.help
    assert [
        option.name for option in found.params if isinstance(option, click.Option) and not option.help
    ] == []


@pytest.mark.parametrize(
    ("candidate", "code", "verdict"),
    [("same", 0, "SHIP"), ("worse", 10, "BLOCK"), ("unsure", 11, "NO VERDICT")],
)
def test_a_pipeline_gates_on_the_exit_code(
    shop: Path, tmp_path: Path, command: Callable[..., Any], candidate: str, code: int, verdict: str
) -> None:
    out = tmp_path / "run"
    done = command(
        "-w",
        str(shop),
        "swap",
        "old",
        candidate,
        "--evalset",
        "launch",
        "--out",
        str(out),
        "--no-report",
        exits=code,
    )

    assert done.out.startswith(verdict)
    assert json.loads((out / "verdict.json").read_text("utf-8"))["verdict"] == verdict
    assert (out / "verdict.md").read_text("utf-8").startswith(f"# {verdict}: `old` → `{candidate}`")
    assert json.loads((out / "manifest.json").read_text("utf-8"))["complete"] is False


def test_an_override_is_recorded_and_changes_no_exit_code(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    out = tmp_path / "run"
    command(
        *("-w", str(shop), "swap", "old", "worse", "--evalset", "launch", "--out", str(out), "--no-report"),
        *(
            "--override",
            "real_worse",
            "--by",
            "Release owner",
            "--reason",
            "the old model is switched off tonight",
        ),
        exits=10,
    )

    assert json.loads((out / "verdict.json").read_text("utf-8"))["override"] == [
        {"rule": "real_worse", "by": "Release owner", "reason": "the old model is switched off tonight"}
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("swap", "old", "old", "--evalset", "launch"), "'old' cannot be swapped for itself; name two models"),
        (("swap", "old", "new", "--evalset", "launch"), "no results of 'new' on the cases of launch; models with results: "),
        (("swap", "old", "same", "--evalset", "lunch"), "no evalset 'lunch' in this workspace; frozen sets: launch-v1"),
        (("swap", "old", "same", "--evalset", "launch", "--gate-judge", "me"), "no judge 'me'; these results were judged by check"),
        (("swap", "old", "same", "--evalset", "launch", "--override", "x"), "--override needs --by NAME and --reason TEXT: "),
        (("freeze", "../launch"), "evalset name '../launch' must match "),
        (("freeze", "launch", "--mix", "80/20"), "no mix '80/20'; there are 70/30, mature, 50/25/25"),
        (("run", "99_nothing"), "there is no notebook 99_nothing; give a path, or one of "),
        (("run", "07_swap_report", "-p", "run_dir"), "-p 'run_dir' is not NAME=VALUE, such as -p run_dir=reports/..."),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    shop: Path, command: Callable[..., Any], arguments: tuple[str, ...], message: str
) -> None:
    done = command("-w", str(shop), *arguments, exits=2)

    assert done.err.startswith(f"workbench: {message}")
    assert done.err.count("\n") == 1


def test_a_new_workspace_holds_the_notebooks_and_says_what_comes_next(
    tmp_path: Path, command: Callable[..., Any]
) -> None:
    folder = tmp_path / "my shop"
    done = command("init", str(folder))

    assert f"workbench -w '{folder}' import seed FILE --column case_id=ID --column text=BODY" in done.out
    start = (folder / "START.md").read_text("utf-8")
    assert str(folder / "START.md") in done.out
    made = sorted(path.stem for path in (folder / "notebooks").iterdir())
    assert made
    assert [name for name in made if f"`{name}`" not in start] == []


def test_every_command_of_the_start_page_is_one_that_there_is(
    tmp_path: Path, command: Callable[..., Any]
) -> None:
    command("init", str(tmp_path / "shop"))
    start = (tmp_path / "shop" / "START.md").read_text("utf-8")
    named = {" ".join(words) for words in commands() if words}
    said = re.findall(r"(?:^|`)workbench ([a-z]+(?: (?:seed|cases|results)\b)?)", start, re.MULTILINE)

    assert len(said) >= 6
    assert [name for name in said if name not in named] == []


def test_a_copied_notebook_runs_where_it_lies_as_it_stands(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.report import run

    monkeypatch.chdir(shop / "notebooks")
    done = run(
        shop / "notebooks" / "01_seed_audit.ipynb", output_dir=tmp_path / "out", cwd=shop / "notebooks"
    )

    assert "The seed of shop has 150 cases." in done.html.read_text("utf-8")


def test_outside_a_workspace_the_next_step_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert "make a workspace with `workbench init DIR`" in command("freeze", "launch", exits=2).err


def test_an_unexpected_failure_is_a_sentence_too(
    shop: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    import workbench.evalset

    monkeypatch.setattr(workbench.evalset, "freeze", lambda *_, **__: 1 / 0)
    done = command("-w", str(shop), "freeze", "launch", exits=1)

    assert done.err.startswith("workbench: unexpected ZeroDivisionError ('division by zero'); ")
    assert "Traceback" not in done.err


def test_a_backup_opens_as_a_store(shop: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    from workbench.store import Store
    from workbench.tables import CASES

    command("-w", str(shop), "backup", str(tmp_path / "copy.db"))
    with Store(f"sqlite:///{tmp_path / 'copy.db'}") as copy:
        assert len(copy.read(CASES)) == 150


def test_the_demo_replaces_only_an_earlier_demo(tmp_path: Path, command: Callable[..., Any]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", "utf-8")
    done = command("demo", str(mine), exits=2)

    assert "was not made by an earlier demo; name a folder that is new or empty" in done.err
    assert (mine / "thesis.txt").read_text("utf-8") == "years of work"


def test_a_workspace_that_speaks_of_a_demo_is_no_demo_folder(shop: Path, command: Callable[..., Any]) -> None:
    (shop / "workbench.toml").write_text("# was demo = true while we tried it out\n", "utf-8")
    command("demo", str(shop), exits=2)

    assert (shop / "workbench.db").is_file()


def test_a_folder_that_is_no_run_of_a_swap_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("run", "07_swap_report", "-p", "run_dir=nowhere", exits=2)

    assert done.err.startswith("workbench: nowhere has no manifest.json: it is no run folder of a swap")


def test_further_parameters_of_a_report_are_checked(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    out = tmp_path / "run"
    command("-w", str(shop), "swap", "old", "same", "--evalset", "launch", "--out", str(out), "--no-report")
    done = command("run", "07_swap_report", "-p", f"run_dir={out}", "-p", "colour=blue", exits=2)

    assert "colour" in done.err


@pytest.mark.parametrize("place", ["evalsets/launch-v1", "seeds/v1", "thesis"])
def test_the_run_folder_replaces_nothing_else(shop: Path, command: Callable[..., Any], place: str) -> None:
    folder = shop / place
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"years": "of work"}), "utf-8")
    done = command(
        "-w", str(shop), "swap", "old", "same", "--evalset", "launch", "--out", str(folder), exits=2
    )

    assert "holds other files; name a new or empty folder with --out" in done.err
    assert json.loads((folder / "manifest.json").read_text("utf-8")) == {"years": "of work"}


def test_a_path_that_cannot_be_written_is_the_users_to_mend(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    asked = ("-w", str(shop), "swap", "old", "same", "--evalset", "launch", "--no-report")
    done = command(*asked, "--out", str(tmp_path / "file" / "run"), exits=2)

    assert "fault of workbench" not in done.err
    assert str(tmp_path / "file") in done.err


def test_names_of_a_file_cannot_move_the_cursor(tmp_path: Path, command: Callable[..., Any]) -> None:
    command("init", str(tmp_path / "shop"))
    seed = tmp_path / "seed.jsonl"
    seed.write_text(
        json.dumps({"case_id": "r1", "text": "where is it", "slice": "x\x1b[31mRED"}) + "\n", "utf-8"
    )
    results = tmp_path / "results.jsonl"
    row = {"case_id": "r1", "model": "new\nSHIP\r\x1b[2K", "outcome": "pass"}
    results.write_text(json.dumps(row) + "\n", "utf-8")
    into = ("-w", str(tmp_path / "shop"), "import")
    printed = (
        command(*into, "seed", str(seed)).out
        + command(*into, "results", str(results), "--pass-when", "pass").out
    )

    assert "\x1b" not in printed
    assert not [line for line in printed.splitlines() if line.startswith("SHIP")]


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("workbench, version ")
