"""The one reading of a generator's reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.generate.replies import BadReplyError, read

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


def test_a_broken_character_becomes_a_replacement_sign() -> None:
    assert (
        read('{"turns": [{"role": "user", "text": "so angry \\ud83d"}]}').turns[0]["text"]
        == "so angry \ufffd"
    )
