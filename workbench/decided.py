"""The decisions on one case: which of its events stand, what each reviewer said last, and what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DECISIONS = ("keep", "reject", "revise", "skip")
"""What a reviewer can decide about a case; a skip leaves it open."""

COUNTED = ("decision", "reviewer", "at", "event_id")
"""What is told of the decision that counts."""


def latest(stack: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the latest keep, reject or revise of each reviewer, in their order.

    Args:
        stack: The decisions on one case that stand; see `replayed`.
    """
    decided = [event for event in stack if event["decision"] != "skip"]
    newest = {event["reviewer"]: event["event_id"] for event in decided}
    return [event for event in decided if newest[event["reviewer"]] == event["event_id"]]


def adjudication(stack: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the newest adjudication among the decisions on one case; None where nobody adjudicated."""
    return next((event for event in reversed([*stack]) if event["event"] == "adjudicate"), None)


def differ(said: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether reviewers differ in their decision, or in the outcome that two keeps state.

    Example:
        >>> differ([{"decision": "keep", "expected": "refund"}, {"decision": "keep", "expected": "deny"}])
        True
    """
    told = list(said)
    kept = {event["expected"] for event in told if event["decision"] == "keep"}
    stated = {expected for expected in kept if isinstance(expected, str)}
    return len({event["decision"] for event in told}) > 1 or len(stated) > 1


def replayed(events: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the decisions on one case that were not taken back, in their order, and those that were.

    Args:
        events: Rows of `reviews` about the case, without planted ones, each with its `decision`; see
            `verdicts`.
    """
    stack: list[dict[str, Any]] = []
    undone: list[dict[str, Any]] = []
    for event in sorted(events, key=lambda event: (event["at"], event["event_id"])):
        if event["event"] == "undo":
            undone += _taken_back(stack, event["reviewer"])
        if event["decision"] in DECISIONS:
            stack.append({str(name): value for name, value in event.items()})
    return stack, undone


def _taken_back(stack: list[dict[str, Any]], reviewer: str) -> list[dict[str, Any]]:
    """Take the latest decision of a reviewer from a stack, and return it; nothing where there is none."""
    for place in range(len(stack) - 1, -1, -1):
        if stack[place]["reviewer"] == reviewer:
            return [stack.pop(place)]
    return []


def standing(stack: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return the decision that counts among those on one case, as `decisions` has it; see `replayed`."""
    nothing = dict.fromkeys(COUNTED)
    best = max(
        enumerate(stack),
        key=lambda made: (made[1]["event"] == "adjudicate", made[1]["decision"] != "skip", made[0]),
        default=(0, nothing),
    )[1]
    return {name: best[name] for name in nothing}
