"""`workbench lab`: JupyterLab on a workspace, for this machine alone, asking no server for anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.opened import opened, say
from workbench.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
"""No news, no search for updates, no list of extensions. Source: JupyterLab's documentation, "Announcements" and
"Extensions"."""

CONFIG = Path(__file__).with_name("jupyter")
"""A folder of Jupyter's configuration in which the question for news is answered with no; a person's own answer
stands above it."""

PROMPT = ("--ServerApp.kernel_websocket_connection_class=workbench.cli.prompt.PromptConnection",)
"""What a kernel says is sent at once; see `workbench.cli.prompt`."""

LOCAL = ("--ServerApp.ip=127.0.0.1", "--ServerApp.allow_remote_access=False")

END_SECONDS = 30
"""How long JupyterLab may take to end its kernels; after that it is killed."""


@click.command()
@click.argument("directory", required=False)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option("--port", type=click.IntRange(1, 65535), default=8888, help="8888, or the next one free.")
@click.pass_context
def lab(context: click.Context, directory: str | None, *, no_browser: bool, port: int) -> None:
    """Open the workspace in JupyterLab; Ctrl-C ends it and its kernels."""
    if find_spec("jupyterlab") is None:
        raise MissingExtraError("JupyterLab is not installed here; install it with `pip install jupyterlab`")
    context.obj = directory or context.obj
    root = opened(context).root
    given = [*LOCAL, *QUIET, *PROMPT, f"--ServerApp.port={port}", *(["--no-browser"] if no_browser else [])]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        say("you are root, and so is whatever a notebook runs; work as another user where you can")
        given.append("--allow-root")
    say(f"JupyterLab on {root}; Ctrl-C ends it")
    context.exit(_run([sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", *given], root))


def _run(command: Sequence[str], root: Path) -> int:
    """Run JupyterLab until it ends or a person ends it; return its exit code, 0 where a person did."""
    from workbench.report.runner import OFFLINE

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    folders = os.pathsep.join([*filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")]), str(CONFIG)])
    env = os.environ | OFFLINE | {"JUPYTER_CONFIG_PATH": folders}
    # In a session of its own it does not see Ctrl-C, and does not ask whether it was meant.
    server = subprocess.Popen(command, cwd=root, env=env, start_new_session=True)  # noqa: S603 - our own program
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        try:
            server.wait(END_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            server.kill()
            server.wait()
        say("JupyterLab has ended, and its kernels with it")
        return 0
