"""What a database refuses, opening one, and backups."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.chain import broken, linked
from workbench.errors import MissingExtraError, StoreError, UsageError
from workbench.labels import label_id
from workbench.provenance import sha256
from workbench.store import Store
from workbench.store import engine as engines
from workbench.store.schema import VERSION
from workbench.tables import CASES, LABELS, MEASURES, PREDICTIONS, REVIEWS, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace

    Row = Callable[..., dict[str, Any]]


TEXTS = ("where is it????", "NA", "", "👩‍👩‍👧 أريد \u202e now", "12345678901234567890123")


FORBIDDEN = {
    "sqlite": ("INSERT OR REPLACE INTO labels SELECT * FROM labels",),
    "postgresql": (
        "TRUNCATE labels",
        "INSERT INTO labels SELECT * FROM labels ON CONFLICT (label_id) DO UPDATE SET expected = 'deny'",
    ),
    "both": (
        "UPDATE labels SET expected = 'deny'",
        "UPDATE labels SET author = NULL WHERE case_id = 'r1'",
        "DELETE FROM labels",
        "DELETE FROM labels WHERE case_id = 'r1'",
    ),
}


def test_a_stored_fact_cannot_be_changed_by_sql_either(store: Store, new_label: Row) -> None:
    row = new_label("r1")
    store.append(LABELS, [row])
    other_program = sa.create_engine(store.url, poolclass=sa.NullPool)
    for statement in FORBIDDEN["both"] + FORBIDDEN[store.url.get_backend_name()]:
        with (
            pytest.raises(sa.exc.DBAPIError, match="labels is append-only: no row is changed or deleted"),
            other_program.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
    pd.testing.assert_frame_equal(store.read(LABELS), LABELS.frame([row]))


def test_sqlite_refuses_a_replacement_with_the_key_of_a_stored_row(tmp_path: Path, new_label: Row) -> None:
    """INSERT OR REPLACE deletes the older row without firing a DELETE trigger."""
    row = new_label("r1")
    with Store(f"sqlite:///{tmp_path / 'w.db'}") as store:
        store.append(LABELS, [row])
        with (
            closing(sqlite3.connect(tmp_path / "w.db")) as other,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            other.execute(
                "REPLACE INTO labels (label_id, case_id, expected, kind, created_at) VALUES (?, 'r1', 'deny', 'human', '')",
                [row["label_id"]],
            )
        assert store.read(LABELS)["expected"].tolist() == ["refund"]


def test_every_table_but_the_replaceable_ones_is_guarded(store: Store) -> None:
    assert [table.name for table in TABLES if not table.append_only] == ["measures", "holds"]
    query = {
        "sqlite": "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT DISTINCT event_object_table FROM information_schema.triggers",
    }[store.url.get_backend_name()]
    with store._engine.begin() as connection:
        guarded = set(connection.exec_driver_sql(query).scalars())
    assert guarded == {table.name for table in TABLES if table.append_only}


def test_measures_may_be_replaced(store: Store) -> None:
    row = {"case_id": "r1", "embedder": "minilm", "reference_sha256": "0" * 64, "windows": 1}
    store.append(MEASURES, [row])
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM measures")
    assert store.append(MEASURES, [row]) == 1


def test_a_backup_is_one_file_that_opens_and_holds_every_row(
    store: Store, new_case: Row, new_label: Row, tmp_path: Path
) -> None:
    cases = [new_case(f"r{place}", text) for place, text in enumerate(TEXTS)]
    store.append(CASES, cases)
    store.append(LABELS, [new_label("r1"), new_label("r0")])
    (tmp_path / "safe").mkdir()
    path = store.backup(tmp_path / "safe" / "what? 50 % off.db")
    assert [found.name for found in path.parent.iterdir()] == ["what? 50 % off.db"]
    assert path.read_bytes()[:15] == b"SQLite format 3"
    with Store(sa.URL.create("sqlite", database=str(path))) as copy:
        pd.testing.assert_frame_equal(copy.read(CASES), store.read(CASES))
        pd.testing.assert_frame_equal(copy.read(LABELS), store.read(LABELS))
        with pytest.raises(StoreError, match="in the store already"):
            copy.append(CASES, [cases[0]])
        assert copy.append(CASES, [new_case("later")]) == 1


def test_a_backup_never_overwrites_and_leaves_no_half_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "taken.db").write_text("a letter")
    with pytest.raises(
        StoreError, match=r"taken.db exists already and a backup never overwrites; choose another name$"
    ):
        store.backup(tmp_path / "taken.db")
    with pytest.raises(StoreError, match=r"its folder does not exist; make the folder first$"):
        store.backup(tmp_path / "absent" / "w.db")
    assert (tmp_path / "taken.db").read_text() == "a letter"
    assert not (tmp_path / "absent").exists()


def test_a_store_opens_again_with_all_it_held(store_url: str, new_case: Row) -> None:
    with Store(store_url) as first:
        first.append(CASES, [new_case("r1")])
    with Store(store_url) as second:
        assert second.read(CASES)["case_id"].tolist() == ["r1"]


def test_a_foreign_database_is_refused_and_left_as_it_was(store_url: str) -> None:
    foreign = sa.create_engine(engines.address(store_url), poolclass=sa.NullPool)
    with foreign.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (number INTEGER)")
    with pytest.raises(StoreError) as caught:
        Store(store_url)
    assert str(caught.value).endswith(
        " holds other tables (invoices) and is no workbench database; choose an empty one in [store] url or WORKBENCH_DB"
    )
    with foreign.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["invoices"]
        if foreign.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"


def test_a_newer_schema_is_refused(store_url: str) -> None:
    with Store(store_url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workbench_schema SET version = 99")
    with pytest.raises(
        StoreError,
        match=r"was written by a newer workbench \(schema 99; this one knows 4\); upgrade this package$",
    ):
        Store(store_url)


MEASURED = {"case_id": "r1", "embedder": "minilm", "reference_sha256": "0" * 64, "windows": 1}


def test_a_database_of_the_first_schema_gets_the_new_columns_and_keeps_its_facts(
    store_url: str, new_case: Row
) -> None:
    with Store(store_url) as store:
        store.append(CASES, [new_case("r1")])
    with Store(store_url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workbench_schema SET version = 1")
        connection.exec_driver_sql("ALTER TABLE measures DROP COLUMN windows")

    with Store(store_url) as store:
        assert store.read(CASES)["case_id"].tolist() == ["r1"]
        assert store.append(MEASURES, [MEASURED]) == 1


def test_a_database_of_the_second_schema_keeps_its_chain_and_its_labels_whole(store_url: str) -> None:
    judged = {
        "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "session_id": "s",
        "reviewer": "Reviewer",
        "reasons": [],
    }
    given = {"case_id": "m1", "expected": "deny", "kind": "human", "created_at": judged["at"]}
    label = dict.fromkeys(LABELS.names) | given
    with Store(store_url) as store:
        store.append(REVIEWS, linked(REVIEWS.frame(), [judged | {"case_id": "m1", "event": "keep"}]))
        store.append(LABELS, [label | {"label_id": label_id(label)}])
    with Store(store_url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workbench_schema SET version = 2")
        connection.exec_driver_sql("ALTER TABLE reviews DROP COLUMN realistic")
        connection.exec_driver_sql("ALTER TABLE labels DROP COLUMN check_sha256")
        for name in ("sittings", "checks", "holds"):
            connection.exec_driver_sql(f"DROP TABLE {name}")

    with Store(store_url) as store:
        reviews, [row] = store.read(REVIEWS), store.read(LABELS).to_dict("records")

        assert broken(reviews) == ""
        assert reviews["realistic"].isna().all()
        assert row["label_id"] == label_id(
            row | {"check_sha256": None, **{k: None for k in row if k not in given and k != "label_id"}}
        )
        store.append(
            REVIEWS, linked(reviews, [judged | {"case_id": "m2", "event": "skip", "realistic": True}])
        )
        assert broken(store.read(REVIEWS)) == ""


def test_the_declared_columns_are_those_of_this_version_of_the_schema() -> None:
    """A column that comes to a table needs a new version, or older databases never get it."""
    declared = {table.name: [*table.names] for table in TABLES}
    assert (VERSION, sha256(declared)[:12]) == (4, "0b7c037fc1a9")


def test_measures_are_replaced_and_facts_are_not(store: Store, new_case: Row) -> None:
    store.append(MEASURES, [MEASURED, MEASURED | {"embedder": "other"}])
    with store.transaction() as tx:
        tx.replace(MEASURES, [MEASURED | {"windows": 3}], embedder="minilm")
        with pytest.raises(StoreError, match=r"^rows of cases are not replaced: append instead"):
            tx.replace(CASES, [new_case("r1")], case_id="r1")

    found = store.read(MEASURES).set_index("embedder")["windows"]
    assert found.to_dict() == {"other": 1, "minilm": 3}


def test_a_table_that_came_with_a_newer_package_is_added_on_opening(store_url: str) -> None:
    with Store(store_url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE predictions")
    with Store(store_url) as store:
        assert store.read(PREDICTIONS).empty


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sirs, where is it????" * 100)
    with pytest.raises(
        StoreError, match=r"letter.db: the database refused \(file is not a database\); this file is no"
    ):
        Store(f"sqlite:///{tmp_path / 'letter.db'}")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"unable to open database file\); it cannot be opened; check that the folder exists"
    ):
        Store(f"sqlite:///{tmp_path / 'absent' / 'w.db'}")


def test_a_database_without_a_write_ahead_log_is_refused() -> None:
    with pytest.raises(
        StoreError, match=r"could not switch on its write-ahead log \(it stays memory\); put the workspace"
    ):
        Store("sqlite://")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/vda rw\n"
        "31 22 0:41 / /home/shared\\040files rw,relatime shared:5 - nfs4 server:/home rw,vers=4.2\n"
        "32 22 0:42 / /home rw - xfs /dev/vdb rw\n"
    )
    assert engines.filesystem(Path("/home/shared files/shop/workbench.db"), mounts) == "nfs4"
    assert engines.filesystem(Path("/home/kim/workbench.db"), mounts) == "xfs"
    assert engines.filesystem(Path("/srv/workbench.db"), mounts) == "ext4"
    assert engines.filesystem(Path("/srv/workbench.db"), tmp_path / "absent") == ""
    monkeypatch.setattr(engines, "filesystem", lambda _: "nfs4")
    with pytest.raises(
        StoreError, match=r"lies on a network file system \(nfs4\), where SQLite can lose data; point"
    ):
        Store(f"sqlite:///{tmp_path / 'workbench.db'}")


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'w.db'}") as store, store._engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@db/eval",
        "hunter2",
        "",
        "sqlite+aiosqlite:///hunter2.db",
        "postgresql://shop:hunter2/eval",
    ],
)
def test_another_kind_of_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(
        UsageError, match=r"must look like sqlite:////folder/workbench.db or postgresql://"
    ) as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://shop:hunter2@/eval?host={}",
        "postgresql://shop@/eval?host={}&password=hunter2",
        "postgresql://shop@/eval?password=hunter2&sslpassword=hunter2&host={}",
    ],
)
def test_a_server_that_does_not_answer_is_named_by_its_driver_host_and_database(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(
        StoreError, match=r"the server cannot be reached; check that it runs and that WORKBENCH_DB"
    ) as caught:
        Store(address.format(tmp_path))
    assert str(caught.value).startswith(f"postgresql+psycopg://{tmp_path}/eval: the database refused (")
    assert "hunter2" not in str(caught.value)
    assert "shop" not in str(caught.value).replace(str(tmp_path), "")


def test_a_password_of_the_environment_is_never_printed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    monkeypatch.setenv("WORKBENCH_DB", f"postgresql://shop@/eval?host={workspace.root}&password=hunter2")
    done = command("-w", str(workspace.root), "freeze", "launch", exits=1)

    assert done.err.startswith(
        f"workbench: postgresql+psycopg://{workspace.root}/eval: the database refused ("
    )
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:hunter1@hunter2@db/eval",
        "postgresql://shop@db/eval&password=hunter2",
        "postgresql://db#hunter2/eval",
    ],
)
def test_a_password_is_never_taken_for_a_host_or_a_database(url: str) -> None:
    with pytest.raises(
        UsageError, match=r"^the database address has an @, &, ;, = or # in its host or"
    ) as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


def test_an_option_that_cannot_be_read_is_a_sentence_that_does_not_repeat_it() -> None:
    with pytest.raises(
        UsageError, match=r"^the options of the database address cannot be read; check"
    ) as caught:
        Store("postgresql://shop@/eval?host=db&port=hunter2")
    assert "hunter2" not in str(caught.value)


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'workbench\[postgres\]'$"):
        Store("postgresql://shop@db/eval")


def test_a_busy_database_says_so(tmp_path: Path, new_case: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    with (
        Store(f"sqlite:///{tmp_path / 'w.db'}") as store,
        closing(sqlite3.connect(tmp_path / "w.db")) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"\(database is locked\); another process has been writing for"):
            store.append(CASES, [new_case("r1")])
