"""How often a pair was looked at: distinct contents count, re-runs and refusals do not."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.provenance import sha256
from workbench.store import Store
from workbench.swap.evidence import Gate
from workbench.swap.looks import Content, look_at, sealed_gate
from workbench.tables import GATES, SWAPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARCH = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
THREE, FIVE, FOUR = Gate(), Gate(margin_pp=5), Gate(margin_pp=4)
SPRING, SUMMER = sha256("launch v1"), sha256("launch v2")
MONDAY, TUESDAY = sha256("monday's outcomes"), sha256("tuesday's outcomes")
NAMES = itertools.count()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    with Store(f"sqlite:///{tmp_path / 'workbench.db'}") as made:
        yield made


def look(
    store: Store,
    content: Content,
    *,
    pair: tuple[str, str] = ("shop-bot-2", "shop-bot-3"),
    sealed: Gate | None = THREE,
    verdict: str = "NO VERDICT",
    readings: dict[str, str] | None = None,
) -> int:
    """Look at a pair, as a swap does: the look is asked for and the verdict is stored with it."""
    baseline, candidate = pair
    with store.transaction() as tx:
        number = look_at(tx, content, baseline=baseline, candidate=candidate, sealed=sealed)
        gate = {name: getattr(content.gate, name) for name in ("margin_pp", "alpha", "floor_roots")}
        groups = {name: {"reading": reading} for name, reading in (readings or {}).items()}
        row: dict[str, Any] = {
            "verdict_id": sha256(next(NAMES)),
            "baseline": baseline,
            "candidate": candidate,
            "look": None if verdict == "REFUSED" else number,
            "evalset_sha256": content.evalset_sha256,
            "results_sha256": content.results_sha256,
            "verdict": verdict,
            "numbers": {"gate": gate, "groups": groups},
            "run": "2026-03-02-shop-bot-2-to-shop-bot-3-0a1b2c3d",
            "created_at": MARCH,
        }
        tx.append(SWAPS, [row])
    return number


def test_each_content_is_a_look_and_a_rerun_keeps_its_own(store: Store) -> None:
    first, other_results, other_set = (
        Content(SPRING, MONDAY, THREE), Content(SPRING, TUESDAY, THREE), Content(SUMMER, TUESDAY, THREE),
    )  # fmt: skip

    assert [look(store, content) for content in (first, first, other_results, other_set, first)] == [
        1,
        1,
        2,
        3,
        1,
    ]
    assert look(store, other_results) == 2
    assert look(store, Content(SUMMER, MONDAY, THREE)) == 4


def test_a_refused_swap_takes_no_look(store: Store) -> None:
    content = Content(SPRING, MONDAY, THREE)

    assert look(store, content, verdict="REFUSED") == 1
    assert look(store, content, verdict="REFUSED") == 1
    assert look(store, Content(SPRING, TUESDAY, THREE)) == 1
    assert look(store, content) == 2


@pytest.mark.parametrize("verdict", ["SHIP", "BLOCK", "NO VERDICT"])
def test_every_other_verdict_takes_a_look(store: Store, verdict: str) -> None:
    look(store, Content(SPRING, MONDAY, THREE), verdict=verdict)

    assert look(store, Content(SPRING, TUESDAY, THREE)) == 2


def test_looks_are_counted_per_ordered_pair(store: Store) -> None:
    content = Content(SPRING, MONDAY, THREE)
    look(store, content)

    assert look(store, Content(SPRING, TUESDAY, THREE), pair=("shop-bot-3", "shop-bot-2")) == 1
    assert look(store, Content(SPRING, TUESDAY, THREE), pair=("shop-bot-2", "shop-bot-4")) == 1


def test_another_gate_on_the_same_content_is_a_new_look(store: Store) -> None:
    looks = [look(store, Content(SPRING, MONDAY, gate)) for gate in (THREE, FIVE, FOUR, FIVE, THREE)]

    assert looks == [1, 2, 3, 2, 1]


@pytest.mark.parametrize("gate", [Gate(alpha=0.1), Gate(floor_roots=30), FIVE])
def test_every_part_of_the_gate_counts(store: Store, gate: Gate) -> None:
    look(store, Content(SPRING, MONDAY, THREE))

    assert look(store, Content(SPRING, MONDAY, gate)) == 2


def test_a_gate_that_was_changed_after_the_results_came_is_never_the_first_look(store: Store) -> None:
    """Whoever has seen the outcomes may not choose the margin for free, with or without a verdict before."""
    assert look(store, Content(SPRING, MONDAY, FIVE), sealed=THREE) == 2
    assert look(store, Content(SPRING, MONDAY, FIVE), sealed=THREE) == 2
    assert look(store, Content(SPRING, MONDAY, FOUR), sealed=THREE) == 3
    assert look(store, Content(SPRING, MONDAY, THREE), sealed=THREE) == 4


def test_a_gate_that_was_predeclared_is_the_first_look(store: Store) -> None:
    assert look(store, Content(SPRING, MONDAY, FIVE), sealed=FIVE) == 1


def test_without_a_sealed_gate_the_one_in_force_is_taken(store: Store) -> None:
    assert look(store, Content(SPRING, MONDAY, FIVE), sealed=None) == 1


def seal(store: Store, gate: Gate, at: dt.datetime) -> None:
    """Seal a gate at a moment, as an import of results does."""
    row = {"margin_pp": gate.margin_pp, "alpha": gate.alpha, "floor_roots": gate.floor_roots}
    row |= {"author": "Release owner", "reason": "in force at the import", "sealed_at": at}
    store.append(GATES, [row | {"seal_sha256": sha256([gate.margin_pp, at.isoformat()])}])


def test_the_sealed_gate_is_the_last_one_before_the_results_came(store: Store) -> None:
    day = dt.timedelta(days=1)
    seal(store, THREE, MARCH)
    seal(store, FIVE, MARCH + 10 * day)
    with store.transaction() as tx:
        found = [
            sealed_gate(tx, pd.Timestamp(MARCH + days * day)) for days in (-1, 0, 9.999, 10, 400)
        ]  # fmt: skip

    assert found == [None, THREE, THREE, FIVE, FIVE]
