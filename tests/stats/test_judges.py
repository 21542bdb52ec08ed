"""Judges: published numbers to the printed digits, and seeded simulations of coverage and level.

How the data are made. Outcomes: humans pass a share ``theta``; the judge passes ``sens`` of those and
fails ``spec`` of the others. Differences: humans' is -1, 0 or 1 with a stated discordance and mean; the
judge's is the same with probability ``right``, else drawn anew from the same three. Clusters: a root
draws one pair (human, judge), and each case of the root copies it with probability sqrt(icc), else draws
its own, so cases of a root correlate by icc. Labels are a simple random sample of the group unless a test
says otherwise. R is the number of draws; a bound is met with 2 Monte Carlo errors taken against it.
"""

from __future__ import annotations

import numpy as np
import pytest

from workbench.stats.collusion import CLAIMED, collusion, collusion_cases
from workbench.stats.corrected import (
    MIN_LABELS,
    MIN_RARER,
    Corrected,
    prediction_powered,
    rogan_gladen,
)
from workbench.stats.judges import accuracy, label_plan
from workbench.stats.paired import wilson
from workbench.stats.planning import detectable_difference, needed_roots

Array = np.ndarray
FIVES = np.array([5] * 29 + [4] * 2)
"""153 cases of 31 roots."""


def outcomes(rng: np.random.Generator, n: int, theta: float, sens: float, spec: float) -> tuple[Array, Array]:
    human = rng.random(n) < theta
    return human.astype(float), np.where(human, rng.random(n) < sens, rng.random(n) > spec).astype(float)


def differences(
    rng: np.random.Generator, n: int, discordance: float, mean: float, right: float
) -> tuple[Array, Array]:
    lost, gained = (discordance - mean) / 2, (discordance + mean) / 2
    human, other = rng.choice([-1.0, 0.0, 1.0], (2, n), p=[lost, 1 - lost - gained, gained])
    return human, np.where(rng.random(n) < right, human, other)


def copied(
    rng: np.random.Generator, root: Array, own: tuple[Array, Array], icc: float
) -> tuple[Array, Array]:
    """Let cases copy the pair of the first case of their root."""
    first = np.searchsorted(root, np.arange(root.max() + 1))
    copies = rng.random(root.size) < np.sqrt(icc)
    return tuple(np.where(copies, one[first][root], one) for one in own)


def hidden(rng: np.random.Generator, human: Array, labels: int) -> Array:
    """Keep a simple random sample of the labels."""
    kept = np.full(human.size, np.nan)
    drawn = rng.choice(human.size, labels, replace=False)
    kept[drawn] = human[drawn]
    return kept


def lowest(hits: list[bool]) -> float:
    share = float(np.mean(hits))
    return share - 2 * float(np.sqrt(share * (1 - share) / len(hits)))


def covers(found: list[Corrected], truth: float) -> list[bool]:
    return [one.low <= truth <= one.high for one in found if one.low is not None]


def test_rogan_gladen_gives_the_published_example() -> None:
    """LLM-judge-reporting's own example: p .4, q0 .7, q1 .9, n 1000, m0 = m1 = 200."""
    found = rogan_gladen((400, 1000), sensitivity=(180, 200), specificity=(140, 200))

    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.1667, 0.0564, 0.2627)
    assert (found.raw, found.n, found.uncalibrated) == (0.4, 400, None)


def test_prediction_powered_is_the_formula_of_its_paper() -> None:
    rng = np.random.default_rng(3)
    human, judge = differences(rng, 400, 0.4, -0.1, 0.8)
    y = hidden(rng, human, 100)
    seen = ~np.isnan(y)
    n, others = 100, 300
    weight = np.cov(y[seen], judge[seen])[0, 1] / ((1 + n / others) * judge.var(ddof=1))
    rest = y[seen] - weight * judge[seen]
    variance = weight**2 * judge[~seen].var() / others + rest.var(ddof=1) / n
    found = prediction_powered(y, judge, range(400))

    assert found.value == pytest.approx(weight * judge[~seen].mean() + rest.mean())
    assert found.weight == pytest.approx(weight)
    # 1.984 is t with 99 degrees of freedom; the jackknife over 400 roots is sqrt(400/399) wider.
    assert (found.high - found.low) / 2 == pytest.approx(1.98422 * np.sqrt(variance * 400 / 399), rel=1e-4)


def test_a_useless_judge_gets_no_weight_and_humans_decide() -> None:
    rng = np.random.default_rng(4)
    human = (rng.random(300) < 0.6).astype(float)
    y = hidden(rng, human, 80)
    found = prediction_powered(y, 1 - human, range(300), bounds=(0, 1))

    assert found.weight == 0
    assert found.value == pytest.approx(np.nanmean(y))


def test_widths_of_the_stated_setting() -> None:
    """N = 500 judged, n = 60 labelled, theta .75, sens .9, spec .85, R = 500: mean widths.

    The notes give Rogan-Gladen .286, PPI .160 and humans alone .218 without their theta, sens and spec.
    """
    rng = np.random.default_rng(5)
    widths = []
    for _ in range(500):
        human, judge = outcomes(rng, 560, 0.75, 0.9, 0.85)
        y = hidden(rng, human, 60)
        m1, m0 = int((y == 1).sum()), int((y == 0).sum())
        ours = prediction_powered(y, judge, range(560), bounds=(0, 1))
        theirs = rogan_gladen(
            (int(judge[np.isnan(y)].sum()), 500),
            sensitivity=(int(judge[y == 1].sum()), m1),
            specificity=(int(m0 - judge[y == 0].sum()), m0),
        )
        if ours.low is not None and theirs.low is not None:
            alone = 2 * 1.959964 * np.sqrt(m0 * m1 / 60**3)
            widths.append((theirs.high - theirs.low, ours.high - ours.low, alone))
    gladen, ppi, alone = np.mean(widths, axis=0)

    assert ppi < 0.8 * alone < alone < gladen


@pytest.mark.parametrize(("labels", "theta"), [(60, 0.75), (50, 0.7), (120, 0.9)])
def test_the_corrected_rate_covers(labels: int, theta: float) -> None:
    """R = 2,000, 500 independent cases, sens .9, spec .8: at least 92 %."""
    rng = np.random.default_rng([labels, 1])
    found = []
    for _ in range(2000):
        human, judge = outcomes(rng, 500, theta, 0.9, 0.8)
        y = hidden(rng, human, labels)
        found.append(prediction_powered(y, judge, range(500), bounds=(0, 1)))
    hits = covers(found, theta)

    assert lowest(hits) >= 0.92


@pytest.mark.parametrize(
    ("labels", "discordance", "mean"), [(60, 0.4, -0.05), (100, 0.25, 0.0), (184, 0.15, -0.1)]
)
def test_the_corrected_difference_covers_and_so_holds_its_level(
    labels: int, discordance: float, mean: float
) -> None:
    """R = 2,000, 500 independent cases, the judge right in 80 %: at least 92 %, level at most 7 %."""
    rng = np.random.default_rng([labels, 2])
    found = []
    for _ in range(2000):
        human, judge = differences(rng, 500, discordance, mean, 0.8)
        found.append(prediction_powered(hidden(rng, human, labels), judge, range(500)))
    hits = covers(found, mean)

    assert len(hits) > 1900
    assert lowest(hits) >= 0.93


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize("labels", [60, 100])
def test_the_corrected_difference_covers_where_cases_share_roots(icc: float, labels: int) -> None:
    """R = 2,000, 153 cases of 31 roots, discordance .4, mean -.05, judge right in 80 %: at least 92 %."""
    rng = np.random.default_rng([labels, int(10 * icc)])
    root = np.repeat(np.arange(31), FIVES)
    found = []
    for _ in range(2000):
        human, judge = copied(rng, root, differences(rng, 153, 0.4, -0.05, 0.8), icc)
        found.append(prediction_powered(hidden(rng, human, labels), judge, root.tolist()))
    hits = covers(found, -0.05)

    assert lowest(hits) >= 0.92


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_a_sample_by_verdict_covers_when_its_chances_are_given(icc: float) -> None:
    """R = 2,000, 600 cases of 150 roots, theta .75, sens .9, spec .8; 50 labels of each verdict."""
    rng = np.random.default_rng([6, int(10 * icc)])
    root = np.repeat(np.arange(150), 4)
    weighted, naive, sens, spec = [], [], [], []
    for draw in range(2000):
        human, judge = copied(rng, root, outcomes(rng, 600, 0.75, 0.9, 0.8), icc)
        y, chance = np.full(600, np.nan), np.empty(600)
        for verdict in (0.0, 1.0):
            at = np.flatnonzero(judge == verdict)
            chance[at] = 50 / at.size
            drawn = rng.choice(at, 50, replace=False)
            y[drawn] = human[drawn]
        names = root.tolist()
        weighted.append(prediction_powered(y, judge, names, inclusion=chance, bounds=(0, 1)))
        if draw < 400:
            naive.append(prediction_powered(y, judge, names, bounds=(0, 1)))
        checked = accuracy(y, judge, names, inclusion=chance)
        sens.append(checked.sensitivity.low <= 0.9 <= checked.sensitivity.high)
        spec.append(checked.specificity.low <= 0.8 <= checked.specificity.high)

    assert lowest(covers(weighted, 0.75)) >= 0.92
    assert np.mean(covers(naive, 0.75)) < 0.88
    assert lowest(sens) >= 0.92
    assert lowest(spec) >= 0.92


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_the_corrected_difference_covers_where_pairs_were_drawn_by_verdict(icc: float) -> None:
    """R = 2,000, 600 cases of 150 roots, discordance .25, mean -.05, judge right in 80 %; 40 labels of each of -1, 0, 1."""
    rng = np.random.default_rng([12, int(10 * icc)])
    root, found = np.repeat(np.arange(150), 4), []
    for _ in range(2000):
        human, judge = copied(rng, root, differences(rng, 600, 0.25, -0.05, 0.8), icc)
        y, chance = np.full(600, np.nan), np.empty(600)
        for verdict in (-1.0, 0.0, 1.0):
            at = np.flatnonzero(judge == verdict)
            chance[at] = min(1.0, 40 / at.size)
            drawn = rng.choice(at, min(40, at.size), replace=False)
            y[drawn] = human[drawn]
        found.append(prediction_powered(y, judge, root.tolist(), inclusion=chance))
    hits = covers(found, -0.05)

    assert len(hits) == 2000
    assert lowest(hits) >= 0.92


def test_rogan_gladen_covers_where_the_judge_errs_alike_and_not_where_it_does_not() -> None:
    """R = 2,000: 500 cases at theta .6, 100 labels elsewhere at theta .5, sens .9, spec .8, then .5 here."""
    rng = np.random.default_rng(8)
    alike, other = [], []
    for _ in range(2000):
        m1 = int(rng.binomial(100, 0.5))
        sens, spec = (int(rng.binomial(m1, 0.9)), m1), (int(rng.binomial(100 - m1, 0.8)), 100 - m1)
        for found, here in ((alike, 0.8), (other, 0.5)):
            passed = int(rng.binomial(500, 0.6 * 0.9 + 0.4 * (1 - here)))
            found.append(rogan_gladen((passed, 500), sensitivity=sens, specificity=spec))

    assert lowest(covers(alike, 0.6)) >= 0.92
    assert np.mean(covers(other, 0.6)) < 0.8


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_sensitivity_covers_where_labels_share_roots(icc: float) -> None:
    """R = 2,000, 153 labelled cases of 31 roots, theta .6, sens .9, spec .8."""
    rng = np.random.default_rng([9, int(10 * icc)])
    root = np.repeat(np.arange(31), FIVES)
    sens, spec = [], []
    for _ in range(2000):
        found = accuracy(*copied(rng, root, outcomes(rng, 153, 0.6, 0.9, 0.8), icc), root.tolist())
        sens.append(found.sensitivity.low <= 0.9 <= found.sensitivity.high)
        spec.append(found.specificity.low <= 0.8 <= found.specificity.high)

    assert lowest(sens) >= 0.92
    assert lowest(spec) >= 0.92


@pytest.mark.parametrize("icc", [0.3, 0.6])
@pytest.mark.parametrize("inflation", [0.0, 0.1])
def test_collusion_holds_its_level_for_a_lenient_judge_and_covers(icc: float, inflation: float) -> None:
    """R = 1,000, 153 own cases of 31 roots and 184 others; judges differ in 20 %, leniency 5 points."""
    rng = np.random.default_rng([10, int(10 * icc), int(10 * inflation)])
    root = np.repeat(np.arange(31), FIVES)
    hits = []
    for _ in range(1000):
        own, _ = copied(rng, root, differences(rng, 153, 0.2, 0.05 + inflation, 1), icc)
        other, _ = differences(rng, 184, 0.2, 0.05, 1)
        found = collusion((own, root.tolist()), (other, range(100, 284))).inflation
        hits.append(found.low <= inflation <= found.high)

    assert lowest(hits) >= 0.93


def test_without_enough_labels_the_judges_own_number_stands_and_says_why() -> None:
    judge = np.array([1.0, 1.0, 1.0, 0.0] * 50)
    human = np.where(np.arange(200) < 100, judge, np.nan)

    def why(labels: int, *, rarer: float = 0.0, root: object = None) -> tuple[float, object, object, str]:
        y = np.where(np.arange(200) < labels, np.where(judge == 0, rarer, judge), np.nan)
        found = prediction_powered(y, judge, root or range(200), bounds=(0, 1))
        return found.raw, found.value, found.uncalibrated, found.reason

    assert why(49) == (
        0.75, None, "few labels", "Uncalibrated: 49 human labels of this group, 50 are needed."
    )  # fmt: skip
    assert why(60, rarer=1.0)[2:] == (
        "few rarer labels", "Uncalibrated: 0 of 60 human labels are not the commonest, 10 are needed."
    )  # fmt: skip
    few = [at // 25 for at in range(200)]
    assert why(60, root=few)[2] == "few roots"
    assert prediction_powered(human, judge, range(200), bounds=(0, 1)).uncalibrated is None
    assert prediction_powered([], [], []) == Corrected(
        None, uncalibrated="few labels", reason="Uncalibrated: 0 human labels of this group, 50 are needed."
    )
    assert (MIN_LABELS, MIN_RARER) == (50, 10)


def test_a_stratum_without_labels_and_a_judge_that_never_varies_are_uncalibrated() -> None:
    judge = np.array([1.0, 0.0] * 30 + [0.0] * 1000)
    human = np.where(np.arange(1060) < 60, judge, np.nan)
    chance = np.where(np.arange(1060) < 1000, 0.06, 0.5)

    assert prediction_powered(human, judge, range(1060), inclusion=chance).uncalibrated == "few labels"
    # All labelled ones are right and the others are all alike: nothing shows how far they could be off.
    assert prediction_powered(human, judge, range(1060)).uncalibrated == "no spread"


@pytest.mark.parametrize(
    ("specificity", "why"),
    [((20, 100), "no better than chance"), ((5, 9), "few rarer labels"), ((25, 49), None), ((0, 100), "no better than chance")],
)  # fmt: skip
def test_rogan_gladen_is_not_computed_without_a_judge_that_can_tell(
    specificity: tuple[int, int], why: str | None
) -> None:
    found = rogan_gladen((300, 500), sensitivity=(80, 100), specificity=specificity)

    assert found.uncalibrated == why
    assert (found.value is None) == (why is not None) == (found.reason is not None)


def test_independent_labels_have_wilsons_interval() -> None:
    human = [1] * 50 + [0] * 30 + [float("nan")] * 20
    judge = [1] * 45 + [0] * 5 + [1] * 6 + [0] * 24 + [1] * 20
    found = accuracy(human, judge, range(100))

    assert (found.sensitivity.low, found.sensitivity.high) == pytest.approx(wilson(45, 50))
    assert (found.specificity.low, found.specificity.high) == pytest.approx(wilson(24, 30))
    assert (found.passed, found.failed, found.sensitivity.method) == (50, 30, "Wilson")


def test_a_flawless_judge_of_few_families_is_not_called_certain() -> None:
    one_each = accuracy([1] * 60, [1] * 60, range(60)).sensitivity
    shared = accuracy([1] * 60, [1] * 60, [at // 5 for at in range(60)])

    assert shared.sensitivity.low < wilson(12, 12).low + 0.01 < one_each.low
    assert shared.specificity.value is None
    assert shared.specificity.reason == "Humans gave no such label."
    alone = accuracy([1] * 60, [1] * 60, ["late"] * 60).sensitivity
    assert (alone.value, alone.low) == (1.0, None)
    assert alone.reason == "All cases share one root: their spread cannot be measured."


@pytest.mark.parametrize(
    ("human", "judge", "inclusion", "said"),
    [
        ([1, 0], [1], None, "one root"),
        ([1], [1, 0], None, "every case needs a number of the judge"),
        ([1, 2], [1, 0], None, "numbers must lie from 0 to 1"),
        ([1, 0], [1, 0], [0.5, 0.0], "chances above 0"),
        ([1, 0], [1, 0.5], None, "outcomes of 0 or 1"),
    ],
)
def test_impossible_labels_are_refused(
    human: list[float], judge: list[float], inclusion: list[float] | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        accuracy(human, judge, range(2), inclusion=inclusion)


def test_impossible_counts_and_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="got 5 of 4"):
        rogan_gladen((5, 4), sensitivity=(1, 2), specificity=(1, 2))
    with pytest.raises(ValueError, match="above 0"):
        collusion_cases(0.0)
    with pytest.raises(ValueError, match="both name"):
        label_plan({1: 10}, {0: 0.1}, 0.1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        label_plan({1: 10}, {1: 0.0}, 0.1)


def test_eight_points_take_as_many_cases_as_the_notes_say() -> None:
    """About 245 for one arm at discordance .2; 153 cases see 10 points in one, 14 between two."""
    found = collusion_cases(0.2)

    assert CLAIMED == 0.08
    assert found.one_arm == needed_roots(0.2, 0.08, 0.05) == 246
    assert found.crossed == 491
    assert round(detectable_difference(153, 0.2, 0.05), 2) == 0.10
    assert collusion_cases(0.2, points=0.1433).crossed == 153


def test_small_arms_are_not_estimable_unless_the_inflation_is_plain() -> None:
    neutral, names = [1, 0, 0, 0, -1] * 20, range(100, 200)
    small = collusion((neutral, range(100)), (neutral, names))
    plain = collusion(([1] * 60 + [0] * 40, range(100)), (neutral, names))
    few = collusion((neutral[:5], range(5)), (neutral, names))
    alike = collusion(([0] * 100, range(100)), ([0] * 100, names))

    assert (
        small.reason == "Not estimable here: 8 points take about 982 cases an arm, and there are 100 and 100."
    )
    assert small.inflation.low < 0 < small.inflation.high
    assert plain.reason is None
    assert plain.inflation.low > 0.4
    assert few.reason.startswith("Not estimable here: fewer than 10 roots (5)")
    # 100 and 100 cases without a difference exclude 8 points, and 40 and 40 do not.
    assert (alike.needed, alike.reason) == (None, None)
    assert 0.05 < alike.inflation.high < 0.06
    fewer = collusion(([0] * 40, range(40)), ([0] * 40, range(100, 140)))
    assert fewer.reason == "Not estimable here: the judges differ nowhere, and there are 40 and 40."
    assert collusion(([], []), (neutral, names)).inflation.value is None


def test_a_lenient_judge_is_no_colluding_one() -> None:
    lenient = [1] * 120 + [0] * 480
    found = collusion((lenient, range(600)), (lenient, range(600, 1200)))

    assert found.own.low > 0.15
    assert found.inflation.value == 0
    assert found.reason is None


def test_a_plan_reaches_the_half_width_that_it_promises() -> None:
    """R = 300: theta .75, sens .9, spec .85, so humans overturn 5.3 % of passes and 26 % of fails."""
    rng = np.random.default_rng(11)
    plan = label_plan({1: 428, 0: 172}, {1: 0.0526, 0: 0.261}, 0.055)
    half = []
    for _ in range(300):
        human, judge = outcomes(rng, 600, 0.75, 0.9, 0.85)
        y, chance = np.full(600, np.nan), np.empty(600)
        for verdict, labels in plan.labels.items():
            at = np.flatnonzero(judge == verdict)
            chance[at] = labels / at.size
            drawn = rng.choice(at, labels, replace=False)
            y[drawn] = human[drawn]
        found = prediction_powered(y, judge, range(600), inclusion=chance, bounds=(0, 1))
        half.append((found.high - found.low) / 2)

    assert plan.reason is None
    assert plan.half_width <= 0.055
    assert np.mean(half) == pytest.approx(plan.half_width, rel=0.05)


def test_a_plan_says_what_cannot_be_had() -> None:
    wide = label_plan({1: 70, 0: 30}, {1: 0.1, 0: 0.1}, 0.02)
    assert wide.labels == {1: 70, 0: 30}
    assert wide.reason.startswith("0.02 is out of reach: with all labels it is 0.093.")
    assert label_plan({1: 30, 0: 10}, {1: 0.1, 0: 0.1}, 0.5).reason == (
        "Uncalibrated: the group has 40 cases, 50 labels are needed."
    )
    assert sum(label_plan({-1: 40, 0: 500, 1: 30}, dict.fromkeys((-1, 0, 1), 0.1), 0.5).labels.values()) >= 50
