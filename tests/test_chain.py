"""The chain of review events: what follows, and what was tampered with."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from workbench.chain import broken, linked
from workbench.provenance import FIRST_SHA256
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.store import Store

DAY = dt.datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def story(many: int) -> list[dict[str, Any]]:
    """Events of two reviewers, with every kind of column filled or missing."""
    return [
        {
            "at": DAY + dt.timedelta(minutes=number),
            "session_id": "morning",
            "reviewer": ("Kim", "Lee")[number % 2],
            "case_id": f"p{number}",
            "event": ("keep", "reject")[number % 2],
            "reasons": ["caricature"] if number % 2 else [],
            "fits_cell": (True, False, None)[number % 3],
            "visible_ms": None if number % 4 else 9_000 + number,
            "note": "où est-il ????" if number % 5 == 0 else None,
        }
        for number in range(many)
    ]


@pytest.fixture
def reviews(store: Store) -> pd.DataFrame:
    """Twelve events as the database gives them back."""
    rows = linked(REVIEWS.frame(), story(12))
    store.append(REVIEWS, rows)
    return store.read(REVIEWS)


def test_what_comes_back_from_the_database_is_still_whole(reviews: pd.DataFrame) -> None:
    assert reviews["event_id"].tolist() == list(range(1, 13))
    assert reviews["previous_sha256"].iloc[0] == FIRST_SHA256
    assert broken(reviews) == ""
    assert broken(REVIEWS.frame()) == ""


def test_later_events_follow_the_stored_ones(reviews: pd.DataFrame, store: Store) -> None:
    store.append(REVIEWS, linked(reviews, story(3)))

    assert broken(store.read(REVIEWS)) == ""
    assert store.read(REVIEWS)["event_id"].max() == 15


CHANGED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a verdict": lambda rows: rows.assign(event=rows["event"].mask(rows["event_id"] == 4, "keep")),
    "a reason": lambda rows: rows.assign(reasons=[["costume"] if n == 3 else r for n, r in enumerate(rows["reasons"])]),
    "a time": lambda rows: rows.assign(at=rows["at"].where(rows["event_id"] != 4, rows["at"].min())),
    "a reviewer": lambda rows: rows.assign(reviewer=rows["reviewer"].mask(rows["event_id"] == 4, "Ann")),
    "a note that was not there": lambda rows: rows.assign(note=rows["note"].mask(rows["event_id"] == 4, "fine")),
    "a time on screen": lambda rows: rows.assign(visible_ms=rows["visible_ms"].mask(rows["event_id"] == 4, 60_000)),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_changed_event_is_named(change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    told = change(REVIEWS.frame(linked(REVIEWS.frame(), story(12))))

    assert broken(told).startswith("event 4 (")
    assert broken(told).endswith("was changed after it was recorded")


def test_a_missing_event_is_named(reviews: pd.DataFrame) -> None:
    assert broken(reviews.drop(index=4)) == "event 5 is missing: the next one is 6"
    assert broken(reviews.iloc[1:]) == "event 1 is missing: the next one is 2"


def test_an_event_that_was_taken_out_and_the_rest_renumbered_is_found(reviews: pd.DataFrame) -> None:
    rest = reviews.drop(index=4).assign(event_id=range(1, 12))

    assert broken(rest) == "event 5 does not follow the one before it"


def test_random_edits_deletions_and_reorderings_are_all_found() -> None:
    whole = REVIEWS.frame(linked(REVIEWS.frame(), story(30)))
    rng = np.random.default_rng(20260301)
    found = 0
    for number in range(60):
        place, other = sorted(rng.choice(29, 2, replace=False))
        ids = whole["event_id"].tolist()
        ids[place], ids[other] = ids[other], ids[place]
        told = (
            whole.assign(note=whole["note"].mask(whole.index == place, f"edit {number}")),
            whole.drop(index=place),
            whole.assign(event_id=ids),
        )[number % 3]
        found += bool(broken(told))

    assert found == 60
