"""The audit of a review: what counts as a decision, each number of a sitting, and what is doubted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from workbench.review.audit import Audit, audit, tiring
from workbench.review.audit.decisions import COLUMNS, decided
from workbench.review.audit.pace import NOT_MEASURED, robust_z
from workbench.review.audit.pauses import BREAK, EVERY
from workbench.review.audit.planted import NO_CHECK, NO_GOOD
from workbench.review.audit.sittings import ALL, NO_PLACE, holm
from workbench.review.audit.trends import (
    cell_bias,
    change_point,
    drift,
    equal_odds,
    longest,
    run_chance,
    streak,
)
from workbench.tables import CASES, CHECKS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]

NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
PARCEL = "my parcel has not come and nobody answers, what do I do now?"
CELLS = ("angry/delay", "new/delay", "angry/damaged", "new/damaged")
CAREFUL_MS = 9_000


def check(number: int, truth: str) -> dict[str, Any]:
    return {
        "check_id": f"check-{truth}-{number}", "truth": truth, "how": "gibberish", "made_from": ["s1"],
        "turns": [{"role": "user", "text": PARCEL}], "content_sha256": "0" * 64, "created_at": NOON,
    }  # fmt: skip


@pytest.fixture
def shop(new_case: Row, new_event: Row) -> Callable[..., dict[str, pd.DataFrame]]:
    """Make the tables of a review from steps `(sitting, case, event)` with anything of an event changed."""
    made = {"bucket": "prompted", "tag": "synth-x"}
    rows = [new_case(f"p{n:03}", PARCEL, cell=CELLS[n % 4], **made) for n in range(240)]
    checks = CHECKS.frame([check(n, truth) for n in range(20) for truth in ("reject", "keep")])

    def tables(*steps: tuple[Any, ...]) -> dict[str, pd.DataFrame]:
        places: dict[str, int] = {}
        events = []
        for number, (sitting, case, event, *changes) in enumerate(steps, 1):
            place = places[sitting] = places.get(sitting, -1) + (event != "undo")
            planted = {"check-reject": "bad:gibberish", "check-keep": "good:seed"}.get(
                case.rpartition("-")[0]
            )
            told = {
                "session_id": sitting, "reviewer": f"reader of {sitting}", "position": place, "planted": planted,
                "visible_ms": None if event == "undo" else CAREFUL_MS,
            }  # fmt: skip
            events.append(new_event(number, case, event, **(told | (changes[0] if changes else {}))))
        return {"cases": CASES.frame(rows), "reviews": REVIEWS.frame(events), "checks": checks}

    return tables


def sitting(name: str, verdicts: str, *, first: int = 0, **changes: Any) -> list[tuple[Any, ...]]:
    """Steps of a sitting from letters.

    k keep, r reject, s skip; B and b a bad check kept or not; G a good check kept, g said to be unreal, and
    c called real and rejected for its cell.
    """
    events = {"k": "keep", "r": "reject", "s": "skip", "B": "keep", "b": "reject", "G": "keep", "g": "reject", "c": "reject"}  # fmt: skip
    realistic = {"G": True, "g": False, "c": True}
    steps = []
    for n, letter in enumerate(verdicts):
        case = {"b": f"check-reject-{n % 20}", "g": f"check-keep-{n % 20}", "c": f"check-keep-{n % 20}"}.get(
            letter.lower(), f"p{first + n:03}"
        )
        steps.append((name, case, events[letter], {"realistic": realistic.get(letter)} | changes))
    return steps


def number(found: Audit, session: str, measure: str) -> dict[str, Any]:
    rows = found.numbers[(found.numbers["session_id"] == session) & (found.numbers["measure"] == measure)]
    assert len(rows) == 1
    return {str(name): value for name, value in rows.iloc[0].items()}


def test_what_was_taken_back_is_left_out_and_its_time_is_not(shop: Callable[..., Any]) -> None:
    made = decided(
        **shop(
            ("a", "p000", "keep", {"visible_ms": 8_000}), ("a", "p000", "undo"), ("a", "p000", "reject", {"visible_ms": 500}),
            ("a", "check-reject-1", "keep"), ("a", "check-reject-1", "undo", {"planted": "bad:gibberish"}),
            ("a", "check-reject-1", "reject", {"visible_ms": None}), ("a", "p001", "shown"), ("a", "p002", "keep"), ("a", "p002", "undo"),
        )
    )  # fmt: skip

    assert list(made) == list(COLUMNS)
    assert made[["case_id", "kind", "verdict", "kept", "seconds", "words"]].to_numpy().tolist() == [
        ["p000", "case", "reject", False, 8.5, 13.0],
        ["check-reject-1", "bad", "reject", False, 9.0, 13.0],
    ]


def test_adjudications_and_what_was_kept_elsewhere_are_no_decisions_of_a_sitting(
    shop: Callable[..., Any],
) -> None:
    made = decided(
        **shop(
            ("a", "p000", "keep"), ("b", "p000", "adjudicate", {"verdict": "reject"}),
            ("import-x", "p001", "imported", {"verdict": "keep"}), ("c", "p001", "imported", {"verdict": "keep", "visible_ms": None}),
        )
    )  # fmt: skip

    assert made[["session_id", "verdict"]].to_numpy().tolist() == [["a", "keep"], ["c", "keep"]]


def test_a_repeat_is_a_thing_of_its_own_and_tells_of_consistency(shop: Callable[..., Any]) -> None:
    again = [("a", f"p{n:03}", "keep" if n < 9 else "reject", {"planted": "repeat"}) for n in range(12)]
    found = audit(**shop(*sitting("a", "kkkkkkrrkkkkkkkkkkkk"), *again))
    same, kappa = number(found, "a", "consistency"), number(found, "a", "consistency_kappa")

    assert found.decisions["kind"].value_counts().to_dict() == {"case": 20, "repeat": 12}
    assert (same["estimate"], same["n"], same["method"]) == (pytest.approx(7 / 12), 12, "Wilson")
    assert kappa["estimate"] < 0.1
    assert number(found, "a", "keep_rate")["n"] == 20
    assert found.decisions.loc[found.decisions["kind"] == "repeat", "seconds"].isna().all()


def test_what_is_taken_back_of_a_repeat_leaves_the_first_decision_alone(shop: Callable[..., Any]) -> None:
    again = {"planted": "repeat"}
    steps = [("a", "p000", "keep"), ("a", "p000", "reject", again), ("a", "p000", "undo", again)]

    assert decided(**shop(*steps))[["kind", "verdict"]].to_numpy().tolist() == [["case", "keep"]]


def test_missed_checks_have_their_upper_bound(shop: Callable[..., Any]) -> None:
    found = audit(
        **shop(
            *sitting("clean", "b" * 10 + "kr" * 10),
            *sitting("lax", "B" * 6 + "b" * 4 + "GGg" + "kr" * 10, first=51),
        )
    )
    clean, lax = number(found, "clean", "missed_bad"), number(found, "lax", "missed_bad")

    assert (clean["estimate"], clean["low"], round(clean["high"], 2), clean["note"]) == (
        0,
        0,
        0.26,
        "0 of 10",
    )
    assert (lax["estimate"], lax["p"] < 0.001, lax["n"]) == (0.6, True, 10)
    assert (number(found, "lax", "rejected_good")["note"], lax["stands_out"]) == ("1 of 3", True)
    assert number(found, "clean", "rejected_good")["reason"] == "No such check was decided on."
    assert found.standing_out == ["lax"]
    assert str(found) == "2 sittings, 1 of which stand out"


def test_only_who_says_that_a_real_conversation_is_unreal_is_wrong(shop: Callable[..., Any]) -> None:
    """Which cell it belongs to is not known, so whoever calls it real and rejects it is not wrong."""
    found = audit(**shop(*sitting("calm", "kcGkgcG"), *sitting("picky", "kcckcc", first=60)))
    unasked = audit(
        **shop(
            *sitting("calm", "kgGkgG", realistic=None), *sitting("brief", "kgkg", first=60, realistic=None)
        )
    )

    assert number(found, "calm", "rejected_good")["note"] == "1 of 5"
    assert number(found, "picky", "rejected_good")["note"] == "0 of 4"
    assert number(unasked, "calm", "rejected_good")["note"] == "0 of 2"
    assert number(unasked, "brief", "rejected_good")["reason"] == NO_GOOD


def test_a_skipped_check_is_neither_missed_nor_caught(shop: Callable[..., Any]) -> None:
    steps = [("a", f"check-reject-{n}", "skip" if n < 3 else "reject") for n in range(10)]

    assert number(audit(**shop(*steps)), "a", "missed_bad")["note"] == "0 of 7"


def test_decisions_that_came_in_are_not_measured_and_not_zero(shop: Callable[..., Any]) -> None:
    steps = [("pack", f"p{n:03}", "imported", {"verdict": "keep" if n % 3 else "reject", "visible_ms": None, "position": None}) for n in range(60)]  # fmt: skip
    found = audit(**shop(*steps))

    for measure, reason in (
        ("seconds", NOT_MEASURED), ("fast", NOT_MEASURED), ("pace", NOT_MEASURED), ("follows_length", NOT_MEASURED),
        ("drift", NO_PLACE), ("streak", NO_PLACE), ("change_point", NO_PLACE),
        ("missed_bad", "No such check was decided on."), ("cell_bias", "No other sitting decided on these cells."),
    ):  # fmt: skip
        told = number(found, "pack", measure)
        assert (np.isnan(told["estimate"]), told["reason"]) == (True, reason)
    assert number(found, "pack", "keep_rate")["estimate"] == pytest.approx(2 / 3)
    doubts = found.survival.set_index("without")
    assert doubts["reason"].to_dict() == {
        "": "", "fast": NOT_MEASURED, "streak": NO_PLACE, "checks": NO_CHECK, "any": "None of these can be told.",
    }  # fmt: skip
    assert doubts["decisions"].isna().tolist() == [False, True, True, True, True]
    assert not found.numbers["stands_out"].any()
    assert number(found, ALL, "drift")["reason"] == "It takes two sittings with a slope each."


def test_fast_keeps_are_doubted_and_survival_stands_beside_itself_without_them(
    shop: Callable[..., Any],
) -> None:
    quick = sitting("a", "k" * 12 + "r" * 8, visible_ms=700)
    found = audit(**shop(*quick, *sitting("a", "kkkr" * 10, first=30)))
    rows = found.survival.set_index("without")

    assert number(found, "a", "fast")["estimate"] == pytest.approx(20 / 60)
    assert number(found, "a", "fast")["stands_out"]
    assert rows.loc["", ["decisions", "kept", "reviewed"]].tolist() == [0, 42, 60]
    assert rows.loc["fast", ["decisions", "kept", "reviewed"]].tolist() == [12, 30, 48]
    assert rows.loc["any", "survival"] == 30 / 48
    assert rows.loc["checks", "reason"] == NO_CHECK


def test_keeps_inside_a_flagged_streak_are_doubted(shop: Callable[..., Any]) -> None:
    found = audit(**shop(*sitting("a", "krr" * 20 + "k" * 30)))
    told = number(found, "a", "streak")

    assert (told["estimate"], told["note"]) == (30, "p^k 2e-08, flagged")
    assert told["stands_out"]
    assert found.survival.set_index("without").loc["streak", ["decisions", "kept", "reviewed"]].tolist() == [
        30,
        20,
        60,
    ]


def test_everything_of_a_sitting_that_missed_many_checks_is_doubted(shop: Callable[..., Any]) -> None:
    lax = sitting("lax", "B" * 6 + "b" * 4 + "krkk" * 5)
    other = [("second", "p010", "reject"), ("third", "p011", "adjudicate", {"verdict": "keep"})]
    found = audit(**shop(*lax, *other)).survival.set_index("without")

    assert found.loc["", ["decisions", "kept", "reviewed"]].tolist() == [0, 15, 20]
    # What others decided on the same cases stands.
    assert found.loc["checks", ["decisions", "kept", "reviewed"]].tolist() == [20, 1, 2]


def test_agreement_is_of_first_decisions_before_anybody_adjudicates(shop: Callable[..., Any]) -> None:
    first = sitting("a", "k" * 20 + "r" * 10, expected="refund")
    second = sitting("b", "k" * 18 + "r" * 12, expected="refund")
    later = [
        ("b", "p018", "keep", {"session_id": "b, later"}),
        ("c", "p019", "adjudicate", {"verdict": "keep"}),
        ("b", "p030", "keep"),
        ("a", "p030", "skip"),
    ]
    found = audit(**shop(*first, *second, *later), expected=("refund", "deny"))
    told = found.agreement.set_index(["question", "measure"])

    assert told.loc[("keep or not", "percent"), ["estimate", "n"]].tolist() == [28 / 30, 30]
    assert told.loc[("keep or not", "kappa"), "estimate"] == pytest.approx(0.8571, abs=0.0001)
    assert told.loc[("expected label", "percent"), "estimate"] == 1.0
    assert told.loc[("expected label", "kappa"), "reason"].startswith("All ratings are of one category")
    assert np.isnan(told.loc[("expected label", "alpha"), "estimate"])


def test_without_double_review_agreement_says_why_it_is_missing(shop: Callable[..., Any]) -> None:
    found = audit(**shop(*sitting("a", "kr" * 10))).agreement

    assert found["reason"].unique().tolist() == ["No case was judged by two raters."]
    assert found["estimate"].isna().all()


def test_a_sitting_that_treats_one_cell_unlike_the_others_is_named_with_the_cell(
    shop: Callable[..., Any],
) -> None:
    others = sitting("b", ("kkkk" * 4 + "rrrr") * 12)
    odd = sitting("a", ("rkkk" * 3 + "kkkr" + "krrk") * 12)
    told = number(audit(**shop(*odd, *others)), "a", "cell_bias")

    assert (told["note"], told["p"] < 0.01, told["estimate"] < -0.29) == ("angry/delay", True, True)


def test_a_trend_over_sittings_counts_each_sitting_once(shop: Callable[..., Any]) -> None:
    rising = "krrrkrkrrkkrkkkrkkkk" * 2
    found = audit(
        **shop(
            *[step for name in "abc" for step in sitting(name, rising if name != "c" else rising[1:] + "r")]
        )
    )
    slopes = [number(found, name, "drift")["estimate"] for name in "abc"]
    told = number(found, ALL, "drift")

    assert told["estimate"] == pytest.approx(np.mean(slopes))
    assert (told["n"], told["low"] < told["estimate"] < told["high"]) == (3, True)


def test_an_empty_workspace_has_no_sitting_and_nothing_given_is_changed(shop: Callable[..., Any]) -> None:
    empty = audit(CASES.frame(), REVIEWS.frame(), CHECKS.frame())
    assert (len(empty.decisions), len(empty.numbers), str(empty)) == (
        0,
        0,
        "0 sittings, 0 of which stand out",
    )

    given = shop(*sitting("a", "krBg" * 10))
    before = {name: frame.copy(deep=True) for name, frame in given.items()}
    audit(**given)
    for name, frame in given.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_time_is_held_against_length() -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(10, 400, 300).astype(float)
    seconds = 0.5 * (words + 1) ** 0.7 * rng.lognormal(0, 0.3, 300)
    seconds[7] = 0.4
    seconds[9] = np.nan
    z = robust_z(seconds, words)

    assert z[7] < -4
    assert np.isnan(z[9])
    assert np.nanstd(np.delete(z, 7)) == pytest.approx(1, abs=0.15)
    assert abs(np.corrcoef(np.delete(z, [7, 9]), np.log(np.delete(words, [7, 9])))[0, 1]) < 0.15
    assert np.isnan(robust_z(seconds[:5], words[:5])).all()


def test_the_chance_of_a_run_is_what_throwing_coins_gives() -> None:
    rng = np.random.default_rng(8)
    thrown = np.mean([longest(rng.random(200) < 0.77)[1] >= 20 for _ in range(2_000)])

    assert run_chance(200, 20, 0.77) == pytest.approx(thrown, abs=0.025)
    assert (run_chance(5, 6, 0.9), run_chance(5, 5, 0.5), run_chance(9, 0, 0.5)) == (0.0, 1 / 32, 1.0)


def test_the_test_of_cells_is_that_of_statsmodels_and_stands_where_that_divides_by_zero() -> None:
    rng = np.random.default_rng(2)
    n, m = rng.integers(5, 15, 20).astype(float), rng.integers(20, 40, 20).astype(float)
    kept, others = (
        rng.binomial(n.astype(int), 0.7).astype(float),
        rng.binomial(m.astype(int), 0.8).astype(float),
    )
    theirs = StratifiedTable(np.stack([np.stack([kept, n - kept]), np.stack([others, m - others])]))

    assert equal_odds(kept, n, others, m) == pytest.approx(theirs.test_equal_odds(adjust=True).pvalue)
    half = np.full(4, 5.0)
    assert equal_odds(half, 2 * half, half, 2 * half) == pytest.approx(1)


def test_holm_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        p = (rng.random(6) ** 3).tolist()
        assert holm(p) == multipletests(p, alpha=0.05, method="holm")[0].tolist()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (drift(np.ones(50, bool), np.arange(50.0), np.zeros(50)), "one kind"),
        (drift(np.arange(50) > 24, np.arange(50.0), np.zeros(50)), "do not overlap"),
        (drift(np.arange(10) % 2 > 0, np.arange(10.0), np.zeros(10)), "Fewer than 20"),
        (drift(np.arange(30) % 2 > 0, np.ones(30), np.zeros(30)), "one position"),
        (streak(np.zeros(50, bool)), "one kind"),
        (change_point(np.ones(50, bool), np.arange(50.0), np.zeros(50)), "one kind"),
        (cell_bias(np.ones((2, 3)), np.ones((2, 3)), "abc"), "Fewer than two cells"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_taken_says_why(told: Any, said: str) -> None:
    assert np.isnan([told.estimate, told.low, told.high, told.p]).all()
    assert said in told.reason


def test_the_point_of_change_is_where_the_rate_changes() -> None:
    kept = np.concatenate([np.arange(60) % 2 > 0, np.ones(40, bool)])
    told = change_point(kept, np.arange(100.0), np.zeros(100))

    assert (told.estimate, told.note) == (58.0, "49% kept before, 100% after")


def steady(n: int) -> list[list[Any]]:
    """The four sequences of a careful sitting."""
    return [["keep", "keep", "keep", "reject"] * (n // 4), [15_000.0] * n, [60] * n, [None] * n]


def test_a_break_is_suggested_for_haste_for_a_run_of_keeps_and_for_what_was_overlooked() -> None:
    hasty, running, lax = steady(40), steady(40), steady(40)
    hasty[1][20:] = [1_000.0] * 20
    running[0][10:] = ["keep"] * 30
    lax[3][::10] = [True] * 4

    assert tiring(*steady(40)) == ""
    assert [tiring(*story) for story in (hasty, running, lax)] == [BREAK] * 3


def test_the_sentence_is_the_same_for_all_and_tells_nothing_of_checks() -> None:
    for word in ("check", "plant", "miss", "wrong", "test", "fast", "keep", "reject"):
        assert word not in BREAK.lower()


def test_a_suggestion_never_stands_right_behind_what_was_overlooked() -> None:
    story = steady(40)
    story[3][30:34] = [True] * 4
    told = [n for n in range(1, 41) if tiring(*(part[:n] for part in story))]

    assert told == [40]
    assert all(n % EVERY == 0 for n in told)


def test_no_time_is_no_haste_and_a_skip_asks_for_no_reading() -> None:
    unmeasured, skipped = steady(40), steady(40)
    unmeasured[1] = [None] * 40
    skipped[0][20:], skipped[1][20:] = ["skip"] * 20, [300.0] * 20

    assert tiring(*unmeasured) == tiring(*skipped) == tiring([], [], [], []) == ""
