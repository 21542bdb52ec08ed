"""What trials buy, against the printed example."""

import pytest

from workbench.stats.trials import best_trials, trials_gain


def test_a_dollar_of_review_and_two_cents_of_answer_ask_for_five_trials() -> None:
    assert best_trials(1.0, 0.02, 0.5) == pytest.approx(5)


def test_answers_that_never_differ_ask_for_one() -> None:
    assert best_trials(1.0, 0.02, 0.0) == 1
    assert trials_gain(10, 0.0) == 1


def test_no_number_of_trials_passes_what_is_between_the_cases() -> None:
    gains = [trials_gain(trials, 0.5) for trials in (1, 2, 5, 50, 10**6)]

    assert gains == sorted(gains)
    assert gains[0] == 1
    assert gains[-1] < 1.5


@pytest.mark.parametrize("given", [(0.0, 0.02, 0.5), (1.0, 0.0, 0.5), (1.0, 0.02, -1.0)])
def test_impossible_costs_are_refused(given: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="Costs must be above 0"):
        best_trials(*given)
    with pytest.raises(ValueError, match="at least 1"):
        trials_gain(0.5, 0.5)
