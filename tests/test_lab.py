"""`workbench lab`: JupyterLab on a workspace, on this machine alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from workbench.cli.lab import lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from workbench.workspace import Workspace


@contextlib.contextmanager
def running(folder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start `workbench lab` on a free port; yield it with JupyterLab's address and token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "lab", str(folder), "--no-browser", "--port", str(port)],
        env=os.environ | {name: str(home / place) for name, place in names.items()},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        found = told(process, home / "runtime")
        yield process, found["url"], found["token"]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def told(process: subprocess.Popen[str], runtime: Path) -> dict[str, Any]:
    """Wait for the file in which a server says where it is."""
    for _ in range(600):
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(ValueError):
                return dict(json.loads(file.read_text("utf-8")))
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    raise TimeoutError("JupyterLab did not start within a minute")


def test_jupyterlab_runs_on_the_workspace_for_this_machine_and_ends_with_its_kernels(
    workspace: Workspace, tmp_path: Path
) -> None:
    with running(workspace.root, tmp_path) as (process, url, token):
        assert url.startswith("http://127.0.0.1:")
        retries = httpx.HTTPTransport(retries=5)
        with httpx.Client(base_url=url, timeout=30, transport=retries) as stranger:
            assert stranger.get("api/contents").status_code == 403
        with httpx.Client(base_url=url, timeout=30, headers={"Authorization": f"token {token}"}) as client:
            assert client.get("api/status").json()["kernels"] == 0
            files = {entry["name"] for entry in client.get("api/contents").json()["content"]}
            assert files >= {"workbench.toml", "START.md"}
            assert '"news": {"disabled": true}' in client.get("lab").text
            told = client.get("lab/api/settings/@jupyterlab/apputils-extension:notification").json()
            assert told["schema"]["properties"]["fetchNews"]["default"] == "false"
            assert client.get("lab/api/update").json()["notification"] is None
            assert client.post("api/kernels", json={"name": "python3"}).status_code == 201
        started = descendants(process.pid)

        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=60)[0]

    assert process.returncode == 0
    assert out.rstrip().endswith("JupyterLab has ended, and its kernels with it")
    assert len(started) >= 2
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def descendants(pid: int) -> list[int]:
    """Return the processes that one has started, and those that they have."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return found + [deeper for child in found for deeper in descendants(child)]


def test_without_jupyterlab_the_next_step_is_one_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    monkeypatch.setattr(sys.modules[lab.callback.__module__], "find_spec", lambda _name: None)
    done = command("-w", str(workspace.root), "lab", exits=1)

    assert (
        done.err == "workbench: JupyterLab is not installed here; install it with `pip install jupyterlab`\n"
    )


def test_lab_outside_of_a_workspace_says_how_to_make_one(tmp_path: Path, command: Callable[..., Any]) -> None:
    assert (
        "make a workspace there with `workbench init" in command("lab", str(tmp_path / "none"), exits=2).err
    )
