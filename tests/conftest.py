"""Fixtures for every test: a workspace, and a store on both engines."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import io
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis
import pytest
import sqlalchemy as sa

from workbench import workspace as workspaces
from workbench.provenance import content_sha256, sha256
from workbench.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.workspace import Workspace

# Tests are no package, so what several folders of them share is loaded by its path and known by its name.
for _path in ("shapes.py", "llm/loopback.py"):
    _name = Path(_path).stem
    if _name not in sys.modules:
        _spec = importlib.util.spec_from_file_location(_name, Path(__file__).parent / _path)
        assert _spec is not None
        assert _spec.loader is not None
        sys.modules[_name] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_name])

from loopback import KEY, TEXT, Loopback, plant  # noqa: E402 - it is loaded above

# A shell that runs the tests in its background has them ignore Ctrl-C, and every command they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Hypothesis times each example by itself; speed is shown in benchmarks/, and two workers share a machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ENGINES = ("sqlite", "postgresql")

DAY = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)

_numbers = itertools.count(1)


@pytest.fixture
def new_case() -> Callable[..., dict[str, object]]:
    """Make a row of `cases`: a customer's message, with any column changed."""

    def make(case_id: str, text: str = "where is it????", **changes: object) -> dict[str, object]:
        turns = [{"role": "user", "text": text}]
        row = {
            "case_id": case_id, "turns": turns, "context": None, "bucket": "seed", "tag": "prod", "parent_ids": [],
            "root_id": case_id, "must_hold": False, "operators": [], "taxonomy": [], "hint_ids": [], "split": "eval",
            "created_at": DAY, "content_sha256": content_sha256(turns), "extra": {},
        }  # fmt: skip
        return row | changes

    return make


@pytest.fixture
def new_label() -> Callable[..., dict[str, object]]:
    """Make a row of `labels`, with any column changed."""

    def make(case_id: str, expected: str = "refund", **changes: object) -> dict[str, object]:
        row = {
            "case_id": case_id,
            "expected": expected,
            "kind": "human",
            "author": "Support lead",
            "created_at": DAY,
        }
        row |= changes
        return {"label_id": sha256({name: str(value) for name, value in row.items()}), **row}

    return make


@pytest.fixture
def new_event() -> Callable[..., dict[str, object]]:
    """Make a row of `reviews`, with any column changed."""

    def make(event_id: int, case_id: str, event: str, **changes: object) -> dict[str, object]:
        row = {
            "event_id": event_id, "at": DAY + dt.timedelta(minutes=event_id), "session_id": "morning",
            "reviewer": "Support lead", "case_id": case_id, "event": event, "reasons": [],
            "previous_sha256": "0" * 64, "event_sha256": f"{event_id:064d}",
        }  # fmt: skip
        return row | changes

    return make


@pytest.fixture(autouse=True)
def _no_shared_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of the person who runs the tests is never touched."""
    monkeypatch.delenv("WORKBENCH_DB", raising=False)


@pytest.fixture
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are planted, and nothing of this machine's network settings matters."""
    plant(monkeypatch)


@pytest.fixture
def key() -> str:
    """The key that is planted."""
    return KEY


@pytest.fixture(params=["anthropic", "openai"])
def provider(request: pytest.FixtureRequest) -> str:
    """Both SDKs."""
    return str(request.param)


@pytest.fixture
def reply_text() -> Any:
    """What a server says to a request that it takes; a folder of tests says it in its own words."""
    return TEXT


@pytest.fixture
def serve(_planted: None, reply_text: Any) -> Iterator[Callable[..., Loopback]]:
    """Start a server on this machine, with these faults."""
    with contextlib.ExitStack() as stack:
        yield lambda *faults, **options: stack.enter_context(
            Loopback(faults, **{"text": reply_text, **options})
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A new, bare workspace."""
    with workspaces.init(tmp_path / "shop") as made:
        yield made


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'workbench.db'}"
        return
    sockets = request.getfixturevalue("postgresql_sockets")
    name = f"test_{next(_numbers)}"
    server = sa.create_engine(
        f"postgresql+psycopg://postgres@/postgres?host={sockets}",
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
    )
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield f"postgresql://postgres@/{name}?host={sockets}"
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, on SQLite and then on PostgreSQL."""
    with Store(store_url) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_sockets() -> Iterator[Path]:
    """The socket folder of a PostgreSQL server that lives as long as the tests.

    The server is the one inside the `pgserver` wheel, run without that wheel's own starter, which
    adds a user to the machine and opens the folders above the environment to everybody.
    """
    folder = Path(tempfile.mkdtemp(prefix="workbench-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        try:
            server = _started(folder)
        except (OSError, subprocess.SubprocessError, LookupError, TimeoutError) as error:
            reason = f"PostgreSQL cannot be started here: {error}"
            if os.environ.get("CI"):
                pytest.fail(f"{reason}; the continuous run needs both engines")
            pytest.skip(reason)
        yield folder
    finally:
        if server is not None:
            # SIGINT is PostgreSQL's fast shutdown: it ends its sessions and waits for nobody.
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a server in a folder and return it when it answers."""
    programs = _programs(folder)
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        folder.chmod(0o755)
        os.chown(folder, user, -1)
        os.chown(data, user, -1)
    bare = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"],
        user=user, env=bare, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise OSError(made.stderr.strip() or made.stdout.strip())
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
            user=user, env=bare, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    for _ in range(600):
        ready = subprocess.run([programs / "pg_isready", "-q", "-h", folder], env=bare, check=False)
        if ready.returncode == 0:
            return server
        if server.poll() is not None:
            break
        time.sleep(0.1)
    server.kill()
    server.wait()
    raise TimeoutError((folder / "log").read_text(errors="replace").strip()[-500:])


def _programs(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs: of the wheel pgserver, else of Debian's package."""
    wheel = importlib.util.find_spec("pgserver")
    if wheel is None or not wheel.origin:
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not packaged:
            raise LookupError("neither the library pgserver nor Debian's package postgresql is installed")
        return packaged[-1].parent
    programs = Path(wheel.origin).parent / "pginstall"
    if os.geteuid() != 0:
        return programs / "bin"
    # Another user may not be able to reach the environment of root.
    for part in ("pgserver/pginstall", "pgserver.libs"):
        shutil.copytree(programs.parent.parent / part, folder / part)
    return folder / "pgserver/pginstall/bin"


@pytest.fixture
def tamper() -> Callable[[sa.URL, str, str], None]:
    """Change an append-only table of a SQLite store behind its guards: `tamper(url, "reviews", "UPDATE ...")`."""

    def run(url: sa.URL, table: str, change: str) -> None:
        engine = sa.create_engine(url)
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        with engine.begin() as connection:
            for (name,) in connection.execute(sa.text(guards), {"table": table}).all():
                connection.execute(sa.text(f'DROP TRIGGER "{name}"'))
            connection.execute(sa.text(change))
        engine.dispose()

    return run


class Demo(NamedTuple):
    """The demo's workspace, as `workbench demo` left it, and what it printed."""

    folder: Path
    printed: str


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once as its own process; it takes about a minute, so tests only read what it left."""
    # A space in the name of a folder is where commands that were printed fall apart.
    folder = tmp_path_factory.mktemp("demo") / "refund demo"
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:workbench", "-m", "workbench", "demo", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Demo(folder, done.stdout)


@pytest.fixture
def demo_seed(tmp_path: Path, command: Callable[..., Done]) -> Path:
    """A workspace with the demo's settings and its seed, and no candidate yet."""
    folder, demo = tmp_path / "shop", Path(__file__).parents[1] / "data" / "demo"
    command("init", str(folder))
    for name in ("workbench.toml", "rubric.toml", "lexicon.toml"):
        shutil.copy(demo / name, folder / name)
    command("-w", str(folder), "import", "seed", str(demo / "seed.jsonl"))
    return folder


@pytest.fixture(scope="session")
def page() -> Callable[..., str]:
    """Run a shipped notebook in a workspace and return its page, which names no folder of the machine."""
    from workbench.report import find_notebook, run

    def drawn(name: str, folder: Path, **parameters: str) -> str:
        given = {"workspace": ".", **parameters}
        done = run(find_notebook(name), given, output_dir=folder / "reports", cwd=folder)
        html = done.html.read_text("utf-8")
        assert str(folder) not in html
        return html

    return drawn


class Done(NamedTuple):
    """What a command printed."""

    out: str
    err: str


@pytest.fixture(scope="session")
def command() -> Callable[..., Done]:
    """Run `workbench` as a person does, in this process, and expect an exit code (0 by default)."""
    from workbench.cli import main

    def run(*arguments: str, exits: int = 0) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        done = Done(out.getvalue(), err.getvalue())
        assert ended.value.code == exits, done
        return done

    return run
