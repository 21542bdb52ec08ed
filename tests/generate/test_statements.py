"""Where statements begin and end."""

from __future__ import annotations

import pytest

from workbench.generate.operators.statements import is_english, statements


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plate cracked, rest is ok. plate pls", ["plate cracked, rest is ok.", "plate pls"]),
        ("where. is. my. money", ["where.", "is.", "my.", "money"]),
        ("It cost $3.50. Why?! ok", ["It cost $3.50.", "Why?!", "ok"]),
        ("hi\n\nmy lamp\nbroke", ["hi", "my lamp", "broke"]),
        ("e.g. the lamp, approx. a foot tall", ["e.g. the lamp, approx. a foot tall"]),
        ("see shop.example/a.b now", ["see shop.example/a.b now"]),
        ("", []),
        ("...", ["..."]),
        ("it is broken etc.) now what", ["it is broken etc.)", "now what"]),
        ("I saw Mr. Kay. He lost it.. and left", ["I saw Mr. Kay.", "He lost it.. and left"]),
        ("NO. 5 is lost", ["NO. 5 is lost"]),
    ],
)
def test_sentences_and_lines(text: str, found: list[str]) -> None:
    assert [statement.text for statement in statements(text)] == found
    assert [text[start:end] for start, end, _ in statements(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "Bitte umtauschen, ich brauch die für den Urlaub",
        "dusra bhej do please, fast fast",
        "quiero otro igual",
        "eta?",
    ],
)
def test_what_is_not_surely_english_is_not_taken_for_it(text: str) -> None:
    assert not is_english(text)


def test_english_is_known_by_its_small_words() -> None:
    assert is_english("the box was never opened")
