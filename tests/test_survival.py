"""Survival is counted where it is known what was lost beside what was kept; a set takes what was kept anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.survival import fates, supply
from workbench.tables import CASES, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

MADE = {"bucket": "persona", "tag": "synth-angry", "generator_family": "mistral/large"}


@pytest.fixture
def became(
    new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> Callable[..., pd.DataFrame]:
    """Count four candidates after some events: `became(("p-0", "keep", {}))`."""

    def run(*events: tuple[str, str, dict[str, Any]], cases: tuple[dict[str, Any], ...] = ()) -> pd.DataFrame:
        rows = [new_case(f"p-{n}", f"third message about order {n}", **MADE) for n in range(4)]
        told = [new_event(n, case, event, **more) for n, (case, event, more) in enumerate(events, 1)]
        tables = CASES.frame([new_case("s-1"), *rows, *cases]), REVIEWS.frame(told)
        return supply(*tables).join(fates(*tables)[["kept", "reviewed"]]).set_index("case_id")

    return run


def sums(found: pd.DataFrame) -> list[int]:
    """How many survival counts as kept and as reviewed, how many fill a set, and how many wait."""
    return [int(found[name].fillna(value=False).sum()) for name in ("kept", "reviewed", "filled", "waiting")]


def test_candidates_are_kept_reviewed_or_waiting(became: Callable[..., pd.DataFrame]) -> None:
    found = became(("p-0", "keep", {}), ("p-1", "reject", {}), ("p-2", "skip", {}))

    assert list(found.index) == ["p-0", "p-1", "p-2", "p-3"]
    assert sums(found) == [1, 2, 1, 2]


def test_an_import_of_survivors_says_nothing_of_survival_and_fills_a_set(
    became: Callable[..., pd.DataFrame],
) -> None:
    kept = {"verdict": "keep", "session_id": "import-a"}

    assert sums(became(("p-0", "imported", kept), ("p-1", "imported", kept))) == [0, 0, 2, 2]


@pytest.mark.parametrize("sittings", [("reviews-a", "reviews-a"), ("reviews-a", "reviews-b")])
def test_decisions_that_came_in_count_in_whatever_files_they_were(
    became: Callable[..., pd.DataFrame], sittings: tuple[str, str]
) -> None:
    kept, lost = (
        {"verdict": verdict, "session_id": sitting}
        for verdict, sitting in zip(("keep", "reject"), sittings, strict=True)
    )

    assert sums(became(("p-0", "imported", kept), ("p-1", "imported", lost))) == [1, 2, 1, 2]


def test_decisions_to_keep_that_came_in_alone_count(became: Callable[..., pd.DataFrame]) -> None:
    kept = {"verdict": "keep", "session_id": "reviews-a"}

    assert sums(became(("p-0", "imported", kept), ("p-1", "imported", kept))) == [2, 2, 2, 2]


def test_what_was_decided_here_after_an_import_is_counted(became: Callable[..., pd.DataFrame]) -> None:
    kept = {"verdict": "keep", "session_id": "import-a"}

    assert sums(became(("p-0", "imported", kept), ("p-0", "reject", {}))) == [0, 1, 0, 3]


def test_a_corrected_text_is_its_parents_revision_and_waits_and_fills_like_any_other(
    became: Callable[..., pd.DataFrame], new_case: Callable[..., dict[str, Any]]
) -> None:
    child = new_case("p-0.b", "third message about my order", parent_ids=["p-0"], root_id="p-0", **MADE)

    assert sums(became(("p-0", "revise", {}), cases=(child,))) == [0, 1, 0, 4]
    assert sums(became(("p-0", "revise", {}), ("p-0.b", "keep", {}), cases=(child,))) == [0, 1, 1, 3]


def test_outside_the_eval_split_nothing_waits_or_fills(
    became: Callable[..., pd.DataFrame], new_case: Callable[..., dict[str, Any]]
) -> None:
    train = new_case("p-train", "hello??", split="train", **MADE)

    assert sums(became(cases=(train,))) == [0, 0, 0, 4]
    assert sums(became(("p-train", "keep", {}), cases=(train,))) == [1, 1, 0, 4]


def test_without_a_candidate_nothing_is_counted() -> None:
    assert fates(CASES.frame(), REVIEWS.frame()).empty
    assert supply(CASES.frame(), REVIEWS.frame()).empty
