"""A Python function answers a set: its exceptions are missing answers with a reason, and nothing of it is asked twice."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import UsageError
from workbench.frozen import load
from workbench.swap.answering import Function, answer, answerer, function, plan_answers
from workbench.tables import ANSWERS, CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BOT = """
import os

def answer(turns, context):
    text = turns[-1]["text"]
    turns.clear()
    if "parcel 1" in text and not os.path.exists("mended"):
        raise ConnectionError(f"no route to the shop\\nkey {os.environ['ANTHROPIC_API_KEY']}")
    if "parcel 2" in text and not os.path.exists("mended"):
        raise KeyError(os.environ["SHOP_TOKEN"])
    if "parcel 3" in text and not os.path.exists("mended"):
        raise SystemExit("the bot gave up")
    with open("calls.txt", "a") as file:
        file.write(text + "\\n")
    return f"I will look into {text.split(',')[0]}."
""".replace("\\\\", "\\")


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module in the current folder."""
    folder = tmp_path / "bots"
    folder.mkdir()
    (folder / "shop_bot.py").write_text(BOT, "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SHOP_TOKEN", "a-secret-of-the-shop")
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield folder
    sys.modules.pop("shop_bot", None)


def test_what_it_raises_is_a_missing_answer_and_only_those_are_asked_again(
    bot: Path, shop: Callable[..., Any], typed: Callable[..., Any], key: str
) -> None:
    workspace = shop("", size=6)
    words = ["--callable", "shop_bot:answer", "--family", "acme/bot", "--trials", "2"]
    first = typed(workspace, *words)
    rows = workspace.store.read(ANSWERS)
    reasons = rows.drop_duplicates("case_id").set_index("case_id")["reason"].dropna().to_dict()

    assert "6 cases x 2 trials: 6 answered, 0 refused, 6 errors, 0 not asked, 12 asked now" in first.out
    assert reasons == {
        "s1": "ConnectionError: no route to the shop",
        "s2": "KeyError: '<KEY>'",
        "s3": "SystemExit: the bot gave up",
    }
    assert key not in first.out + str(rows.to_dict())
    assert set(rows["model"]) == {"shop_bot:answer"}
    assert rows["latency_s"].notna().all()
    assert rows["cost_usd"].isna().all()
    assert len(workspace.store.read(CALLS)) == 0
    (bot / "mended").touch()
    second = typed(workspace, *words)
    assert "12 answered, 0 refused, 0 errors, 0 not asked, 6 asked now" in second.out
    # What it does to its turns is seen by no other trial.
    assert len((bot / "calls.txt").read_text("utf-8").splitlines()) == 12
    assert len(set((bot / "calls.txt").read_text("utf-8").splitlines())) == 6


def test_it_gets_what_a_model_gets_and_is_called_in_so_many_threads(
    shop: Callable[..., Any], said: Callable[..., Any]
) -> None:
    seen: list[Any] = []
    held, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=10)

    def call(turns: list[dict[str, str]], context: Any) -> str:
        nonlocal held, most
        with lock:
            held, most = held + 1, max(most, held + 1)
            seen.append((turns, context))
        together.wait()
        with lock:
            held -= 1
        return "ok"

    turns = [("tool", "{}"), ("user", "I am kim@shop.example")]
    context = {"facts": {"order": "K-1", "expected": "refund"}, "steps": ["refund"]}
    workspace = shop("", *(said(f"s{number}", *turns, context=context) for number in range(6)))
    who = Function(name="bots:call", call=call, model="bot", family="acme/bot")
    plan = plan_answers(workspace, load(workspace, "gate"), who)
    with answerer(workspace, plan, concurrency=3) as client:
        done = answer(workspace, plan, client)

    assert done.rows["state"].tolist() == ["answered"] * 6
    assert (most, len(seen)) == (3, 6)
    told = [{"role": "tool", "text": "{}"}, {"role": "user", "text": "I am <EMAIL_1>"}]
    assert seen[0] == (told, {"facts": {"order": "K-1"}})


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (None, "it returned NoneType, not a text"),
        (3, "it returned int, not a text"),
        (" ", "it returned an empty text"),
    ],
)
def test_what_is_no_text_is_no_answer(returned: Any, reason: str, shop: Callable[..., Any]) -> None:
    workspace = shop("", size=1)
    who = Function(name="bots:call", call=lambda _turns, _context: returned, model="bot", family="acme/bot")
    plan = plan_answers(workspace, load(workspace, "gate"), who)
    with answerer(workspace, plan) as client:
        done = answer(workspace, plan, client)

    assert done.rows[["state", "reason"]].to_numpy().tolist() == [["error", reason]]


def test_interrupted_it_keeps_what_came_and_goes_on(shop: Callable[..., Any]) -> None:
    asked: list[str] = []

    def call(turns: list[dict[str, str]], _: Any) -> str:
        asked.append(turns[0]["text"])
        if len(asked) == 3:
            raise KeyboardInterrupt
        return "ok"

    workspace = shop("", size=5)
    who = Function(name="bots:call", call=call, model="bot", family="acme/bot")
    plan = plan_answers(workspace, load(workspace, "gate"), who)
    with pytest.raises(KeyboardInterrupt), answerer(workspace, plan, concurrency=1) as client:
        answer(workspace, plan, client)
    kept = len(workspace.store.read(ANSWERS))
    assert kept == 2
    with answerer(workspace, plan, concurrency=1) as client:
        done = answer(workspace, plan, client)
    assert (len(done.rows), done.asked) == (5, 5 - kept)


def test_a_changed_module_is_another_setup_and_is_said(
    bot: Path, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    workspace = shop("")
    (bot / "mended").touch()
    words = ["--callable", "shop_bot:answer", "--family", "acme/bot"]
    first = typed(workspace, *words)
    typed(workspace, *words)
    assert len((bot / "calls.txt").read_text("utf-8").splitlines()) == 4
    (bot / "shop_bot.py").write_text(BOT.replace("look into", "forget about"), "utf-8")
    sys.modules.pop("shop_bot")
    second = typed(workspace, *words)

    assert "note:" not in first.out
    assert (
        "another function, its module as it was then, or other facts withheld; they are kept apart"
        in second.out
    )
    assert "system prompt" not in second.out
    assert workspace.store.read(ANSWERS).groupby("setup_sha256").size().tolist() == [4, 4]


def test_a_function_that_takes_something_else_is_refused_before_its_first_case(
    bot: Path, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    (bot / "shop_bot.py").write_text(
        "def answer(turns): return 'ok'\ndef wide(*said): return 'ok'\n", "utf-8"
    )
    workspace = shop("")
    refused = typed(workspace, "--callable", "shop_bot:answer", exits=2)

    assert "'shop_bot:answer' takes (turns), and is called with the turns and the context" in refused.err
    assert workspace.store.read(ANSWERS).empty
    typed(workspace, "--callable", "shop_bot:wide")


def test_a_run_that_brought_no_answer_fails(
    bot: Path, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    (bot / "shop_bot.py").write_text("def answer(turns, context): raise OSError('no route')\n", "utf-8")
    done = typed(shop(""), "--callable", "shop_bot:answer", exits=1)

    assert "0 answered, 0 refused, 4 errors" in done.out
    assert "error: 4 OSError: no route" in done.out
    assert "shop_bot:answer' answered nothing of gate v1, so there is nothing to grade" in done.err


@pytest.mark.parametrize("said", ["sys.exit(0)", "raise RuntimeError('no ' + os.environ['SHOP_TOKEN'])"])
def test_a_module_that_ends_while_it_is_imported_is_an_error_without_its_secrets(
    said: str, bot: Path, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    (bot / "shop_bot.py").write_text(f"import os, sys\n{said}\n", "utf-8")
    refused = typed(shop(""), "--callable", "shop_bot:answer", exits=2)

    assert "'shop_bot:answer' cannot be imported (" in refused.err
    assert "a-secret-of-the-shop" not in refused.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop_bot", "is not module:function"),
        ("shop_bot:nobody", "cannot be imported (AttributeError"),
        ("no_such_bot:answer", "cannot be imported (ModuleNotFoundError"),
        ("shop_bot:os", "is no function but module"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(bot: Path, name: str, said: str) -> None:
    assert bot.is_dir()
    with pytest.raises(UsageError) as refused:
        function(name)
    assert said in str(refused.value)


def test_a_function_takes_no_system_prompt_and_no_cap(
    bot: Path, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    workspace = shop("")
    (bot / "system.md").write_text("Be brief.", "utf-8")
    words = ["--callable", "shop_bot:answer"]

    assert "leave --system out" in typed(workspace, *words, "--system", "system.md", exits=2).err
    assert "what a function pays is not seen" in typed(workspace, *words, "--most-usd", "1", exits=2).err
    planned = typed(workspace, *words, "--plan-only")
    assert "note: the family of shop_bot:answer is unknown" in planned.out
    assert not (bot / "calls.txt").exists()
