"""What becomes of answers: each stored as it comes, none paid twice, and none mixed with those of another setup."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench import folds
from workbench.errors import UsageError
from workbench.frozen import load
from workbench.llm import Ledger
from workbench.swap.answering import plan_answers, under_test
from workbench.tables import ANSWERS, CALLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace


def stored(workspace: Workspace) -> pd.DataFrame:
    return (
        folds.answers(workspace.store.read(ANSWERS)).sort_values(["case_id", "trial"]).reset_index(drop=True)
    )


def prompts(server: Any) -> Counter[str]:
    return Counter(json.loads(hit.body)["messages"][-1]["content"] for hit in server.hits)


def test_the_plan_says_whom_it_asks_and_what_it_costs_and_sends_nothing(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any], key: str
) -> None:
    server = serve()
    workspace = shop(server.url, provider=provider)
    done = typed(workspace, "--trials", "2", "--plan-only")

    lines = done.out.splitlines()
    assert lines[0].startswith("shop-bot-3 (acme/bot) answers gate v1: 4 cases x 2 trials, setup ")
    assert lines[0].endswith(", 0 of 8 there")
    assert (
        lines[1]
        == f"asks shop-bot-3 at {server.url.removeprefix('http://')}, {provider.upper()}_API_KEY present"
    )
    assert lines[2] == (
        "8 calls, about 63 tokens in and 1,789 out: $0.04 expected ($0.01 to $0.16, from an assumed 50 to 1,000 tokens a "
        "reply)"
    )
    assert key not in done.out + done.err
    assert (server.hits, len(stored(workspace)), len(workspace.store.read(CALLS))) == ([], 0, 0)


def test_trials_are_distinct_calls_and_what_is_there_is_not_asked_again(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve()
    workspace = shop(server.url, provider=provider)
    done = typed(workspace, "--trials", "3")
    rows = stored(workspace)

    assert done.out.splitlines()[-1] == (
        "shop-bot-3 on gate v1: 4 cases x 3 trials: 12 answered, 0 refused, 0 errors, 0 not asked, 12 asked now, "
        "spent $0.0960 now and $0.0960 in all"
    )
    assert "; stops at $0." in done.out
    assert set(prompts(server).values()) == {3}
    assert (len(rows), rows["call_id"].nunique()) == (12, 12)
    assert workspace.store.read(CALLS)["request_sha256"].nunique() == 12
    assert rows["trial"].tolist() == ["0", "1", "2"] * 4
    assert set(rows["output"]) == {"I will look into it."}
    assert rows["latency_s"].notna().all()
    assert rows["cost_usd"].sum() == pytest.approx(0.096)
    again = typed(workspace, "--trials", "4")
    assert ", 12 of 16 there" in again.out
    # Each of the 12 had 200 tokens.
    assert (
        "4 calls, about 32 tokens in and 800 out: $0.02 expected ($0.02 to $0.02, from 12 earlier calls"
        in again.out
    )
    assert len(server.hits) == 16


def test_a_refusal_is_an_answer_a_cut_reply_is_one_and_an_error_is_missing(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve("refusal", "max_tokens", "400", "empty")
    workspace = shop(server.url, provider=provider)
    done = typed(workspace, "--concurrency", "1")
    rows = stored(workspace)

    assert rows["state"].tolist() == ["refused", "answered", "error", "error"]
    assert rows["reason"].tolist()[1] in {"cut off (max_tokens)", "cut off (length)"}
    assert rows["reason"].tolist()[2:] == [
        "HTTP 400: the server does not take this request",
        "the reply holds no text; ask again with --unknown resend",
    ]
    assert rows["output"].notna().tolist() == [True, True, False, False]
    assert "1 answered (1 cut off), 1 refused, 2 errors, 0 not asked" in done.out
    assert "  error: 1 HTTP 400: the server does not take this request" in done.out
    # What was turned away is asked again and takes the error's place; what was paid is not, unless somebody says so.
    typed(workspace)
    assert (len(server.hits), stored(workspace)["state"].tolist()[2:]) == (5, ["answered", "error"])
    typed(workspace, "--unknown", "resend")
    assert (len(server.hits), stored(workspace)["state"].tolist()[2:]) == (6, ["answered", "answered"])
    typed(workspace, "--unknown", "resend")
    # Every row stays, once, and the last one counts.
    assert workspace.store.read(ANSWERS)["state"].value_counts().to_dict() == {
        "error": 2,
        "answered": 3,
        "refused": 1,
    }


def test_a_reply_that_is_cut_before_its_first_word_is_an_error(
    serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    workspace = shop(serve("max_tokens", text="").url, size=1)
    done = typed(workspace, exits=1)

    assert "to ask again for 1 answer, and perhaps pay twice, add --unknown resend" in done.out
    assert stored(workspace)[["state", "reason"]].to_numpy().tolist() == [
        ["error", "cut off (max_tokens); ask again with --unknown resend"]
    ]


def test_odd_signs_of_an_answer_are_stored(
    serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    workspace = shop(serve(text="a\0b \ud83d \u202e").url, size=1)
    typed(workspace)

    assert stored(workspace)["output"].tolist() == ["a\\x00b \\ud83d \u202e"]


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_killed_run_goes_on_and_pays_nothing_twice(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve(latency_s=0.05)
    workspace = shop(server.url, provider=provider, size=24)
    words = ["-w", str(workspace.root), "answer", "--evalset", "gate", "--concurrency", "4"]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        while len(server.hits) < 10 and running.poll() is None:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
    came = len(stored(workspace))
    assert 0 < came < 24
    done = typed(workspace, "--concurrency", "4")
    lost = stored(workspace).query("state == 'error'")

    assert set(prompts(server).values()) == {1}
    assert len(lost) <= 4
    assert lost["reason"].str.startswith("the request left and nothing came back").all()
    assert ("add --unknown resend" in done.out) == bool(len(lost))
    reached = len(server.hits)
    resent = typed(workspace, "--unknown", "resend")
    assert stored(workspace)["state"].tolist() == ["answered"] * 24
    assert len(server.hits) == reached + len(lost)
    # What may be paid stays told, and nothing is left to ask for again.
    assert ("without a reply, and perhaps paid" in resent.out) == bool(len(lost))
    assert "add --unknown resend" not in resent.out
    assert Ledger(workspace.store).spent().usd == pytest.approx(24 * 0.008)


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_cap_stops_it_and_with_a_higher_one_it_goes_on(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve()
    workspace = shop(server.url, provider=provider)
    done = typed(workspace, "--most-usd", "0.18", exits=2)
    came = len(stored(workspace))

    assert 0 < came < 4
    assert f"{came} answered, 0 refused, 0 errors, {4 - came} not asked" in done.out
    assert "stopped: the next request may cost" in done.out
    assert "raise the cap" in done.err
    typed(workspace, "--most-usd", "1")
    assert set(prompts(server).values()) == {1}
    assert len(stored(workspace)) == 4


def test_a_server_that_turns_everything_away_stops_it(
    provider: str, serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve("401")
    workspace = shop(server.url, provider=provider)
    done = typed(workspace, "--concurrency", "1", exits=1)

    assert "HTTP 401: the key is not accepted" in done.err
    # One that was on its way already may have left.
    assert len(server.hits) <= 2
    typed(workspace)
    assert stored(workspace)["state"].tolist() == ["answered"] * 4


def test_another_system_prompt_is_another_setup_and_is_said(
    serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve()
    workspace = shop(server.url)
    first = typed(workspace)
    (tmp_path / "system.md").write_text("Be brief.", "utf-8")
    second = typed(workspace, "--system", str(tmp_path / "system.md"))
    rows = stored(workspace)

    assert "note:" not in first.out
    assert "note: shop-bot-3 has answers to these cases by another setup" in second.out
    assert rows.groupby("setup_sha256").size().tolist() == [4, 4]
    assert len(server.hits) == 8


def test_another_model_of_the_same_provider_answers_as_the_candidate(
    serve: Callable[..., Any], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    server = serve()
    workspace = shop(server.url)
    typed(workspace)
    typed(workspace, "--model", "shop-bot-4", "--family", "Acme/Bot")
    rows = stored(workspace)

    assert rows.groupby("model")["model_family"].agg(list).to_dict() == {
        "shop-bot-3": ["acme/bot"] * 4,
        "shop-bot-4": ["acme/bot"] * 4,
    }
    refused = typed(workspace, "--model", "shop-bot-5", exits=2)
    assert "add --family VENDOR/LINE" in refused.err
    changed = typed(workspace, "--family", "other/bot", exits=2)
    assert "'shop-bot-3' has answers as acme/bot and now is other/bot" in changed.err


def test_a_model_of_the_line_that_wrote_cases_is_warned_of(
    shop: Callable[..., Any], new_case: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    written = {"bucket": "golden", "tag": "golden", "generator_family": "acme/bot"}
    workspace = shop("", new_case("s1"), new_case("g1", "hello??", **written))
    told = typed(workspace, "--plan-only").out
    assert "warning: acme/bot wrote 1 case of the set (g1) and shop-bot-3 is of that line" in told
    assert "a swap on its answers is REFUSED" in told

    other = typed(workspace, "--plan-only", "--model", "shop-bot-4", "--family", "unknown").out
    assert "warning:" not in other
    assert "note: the family of shop-bot-4 is unknown, and a swap on its answers never ships" in other


@pytest.mark.parametrize("family", ["demo", "human", "programmatic"])
def test_a_word_that_is_no_lineage_of_a_model_is_refused(
    family: str, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    """They never clash, so they would hide a lineage from a swap."""
    workspace = shop("")
    words = ["--plan-only", "--family", family]
    for more in ([], ["--callable", "workbench.text:marked"]):
        refused = typed(workspace, *words, *more, exits=2)
        assert f"is {family}" in refused.err
        assert "declare VENDOR/LINE or unknown with --family" in refused.err


@pytest.mark.parametrize("options", [[], ["--callable", "workbench.text:marked"]])
@pytest.mark.parametrize("name", ["  ", "b" * 201])
def test_a_name_that_no_answer_can_be_kept_under_is_refused_before_anything_is_asked(
    name: str, options: list[str], shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    refused = typed(shop(""), "--model", name, "--family", "acme/bot", *options, exits=2)

    assert f"has {len(name)} characters; give it 1 to 200" in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ["answer", "--evalset", "gate", "--most-usd"],
        ["grade", "shop-bot-3", "--evalset", "gate", "--judge", "--most-usd"],
        ["generate", "--most-usd"],
        ["export", "labels", "--evalset", "gate", "--judge", "j", "--models", "a", "b", "--to", "l.csv", "--half-width"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", ["nan", "inf"])
def test_no_cap_and_no_width_is_a_number_that_is_none(
    number: str, words: list[str], command: Callable[..., Any]
) -> None:
    """A comparison with nan is never true, so it would turn a cap off."""
    assert f"{number} is not a finite number" in command(*words, number, exits=2).err


def test_a_set_whose_content_is_not_what_was_frozen_is_refused(shop: Callable[..., Any]) -> None:
    workspace = shop("")
    frozen = load(workspace, "gate")
    changed = replace(frozen, members=frozen.members.assign(content_sha256="0" * 64))

    with pytest.raises(
        UsageError, match=r"4 cases of gate v1 are not what was frozen \(s0, s1, s2 and 1 more\)"
    ):
        plan_answers(workspace, changed, under_test(workspace))


@pytest.mark.parametrize("trials", [0, 101])
def test_trials_out_of_range_are_refused(
    trials: int, shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    assert "take 1 to 100" in typed(shop(""), "--trials", str(trials), exits=2).err


def test_without_a_model_under_test_it_says_what_to_write(
    shop: Callable[..., Any], typed: Callable[..., Any]
) -> None:
    workspace = shop("")
    (workspace.root / "workbench.toml").write_text("", "utf-8")

    assert "write under_test = {" in typed(workspace, exits=2).err
