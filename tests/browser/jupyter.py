"""Notebooks in a real JupyterLab, Notebook or marimo on this machine, as a person has them in Chromium."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from workbench import workspace as workspaces
from workbench.cli.lab import PROMPT, QUIET
from workbench.provenance import content_sha256
from workbench.report.runner import OFFLINE
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

    from workbench.workspace import Workspace

WINDOW = 'import workbench as wb\nshop = wb.open(".")\nwb.review.window(shop, reviewer="Ana")'
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
WAIT_S = 60
"""How long anything may take on a machine that is busy with other things."""

# --- a queue to review ----------------------------------------------------------------------------

RUBRIC = """
version = "v3"
policy = '''1. REFUND within 14 days of delivery, or when the parcel is lost.
2. DENY after that, with the reason.
3. ASK for the order number where there is none.'''
checklist = ["Would a customer of this shop write this?"]
[expected]
refund = "Money goes back."
deny = "A courteous no."
ask = "One question first."
[reasons]
caricature = "The voice is a stereotype."
too_easy = "The decisive words give the label away."
"""
AXES = {"user": ("new", "angry"), "case": ("late", "damaged", "lost")}
DAY = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)


def queue(folder: Path, candidates: int, *, seeds: int = 60, review: str = "") -> Workspace:
    """Make a workspace in which candidates of six cells wait, beside a seed for hidden checks."""
    shop = workspaces.init(folder)
    (folder / "rubric.toml").write_text(RUBRIC, "utf-8")
    axes = "\n".join(f"{axis} = {json.dumps(levels)}" for axis, levels in AXES.items())
    (folder / "workbench.toml").write_text(f"[grid.axes]\n{axes}\n[review]\n{review}\n", "utf-8")
    cells = [f"{user}/{case}" for user in AXES["user"] for case in AXES["case"]]
    made = {"bucket": "prompted", "tag": "synth-x", "generator_family": "demo"}
    seed = {"bucket": "seed", "tag": "prod", "split": "train", "slice": "damaged"}
    rows = [
        _case(f"c{n}", f"My order {20_000 + n} was due on Monday. Where is it?", **made, cell=cells[n % 6])
        for n in range(candidates)
    ]
    rows += [
        _case(f"s{n}", f"hi, box {n} came with a crack in it, can you help me", **seed) for n in range(seeds)
    ]
    shop.store.append(CASES, rows)
    return shop


def _case(case_id: str, text: str, **told: str) -> dict[str, Any]:
    turns = [
        {"role": "user", "text": "Hello, I am writing about a parcel."},
        {"role": "assistant", "text": "Which order is it about?"},
        {"role": "user", "text": text},
    ]
    row = {
        "case_id": case_id, "turns": turns, "context": {"facts": {"order": {"item": "rain boots", "days_late": 3}}},
        "parent_ids": [], "root_id": case_id, "must_hold": False, "operators": [], "taxonomy": [], "hint_ids": [],
        "split": "eval", "created_at": DAY, "content_sha256": content_sha256(turns), "extra": {},
    }  # fmt: skip
    return row | told


# --- servers --------------------------------------------------------------------------------------

QUICK = ("--AsyncIOLoopKernelRestarter.time_to_dead=0.3", "--AsyncIOLoopKernelRestarter.restart_limit=1000")
"""A kernel that was killed comes back at once, however often it is killed."""

SETTINGS: dict[str, dict[str, Any]] = {
    # It would stand before the window and ask whether to fetch news.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
    # What a notebook may hold at worst.
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}


@dataclass
class Server:
    """A Jupyter server on a free port, with settings and kernels of its own."""

    root: Path
    url: str
    token: str
    process: subprocess.Popen[bytes]

    def kernels(self) -> list[int]:
        """Return the ids of its kernels' processes."""
        return [pid for pid in descendants(self.process.pid) if b"ipykernel_launcher" in _command(pid)]


def descendants(pid: int) -> list[int]:
    """Return the processes that one has started, and those that they have."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        found = [
            int(child) for thread in threads for child in (thread / "children").read_text("ascii").split()
        ]
    except OSError:
        return []
    return found + [deeper for child in found for deeper in descendants(child)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], home: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a folder, and end it and all that it started, by their ids, whatever happens."""
    home.mkdir(parents=True, exist_ok=True)
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME",
              "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")  # fmt: skip
    own = {name: str(home / name.lower()) for name in places}
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"JUPYTERHUB_USER", "WORKBENCH_DB"}
    }
    with (home / "server.log").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=inherited | OFFLINE | own, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        started = {pid: _command(pid) for pid in descendants(process.pid)}
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        for pid, told in started.items():
            # An id may be another program's by now.
            if _command(pid) == told:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(root: Path, home: Path, program: str = "jupyterlab") -> Iterator[Server]:
    """Run JupyterLab or Notebook on a folder until the block ends."""
    root.mkdir(parents=True, exist_ok=True)
    for plugin, told in SETTINGS.items():
        file = home / "jupyter_config_dir/lab/user-settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told), "utf-8")
    token, app = secrets.token_hex(16), {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}[program]
    command = [
        sys.executable, "-m", program, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={free_port()}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}",
        f"--IdentityProvider.token={token}", f"--{app}.expose_app_in_browser=True", *QUICK,
        *((*QUIET, *PROMPT) if program == "jupyterlab" else ()),
    ]  # fmt: skip
    with running(command, home, root) as process:
        found = until(lambda: _announced(home, process), f"{program} starts")
        yield Server(root, found["url"], token, process)


def _announced(home: Path, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """Return what a server wrote down about where it is."""
    assert process.poll() is None, (home / "server.log").read_text("utf-8", "replace")[-3000:]
    for file in (home / "jupyter_runtime_dir").glob("jpserver-*.json"):
        with contextlib.suppress(ValueError):
            return dict(json.loads(file.read_text("utf-8")))
    return None


def until(what: Callable[[], Any], told: str) -> Any:
    """Wait for something to be true, and return it."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise TimeoutError(f"waited {WAIT_S} s, and not yet: {told}")


# --- a notebook in the browser --------------------------------------------------------------------

# What the page showed as saved is kept where neither a reload nor a killed kernel reaches it: the text of the case
# and the verdict at the press that was followed by "Saving", once "Saved" is on the screen.
WITNESS = """(() => {
  const verdicts = {h: "keep", f: "reject", e: "revise", s: "skip", u: "undo"};
  const watched = new WeakSet();
  let pressed = null, sending = null, said = "";
  const look = (line) => {
    if (line.textContent === said) return;
    said = line.textContent;
    if (said === "Saving") sending = pressed;
    if (said === "Saved") {
      sessionStorage.saved = JSON.stringify([...JSON.parse(sessionStorage.saved ?? "[]"), sending]);
      sending = null;
    }
  };
  document.addEventListener("keydown", (event) => {
    const root = event.target.closest?.(".wb-review");
    if (!root || !verdicts[event.key]) return;
    const line = root.querySelector(".line");
    if (!watched.has(line)) {
      watched.add(line);
      said = "";
      new MutationObserver(() => look(line)).observe(line, {childList: true, characterData: true, subtree: true});
    }
    pressed = [[...root.querySelectorAll(".turn .text")].at(-1)?.textContent, verdicts[event.key]];
  }, {capture: true});
})()"""

IDLE = """() => { const session = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session;
  return session?.kernel?.status === "idle" && session.kernel.connectionStatus === "connected"; }"""
NEW = ".wb-review:not([data-old])"
OPEN = "verdict => document.querySelectorAll(verdict).length === 4 && [...document.querySelectorAll(verdict)].every((b) => b.ariaDisabled === 'false')"
PATHS = {"keep": "w1ph", "reject": "f2f", "skip": "s"}


@dataclass
class Notebook:
    """A notebook on the screen, with the window in it."""

    page: Page
    server: Server
    file: Path
    errors: list[str] = field(default_factory=list)

    def kernels(self) -> list[int]:
        """Return the processes of its kernel: one, or none while it is started again."""
        named = b"JPY_SESSION_NAME=" + os.fsencode(self.file) + b"\0"
        return [pid for pid in self.server.kernels() if named in _environment(pid)]

    # What a person does.

    def run(self) -> None:
        """Run every cell as soon as the kernel is there."""
        self.idle()
        self.page.evaluate(
            "document.querySelectorAll('.wb-review').forEach((root) => (root.dataset.old = ''))"
        )
        self.command("notebook:run-all-cells")

    def command(self, name: str, *, wait: bool = True) -> None:
        """Run a command of the application."""
        run = "name => window.jupyterapp.commands.execute(name)"
        self.page.evaluate(run if wait else f"name => void ({run})(name)", name)

    def save(self) -> str:
        """Save the notebook, and return the file."""
        self.command("docmanager:save")
        return self.file.read_text("utf-8")

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()

    def restart(self) -> None:
        """Read that the kernel died, and run the cells again when it is back."""
        self.page.get_by_role("button", name="Ok", exact=True).click()
        self.run()
        self.opened()

    def press(self, keys: str) -> None:
        """Press one key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def decide(self, verdict: str = "keep") -> None:
        """Decide by keys alone, and wait until it shows as saved."""
        before = len(self.saved())
        self.ready()
        self.press(PATHS[verdict])
        self.page.wait_for_function("n => JSON.parse(sessionStorage.saved ?? '[]').length > n", arg=before)

    # What is on the screen.

    def idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(IDLE)

    def opened(self) -> None:
        """Wait for the window, and put the focus into it."""
        self.page.wait_for_selector(f"{NEW} .frame")
        self.focus()

    def focus(self) -> None:
        """Put the focus into the window."""
        self.page.locator(NEW).evaluate("root => { root.scrollIntoView({block: 'start'}); root.focus(); }")

    def ready(self) -> None:
        """Wait until a verdict can be given."""
        self.page.wait_for_function(OPEN, arg=f"{NEW} .verdict")

    def shown(self) -> str:
        """Return the last message of the case on the screen."""
        return str(self.page.locator(f"{NEW} .turn .text").last.text_content())

    def says(self) -> str:
        """Return the line about the state."""
        return str(self.page.locator(f"{NEW} .line").text_content())

    def saved(self) -> list[tuple[str, str]]:
        """Return every case that showed as saved since the page was opened, with its verdict."""
        found = self.page.evaluate("JSON.parse(sessionStorage.saved ?? '[]')")
        return [(text, verdict) for text, verdict in found]

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells as they are in the page: kind, source, how often they ran."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.widgets].map((cell) => ({
              type: cell.model.type, source: cell.model.sharedModel.source, ran: cell.model.executionCount ?? null}))"""
        )
        return found


def write(file: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=KERNEL), file)
    return file


def context_of(chromium: Browser, width: int = 1280) -> BrowserContext:
    """Return a browser of its own that reaches this machine alone."""
    alone: Any = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
    context = chromium.new_context(viewport={"width": width, "height": 900}, proxy=alone)
    context.set_default_timeout(WAIT_S * 1000)
    return context


LAB, DOCUMENT, NOTEBOOK = "lab/workspaces/{}/tree", "doc/workspaces/{}/tree", "notebooks"


@contextlib.contextmanager
def opened(
    chromium: Browser,
    server: Server,
    file: Path,
    *,
    place: str = LAB,
    width: int = 1280,
    window: bool = True,
    frames: list[tuple[str, int]] | None = None,
) -> Iterator[Notebook]:
    """Open a notebook in a browser of its own and run it; `frames` gets what goes over the wire.

    The place of an application is the path of its page: `DOCUMENT` is JupyterLab's page of one document,
    without the panels at its sides, as on a phone.
    """
    context = context_of(chromium, width)
    context.add_init_script(WITNESS)
    notebook = Notebook(context.new_page(), server, file)
    notebook.page.on("pageerror", lambda error: notebook.errors.append(str(error)))
    if frames is not None:
        notebook.page.on("websocket", lambda socket: _listen(socket, frames))
    name = file.relative_to(server.root).as_posix()
    where = place.format(secrets.token_hex(4))
    try:
        notebook.page.goto(f"{server.url}{where}/{name}?token={server.token}&reset")
        notebook.run()
        if window:
            notebook.opened()
        yield notebook
    finally:
        context.close()


def _listen(socket: WebSocket, frames: list[tuple[str, int]]) -> None:
    socket.on("framesent", lambda data: frames.append(("sent", len(data))))
    socket.on("framereceived", lambda data: frames.append(("received", len(data))))


def letters(notebook: Notebook) -> set[str]:
    """Return the letters of the window, from its sheet of keys."""
    names = notebook.page.locator(f"{NEW} dialog th").all_text_contents()
    return {name.lower() for name in names if len(name) == 1 and name.isalpha()}


def taken(notebook: Notebook) -> dict[str, str]:
    """Return the letters of the window that do something in a notebook whose cells have the focus."""
    cell = "window.jupyterapp.shell.currentWidget.content.activeCell.node"
    notebook.page.evaluate(f"() => {{ {cell}.tabIndex = -1; {cell}.focus(); }}")
    live = notebook.page.evaluate(
        """() => { const above = []; for (let node = document.activeElement; node; node = node.parentElement) above.push(node);
          return window.jupyterapp.commands.keyBindings.filter(({selector}) => above.some((node) => node.matches(selector)))
            .map(({keys, command}) => [keys[0].toLowerCase(), command]); }"""
    )
    assert "a" in dict(live), "the notebook is in its command mode"
    return {key: command for key, command in live if key in letters(notebook)}


def kill_soon(pid: int, seconds: float) -> threading.Timer:
    """Kill a process in a moment, as when the machine runs out of memory."""
    timer = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
    timer.start()
    return timer
