"""JSON keeps the source text of its numbers, and names the place of a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.exchange import jsonl
from workbench.exchange.jsonl import BrokenError, loads, looks_like_python

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), min_size=1, max_size=5), st.booleans()
)
def test_what_json_wrote_comes_back(rows: list[dict[str, Any]], ascii_only: bool) -> None:
    data = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode()

    assert jsonl.read_lines("seed.jsonl", data).rows == rows
    assert jsonl.read("seed.json", json.dumps(rows).encode()).rows == rows


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_digits(number: float) -> None:
    assert loads(f"[{number!r}]") == [repr(number)]


def test_lines_count_as_an_editor_counts_them() -> None:
    read = jsonl.read_lines("seed.jsonl", b'\n{"a": 1}\r\n\r\n{"b": 2}\n')

    assert read.places == ["line 2", "line 4"]
    assert read.columns == ("a", "b")


def test_broken_characters_are_counted_in_a_note() -> None:
    read = jsonl.read_lines("seed.jsonl", b'{"text": "a \\ud83d b \\udc00"}\n')

    assert read.notes == ("broken characters (lone surrogates) that became U+FFFD: 2",)
    assert read.rows[0]["text"] == "a \ufffd b \ufffd"


def test_nan_is_a_missing_number() -> None:
    assert loads("[NaN]") == [None]


@pytest.mark.parametrize("depth", [98, 100])
def test_depth_is_counted_from_the_outermost_value(depth: int) -> None:
    assert loads("[" * depth + "]" * depth)

    with pytest.raises(BrokenError, match="nested more than 100 deep"):
        loads("[" * 101 + "]" * 101)


def test_brackets_in_a_message_are_not_depth() -> None:
    assert loads(json.dumps({"text": "[" * 500})) == {"text": "[" * 500}


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.exchange.records.MAX_VALUES", 5)

    with pytest.raises(InputError, match="more than 5 values"):
        jsonl.read("seed.json", b"[[],[],[],[],[]]")


@pytest.mark.parametrize(
    ("text", "is_python"),
    [
        ("{'role': 'user'}", True),
        ("[{'role': 'user', 'content': None}]", True),
        ('{"ok": True}', True),
        ("{order} never came", False),
        ("['refund', 'please'] is what I asked", False),
        ("[whats app] hi", False),
    ],
)
def test_python_is_told_from_text(text: str, is_python: bool) -> None:
    assert looks_like_python(text) is is_python
