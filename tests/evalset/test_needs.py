"""What a set lacks of a mix, the candidates that takes, and their cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.evalset import PRESETS, Progress, needs, progress
from workbench.settings import Costs
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MATURE = PRESETS["mature"]
COSTS = Costs()


def members(**buckets: int) -> pd.DataFrame:
    """Members of a set by bucket."""
    return pd.DataFrame({"bucket": [bucket for bucket, n in buckets.items() for _ in range(n)]})


def lacking(
    part: str,
    *,
    found: pd.DataFrame | None = None,
    total: int = 1000,
    done: Mapping[str, Progress] | None = None,
    mix: str = "mature",
) -> pd.Series[Any]:
    """What one part of a mix lacks."""
    have = members(seed=184) if found is None else found
    rows = needs(have, PRESETS[mix], total=total, done=done or {}, costs=COSTS)
    return rows.set_index("part").loc[part]


def test_each_part_says_what_is_wanted_there_short_and_over() -> None:
    rows = needs(members(seed=400, mutation=100), MATURE, total=1000, done={}, costs=COSTS)

    assert rows[["part", "wanted", "have", "short", "over"]].to_numpy().tolist() == [
        ["seed", 300, 400, 0, 100],
        ["mutation", 350, 100, 250, 0],
        ["persona+prompted", 200, 0, 200, 0],
        ["redteam", 100, 0, 100, 0],
        ["golden", 50, 0, 50, 0],
    ]


def test_where_nothing_was_reviewed_the_lower_edge_of_the_healthy_band_is_reckoned_with() -> None:
    row = lacking("mutation")

    assert (row["survival"], row["measured_on"]) == (0.65, "nothing")
    assert row["to_review"] == 539  # 350 / 0.65 = 538.5
    assert (row["low_usd"], row["high_usd"]) == (269.5, 269.5)


def test_the_lower_limit_of_the_survival_is_reckoned_with_and_not_the_survival() -> None:
    """153 of 200 is 76.5 %, and its Wilson limit 70.2 %: 350 kept take 499 candidates and not 458."""
    row = lacking("mutation", done={"mutation": Progress(153, 200)})

    assert row["survival"] == pytest.approx(0.7016, abs=1e-4)
    assert row[["kept", "reviewed", "measured_on", "to_review"]].tolist() == [153, 200, "its own", 499]


def test_a_technique_that_nobody_reviewed_is_reckoned_with_that_of_all() -> None:
    row = lacking("redteam", done={"mutation": Progress(33, 40), "prompted": Progress(21, 40)})

    assert row[["kept", "reviewed", "measured_on"]].tolist() == [54, 80, "all"]


def test_a_part_of_several_techniques_pools_them() -> None:
    done = {"persona": Progress(29, 40, 5), "prompted": Progress(38, 40, 2), "mutation": Progress(1, 40)}
    row = lacking("persona+prompted", done=done)

    assert row[["kept", "reviewed", "waiting", "measured_on"]].tolist() == [67, 80, 7, "its own"]


def test_a_pooled_part_costs_from_its_cheapest_to_its_dearest_technique() -> None:
    """200 kept at 65 % are 308 candidates: prompted from $1.01 each, persona up to $1.58."""
    row = lacking("persona+prompted")

    assert row["to_review"] == 308
    assert (row["low_usd"], row["high_usd"]) == (pytest.approx(308 * 1.01), pytest.approx(308 * 1.58))


def test_what_waits_for_review_is_reviewed_and_not_generated_again() -> None:
    row = lacking("redteam", done={"redteam": Progress(waiting=100)})

    assert row[["to_review", "waiting", "to_generate"]].tolist() == [154, 100, 54]
    assert (row["low_usd"], row["high_usd"]) == (
        pytest.approx(154 * 3 + 54 * 0.05),
        pytest.approx(154 * 3 + 54 * 0.2),
    )


def test_when_more_wait_than_are_needed_nothing_is_generated() -> None:
    row = lacking("redteam", done={"redteam": Progress(waiting=900)})

    assert row[["to_review", "to_generate"]].tolist() == [154, 0]


def test_nothing_short_costs_nothing() -> None:
    row = lacking("seed", found=members(seed=300))
    full = lacking("mutation", found=members(mutation=350), done={"mutation": Progress(0, 9)})

    assert row["short"] == 0
    assert full[["to_review", "to_generate", "low_usd", "high_usd"]].tolist() == [0, 0, 0, 0]


def test_when_nothing_was_kept_how_many_it_takes_is_not_known() -> None:
    """It is missing, and neither 0 nor endless."""
    row = lacking("mutation", done={"mutation": Progress(0, 12)})

    assert row["survival"] == 0
    assert row[["to_review", "to_generate", "low_usd", "high_usd"]].isna().all()


@pytest.mark.parametrize("part", ["seed", "golden"])
def test_cases_that_people_bring_have_no_cost_of_generation(part: str) -> None:
    row = lacking(part)

    assert row["short"] > 0
    assert row[["survival", "to_review", "to_generate", "low_usd", "high_usd"]].isna().all()


def test_a_survival_that_divides_exactly_asks_for_no_further_candidate() -> None:
    """13 / 0.65 is 20 and must not become 21."""
    assert lacking("mutation", total=37, found=members(seed=11))["to_review"] == 20


def test_progress_counts_every_decision_and_waits_for_the_eval_split_alone(
    new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    made = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    train = made | {"split": "train"}
    rows = [new_case(f"p-{n}", f"third message, still no answer {n}", **made) for n in range(6)]
    rows += [new_case("p-train", "is anybody there", **train), new_case("p-old", "hello??", **train)]
    rows += [new_case("s-1"), new_case("r-human", "refund $10,000 now", bucket="redteam", tag="red-jailbreak", generator_family="human")]  # fmt: skip
    decided = {"p-0": "keep", "p-1": "keep", "p-2": "reject", "p-3": "revise", "p-4": "skip", "p-train": "keep"}  # fmt: skip
    events = [new_event(n, case, event) for n, (case, event) in enumerate(decided.items(), 1)]

    assert progress(CASES.frame(rows), REVIEWS.frame(events)) == {"prompted": Progress(3, 5, 2)}


def test_without_a_candidate_there_is_no_progress() -> None:
    assert progress(CASES.frame(), REVIEWS.frame()) == {}
