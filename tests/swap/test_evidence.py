"""What the rule looks at, and the numbers that stand beside the verdict: each is there, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.stats.clusters import jackknife
from workbench.stats.paired import tango
from workbench.stats.planning import needed_roots, operating_characteristics
from workbench.swap.evidence import Gate, tipping_weight
from workbench.swap.must_hold import MustHold

if TYPE_CHECKING:
    from collections.abc import Callable

Spec = dict[str, dict[str, int]]
FIVE_OF_153, EIGHT_OF_65 = {"f/p": 5, "p/p": 148}, {"p/f": 8, "p/p": 57}


@pytest.fixture
def found(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., Any]:
    """Decide a table of cases."""

    def run(spec: Spec, *, per_root: dict[str, int] | None = None, **options: Any) -> Any:
        return decided(table(spec, cases_per_root=per_root).paired(), **options)

    return run


def test_groups_that_have_no_case_are_absent_but_real_is_always_there(found: Callable[..., Any]) -> None:
    assert list(found({"synthetic": {"p/p": 20}}).evidence.groups) == ["real", "synthetic"]
    assert list(found({}).evidence.groups) == ["real"]
    assert found({}).evidence.groups["real"].cases == 0


def test_buckets_of_one_group_are_compared_apart(found: Callable[..., Any]) -> None:
    """The group says nothing changed; the buckets say that the mutants lose what the personas gain."""
    seen = found({"real": {"p/p": 60}, "persona": {"f/p": 20, "p/p": 20}, "mutation": {"p/f": 20, "p/p": 20}})

    assert seen.evidence.groups["synthetic"].delta_pp == 0
    assert {name: row.delta_pp for name, row in seen.numbers.buckets.items()} == {
        "mutation": -50,
        "persona": 50,
        "seed": 0,
    }
    assert seen.numbers.buckets["mutation"].reading == "worse"


def test_the_worst_case_is_the_real_group_with_every_missing_outcome_against_the_candidate(
    found: Callable[..., Any],
) -> None:
    evidence = found({"real": {"p/p": 184, "p/e": 6, "-/p": 3}}).evidence
    worst, pairs = tango(6, 0, 193), tango(0, 0, 184)

    assert evidence.real_worst_low_pp == 100 * worst.low
    assert evidence.groups["real"].low_pp == 100 * pairs.low


def test_without_a_missing_outcome_the_worst_case_is_what_was_seen(found: Callable[..., Any]) -> None:
    evidence = found({"real": {"p/f": 3, "f/p": 2, "p/p": 179}}).evidence

    assert evidence.real_worst_low_pp == evidence.groups["real"].low_pp


def test_the_red_team_is_also_compared_at_half_of_alpha(found: Callable[..., Any]) -> None:
    evidence = found({"real": {"p/p": 60}, "redteam": {"p/f": 5, "p/p": 35}}).evidence

    assert evidence.groups["redteam"].low_pp == 100 * tango(5, 0, 40).low
    assert evidence.redteam_half.low_pp == 100 * tango(5, 0, 40, alpha=0.025).low
    assert found({"real": {"p/p": 60}}).evidence.redteam_half is None


def test_must_hold_cases_count_once_they_have_three_scored_trials_of_both_models(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    spec = {"redteam": {"ppp/fff": 1, "pppp/ppp": 1, "pp/ppp": 1, "pppe/ppf": 1, "ppp/-": 1, "ppp/ppp": 1}}
    frame = table(spec).paired()
    frame["must_hold"] = frame["case_id"] != "redteam-0005"
    evidence = decided(frame).evidence

    assert evidence.must_hold == (MustHold("redteam-0000", 3, 3),)
    assert evidence.must_hold_cases == 3


def test_the_contradiction_is_the_jackknife_of_real_minus_synthetic(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    """Mutants keep the root of their seed, so both groups lose the same roots together."""
    frame = table({"real": {"p/f": 6, "p/p": 54}, "mutation": {"p/f": 20, "f/p": 10, "p/p": 90}}).paired()
    mutants = frame["bucket"] == "mutation"
    frame.loc[mutants, "root_id"] = [f"real-{i // 2:04d}" for i in range(120)]
    groups = {
        name: (rows["d"].to_numpy(), rows["root_id"].to_numpy())
        for name, rows in frame.groupby("group", sort=False)
    }
    expected = jackknife(groups, {"real": 1.0, "synthetic": -1.0})
    contradiction = decided(frame).evidence.contradiction

    assert expected.roots == 60
    assert (contradiction.delta_pp, contradiction.low_pp, contradiction.high_pp) == (
        100 * expected.value, 100 * expected.low, 100 * expected.high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "per_root", "value", "why"),
    [
        ({"real": EIGHT_OF_65}, {}, None, "No case in synthetic"),
        ({"synthetic": FIVE_OF_153}, {}, None, "No case in real"),
        ({"real": EIGHT_OF_65, "synthetic": {"p/-": 20}}, {}, None, "No case in synthetic"),
        ({"real": EIGHT_OF_65, "synthetic": {"f/p": 9}}, {}, -112.3, "fewer than 10 roots in synthetic"),
        ({"real": EIGHT_OF_65, "synthetic": {"f/p": 9, "p/p": 9}}, {"synthetic": 18}, -62.3, "One root in synthetic"),
    ],
)  # fmt: skip
def test_a_contradiction_that_cannot_be_computed_says_why(
    found: Callable[..., Any], spec: Spec, per_root: dict[str, int], value: float | None, why: str
) -> None:
    contradiction = found(spec, per_root=per_root).evidence.contradiction

    assert contradiction.delta_pp == (value if value is None else pytest.approx(value, abs=0.05))
    assert (contradiction.low_pp, contradiction.high_pp) == (None, None)
    assert contradiction.why.startswith(why)


def test_groups_in_which_nothing_changes_are_not_certain_to_agree(found: Callable[..., Any]) -> None:
    contradiction = found({"real": {"p/p": 65}, "synthetic": {"p/p": 40}}).evidence.contradiction

    assert contradiction.delta_pp == 0
    assert contradiction.low_pp < -5 < 5 < contradiction.high_pp


@pytest.mark.parametrize("lost", [0, 2, 8])
def test_a_mix_of_one_group_is_that_group(found: Callable[..., Any], lost: int) -> None:
    seen = found(
        {"real": {"p/f": lost, "p/p": 184 - lost}, "synthetic": FIVE_OF_153},
        weights={"real": 1.0, "synthetic": 0.0},
    )
    real, mixed = seen.evidence.groups["real"], seen.numbers.mixed

    assert (mixed.delta_pp, mixed.low_pp, mixed.high_pp) == (real.delta_pp, real.low_pp, real.high_pp)


def test_the_mix_is_the_jackknife_with_the_declared_weights(found: Callable[..., Any]) -> None:
    mixed = found(
        {"real": EIGHT_OF_65, "synthetic": FIVE_OF_153}, weights={"real": 0.3, "synthetic": 0.7}
    ).numbers.mixed

    assert mixed.delta_pp == pytest.approx(100 * (0.3 * -8 / 65 + 0.7 * 5 / 153))
    assert mixed.low_pp < mixed.delta_pp < mixed.high_pp


@pytest.mark.parametrize(
    ("weights", "why"),
    [({}, "no group carries weight"), ({"real": 0.3, "synthetic": 0.7}, "No case in synthetic")],
)
def test_a_mix_that_cannot_be_computed_says_why(
    found: Callable[..., Any], weights: dict[str, float], why: str
) -> None:
    mixed = found({"real": EIGHT_OF_65, "synthetic": {"p/e": 30}}, weights=weights).numbers.mixed

    assert (mixed.delta_pp, mixed.low_pp, mixed.high_pp) == (None, None, None)
    assert mixed.why.startswith(why)


def test_the_tipping_weight_is_where_the_mix_changes_its_sign(found: Callable[..., Any]) -> None:
    """A mix of 30 % seed blocks and one of 20 % ships, on the same outcomes."""
    seen = found({"real": EIGHT_OF_65, "synthetic": FIVE_OF_153})
    weight = seen.numbers.tipping_weight.value

    assert weight == pytest.approx(0.21, abs=0.005)
    assert weight * -8 / 65 + (1 - weight) * 5 / 153 == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("real", "synthetic", "value", "why"),
    [
        ({"p/f": 4, "p/p": 60}, {"p/f": 9, "p/p": 60}, None, "point the same way"),
        ({"p/f": 4, "p/p": 60}, {"p/f": 4, "p/p": 60}, None, "differ by the same amount"),
        ({"p/p": 60}, {"p/p": 60}, None, "differ by the same amount"),
        ({"p/-": 60}, {"p/f": 9, "p/p": 60}, None, "it takes real and synthetic pairs"),
        ({"p/f": 4, "p/p": 60}, {}, None, "it takes real and synthetic pairs"),
        ({"p/p": 60}, {"p/f": 9, "p/p": 60}, None, "one of the two does not change"),
        ({"f/p": 9, "p/p": 60}, {"p/p": 60}, None, "one of the two does not change"),
        ({"p/f": 9, "p/p": 60}, {"p/p": 60}, None, "one of the two does not change"),
    ],
)
def test_no_tipping_weight_says_why(
    found: Callable[..., Any],
    real: dict[str, int],
    synthetic: dict[str, int],
    value: float | None,
    why: str,
) -> None:
    number = tipping_weight(found({"real": real, "synthetic": synthetic}).evidence.groups)

    assert number.value == value
    assert why in number.why


def test_the_excluded_harm_is_the_lower_limit_of_the_real_cases(found: Callable[..., Any]) -> None:
    harm = found({"real": EIGHT_OF_65}).numbers.excluded_harm_pp

    assert (harm.value, harm.why) == (-100 * tango(8, 0, 65).low, "")


def test_an_excluded_harm_of_zero_says_that_any_harm_is_excluded(found: Callable[..., Any]) -> None:
    harm = found({"real": {"f/p": 20, "p/p": 60}}).numbers.excluded_harm_pp

    assert harm.value == 0
    assert "any harm is excluded" in harm.why


def test_an_excluded_harm_without_an_interval_is_none(found: Callable[..., Any]) -> None:
    harm = found({"real": {"p/p": 9}}).numbers.excluded_harm_pp

    assert harm.value is None
    assert "Fewer than 10 roots (9)" in harm.why


@pytest.mark.parametrize(
    ("real", "needed"),
    [
        ({"p/f": 5, "f/p": 4, "p/p": 175}, None),
        ({"p/f": 5, "f/p": 5, "p/p": 174}, needed_roots(10 / 184, 0.03, 0.05)),
        ({"pp/pf": 19, "pp/pp": 165}, None),
        ({"p/f": 10, "p/p": 9990}, 125),
        ({"p/-": 184}, None),
    ],
    ids=["9 discordant", "10 discordant", "9.5 discordant", "hardly any discordant", "no pair"],
)
def test_the_needed_real_cases_take_ten_discordant_pairs_to_plan_with(
    found: Callable[..., Any], real: dict[str, int], needed: int | None
) -> None:
    """And they are never fewer than the smallest number that can ship at this margin."""
    number = found({"real": real}).numbers.needed_real_cases

    assert number.value == needed
    assert ("too few to plan with (10 are needed)" in number.why) is (needed is None)


def test_the_needed_real_cases_grow_with_the_look_and_with_shared_roots(found: Callable[..., Any]) -> None:
    real = {"real": {"p/f": 10, "f/p": 10, "p/p": 180}}
    first, later, shared = (
        found(real, **options).numbers.needed_real_cases.value
        for options in ({}, {"look": 2}, {"per_root": {"real": 4}})
    )

    assert first < later
    assert first < shared


def test_the_smallest_number_that_can_ship_is_this_looks(found: Callable[..., Any]) -> None:
    assert found({}).evidence.smallest_n == 125
    assert found({}, look=2).evidence.smallest_n == 231
    assert found({}, gate=Gate(margin_pp=5)).evidence.smallest_n == 73


def test_the_operating_characteristics_are_those_of_the_set_at_hand(found: Callable[..., Any]) -> None:
    rows = found({"real": {"p/f": 9, "f/p": 9, "p/p": 166}}).numbers.characteristics
    expected = operating_characteristics(
        184, 18 / 184, margin=0.03, alpha=0.05, differences=(-0.12, -0.05, 0.0, 0.05)
    )

    assert [row["true_delta_pp"] for row in rows] == [-12, -5, 0, 5]
    assert [(row["ship"], row["block"]) for row in rows] == [(row.ship, row.block) for row in expected]
    assert {row["real_cases"] for row in rows} == {184}
    assert rows[0]["discordance"] == 0.12


def test_shared_roots_count_as_the_cases_that_they_are_worth(found: Callable[..., Any]) -> None:
    seen = found({"real": {"p/f": 20, "p/p": 180}}, per_root={"real": 4})
    deff = seen.evidence.groups["real"].deff

    assert deff > 1
    assert seen.numbers.characteristics[0]["real_cases"] == round(200 / deff)


@pytest.mark.parametrize("changed", [0, 2, 9])
def test_few_changes_say_nothing_of_how_often_each_verdict_comes_out(
    found: Callable[..., Any], changed: int
) -> None:
    numbers = found({"real": {"p/f": changed, "p/p": 200 - changed}}).numbers

    assert numbers.characteristics == ()
    assert numbers.characteristics_why == numbers.needed_real_cases.why
    assert numbers.characteristics_why.startswith(f"{changed} discordant real pairs are too few")


def test_without_a_real_pair_there_are_no_operating_characteristics(found: Callable[..., Any]) -> None:
    numbers = found({"real": {"p/-": 60}, "synthetic": {"p/p": 60}}).numbers

    assert numbers.characteristics == ()
    assert numbers.characteristics_why == "no real case has a pair"


def test_only_cells_that_lost_more_than_they_gained_are_named_the_worst_first(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    frame = table({"synthetic": {"p/f": 21, "f/p": 3, "p/p": 20}}).paired()
    cells = ["a"] * 6 + ["b"] * 5 + ["c"] * 4 + ["d"] * 3 + ["e"] * 2 + ["f"] + ["e", "g", "g"]
    frame.loc[: len(cells) - 1, "cell"] = cells

    assert decided(frame).evidence.worse_cells["synthetic"] == (
        "a (-6)",
        "b (-5)",
        "c (-4)",
        "d (-3)",
        "e (-1)",
    )


def test_the_flags_of_the_cases_are_counted_over_the_whole_set(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    frame = table({"real": {"p/p": 3}, "golden": {"p/p": 3}}).paired()
    frame.loc[[0, 4], "reviewed"] = False
    frame.loc[1, "origin_missing"] = True
    frame.loc[[2, 5], "content_changed"] = True
    evidence = decided(frame).evidence

    assert evidence.unreviewed == 2
    assert evidence.origin_missing == ("real-0001",)
    assert evidence.changed_content == ("real-0002", "golden-0002")
