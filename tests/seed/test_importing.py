"""The seed comes in whole, once, with its split and its labels; a crash loses nothing and repeats nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import workbench
from workbench import folds
from workbench.errors import QuarantineError, StoreError
from workbench.seed import import_seed, manifest
from workbench.tables import LABELS

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.workspace import Workspace

SAID = ["where is it????", "send me my money", "i want to cancel", "it came broken", "hello?"]


def chats(path: Path, numbers: range, **columns: str) -> Path:
    """Write a file of chats r0001, r0002, ... with further columns by template."""
    rows = [
        {"case_id": f"r{n:04}", "text": f"{SAID[n % 5]} ({n})"}
        | {name: made.format(n=n) for name, made in columns.items()}
        for n in numbers
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def settings(workspace: Workspace, text: str) -> None:
    (workspace.root / "workbench.toml").write_text(text, "utf-8")


def test_an_import_adds_cases_labels_a_version_and_its_files(workspace: Workspace, tmp_path: Path) -> None:
    settings(workspace, '[seed]\nowner = "Release owner"\n')
    done = import_seed(
        workspace, chats(tmp_path / "chats.jsonl", range(184), expected="refund", slice="delay")
    )

    assert (done.version, done.read, done.imported, done.known, done.set_aside) == (1, 184, 184, 0, 0)
    assert done.labels == {"claimed": 184}
    assert done.slices == {"delay": 184}
    assert set(workspace.cases["bucket"]) == {"seed"}
    assert set(workspace.cases["tag"]) == {"prod"}
    assert (workspace.cases["root_id"] == workspace.cases["case_id"]).all()
    assert workspace.seeds[["version", "owner", "cases"]].to_dict("records") == [
        {"version": 1, "owner": "Release owner", "cases": 184}
    ]
    assert done.manifest == workspace.root / "seeds" / "v1" / "manifest.json"


def test_the_summary_says_what_was_done(workspace: Workspace, tmp_path: Path) -> None:
    done = import_seed(
        workspace, chats(tmp_path / "chats.jsonl", range(60), expected="refund", channel="chat")
    )

    assert str(done).splitlines() == [
        "chats.jsonl: 60 read, 60 imported, 0 known already, 0 set aside",
        f"seed v1: {done.splits['train']} train, {done.splits['eval']} eval (by a hash of the root, 20/80/0, fixed)",
        "labels: 60 claimed",
        "note: 1 column kept in extra: channel",
        "manifest: seeds/v1/manifest.json",
    ]


def test_a_hostile_slice_cannot_write_to_a_terminal(workspace: Workspace, tmp_path: Path) -> None:
    done = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(60), slice="\x1b[2J{n}"))

    assert "\x1b" not in str(done)
    assert "[U+001B][2J0" in str(done)


FORGED = "x\nseed v9: 900 eval (all is well)\r\u2028labels: 900 human\x1b[2J"


def test_no_name_of_a_file_can_forge_a_line_of_the_summary(workspace: Workspace, tmp_path: Path) -> None:
    """A slice, a column, a label and the file's own name are whatever somebody wrote."""
    settings(workspace, '[seed]\nslices = ["delay"]\n')
    (workspace.root / "rubric.toml").write_text('[expected]\nrefund = "Money."\n', "utf-8")
    rows = [{"case_id": "r1", "text": "where is it????", "slice": FORGED, "expected": FORGED, FORGED: "1"}]
    file = tmp_path / f"{FORGED}.json"
    file.write_text(json.dumps(rows), "utf-8")
    lines = str(import_seed(workspace, file)).split("\n")

    assert [line.split(" ")[0] for line in lines if "x[U+000A]seed v9" in line] == [
        lines[0].split(" ")[0],
        "slices:",
        "note:",
    ]
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "seed v1",
        "slices",
        "labels",
        "note",
        "note",
        "note",
        "note",
        "manifest",
    ]
    assert all(line.isprintable() for line in lines)


def test_a_small_seed_is_told_what_a_verdict_needs(workspace: Workspace, tmp_path: Path) -> None:
    done = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(37)))
    more = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(37, 60)))

    assert done.notes[-1] == "the seed has 37 cases; a verdict needs 50 with results, so import more"
    assert "verdict" not in str(more)


def test_slices_that_the_owner_did_not_name_are_listed(workspace: Workspace, tmp_path: Path) -> None:
    settings(workspace, '[seed]\nslices = ["delay", "damaged"]\n')
    done = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(60), slice="dealy"))

    assert "slices that workbench.toml does not list: 'dealy'" in done.notes


def test_in_a_demo_everything_is_marked(workspace: Workspace, tmp_path: Path) -> None:
    settings(workspace, "demo = true\n")
    done = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(3)))

    assert set(workspace.cases["tag"]) == {"demo-prod"}
    assert done.manifest is not None
    assert json.loads(done.manifest.read_text("utf-8"))["demo"] is True


def test_the_same_file_again_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    file = chats(tmp_path / "chats.jsonl", range(60), expected="refund")
    import_seed(workspace, file)
    again = import_seed(workspace, file)

    assert (again.version, again.imported, again.known, again.labels) == (None, 0, 60, {})
    assert str(again).splitlines()[:2] == [
        "chats.jsonl: 60 read, 0 imported, 60 known already, 0 set aside",
        "labels: none added",
    ]
    assert (len(workspace.cases), len(workspace.store.read(LABELS)), len(workspace.seeds)) == (60, 60, 1)


def test_a_growing_file_brings_only_what_is_new(workspace: Workspace, tmp_path: Path) -> None:
    import_seed(workspace, chats(tmp_path / "march.jsonl", range(60)))
    done = import_seed(workspace, chats(tmp_path / "april.jsonl", range(100)))

    assert (done.version, done.imported, done.known) == (2, 40, 60)
    assert workspace.seeds["cases"].tolist() == [60, 40]


def test_labels_may_come_later_and_add_to_known_cases(workspace: Workspace, tmp_path: Path) -> None:
    import_seed(workspace, chats(tmp_path / "chats.jsonl", range(60), expected="deny"))
    done = import_seed(
        workspace,
        chats(tmp_path / "chats.jsonl", range(60), expected="refund"),
        label_kind="human",
        label_author="Reviewer A",
    )

    assert (done.version, done.labels) == (None, {"human": 60})
    assert set(workspace.labels["expected"]) == {"refund"}
    assert len(workspace.store.read(LABELS)) == 120


def test_every_kind_of_label_keeps_what_stands_behind_it(workspace: Workspace, tmp_path: Path) -> None:
    import_seed(
        workspace, chats(tmp_path / "chats.jsonl", range(3), expected="refund"),
        label_kind="provisional", label_owner="Team A", backfill_by="2026-09-30",
    )  # fmt: skip
    label = workspace.store.read(LABELS).iloc[0]

    assert (label["kind"], label["owner"], label["backfill_by"]) == (
        "provisional",
        "Team A",
        dt.datetime(2026, 9, 30, tzinfo=dt.UTC),
    )
    assert folds.labels(workspace.store.read(LABELS), today=dt.datetime(2026, 10, 1, tzinfo=dt.UTC))[
        "overdue"
    ].all()


def test_a_missing_label_is_missing_and_not_an_empty_one(workspace: Workspace, tmp_path: Path) -> None:
    done = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(3), expected=""))

    assert workspace.store.read(LABELS).empty
    assert "no label in 3 lines (1, 2, 3) of 3" in done.notes


def test_the_shares_are_fixed_by_the_first_import(workspace: Workspace, tmp_path: Path) -> None:
    first = import_seed(workspace, chats(tmp_path / "small.jsonl", range(100)))
    second = import_seed(workspace, chats(tmp_path / "large.jsonl", range(100, 900)))

    assert dict(first.shares) == dict(second.shares) == {"train": 0.2, "eval": 0.8, "holdout": 0.0}
    assert "holdout" not in second.splits


def test_a_large_first_import_sets_a_holdout_aside(workspace: Workspace, tmp_path: Path) -> None:
    done = import_seed(workspace, chats(tmp_path / "large.jsonl", range(500)))

    assert done.shares["holdout"] == 0.2
    assert sum(done.splits.values()) == 500
    assert done.splits["holdout"] > 50


def test_neither_order_nor_later_cases_move_a_case(workspace: Workspace, tmp_path: Path) -> None:
    first = import_seed(workspace, chats(tmp_path / "chats.jsonl", range(120)))
    before = workspace.cases.set_index("case_id")["split"]
    import_seed(workspace, chats(tmp_path / "more.jsonl", range(120, 900)))
    lines = (tmp_path / "chats.jsonl").read_text("utf-8").splitlines()
    random.Random(7).shuffle(lines)
    (tmp_path / "shuffled.jsonl").write_text("\n".join(lines), "utf-8")
    with workbench.init(tmp_path / "other") as other:
        import_seed(other, tmp_path / "shuffled.jsonl")
        shuffled = other.cases.set_index("case_id")["split"]

    after = workspace.cases.set_index("case_id")["split"]
    assert first.splits == before.value_counts().to_dict()
    assert after[before.index].equals(before)
    assert shuffled[before.index].equals(before)


def test_good_cases_come_in_beside_a_quarantine_file(workspace: Workspace, tmp_path: Path) -> None:
    file = chats(tmp_path / "chats.jsonl", range(60))
    with file.open("a", encoding="utf-8") as more:
        more.write('{"case_id": "r9999", "text": " "}\n{"case_id": 4.5, "text": "hi"}\n')
    with pytest.raises(QuarantineError):
        import_seed(workspace, file)
    done = import_seed(workspace, file, quarantine=True)

    assert (done.imported, done.set_aside) == (60, 2)
    assert done.quarantine is not None
    assert [json.loads(line)["place"] for line in done.quarantine.read_text("utf-8").splitlines()] == [
        "line 61",
        "line 62",
    ]
    assert f"set aside: quarantine/{done.quarantine.name}" in str(done)


def test_a_version_imports_again_elsewhere_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    """Contents, labels, kinds and splits survive the way through the files of a version."""
    rows = [
        {
            "case_id": "r1",
            "turns": [{"role": "user", "text": "où ?\u2028"}, {"role": "bot", "text": ""}],
            "context": {"n": 1.5},
            "slice": "delay",
        },
        {"case_id": "r2", "turns": "  [NA] ", "must_hold": "true"},
    ]
    labels = [{"expected": "refund", "label_kind": "human", "label_author": "Reviewer A"}, {"expected": None}]
    file = tmp_path / "chats.jsonl"
    file.write_text(
        "".join(json.dumps(row | label) + "\n" for row, label in zip(rows, labels, strict=True)), "utf-8"
    )
    done = import_seed(workspace, file)
    assert done.manifest is not None
    columns = ["case_id", "turns", "context", "slice", "must_hold", "split", "content_sha256", "tag"]

    with workbench.init(tmp_path / "other") as other:
        import_seed(other, done.manifest.parent / "cases.jsonl")

        assert other.cases[columns].to_dict("records") == workspace.cases[columns].to_dict("records")
        told = ["case_id", "expected", "kind", "author"]
        assert other.labels[told].to_dict("records") == workspace.labels[told].to_dict("records")


KILLED = """
import os, signal, sys
import workbench
from workbench.seed import import_seed, manifest
from workbench.store import Transaction

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

append = Transaction.append
if sys.argv[3] == "before the commit":
    Transaction.append = lambda tx, table, rows: die() if table.name == "labels" else append(tx, table, rows)
else:
    manifest.publish = die
import_seed(workbench.open(sys.argv[1]), sys.argv[2])
"""


def killed(workspace: Workspace, file: Path, when: str) -> None:
    """Import in a process that is really killed."""
    workspace.close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(workspace.root), str(file), when], check=False)
    assert done.returncode == -9


def test_a_kill_before_the_commit_leaves_no_row_and_the_import_can_be_repeated(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = chats(tmp_path / "chats.jsonl", range(60), expected="refund")
    killed(workspace, file, "before the commit")

    assert workspace.cases.empty
    assert workspace.seeds.empty
    assert not (workspace.root / "seeds" / "v1").exists()
    assert import_seed(workspace, file).version == 1
    assert len(workspace.cases) == 60


def test_a_kill_after_the_commit_loses_nothing_and_the_next_import_puts_the_files_in_place(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = chats(tmp_path / "chats.jsonl", range(60), expected="refund")
    killed(workspace, file, "after the commit")
    assert len(workspace.cases) == 60
    assert not (workspace.root / "seeds" / "v1").exists()

    again = import_seed(workspace, file)

    assert (again.version, again.known) == (None, 60)
    assert manifest.digest(workspace.root / "seeds" / "v1") == workspace.seeds["sha256"].iloc[0]
    assert [path.name for path in (workspace.root / "seeds").iterdir()] == ["v1"]


def test_imports_at_the_same_time_become_versions_one_after_the_other(
    workspace: Workspace, tmp_path: Path
) -> None:
    program = "import sys, workbench\nfrom workbench.seed import import_seed\nimport_seed(workbench.open(sys.argv[1]), sys.argv[2])"
    len(workspace.cases)
    files = [chats(tmp_path / f"part{n}.jsonl", range(50 * n, 50 * n + 50)) for n in range(4)]
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(workspace.root), str(file)]) for file in files
    ]

    assert [process.wait() for process in running] == [0, 0, 0, 0]
    assert sorted(workspace.seeds["version"]) == [1, 2, 3, 4]
    assert len(workspace.cases) == 200
    assert sorted(path.name for path in (workspace.root / "seeds").iterdir()) == ["v1", "v2", "v3", "v4"]


def test_a_folder_of_another_seed_is_never_overwritten(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "seeds" / "v1").mkdir(parents=True)

    with pytest.raises(
        StoreError, match=r"^seeds/v1 is there already, but the store has only 0 imports of the seed"
    ):
        import_seed(workspace, chats(tmp_path / "chats.jsonl", range(3)))
    assert workspace.cases.empty


def test_a_disk_that_refuses_leaves_no_row(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(manifest, "write_lines", full)

    with pytest.raises(
        StoreError, match=r"cannot be written \(No space left on device\); nothing was imported$"
    ):
        import_seed(workspace, chats(tmp_path / "chats.jsonl", range(3)))
    assert workspace.cases.empty


def test_both_engines_keep_the_same_seed(
    workspace: Workspace, tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DB", store_url)
    done = import_seed(
        workspace, chats(tmp_path / "chats.jsonl", range(60), expected="refund", channel="chat")
    )
    again = import_seed(workspace, tmp_path / "chats.jsonl")

    assert (done.imported, again.imported, again.known) == (60, 0, 60)
    assert workspace.cases["extra"].tolist() == [{"channel": "chat"}] * 60
    assert manifest.digest(workspace.root / "seeds" / "v1") == workspace.seeds["sha256"].iloc[0]


def test_a_quarantine_file_that_cannot_be_written_stops_the_import(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.root / "quarantine").write_text("a file where the folder should be", "utf-8")
    (tmp_path / "chats.csv").write_text("case_id,text\nr1,where is it????\nr2,\n", "utf-8")

    with pytest.raises(StoreError, match=r"cannot be written \(.+\); nothing was imported$"):
        import_seed(workspace, tmp_path / "chats.csv", quarantine=True)
    assert workspace.cases.empty
