"""`workbench doctor`: who would be asked, shown before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

KEY = "sk-planted-0123456789abcdefghij7"

ROLES = """
[roles]
generator = { provider = "anthropic", model = "claude-opus-5-5", family = "anthropic/opus" }
grader = { provider = "openai", base_url = "http://localhost:11434/v1", model = "qwen3", family = "alibaba/qwen" }
under_test = { provider = "replay", model = "stored", family = "unknown" }
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


def settle(workspace: Workspace, text: str) -> str:
    (workspace.root / "workbench.toml").write_text(text, "utf-8")
    return str(workspace.root)


def test_every_role_is_shown_and_no_key_is(
    workspace: Workspace, command: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://clerk:hunter2@proxy.example:3128")
    folder = settle(workspace, ROLES + "[prices]\nqwen3 = { input = 0.0, output = 0.0 }\n")
    out = command("-w", folder, "doctor").out
    lines = [" ".join(line.split()) for line in out.splitlines()]

    assert lines[1] == (
        "generator api.anthropic.com claude-opus-5-5 anthropic/opus ANTHROPIC_API_KEY present "
        "$4 in, $20 out (2026-10-24) http://proxy.example:3128"
    )
    assert lines[2] == (
        "grader localhost:11434 qwen3 alibaba/qwen OPENAI_API_KEY absent $0 in, $0 out (own) none"
    )
    assert lines[3] == "under_test stored replies stored unknown not needed none none"
    assert lines[-1] == "all of them can be asked; nothing was sent"
    assert KEY not in out
    assert "hunter2" not in out


def test_what_is_missing_is_named_and_ends_in_1(
    workspace: Workspace, command: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    roles = ROLES.replace("http://localhost:11434", "http://llm.example").replace(
        "alibaba/qwen", "anthropic/opus"
    )
    out = command("-w", settle(workspace, roles), "doctor", exits=1).out

    assert "generator: ANTHROPIC_API_KEY is not set; set it in the environment, never in a file" in out
    assert "grader: llm.example is not encrypted, so OPENAI_API_KEY is not sent; use https://" in out
    assert "generator and grader: both are anthropic/opus, which no verdict accepts" in out
    assert "not known" in out
    assert "can be asked" not in out


def test_a_workspace_without_models_sends_nothing(
    workspace: Workspace, command: Callable[..., object]
) -> None:
    assert "names no model, so nothing is ever sent" in command("-w", str(workspace.root), "doctor").out
