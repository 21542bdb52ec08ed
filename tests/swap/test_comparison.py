"""Outcomes become one difference per case, and the cases of a group become one interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench.stats.clusters import group_interval
from workbench.stats.paired import mcnemar_midp, tango
from workbench.swap.comparison import Comparison, comparison, difference, paired_cases, reading

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA, MARGIN = 0.05, 0.03


def one(table: Callable[..., Any], case: str) -> dict[str, Any]:
    """The row of one real case, written as baseline/candidate."""
    return table({"real": {case: 1}}).paired().iloc[0].to_dict()


def real(table: Callable[..., Any], cases: dict[str, int], *, cases_per_root: int = 1) -> Comparison:
    """The comparison of real cases."""
    frame = table({"real": cases}, cases_per_root={"real": cases_per_root}).paired()
    return comparison(frame, alpha=ALPHA, margin=MARGIN)


@pytest.mark.parametrize(
    ("case", "baseline", "candidate", "change"),
    [
        ("p/p", 1, 1, "same"),
        ("f/f", 0, 0, "same"),
        ("p/f", 1, 0, "lost"),
        ("f/p", 0, 1, "gained"),
        ("ppp/ppf", 1, 2 / 3, "lost"),
        ("pf/pp", 1 / 2, 1, "gained"),
        ("pf/fp", 1 / 2, 1 / 2, "same"),
        ("pfff/p", 1 / 4, 1, "gained"),
    ],
)
def test_trials_are_averaged_to_the_case(
    table: Callable[..., Any], case: str, baseline: float, candidate: float, change: str
) -> None:
    row = one(table, case)

    assert (row["baseline_score"], row["candidate_score"]) == (baseline, candidate)
    assert row["d"] == candidate - baseline
    assert row["change"] == change


@pytest.mark.parametrize(
    ("case", "score", "trials", "errors", "unscored"),
    [
        ("p/pe", 1, 1, 1, 0),
        ("p/fu", 0, 1, 0, 1),
        ("p/eeppf", 2 / 3, 3, 2, 0),
        ("p/puuf", 1 / 2, 2, 0, 2),
    ],
)
def test_an_error_or_an_unscored_answer_leaves_the_mean_of_the_scored_trials(
    table: Callable[..., Any], case: str, score: float, trials: int, errors: int, unscored: int
) -> None:
    row = one(table, case)

    assert row["candidate_score"] == score
    assert (row["candidate_trials"], row["candidate_errors"] + row["candidate_unscored"]) == (
        trials,
        errors + unscored,
    )
    assert (row["candidate_errors"], row["candidate_unscored"]) == (errors, unscored)


@pytest.mark.parametrize("case", ["p/e", "p/u", "p/eu", "p/-", "e/p", "-/f", "u/e", "-/-"])
def test_a_case_without_a_scored_trial_of_either_model_is_unpaired_and_no_fail(
    table: Callable[..., Any], case: str
) -> None:
    row = one(table, case)
    found = real(table, {"p/p": 60, case: 1})

    assert math.isnan(row["d"])
    assert row["change"] == "unpaired"
    assert (found.cases, found.paired, found.lost, found.gained, found.delta_pp) == (61, 60, 0, 0, 0)


@pytest.mark.parametrize(
    ("case", "worst"),
    [
        ("p/p", 0),
        ("f/p", 1),
        ("p/e", -1),
        ("p/u", -1),
        ("p/-", -1),
        ("f/-", 0),
        ("e/p", 0),
        ("-/f", -1),
        ("-/-", -1),
        ("u/e", -1),
        ("pp/pe", -1 / 2),
        ("fe/pp", 1 / 2),
        ("ff/pu", 1 / 2),
    ],
)
def test_the_worst_case_counts_every_missing_outcome_against_the_candidate(
    table: Callable[..., Any], case: str, worst: float
) -> None:
    """A missing outcome of the candidate fails, one of the baseline passes."""
    assert one(table, case)["worst_d"] == worst


def test_outcomes_of_other_models_are_not_looked_at(table: Callable[..., Any]) -> None:
    made = table({"real": {"p/f": 1}})
    rumour = made.results.assign(model="shop-bot-1", outcome="error")
    frame = paired_cases(
        made.members, pd.concat([made.results, rumour]), baseline="shop-bot-2", candidate="shop-bot-3"
    )

    assert frame["d"].tolist() == [-1]
    assert frame[["baseline_errors", "candidate_errors"]].to_numpy().sum() == 0


def test_a_set_without_any_outcome_is_all_missing(table: Callable[..., Any]) -> None:
    frame = table({"real": {"-/-": 3}}).paired()
    found = comparison(frame, alpha=ALPHA, margin=MARGIN)

    assert frame["d"].isna().all()
    assert (found.cases, found.paired, found.roots) == (3, 0, 0)
    assert found.reading == "unresolved"


def test_the_tables_that_came_in_are_left_as_they_were(table: Callable[..., Any]) -> None:
    made = table({"real": {"p/f": 2, "-/p": 1}})
    before = made.members.copy(), made.results.copy()
    made.paired()

    pd.testing.assert_frame_equal(made.members, before[0])
    pd.testing.assert_frame_equal(made.results, before[1])


def test_independent_cases_get_tangos_interval_and_the_mid_p(table: Callable[..., Any]) -> None:
    found = real(table, {"p/p": 57, "p/f": 8})
    low, high = tango(8, 0, 65)

    assert (found.baseline_rate, found.candidate_rate) == (1, 57 / 65)
    assert (found.lost, found.gained, found.roots) == (8, 0, 65)
    assert found.delta_pp == pytest.approx(-100 * 8 / 65)
    assert (found.low_pp, found.high_pp) == (100 * low, 100 * high)
    assert found.p_midp == mcnemar_midp(8, 0)
    assert (found.method, found.deff, found.why) == ("Tango score", 1.0, {})


def test_rates_are_those_of_the_paired_cases_alone(table: Callable[..., Any]) -> None:
    """The 20 cases that the candidate never answered say nothing about either model's rate."""
    found = real(table, {"p/p": 30, "f/p": 30, "p/-": 20})

    assert (found.baseline_rate, found.candidate_rate) == (0.5, 1)


def test_lost_and_gained_are_whole_cases_or_fractions_of_trials(table: Callable[..., Any]) -> None:
    whole = real(table, {"p/p": 40, "p/f": 3, "f/p": 2})
    fractions = real(table, {"ppp/ppp": 40, "ppp/ppf": 3, "ppf/ppp": 1, "ppp/pff": 1})

    assert (whole.lost, whole.gained) == (3, 2)
    assert isinstance(whole.lost, int)
    assert fractions.lost == pytest.approx(3 / 3 + 2 / 3)
    assert fractions.gained == pytest.approx(1 / 3)


def test_fractions_of_trials_go_into_tangos_interval_and_have_no_mid_p(table: Callable[..., Any]) -> None:
    found = real(table, {"pp/pp": 60, "pp/pf": 5})
    expected = group_interval([0.0] * 60 + [-0.5] * 5, range(65))
    sums = tango(2.5, 0, 65)

    assert (found.lost, found.method) == (2.5, "Tango score, trials averaged")
    assert (found.low_pp, found.high_pp) == (100 * expected.low, 100 * expected.high)
    # Halves vary less than whole losses of the same sum.
    assert found.high_pp - found.low_pp < 100 * (sums.high - sums.low)
    assert found.p_midp is None
    assert "trials leave fractions" in found.why["p_midp"]


def test_cases_that_share_roots_widen_the_interval_and_have_no_mid_p(table: Callable[..., Any]) -> None:
    """Ten lost cases are less evidence when they are the mutants of two seeds."""
    alone = real(table, {"p/f": 10, "p/p": 90})
    shared = real(table, {"p/f": 10, "p/p": 90}, cases_per_root=5)

    assert shared.delta_pp == alone.delta_pp
    assert (shared.roots, shared.method) == (20, "Rao-Scott Tango")
    assert shared.deff is not None
    assert shared.deff > 1
    assert shared.low_pp < alone.low_pp < alone.high_pp < shared.high_pp  # type: ignore[operator]
    assert (alone.reading, shared.reading) == ("worse", "unresolved")
    assert "100 cases share 20 roots" in shared.why["p_midp"]


def test_a_root_that_lost_its_pair_no_longer_makes_cases_dependent(table: Callable[..., Any]) -> None:
    """Of each two cases of a root only one has a pair, so what is compared is independent."""
    frame = table({"real": {"p/p": 100}}, cases_per_root={"real": 2}).paired()
    frame.loc[frame.index % 2 == 1, "d"] = np.nan
    found = comparison(frame, alpha=ALPHA, margin=MARGIN)

    assert (found.paired, found.roots, found.method) == (50, 50, "Tango score")


@pytest.mark.parametrize(("cases", "low"), [(9, None), (10, -27.8)])
def test_a_group_under_ten_roots_is_only_described(
    table: Callable[..., Any], cases: int, low: float | None
) -> None:
    found = real(table, {"p/p": cases})

    assert found.delta_pp == 0
    assert found.low_pp == (low if low is None else pytest.approx(low, abs=0.05))
    assert found.reading == "unresolved"
    assert ("low_pp" in found.why) is (low is None)


def test_a_group_of_one_root_is_only_described(table: Callable[..., Any]) -> None:
    """Forty mutants of one angry customer are one customer."""
    found = real(table, {"p/f": 20, "p/p": 20}, cases_per_root=40)

    assert (found.roots, found.delta_pp, found.low_pp, found.high_pp, found.deff) == (
        1,
        -50,
        None,
        None,
        None,
    )
    assert found.reading == "unresolved"
    assert set(found.why) == {"low_pp", "high_pp", "p_midp", "deff", "effective_n"}


def test_an_empty_group_has_no_number_but_its_counts(table: Callable[..., Any]) -> None:
    found = comparison(table({"real": {}}).paired(), alpha=ALPHA, margin=MARGIN)
    numbers = found.as_json()

    assert (found.cases, found.paired, found.roots, found.lost, found.gained) == (0, 0, 0, 0, 0)
    assert {name for name, value in numbers.items() if value is None} == set(found.why)
    assert set(found.why) >= {"delta_pp", "low_pp", "high_pp", "p_midp", "baseline_rate", "candidate_rate"}


@pytest.mark.parametrize(("case", "rate"), [("p/p", 1), ("f/f", 0)], ids=["all pass", "all fail"])
def test_models_that_agree_on_every_case_are_equivalent_once_there_are_enough(
    table: Callable[..., Any], case: str, rate: float
) -> None:
    few, many = real(table, {case: 50}), real(table, {case: 130})

    assert (many.baseline_rate, many.candidate_rate, many.delta_pp, many.p_midp) == (rate, rate, 0, 1)
    assert (few.reading, many.reading) == ("unresolved", "equivalent")


def test_agreement_on_shared_roots_is_worth_no_more_than_its_roots(table: Callable[..., Any]) -> None:
    """130 cases of 26 roots that all agree: no correlation can be seen, so the worst is assumed."""
    found = real(table, {"p/p": 130}, cases_per_root=5)

    assert (found.deff, found.reading) == (5, "unresolved")


@pytest.mark.parametrize(("cases", "change"), [({"p/f": 60}, -100), ({"f/p": 60}, 100)])
def test_total_loss_and_total_gain_have_an_interval(
    table: Callable[..., Any], cases: dict[str, int], change: float
) -> None:
    found = real(table, cases)

    assert found.delta_pp == change
    assert -100 <= found.low_pp <= found.high_pp <= 100  # type: ignore[operator]
    assert found.reading == ("worse" if change < 0 else "better")


def test_losses_and_gains_that_cancel_are_no_change_and_no_proof_of_none(table: Callable[..., Any]) -> None:
    found = real(table, {"p/f": 25, "f/p": 25, "p/p": 50})

    assert (found.delta_pp, found.lost, found.gained) == (0, 25, 25)
    assert found.reading == "unresolved"


def test_a_smaller_alpha_widens_the_interval() -> None:
    d, roots = np.array([-1.0] * 8 + [0.0] * 57), np.arange(65)
    first, later = (difference(d, roots, alpha=alpha, margin=MARGIN) for alpha in (0.05, 0.0076))

    assert later.low_pp < first.low_pp < first.high_pp < later.high_pp  # type: ignore[operator]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.10, -0.001, "worse"),
        (-0.02, -0.001, "worse"),
        (0.001, 0.01, "better"),
        (0.04, 0.09, "better"),
        (-0.029, 0.029, "equivalent"),
        (-0.029, 0.03, "not_worse"),
        (-0.029, 0.2, "not_worse"),
        (-0.03, 0.01, "unresolved"),
        (-0.10, 0.05, "unresolved"),
        (-0.01, 0.0, "equivalent"),
        (0.0, 0.01, "equivalent"),
        (None, None, "unresolved"),
    ],
)
def test_the_first_reading_that_holds_is_given(low: float | None, high: float | None, said: str) -> None:
    """An interval that touches 0 is neither better nor worse; one that touches the margin is not clear of it."""
    assert reading(low, high, margin=MARGIN) == said
