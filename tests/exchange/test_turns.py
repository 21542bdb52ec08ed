"""Every way to write a conversation down is read as the same turns, character by character."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.exchange.turns import ROLES, UnreadableError, conversation, is_visible

SAID = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(is_visible)


def said(value: Any) -> list[tuple[str, str]]:
    return [(turn["role"], turn["text"]) for turn in conversation(value).turns]


@given(SAID)
def test_a_turn_says_what_was_written(text: str) -> None:
    messages = [{"role": "user", "content": text}]

    assert said(messages) == [("user", text)]
    assert said(json.dumps(messages)) == [("user", text)]
    assert said({"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]}) == [
        ("user", text)
    ]


@given(SAID.filter(lambda text: text.lstrip()[0] not in "[{"))
def test_a_plain_text_is_one_turn_of_the_user(text: str) -> None:
    assert said(text) == [("user", text)]


@pytest.mark.parametrize(("name", "role"), ROLES.items())
def test_roles_have_other_names_elsewhere(name: str, role: str) -> None:
    assert said([{"role": f" {name.upper()} ", "text": "a"}, {"role": "user", "text": "b"}]) == [
        (role, "a"),
        ("user", "b"),
    ]


def test_fields_of_turns_are_left_out_and_counted() -> None:
    read = conversation(
        [
            {"role": "user", "text": "hi", "at": "10:15", "intent": "greeting", "mood": None},
            {"role": "bot", "text": "Hello!", "at": "10:16"},
        ]
    )

    assert read.dropped == {"at": 2, "intent": 1}
    assert read.turns == [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "Hello!"}]


def test_fields_beside_the_messages_are_counted_too() -> None:
    read = conversation({"model": "gpt-oss-120b", "messages": [{"role": "user", "content": "hi"}]})

    assert read.dropped == {"model": 1}


def test_parts_that_are_no_text_stay_as_placeholders_and_are_counted() -> None:
    parts = [
        {"type": "text", "text": "look:"},
        {"type": "image", "source": {"data": "..."}},
        {"type": "input_audio", "input_audio": {}},
        {"type": "document", "source": {}},
        {"type": "<script>", "x": 1},
    ]
    read = conversation([{"role": "user", "content": parts}])

    assert read.turns[0]["text"] == "look:\n[image]\n[audio]\n[file]\n[script]"
    assert read.placeholders == {"[image]": 1, "[audio]": 1, "[file]": 1, "[script]": 1}


def test_calls_of_tools_are_counted_one_by_one() -> None:
    calls = {"role": "assistant", "content": "One moment.", "tool_calls": [{"id": "a"}, {"id": "b"}]}
    read = conversation([{"role": "user", "content": "where is it"}, calls])

    assert read.turns[1]["text"] == "One moment.\n[tool call]\n[tool call]"
    assert read.placeholders == {"[tool call]": 2}


def test_a_result_of_a_tool_is_not_taken_for_the_users_words() -> None:
    blocks = [{"type": "tool_result", "tool_use_id": "t1", "content": "lost"}]

    assert said([{"role": "user", "content": "hi"}, {"role": "user", "content": blocks}])[1] == (
        "tool",
        "[tool result]",
    )
    with pytest.raises(UnreadableError, match="has no user text"):
        conversation([{"role": "user", "content": blocks}])


def test_a_picture_alone_is_something_the_user_sent() -> None:
    assert said([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]) == [
        ("user", "[image]")
    ]


def test_broken_characters_in_a_cell_of_json_are_counted() -> None:
    read = conversation('[{"role": "user", "content": "angry \\ud83d"}]')

    assert (read.turns[0]["text"], read.surrogates) == ("angry \ufffd", 1)


@pytest.mark.parametrize(
    "blank", ["", " \t\n", "\u200b\u200c\u200d\u2060\ufeff", "\u3164\u2800", "\ufe0f", "\u00ad", "\u202e"]
)
def test_what_shows_nothing_is_no_text(blank: str) -> None:
    assert not is_visible(blank)
    with pytest.raises(UnreadableError, match="has no user text"):
        conversation([{"role": "user", "text": blank}, {"role": "agent", "text": "Hello?"}])


@pytest.mark.parametrize("seen", [".", "?", "\u0416", "\u6211", "\U0001fae9", "\x16", "\ufffd"])
def test_a_single_character_is_a_text(seen: str) -> None:
    assert said(seen) == [("user", seen)]
