"""What an import adds, what it leaves alone, and what it sets aside."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import QuarantineError, UsageError
from workbench.exchange import intake
from workbench.exchange.cases import Problem, Read
from workbench.exchange.entries import Entry
from workbench.tables import LABELS

if TYPE_CHECKING:
    from workbench.workspace import Workspace

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


def entry(case_id: str, expected: str | None = None, **case: Any) -> Entry:
    stated = {
        "expected": expected,
        "kind": "claimed",
        "author": None,
        "rubric_version": None,
        "owner": None,
        "backfill_by": None,
    }
    told = {
        "case_id": case_id,
        "bucket": "seed",
        "content_sha256": "a" * 64,
        "turns": [{"role": "user", "text": "hi"}],
    }
    return Entry(
        place=f"row {case_id[1:]}",
        case=told | case,
        label=stated if expected else None,
        record={"case_id": case_id},
    )


def read(*entries: Entry, problems: int = 0) -> Read:
    bad = [
        Problem(f"row {n}", f"r{n}", "has no user text", {"text": "\x00", "n": n})
        for n in range(1, problems + 1)
    ]
    total = len(entries) + problems
    return Read(
        name="chats march.csv", sha256="ab" * 32, total=total, entries=list(entries), problems=bad, notes=()
    )


def test_bad_cases_stop_an_import_unless_they_may_be_set_aside() -> None:
    with pytest.raises(QuarantineError) as refused:
        intake.check(read(entry("r9"), problems=7), quarantine=False)

    assert len(refused.value.problems) == 7
    intake.check(read(entry("r9"), problems=7), quarantine=True)
    intake.check(read(entry("r9")), quarantine=False)


def test_a_quarantine_file_holds_every_bad_case_with_its_place_and_reason(workspace: Workspace) -> None:
    path = intake.set_aside(read(problems=2), workspace)

    assert path is not None
    assert path.relative_to(workspace.root).as_posix().startswith("quarantine/chats-march.csv-")
    assert path.name.endswith("-abababab.jsonl")
    assert json.loads(path.read_text("utf-8").splitlines()[1]) == {
        "place": "row 2", "case_id": "r2", "reason": "has no user text", "record": {"text": "\x00", "n": 2},
    }  # fmt: skip


def test_without_bad_cases_there_is_no_quarantine_file(workspace: Workspace) -> None:
    assert intake.set_aside(read(entry("r1")), workspace) is None
    assert not (workspace.root / "quarantine").exists()


def test_a_label_that_says_nothing_new_is_not_added_again() -> None:
    first = intake.label_rows([entry("r1", "refund"), entry("r2")], LABELS.frame(), NOW)
    again = intake.label_rows([entry("r1", "refund"), entry("r2", "deny")], LABELS.frame(first), NOW)

    assert [row["case_id"] for row in first] == ["r1"]
    assert [(row["case_id"], row["expected"]) for row in again] == [("r2", "deny")]
    assert len(LABELS.frame([*first, *again])) == 2


def test_a_provisional_label_with_a_new_owner_or_date_says_something_new() -> None:
    def promised(owner: str, month: int) -> Entry:
        one = entry("r1", "refund")
        assert one.label is not None
        by = dt.datetime(2026, month, 30, tzinfo=dt.UTC)
        return replace(one, label=one.label | {"kind": "provisional", "owner": owner, "backfill_by": by})

    first = intake.label_rows([promised("Team A", 6)], LABELS.frame(), NOW)
    stored = LABELS.frame(first)

    assert intake.label_rows([promised("Team A", 6)], stored, NOW) == []
    assert [row["owner"] for row in intake.label_rows([promised("Team B", 6)], stored, NOW)] == ["Team B"]
    assert [row["backfill_by"].month for row in intake.label_rows([promised("Team A", 9)], stored, NOW)] == [
        9
    ]


def test_a_reason_that_quotes_the_file_stays_on_its_line() -> None:
    forged = Problem("row 1", "r1", "has an object for a conversation, with x\nall is well\x1b[2J", {})
    both = replace(read(entry("r9")), problems=[forged, forged], total=3)

    with pytest.raises(QuarantineError) as refused:
        intake.check(both, quarantine=False)
    assert len(str(refused.value).splitlines()) == 3
    assert "with x[U+000A]all is well[U+001B][2J" in str(refused.value)


def test_the_rubric_and_the_options_say_what_labels_are(workspace: Workspace) -> None:
    (workspace.root / "rubric.toml").write_text('version = "7"\n[expected]\nrefund = "Money."\n', "utf-8")
    told = intake.labelling(
        workspace,
        {
            "label_kind": "provisional",
            "label_owner": "Team A",
            "backfill_by": "2026-09-30",
            "tz": "America/New_York",
        },
    )

    assert (told.values, told.rubric_version, told.owner) == (("refund",), "7", "Team A")
    assert told.backfill_by == dt.datetime(2026, 9, 30, 4, tzinfo=dt.UTC)


def test_an_unknown_timezone_is_named(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="timezone 'Lisbon' is not known"):
        intake.labelling(workspace, {"tz": "Lisbon"})


def test_counts_are_listed_and_the_rest_counted() -> None:
    assert intake.tally({f"slice{n}": n for n in range(1, 11)}).endswith("8 slice8 and 2 more")
