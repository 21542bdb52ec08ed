"""The bridge between a desk in the kernel and `static/review.js` in the browser.

Everything travels as custom messages. A synced trait would be saved into the notebook's widget state,
and case text with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import anywidget

if TYPE_CHECKING:
    from collections.abc import Iterable

STATIC = Path(__file__).parent / "static"


class Answers(Protocol):
    """What the widget speaks to: a desk."""

    def answer(self, message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Return the replies to one message of the browser."""


class ReviewWidget(anywidget.AnyWidget):
    """One case at a time on the screen; every message of the browser goes to the desk, every reply back.

    Args:
        desk: what answers, with one message at a time.
    """

    _esm = STATIC / "review.js"
    _css = STATIC / "review.css"

    def __init__(self, desk: Answers) -> None:
        super().__init__()
        self._desk = desk
        self.on_msg(self._answer)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _answer(self, _: object, message: dict[str, Any], __: object) -> None:
        for reply in self._desk.answer(message):
            self.send(reply)
