"""Argilla: no suggestion goes out, and what was submitted comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError, UsageError
from workbench.exchange import argilla, files
from workbench.exchange.asked import Asked, Form
from workbench.exchange.sheets import same

if TYPE_CHECKING:
    from pathlib import Path

TURNS = [{"role": "user", "text": "third time I write. WHERE is it"}]
CASE = Asked("p1", "0" * 64, TURNS, None, "angry/delay")
FORM = Form(
    rubric_version="v3",
    policy="",
    checklist=[],
    expected={"refund": "Money goes back.", "deny": ""},
    reasons={"caricature": "The voice is a stereotype.", "too_easy": ""},
    verdicts=("skip", "reject", "keep", "revise"),
)
KIM, LEE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def flattened(*responses: tuple[str, str, str, Any], **changes: Any) -> dict[str, Any]:
    """A record as `to_list(flatten=True)` of version 2.8 writes it; responses are (question, user, status, value)."""
    (record,) = json.loads(argilla.files([CASE], FORM)["records.json"])
    row: dict[str, Any] = {"id": record["id"], "status": "pending", "_server_id": KIM}
    row |= record["fields"] | record["metadata"]
    for name, user, status, value in responses:
        for key, part in ((name + ".responses", value), (name + ".responses.users", user), (name + ".responses.status", status)):  # fmt: skip
            row.setdefault(key, []).append(part)
    return row | changes


def read(tmp_path: Path, *records: dict[str, Any]) -> Any:
    file = tmp_path / "records.json"
    file.write_text(json.dumps([*records]), "utf-8")
    return argilla.decisions(files.read(file))


def test_a_record_holds_what_is_judged_without_suggestion_or_response() -> None:
    (record,) = json.loads(argilla.files([CASE], FORM)["records.json"])

    assert record["id"] == "p1"
    assert record["fields"] == {"conversation": f"user: {TURNS[0]['text']}", "cell": "angry/delay"}
    assert record["metadata"] == {"case_id": "p1", "content_sha256": "0" * 64, "rubric_version": "v3"}
    assert (record["suggestions"], record["responses"]) == ({}, {})


def test_the_settings_ask_every_question_in_its_order() -> None:
    told = json.loads(argilla.files([CASE], FORM)[".argilla/settings.json"])
    asked = {question["name"]: question for question in told["questions"]}
    offered = {
        name: [option["value"] for option in question["settings"].get("options", [])]
        for name, question in asked.items()
    }

    assert list(offered) == ["realistic", "expected", "fits_cell", "verdict", "reasons", "revised", "note"]
    assert offered["verdict"] == ["skip", "reject", "keep", "revise"]
    assert offered["expected"] == ["refund", "deny"]
    assert asked["reasons"]["settings"]["type"] == "multi_label_selection"
    assert [name for name, question in asked.items() if question["required"]] == ["realistic", "verdict"]
    assert not any(field["settings"]["use_markdown"] for field in told["fields"])


def test_a_rubric_with_one_value_is_asked_for_as_a_text() -> None:
    """Argilla's server refuses a question with a single label."""
    told = argilla.settings(Form(**(vars(FORM) | {"expected": {"refund": ""}, "reasons": {}})))
    kinds = {question["name"]: question["settings"]["type"] for question in told["questions"]}

    assert (kinds["expected"], kinds["reasons"]) == ("text", "text")


def test_what_was_submitted_is_a_decision_of_each_user(tmp_path: Path) -> None:
    record = flattened(
        ("verdict", KIM, "submitted", "reject"),
        ("verdict", LEE, "submitted", "keep"),
        ("reasons", KIM, "submitted", ["too_easy"]),
        ("expected", LEE, "submitted", "refund"),
    )
    said = {row["reviewer"]: row for row in read(tmp_path, record).rows}
    one, two = said[KIM], said[LEE]

    assert (one["reviewer"], one["verdict"], one["reasons"], one.get("expected")) == (
        KIM,
        "reject",
        ["too_easy"],
        None,
    )
    assert (two["reviewer"], two["verdict"], two.get("reasons"), two["expected"]) == (
        LEE,
        "keep",
        None,
        "refund",
    )


def test_a_discarded_response_is_a_skip_and_a_draft_is_none(tmp_path: Path) -> None:
    put_aside = flattened(("verdict", KIM, "discarded", "keep"), ("note", KIM, "discarded", "which order?"))
    draft = flattened(("verdict", KIM, "draft", "keep"), id="p2", case_id="p2")
    done = read(tmp_path, put_aside, draft)

    assert [(row["case_id"], row["verdict"], row["note"]) for row in done.rows] == [
        ("p1", "skip", "which order?")
    ]
    assert done.notes == ("not decided yet: 1", "drafts left out: 1")


def test_a_suggestion_that_somebody_added_is_told(tmp_path: Path) -> None:
    record = flattened(("verdict", KIM, "submitted", "keep"), **{"verdict.suggestion": "keep"})

    assert read(tmp_path, record).notes == ("records with a suggestion on screen, which nudges: 1",)


def test_nested_records_are_refused_since_they_lose_what_was_submitted(tmp_path: Path) -> None:
    (record,) = json.loads(argilla.files([CASE], FORM)["records.json"])
    record["responses"] = {"verdict": [{"value": "keep", "user_id": KIM}]}

    with pytest.raises(InputError, match=r"holds nested records.*\.to_list\(flatten=True\)"):
        read(tmp_path, record)


@pytest.mark.parametrize(
    "told",
    [
        {"verdict.responses": ["keep"], "verdict.responses.users": [KIM]},
        {"verdict.responses": "keep", "verdict.responses.users": "kimo", "verdict.responses.status": "done"},
    ],
    ids=["no status", "lists as text"],
)
def test_responses_without_their_status_are_refused(told: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without a user and status for each"):
        read(tmp_path, flattened(**told))


def test_other_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"records\.json has no verdict\.responses"):
        read(tmp_path, {"case_id": "p1", "verdict": "keep"})


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    turns = [{"role": "user", "text": text} for text in texts]
    case = CASE._replace(turns=turns, context={"facts": texts[0]})
    (record,) = json.loads(argilla.files([case], FORM)["records.json"])

    assert record["fields"]["conversation"] == case.texts()["conversation"]
    assert json.loads(record["fields"]["context"]) == case.context
    assert all(same(record["fields"].get(name, ""), text) for name, text in case.texts().items())
