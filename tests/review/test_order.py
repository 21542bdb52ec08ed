"""The order of a sitting: balanced over cells, with hidden checks spread through it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from workbench.review.order import BLOCK, balanced, checks, is_double, is_for

CELLS = {"angry/delay": 300, "new/delay": 120, "new/damaged": 60, "angry/damaged": 20}
SHARES = {"bad": 0.05, "good": 0.05, "repeat": 0.05}


def queue(sizes: dict[str, int]) -> dict[str, str]:
    return {f"{cell}-{number}": cell for cell, many in sizes.items() for number in range(many)}


@pytest.mark.parametrize("seed", range(5))
def test_every_block_holds_its_share_of_every_cell(seed: int) -> None:
    cells = queue(CELLS)
    order = balanced(cells, random.Random(seed))

    assert sorted(order) == sorted(cells)
    for start in range(0, len(order), BLOCK):
        found = Counter(cells[case] for case in order[start : start + BLOCK])
        for cell, many in CELLS.items():
            assert abs(found[cell] - BLOCK * many / len(cells)) <= 1


def test_two_sittings_have_two_orders_and_one_draw_has_one() -> None:
    cells = queue(CELLS)

    assert balanced(cells, random.Random(1)) == balanced(cells, random.Random(1))
    assert balanced(cells, random.Random(1)) != balanced(cells, random.Random(2))


def test_position_tells_nothing_about_the_cell() -> None:
    """The first half of a sitting and the second hold the same mixture, drawn anew a hundred times."""
    cells, early = queue(CELLS), BLOCK * 12
    for seed in range(100):
        found = Counter(cells[case] for case in balanced(cells, random.Random(seed))[:early])
        assert all(abs(found[cell] - early * many / len(cells)) <= 1 for cell, many in CELLS.items())


@pytest.mark.parametrize("cases", [170, 200, 1700])
def test_at_least_ten_known_bad_come_in_two_hundred(cases: int) -> None:
    for seed in range(50):
        slots = checks(cases, SHARES, random.Random(seed))
        for start in range(0, slots[-1].after - 199, 20):
            among = [slot for slot in slots if start <= slot.after < start + 200]
            assert sum(slot.kind == "bad" for slot in among) >= 10
            assert sum(slot.kind == "good" for slot in among) >= 10


def test_checks_come_at_no_fixed_place() -> None:
    places = Counter(
        slot.after % BLOCK for seed in range(200) for slot in checks(340, SHARES, random.Random(seed))
    )

    assert set(places) == set(range(BLOCK))
    assert max(places.values()) < 1.5 * min(places.values())


def test_no_share_means_no_checks_and_an_empty_queue_has_none() -> None:
    assert checks(200, dict.fromkeys(SHARES, 0.0), random.Random(1)) == []
    assert checks(0, SHARES, random.Random(1)) == []


def test_a_small_queue_gets_its_share_too() -> None:
    kinds = Counter(slot.kind for slot in checks(34, SHARES, random.Random(1)))

    assert kinds == {"bad": 2, "good": 2, "repeat": 1}


def test_who_is_reviewed_twice_depends_on_the_case_alone() -> None:
    ids = [f"m{number}" for number in range(4000)]

    assert abs(sum(is_double(case, 0.15) for case in ids) / len(ids) - 0.15) < 0.02
    assert not any(is_double(case, 0.0) for case in ids)
    assert all(is_double(case, 1.0) for case in ids)
    # Raising the share adds cases and takes none away.
    assert all(is_double(case, 0.3) for case in ids if is_double(case, 0.15))


def test_what_is_assigned_goes_to_its_reviewers_alone() -> None:
    assigned = {"redteam": ["Security"], "angry": ["Lead", "Security"]}

    assert is_for("Lead", ["angry", "delay", "prompted"], assigned)
    assert not is_for("Lead", ["angry", "delay", "redteam"], assigned)
    assert is_for("Security", ["angry", "delay", "redteam"], assigned)
    assert is_for("Anybody", ["new", "delay", "prompted"], assigned)
