"""Argilla: a folder that `rg.Dataset.from_disk` reads, and its flattened records in.

Source of the forms: the SDK 2.8, `to_disk`, `Settings.serialize` and `records.to_list(flatten=True)`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, UsageError
from workbench.exchange.asked import IDS, QUESTIONS, SHOWN, YES_NO, Answers, counts, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.exchange.asked import Asked, Form
    from workbench.exchange.records import Records

NAME = "Argilla"

HOW = (
    "rg.Dataset.from_disk(FOLDER), and export with json.dump(dataset.records.to_list(flatten=True), file) "
    "or dataset.records.to_datasets().to_json(FILE.jsonl)"
)

LEAST = 2
"""Of labels in a question of labels: Argilla's server refuses fewer, so one alone is asked as a text."""

REQUIRED = ("verdict", "realistic")

COLUMNS = (*IDS, *SHOWN, *QUESTIONS, "reviewer")
"""No time: an export does not say when a response was given."""


def files(cases: Sequence[Asked], form: Form) -> dict[str, bytes]:
    """Return the records, without suggestions and responses, and the settings with the questions."""
    records = [
        {"id": case.case_id, "fields": _shown(case), "metadata": form.ids(case), "suggestions": {}, "responses": {},
         "vectors": {}, "status": "pending", "_server_id": None}
        for case in cases
    ]  # fmt: skip
    dataset = {"name": "review", "status": "draft", "guidelines": form.guide(), "allow_extra_metadata": True}
    told = {
        "records.json": records,
        ".argilla/settings.json": settings(form),
        ".argilla/dataset.json": dataset,
    }
    return {
        name: json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") for name, value in told.items()
    }


def _shown(case: Asked) -> dict[str, str]:
    # The server refuses a record without a required field, and takes an empty one for absent.
    return {name: text for name, text in case.texts().items() if text}


def settings(form: Form) -> dict[str, Any]:
    """Return the settings of the dataset, as the SDK writes them."""
    choices: dict[str, Mapping[str, str]] = {
        "realistic": dict.fromkeys(YES_NO, ""),
        "expected": form.expected,
        "fits_cell": dict.fromkeys(YES_NO, ""),
        "verdict": dict.fromkeys(form.verdicts, ""),
        "reasons": form.reasons,
    }
    return {
        "guidelines": form.guide(),
        "questions": [
            {"name": name, "title": title, "required": name in REQUIRED, "settings": _kind(name, choices.get(name, {}))}
            for name, title in QUESTIONS.items()
        ],
        "fields": [
            {"name": name, "title": name, "required": name == "conversation",
             "settings": {"type": "text", "use_markdown": False}}
            for name in SHOWN
        ],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }  # fmt: skip


def _kind(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    if len(values) < LEAST:
        return {"type": "text", "use_markdown": False}
    options = [
        {"value": value, "text": named(value, meaning), "description": None}
        for value, meaning in values.items()
    ]
    many = {"type": "multi_label_selection", "options_order": "natural"}
    return {**(many if name == "reasons" else {"type": "label_selection"}), "options": options}


def exported(columns: Sequence[str]) -> bool:
    """Say whether a file with these columns is an export of Argilla, flattened or not."""
    return "verdict.responses" in columns or {"fields", "responses", "suggestions"} <= set(columns)


def decisions(records: Records) -> Records:
    """Return the submitted responses of flattened records as decisions, and discarded ones as skips.

    Raises:
        InputError: The records are nested, so they do not say which responses were submitted.
        UsageError: They are no records of a review.
    """
    if {"fields", "responses"} <= set(records.columns):
        raise InputError(
            f"{records.name} holds nested records, which do not say whether a response was submitted or is a "
            "draft; export them with records.to_list(flatten=True)"
        )
    if not exported(records.columns):
        raise UsageError(
            f"{records.name} has no verdict.responses; export the records of the review flattened"
        )
    told: list[tuple[str, dict[str, Any]]] = []
    drafts = nudged = waiting = 0
    for place, record in zip(records.places, records.rows, strict=True):
        answers, status = _by_user(record)
        done = [user for user in answers if status[user] in {"submitted", "discarded"}]
        drafts += len(answers) - len(done)
        waiting += not done
        nudged += any(record.get(f"{name}.suggestion") is not None for name in QUESTIONS)
        shown = {name: record.get(name) for name in (*IDS, *SHOWN)}
        shown["case_id"] = shown["case_id"] or record.get("id")
        for user in done:
            skip = {"verdict": "skip", "note": answers[user].get("note")}
            said = skip if status[user] == "discarded" else answers[user]
            told.append((f"{place} by {user[:8]}", shown | said | {"reviewer": user}))
    notes = counts(
        [
            (waiting, "not decided yet"),
            (drafts, "drafts left out"),
            (nudged, "records with a suggestion on screen, which nudges"),
        ]
    )
    return Answers(told, notes).records(records, COLUMNS)


def _by_user(record: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return what each user answered, by question, and the status of each one's response."""
    answers: dict[str, dict[str, Any]] = {}
    status: dict[str, str] = {}
    for name in QUESTIONS:
        parts = [record.get(f"{name}.responses{suffix}") or [] for suffix in ("", ".users", ".status")]
        if not all(isinstance(part, list) for part in parts) or len({len(part) for part in parts}) > 1:
            raise InputError(
                f"record {record.get('id')} has {name}.responses without a user and status for each; export "
                "the records with records.to_list(flatten=True)"
            )
        for value, user, state in zip(*parts, strict=True):
            answers.setdefault(str(user), {})[name] = value
            status[str(user)] = str(state)
    return answers, status
