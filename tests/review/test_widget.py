"""The bridge between a desk and the browser."""

from __future__ import annotations

import json
from typing import Any

import anywidget

from workbench.review.widget import ReviewWidget

MESSAGE = "where is my parcel K-50417"


class Desk:
    """A desk that repeats what it hears and shows one case."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def answer(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Show one case."""
        self.heard.append(message)
        turns = [{"role": "user", "text": MESSAGE}]
        return [{"kind": "here", "case": {"turns": turns}}, {"kind": "noted"}]


def spoken(widget: ReviewWidget, message: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    widget.send = sent.append
    widget._handle_custom_msg(message, [])
    return sent


def test_every_message_goes_to_the_desk_and_every_reply_goes_back_in_order() -> None:
    desk = Desk()
    replies = spoken(ReviewWidget(desk), {"kind": "hello"})

    assert desk.heard == [{"kind": "hello"}]
    assert [reply["kind"] for reply in replies] == ["here", "noted"]


def test_no_case_text_is_left_in_the_state_that_notebooks_save() -> None:
    widget = ReviewWidget(Desk())
    spoken(widget, {"kind": "hello"})

    assert MESSAGE not in json.dumps(widget.get_state(), default=str)
    assert set(widget.get_state()) - set(anywidget.AnyWidget().get_state()) == {"_css"}


def test_what_it_prints_as_is_short() -> None:
    assert repr(ReviewWidget(Desk())) == "ReviewWidget()"


def test_the_module_for_the_browser_never_writes_markup_or_runs_text() -> None:
    source = str(ReviewWidget._esm)

    assert "export default" in source
    for word in (
        "innerHTML",
        "insertAdjacentHTML",
        "outerHTML",
        "eval",
        "document.write",
        "Function(",
        "srcdoc",
    ):
        assert word not in source
