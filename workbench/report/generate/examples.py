"""A few candidates beside what they were made of: hints, and the places that an operator changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.redact import redact
from workbench.report.cells import Look, safe_table
from workbench.report.generate.made import NEARNESS, NO_MUTANT, NO_RUN, asked_of, mutants_of
from workbench.report.markup import Shown, sentence
from workbench.report.tiles import named
from workbench.text import turns_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_EXAMPLES = 5

BOUNDS: Mapping[str, str] = {"cut": " [sent] ", "join": " [goes on]"}
"""How it is shown that a message ends where it did not, or goes on with the next one."""


def examples(slots: pd.DataFrame, cases: pd.DataFrame) -> Shown:
    """Return a few candidates of the newest run, spread over its slots, beside their hints."""
    made = asked_of(slots)[lambda frame: frame["made"]]
    if made.empty:
        return sentence(NO_RUN)
    newest = made[made["run_id"] == made["run_id"].iloc[-1]]
    step = max(1, len(newest) // MOST_EXAMPLES)
    turns = dict(zip(cases["case_id"], cases["turns"], strict=True))
    rows = []
    for slot in newest.iloc[step // 2 :: step].head(MOST_EXAMPLES).to_dict("records"):
        place = named(slot["cell"]) if isinstance(slot["cell"], str) else slot["attack"]
        rows.append((place, slot["bucket"], turns_text(turns[slot["case_id"]])))
        pairs = zip(slot["hint_ids"], slot["hint_places"], strict=True)
        rows += [("", f"hint, {NEARNESS[near]}", turns_text(redact(turns[hint]))) for hint, near in pairs]
    looks = {"what": Look("", "word"), "text": Look("conversation"), "place": Look("cell or attack", "word")}
    return safe_table(
        pd.DataFrame(rows, columns=["place", "what", "text"]),
        caption="Candidates beside their style hints",
        looks=looks,
        notes=["Hints stand here redacted, as in the prompt, and without their context."],
    )


def changes(slots: pd.DataFrame, cases: pd.DataFrame) -> Shown:
    """Return one mutant of each chain of operators, its changed places marked in its parent's words."""
    made = mutants_of(slots)[lambda frame: frame["made"]]
    if made.empty:
        return sentence(NO_MUTANT)
    first = made.assign(names=made["operators"].map("+".join)).drop_duplicates("names")
    by_id = cases.set_index("case_id")
    rows = []
    for slot in first.to_dict("records"):
        mutant, parent = by_id.loc[slot["case_id"]], slot["parent_ids"][0]
        rows.append(
            {
                "operators": slot["names"],
                "parent": parent,
                "split": mutant["split"],
                "marked": "\n".join(_steps(by_id.loc[parent, "turns"], mutant["operators"])),
            }
        )
    looks = {
        "operators": Look("operators", "word"),
        "parent": Look("parent", "id"),
        "split": Look("split", "word"),
        "marked": Look("changed places"),
    }
    note = (
        "[before → after] is replaced, [+ after] put in, [- before] taken out; at [sent] a message ends, at [goes on] "
        "the next one follows in it. A path with a value is a fact of the record."
    )
    return safe_table(pd.DataFrame(rows), caption="Mutants", looks=looks, notes=[note])


def _steps(turns: Sequence[Mapping[str, str]], steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the changed turns of each step with their marks; a later step starts from the one before."""
    texts = [turn["text"] for turn in turns]
    said = []
    for step in steps:
        of_turn = [[span for span in step["spans"] if span["turn"] == number] for number in range(len(texts))]
        said += [_marked(text, spans) for text, spans in zip(texts, of_turn, strict=True) if spans]
        said += [
            f"{'.'.join(map(str, fact['path']))}: [{fact['before']} → {fact['after']}]"
            for fact in step.get("facts", ())
        ]
        texts = _changed(texts, of_turn)
    return said


def _changed(texts: Sequence[str], of_turn: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    """Return the turns after a step: a cut makes one more, and a join one less."""
    made: list[str] = []
    joins = False
    for text, spans in zip(texts, of_turn, strict=True):
        pieces, end = [""], 0
        for span in spans:
            pieces[-1] += text[end : span["start"]] + span["after"]
            end = span["end"]
            if span.get("kind") == "cut":
                pieces.append("")
        pieces[-1] += text[end:]
        if joins:
            made[-1] += pieces.pop(0)
        made += pieces
        joins = any(span.get("kind") == "join" for span in spans)
    return made


def _marked(text: str, spans: Sequence[Mapping[str, Any]]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span["start"]], _mark(span)]
        end = span["end"]
    return "".join([*parts, text[end:]])


def _mark(span: Mapping[str, Any]) -> str:
    before, after = span["before"], span["after"]
    if span.get("kind") in BOUNDS:
        return BOUNDS[span["kind"]]
    if before and after:
        return f"[{before} → {after}]"
    return f"[+ {after}]" if after else f"[- {before}]"
