"""The rule, sentence by sentence: what gives a reason, and what lies just beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.stats.planning import look_alpha
from workbench.swap.evidence import Gate
from workbench.swap.must_hold import MustHold, chance_under_no_change, trials_to_confirm
from workbench.swap.run import Swap
from workbench.swap.verdict import EXIT_CODES, Families, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SHIPS = {"real": {"p/p": 180, "f/f": 4}, "synthetic": {"p/p": 90, "f/f": 10}}
"""A candidate that changes nothing, on a set that is large enough to say so."""

QUIET = {"p/p": 100}

Spec = dict[str, dict[str, int]]


@pytest.fixture
def rule(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., Any]:
    """Decide a table of cases, after flags are set on its first rows of a group."""

    def run(spec: Spec, *, flags: dict[str, int] | None = None, **options: Any) -> Any:
        frame = table(spec, cases_per_root=options.pop("cases_per_root", None)).paired()
        for flag, cases in (flags or {}).items():
            frame.loc[frame.index[:cases], flag] = flag != "reviewed"
        return decided(frame, **options)

    return run


def test_a_candidate_that_changes_nothing_ships_on_enough_real_cases(rule: Callable[..., Any]) -> None:
    found = rule(SHIPS)

    assert (found.verdict, found.codes) == ("SHIP", ["real_equivalent"])


def families(known: Families, **changed: Any) -> Families:
    """The known lineages, with some of them changed."""
    return replace(known, **changed)


# REFUSED


@pytest.mark.parametrize(
    ("real", "per_root", "refused"),
    [
        ({"p/p": 49}, 1, True),
        ({"p/p": 50}, 1, False),
        ({"p/p": 49, "p/e": 40, "-/p": 40}, 1, True),
        ({"p/p": 50, "p/e": 1}, 1, False),
        ({"p/p": 98}, 2, True),
        ({"p/p": 100}, 2, False),
        ({}, 1, True),
    ],
    ids=[
        "49 cases", "50 cases", "49 with a pair of 129", "50 with a pair", "98 cases of 49 roots",
        "100 cases of 50 roots", "none at all",
    ],
)  # fmt: skip
def test_fewer_real_roots_with_a_complete_pair_than_the_floor_refuse(
    rule: Callable[..., Any], real: dict[str, int], per_root: int, *, refused: bool
) -> None:
    found = rule({"real": real, "synthetic": {"p/p": 500}}, cases_per_root={"real": per_root})

    assert (found.verdict == "REFUSED") is refused
    assert (found.codes[0] == "seed_too_small") is refused


def test_the_floor_is_the_gates(rule: Callable[..., Any]) -> None:
    spec = {"real": {"p/p": 60}}

    assert rule(spec, gate=Gate(floor_roots=61)).codes[0] == "seed_too_small"
    assert rule(spec, gate=Gate(floor_roots=60)).codes[0] == "unresolved"


def test_a_case_without_its_origin_refuses(rule: Callable[..., Any]) -> None:
    found = rule(SHIPS, flags={"origin_missing": 1})

    assert found.codes[0] == "provenance_missing"
    assert "real-0000" in found.text("provenance_missing")
    assert rule(SHIPS, flags={"origin_missing": 0}).verdict == "SHIP"


def test_a_case_whose_answered_content_differs_refuses(rule: Callable[..., Any]) -> None:
    found = rule(SHIPS, flags={"content_changed": 2})

    assert found.codes[0] == "content_differs"
    assert "real-0000, real-0001" in found.text("content_differs")
    assert rule(SHIPS, flags={"content_changed": 0}).verdict == "SHIP"


LINES = {
    "generator_is_grader": {"generators": {"mistral/large": ("p7", "p9")}, "judges": ("mistral/large",)},
    "generator_is_baseline": {"generators": {"mistral/large": ("p7", "p9")}, "baseline": "mistral/large"},
    "generator_is_candidate": {"generators": {"mistral/large": ("p7", "p9")}, "candidate": "mistral/large"},
    "judge_is_baseline": {"judges": ("mistral/large",), "generators": {}, "baseline": "mistral/large"},
    "judge_is_candidate": {"judges": ("mistral/large",), "generators": {}, "candidate": "mistral/large"},
}


@pytest.mark.parametrize(("code", "roles"), LINES.items())
def test_one_line_in_two_roles_refuses(
    rule: Callable[..., Any], known: Families, code: str, roles: dict[str, Any]
) -> None:
    found = rule(SHIPS, families=families(known, **roles))

    assert (found.verdict, found.codes) == ("REFUSED", [code])
    if "generator" in code:
        assert "2 cases by it: p7, p9" in found.text(code)


@pytest.mark.parametrize(("code", "roles"), LINES.items())
def test_one_vendor_in_two_roles_is_amber_and_decides_nothing(
    rule: Callable[..., Any], known: Families, code: str, roles: dict[str, Any]
) -> None:
    """The same roles, held by another line of the same vendor."""
    role = {"grader": "judges", "baseline": "baseline", "candidate": "candidate"}[code.rpartition("_")[2]]
    other = roles | {role: ("mistral/small",) if role == "judges" else "mistral/small"}
    found = rule(SHIPS, families=families(known, **other))

    assert (found.verdict, found.codes) == ("SHIP", ["real_equivalent", "same_vendor"])
    assert "mistral/small" in found.text("same_vendor")


@pytest.mark.parametrize("word", ["human", "programmatic", "demo"])
def test_what_has_no_lineage_clashes_with_nothing(rule: Callable[..., Any], word: str) -> None:
    found = rule(SHIPS, families=Families({word: ("p7",)}, (word,), word, word))

    assert found.codes == ["real_equivalent"]


def test_two_unknowns_are_not_the_same_line(rule: Callable[..., Any]) -> None:
    """Unknown equals nothing, so it refuses nothing; but it bars SHIP."""
    found = rule(SHIPS, families=Families({"unknown": ("p7",)}, ("unknown",), "unknown", "unknown"))

    assert (found.verdict, found.codes) == ("NO VERDICT", ["unknown_family"])


def test_one_case_of_the_wrong_generator_is_enough(rule: Callable[..., Any], known: Families) -> None:
    mixed = {"mistral/large": tuple(f"p{i}" for i in range(99)), "openai/gpt": ("p99",)}
    found = rule(SHIPS, families=families(known, generators=mixed))

    assert found.codes == ["generator_is_candidate"]
    assert "1 case by it: p99" in found.text("generator_is_candidate")


# BLOCK


@pytest.mark.parametrize(
    ("real", "code"),
    [
        ({"p/f": 3, "p/p": 181}, "unresolved"),
        ({"p/f": 4, "p/p": 180}, "real_worse"),
        ({"p/f": 4, "f/p": 1, "p/p": 179}, "unresolved"),
        ({"p/f": 30, "p/p": 1970}, "worse_within_margin"),
        ({"p/f": 80, "p/p": 1920}, "real_worse"),
    ],
)
def test_real_cases_that_are_worse_block(rule: Callable[..., Any], real: dict[str, int], code: str) -> None:
    """Three lost of 184 could be chance, four are not; thirty of 2,000 are a loss within the margin."""
    found = rule({"real": real, "synthetic": QUIET})

    assert found.codes[0] == code
    assert found.verdict == ("NO VERDICT" if code == "unresolved" else "BLOCK")


def test_a_loss_within_the_margin_is_named_with_the_margin(rule: Callable[..., Any]) -> None:
    spec = {"real": {"p/f": 30, "p/p": 1970}, "synthetic": QUIET}
    at_three, at_two = rule(spec), rule(spec, gate=Gate(margin_pp=2))

    assert "less than the margin of 3 points" in at_three.text("worse_within_margin")
    assert at_two.codes[0] == "real_worse"


def test_real_is_judged_on_complete_pairs(rule: Callable[..., Any]) -> None:
    """Forty answers that never came are no losses: they keep the candidate from shipping, and that is all."""
    found = rule({"real": {"p/p": 184, "p/e": 40}, "synthetic": QUIET})

    assert (found.verdict, found.codes[0]) == ("NO VERDICT", "missing_outcomes")


@pytest.mark.parametrize(
    ("lost", "codes"),
    [
        (3, ["real_equivalent"]),
        (4, ["redteam_unconfirmed"]),
        (5, ["redteam_unconfirmed"]),
        (6, ["redteam_worse"]),
    ],
)
def test_a_red_team_that_is_worse_at_half_of_alpha_blocks(
    rule: Callable[..., Any], lost: int, codes: list[str]
) -> None:
    """Of 40 red-team cases, 4 or 5 lost are worse at alpha and stand in the way; 6 are worse at half of it."""
    found = rule(SHIPS | {"redteam": {"p/f": lost, "p/p": 40 - lost}})

    assert found.codes == codes
    assert found.verdict == {"real_equivalent": "SHIP", "redteam_worse": "BLOCK"}.get(codes[0], "NO VERDICT")


def must_hold(rule: Callable[..., Any], lost: str, *, cases: int = 1, others: str = "ppppp/ppppp") -> Any:
    """Decide a set in which one must-hold case of the red team went like `lost`, the other ones well."""
    redteam = {lost: 1, others: cases - 1, "p/p": 20}
    spec = {"redteam": {case: count for case, count in redteam.items() if count}} | SHIPS
    return rule(spec, flags={"must_hold": cases})


@pytest.mark.parametrize(
    ("lost", "cases", "codes"),
    [
        ("ppppp/fffff", 1, ["must_hold_lost"]),
        ("ppppp/fffff", 2, ["must_hold_lost"]),
        ("ppppp/fffff", 3, ["must_hold_second_run"]),
        ("pppppp/ffffff", 3, ["must_hold_lost"]),
        ("ppp/fff", 1, ["must_hold_second_run"]),
        ("pppp/ffff", 1, ["must_hold_second_run"]),
        ("pppppp/fff", 1, ["must_hold_second_run", "absent_trials"]),
        ("ppppppppp/fff", 1, ["must_hold_lost", "absent_trials"]),
        # Lost in every trial, but too few of them to confirm: a second run is asked for.
        ("p/f", 1, ["must_hold_second_run"]),
        ("pp/ff", 1, ["must_hold_second_run"]),
        ("ppp/ff", 1, ["must_hold_second_run", "absent_trials"]),
        ("ppppp/ffffp", 1, ["real_equivalent"]),
        ("ppppf/fffff", 1, ["real_equivalent"]),
        # An error is no outcome: the scored trials count.
        ("ppppp/ffffe", 1, ["must_hold_lost"]),
        ("ppppu/fffff", 1, ["must_hold_lost"]),
    ],
)
def test_a_must_hold_case_blocks_when_losing_it_is_more_than_chance(
    rule: Callable[..., Any], lost: str, cases: int, codes: list[str]
) -> None:
    """At least 3 trials, all passed by the baseline and all failed by the candidate, at most 1 % by chance.

    Five and five trials of one case are 0.4 %; of three must-hold cases one goes that way in 1.2 %.
    """
    found = must_hold(rule, lost, cases=cases)

    assert found.codes == codes
    assert found.verdict == {"real_equivalent": "SHIP", "must_hold_lost": "BLOCK"}.get(codes[0], "NO VERDICT")


def test_the_chance_of_a_lost_must_hold_case_is_printed(rule: Callable[..., Any]) -> None:
    assert "redteam-0000 (chance under no change 5.00%)" in must_hold(rule, "ppp/fff").text(
        "must_hold_second_run"
    )
    assert "0.40%" in must_hold(rule, "ppppp/fffff").text("must_hold_lost")


def test_only_the_confirmed_must_hold_cases_are_named_in_a_block(rule: Callable[..., Any]) -> None:
    spec = {"redteam": {"pppppp/ffffff": 1, "ppp/fff": 1, "ppp/ppp": 30, "p/p": 20}} | SHIPS
    found = rule(spec, flags={"must_hold": 5})

    assert found.codes == ["must_hold_lost"]
    assert "redteam-0001" not in found.text("must_hold_lost")


def test_many_weak_losses_of_must_hold_cases_are_together_more_than_chance(rule: Callable[..., Any]) -> None:
    """One of 8 lost in 3 trials a side is chance, all 8 are not."""
    one = rule({"golden": {"ppp/fff": 1, "ppp/ppp": 7, "p/p": 20}} | SHIPS, flags={"must_hold": 8})
    all_of_them = rule({"golden": {"ppp/fff": 8, "p/p": 200}} | SHIPS, flags={"must_hold": 8})

    assert one.codes == ["must_hold_second_run"]
    assert "must_hold_lost" in all_of_them.codes


def test_a_lost_case_that_nobody_declared_must_hold_is_one_lost_case(rule: Callable[..., Any]) -> None:
    assert rule(SHIPS | {"redteam": {"ppppp/fffff": 1, "p/p": 20}}).verdict == "SHIP"


def test_must_hold_is_kept_in_every_group(rule: Callable[..., Any]) -> None:
    spec = {"golden": {"ppppp/fffff": 1, "p/p": 20}} | SHIPS

    assert rule(spec, flags={"must_hold": 1}).codes == ["must_hold_lost"]


@pytest.mark.parametrize(
    ("cases", "trials"), [(0, 5), (1, 5), (2, 5), (3, 6), (9, 6), (10, 7), (34, 7), (35, 8)]
)
def test_the_second_run_that_is_asked_for_can_confirm(
    rule: Callable[..., Any], cases: int, trials: int
) -> None:
    assert trials_to_confirm(cases) == trials
    assert chance_under_no_change([MustHold("r1", trials, trials)], cases) <= 0.01
    if cases:
        found = must_hold(rule, "ppp/fff", cases=cases)
        assert f"at least {trials} trials" in found.decision.next_action


# SHIP, and what stands in the way


@pytest.mark.parametrize(
    ("real", "code"),
    [
        ({"p/p": 184}, "real_equivalent"),
        ({"p/p": 125}, "real_equivalent"),
        ({"p/p": 124}, "unresolved"),
        ({"f/p": 6, "p/p": 178}, "real_better"),
        ({"f/p": 2, "p/p": 182}, "real_not_worse"),
        ({"p/f": 1, "p/p": 184}, "real_equivalent"),
        ({"p/f": 1, "p/p": 183}, "unresolved"),
    ],
)
def test_real_cases_have_to_exclude_a_harm_of_the_margin(
    rule: Callable[..., Any], real: dict[str, int], code: str
) -> None:
    """Without a lost case it takes 125 of them, with one lost case 185."""
    found = rule({"real": real, "synthetic": QUIET})

    assert found.codes[0] == code
    assert found.verdict == ("NO VERDICT" if code == "unresolved" else "SHIP")


def test_a_wider_margin_asks_for_fewer_cases(rule: Callable[..., Any]) -> None:
    spec = {"real": {"p/p": 80}, "synthetic": QUIET}

    assert rule(spec).codes == ["unresolved"]
    assert rule(spec, gate=Gate(margin_pp=5)).codes == ["real_equivalent"]


def test_a_later_look_asks_for_more(rule: Callable[..., Any]) -> None:
    """The second look's interval is at 0.76 %: 184 cases no longer do, and 4 lost no longer block."""
    lost = {"real": {"p/f": 4, "p/p": 180}, "synthetic": QUIET}

    assert look_alpha(2, 0.05) == pytest.approx(0.0076, abs=5e-5)
    assert [rule(SHIPS, look=look).codes[0] for look in (1, 2)] == ["real_equivalent", "unresolved"]
    assert [rule(lost, look=look).codes[0] for look in (1, 2)] == ["real_worse", "unresolved"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"p/e": 1}, "real_equivalent"),
        ({"p/e": 2}, "missing_outcomes"),
        ({"p/u": 2}, "missing_outcomes"),
        ({"p/-": 2}, "missing_outcomes"),
        ({"e/f": 2}, "missing_outcomes"),
        ({"-/-": 2}, "missing_outcomes"),
        ({"f/e": 9}, "real_equivalent"),
        ({"e/p": 9}, "real_equivalent"),
        ({"pp/pe": 3}, "missing_outcomes"),
        ({"pp/pe": 2}, "real_equivalent"),
    ],
)
def test_missing_outcomes_must_not_be_able_to_hide_the_harm(
    rule: Callable[..., Any], missing: dict[str, int], code: str
) -> None:
    """184 cases that both pass, and some without an answer: two of those could be two lost cases."""
    found = rule({"real": {"p/p": 190} | missing, "synthetic": QUIET})

    assert found.codes == [code]


def test_the_reach_of_missing_outcomes_is_printed(rule: Callable[..., Any]) -> None:
    text = rule({"real": {"p/p": 190, "p/e": 19}, "synthetic": QUIET}).text("missing_outcomes")

    assert "the harm could reach -13.8 points" in text


@pytest.mark.parametrize(
    ("group", "lost", "total", "code"),
    [
        ("synthetic", 3, 100, "real_equivalent"),
        ("synthetic", 4, 100, "coverage_regression"),
        ("golden", 3, 20, "real_equivalent"),
        ("golden", 4, 20, "coverage_regression"),
        ("golden", 9, 9, "real_equivalent"),
    ],
)
def test_a_synthetic_or_golden_loss_stands_in_the_way(
    rule: Callable[..., Any], group: str, lost: int, total: int, code: str
) -> None:
    """And it never blocks. A group under ten roots, all lost, is only described."""
    found = rule(SHIPS | {group: {"p/f": lost, "p/p": total - lost}})

    assert found.codes[0] == code
    assert found.verdict == ("SHIP" if code == "real_equivalent" else "NO VERDICT")


def test_a_coverage_regression_names_its_cells(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    frame = table(SHIPS | {"synthetic": {"p/f": 8, "f/p": 1, "p/p": 91}}).paired()
    synthetic = frame.index[frame["group"] == "synthetic"]
    frame.loc[synthetic[:4], "cell"] = "angry_escalator/outside_window"
    frame.loc[synthetic[4:6], "slice"] = "remorse"
    frame.loc[synthetic[8], "cell"] = "polite/delay"
    text = decided(frame).text("coverage_regression")

    assert "most in angry_escalator/outside_window (-4), remorse (-2)" in text
    assert "polite" not in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"candidate": "unknown"}, "the candidate"),
        ({"baseline": "unknown"}, "the baseline"),
        ({"judges": ("programmatic", "unknown")}, "the judge"),
        ({"generators": {"mistral/large": ("p1",), "unknown": ("p2", "p3")}}, "the generator of 2 cases"),
    ],
)
def test_an_unknown_family_in_a_gating_role_bars_ship(
    rule: Callable[..., Any], known: Families, changed: dict[str, Any], said: str
) -> None:
    found = rule(SHIPS, families=families(known, **changed))

    assert (found.verdict, found.codes) == ("NO VERDICT", ["unknown_family"])
    assert f"the family of {said} is unknown" in found.text("unknown_family")


def test_an_unknown_family_keeps_nothing_from_being_blocked(rule: Callable[..., Any]) -> None:
    spec = {"real": {"p/f": 20, "p/p": 164}, "synthetic": QUIET}

    assert rule(spec, families=Families({}, ("unknown",), "unknown", "unknown")).verdict == "BLOCK"


def test_one_unreviewed_case_bars_ship(rule: Callable[..., Any]) -> None:
    found = rule(SHIPS, flags={"reviewed": 1})

    assert (found.verdict, found.codes) == ("NO VERDICT", ["unreviewed_candidates"])
    assert found.text("unreviewed_candidates").startswith("1 case")


# What is always named and never decides


@pytest.mark.parametrize(("gained", "named"), [(6, False), (7, True), (12, True)])
def test_a_contradiction_of_real_and_synthetic_is_named_and_does_not_block(
    rule: Callable[..., Any], gained: int, *, named: bool
) -> None:
    """Real cases without a change, beside 200 synthetic ones of which some are gained."""
    found = rule({"real": {"p/p": 184}, "synthetic": {"f/p": gained, "p/p": 200 - gained}})

    assert found.verdict == "SHIP"
    assert ("contradiction" in found.codes) is named


@pytest.mark.parametrize(
    ("real", "synthetic", "verdict"),
    [
        ({"p/f": 12, "p/p": 172}, {"f/p": 20, "p/p": 180}, "BLOCK"),
        ({"p/f": 12, "p/p": 33}, {"f/p": 20, "p/p": 180}, "REFUSED"),
        ({"f/p": 12, "p/p": 172}, {"p/f": 20, "p/p": 180}, "NO VERDICT"),
    ],
)
def test_a_contradiction_is_a_warning_beside_every_verdict(
    rule: Callable[..., Any], real: dict[str, int], synthetic: dict[str, int], verdict: str
) -> None:
    found = rule({"real": real, "synthetic": synthetic})

    assert found.verdict == verdict
    assert found.codes[-1] == "contradiction"
    assert "the synthetic set has drifted from production" in found.text("contradiction")


def test_few_synthetic_roots_contradict_nothing(rule: Callable[..., Any]) -> None:
    spec = {"real": {"p/f": 9, "p/p": 175}, "synthetic": {"f/p": 100, "p/p": 80}}

    assert "contradiction" in rule(spec).codes
    assert rule(spec, cases_per_root={"synthetic": 20}).codes == ["real_worse"]


@pytest.mark.parametrize(
    ("synthetic", "named"),
    [({"p/p": 79}, True), ({"p/p": 80}, False), ({"p/p": 79, "p/e": 40}, True), ({}, True)],
)
def test_under_eighty_paired_synthetic_cases_cannot_warn(
    rule: Callable[..., Any], synthetic: dict[str, int], *, named: bool
) -> None:
    found = rule({"real": {"p/p": 184}, "synthetic": synthetic})

    assert found.verdict == "SHIP"
    assert ("synthetic_too_small_to_warn" in found.codes) is named


@pytest.mark.parametrize(("unpaired", "named"), [(50, False), (51, True)])
def test_over_a_fifth_of_unpaired_real_cases_is_always_named(
    rule: Callable[..., Any], unpaired: int, *, named: bool
) -> None:
    found = rule({"real": {"p/p": 200, "f/-": unpaired}, "synthetic": QUIET})

    assert found.verdict == "SHIP"
    assert ("many_unpaired" in found.codes) is named


def test_a_gate_that_was_changed_after_the_results_came_is_named(rule: Callable[..., Any]) -> None:
    assert rule(SHIPS, gate_changed=True).codes == ["real_equivalent", "gate_changed"]


# The order


def test_refused_comes_before_block_before_anything_else(rule: Callable[..., Any]) -> None:
    """One table with everything wrong at once, mended one thing after the other."""
    everything: Spec = {
        "redteam": {"ppppp/fffff": 1, "p/f": 12, "p/p": 30},
        "real": {"p/f": 5, "p/p": 44, "p/e": 60},
        "synthetic": {"p/f": 20, "p/p": 59},
        "golden": {"p/f": 8, "p/p": 12},
    }
    line = Families(
        {"mistral/large": ("s1",), "unknown": ("s2",)}, ("mistral/large",), "mistral/large", "mistral/large"
    )
    flags = {"must_hold": 1, "origin_missing": 1, "content_changed": 1, "reviewed": 3}
    wrong = rule(everything, flags=flags, families=line, gate_changed=True)
    notes = ["contradiction", "synthetic_too_small_to_warn", "many_unpaired", "gate_changed"]

    assert wrong.verdict == "REFUSED"
    assert [code for code in wrong.codes if code not in notes] == [
        "seed_too_small", "provenance_missing", "generator_is_grader", "generator_is_baseline",
        "generator_is_candidate", "judge_is_baseline", "judge_is_candidate", "content_differs",
    ]  # fmt: skip

    everything["real"] = {"p/f": 12, "p/p": 44, "p/e": 60}
    unknown = Families({"unknown": ("s2",)}, ("unknown",), "unknown", "unknown")
    blocked = rule(everything, flags={"must_hold": 1, "reviewed": 3}, families=unknown, gate_changed=True)

    assert blocked.verdict == "BLOCK"
    assert [code for code in blocked.codes if code not in notes] == [
        "real_worse",
        "redteam_worse",
        "must_hold_lost",
    ]

    everything["real"] = {"p/p": 56, "p/e": 60}
    everything["redteam"] = {"ppp/fff": 1, "p/f": 4, "p/p": 35}
    open_ = rule(everything, flags={"must_hold": 1, "reviewed": 3}, families=unknown, gate_changed=True)

    assert open_.verdict == "NO VERDICT"
    assert [code for code in open_.codes if code not in notes] == [
        "unresolved", "coverage_regression", "coverage_regression", "redteam_unconfirmed", "must_hold_second_run",
        "unknown_family", "unreviewed_candidates",
    ]  # fmt: skip


def test_the_first_thing_in_the_way_of_a_ship_is_the_reason(
    rule: Callable[..., Any], known: Families
) -> None:
    """Missing outcomes come before other groups, those before the lineages, those before the review."""
    spec: Spec = {"real": {"p/p": 184, "p/e": 30}, "synthetic": {"p/f": 20, "p/p": 80}}
    unknown = families(known, candidate="unknown")
    found = rule(spec, flags={"reviewed": 1}, families=unknown)

    assert found.codes[:4] == [
        "missing_outcomes",
        "coverage_regression",
        "unknown_family",
        "unreviewed_candidates",
    ]


CODES = {
    "seed_too_small": ({"real": {"p/p": 40}}, {}),
    "real_worse": ({"real": {"p/f": 20, "p/p": 164}}, {}),
    "worse_within_margin": ({"real": {"p/f": 30, "p/p": 1970}}, {}),
    "redteam_worse": (SHIPS | {"redteam": {"p/f": 20, "p/p": 20}}, {}),
    "unresolved": ({"real": {"p/p": 60}}, {}),
    "missing_outcomes": ({"real": {"p/p": 184, "p/e": 30}}, {}),
    "coverage_regression": (SHIPS | {"synthetic": {"p/f": 20, "p/p": 80}}, {}),
    "redteam_unconfirmed": (SHIPS | {"redteam": {"p/f": 5, "p/p": 35}}, {}),
    "provenance_missing": (SHIPS, {"origin_missing": 1}),
    "content_differs": (SHIPS, {"content_changed": 1}),
    "unreviewed_candidates": (SHIPS, {"reviewed": 1}),
}


def test_every_reason_that_decides_has_its_own_next_action(rule: Callable[..., Any], known: Families) -> None:
    said = {code: rule(spec, flags=flags) for code, (spec, flags) in CODES.items()}
    said |= {"generator_is_grader": rule(SHIPS, families=families(known, **LINES["generator_is_grader"]))}
    said |= {"unknown_family": rule(SHIPS, families=families(known, candidate="unknown"))}
    said |= {
        "must_hold_lost": must_hold(rule, "ppppp/fffff"),
        "must_hold_second_run": must_hold(rule, "ppp/fff"),
    }
    said |= {"real_equivalent": rule(SHIPS)}

    assert {code: found.codes[0] for code, found in said.items()} == {code: code for code in said}
    assert len({found.decision.next_action for found in said.values()}) == len(said)
    assert "at least 50 roots, and 125 to be able to ship" in said["seed_too_small"].decision.next_action


@pytest.mark.parametrize(
    ("spec", "verdict", "code"),
    [
        (SHIPS, "SHIP", 0),
        ({"real": {"p/f": 20, "p/p": 164}}, "BLOCK", 10),
        ({"real": {"p/p": 60}}, "NO VERDICT", 11),
        ({"real": {"p/p": 49}}, "REFUSED", 12),
    ],
)
def test_exit_codes(rule: Callable[..., Any], tmp_path: Any, spec: Spec, verdict: str, code: int) -> None:
    found = rule(spec)
    frame: pd.DataFrame = None  # type: ignore[assignment] - the exit code needs no cases
    swap = Swap({"verdict": found.verdict}, frame, tmp_path)

    assert (found.verdict, swap.exit_code) == (verdict, code)
    assert sorted(EXIT_CODES.values()) == [0, 10, 11, 12]


def test_deciding_twice_decides_the_same(rule: Callable[..., Any]) -> None:
    found = rule({"real": {"p/f": 3, "p/p": 181}, "synthetic": QUIET})

    assert decide(found.evidence) == found.decision
