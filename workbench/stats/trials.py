"""What answering a case more than once buys, against labelling more cases."""

import math


def trials_gain(trials: float, flakiness: float) -> float:
    """Return how many times as many cases would say as much, when each is answered in several trials.

    The variance of a mean over n cases with K trials is ``(between + within / K) / n``, so K trials
    are worth ``(1 + f) / (1 + f / K)`` times the cases, for ``f = within / between``. It never passes
    ``1 + f``: trials are no cases.

    Args:
        trials: Trials of each case, at least 1.
        flakiness: Variance within a case over the variance between cases, 0 or more.

    Raises:
        ValueError: an argument is out of range.

    Source: Miller (2024), Adding error bars to evals, arXiv 2411.00640, section 3.

    Example:
        >>> round(trials_gain(5, 0.5), 2)
        1.36
    """
    if not trials >= 1 or not flakiness >= 0:
        raise ValueError(f"trials must be at least 1 and flakiness at least 0, got {trials} and {flakiness}.")
    return (1 + flakiness) / (1 + flakiness / trials)


def best_trials(case_usd: float, trial_usd: float, flakiness: float) -> float:
    """Return the trials of each case that make the most of a budget, at least 1.

    ``sqrt(case_usd / trial_usd * flakiness)``: dear cases and flaky answers ask for trials.

    Args:
        case_usd: Dollars of one more case, above 0.
        trial_usd: Dollars of one more trial of a case, above 0.
        flakiness: Variance within a case over the variance between cases, 0 or more.

    Raises:
        ValueError: an argument is out of range.

    Source: Cochran (1977), Sampling Techniques, section 10.6.

    Example:
        >>> round(best_trials(1.0, 0.02, 0.5), 9)
        5.0
    """
    if not (case_usd > 0 and trial_usd > 0 and flakiness >= 0):
        raise ValueError(
            "Costs must be above 0 and flakiness at least 0, "
            f"got case_usd={case_usd}, trial_usd={trial_usd}, flakiness={flakiness}."
        )
    return max(1.0, math.sqrt(case_usd / trial_usd * flakiness))
