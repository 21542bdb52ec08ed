"""Label Studio: nothing is chosen for the reviewer, and its export becomes decisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.exchange import files, label_studio
from workbench.exchange.asked import QUESTIONS, Asked, Form
from workbench.exchange.sheets import same
from workbench.provenance import content_sha256

if TYPE_CHECKING:
    from pathlib import Path

TURNS = [{"role": "user", "text": "third time I write. WHERE is it"}]
CASE = Asked("p1", content_sha256(TURNS) or "", TURNS, {"days": 12}, "angry/delay")
FORM = Form(
    rubric_version="v3",
    policy="1. Money goes back.",
    checklist=["Would a customer write this?"],
    expected={"refund": "Money goes back.", "deny": ""},
    reasons={"caricature": "The voice is a stereotype.", "too_easy": ""},
    verdicts=("skip", "reject", "keep", "revise"),
)


def chosen(name: str, *values: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "conversation", "type": "choices", "value": {"choices": [*values]}}


def written(name: str, *texts: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "conversation", "type": "textarea", "value": {"text": [*texts]}}


def annotation(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One annotation, with every field that version 1.23 exports."""
    return {
        "id": 7, "completed_by": 3, "result": [*results], "was_cancelled": False, "ground_truth": False,
        "created_at": "2026-03-04T09:00:00.100000Z", "updated_at": "2026-03-04T09:00:05.250000Z",
        "draft_created_at": None, "lead_time": 12.4, "prediction": {}, "result_count": len(results),
        "unique_id": "5c1c2a1e-0000-4000-8000-000000000000", "import_id": None, "last_action": None,
        "bulk_created": False, "task": 1, "project": 1, "updated_by": 3, "parent_prediction": None,
        "parent_annotation": None, "last_created_by": None,
    } | changes  # fmt: skip


def exported(tmp_path: Path, *annotations: dict[str, Any], **changes: Any) -> Any:
    """The decisions of an export of the one task."""
    (task,) = json.loads(label_studio.files([CASE], FORM)["tasks.json"])
    task |= {
        "id": 1, "inner_id": 1, "annotations": [*annotations], "drafts": [], "meta": {}, "file_upload": None,
        "total_annotations": len(annotations), "cancelled_annotations": 0, "total_predictions": 0, "project": 1,
    } | changes  # fmt: skip
    file = tmp_path / "project-1-at-2026-03-04.json"
    file.write_text(json.dumps([task]), "utf-8")
    return label_studio.decisions(files.read(file))


def test_a_task_holds_what_is_judged_and_no_prediction() -> None:
    (task,) = json.loads(label_studio.files([CASE], FORM)["tasks.json"])

    assert task == {
        "data": {
            "case_id": "p1",
            "content_sha256": CASE.content_sha256,
            "rubric_version": "v3",
            "conversation": TURNS,
            "context": '{\n  "days": 12\n}',
            "cell": "angry/delay",
        },
        "predictions": [],
    }


def test_the_interface_asks_every_question_and_chooses_nothing() -> None:
    view = ET.fromstring(label_studio.config(FORM))  # noqa: S314 - our own text
    asked = {
        tag.attrib["name"]: [choice.attrib["alias"] for choice in tag]
        for tag in view.iter()
        if tag.tag in {"Choices", "TextArea"}
    }

    assert asked == {
        "realistic": ["yes", "no"],
        "expected": ["refund", "deny"],
        "fits_cell": ["yes", "no"],
        "verdict": ["skip", "reject", "keep", "revise"],
        "reasons": ["caricature", "too_easy"],
        "revised": [],
        "note": [],
    }
    assert not [tag for tag in view.iter() if {"selected", "hotkey"} & set(tag.attrib)]


def test_the_cell_shows_after_the_blind_step_and_reasons_for_reject_and_revise_alone() -> None:
    view = ET.fromstring(label_studio.config(FORM))  # noqa: S314 - our own text
    second = view.find("View[@whenTagName='realistic']")
    assert second is not None
    against = second.find("View[@whenTagName='verdict']")
    assert against is not None

    assert view.find("Text[@name='cell']") is None
    assert second.find("Text[@name='cell']") is not None
    assert against.attrib["whenChoiceValue"] == "reject,revise"
    assert [tag.attrib["name"] for tag in view.iter() if tag.get("required")] == [
        "realistic",
        "verdict",
        "reasons",
    ]
    assert against.find("Choices[@name='reasons']") is not None


def test_without_values_in_the_rubric_a_text_is_asked_for() -> None:
    form = Form(**(vars(FORM) | {"expected": {}, "reasons": {}}))
    view = ET.fromstring(label_studio.config(form))  # noqa: S314 - our own text

    assert {tag.attrib["name"] for tag in view.iter("TextArea")} == {"expected", "reasons", "revised", "note"}


def test_an_annotation_is_a_decision_of_who_made_it_at_its_last_change(tmp_path: Path) -> None:
    results = [
        chosen("realistic", "no"),
        chosen("verdict", "reject"),
        chosen("reasons", "caricature", "too_easy"),
        written("note", "loud", "and louder"),
    ]
    (row,) = exported(tmp_path, annotation(*results)).rows

    assert {name: row.get(name) for name in (*QUESTIONS, "reviewer", "at", "case_id")} == {
        "realistic": "no",
        "expected": None,
        "fits_cell": None,
        "verdict": "reject",
        "reasons": ["caricature", "too_easy"],
        "revised": None,
        "note": "loud\nand louder",
        "reviewer": "3",
        "at": "2026-03-04T09:00:05.250000Z",
        "case_id": "p1",
    }


def test_several_annotations_are_several_reviewers(tmp_path: Path) -> None:
    person = {"id": 4, "email": "kim@shop.example", "first_name": "", "last_name": ""}
    done = exported(
        tmp_path,
        annotation(chosen("verdict", "keep")),
        annotation(chosen("verdict", "skip"), completed_by=person),
    )

    assert [(row["reviewer"], row["verdict"]) for row in done.rows] == [
        ("3", "keep"),
        ("kim@shop.example", "skip"),
    ]
    assert done.places == ["item 1 annotation 1", "item 1 annotation 2"]


def test_a_skipped_task_is_a_skip_whatever_was_filled_in(tmp_path: Path) -> None:
    half = annotation(chosen("verdict", "keep"), written("note", "which order?"), was_cancelled=True)
    (row,) = exported(tmp_path, half).rows

    assert (row["verdict"], row["note"]) == ("skip", "which order?")


def test_what_is_open_drafted_nudged_or_made_in_bulk_is_counted(tmp_path: Path) -> None:
    seen = {"prediction": {"result": [chosen("verdict", "keep")], "model_version": "x"}, "bulk_created": True}

    assert exported(tmp_path, annotation(chosen("verdict", "keep")), drafts=[{"id": 1}, 2]).notes == (
        "drafts left out: 2",
    )
    assert exported(tmp_path, annotation(chosen("verdict", "keep"), **seen)).notes == (
        "made with a prediction on screen, which nudges: 1",
        "made in bulk, for many cases at once: 1",
    )
    assert exported(tmp_path).notes == ("not decided yet: 1",)


def test_another_export_of_the_tool_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "min.json"
    file.write_text('[{"case_id": "p1", "verdict": "keep", "annotator": 3}]', "utf-8")

    with pytest.raises(
        UsageError, match=r"min\.json has no data and annotations; export the project as JSON"
    ):
        label_studio.decisions(files.read(file))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.text())
def test_any_text_comes_back_as_it_was(texts: list[str], cell: str) -> None:
    turns = [{"role": "user", "text": text} for text in texts]
    case = CASE._replace(turns=turns, context={"facts": texts[0]}, cell=cell or None)
    (task,) = json.loads(label_studio.files([case], FORM)["tasks.json"])
    data = json.loads(json.dumps(task))["data"]

    assert content_sha256(data["conversation"], json.loads(data["context"])) == content_sha256(
        turns, case.context
    )
    assert all(same(data[name], text) for name, text in case.texts().items() if name != "conversation")
