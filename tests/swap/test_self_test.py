"""The questions before a set is trusted: what has not been measured is not known, and never yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.swap.self_test import self_test
from workbench.swap.verdict import Families

if TYPE_CHECKING:
    from collections.abc import Mapping

UP, DOWN, OPEN = "better", "worse", "unresolved"


def answers(
    *,
    untagged: tuple[str, ...] = (),
    history: list[Mapping[str, Any]] | None = None,
    families: Families | None = None,
) -> list[str]:
    """The five answers for a set of 80 cases."""
    given = families or Families({}, ("human",), "anthropic/sonnet", "openai/gpt")
    return [
        found.answer
        for found in self_test(untagged=untagged, cases=80, history=history or [], families=given)
    ]


def swaps(*readings: tuple[str, str]) -> list[Mapping[str, Any]]:
    """Readings of the real and the synthetic group, one pair per swap."""
    return [{"real": real, "synthetic": synthetic} for real, synthetic in readings]


def test_what_nobody_measured_is_not_known() -> None:
    """Survival and vocabulary need a generation run and its measures."""
    assert answers() == ["yes", "not known", "not known", "not known", "yes"]


def test_one_case_without_a_tag_is_a_no() -> None:
    assert answers(untagged=("p-7",))[0] == "no"


@pytest.mark.parametrize(
    ("history", "answer"),
    [
        (swaps((UP, UP), (DOWN, DOWN), (UP, UP)), "yes"),
        (swaps((UP, UP), (DOWN, DOWN)), "not known"),
        (swaps((UP, UP), (DOWN, DOWN), (OPEN, OPEN)), "not known"),
        (swaps((UP, UP), ("equivalent", UP), (UP, UP)), "not known"),
        (swaps((UP, UP), (DOWN, UP), (OPEN, OPEN)), "no"),
        (swaps((DOWN, UP), (UP, UP), (UP, UP), (UP, UP)), "yes"),
        ([{"real": DOWN}] * 3, "not known"),
        ([], "not known"),
    ],
    ids=[
        "three together", "only two", "one open", "one without a direction", "one apart", "apart long ago",
        "no synthetic cases", "no swap",
    ],
)  # fmt: skip
def test_real_and_synthetic_move_together_when_both_were_resolved_in_three_swaps(
    history: list[Mapping[str, Any]], answer: str
) -> None:
    assert answers(history=history)[1] == answer


@pytest.mark.parametrize(
    ("generators", "judge", "answer"),
    [
        (("mistral/large",), "openai/gpt", "yes"),
        (("mistral/large",), "human", "yes"),
        (("mistral/large",), "mistral/small", "no"),
        (("openai/gpt", "mistral/large"), "mistral/large", "no"),
        (("mistral/large",), "unknown", "not known"),
        (("unknown",), "human", "not known"),
        ((), "unknown", "yes"),
    ],
)
def test_the_generator_is_of_another_family_than_the_grader(
    generators: tuple[str, ...], judge: str, answer: str
) -> None:
    families = Families(dict.fromkeys(generators, ("p-1",)), (judge,), "anthropic/sonnet", "openai/o")

    assert answers(families=families)[4] == answer
