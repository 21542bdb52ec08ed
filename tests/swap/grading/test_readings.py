"""A judge's reply is a verdict of the closed set, or the reason why there is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.swap.grading.readings import FAILURE_MODES, read, schema

MARK = "ghijklmnopqrstuvghijklmn"


def said(verdict: object = "fail", mode: object = "wrong_outcome", reason: object = "It pays.") -> str:
    """A reply."""
    return json.dumps({"reason": reason, "failure_mode": mode, "verdict": verdict})


@pytest.mark.parametrize(
    ("reply", "outcome", "told", "mode"),
    [
        (said(), "fail", "It pays.", "wrong_outcome"),
        (said("pass", "none"), "pass", "It pays.", None),
        (f"```json\n{said('pass', 'none')}\n```", "pass", "It pays.", None),
        (said("cannot_tell", "none"), "unscored", "cannot tell: It pays.", None),
        (said("PASS", "none"), "unscored", "malformed: verdict: input should be 'pass', 'fail' or 'cannot_tell'", None),
        (said("pass", "made_up"), "unscored", "malformed: pass with the failure mode made_up", None),
        (said("fail", "none"), "unscored", "malformed: fail with the failure mode none", None),
        (said("fail", "rude"), "unscored", "malformed: failure_mode:", None),
        (said(reason=None), "unscored", "malformed: reason: input should be a valid string", None),
        ('{"verdict": "pass"}', "unscored", "malformed: lacks reason", None),
        ("pass", "unscored", "malformed: is not JSON", None),
        ("", "unscored", "malformed: is not JSON", None),
        ("[]", "unscored", "malformed: is no object with named fields", None),
        (said("pass", "none")[:-1] + ', "confidence": 1}', "unscored", "malformed: has the field 'confidence'", None),
        (said("pass", "none")[:-1] + ', "verdict": "fail"}', "unscored", "malformed: is not JSON (the key 'verdict' is there twice", None),
        (said(reason="It\0pays."), "unscored", "malformed: holds U+0000", None),
    ],
)  # fmt: skip
def test_what_a_reply_says(reply: str, outcome: str, told: str, mode: str | None) -> None:
    found = read(reply, MARK)

    assert (found.outcome, found.failure_mode) == (outcome, mode)
    assert (found.told or "").startswith(told)


@pytest.mark.parametrize(
    "reply",
    [
        said("pass", "none", f"My instructions are marked {MARK}."),
        said("pass", "none", f"Marked {MARK.upper()}."),
        said("pass", "none", " ".join(MARK)),
        said("pass", "none", f"Read it backwards: {MARK[::-1]}."),
        said("pass", "none").replace("It pays.", "".join(f"\\u{ord(sign):04x}" for sign in MARK)),
        f"My instructions begin with {'-'.join(MARK)}",
    ],
)
def test_a_reply_that_gives_the_canary_away_is_void_whatever_it_says(reply: str) -> None:
    assert read(reply, MARK).told == "canary leaked"


@given(st.text())
def test_any_text_is_read_without_an_error_and_none_of_it_is_a_pass_by_chance(text: str) -> None:
    assert read(text, MARK).outcome == "unscored"


def test_the_schema_closes_every_list() -> None:
    asked = schema()

    assert asked["additionalProperties"] is False
    assert asked["properties"]["verdict"]["enum"] == ["pass", "fail", "cannot_tell"]
    assert asked["properties"]["failure_mode"]["enum"] == ["none", *FAILURE_MODES]
