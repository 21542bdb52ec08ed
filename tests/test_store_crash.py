"""Many threads, many processes, and processes that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.store import Store
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]


def test_nobody_sees_a_transaction_before_it_is_whole(store: Store, new_case: Row) -> None:
    seen: list[int] = []
    with store.transaction() as tx:
        tx.append(CASES, [new_case("r1")])
        other = threading.Thread(target=lambda: seen.append(len(store.read(CASES))))
        other.start()
        other.join(timeout=20)
    assert seen == [0]


def test_each_thread_works_on_its_own_connection(store: Store, new_case: Row, new_label: Row) -> None:
    """Widget callbacks come in a thread of their own, while a cell is in the middle of a transaction."""
    faults: list[BaseException] = []

    def review(name: str) -> None:
        try:
            for number in range(15):
                store.append(LABELS, [new_label(f"{name}-{number}")])
                store.read(LABELS, case_id=f"{name}-{number}")
        except BaseException as fault:  # noqa: BLE001 - handed to the test below
            faults.append(fault)

    threads = [threading.Thread(target=review, args=(f"t{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    with store.transaction() as tx:
        tx.append(CASES, [new_case("r1")])
        time.sleep(0.05)
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert store.read(LABELS)["case_id"].nunique() == 90


WRITER = """
import datetime as dt, sys
from workbench.store import Store
from workbench.tables import REVIEWS

name, url, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store(url) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(many):
        with store.transaction() as tx:
            event = int(tx.read(REVIEWS)["event_id"].max() if len(tx.read(REVIEWS)) else 0) + 1
            tx.append(REVIEWS, [{
                "event_id": event, "at": dt.datetime.now(dt.UTC), "session_id": name, "reviewer": name,
                "case_id": f"r{event}", "event": "keep", "reasons": [], "previous_sha256": "0" * 64,
                "event_sha256": f"{event:064d}",
            }])
        print(event, flush=True)
"""


def _writer(name: str, url: str, many: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, name, url, str(many)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_eight_processes_that_read_and_then_write_lose_nothing(store_url: str) -> None:
    """Each takes the highest number and appends the next: the race that a plain BEGIN loses."""
    writers = [_writer(f"w{number}", store_url, 60) for number in range(8)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n", writer.stderr and writer.stderr.read()
    acknowledged: list[int] = []
    started = [
        threading.Thread(target=lambda w=w: acknowledged.extend(map(int, w.communicate("go\n")[0].split())))
        for w in writers
    ]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(timeout=240)
    assert [writer.returncode for writer in writers] == [0] * 8
    assert sorted(acknowledged) == list(range(1, 481))
    with Store(store_url) as store:
        reviews = store.read(REVIEWS)
    assert reviews["event_id"].tolist() == list(range(1, 481))
    assert reviews["reviewer"].value_counts().to_dict() == {f"w{number}": 60 for number in range(8)}


def test_a_killed_writer_loses_nothing_that_it_acknowledged(store_url: str) -> None:
    rng = np.random.default_rng(20260301)
    acknowledged: list[int] = []
    for kill in range(6):
        writer = _writer(f"k{kill}", store_url, 10_000)
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("go\n")
        writer.stdin.flush()
        # The moment is random within a write: after some acknowledged rows and a part of the next.
        acknowledged += [int(writer.stdout.readline()) for _ in range(rng.integers(1, 15))]
        time.sleep(rng.random() * 0.01)
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        acknowledged += [int(line) for line in rest.split("\n")[:-1]]
        assert writer.returncode == -signal.SIGKILL
    with Store(store_url) as store:
        events = store.read(REVIEWS)["event_id"].tolist()
        assert events == list(range(1, len(events) + 1))
        assert set(acknowledged) <= set(events)
        # A row may have been committed and the process killed before it could say so: one a kill.
        assert len(events) - len(acknowledged) <= 6
        if store.url.get_backend_name() == "sqlite":
            with store._engine.begin() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
