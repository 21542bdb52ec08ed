"""Opening a database: the address, the settings that make it safe, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import MissingExtraError, StoreError, UsageError, listed
from workbench.store import schema

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up.

With `BEGIN IMMEDIATE` and this wait, 8 processes that read and then write lose nothing; with a plain
`BEGIN` most of their writes fail, because SQLite does not wait when a reader turns writer.
"""

WRITERS_LOCK = 0x776F726B
"""The advisory lock of PostgreSQL that lets one writer in at a time, as SQLite does."""

NETWORK_FILESYSTEMS = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "gpfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
"""File systems shared between hosts, on which the write-ahead log is not safe.

Source: sqlite.org/wal.html, "WAL does not work over a network filesystem".
"""

ADVICE = (
    ("locked", f"another process has been writing for {BUSY_SECONDS} s; try again when it has ended"),
    ("lock timeout", f"another process has been writing for {BUSY_SECONDS} s; try again when it has ended"),
    ("not a database", "this file is no database; choose another in [store] url or WORKBENCH_DB"),
    ("unable to open", "it cannot be opened; check that the folder exists and that you may write there"),
    ("readonly", "it is read-only; ask for the right to write, or copy the workspace"),
    ("disk is full", "the disk is full; free some space and do the step again, nothing of it was kept"),
    ("disk image is malformed", "the file is damaged; put the newest backup in its place"),
    ("connection", "the server cannot be reached; check that it runs and that WORKBENCH_DB is right"),
)
"""The next step for what a database says when it refuses."""


def address(url: str | sa.URL) -> sa.URL:
    """Read a database address; `postgresql://` means the driver psycopg.

    Raises:
        UsageError: It is neither SQLite nor PostgreSQL. The message never shows the address,
            because it may hold a password.
    """
    wanted = (
        "sqlite:////folder/workbench.db or postgresql://user@host/name; check WORKBENCH_DB and [store] url"
    )
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError(f"the database address cannot be read; it must look like {wanted}") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise UsageError(f"the database address names {parsed.drivername}; it must look like {wanted}")
    # What follows an unescaped @ or stands behind a typed & would be named as the host or the database.
    if parsed.drivername != "sqlite" and re.search("[@&;=#]", f"{parsed.host}{parsed.database}"):
        raise UsageError(
            "the database address has an @, &, ;, = or # in its host or database; write those of a password as "
            "%40, %26, %3B, %3D or %23, and options behind a ?; check WORKBENCH_DB and [store] url"
        )
    return parsed


def label(url: sa.URL) -> str:
    """Return how messages name a database: the file, or its driver, host and name alone.

    Example:
        >>> label(address("postgresql://shop:hunter2@db:5432/eval?password=hunter3"))
        'postgresql+psycopg://db/eval'
    """
    if url.drivername == "sqlite":
        return str(url.database)
    # A server on this machine is named by the folder of its socket, which stands among the options.
    host = url.host or ",".join(url.normalized_query.get("host", ()))
    return f"{url.drivername}://{host}/{url.database or ''}"


def engine(url: sa.URL) -> sa.Engine:
    """Return an engine whose write transactions come one at a time.

    No connection is ever used by two threads at once, so widget callbacks in another thread and
    notebook cells do not meet in one transaction.

    Raises:
        MissingExtraError: psycopg is not installed.
        UsageError: An option of the address cannot be read.
    """
    # Overflow without a limit: a thread never waits for another thread's connection.
    if url.drivername == "sqlite":
        made = sa.create_engine(
            url, poolclass=sa.QueuePool, max_overflow=-1, connect_args={"timeout": BUSY_SECONDS}
        )
        sa.event.listen(made, "connect", _sqlite_connected)
        sa.event.listen(made, "begin", _sqlite_begins)
        return made
    try:
        made = sa.create_engine(
            url, max_overflow=-1, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
    except ModuleNotFoundError:
        raise MissingExtraError(
            "PostgreSQL needs the library psycopg, which is not installed; pip install 'workbench[postgres]'"
        ) from None
    except sa.exc.ArgumentError:
        raise UsageError(
            "the options of the database address cannot be read; check WORKBENCH_DB and [store] url"
        ) from None
    sa.event.listen(made, "begin", _postgresql_begins)
    return made


def reading(made: sa.Engine) -> sa.Engine:
    """Return the same engine for reading: it takes no lock and sees one moment of the database."""
    if made.dialect.name == "sqlite":
        return made.execution_options(reading=True)
    return made.execution_options(reading=True, isolation_level="REPEATABLE READ")


def _sqlite_connected(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own BEGIN is switched off, so that ours can be IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _sqlite_begins(connection: sa.Connection) -> None:
    is_reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _postgresql_begins(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def prepare(made: sa.Engine) -> None:
    """Make the tables in an empty database, or check that the database is one of ours.

    Raises:
        StoreError: It holds something else, was written by a newer version of this package, or
            lies on a file system where SQLite is not safe. It is left as it was.
    """
    name = label(made.url)
    if made.dialect.name == "sqlite":
        _refuse_network(Path(str(made.url.database)))
    with reading(made).begin() as connection:
        found = set(sa.inspect(connection).get_table_names())
    if found and schema.STAMP.name not in found:
        raise StoreError(
            f"{name} holds other tables ({listed(sorted(found))}) and is no workbench database; "
            "choose an empty one in [store] url or WORKBENCH_DB"
        )
    if made.dialect.name == "sqlite":
        _switch_wal_on(made)
    version = _version(made) if found else 0
    if version < schema.VERSION or not found >= set(schema.METADATA.tables):
        with made.begin() as connection:
            _bring_up(connection)
        version = _version(made)
    if version > schema.VERSION:
        raise StoreError(
            f"{name} was written by a newer workbench (schema {version}; this one knows {schema.VERSION}); "
            "upgrade this package"
        )


def _version(made: sa.Engine) -> int:
    with reading(made).begin() as connection:
        return int(connection.scalar(sa.select(schema.STAMP.c.version)) or 0)


def _bring_up(connection: sa.Connection) -> None:
    """Make what is missing; a table of what can be computed again is made anew when its columns change."""
    stamped = sa.inspect(connection).has_table(schema.STAMP.name)
    version = connection.scalar(sa.select(schema.STAMP.c.version)) if stamped else None
    if version == 1:
        # Version 1 declared `measures` with fewer columns, and nothing wrote to it.
        schema.METADATA.tables["measures"].drop(connection, checkfirst=True)
    if version and version < schema.VERSION:
        for table in schema.METADATA.sorted_tables:
            _widen(connection, table)
        connection.execute(schema.STAMP.update(), {"version": schema.VERSION})
    schema.METADATA.create_all(connection)
    if version is None:
        connection.execute(schema.STAMP.insert(), {"version": schema.VERSION})


def _widen(connection: sa.Connection, table: sa.Table) -> None:
    """Add the columns that a table of an older version lacks; its rows miss their values."""
    inspected = sa.inspect(connection)
    if not inspected.has_table(table.name):
        return
    held = {column["name"] for column in inspected.get_columns(table.name)}
    for column in table.columns:
        if column.name not in held:
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")


def _switch_wal_on(made: sa.Engine) -> None:
    connection = made.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        mode = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    if not mode or mode[0] != "wal":
        raise StoreError(
            f"{label(made.url)}: SQLite could not switch on its write-ahead log (it stays {mode and mode[0]}); "
            "put the workspace on a local disk, or set WORKBENCH_DB to a PostgreSQL server"
        )


def _refuse_network(path: Path) -> None:
    kind = filesystem(path)
    if kind in NETWORK_FILESYSTEMS:
        raise StoreError(
            f"{path} lies on a network file system ({kind}), where SQLite can lose data; "
            "point [store] url to a local disk, or set WORKBENCH_DB to a PostgreSQL server"
        )


def filesystem(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the type of the file system that a path lies on, or nothing where Linux does not say."""
    if not mounts.exists():
        return ""
    whole, kind, longest = path.resolve(), "", -1
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        head, _, tail = line.partition(" - ")
        # The kernel writes a space in a mount point as \040.
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), head.split()[4])
        if whole.is_relative_to(point) and len(point) > longest:
            kind, longest = tail.split()[0], len(point)
    return kind


def refusal(error: sa.exc.SQLAlchemyError, url: sa.URL) -> StoreError:
    """Return what a database said as one sentence with the next step."""
    said = str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
    first = (said.strip().splitlines() or ["no reason given"])[0]
    advice: Any = next((step for needle, step in ADVICE if needle in first), "nothing was changed")
    return StoreError(f"{label(url)}: the database refused ({first}); {advice}")
