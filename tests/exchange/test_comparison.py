"""What an import says about stored cases: nothing else, something that contradicts, or a demo beside the real."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import QuarantineError, UsageError
from workbench.exchange import files
from workbench.exchange.cases import CANDIDATE_COLUMNS, Read, cases_from
from workbench.exchange.comparison import compared
from workbench.exchange.entries import Declared
from workbench.exchange.mapping import Mapping
from workbench.generate import import_cases
from workbench.seed import import_seed
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.workspace import Workspace

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)

SAID = "wehre is my oder, its been 3 weeks"
WRITTEN: dict[str, Any] = {
    "case_id": "m1", "text": SAID, "slice": "delay", "cell": "angry/delay", "parent_ids": ["r1"], "tag": "mut-typo",
    "persona": "You are fed up.", "author": "Analyst", "must_hold": False, "operators": [{"name": "typo", "span": [0, 5]}],
    "taxonomy": [{"framework": "owasp", "version": "2025", "id": "LLM01", "name": "injection"}], "hint_ids": ["r2"],
    "generator_provider": "replay", "generator_model": "writer-2", "generator_family": "acme/writer",
    "prompt_sha256": "a" * 64, "call_id": "c1", "cost_usd": 0.25, "channel": "chat",
}  # fmt: skip
"""A mutant that says everything about itself."""

OTHERWISE: dict[str, Any] = {
    "slice": "damaged", "cell": "calm/delay", "parent_ids": ["r1", "r2"], "tag": "mut-shout", "persona": "You are calm.",
    "author": "Support lead", "must_hold": True, "operators": [{"name": "shout"}], "taxonomy": [], "hint_ids": [],
    "generator_provider": "anthropic", "generator_model": "writer-3", "generator_family": "acme/author",
    "prompt_sha256": "b" * 64, "call_id": "c2", "cost_usd": 0.5,
}  # fmt: skip
"""For each column of a case that an import can state, another value."""


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path, new_case: Callable[..., dict[str, object]]) -> Workspace:
    """A workspace with two real cases and that mutant."""
    workspace.store.append(CASES, [new_case("r1"), new_case("r2", "hello?")])
    mutants(workspace, tmp_path, WRITTEN)
    return workspace


def mutants(workspace: Workspace, tmp_path: Path, *rows: dict[str, Any], **options: Any) -> Any:
    path = tmp_path / "mutants.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return import_cases(workspace, path, bucket="mutation", **options)


def read(tmp_path: Path, *rows: dict[str, Any], bucket: str = "seed") -> Read:
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    declared = Declared(bucket=bucket, at=NOW)
    return cases_from(files.read(path), Mapping.of(), CANDIDATE_COLUMNS, declared)


def test_cases_are_new_or_known(tmp_path: Path, new_case: Callable[..., dict[str, object]]) -> None:
    stored = CASES.frame([new_case("r1")])
    found = compared(
        read(tmp_path, {"case_id": "r1", "text": "where is it????"}, {"case_id": "r2", "text": "hello?"}),
        stored,
    )

    assert [one.case_id for one in found.new] == ["r2"]
    assert [one.case_id for one in found.known] == ["r1"]
    assert found.read.problems == []


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ({"content_sha256": "b" * 64}, "is in the store with another content"),
        ({"bucket": "golden"}, "is in the store as golden"),
        ({"content_sha256": None, "turns": []}, "is in the store without its text, as a stub of results"),
    ],
)
def test_a_clash_takes_the_case_out_of_the_file(
    tmp_path: Path, new_case: Callable[..., dict[str, object]], there: dict[str, Any], reason: str
) -> None:
    said = read(tmp_path, {"case_id": "r1", "text": "where is it????"}, {"case_id": "r2", "text": "hello?"})
    found = compared(said, CASES.frame([new_case("r1", **there)]))

    assert found.known == []
    assert [one.case_id for one in found.read.entries] == ["r2"]
    assert found.read.problems[0].reason.startswith(reason)


def test_an_import_of_the_same_again_is_known_whatever_it_says_of_itself(
    shop: Workspace, tmp_path: Path
) -> None:
    again = mutants(shop, tmp_path, WRITTEN)

    assert (again.imported, again.known) == (0, 1)


@pytest.mark.parametrize("column", OTHERWISE)
def test_a_stored_case_is_never_silently_left_as_it_was(shop: Workspace, tmp_path: Path, column: str) -> None:
    before = shop.cases
    with pytest.raises(QuarantineError) as refused:
        mutants(shop, tmp_path, WRITTEN | {column: OTHERWISE[column]})

    assert str(refused.value).startswith(
        f"mutants.jsonl line 1: case m1 is in the store with another {column} ("
    )
    assert str(refused.value).endswith(
        " in this import); a case never changes, so leave the row out, or import the file into a new workspace"
        " (nothing was imported)"
    )
    assert shop.cases.equals(before)


def test_every_column_that_an_import_can_state_is_compared() -> None:
    """A column that comes later has to be thought of here."""
    told_otherwise = {
        "case_id",
        "turns",
        "messages",
        "conversation",
        "text",
        "context",
        "created_at",
        "content_sha256",
    }
    labels = {"expected", "label_kind", "label_author", "owner", "backfill_by", "rubric_version"}

    assert set(CANDIDATE_COLUMNS) - told_otherwise - labels == set(OTHERWISE)


def test_the_message_names_every_field_with_both_values(shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(QuarantineError) as refused:
        mutants(shop, tmp_path, WRITTEN | {"must_hold": True, "slice": ""})

    assert (
        "with another slice ('delay' in the store, nothing in this import) "
        "and must_hold ('false' in the store, 'true' in this import);"
    ) in str(refused.value)


def test_what_the_file_and_the_options_do_not_speak_of_is_not_compared(
    shop: Workspace, tmp_path: Path
) -> None:
    """A later file with nothing but ids, texts and labels adds its labels."""
    bare = {"case_id": "m1", "text": SAID, "expected": "refund"}
    done = mutants(shop, tmp_path, bare, generator="acme/writer")

    assert (done.imported, done.known, done.labels) == (0, 1, {"claimed": 1})


def test_a_declared_generator_contradicts_the_stored_one(shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(
        QuarantineError, match=r"generator_family \('acme/writer' in the store, 'unknown' in this import\)"
    ):
        mutants(shop, tmp_path, {"case_id": "m1", "text": SAID}, generator="unknown")


def test_time_split_and_further_fields_are_not_compared(shop: Workspace, tmp_path: Path) -> None:
    later = WRITTEN | {"created_at": "2026-01-01T00:00:00Z", "channel": "mail", "split": "train"}

    assert mutants(shop, tmp_path, later).known == 1


def test_cases_that_contradict_can_be_set_aside(shop: Workspace, tmp_path: Path) -> None:
    new = {"case_id": "m2", "text": "send me my money", "generator_family": "acme/writer"}
    done = mutants(shop, tmp_path, WRITTEN | {"must_hold": True}, new, quarantine=True)

    assert (done.imported, done.known, done.set_aside) == (1, 0, 1)
    assert "with another must_hold" in done.quarantine.read_text("utf-8")


def demo(workspace: Workspace, *, on: bool) -> Workspace:
    (workspace.root / "workbench.toml").write_text(f"demo = {str(on).lower()}\n", "utf-8")
    vars(workspace).pop("settings", None)
    return workspace


def chats(tmp_path: Path, *ids: str) -> Path:
    path = tmp_path / "seed.csv"
    path.write_text("case_id,text\n" + "".join(f"{name},where is {name}????\n" for name in ids), "utf-8")
    return path


MIXED = {
    "a demo beside real cases": "the store of shop is not for a demo: 2 of its 2 cases are no demo (r1, r2), and nothing was"
    " imported; give this workspace a store of its own in [store] url or WORKBENCH_DB",
    "real cases beside a demo": "the store of shop is for a demo: 2 of its 2 cases are demo cases (r1, r2), and nothing was"
    " imported; give this workspace a store of its own in [store] url or WORKBENCH_DB, or set demo = true in workbench.toml",
}

IMPORTS: dict[str, Callable[[Workspace, Path], Any]] = {
    "seed": import_seed,
    "cases": lambda workspace, file: import_cases(workspace, file, bucket="prompted", generator="demo"),
}


@pytest.mark.parametrize("kind", IMPORTS)
@pytest.mark.parametrize("mixture", MIXED)
def test_invented_and_real_cases_never_share_a_store(
    workspace: Workspace, tmp_path: Path, kind: str, mixture: str
) -> None:
    real_first = mixture.endswith("real cases")
    import_seed(demo(workspace, on=not real_first), chats(tmp_path, "r1", "r2"))

    with pytest.raises(UsageError) as refused:
        IMPORTS[kind](demo(workspace, on=real_first), chats(tmp_path, "p1", "p2"))
    assert str(refused.value) == MIXED[mixture]
    assert workspace.cases["case_id"].tolist() == ["r1", "r2"]


def test_a_demo_case_is_no_real_case_by_its_own_tag_either(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "seed.csv"
    path.write_text("case_id,text,tag\nr1,where is it????,demo-prod\n", "utf-8")

    with pytest.raises(
        QuarantineError, match=r"case r1 has the tag 'demo-prod', and this workspace is no demo; "
    ):
        import_seed(workspace, path)
    assert import_seed(demo(workspace, on=True), path).imported == 1
