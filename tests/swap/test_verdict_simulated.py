"""What the rule does, over seeded draws of swaps whose truth is known.

Every draw goes through the product's own intervals and the rule itself. Bounds are asserted with
two Monte Carlo errors. A case's difference is drawn as lost, gained or same, with the stated
discordance (the share that differs) and true difference; mutants copy their seed's difference
with the probability that is the intraclass correlation (ICC), and are drawn afresh otherwise.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from workbench.stats.clusters import jackknife
from workbench.stats.planning import look_alpha, smallest_n_to_ship
from workbench.swap.comparison import Interval, Number, difference
from workbench.swap.verdict import Decision, Evidence, Families, MustHold, decide

R = 4_000
MARGIN_PP = 3.0
KNOWN = Families({"demo": ("m1",)}, ("programmatic",), "demo", "demo")


def drawn(rng: np.random.Generator, n: int, *, discordance: float, delta: float) -> np.ndarray:
    """Draw n differences in -1, 0, 1 with a discordance and a true difference (fractions)."""
    gain = (max(discordance, abs(delta)) + delta) / 2
    loss = gain - delta
    return rng.choice(np.array([-1.0, 0.0, 1.0]), size=n, p=[loss, 1 - loss - gain, gain])


def decided(
    groups: dict[str, np.ndarray],
    roots: dict[str, np.ndarray] | None = None,
    *,
    alpha: float = 0.05,
    must_hold: tuple[MustHold, ...] = (),
    must_hold_cases: int = 0,
) -> Decision:
    """Apply the rule to differences per group, as the product does."""
    margin = MARGIN_PP / 100
    root = roots or {name: np.array([f"{name}{i}" for i in range(len(d))]) for name, d in groups.items()}
    compared = {name: difference(d, root[name], alpha=alpha, margin=margin) for name, d in groups.items()}
    contradiction = Interval(None, None, None, "no synthetic cases")
    if "synthetic" in groups:
        both = {name: (groups[name], root[name]) for name in ("real", "synthetic")}
        contradiction = Interval.of(jackknife(both, {"real": 1.0, "synthetic": -1.0}, alpha=alpha))
    red = groups.get("redteam")
    return decide(
        Evidence(
            groups=compared,
            redteam_half=None
            if red is None
            else difference(red, root["redteam"], alpha=alpha / 2, margin=margin),
            real_worst_low_pp=compared["real"].low_pp,
            margin_pp=MARGIN_PP,
            floor_roots=50,
            families=KNOWN,
            unreviewed=0,
            origin_missing=(),
            changed_content=(),
            must_hold=must_hold,
            must_hold_cases=must_hold_cases,
            must_hold_lost=[case.case_id for case in must_hold],
            absent_trials={},
            stubs=0,
            overdue={},
            needed=Number(None, "not asked"),
            contradiction=contradiction,
            worse_cells={},
            smallest_n=smallest_n_to_ship(margin, alpha),
            gate_changed=False,
        )
    )


def error(share: float, draws: int) -> float:
    """Two Monte Carlo errors of a share."""
    return 2 * float(np.sqrt(max(share * (1 - share), 1 / draws) / draws))


# The table of the design: real cases, true difference in points, discordance, SHIP %, BLOCK %.
STATED = [
    (184, 0, 0.10, 22, 3),
    (184, 0, 0.15, 17, 3),
    (184, 4, 0.10, 82, 0),
    (184, 4, 0.15, 67, 0),
    (184, -5, 0.10, 0, 59),
    (184, -5, 0.15, 0, 43),
    (184, -12, 0.10, 0, 100),
    (184, -12, 0.15, 0, 100),
    (400, 0, 0.10, 45, 3),
    (400, 0, 0.15, 33, 2),
    (1000, 0, 0.10, 83, 3),
    (1000, 0, 0.15, 67, 3),
    (1000, 4, 0.10, 98, 0),
]


@pytest.mark.parametrize(("n", "delta", "discordance", "ship", "block"), STATED)
def test_the_rule_ships_and_blocks_as_often_as_the_design_says(
    n: int, delta: int, discordance: float, ship: int, block: int
) -> None:
    """4,000 draws of n real cases beside 153 neutral synthetic ones of the same discordance.

    The synthetic ones read worse 2.5 % of the time, and then stand in the way. The stated figures
    are of 4,000 draws too, and rounded: two Monte Carlo errors of a difference, and half a point.
    """
    rng = np.random.default_rng([n, delta + 100, round(100 * discordance)])
    seen = Counter(
        decided(
            {
                "real": drawn(rng, n, discordance=discordance, delta=delta / 100),
                "synthetic": drawn(rng, 153, discordance=discordance, delta=0),
            }
        ).verdict
        for _ in range(R)
    )
    for verdict, stated in (("SHIP", ship), ("BLOCK", block)):
        share = seen[verdict] / R
        assert abs(100 * share - stated) <= 0.5 + 100 * np.sqrt(2) * error(share, R), (verdict, share)


@pytest.mark.parametrize("delta", [-10, 0, 10, 20])
def test_a_neutral_swap_is_rarely_blocked_whatever_the_synthetic_cases_do(delta: int) -> None:
    """The real gate alone blocks at most 5 %, all gates together at most 6 %.

    184 neutral real cases (discordance .10), 153 synthetic ones (.20), 60 of the red team (.10)
    and 5 must-hold cases with 5 trials a side at a pass rate of one half.
    """
    rng = np.random.default_rng([7, delta + 100])
    real_blocks = all_blocks = 0
    for _ in range(R):
        groups = {
            "real": drawn(rng, 184, discordance=0.10, delta=0),
            "synthetic": drawn(rng, 153, discordance=0.20, delta=delta / 100),
            "redteam": drawn(rng, 60, discordance=0.10, delta=0),
        }
        passes = rng.binomial(5, 0.5, size=(5, 2))
        lost = tuple(MustHold(f"h{i}", 5, 5) for i, (b, c) in enumerate(passes) if b == 5 and c == 0)
        codes = [r.code for r in decided(groups, must_hold=lost, must_hold_cases=5).reasons]
        real_blocks += "real_worse" in codes or "worse_within_margin" in codes
        all_blocks += bool(
            {"real_worse", "worse_within_margin", "redteam_worse", "must_hold_lost"} & set(codes)
        )

    assert real_blocks / R <= 0.05
    assert all_blocks / R <= 0.06


def test_a_loss_of_twelve_points_on_184_real_cases_hardly_ever_ships() -> None:
    rng = np.random.default_rng(12)
    ships = sum(
        decided({"real": drawn(rng, 184, discordance=0.15, delta=-0.12)}).verdict == "SHIP" for _ in range(R)
    )

    assert ships / R <= 0.01


@pytest.mark.parametrize("synthetic", [153, 300])
def test_a_synthetic_loss_of_fifteen_points_takes_ship_away_from_a_real_gain_of_four(synthetic: int) -> None:
    """And it does not block by itself either: the seed decides."""
    rng = np.random.default_rng([15, synthetic])
    seen = Counter(
        decided(
            {
                "real": drawn(rng, 184, discordance=0.10, delta=0.04),
                "synthetic": drawn(rng, synthetic, discordance=0.20, delta=-0.15),
            }
        ).verdict
        for _ in range(R)
    )

    assert seen["SHIP"] / R <= 0.01
    assert seen["BLOCK"] / R <= 0.01


def test_synthetic_cases_alone_never_ship_and_never_block() -> None:
    """Real cases that resolve nothing, synthetic ones far up or far down."""
    rng = np.random.default_rng(3)
    for delta in (-0.3, 0.3):
        for _ in range(300):
            real = drawn(rng, 60, discordance=0.10, delta=0)
            alone = decided({"real": real}).verdict
            joined = decided(
                {"real": real, "synthetic": drawn(rng, 300, discordance=0.35, delta=delta)}
            ).verdict
            assert joined == alone or (alone == "SHIP" and joined == "NO VERDICT")


def test_five_growing_looks_at_a_neutral_swap_block_at_most_five_percent_in_all() -> None:
    """100 more real cases at each look (discordance .10), each look paid for with a smaller alpha."""
    rng = np.random.default_rng(5)
    blocked = 0
    for _ in range(R):
        real = drawn(rng, 500, discordance=0.10, delta=0)
        blocked += any(
            decided({"real": real[: 100 * look]}, alpha=look_alpha(look, 0.05)).verdict == "BLOCK"
            for look in range(1, 6)
        )

    assert blocked / R <= 0.05


@pytest.mark.parametrize("icc", [0.3, 0.6])
def test_mutants_of_the_seed_do_not_inflate_what_the_intervals_claim(icc: float) -> None:
    """The synthetic reading, the contradiction and every interval keep their level: at most 7 %.

    60 seeds with 3 mutants each, true difference 0 on both sides, discordance .20.
    """
    draws = 2_000
    rng = np.random.default_rng([31, round(10 * icc)])
    root = np.array([f"s{i}" for i in range(60)])
    roots = {"real": root, "synthetic": np.repeat(root, 3)}
    outside = Counter[str]()
    for _ in range(draws):
        real = drawn(rng, 60, discordance=0.20, delta=0)
        fresh = drawn(rng, 180, discordance=0.20, delta=0)
        copied = rng.random(180) < icc
        synthetic = np.where(copied, np.repeat(real, 3), fresh)
        groups = {"real": real, "synthetic": synthetic}
        for name, d in groups.items():
            found = difference(d, roots[name], alpha=0.05, margin=0.03)
            assert found.low_pp is not None
            assert found.high_pp is not None
            outside[name] += not found.low_pp <= 0 <= found.high_pp
        outside["synthetic reads worse"] += (
            difference(synthetic, roots["synthetic"], alpha=0.05, margin=0.03).reading == "worse"
        )
        for name, weights in (
            ("contradiction", {"real": 1.0, "synthetic": -1.0}),
            ("mix", {"real": 0.3, "synthetic": 0.7}),
        ):
            both = jackknife({n: (d, roots[n]) for n, d in groups.items()}, weights)
            assert both.low is not None
            assert both.high is not None
            outside[name] += not both.low <= 0 <= both.high

    assert outside.pop("synthetic reads worse") / draws <= 0.035 + error(0.025, draws)
    for name, count in outside.items():
        assert count / draws <= 0.07, name
