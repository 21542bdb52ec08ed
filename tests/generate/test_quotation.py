"""A quoted reply quotes what stands in the conversation, word for word."""

from __future__ import annotations

import numpy as np

from workbench.generate.operators.changes import fault
from workbench.generate.operators.quotation import quoted_reply

TURNS = [
    {"role": "user", "text": "may i return it"},
    {"role": "assistant", "text": "It was delivered 44 days ago.\nIs it opened?"},
    {"role": "user", "text": "no, order K-20817"},
]
QUOTED = "> It was delivered 44 days ago.\n> Is it opened?"


def test_the_message_before_is_quoted_above_or_below_the_answer() -> None:
    found = {quoted_reply(TURNS, np.random.default_rng(seed)).turns[2]["text"] for seed in range(20)}

    assert found == {f"{QUOTED}\n\nno, order K-20817", f"no, order K-20817\n\n{QUOTED}"}


def test_the_quoted_numbers_are_meant_and_the_label_stays() -> None:
    done = quoted_reply(TURNS, np.random.default_rng(0))

    assert done.keeps_label
    assert [span.kind for span in done.spans] == ["value"]
    assert fault(TURNS, done.turns, done.spans) == ""


def test_nothing_is_quoted_that_was_not_said_right_before() -> None:
    silent = {"role": "assistant", "text": "  "}
    for turns in (TURNS[:1], TURNS[:2], [TURNS[1], TURNS[1]], [TURNS[0], silent, TURNS[2]]):
        assert (
            quoted_reply(turns, np.random.default_rng(0)).reason
            == "no message of the user answers one of the assistant"
        )
