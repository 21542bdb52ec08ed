"""Label Studio: tasks and a labelling interface out, its JSON export in.

Source of the forms: the serializers and the editor's tags of Label Studio 1.23.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from workbench.errors import UsageError
from workbench.exchange.asked import IDS, QUESTIONS, SHOWN, YES_NO, Answers, counts, named
from workbench.exchange.values import own_text
from workbench.text import turns_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.exchange.asked import Asked, Form
    from workbench.exchange.records import Records

NAME = "Label Studio"

HOW = (
    "make a project, paste labeling_config.xml into its labelling interface (Code) and GUIDE.md into its "
    "instructions, import tasks.json, and export as JSON"
)

AGAINST = {"visibleWhen": "choice-selected", "whenTagName": "verdict", "whenChoiceValue": "reject,revise"}
"""Of questions that only a reject or revise is asked; a hidden one is not required."""

COLUMNS = (*IDS, *SHOWN, *QUESTIONS, "reviewer", "at")


def files(cases: Sequence[Asked], form: Form) -> dict[str, bytes]:
    """Return the tasks, without a prediction, and the labelling interface."""
    tasks = [
        {"data": form.ids(case) | case.texts() | {"conversation": case.turns}, "predictions": []}
        for case in cases
    ]
    return {
        "tasks.json": json.dumps(tasks, ensure_ascii=False, indent=1).encode("utf-8"),
        "labeling_config.xml": config(form).encode("utf-8"),
    }


def config(form: Form) -> str:
    """Return the labelling interface: nothing is chosen, and the cell shows once the blind step is done."""
    view = ET.Element("View")
    turns = {"name": "conversation", "value": "$conversation", "nameKey": "role", "textKey": "text"}
    ET.SubElement(view, "Paragraphs", turns | {"layout": "dialogue"})
    _headed(view, "Context")
    ET.SubElement(view, "Text", name="context", value="$context")
    _asked(view, "realistic", dict.fromkeys(YES_NO, ""), required="true")
    _asked(view, "expected", form.expected)
    second = ET.SubElement(view, "View", {"visibleWhen": "choice-selected", "whenTagName": "realistic"})
    _headed(second, "The cell that it claims")
    ET.SubElement(second, "Text", name="cell", value="$cell")
    _asked(second, "fits_cell", dict.fromkeys(YES_NO, ""))
    _asked(second, "verdict", dict.fromkeys(form.verdicts, ""), required="true")
    against = ET.SubElement(second, "View", AGAINST)
    _asked(against, "reasons", form.reasons, choice="multiple", required="true")
    _asked(against, "revised", {})
    _asked(view, "note", {})
    ET.indent(view)
    return ET.tostring(view, encoding="unicode") + "\n"


def _headed(view: ET.Element, text: str) -> None:
    ET.SubElement(view, "Header", value=text, size="5")


def _asked(view: ET.Element, name: str, values: Mapping[str, str], **attributes: str) -> None:
    """Add a question: choices where there are values, else a text."""
    _headed(view, QUESTIONS[name])
    told = {"name": name, "toName": "conversation", **attributes}
    if not values:
        ET.SubElement(view, "TextArea", told | {"rows": "3", "editable": "true"})
        return
    choices = ET.SubElement(view, "Choices", told)
    for value, meaning in values.items():
        ET.SubElement(choices, "Choice", value=named(value, meaning), alias=value)


def exported(columns: Sequence[str]) -> bool:
    """Say whether a file with these columns is an export of Label Studio."""
    return {"data", "annotations"} <= set(columns)


def decisions(records: Records) -> Records:
    """Return the annotations of an export as decisions, each by whom it was completed and when it was changed last.

    A skipped task is a skip. `lead_time` is left out: it counts hidden tabs, and drafts twice.

    Raises:
        UsageError: The file is no JSON export with its annotations.
    """
    if not exported(records.columns):
        raise UsageError(f"{records.name} has no data and annotations; export the project as JSON")
    told: list[tuple[str, dict[str, Any]]] = []
    drafts = nudged = bulk = waiting = 0
    for place, task in zip(records.places, records.rows, strict=True):
        made = _objects(task.get("annotations"))
        drafts += len(task.get("drafts") or [])
        waiting += not made
        for number, annotation in enumerate(made, 1):
            nudged += bool(annotation.get("prediction") or annotation.get("parent_prediction"))
            bulk += annotation.get("bulk_created") is True
            told.append((f"{place} annotation {number}", _decision(task, annotation)))
    notes = counts(
        [
            (waiting, "not decided yet"),
            (drafts, "drafts left out"),
            (nudged, "made with a prediction on screen, which nudges"),
            (bulk, "made in bulk, for many cases at once"),
        ]
    )
    return Answers(told, notes).records(records, COLUMNS)


def _decision(task: Mapping[str, Any], annotation: Mapping[str, Any]) -> dict[str, Any]:
    data = task.get("data")
    shown = {name: data.get(name) for name in (*IDS, *SHOWN)} if isinstance(data, dict) else {}
    if isinstance(turns := shown.get("conversation"), list):
        shown["conversation"] = turns_text(
            {name: own_text(turn.get(name)) or "" for name in ("role", "text")} for turn in _objects(turns)
        )
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    at = annotation.get("updated_at") or annotation.get("created_at")
    answers: dict[str, Any] = {name: list(texts) for name, texts in _results(annotation)}
    answers = {name: texts if name == "reasons" else "\n".join(texts) for name, texts in answers.items()}
    if annotation.get("was_cancelled") is True:
        answers = {"verdict": "skip", "note": answers.get("note")}
    return shown | answers | {"reviewer": who, "at": at}


def _results(annotation: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts of each question that was answered."""
    for result in _objects(annotation.get("result")):
        value = result.get("value")
        found = (value.get("choices") or value.get("text")) if isinstance(value, dict) else None
        texts = found if isinstance(found, list) else [found]
        if result.get("from_name") in QUESTIONS and found:
            yield str(result["from_name"]), [own_text(text) or "" for text in texts]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
