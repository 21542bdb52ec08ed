"""The rule exactly on its edges, where no table of whole cases comes to lie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.swap.must_hold import MustHold
from workbench.swap.verdict import decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.swap.verdict import Families

SHIPS = {"real": {"p/p": 184}, "synthetic": {"p/p": 100}}


@pytest.fixture
def edge(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., list[str]]:
    """Decide a set that ships, with some numbers of its real group or its evidence replaced; return the codes."""

    def run(*, real: dict[str, Any] | None = None, **changed: Any) -> list[str]:
        evidence = decided(table(SHIPS).paired()).evidence
        groups = evidence.groups | {"real": replace(evidence.groups["real"], **real or {})}
        found = decide(replace(evidence, groups=groups, **changed))
        return [found.verdict, *(reason.code for reason in found.reasons)]

    return run


@pytest.mark.parametrize(
    ("low", "code"), [(-3.0, "unresolved"), (-2.999, "real_equivalent"), (None, "unresolved")]
)
def test_a_harm_of_exactly_the_margin_is_not_excluded(
    edge: Callable[..., list[str]], low: float | None, code: str
) -> None:
    assert edge(real={"low_pp": low})[1] == code


@pytest.mark.parametrize(
    ("low", "code"), [(-3.0, "missing_outcomes"), (-2.999, "real_equivalent"), (-5.0, "missing_outcomes"), (None, "missing_outcomes")]
)  # fmt: skip
def test_missing_outcomes_may_not_reach_the_margin_either(
    edge: Callable[..., list[str]], low: float | None, code: str
) -> None:
    assert edge(real_worst_low_pp=low)[1] == code


@pytest.mark.parametrize(
    ("low", "code"), [(-3.0, "real_worse"), (-2.999, "worse_within_margin"), (-9.0, "real_worse")]
)
def test_a_loss_is_within_the_margin_only_when_its_whole_interval_is(
    edge: Callable[..., list[str]], low: float, code: str
) -> None:
    assert edge(real={"low_pp": low, "high_pp": -0.1, "reading": "worse"})[:2] == ["BLOCK", code]


def text(evidence: Any, code: str) -> str:
    return next(reason.text for reason in decide(evidence).reasons if reason.code == code)


def test_the_next_action_is_that_of_the_first_reason(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    ships = decided(table(SHIPS).paired()).evidence
    refused = replace(ships, floor_roots=500)
    open_ = replace(ships, real_worst_low_pp=-9.0)

    for one, more in (
        (refused, replace(refused, changed_content=("real-0001",))),
        (open_, replace(open_, unreviewed=3)),
    ):
        assert len(decide(more).reasons) > len(decide(one).reasons)
        assert decide(more).next_action == decide(one).next_action


def test_a_sentence_without_a_number_says_so(table: Callable[..., Any], decided: Callable[..., Any]) -> None:
    ships = decided(table(SHIPS).paired()).evidence
    real = ships.groups["real"]
    few = replace(real, low_pp=None, high_pp=None, reading="unresolved")
    none = replace(few, delta_pp=None, paired=0)
    told = [
        text(replace(ships, groups=ships.groups | {"real": one}, floor_roots=0), "unresolved")
        for one in (few, none)
    ]

    assert told[0].endswith("+0.0 points (no interval) on 184 cases, lost 0, gained 0")
    assert told[1].endswith(": 0 pairs")
    assert text(replace(ships, real_worst_low_pp=None), "missing_outcomes").endswith(
        "could reach no interval"
    )


def test_the_chance_of_a_lost_must_hold_case_counts_all_that_could_be_lost(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    """One of two cases with five trials a side, and one of eight with three."""
    ships = decided(table(SHIPS).paired()).evidence
    for trials, cases, code, chance in (
        (5, 2, "must_hold_lost", "0.79%"),
        (3, 8, "must_hold_second_run", "33.66%"),
    ):
        lost = replace(
            ships,
            must_hold=(MustHold("red-1", trials, trials),),
            must_hold_cases=cases,
            must_hold_lost=("red-1",),
        )
        assert f"chance under no change {chance}" in text(lost, code)


def test_one_of_several_judges_of_the_generators_line_is_enough(
    edge: Callable[..., list[str]], known: Families
) -> None:
    judges = replace(known, judges=("programmatic", "mistral/large"))

    assert edge(families=judges)[:2] == ["REFUSED", "generator_is_grader"]


def test_one_unknown_judge_among_others_bars_a_ship(edge: Callable[..., list[str]], known: Families) -> None:
    assert edge(families=replace(known, judges=("programmatic", "unknown")))[:2] == [
        "NO VERDICT",
        "unknown_family",
    ]
