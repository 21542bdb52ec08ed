"""How well the audit tells sittings apart: careful, tired, rubber-stamping, biased by cell.

A sitting has 200 decisions, by the shares that the settings have at first: 170 candidates in blocks
balanced over 4 x 5 cells whose survival differs, 10 bad and 10 good checks, and 10 repeats, at places
drawn by lot. It stands beside three careful sittings of the same queue. A careful one errs on 1 in 20
checks, rejects 2 in 5 good ones for the cell that they claim, and reads at 4 words a second. What is
found, in 300 runs each, is asserted with 2 Monte Carlo errors; the text of each test says what came out.
The last test holds all this against what the public function says of the same sittings as tables.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from workbench.review.audit import audit, tiring
from workbench.review.audit.pace import fast, floor_seconds
from workbench.review.audit.pauses import BREAK
from workbench.review.audit.planted import exact_bounds, wrong
from workbench.review.audit.sittings import _bias, _offsets, holm
from workbench.review.audit.trends import drift, streak, trend_power
from workbench.tables import CASES, CHECKS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.review.audit.number import Number

Array = np.ndarray

RUNS, SHOWN, CELLS = 300, 200, 20
CASE, BAD, GOOD, REPEAT = range(4)


class Sitting(NamedTuple):
    """One simulated sitting in the order shown."""

    kind: Array
    cell: Array
    kept: Array
    unreal: Array
    seconds: Array
    words: Array


class Habit(NamedTuple):
    """How a sitting differs from a careful one, by the share of the way that lies behind it."""

    shift: Callable[[Array, Array], Array] = lambda _way, _cell: np.zeros(SHOWN)
    misses: Callable[[Array], Array] = lambda way: np.full(len(way), 0.05)
    pace: Callable[[Array], Array] = lambda way: np.ones(len(way))
    distrusts: float = 0.05
    refuses_cell: float = 0.4
    blind: bool = False


def rising(start: float, end: float) -> Callable[[Array, Array], Array]:
    return lambda way, _cell: logit(start) + (logit(end) - logit(start)) * way - logit((start + end) / 2)


CAREFUL = Habit()
GENEROUS = Habit(shift=lambda _way, _cell: np.full(SHOWN, 1.0))
STAMP = Habit(
    misses=lambda way: np.full(len(way), 0.97), pace=lambda way: np.full(len(way), 0.15), distrusts=0.02,
    refuses_cell=0.01, blind=True,
)  # fmt: skip
DISTRUSTFUL = Habit(distrusts=0.5)
NEVER_FITS = Habit(refuses_cell=1.0)
SLOW_STAMP = STAMP._replace(pace=CAREFUL.pace)
TIRED = Habit(rising(0.67, 0.87), misses=lambda way: 0.05 + 0.55 * way, pace=lambda way: 1 - 0.6 * way)
BIASED = Habit(shift=lambda _way, cell: np.where(cell < 5, -2.0, 0.0))
FIERCE = Habit(shift=lambda _way, cell: np.where(cell < 5, -3.0, 0.0))


def world(rng: np.random.Generator) -> Array:
    """Draw the survival of each cell, as log-odds around 77 %."""
    level = np.repeat(rng.normal(0, 0.5, 4), 5) + np.tile(rng.normal(0, 0.5, 5), 4)
    return np.asarray(1.3 + level + rng.normal(0, 0.2, CELLS))


def sat(rng: np.random.Generator, odds: Array, habit: Habit) -> Sitting:
    hidden = rng.permutation([BAD] * 10 + [GOOD] * 10 + [REPEAT] * 10)
    kind, cell = np.zeros(SHOWN, dtype=int), rng.integers(0, CELLS, SHOWN)
    at = rng.choice(SHOWN, len(hidden), replace=False)
    kind[at] = hidden
    cell[kind == CASE] = np.concatenate([rng.permutation(CELLS) for _ in range(9)])[: SHOWN - len(hidden)]
    way = np.arange(SHOWN) / (SHOWN - 1)
    rate = np.full(SHOWN, 0.97) if habit.blind else expit(odds[cell] + habit.shift(way, cell))
    rate = np.where(kind == BAD, habit.misses(way), rate)
    unreal = (kind == GOOD) & (rng.random(SHOWN) < habit.distrusts)
    rate = np.where(kind == GOOD, ~unreal * (1 - habit.refuses_cell), rate)
    words = np.round(rng.lognormal(np.log(60), 0.6, SHOWN)) + 5
    seconds = np.round((4 + words / 4 * rng.lognormal(0, 0.35, SHOWN)) * habit.pace(way), 3)
    return Sitting(kind, cell, rng.random(SHOWN) < rate, unreal, seconds, words)


def day(rng: np.random.Generator, *habits: Habit) -> dict[str, Sitting]:
    """Return sittings of one queue, one of each habit."""
    odds = world(rng)
    return {name: sat(rng, odds, habit) for name, habit in zip("abcd", habits, strict=True)}


def counts(session: str, one: Sitting) -> pd.DataFrame:
    own = one.kind == CASE
    frame = pd.DataFrame({"cell": np.arange(CELLS), "session_id": session})
    n = np.bincount(one.cell[own], minlength=CELLS)
    return frame.assign(kept=np.bincount(one.cell[own], weights=one.kept[own], minlength=CELLS), n=n)


def audited(sittings: dict[str, Sitting], name: str = "a") -> list[Number]:
    """Return what the audit tests of one sitting beside the others."""
    one = sittings[name]
    table = pd.concat([counts(*told) for told in sittings.items()], ignore_index=True)
    offset = _offsets(table)
    own, read = one.kind == CASE, one.kind != REPEAT
    position = np.arange(SHOWN, dtype=float)
    under = one.seconds[read] < floor_seconds(one.words[read])
    missed, good = one.kept[one.kind == BAD], one.kind == GOOD
    return [
        fast(int(under.sum()), int(read.sum())),
        drift(one.kept[own], position[own], np.array([offset[cell] for cell in one.cell[own]])),
        streak(one.kept),
        wrong("missed_bad", int(missed.sum()), len(missed)),
        wrong("rejected_good", int(one.unreal[good].sum()), int(good.sum())),
        _bias(table, name),
    ]


def shares(habit: Habit, *, runs: int = RUNS) -> dict[str, float]:
    """Return in which share of runs each number is found at 5 % alone, and in which the sitting stands out."""
    rng = np.random.default_rng(20)
    found = [audited(day(rng, habit, CAREFUL, CAREFUL, CAREFUL)) for _ in range(runs)]
    told = {
        one.measure: float(np.mean([run[place].p <= 0.05 for run in found]))
        for place, one in enumerate(found[0])
    }
    both = [run[1].p <= 0.05 or run[3].p <= 0.05 for run in found]
    return told | {"drift or checks": float(np.mean(both)), "stands out": float(np.mean([any(holm([one.p for one in run])) for run in found]))}  # fmt: skip


def error(share: float, runs: int = RUNS) -> float:
    return 2 * float(np.sqrt(share * (1 - share) / runs))


def test_a_careful_sitting_stands_out_in_at_most_one_of_twenty() -> None:
    """2 %; by single tests drift 5 %, cells 4 %, streaks 1 %, and never by time or bad checks."""
    found = shares(CAREFUL)

    assert found["stands out"] <= 0.05 + error(0.05)
    for name in ("fast", "drift", "streak", "missed_bad", "rejected_good", "cell_bias"):
        assert found[name] <= 0.05 + error(0.05)


def test_a_generous_sitting_is_no_biased_one() -> None:
    """One log-odds above the others in all cells alike: nothing is wrong with that."""
    assert shares(GENEROUS, runs=150)["stands out"] <= 0.05 + error(0.05, 150)


def test_rubber_stamping_is_found_by_time_and_by_checks() -> None:
    found = shares(STAMP, runs=150)

    assert found["stands out"] >= 0.95
    assert (found["fast"] >= 0.95, found["missed_bad"] >= 0.95) == (True, True)


def test_rubber_stamping_at_a_careful_pace_is_found_by_checks_alone() -> None:
    """Neither time nor drift nor streaks tell: without planted checks it cannot be told from a generous one."""
    found = shares(SLOW_STAMP, runs=150)

    assert found["stands out"] >= 0.95
    assert found["missed_bad"] >= 0.95
    assert max(found["fast"], found["drift"], found["streak"]) <= 0.05 + error(0.05, 150)


def test_a_tired_sitting_is_found_more_often_with_planted_checks_than_by_its_trend() -> None:
    """From 67 to 87 %, missing 5 to 60 % of bad checks: trend 43 %, checks 39 %, either 66 %; it stands out in 35 %.

    The trend is found a little less often than `trend_power` says, as cells differ in survival here.
    """
    found = shares(TIRED)

    assert found["drift"] == pytest.approx(trend_power(170, 0.67, 0.87) - 0.02, abs=error(0.45))
    assert found["missed_bad"] == pytest.approx(0.39, abs=error(0.39))
    assert found["drift or checks"] >= found["drift"] + 0.15
    assert 0.25 <= found["stands out"] <= 0.42


def test_a_sitting_that_is_biased_by_cell_is_found_at_a_stated_rate() -> None:
    """A quarter of the cells at 2 log-odds less, 77 to 31 %: 69 %, stands out in 44 %; at 3 less 98 % and 90 %."""
    mild, strong = shares(BIASED), shares(FIERCE, runs=100)

    assert 0.60 <= mild["cell_bias"] <= 0.80
    assert 0.35 <= mild["stands out"] <= 0.58
    assert (strong["cell_bias"] >= 0.92, strong["stands out"] >= 0.79) == (True, True)
    assert mild["drift"] <= 0.05 + error(0.05)


def test_calling_every_second_real_customer_unreal_is_found_by_good_checks_alone() -> None:
    """By good checks 83 %; it stands out in as many as Holm leaves of them."""
    found = shares(DISTRUSTFUL)

    assert 0.76 <= found["rejected_good"] <= 0.89
    assert 0.55 <= found["stands out"] <= found["rejected_good"] + 0.05
    assert max(found["fast"], found["drift"], found["streak"], found["missed_bad"]) <= 0.05 + error(0.05)


def test_a_sitting_that_rejects_all_good_checks_for_their_cell_rarely_stands_out() -> None:
    """Who calls them real errs on none, whatever their cell; 1 in 20 called unreal by mistake is no finding."""
    found = shares(NEVER_FITS)

    assert found["stands out"] <= 0.05 + error(0.05)
    assert found["rejected_good"] <= 0.02


@pytest.mark.parametrize(("start", "end", "stated"), [(0.77, 0.77, 0.05), (0.72, 0.82, 0.20), (0.67, 0.87, 0.49), (0.60, 0.90, 0.83)])  # fmt: skip
def test_the_trend_alone_is_as_weak_as_is_stated(start: float, end: float, stated: float) -> None:
    """200 decisions, 1,000 runs. The .20 stated for 72 to 82 % came of a small simulation: it is .16."""
    rng = np.random.default_rng(int(100 * end))
    position = np.arange(200.0)
    rate = np.linspace(start, end, 200)
    found = np.mean([drift(rng.random(200) < rate, position, np.zeros(200)).p <= 0.05 for _ in range(1000)])

    assert trend_power(200, start, end) == pytest.approx(found, abs=error(stated, 1000) + 0.01)
    # The stated figures have Monte Carlo errors of up to 3 points of their own.
    assert found == pytest.approx(stated, abs=error(stated, 1000) + 0.03)


def test_the_bounds_on_missed_checks_are_those_stated() -> None:
    assert [round(exact_bounds(0, n).high, 2) for n in (10, 20)] == [0.26, 0.14]


@pytest.mark.parametrize(("habit", "low", "high"), [(CAREFUL, 0, 0.08), (BIASED, 0, 0.08), (STAMP, 0.99, 1), (SLOW_STAMP, 0.95, 1), (TIRED, 0.75, 0.97)])  # fmt: skip
def test_a_break_is_suggested_to_sittings_that_need_one(habit: Habit, low: float, high: float) -> None:
    """At some time in 200 decisions: careful 4 %, rubber-stamping always, tired 90 %, a third of these at the last look."""
    rng = np.random.default_rng(4)
    suggested = []
    for _ in range(100):
        one = sat(rng, world(rng), habit)
        verdicts = np.where(one.kept, "keep", "reject").tolist()
        wrongly = [None if kind not in {BAD, GOOD} else bool(unreal if kind == GOOD else kept) for kind, kept, unreal in zip(one.kind, one.kept, one.unreal, strict=True)]  # fmt: skip
        milliseconds, words = (1000 * one.seconds).tolist(), one.words.tolist()
        suggested.append(any(tiring(verdicts[:n], milliseconds[:n], words[:n], wrongly[:n]) == BREAK for n in range(10, SHOWN + 1, 10)))  # fmt: skip

    assert low <= np.mean(suggested) <= high


Tables = dict[str, pd.DataFrame]
NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def tables(new_case: Callable[..., Any], new_event: Callable[..., Any]) -> Callable[..., Tables]:
    """Make the tables that sittings leave behind in a store."""

    def make(sittings: dict[str, Sitting]) -> Tables:
        cases, checks, events = [], [], []
        for name, one in sittings.items():
            turns = [[{"role": "user", "text": " ".join(["parcel"] * int(n))}] for n in one.words]
            own = np.flatnonzero(one.kind == CASE)
            for place in own:
                cell = f"{one.cell[place] // 5}/{one.cell[place] % 5}"
                cases.append(new_case(f"{name}{place}", turns=turns[place], cell=cell, bucket="prompted", tag="synth-x"))  # fmt: skip
            for place in np.flatnonzero(np.isin(one.kind, [BAD, GOOD])):
                truth, how = ("reject", "salad") if one.kind[place] == BAD else ("keep", "seed")
                checks.append({"check_id": f"{name}{place}", "truth": truth, "how": how, "made_from": [], "turns": turns[place], "content_sha256": "0" * 64, "created_at": NOON})  # fmt: skip
            repeated = iter(own)
            for place, kind in enumerate(one.kind):
                case = f"{name}{next(repeated) if kind == REPEAT else place}"
                events.append(
                    new_event(
                        len(events) + 1, case, "keep" if one.kept[place] else "reject", session_id=name, reviewer=name,
                        position=place, planted=(None, "bad:salad", "good:seed", "repeat")[kind],
                        realistic=not one.unreal[place], visible_ms=round(1000 * one.seconds[place]),
                    )
                )  # fmt: skip
        return {"cases": CASES.frame(cases), "reviews": REVIEWS.frame(events), "checks": CHECKS.frame(checks)}

    return make


def test_the_public_audit_says_of_stored_sittings_what_the_simulation_says(
    tables: Callable[..., Tables],
) -> None:
    """20 sittings on 5 days: all 10 that wave things through stand out, and none of the 10 careful ones."""
    stamps, careful = 0, 0
    for seed in range(5):
        sittings = day(np.random.default_rng(seed), CAREFUL, STAMP, CAREFUL, SLOW_STAMP)
        found = audit(**tables(sittings))
        for name in sittings:
            told = found.numbers[found.numbers["session_id"] == name].set_index("measure")
            inner = audited(sittings, name)
            for one in inner:
                public = told.loc[one.measure, ["estimate", "p", "n"]].tolist()
                assert public == pytest.approx([one.estimate, one.p, one.n], nan_ok=True), (seed, name, one)
            assert (name in found.standing_out) == any(holm([one.p for one in inner]))
        stamps += len({"b", "d"} & {*found.standing_out})
        careful += len({"a", "c"} & {*found.standing_out})

    assert (stamps, careful) == (10, 0)
