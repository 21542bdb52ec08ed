"""The log as it is read on: every change of it is found, and what others append is folded in."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.chain import FIRST, WITNESS, following, newest, remember, remembered
from workbench.errors import StoreError
from workbench.review import decide, verify
from workbench.review.standing import Standing
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.store import Store
    from workbench.workspace import Workspace

    Change = Callable[[pd.DataFrame, random.Random], pd.DataFrame]

NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def told(number: int, event: str = "keep", **changes: Any) -> dict[str, Any]:
    """Return what an event says, before it is linked."""
    about = {"at": NOON + dt.timedelta(seconds=number), "session_id": "s", "reviewer": f"R{number % 3}"}
    row = about | {"case_id": f"m{number % 40}", "event": event, "reasons": [], "visible_ms": 4000 + number}
    return dict.fromkeys(REVIEWS.names) | row | changes


def log(many: int = 120) -> pd.DataFrame:
    """Return a whole log of an afternoon."""
    events = ["shown", "keep", "reject", "skip", "undo"]
    return REVIEWS.frame(following(FIRST, [told(n, events[n % 5]) for n in range(many)]))


def edited(rows: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    place = rng.randrange(len(rows))
    name, value = rng.choice(
        [
            ("event", "note"),
            ("reviewer", "Somebody else"),
            ("case_id", "m999"),
            ("visible_ms", 1),
            ("note", "added later"),
            ("realistic", True),
            ("at", NOON - dt.timedelta(days=1)),
            ("event_sha256", f"{rng.getrandbits(256):064x}"),
            ("previous_sha256", f"{rng.getrandbits(256):064x}"),
        ]
    )
    rows.loc[place, name] = value
    return rows


def deleted(rows: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    first = rng.randrange(len(rows) - 1)
    return rows.drop(index=range(first, rng.randrange(first + 1, len(rows)))).reset_index(drop=True)


def renumbered(rows: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    kept = deleted(rows, rng)
    return kept.assign(event_id=pd.array(range(1, len(kept) + 1), dtype="Int64"))


def reordered(rows: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    one, other = sorted(rng.sample(range(len(rows)), 2))
    order = [*range(len(rows))]
    order[one], order[other] = other, one
    return rows.iloc[order].assign(event_id=rows["event_id"].to_numpy()).reset_index(drop=True)


def cut_off(rows: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    return rows.iloc[: rng.randrange(len(rows))]


CHANGES: list[Change] = [edited, deleted, renumbered, reordered, cut_off]


def test_two_hundred_changes_of_the_log_are_all_found() -> None:
    whole = log()
    seen = newest(whole)
    found = []
    for number in range(200):
        change = CHANGES[number % len(CHANGES)]
        changed = change(whole.copy(), random.Random(number))
        found.append(verify(changed, seen=seen))

    assert verify(whole, seen=seen) == ""
    assert [fault for fault in found if not fault] == []
    assert sum("the newest events were cut off" in fault for fault in found) >= 200 // len(CHANGES)


def test_a_log_that_was_forged_anew_from_some_event_on_is_found_by_what_was_seen() -> None:
    whole = log()
    forged = REVIEWS.frame(following(FIRST, [told(n, "keep") for n in range(len(whole))]))

    assert verify(forged) == ""
    assert verify(forged, seen=newest(whole)) == f"event 120 is another one than the one that {WITNESS} holds"


def test_a_log_that_grew_since_it_was_seen_is_whole() -> None:
    assert verify(log(120), seen=newest(log(50))) == ""


def test_what_was_seen_is_of_one_database(tmp_path: Path) -> None:
    file = tmp_path / WITNESS
    assert remembered(file, "shop.db") == FIRST

    remember(file, "shop.db", (7, "ab"))
    assert remembered(file, "shop.db") == (7, "ab")
    assert remembered(file, "other.db") == FIRST
    file.write_text("{", "utf-8")
    assert remembered(file, "shop.db") == FIRST


def test_events_that_are_cut_off_in_the_database_stop_the_next_decision(
    shop: Workspace, said: Callable[..., dict[str, Any]], tamper: Callable[..., None]
) -> None:
    decide(shop, [said("p1"), said("p2", "reject")])
    tamper(shop.store.url, "reviews", "DELETE FROM reviews WHERE event_id = 2")

    assert verify(shop.reviews) == ""
    with pytest.raises(StoreError, match=r"it ends at event 1, and reviews\.newest\.json holds event 2"):
        decide(shop, [said("m1", expected="deny")])
    (shop.root / WITNESS).unlink()
    decide(shop, [said("m1", expected="deny")])
    assert verify(shop.reviews, seen=shop.seen) == ""


def test_what_others_append_is_folded_in(store: Store) -> None:
    store.append(REVIEWS, following(FIRST, [told(1, "keep", case_id="m1", reviewer="Ana")]))
    standing = Standing(store.read(REVIEWS))
    later = [
        told(2, "reject", case_id="m1", reviewer="Bo"),
        told(3, "undo", case_id="m1", reviewer="Ana"),
        told(4, "keep", case_id="check-1", reviewer="Bo", planted="bad:salad"),
    ]
    store.append(REVIEWS, following(standing.newest, later))
    with store.transaction() as tx:
        touched = standing.catch_up(tx)

    assert touched == {"m1", "check-1"}
    assert [(event["reviewer"], event["decision"]) for event in standing.on("m1")] == [("Bo", "reject")]
    assert [event["case_id"] for event in standing.by("Bo")] == ["m1", "check-1"]
    assert standing.by("Ana") == []
    # A planted case has no decision of its own.
    assert standing.on("check-1") == []
    assert standing.newest == newest(store.read(REVIEWS))


def test_events_that_do_not_follow_are_refused_while_reading_on(store: Store) -> None:
    rows = following(FIRST, [told(number) for number in range(4)])
    store.append(REVIEWS, rows[:2])
    standing = Standing(store.read(REVIEWS))
    store.append(REVIEWS, [rows[2] | {"note": "changed"}, rows[3]])

    with (
        store.transaction() as tx,
        pytest.raises(StoreError, match="chain of review events is broken after event 2"),
    ):
        standing.catch_up(tx)


def test_a_broken_log_opens_no_sitting() -> None:
    with pytest.raises(StoreError, match="the chain of review events is broken: event 3 is missing"):
        Standing(log(5).drop(index=2))
