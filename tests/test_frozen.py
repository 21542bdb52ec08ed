"""A frozen set read back: by its name, by a version, with what was frozen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.evalset import freeze
from workbench.frozen import load, times_used
from workbench.provenance import sha256
from workbench.tables import CASES, SWAPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace


@pytest.fixture
def shop(workspace: Workspace, new_case: Callable[..., dict[str, Any]]) -> Workspace:
    """A workspace with three seed cases and a prompted one that nobody reviewed."""
    prompted = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    cases = [
        new_case(f"s-{i}", text)
        for i, text in enumerate(("where is it????", "wrong size. swap", "still waiting"))
    ]
    workspace.store.append(CASES, [*cases, new_case("p-1", "Kindly refund my order.", **prompted)])
    return workspace


def test_a_set_is_read_back_as_it_was_frozen(shop: Workspace) -> None:
    made = freeze(shop, "launch", everything=True)
    read = load(shop, "launch")

    pd.testing.assert_frame_equal(
        read.members.astype({"reviewed": bool}), made.members, check_dtype=False, check_like=True
    )
    for name in ("name", "version", "sha256", "mix", "weights", "everything", "folder"):
        assert getattr(read, name) == getattr(made, name)
    assert (made.is_new, read.is_new) == (True, False)
    assert read.members["group"].tolist() == ["synthetic", "real", "real", "real"]


def test_the_newest_version_is_read_unless_one_is_named(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    first = freeze(shop, "launch")
    shop.store.append(CASES, [new_case("s-9", "the thing with the cable, it does not, you know")])
    second = freeze(shop, "launch")

    assert (first.version, second.version) == (1, 2)
    assert load(shop, "launch").sha256 == second.sha256
    assert load(shop, "launch-v1").sha256 == first.sha256
    assert load(shop, "launch-v2").sha256 == second.sha256


def test_a_set_named_like_a_version_is_read_by_its_name(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    freeze(shop, "launch")
    shop.store.append(CASES, [new_case("s-9", "money back pls")])
    odd = freeze(shop, "launch-v1")

    assert load(shop, "launch-v1").sha256 == odd.sha256
    assert freeze(shop, "launch").version == 2


@pytest.mark.parametrize(
    ("frozen", "known"), [((), "none yet; make one with `workbench freeze NAME`"), (("a", "b"), "a-v1, b-v1")]
)
def test_a_set_that_is_not_there_is_named_with_those_that_are(
    shop: Workspace, frozen: tuple[str, ...], known: str
) -> None:
    for name in frozen:
        freeze(shop, name)
    with pytest.raises(UsageError) as refused:
        load(shop, "lunch")

    assert str(refused.value) == f"no evalset 'lunch' in this workspace; frozen sets: {known}"


def test_a_set_says_what_it_is(shop: Workspace) -> None:
    lines = str(freeze(shop, "launch", mix="70/30", everything=True)).splitlines()

    assert lines[:4] == [
        "launch v1: 4 cases (1 prompted, 3 seed)",
        "weights of the mixed estimate: real 30.0%, synthetic 70.0%",
        "short of the mix: prompted+persona+mutation is 6 short",
        "1 case not reviewed by anybody: this set cannot ship a model",
    ]
    assert str(freeze(shop, "launch", mix="70/30", everything=True)).startswith(
        "launch v1 (as frozen before): "
    )


def decision(number: int, **changes: Any) -> dict[str, Any]:
    """A row of the table of verdicts."""
    return {
        "verdict_id": sha256(number), "baseline": "shop-bot-2", "candidate": "shop-bot-3", "look": 1,
        "evalset_sha256": sha256("launch"), "results_sha256": sha256("monday"), "verdict": "NO VERDICT",
        "numbers": {}, "run": "run", "created_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    } | changes  # fmt: skip


def test_a_set_is_used_once_by_each_swap_that_was_decided_on_it(shop: Workspace) -> None:
    """A re-run is the same use, and a refusal is none."""
    rows = [
        decision(1),
        decision(2),
        decision(3, verdict="REFUSED", look=None, results_sha256=sha256("few")),
        decision(4, candidate="shop-bot-4"),
        decision(5, results_sha256=sha256("tuesday"), verdict="SHIP", look=2),
        decision(6, evalset_sha256=sha256("another set")),
    ]

    assert times_used(shop.store, sha256("launch")) == 0
    for row, used in zip(rows, (1, 1, 1, 2, 3, 3), strict=True):
        shop.store.append(SWAPS, [row])
        assert times_used(shop.store, sha256("launch")) == used
