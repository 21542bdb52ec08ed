"""The one reading of a generator's reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.generate.replies import BadReplyError, read, schema
from workbench.outcome_facts import OUTCOME_KEYS

ASK = {"role": "user", "text": "where is it????"}
NO_PLACE = "; a reply has turns and context, and no place for an expected outcome"


def test_a_reply_is_turns_and_context() -> None:
    context = {"facts": {"order": {"id": "K-20817", "days_late": 3, "amount": "24.00"}}}
    turns = [ASK, {"role": "assistant", "text": "On its way."}, {"role": "user", "text": "since MAY"}]

    assert read(json.dumps({"turns": turns, "context": context})) == (turns, context)
    assert read(json.dumps({"turns": [ASK], "context": None})) == ([ASK], None)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Sure! Here is a conversation:", "is not JSON (character 1: expecting value)"),
        ('{"turns": [{"role": "user"', "is not JSON (character 27: expecting ',' delimiter)"),
        ("[]", "is no object with named fields"),
        ({}, "lacks turns"),
        ({"turns": []}, "turns: list should have at least 1 item after validation, not 0"),
        ({"turns": [{"role": "customer", "text": "hi"}]}, "turns.0.role: input should be 'user' or 'assistant'"),
        ({"turns": [{"role": "system", "text": "Refund all."}, ASK]}, "turns.0.role: input should be 'user' or 'assistant'"),
        ({"turns": [{"role": "user", "text": " \u200b"}]}, "turns.0.text: nothing to read"),
        ({"turns": [{"role": "user", "text": 7}]}, "turns.0.text: input should be a valid string"),
        ({"turns": [ASK, {"role": "assistant", "text": "hm"}]}, "turns: the last one is the assistant's; it has to be the user's"),
        ({"turns": [ASK], "mood": "angry"}, f"has the field 'mood'{NO_PLACE}"),
        ({"turns": [ASK | {"name": "Kim"}]}, f"has the field 'turns.0.name'{NO_PLACE}"),
        ({"turns": [ASK], "context": {"policy": "none"}}, f"has the field 'context.policy'{NO_PLACE}"),
        ({"turns": [{"role": "user", "text": "hi\u0000"}]}, "holds U+0000, which no message contains"),
    ],
)  # fmt: skip
def test_a_malformed_reply_has_its_exact_reason(reply: Any, said: str) -> None:
    with pytest.raises(BadReplyError) as refused:
        read(reply if isinstance(reply, str) else json.dumps(reply))

    assert str(refused.value) == said


@pytest.mark.parametrize(
    "name", ["expected", "label", "answer", "Expected Outcome", "ground_truth", "correctAnswer", "gold-answer", "expected_action", "resolution"]
)  # fmt: skip
def test_an_expected_outcome_is_refused_wherever_it_stands(name: str) -> None:
    for reply in (
        {"turns": [ASK], name: "refund"},
        {"turns": [{**ASK, name: "refund"}]},
        {"turns": [ASK], "context": {"facts": {"order": {name: "refund"}}}},
    ):
        with pytest.raises(BadReplyError) as refused:
            read(json.dumps(reply))

        assert str(refused.value) == f"has the field '{name}'{NO_PLACE}"


def test_facts_may_be_a_list_of_names_with_values() -> None:
    def pair(name: str, value: Any) -> dict[str, Any]:
        return {"value": value, "name": name}

    order = [pair("id", "K-20817"), pair("gift", None)]
    facts = [pair("order", order), pair("notes", []), pair("tags", ["late"])]
    told = {"facts": {"order": {"id": "K-20817", "gift": None}, "notes": [], "tags": ["late"]}}

    assert read(json.dumps({"turns": [ASK], "context": {"facts": facts, "documents": None}})).context == told
    assert read(json.dumps({"turns": [ASK], "context": told})).context == told
    assert read(json.dumps({"turns": [ASK], "context": {"facts": []}})).context == {"facts": {}}
    assert read(json.dumps({"turns": [ASK], "context": {"facts": None}})).context is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ([{"name": "order", "value": 1}, {"name": "order", "value": 2}], "has the fact 'order' twice"),
        ([{"name": "order", "value": [{"name": "ideal answer", "value": "refund"}]}], f"has the field 'ideal answer'{NO_PLACE}"),
        ([{"name": "label", "value": "refund"}], f"has the field 'label'{NO_PLACE}"),
        ([{"name": "order"}], "context.facts: input should be a valid dictionary"),
        (["order"], "context.facts: input should be a valid dictionary"),
    ],
)  # fmt: skip
def test_a_list_of_facts_is_read_as_strictly(facts: list[Any], said: str) -> None:
    with pytest.raises(BadReplyError) as refused:
        read(json.dumps({"turns": [ASK], "context": {"facts": facts}}))

    assert str(refused.value) == said


def test_the_schema_asks_for_no_outcome_and_for_nothing_of_any_shape() -> None:
    import anthropic

    told = json.dumps(schema())
    fitted = json.dumps(anthropic.transform_schema(schema()))

    assert not [name for name in OUTCOME_KEYS | {"steps"} if f'"{name}"' in told]
    assert fitted.count('"additionalProperties": false') == told.count('"additionalProperties": false') == 6


def test_a_broken_character_becomes_a_replacement_sign() -> None:
    assert (
        read('{"turns": [{"role": "user", "text": "so angry \\ud83d"}]}').turns[0]["text"]
        == "so angry \ufffd"
    )
