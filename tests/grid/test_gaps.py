"""Gaps are ranked by what the seed has least of, and say what it takes to fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.grid import coverage, gaps, levels
from workbench.settings import Costs
from workbench.survival import supply
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.grid import Coverage, Plan

NOTHING = REVIEWS.frame()
KNOWN = ["new/delay"] * 6 + ["angry/delay"] * 2 + ["new/damaged"]


@pytest.fixture
def seeded(cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]) -> Coverage:
    """A seed whose cells are all known, and two cases of another topic."""
    return coverage(cases_of(*KNOWN, *["slice:billing"] * 2), NOTHING, new_plan())


def test_the_cell_of_which_the_seed_has_least_is_the_first_gap(seeded: Coverage) -> None:
    ranked = gaps(seeded, costs=Costs())

    assert ranked["cell"].tolist() == [
        "new/remorse", "angry/damaged", "angry/remorse", "new/damaged", "angry/delay", "new/delay",
    ]  # fmt: skip


def test_the_seeds_share_stands_beside_the_target(seeded: Coverage) -> None:
    ranked = gaps(seeded, costs=Costs()).set_index("cell")

    assert ranked.loc["new/delay", "seed_share"] == pytest.approx(6 / 9)
    assert ranked["target_share"].tolist() == pytest.approx([1 / 6] * 6)
    assert ranked["reading"].to_dict() == {
        "new/remorse": "underweighted", "angry/damaged": "underweighted", "angry/remorse": "underweighted",
        "new/damaged": "underweighted", "angry/delay": "not underweighted", "new/delay": "not underweighted",
    }  # fmt: skip


def test_a_seed_known_by_topic_only_leaves_its_cells_unclear_and_its_topics_clear(
    cases_of: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    told = ["slice:delay"] * 7 + ["slice:damaged"] * 3 + ["slice:billing"] * 5
    found = coverage(cases_of(*told), NOTHING, new_plan())
    ranked = gaps(found, costs=Costs())
    by_level = levels(found).set_index("level")

    assert ranked.loc[0, ["cell", "seed", "seed_most", "reading"]].tolist() == [
        "new/remorse",
        0,
        0,
        "underweighted",
    ]
    assert ranked.loc[5, ["cell", "seed", "seed_most", "reading"]].tolist() == [
        "angry/delay",
        0,
        7,
        "unclear",
    ]
    assert by_level["reading"].to_dict() == {
        "new": "unclear", "angry": "unclear", "delay": "not underweighted", "damaged": "underweighted",
        "remorse": "underweighted",
    }  # fmt: skip
    assert by_level.loc["delay", "seed_share"] == by_level.loc["delay", "seed_share_most"] == 0.7
    assert by_level.loc["new", "seed_share_most"] == 1


def test_a_workspace_without_a_seed_has_gaps_and_no_shares(new_plan: Callable[..., Plan]) -> None:
    ranked = gaps(coverage(CASES.frame(), NOTHING, new_plan()), costs=Costs())

    assert ranked[["seed_share", "seed_share_most", "reading"]].isna().all(axis=None)
    assert ranked["to_generate"].tolist() == [16] * 6


@pytest.mark.parametrize(("survival", "candidates"), [(0.65, 11), (0.7, 10), (1, 7), (0.4, 18)])
def test_so_many_candidates_are_generated_that_enough_of_them_are_kept(
    survival: float, candidates: int, new_plan: Callable[..., Plan]
) -> None:
    """7 / 0.7 is a little above 10 in floating point; a whole candidate would be too many."""
    found = gaps(coverage(CASES.frame(), NOTHING, new_plan(n=7)), costs=Costs(), survival=survival)

    assert found["to_generate"].tolist() == [candidates] * 6


def test_kept_candidates_and_those_not_reviewed_yet_are_counted_on(
    cases_of: Callable[..., pd.DataFrame], decided: Callable[..., pd.DataFrame], new_plan: Callable[..., Plan]
) -> None:
    batch = cases_of(*["new/delay"] * 6, *["angry/delay"] * 20, bucket="prompted")
    reviews = decided(prompted1="keep", prompted2="keep", prompted3="reject")
    ranked = gaps(coverage(batch, reviews, new_plan()), costs=Costs(), survival=0.5).set_index("cell")

    told = ["filled", "short", "waiting", "to_generate"]
    assert ranked.loc["new/delay", told].tolist() == [2, 8, 3, 13]
    assert ranked.loc["angry/delay", told].tolist() == [0, 10, 20, 0]
    assert ranked.index[-1] == "angry/delay"


def test_what_was_kept_elsewhere_or_after_a_correction_fills_its_cell_and_does_not_wait(
    cases_of: Callable[..., pd.DataFrame],
    new_event: Callable[..., dict[str, Any]],
    new_plan: Callable[..., Plan],
) -> None:
    """Of four, one was kept before it came in, one was revised into a text that was kept, and two wait."""
    batch = cases_of(*["angry/delay"] * 4, bucket="persona")
    child = cases_of("angry/delay", bucket="persona", first=5, parent_ids=["persona2"])
    cases = pd.concat([batch, child], ignore_index=True)
    events = [
        new_event(1, "persona1", "imported", verdict="keep", session_id="import-a"),
        new_event(2, "persona2", "revise"),
        new_event(3, "persona5", "keep"),
    ]
    found = coverage(cases, REVIEWS.frame(events), new_plan())
    ranked = gaps(found, costs=Costs(), survival=0.5).set_index("cell")

    told = ["filled", "short", "waiting", "to_generate"]
    assert ranked.loc["angry/delay", told].tolist() == [2, 8, 2, 14]
    assert ranked["filled"].sum() == supply(cases, REVIEWS.frame(events))["filled"].sum()


def test_the_cost_is_that_of_generating_and_reviewing_what_is_missing(new_plan: Callable[..., Plan]) -> None:
    empty = coverage(CASES.frame(), NOTHING, new_plan())
    ranked = gaps(empty, costs=Costs(persona=2.0), survival=0.5, technique="persona")

    assert ranked.loc[0, ["low_usd", "high_usd"]].tolist() == pytest.approx([20 * 2.02, 20 * 2.08])
    assert ranked.loc[0, ["survival", "technique"]].tolist() == [0.5, "persona"]


@pytest.mark.parametrize("survival", [0, -0.1, 1.01, 70, float("nan")])
def test_a_survival_that_is_no_share_is_refused(seeded: Coverage, survival: float) -> None:
    with pytest.raises(UsageError, match=r"is not above 0 and up to 1; write 0\.7 for 70 %"):
        gaps(seeded, costs=Costs(), survival=survival)


def test_an_unknown_technique_is_refused(seeded: Coverage) -> None:
    with pytest.raises(UsageError, match="'magic' is none of prompted, mutation, persona, redteam"):
        gaps(seeded, costs=Costs(), technique="magic")
